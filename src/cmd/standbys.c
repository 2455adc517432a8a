#include "cmd/standbys.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/compat.h"
#include "cmd/tools.h"
#include "exec/child.h"
#include "model/session.h"

enum {
	/* Commands for each. To start one costs what five calls save. */
	COMMANDS_EACH = 6,
};

struct standbys {
	uv_loop_t *loop;
	const char *session;
	char *program; /* gg-model; NULL: none can be started */
	int life[2];   /* they end when it does */
	unsigned max;
	unsigned n;
	unsigned running;
};

char *standbys_caller(void)
{
	return getenv("GG_NO_STANDBY") ? NULL : tools_beside("gg-call");
}

struct standbys *standbys_new(uv_loop_t *loop, const char *session, unsigned max)
{
	struct standbys *s = xcalloc(1, sizeof(*s));

	*s = (struct standbys){
		.loop = loop,
		.session = session,
		.life = { -1, -1 },
		.max = max < SESSION_STANDBYS_MAX ? max : SESSION_STANDBYS_MAX,
	};
	return s;
}

static void on_end(void *arg, int status)
{
	struct standbys *s = arg;

	(void)status;
	s->running--;
}

static void start_one(struct standbys *s)
{
	auto_free char *number = xasprintf("%02u", s->n);
	char *const argv[] = { "gg-model", SESSION_STANDBY_OPTION, (char *)s->session, number,
		               NULL };
	char *const envp[] = { NULL };
	const struct child_options options = {
		.file = s->program,
		.argv = argv,
		.envp = envp,
		.fds = { s->life[0], -1, -1 },
	};
	struct child *child;
	struct err ignored;

	s->n++;
	if (child_start(s->loop, &options, on_end, s, &child, &ignored) == 0)
		s->running++;
}

static bool set_up(struct standbys *s)
{
	auto_free char *caller = standbys_caller();

	if (caller && pipe2(s->life, O_CLOEXEC) == 0)
		s->program = tools_beside("gg-model");
	return s->program;
}

void standbys_need(struct standbys *s, size_t commands)
{
	if (s->n == s->max || commands / COMMANDS_EACH <= s->n)
		return;
	if (!s->program && !set_up(s))
		s->max = 0;
	else
		start_one(s);
}

void standbys_free(struct standbys *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < countof(s->life); i++)
		if (s->life[i] >= 0)
			close(s->life[i]);
	while (s->running)
		uv_run(s->loop, UV_RUN_ONCE);
	free(s->program);
	free(s);
}
