/*
 * fib N FIB ADD GG: the thunk of fib(N).
 *
 * For N < 2 the file "out" holds N. Otherwise "out" is a thunk: the sum of two others, "left"
 * for fib(N-1) and "right" for fib(N-2), which are outputs too, so that they are in the store
 * when the sum asks for them. FIB, ADD and GG are the paths of the three programs; their last
 * part is their name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Runs "gg create-thunk …", which prints the thunk's name on standard error. */
static void create(char *const *argv, const char *gg, char *name, size_t size)
{
	int fds[2];

	if (pipe(fds) < 0)
		fail("pipe");
	pid_t pid = fork();
	if (pid == 0) {
		dup2(fds[1], 2);
		execv(gg, argv);
		_exit(127);
	}
	close(fds[1]);
	FILE *in = fdopen(fds[0], "r");
	if (!in || !fgets(name, (int)size, in))
		fail("gg create-thunk");
	name[strcspn(name, "\n")] = '\0';
	fclose(in);
	int status;
	if (waitpid(pid, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "gg create-thunk: %s\n", name);
		exit(1);
	}
}

static void create_fib(int n, char **argv, const char *file, char *name, size_t size)
{
	const char *fib = name_of(argv[2]);
	const char *add = name_of(argv[3]);
	const char *gg = name_of(argv[4]);
	char number[16];
	char refs[3][96];

	snprintf(number, sizeof(number), "%d", n);
	snprintf(refs[0], sizeof(refs[0]), "@{GGHASH:%s}", fib);
	snprintf(refs[1], sizeof(refs[1]), "@{GGHASH:%s}", add);
	snprintf(refs[2], sizeof(refs[2]), "@{GGHASH:%s}", gg);
	char *leaf[] = { "gg",        "create-thunk", "--write",   (char *)file, "-e",
		         (char *)fib, "-e",           (char *)add, "-e",         (char *)gg,
		         "-o",        "out",          (char *)fib, "fib",        number,
		         refs[0],     refs[1],        refs[2],     NULL };
	char *branch[] = { "gg",        "create-thunk", "--write",   (char *)file, "-e",
		           (char *)fib, "-e",           (char *)add, "-e",         (char *)gg,
		           "-o",        "out",          "-o",        "left",       "-o",
		           "right",     (char *)fib,    "fib",       number,       refs[0],
		           refs[1],     refs[2],        NULL };

	create(n < 2 ? leaf : branch, argv[4], name, size);
}

static void create_sum(char **argv, const char *left, const char *right)
{
	const char *add = name_of(argv[3]);
	char refs[2][96];
	char name[96];

	snprintf(refs[0], sizeof(refs[0]), "@{GGHASH:%s}", left);
	snprintf(refs[1], sizeof(refs[1]), "@{GGHASH:%s}", right);
	char *sum[] = { "gg",        "create-thunk", "--write", "out",
		        "-e",        (char *)add,    "-t",      (char *)left,
		        "-t",        (char *)right,  "-o",      "out",
		        (char *)add, "add",          refs[0],   refs[1],
		        NULL };
	create(sum, argv[4], name, sizeof(name));
}

int main(int argc, char **argv)
{
	char left[96];
	char right[96];

	if (argc != 5) {
		fprintf(stderr, "usage: fib N FIB ADD GG\n");
		return 2;
	}
	int n = atoi(argv[1]);
	if (n < 2) {
		FILE *out = fopen("out", "w");

		if (!out || fprintf(out, "%d\n", n) < 0 || fclose(out) != 0)
			fail("out");
		return 0;
	}
	create_fib(n - 1, argv, "left", left, sizeof(left));
	create_fib(n - 2, argv, "right", right, sizeof(right));
	create_sum(argv, left, right);
	return 0;
}
