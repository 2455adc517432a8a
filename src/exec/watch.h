/** Wait for a slot of the sandbox to answer, in a loop. A slot that was restarted has another
 * descriptor. */
#ifndef EXEC_WATCH_H
#define EXEC_WATCH_H

#include <uv.h>

struct watch {
	uv_poll_t *poll; /* on the heap: the loop frees it; NULL: none */
	int fd;          /* what it waits for */
};

/** Call fn when @fd can be read; data is @data. */
void watch_start(struct watch *w, uv_loop_t *loop, int fd, uv_poll_cb fn, void *data);
/** Also when it never started. */
void watch_stop(struct watch *w);

#endif
