/**
 * What a compiler's driver of gcc's family starts: cc1 and as, for a compile of one source. To
 * start them without it saves 3 ms of CPU for each compile, a tenth of a small one.
 *
 * Nothing is known here of what drivers do: the driver is asked (-###) about a command line of
 * the same shape, in which other texts stand where names of files and the values of definitions
 * do. It is asked twice, with different texts, and what it answers must be the same but for
 * them.
 *
 *   driver_read ─▶ driver_question 0, 1 ─▶ driver_learn ─▶ a pattern ─▶ driver_commands
 *
 * A pattern holds for all calls of one driver (with all that it looks at), environment and
 * shape.
 */
#ifndef MODEL_DRIVER_H
#define MODEL_DRIVER_H

#include "base/buf.h"
#include "base/strv.h"
#include "core/thunk.h"

/** What stands for the assembler's source; nothing else may be of that name. */
#define DRIVER_TEMPORARY "/tmp/ccgg0000.s"

/** A command line: its words, with a mark for each of the pieces that may be any text. */
struct driver_call {
	struct strv words;
	struct strv pieces;
	size_t source;           /* the word that is the source */
	const char *source_path; /* as the thunk has it; borrowed */
};

/** What a driver starts, one after another. */
struct driver_command {
	char *program; /* absolute; owned */
	struct strv argv;
	bool is_piped; /* reads DRIVER_TEMPORARY as standard input: what would be a pipe */
};

enum { DRIVER_COMMANDS_MAX = 2 };

struct driver_commands {
	struct driver_command v[DRIVER_COMMANDS_MAX];
	size_t n;
	struct strv env; /* of all of them */
};

/**
 * Read the command line of a thunk. False: it is no compile of one source to one object, or has
 * something in it that a driver may do more about than to pass it on. @c is to be released in
 * either case.
 */
bool driver_read(const struct thunk *t, struct driver_call *c);
void driver_call_release(struct driver_call *c);
/** What decides of the answer besides the programs themselves: shape and environment. */
void driver_add_key(const struct driver_call *c, const struct thunk *t, struct buf *key);
/** Question 0 or 1: the command line, the environment, and the source that must exist for it.
 * @source is owned by the caller. */
void driver_question(const struct driver_call *c, const struct thunk *t, unsigned which,
                     struct strv *argv, struct strv *env, char **source);
/** From the answers to both, what the driver wrote to standard error. False: they are not
 * understood, or differ. */
bool driver_learn(const char *const answers[2], struct buf *pattern);
/** What it starts for this call. False: the pattern is damaged, or a program is not on the
 * thunk's PATH. @out is to be released in either case. */
bool driver_commands(const struct driver_call *c, const struct thunk *t, const char *pattern,
                     struct driver_commands *out);
void driver_commands_release(struct driver_commands *d);

#define auto_driver_call struct driver_call cleanup(driver_call_release)

#endif
