#include "exec/watch.h"

#include "base/compat.h"

static void free_handle(uv_handle_t *h)
{
	free(h);
}

void watch_stop(struct watch *w)
{
	if (w->poll)
		uv_close((uv_handle_t *)w->poll, free_handle);
	w->poll = NULL;
}

void watch_rest(struct watch *w)
{
	if (w->poll)
		uv_unref((uv_handle_t *)w->poll);
}

void watch_start(struct watch *w, uv_loop_t *loop, int fd, uv_poll_cb fn, void *data)
{
	if (w->poll) {
		uv_ref((uv_handle_t *)w->poll);
		return;
	}
	w->poll = xcalloc(1, sizeof(*w->poll));
	uv_poll_init(loop, w->poll, fd);
	w->poll->data = data;
	uv_poll_start(w->poll, UV_READABLE, fn);
}
