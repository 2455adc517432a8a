/*
 * An ELF program becomes
 *
 *   ROOT/lib64/ld-linux-x86-64.so.2 --inhibit-cache --library-path … --preload SHIM
 * ROOT/PROGRAM ARG…
 *
 * after a script has become its interpreter's argument. argv[0] and what the program takes for
 * its own path are put right by the library (preload.c). All is done by system calls
 * themselves: the C library's functions may be the shim's.
 */
#include "sandbox/shim/launch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
enum { MACHINE = EM_X86_64 };
#else
enum { MACHINE = EM_AARCH64 };
#endif

static const char *value(const char *variable)
{
	return strchr(variable, '=') + 1;
}

/* As a, b and c in a row; false when they do not fit. */
static bool join(char *out, size_t cap, const char *a, const char *b, const char *c)
{
	size_t n = strlen(a), m = strlen(b), k = strlen(c);

	if (n + m + k >= cap)
		return false;
	memcpy(out, a, n);
	memcpy(out + n, b, m);
	memcpy(out + n + m, c, k + 1);
	return true;
}

static ssize_t peek(const char *path, void *to, size_t len, uint64_t at)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	n = syscall(SYS_pread64, fd, to, len, at);
	syscall(SYS_close, fd);
	return n;
}

/* The first line of script @name: "#! INTERPRETER [ARGUMENT]". */
static int read_script(struct launch *l, char *line, const char *name)
{
	char *end = strchr(line, '\n');
	char *at = line + 2;
	const char *argument = NULL;

	if (!end)
		return ENOEXEC;
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	at += strspn(at, " \t");
	end = at + strcspn(at, " \t");
	if (*end) {
		*end++ = '\0';
		argument = end + strspn(end, " \t");
	}
	if (!*at)
		return ENOEXEC;
	if (l->n_scripts == 0)
		l->scripts[l->n_scripts++] = name;
	size_t n = argument ? 2 : 1;
	memmove(l->scripts + n, l->scripts, l->n_scripts * sizeof(*l->scripts));
	l->scripts[0] = at;
	if (argument)
		l->scripts[1] = argument;
	l->n_scripts += n;
	return 0;
}

/* The interpreter that an ELF file names. */
static int find_loader(const struct launch_root *root, struct launch *l, const Elf64_Ehdr *head,
                       bool *refused)
{
	char name[PATH_MAX] = "";

	*refused = true;
	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_machine != MACHINE)
		return EACCES;
	for (unsigned i = 0; i < head->e_phnum && !*name; i++) {
		Elf64_Phdr part;
		uint64_t at = head->e_phoff + (uint64_t)i * head->e_phentsize;

		if (peek(l->program, &part, sizeof(part), at) != sizeof(part))
			return EACCES;
		if (part.p_type == PT_INTERP && part.p_filesz < sizeof(name) &&
		    peek(l->program, name, part.p_filesz, part.p_offset) < 0)
			return EACCES;
	}
	/* others than glibc's have neither its options nor its functions */
	if (!strstr(name, "/ld-linux"))
		return EACCES;
	*refused = false;
	if (!join(l->loader, sizeof(l->loader), value(root->base), "/root", name))
		return ENAMETOOLONG;
	return syscall(SYS_faccessat, AT_FDCWD, l->loader, X_OK) < 0 ? ENOENT : 0;
}

/* One file: a script (RC is 0, and @script true) or the program itself. */
static int look_at(const struct launch_root *root, const char *path, char *head,
                   struct launch *l)
{
	struct stat st;

	if (!join(l->program, sizeof(l->program), value(root->base), "/root", path))
		return ENAMETOOLONG;
	if (syscall(SYS_newfstatat, AT_FDCWD, l->program, &st, 0) < 0 ||
	    syscall(SYS_faccessat, AT_FDCWD, l->program, X_OK) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	ssize_t n = peek(l->program, head, LAUNCH_LINE - 1, 0);
	if (n < 0)
		return errno;
	head[n] = '\0';
	return n < 2 ? ENOEXEC : 0;
}

int launch_plan(const struct launch_root *root, const char *path, const char *name,
                const char *argv0, struct launch *l, bool *refused)
{
	Elf64_Ehdr elf;

	*refused = false;
	l->n_scripts = 0;
	for (int depth = 0; depth < LAUNCH_SCRIPTS; depth++) {
		char *head = l->line[depth];
		int rc = *path == '/' ? look_at(root, path, head, l) : ENOENT;

		if (rc)
			return rc;
		if (memcmp(head, ELFMAG, 2) == 0) {
			if (!join(l->argv0, sizeof(l->argv0), SHIM_ARGV0,
			          l->n_scripts ? l->scripts[0] : argv0, "") ||
			    !join(l->exe, sizeof(l->exe), SHIM_EXE, path, "") ||
			    !join(l->shim, sizeof(l->shim), value(root->base), "/shim.so", ""))
				return ENAMETOOLONG;
			memcpy(&elf, head, sizeof(elf));
			return find_loader(root, l, &elf, refused);
		}
		rc = memcmp(head, "#!", 2) == 0 ? read_script(l, head, name) : ENOEXEC;
		if (rc)
			return rc;
		path = l->scripts[0];
	}
	return ELOOP;
}

size_t launch_argc(size_t argc)
{
	return LAUNCH_FIRST + LAUNCH_SCRIPTS * 2 + 1 + argc + 1;
}

void launch_argv(const struct launch_root *root, const struct launch *l, char *const *argv,
                 char **out)
{
	const char *const first[LAUNCH_FIRST] = { l->loader,        "--inhibit-cache",
		                                  "--library-path", value(root->libs),
		                                  "--preload",      l->shim,
		                                  l->program };

	memcpy(out, first, sizeof(first));
	out += LAUNCH_FIRST;
	/* an interpreter is its own argv[0], which the loader drops as it does ours */
	for (size_t i = 1; i < l->n_scripts; i++)
		*out++ = (char *)l->scripts[i];
	if (*argv)
		argv++;
	while ((*out++ = *argv))
		argv++;
}

void launch_envp(const struct launch_root *root, const struct launch *l, char *const *envp,
                 char **out)
{
	while (envp && *envp)
		*out++ = *envp++;
	*out++ = (char *)root->base;
	*out++ = (char *)root->libs;
	*out++ = (char *)root->works;
	*out++ = (char *)l->argv0;
	*out++ = (char *)l->exe;
	*out = NULL;
}
