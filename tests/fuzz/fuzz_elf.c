/* Any bytes are a file that somebody may call a program. */
#include "fuzz.h"

#include "model/elfinfo.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_elf_info elf = { 0 };
	struct err err = ERR_INIT;
	int fd = memfd_create("elf", MFD_CLOEXEC);

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (elf_read_fd(fd, &elf, &err) == 1)
		for (size_t i = 0; i < elf.needed.n; i++)
			MUST(strlen(elf.needed.v[i]) < size);
	close(fd);
	return 0;
}
