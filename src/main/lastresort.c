#include "main/lastresort.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "main/wrapper.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = 1 }; /* whose report is wanted */
#else
enum { IS_SANITIZED = 0 };
#endif

static struct {
	const char *tool;
	char *const *argv;
	bool dies_of_size;
} resort;

static void say(const char *text)
{
	(void)!write(2, text, strlen(text));
}

/* Only system calls: what the library keeps may be in any state. */
static void become_tool(int sig)
{
	(void)sig;
	if (resort.dies_of_size)
		signal(SIGXFSZ, SIG_DFL);
	say("gg: gg-model has failed, which is a bug of gg (please report it); as it is "
	    "runs: ");
	say(resort.tool);
	say("\n");
	execve(resort.tool, resort.argv, environ);
	_exit(WRAPPER_NO_TOOL);
}

void last_resort(const char *tool, char *const *argv, bool dies_of_size)
{
	static const int failures[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
	static char stack[16 << 10]; /* its own may have run over */
	const stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct sigaction act = {
		.sa_handler = become_tool,
		.sa_flags = (int)(SA_ONSTACK | SA_NODEFER | SA_RESETHAND),
	};

	resort.tool = tool;
	resort.argv = argv;
	resort.dies_of_size = dies_of_size;
	if (IS_SANITIZED || sigaltstack(&other, NULL) < 0)
		return;
	for (size_t i = 0; i < countof(failures); i++)
		sigaction(failures[i], &act, NULL);
}
