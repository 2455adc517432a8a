/* bare OUT WORD: trivial.c without a C library, whose start is most of what that one costs
 * where each "cpuid" goes to a hypervisor. */
#include <fcntl.h>
#include <sys/syscall.h>

__asm__(".text\n.globl _start\n_start:\n"
        "	xor %ebp, %ebp\n"
        "	mov %rsp, %rdi\n"
        "	and $-16, %rsp\n"
        "	call begin\n");

static long sys(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c)
	                 : "rcx", "r11", "memory");
	return result;
}

static int run(char **argv)
{
	long fd = sys(SYS_open, (long)argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	long n = 0;

	while (argv[2][n])
		n++;
	return fd < 0 || sys(SYS_write, fd, (long)argv[2], n) != n;
}

_Noreturn void begin(long *stack);

_Noreturn void begin(long *stack)
{
	int status = stack[0] == 3 ? run((char **)(stack + 1)) : 2;

	for (;;)
		sys(SYS_exit_group, status, 0, 0);
}
