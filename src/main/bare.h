/**
 * What a program can do before, or without, a C library: system calls of x86-64.
 *
 * Whoever includes it is compiled with -ffreestanding, and keeps its loops from being taken for
 * strlen() or memcpy() by NO_CALL: in a static program those are not there before the C library
 * has begun.
 */
#ifndef MAIN_BARE_H
#define MAIN_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

static inline long bare_call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	return result;
}

/** A result from -4095 to -1 is an errno. */
#define SYS(number, a, b, c, d, e) \
	bare_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

#define NO_CALL() __asm__ volatile("")

static inline size_t bare_length(const char *text)
{
	size_t n = 0;

	for (; text[n]; n++)
		NO_CALL();
	return n;
}

/** What follows @prefix in @text, or NULL. */
static inline const char *bare_after(const char *text, const char *prefix)
{
	for (; *prefix; prefix++, text++)
		if (*text != *prefix)
			return NULL;
	return text;
}

/** Value of the variable "K=" in an environment, or NULL. */
static inline const char *bare_variable(char *const *envp, const char *key)
{
	const char *value = NULL;

	for (; *envp && !value; envp++)
		value = bare_after(*envp, key);
	return value;
}

/** Standard input, output and error. */
static inline bool bare_has_standard_fds(void)
{
	enum { GET_FLAGS = 1 }; /* F_GETFD */

	for (int fd = 0; fd <= 2; fd++)
		if (SYS(SYS_fcntl, fd, GET_FLAGS, 0, 0, 0) < 0)
			return false;
	return true;
}

#endif
