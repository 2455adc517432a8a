#include "model/plugins.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "model/toolchain.h"

enum { SECTION_NAMES_MAX = 64 << 20 };

char *const plugins_folders[] = { "/usr/lib/bfd-plugins",
	                          "/usr/lib/x86_64-linux-gnu/bfd-plugins", NULL };

static const char archive_magic[8] = "!<arch>\n";

/* The ELF file of @size bytes that begins at @at: has it the section in which clang keeps
 * bitcode beside the code? Yes also of what is none that we know, or is cut off. */
static bool elf_may_hold_bitcode(int fd, off_t at, off_t size)
{
	static const char section[] = ".llvmbc";
	Elf64_Ehdr h;
	Elf64_Shdr names;
	auto_free char *text = NULL;

	if (pread(fd, &h, sizeof(h), at) != (ssize_t)sizeof(h) ||
	    memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 || h.e_ident[EI_CLASS] != ELFCLASS64 ||
	    h.e_ident[EI_DATA] != ELFDATA2LSB)
		return true;
	if (h.e_shoff == 0)
		return false;
	if (h.e_shentsize != sizeof(names) || h.e_shstrndx >= SHN_LORESERVE ||
	    h.e_shoff > (Elf64_Off)size ||
	    (Elf64_Off)h.e_shnum * sizeof(names) > (Elf64_Off)size - h.e_shoff ||
	    pread(fd, &names, sizeof(names),
	          at + (off_t)h.e_shoff + (off_t)(h.e_shstrndx * sizeof(names))) !=
	            (ssize_t)sizeof(names) ||
	    names.sh_size > SECTION_NAMES_MAX)
		return true;
	text = xmalloc(names.sh_size + 1);
	if (pread(fd, text, names.sh_size, at + (off_t)names.sh_offset) !=
	    (ssize_t)names.sh_size)
		return true;
	return memmem(text, names.sh_size, section, sizeof(section));
}

/* A member that is neither the symbol index, nor the table of long names, nor plain ELF? */
static bool archive_may_hold_bitcode(int fd)
{
	enum { HEADER = 60, SIZE_AT = 48 };
	char head[HEADER + 1];
	off_t end = lseek(fd, 0, SEEK_END);

	for (off_t at = sizeof(archive_magic);;) {
		ssize_t n = pread(fd, head, HEADER, at);

		if (n == 0) /* the last member's padding may be left out */
			return at > end + 1;
		if (n < HEADER || memcmp(head + 58, "`\n", 2) != 0)
			return true;
		head[58] = '\0';
		off_t size = strtol(head + SIZE_AT, NULL, 10);
		bool is_table = head[0] == '/' && strchr(" /S", head[1]);
		if (size < 0 || (!is_table && elf_may_hold_bitcode(fd, at + HEADER, size)))
			return true;
		at += HEADER + size + (size & 1);
	}
}

static bool file_may_hold_bitcode(const char *path)
{
	char head[sizeof(archive_magic)];
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, head, sizeof(head), 0) < (ssize_t)sizeof(head))
		return true;
	return memcmp(head, archive_magic, sizeof(head)) == 0
	               ? archive_may_hold_bitcode(fd)
	               : elf_may_hold_bitcode(fd, 0, lseek(fd, 0, SEEK_END));
}

bool plugins_may_be_bitcode(const struct plan *p)
{
	const struct thunk_refs *files = &p->thunk->values;

	if (p->thunk->thunks.n > 0) /* nobody knows yet */
		return true;
	for (size_t i = 0; i < files->n; i++)
		if (files->v[i].name && file_may_hold_bitcode(files->v[i].name))
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

int plugins_closure(const struct call *call, const struct plan *p, const char *const *more,
                    struct oid *manifest, struct err *err)
{
	char *programs[] = { (char *)call->tool, NULL };
	auto_strv plugins = STRV_INIT;
	bool of_llvm = plugins_may_be_bitcode(p);

	for (char *const *folder = plugins_folders; *folder; folder++)
		add_plugins(*folder, of_llvm, &plugins);
	for (; more && *more; more++)
		strv_add(&plugins, *more);
	strv_sort(&plugins);
	return closure_of(call, programs, strv_argv(&plugins), manifest, err);
}
