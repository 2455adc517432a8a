/**
 * A source that comes through a pipe ("gcc -E -"). It is read to its end before anything is
 * known about it, so it is kept as a file in memory in the place of the standard input: whoever
 * reads that, the real tool too, finds it whole.
 */
#ifndef MODEL_INPUT_H
#define MODEL_INPUT_H

#include "base/buf.h"
#include "base/err.h"

/**
 * Take the standard input. 1: done; 0: it is nothing that ends by itself (a terminal, a
 * device), and untouched; -1: an error. Waits for the end of a pipe. A second time is free.
 */
int input_take(struct err *err);
/** What was taken. */
int input_read(struct buf *text, struct err *err);

#endif
