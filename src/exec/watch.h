/** Wait for a slot of the sandbox to answer, in a loop. It must be stopped before the
 * descriptor is closed (box_on_end): a slot that is lost closes its own, and to forget the
 * number when it is another slot's would leave that one unheard. */
#ifndef EXEC_WATCH_H
#define EXEC_WATCH_H

#include <uv.h>

struct watch {
	uv_poll_t *poll; /* on the heap: the loop frees it; NULL: none */
};

/** Call fn when @fd can be read; data is @data. One that rests goes on: it is of the same
 * three. */
void watch_start(struct watch *w, uv_loop_t *loop, int fd, uv_poll_cb fn, void *data);
/** Nothing is waited for: it doesn't keep the loop running. Costs nothing, nor does going on.
 */
void watch_rest(struct watch *w);
/** Also when it never started. */
void watch_stop(struct watch *w);

#endif
