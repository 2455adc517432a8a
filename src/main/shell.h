/**
 * A shell's line that needs no shell: base/sequence.h says which those are. Every compile of a
 * makefile of automake or CMake, and every command of ninja, is the line of a shell, whose
 * start takes 1 to 2 ms of CPU time, and 7 ms with the substitution and the "mv" of automake.
 *
 * Its commands are tools that gg models, and of the shell's own ":", "cd DIR" (in front),
 * "echo", "true"; "mv" and "rm" of files are done here where they are simple, and executed
 * where not.
 */
#ifndef MAIN_SHELL_H
#define MAIN_SHELL_H

#include <stdbool.h>

/** sh -c LINE. The exit status, or BUILTIN_DECLINED: nothing was done. */
int shell_run(char *const *argv);
/** The same in the place of another process (main/standby.h): of lines with one tool, and
 * before it nothing that can't be done twice. */
int shell_stand_in(char *const *argv);
/** Does a shell's environment leave @command what it is? bash reads BASH_ENV first, and finds
 * an exported function f in BASH_FUNC_f%%. */
bool shell_is_usual(const char *command);

#endif
