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

static const char *resort_tool;
static char *const *resort_argv;

static void say(const char *text)
{
	(void)!write(2, text, strlen(text));
}

/* Only system calls: what the library keeps may be in any state. */
static void become_tool(int sig)
{
	(void)sig;
	signal(SIGXFSZ, SIG_DFL);
	say("gg: gg-model has failed, which is a bug (gg doctor may know why); as it is "
	    "runs: ");
	say(resort_tool);
	say("\n");
	execve(resort_tool, resort_argv, environ);
	_exit(WRAPPER_NO_TOOL);
}

void last_resort(const char *tool, char *const *argv)
{
	static const int failures[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
	static char stack[16 << 10]; /* its own may have run over */
	const stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct sigaction act = {
		.sa_handler = become_tool,
		.sa_flags = (int)(SA_ONSTACK | SA_NODEFER | SA_RESETHAND),
	};

	resort_tool = tool;
	resort_argv = argv;
	if (IS_SANITIZED || sigaltstack(&other, NULL) < 0)
		return;
	for (size_t i = 0; i < countof(failures); i++)
		sigaction(failures[i], &act, NULL);
}
