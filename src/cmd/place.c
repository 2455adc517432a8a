#include "cmd/place.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_MS = 200, EXIT_UNREACHABLE = 102, EXIT_TIMEOUT = 103 };

static void on_signal(uv_signal_t *h, int signum)
{
	struct place *p = h->data;

	p->got_signal = signum;
	transfer_cancel(p->transfer);
}

static void say_progress(const struct place *p)
{
	struct transfer_counts c = transfer_counts(p->transfer);

	fprintf(stderr, "\r\033[Kgg %s: %zu of %zu, %.1f MB%s", p->self->name,
	        p->total - c.waiting, p->total, (double)(c.pushed_bytes + c.pulled_bytes) / 1e6,
	        c.retries ? ", trying again" : "");
}

static void on_progress(uv_timer_t *t)
{
	say_progress(t->data);
}

static int open_backend(struct place *p, const char *storage, bool doubt, struct err *err)
{
	const struct backend_options bo = { .loop = &p->loop,
		                            .store = p->store,
		                            .envp = environ,
		                            .user_agent = "gg/" GG_VERSION };
	const struct transfer_options to = { .doubt = doubt, .check_first = doubt };

	if (backend_open(storage, &bo, &p->backend, err) < 0)
		return -1;
	p->transfer = transfer_new(&p->loop, p->store, p->backend, &to);
	return 0;
}

static void watch(struct place *p)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < countof(numbers); i++) {
		uv_signal_init(&p->loop, &p->signals[i]);
		p->signals[i].data = p;
		uv_signal_start(&p->signals[i], on_signal, numbers[i]);
		uv_unref((uv_handle_t *)&p->signals[i]);
	}
	uv_timer_init(&p->loop, &p->progress);
	p->progress.data = p;
	p->show = isatty(2) == 1;
}

int place_open(struct place *p, const struct command *self, const char *storage, bool doubt)
{
	struct err err = ERR_INIT;

	*p = (struct place){ .self = self };
	storage = storage ? storage : getenv("GG_STORAGE_URI");
	if (!storage || !*storage)
		return command_usage(self, "say where: --store URI, or GG_STORAGE_URI "
		                           "(s3://BUCKET, gs://BUCKET, redis://HOST, "
		                           "file:///FOLDER)");
	if (command_open_store(true, &p->store, &err) < 0)
		return command_failed(self, &err);
	uv_loop_init(&p->loop);
	p->loop_open = true;
	if (open_backend(p, storage, doubt, &err) < 0) {
		place_close(p);
		return command_failed(self, &err);
	}
	watch(p);
	return 0;
}

void place_done(void *arg, const struct err *err)
{
	struct place *p = arg;

	p->finished = true;
	if (err)
		p->err = *err;
}

void place_run(struct place *p)
{
	if (p->show)
		uv_timer_start(&p->progress, on_progress, PROGRESS_MS, PROGRESS_MS);
	while (!p->finished && uv_run(&p->loop, UV_RUN_ONCE))
		;
	uv_timer_stop(&p->progress);
	if (p->show)
		fprintf(stderr, "\r\033[K");
	p->finished = false;
}

static void close_handle(uv_handle_t *h)
{
	if (h->loop && !uv_is_closing(h))
		uv_close(h, NULL);
}

void place_close(struct place *p)
{
	transfer_free(steal(&p->transfer));
	backend_free(steal(&p->backend));
	if (p->loop_open) {
		for (size_t i = 0; i < countof(p->signals); i++)
			close_handle((uv_handle_t *)&p->signals[i]);
		close_handle((uv_handle_t *)&p->progress);
		uv_run(&p->loop, UV_RUN_DEFAULT);
		uv_loop_close(&p->loop);
		p->loop_open = false;
	}
	store_close(steal(&p->store));
}

int place_failed(const struct place *p, const struct err *err)
{
	int code = command_failed(p->self, err);

	if (err->kind != ERR_RETRY)
		return code;
	return err->sys == ETIMEDOUT ? EXIT_TIMEOUT : EXIT_UNREACHABLE;
}

int place_result(const struct place *p)
{
	if (p->got_signal)
		return 128 + p->got_signal;
	return p->err.kind == ERR_NONE ? 0 : place_failed(p, &p->err);
}
