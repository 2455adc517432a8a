/**
 * What a build's program executes, put right before it is executed.
 *
 *   a tool that gg models, at its own path  → the wrapper, told which tool it stands for
 *   a command that gg has built in          → the same (main/builtin.h)
 *   a shell's line of nothing but such      → the same (main/shell.h)
 *   a program that will load the library    → as it is
 *   any other (static, setuid, …)           → the models' folder in front of its PATH, and no
 *                                             library; where products may be placeholders all
 *                                             are made real before, and wrappers below it wait
 *   a placeholder                           → what it stands for, forced
 *
 * So a program in which the library lives sees the PATH that the user gave, and nothing that it
 * writes down can name a folder of gg's.
 *
 * Safe in a child of vfork: system calls and the caller's memory only.
 */
#ifndef INTERCEPT_LAUNCH_H
#define INTERCEPT_LAUNCH_H

#include <stddef.h>

/** Names of the variables that rule it; "K=" with its value in the environment of a build. */
#define LAUNCH_SESSION "GG_SESSION=" /* model/session.h */
#define LAUNCH_MODE    "GG_MODE="    /* "wait": products are real files at once */
#define LAUNCH_DIR     "GG_DIR="
#define LAUNCH_BYPASS  "GG_BYPASS="    /* set: no models */
#define LAUNCH_MODELS  "GG_MODELPATH=" /* the folder of links, one for each tool */
#define LAUNCH_PATH    "GG_BASEPATH="  /* PATH without it */
#define LAUNCH_WRAPPER "GG_WRAPPER="   /* gg-model */
#define LAUNCH_CALL    "GG_CALL="      /* gg-call, in its place (main/standby.h) */
#define LAUNCH_BASE    "GG_BASEDIR="   /* model/portable.h */
#define LAUNCH_ERRORS  "GG_ERRORS="    /* "DEVICE:INODE" of where the command's errors go */
#define LAUNCH_LIBRARY "GG_INTERCEPT=" /* the library */
#define LAUNCH_TOOL    "GG_TOOL="      /* for the wrapper: the tool that it stands for */
#define LAUNCH_PRELOAD "LD_PRELOAD="

/** Commands of a shell's line that need no program (main/shell.h). */
#define LAUNCH_SHELL_COMMANDS                         \
	{                                             \
		":", "cd", "echo", "mv", "rm", "true" \
	}

struct launch {
	const char *path;  /* in: what is to be executed; out: what to execute */
	char *const *envp; /* in and out */
	char *const *argv; /* NULL: not known */
	char *room; /* launch_room() bytes for what is made, aligned for pointers; must outlive
	               the call of execve */
	_Bool is_first;    /* the session's own command, started by who would have to answer:
	                      nothing is asked, and nothing has been made yet */
	_Bool is_declined; /* by the wrapper, which it would go to else */
};

enum { LAUNCH_OWN_MAX = 12 }; /* the variables above, and NULL */
/** What of @envp is gg's own, as strings to be kept: written to @text (@room bytes), and @own
 * points to them, NULL at the end. False: there is no room. */
_Bool launch_keep(char *const *envp, char *text, size_t room, char *own[LAUNCH_OWN_MAX]);
/**
 * @l is to be executed in an environment that somebody cleared: is it one of a build's commands
 * still, as those of SCons are? Then what was kept is to be added to it. Only tools, and shells
 * and the like that start some: what else is run that way may look at its environment.
 */
_Bool launch_belongs(const struct launch *l, char *const *own);

/** Bytes that launch_prepare() may need. */
size_t launch_room(const char *path, char *const *envp);
/** Put it right. Never fails: what can't be made out stays as it is. */
void launch_prepare(struct launch *l);
/** Does this environment's GG_MODE allow placeholders? @mode: its value, or NULL. */
_Bool launch_has_placeholders(const char *mode);
/** Value of the variable "K=" in an environment, or NULL. */
const char *launch_env(char *const *envp, const char *key);

#endif
