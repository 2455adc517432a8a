/*
 * bootstrap: starts gg-worker on a host that has other libraries, or none: runs the loader that
 * came along on the program that came along. Static, because it is what runs first.
 *
 *   bootstrap [ARGUMENTS]          gg-worker ARGUMENTS; "lambda" when there are none
 *   bootstrap --selftest FILE      write FILE: what a first thunk runs (gg deploy)
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64 };

static int selftest(const char *path)
{
	static const char text[] = "gg works here\n";
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1) {
		perror(path);
		return 1;
	}
	return 0;
}

/* The folder that the package was unpacked to: where this program is. */
static int find_root(char root[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", root, PATH_MAX - 1);
	const char *said = getenv("LAMBDA_TASK_ROOT");

	if (n > 0) {
		root[n] = '\0';
		*strrchr(root, '/') = '\0';
		return 0;
	}
	if (!said)
		return -1;
	snprintf(root, PATH_MAX, "%s", said);
	return 0;
}

int main(int argc, char **argv)
{
	static char root[PATH_MAX], loader[PATH_MAX + 64], libraries[PATH_MAX + 64],
		program[PATH_MAX + 64], certificates[PATH_MAX + 64];
	char *args[ARGUMENTS_MAX] = { loader,    "--library-path", libraries,
		                      "--argv0", "gg-worker",      program };
	int n = 6;

	if (argc == 3 && strcmp(argv[1], "--selftest") == 0)
		return selftest(argv[2]);
	if (find_root(root) < 0 || argc > ARGUMENTS_MAX - 8) {
		fprintf(stderr, "bootstrap: can't tell where it is\n");
		return 1;
	}
	snprintf(loader, sizeof(loader), "%s/lib/ld-linux-x86-64.so.2", root);
	snprintf(libraries, sizeof(libraries), "%s/lib", root);
	snprintf(program, sizeof(program), "%s/bin/gg-worker", root);
	snprintf(certificates, sizeof(certificates), "%s/etc/certificates.pem", root);
	if (argc < 2)
		args[n++] = "lambda";
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	/* the host's libraries are not ours */
	unsetenv("LD_LIBRARY_PATH");
	unsetenv("LD_PRELOAD");
	setenv("GG_PACKAGE", root, 1);
	if (access(certificates, R_OK) == 0) {
		setenv("AWS_CA_BUNDLE", certificates, 0);
		setenv("SSL_CERT_FILE", certificates, 0);
	}
	execv(loader, args);
	fprintf(stderr, "bootstrap: %s: %s\n", loader, strerror(errno));
	return 1;
}
