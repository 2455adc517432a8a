/**
 * A failed thunk, told to a person: what the program printed, then one line with the reason
 * and the command in a form that can be pasted into a shell.
 */
#ifndef UI_FAILURE_H
#define UI_FAILURE_H

#include "base/buf.h"
#include "exec/engine.h"

/** "cd DIR && NAME=VALUE… COMMAND ARGS", without a newline. Classic thunks have no cd. */
void failure_command(const struct thunk *t, struct buf *out);
/**
 * Append the whole message to @out. @t may be NULL: the thunk could not be read.
 *
 * @out_text, @err_text  what it printed; may be NULL
 */
void failure_format(const struct thunk *t, const struct outcome *o, const char *out_text,
                    const char *err_text, struct buf *out);

#endif
