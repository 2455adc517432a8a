/**
 * One live line on a terminal that says how far a run is. It is repainted at most ten times a
 * second, taken away while something else is printed, and gone at the end. Where there is no
 * terminal (@live false) nothing is painted, and what is printed is passed through.
 */
#ifndef UI_STATUS_H
#define UI_STATUS_H

#include "sched/observer.h"

struct status;

/** @fd is borrowed. @live: paint the line; @color: the caller has asked NO_COLOR. */
struct status *status_new(int fd, bool live, bool color);
/** Erases the line. */
void status_free(struct status *s);
/** What to give to reductor_add_observer; valid as long as @s is. */
const struct observer *status_observer(struct status *s);
/** Print above the line. A last line without newline gets one if the line is live. */
void status_print(struct status *s, const char *text, size_t len);
/** Take the line away, until it is painted again: something is printed elsewhere, maybe on the
 * same terminal. */
void status_hide(struct status *s);
/** Pass on what somebody else prints, as it is. The line is not painted behind a line that has
 * not ended yet. */
void status_pass(struct status *s, const char *text, size_t len);
/** One more that was remembered, of which the graph knows nothing. */
void status_note_remembered(struct status *s);
/** Time passes: repaint if due. The caller's timer, about every 100 ms. */
void status_tick(struct status *s);
/** The line as it would be painted on @columns columns, without colour; for tests too. */
void status_format(const struct status *s, int64_t elapsed_ns, unsigned columns,
                   struct buf *out);

#endif
