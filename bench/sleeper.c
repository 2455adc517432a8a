/*
 * sleeper SECONDS OUT WORD: take time and no processor, then write WORD. On x86-64 without a
 * library, so that all it costs is a process. With 0 seconds: the least that a job can do.
 */
#include <fcntl.h>
#include <stddef.h>
#include <time.h>

#ifdef __x86_64__
#include <sys/syscall.h>

static long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c)
	                 : "rcx", "r11", "memory");
	return result;
}

static int nap(const struct timespec *t)
{
	return (int)call(SYS_nanosleep, (long)t, 0, 0);
}

static int create(const char *path)
{
	return (int)call(SYS_open, (long)path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
}

static long put(int fd, const char *text, size_t n)
{
	return call(SYS_write, fd, (long)text, (long)n);
}
#else
#include <unistd.h>

#define nap(t)       nanosleep(t, NULL)
#define create(path) open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666)
#define put          write
#endif

static int run(int argc, char **argv)
{
	struct timespec t = { 0 };
	size_t n = 0;

	if (argc != 4)
		return 2;
	for (const char *at = argv[1]; *at >= '0' && *at <= '9'; at++)
		t.tv_sec = t.tv_sec * 10 + (*at - '0');
	while (argv[3][n])
		n++;
	if (t.tv_sec)
		nap(&t);
	int fd = create(argv[2]);
	return fd < 0 || put(fd, argv[3], n) != (long)n;
}

#ifdef __x86_64__
__attribute__((used)) static void start(long *stack)
{
	call(SYS_exit_group, run((int)stack[0], (char **)(stack + 1)), 0, 0);
}

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall "
        "start\n");
#else
int main(int argc, char **argv)
{
	return run(argc, argv);
}
#endif
