/**
 * Commands of a build that gg carries out itself, as a shell does with its builtins: what
 * CMake's makefiles run for every object and every target only to tell how far they are, or to
 * read a command from a file (starting cmake takes 9 ms of CPU time, which is more than all
 * that gg does for a compile that is remembered); lines for a shell (main/shell.h); libtool
 * (main/libtool.h); and files that are moved.
 *
 * Only where the program was seen to do the same: the first time after a boot, each builtin's
 * command and the program's run side by side, in folders of their own, and must write the same,
 * leave the same files and end with the same status. What was found is kept for the user
 * (store/known.h). A program that is a script, setuid, or differs, is always executed.
 */
#ifndef MAIN_BUILTIN_H
#define MAIN_BUILTIN_H

#include <stdbool.h>

#include "base/strv.h"

/** Of one that can't be carried out here: nothing was done, or nothing that the program would
 * not do again. */
enum { BUILTIN_DECLINED = -1 };

/** Is it a command line of one of them, by its words? */
bool builtin_is(const char *program, char *const *argv);
/** Carry it out: the exit status, or BUILTIN_DECLINED. */
int builtin_try(const char *program, char *const *argv);
/** Carry it out in the place of another process (main/standby.h), which does it itself where
 * this is declined: then nothing was done. */
int builtin_stand_in(const char *program, char *const *argv);
/** Carry it out, or execute @program; @path: PATH for a tool. Returns the exit status. The
 * environment is that of the caller. */
int builtin_run(const char *program, char *const *argv, const char *path);

/** For trials: a new folder, owned, or NULL; and an environment in which a command is none of
 * the build's, and no terminal's, with @variable if it is one. */
char *builtin_trial_folder(void);
struct strv builtin_trial_environment(const char *variable);

#endif
