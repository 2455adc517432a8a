#include "model/plugins.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "model/toolchain.h"

char *const plugins_folders[] = { "/usr/lib/bfd-plugins",
	                          "/usr/lib/x86_64-linux-gnu/bfd-plugins", NULL };

static const char elf_magic[4] = "\177ELF";
static const char archive_magic[8] = "!<arch>\n";

/* Is each member an ELF object, the symbol index or the table of long names? */
static bool archive_is_of_elf(int fd)
{
	enum { HEADER = 60, SIZE_AT = 48 };
	char head[HEADER + 4 + 1];
	off_t end = lseek(fd, 0, SEEK_END);

	for (off_t at = sizeof(archive_magic);;) {
		ssize_t n = pread(fd, head, HEADER + 4, at);

		if (n == 0) /* the last member's padding may be left out */
			return at <= end + 1;
		if (n < HEADER || memcmp(head + 58, "`\n", 2) != 0)
			return false;
		head[58] = '\0';
		off_t size = strtol(head + SIZE_AT, NULL, 10);
		bool is_table = head[0] == '/' && strchr(" /S", head[1]);
		if (size < 0 || (!is_table && (n < HEADER + 4 || size < 4 ||
		                               memcmp(head + HEADER, elf_magic, 4) != 0)))
			return false;
		at += HEADER + size + (size & 1);
	}
}

static bool file_is_of_elf(const char *path)
{
	char head[sizeof(archive_magic)];
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);

	if (n < (ssize_t)sizeof(head))
		return false;
	if (memcmp(head, archive_magic, sizeof(head)) == 0)
		return archive_is_of_elf(fd);
	return memcmp(head, elf_magic, sizeof(elf_magic)) == 0;
}

bool plugins_may_be_bitcode(const struct plan *p)
{
	const struct thunk_refs *files = &p->thunk->values;

	if (p->thunk->thunks.n > 0) /* nobody knows yet */
		return true;
	for (size_t i = 0; i < files->n; i++)
		if (files->v[i].name && !file_is_of_elf(files->v[i].name))
			return true;
	return false;
}

static void add_plugins(const char *folder, bool of_llvm, struct strv *out)
{
	DIR *dir = opendir(folder);

	for (struct dirent *e; dir && (e = readdir(dir));)
		if (e->d_name[0] != '.' && (of_llvm || strncmp(e->d_name, "LLVMgold", 8) != 0))
			strv_take(out, path_join(folder, e->d_name));
	if (dir)
		closedir(dir);
}

int plugins_closure(const struct call *call, const struct plan *p, struct oid *manifest,
                    struct err *err)
{
	char *programs[] = { (char *)call->tool, NULL };
	auto_strv plugins = STRV_INIT;
	bool of_llvm = plugins_may_be_bitcode(p);

	for (char *const *folder = plugins_folders; *folder; folder++)
		add_plugins(*folder, of_llvm, &plugins);
	strv_sort(&plugins);
	return closure_of(call, programs, strv_argv(&plugins), manifest, err);
}
