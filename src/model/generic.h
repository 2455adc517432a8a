/**
 * Any command that a line of models.conf describes (model/conf.h), as a thunk.
 */
#ifndef MODEL_GENERIC_H
#define MODEL_GENERIC_H

#include "model/conf.h"
#include "model/plan.h"

/** What a description makes of one call. Strings are owned; paths as written. */
struct generic_call {
	struct strv infiles;
	struct strv indirs;
	struct strv searchdirs;
	struct strv outdirs;
	struct strv outfiles; /* the main one first */
	bool prints;          /* that is the standard output: not among them */
	struct strv depfiles;
	struct strv
		plain;    /* the arguments that name no output: what deps: words are added to */
	char reason[160]; /* why the description does not fit, or "" */
};

void generic_call_release(struct generic_call *g);
#define auto_generic_call struct generic_call cleanup(generic_call_release)

/** Read a command line (argv[0] is not looked at). Touches no file. */
void generic_parse(const struct conf_tool *t, char *const *argv, struct generic_call *out);
/** Plan a call with the first of a tool's lines that fits; delegates if none does. */
int generic_plan(const struct conf *c, const char *name, const struct call *call,
                 struct plan *p, struct err *err);
/** Plan with one description. */
int generic_plan_with(const struct conf_tool *t, const struct call *call, struct plan *p,
                      struct err *err);
/** Every regular file below folder @path becomes an input, and every folder exists. More than
 * 100,000 delegate. */
int generic_add_tree(struct plan *p, const struct call *call, const char *path,
                     struct err *err);

/**
 * What the plan of any command has in common: program and closure (with what the programs
 * @run need and the files @in, which may be folders), PATH, locale, the variables @env. All
 * NULL-terminated.
 */
int generic_set_up(struct plan *p, const struct call *call, char *const *run, char *const *in,
                   char *const *env, struct err *err);

#endif
