/**
 * libtool --mode=compile, which makefiles of automake run for each object of a library: a shell
 * script of 12,000 lines that takes 40 ms of CPU time to call the compiler twice.
 *
 *   sh LIBTOOL [--silent|--quiet] --tag=TAG --mode=compile COMPILER ARG... -o NAME.lo SOURCE
 *
 * What a project's script makes of that is learnt from the script: once for each script, tag
 * and boot it is run in a folder of its own, with a command in the compiler's place that notes
 * its environment. What it says, its file NAME.lo and the commands must be what is written
 * here, but for the options of position-independent code, the version, the folder of the
 * objects, and which of the two objects are made. Another libtool is executed, and so is one
 * with options that it would not hand to the compiler.
 */
#ifndef MAIN_LIBTOOL_H
#define MAIN_LIBTOOL_H

#include <stdbool.h>

/** By its words: @argv[0] is the shell. */
bool libtool_is(char *const *argv);
/** The exit status, or BUILTIN_DECLINED: nothing was done. The environment is changed. */
int libtool_run(const char *shell, char *const *argv);

#endif
