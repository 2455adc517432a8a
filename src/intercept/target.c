#include "intercept/target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/placeholder.h"

enum {
	PAGE = 4096,
	SCRIPTS_MAX = 4, /* as the kernel: a script whose interpreter is a script … */
	NEEDED_MAX = 64,
};

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#else
enum { MACHINE = EM_NONE };
#endif

/* The raw calls: the library's own hooks must not see them. */
static int raw_open(int dirfd, const char *path)
{
	return (int)syscall(SYS_openat, dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static void raw_close(int fd)
{
	syscall(SYS_close, fd);
}

bool target_is_system(const char *path)
{
	static const char *const folders[] = { "/usr/bin/",   "/usr/include/", "/usr/lib/",
		                               "/usr/share/", "/bin/",         "/lib/",
		                               "/lib64/",     "/usr/libexec/", "/usr/sbin/",
		                               "/sbin/",      "/proc/",        "/sys/",
		                               "/dev/",       "/etc/" };

	if (path[0] != '/')
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return !strstr(path, "/../");
	return false;
}

static bool has_placeholder_size(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size >= PLACEHOLDER_MIN &&
	       st->st_size <= PLACEHOLDER_MAX;
}

/* The name of an open file. */
static bool real_name(int fd, char *real, unsigned long room)
{
	static const char folder[] = "/proc/self/fd/";
	char link[sizeof(folder) + 12];
	char *p = link + sizeof(link);

	*--p = '\0';
	for (unsigned n = (unsigned)fd; n || !*p; n /= 10)
		*--p = (char)('0' + n % 10);
	p -= sizeof(folder) - 1;
	memcpy(p, folder, sizeof(folder) - 1);
	ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, p, real, room - 1);
	if (n <= 0)
		return false;
	real[n] = '\0';
	return true;
}

bool target_is_placeholder(int dirfd, const char *path, char *real, unsigned long room)
{
	char head[32];
	struct stat st;
	int saved = errno;
	bool found = false;

	if (!target_is_system(path) && syscall(SYS_newfstatat, dirfd, path, &st, 0) == 0 &&
	    has_placeholder_size(&st)) {
		int fd = raw_open(dirfd, path);
		ssize_t n = fd < 0 ? 0 : syscall(SYS_pread64, fd, head, sizeof(head), 0L);

		found = n > 0 && placeholder_sniff(head, (size_t)n) &&
		        real_name(fd, real, room);
		if (fd >= 0)
			raw_close(fd);
	}
	errno = saved;
	return found;
}

/* -- ELF -- */

struct image {
	int fd;
	const char *head; /* the first page, or what there is of it */
	size_t len;
	const Elf64_Phdr *phdrs;
	size_t n_phdrs;
};

static const Elf64_Phdr *segment(const struct image *m, uint32_t type)
{
	for (size_t i = 0; i < m->n_phdrs; i++)
		if (m->phdrs[i].p_type == type)
			return &m->phdrs[i];
	return NULL;
}

/* Programs of Go make their system calls themselves, also where they are dynamic. */
static bool is_go(const struct image *m)
{
	for (size_t i = 0; i < m->n_phdrs; i++) {
		const Elf64_Phdr *p = &m->phdrs[i];

		if (p->p_type == PT_NOTE && p->p_filesz >= 16 && p->p_offset + 16 <= m->len &&
		    memcmp(m->head + p->p_offset + sizeof(Elf64_Nhdr), "Go", 3) == 0)
			return true;
	}
	return false;
}

/* Where in the file a virtual address lies; 0 for nowhere. */
static uint64_t offset_of(const struct image *m, uint64_t address)
{
	for (size_t i = 0; i < m->n_phdrs; i++) {
		const Elf64_Phdr *p = &m->phdrs[i];

		if (p->p_type == PT_LOAD && address >= p->p_vaddr &&
		    address - p->p_vaddr < p->p_filesz)
			return p->p_offset + (address - p->p_vaddr);
	}
	return 0;
}

/* The address sanitizer's library insists on being the first. */
static bool needs_sanitizer(const struct image *m)
{
	const Elf64_Phdr *dynamic = segment(m, PT_DYNAMIC);
	Elf64_Dyn entries[NEEDED_MAX];
	uint64_t strings = 0;

	if (!dynamic)
		return false;
	ssize_t got = syscall(SYS_pread64, m->fd, entries, sizeof(entries), dynamic->p_offset);
	size_t n = got < 0 ? 0 : (size_t)got / sizeof(entries[0]);
	for (size_t i = 0; i < n && entries[i].d_tag != DT_NULL; i++)
		if (entries[i].d_tag == DT_STRTAB)
			strings = offset_of(m, entries[i].d_un.d_ptr);
	for (size_t i = 0; strings && i < n && entries[i].d_tag == DT_NEEDED; i++) {
		char name[16] = "";

		syscall(SYS_pread64, m->fd, name, sizeof(name) - 1,
		        strings + entries[i].d_un.d_val);
		if (strncmp(name, "libasan.", 8) == 0 || strncmp(name, "libhwasan.", 10) == 0)
			return true;
	}
	return false;
}

static enum target_kind inspect_elf(const char *path, int fd, const char *head, size_t len)
{
	const Elf64_Ehdr *e = (const void *)head;
	struct image m = { .fd = fd, .head = head, .len = len };

	if (len < sizeof(*e) || e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_machine != MACHINE ||
	    e->e_phentsize != sizeof(Elf64_Phdr) ||
	    e->e_phoff + (uint64_t)e->e_phnum * sizeof(Elf64_Phdr) > len || e->e_phoff % 8)
		return TARGET_OPAQUE;
	m.phdrs = (const void *)(head + e->e_phoff);
	m.n_phdrs = e->e_phnum;
	if (!segment(&m, PT_INTERP) || is_go(&m) ||
	    (!target_is_system(path) && needs_sanitizer(&m)))
		return TARGET_OPAQUE;
	return TARGET_HOOKED;
}

/* "#!interpreter argument": the interpreter, ended in place. */
static char *interpreter(char *head)
{
	char *name = head + 2 + strspn(head + 2, " \t");

	name[strcspn(name, " \t\n")] = '\0';
	return name;
}

/* @head: room for a page and a NUL. @script: out, the interpreter's name within @head. */
static enum target_kind inspect(const char *path, char *head, const char **script, char *real,
                                unsigned long room)
{
	struct stat st;
	enum target_kind kind = TARGET_HOOKED; /* a script of the shell, without "#!" */
	int fd = raw_open(AT_FDCWD, path);

	*script = NULL;
	/* A program that may be executed but not read is of no build. */
	if (fd < 0)
		return errno == EACCES ? TARGET_OPAQUE : TARGET_NONE;
	ssize_t n = -1;
	if (syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) == 0 && S_ISREG(st.st_mode))
		n = syscall(SYS_pread64, fd, head, PAGE, 0L);
	if (n < 0) {
		kind = TARGET_NONE;
	} else if (st.st_mode & (S_ISUID | S_ISGID)) {
		kind = TARGET_OPAQUE;
	} else if (has_placeholder_size(&st) && placeholder_sniff(head, (size_t)n)) {
		kind = real_name(fd, real, room) ? TARGET_PLACEHOLDER : TARGET_NONE;
	} else if (n > SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) {
		kind = inspect_elf(path, fd, head, (size_t)n);
	} else if (n > 2 && head[0] == '#' && head[1] == '!') {
		head[n] = '\0';
		*script = interpreter(head);
	}
	raw_close(fd);
	return kind;
}

enum target_kind target_inspect(const char *path, char *real, unsigned long room)
{
	_Alignas(Elf64_Ehdr) char heads[2][PAGE + 1];
	int saved = errno;
	enum target_kind kind = TARGET_NONE;

	for (int i = 0; i < SCRIPTS_MAX && path; i++)
		kind = inspect(path, heads[i & 1], &path, real, room);
	errno = saved;
	return kind;
}
