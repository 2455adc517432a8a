/**
 * The commands of gg: a sorted table, and what they share. A command gets argv with its own
 * name first, parses with getopt_long, prints results on stdout and messages on stderr, and
 * returns an exit code: 0, 1 (the job failed), 2 (usage), 100 and up (ours; base/err.h).
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/err.h"
#include "store/store.h"

struct command {
	const char *name;    /* "create-thunk" */
	const char *summary; /* one line for `gg help` */
	const char *help;    /* `gg NAME --help`: usage, options, examples */
	int (*run)(const struct command *self, int argc, char **argv);
};

/** The command called @name, or NULL. */
const struct command *command_find(const char *name);
/** All commands, sorted by name; ended by a NULL name. */
extern const struct command commands[];

/* one per file: cmd/NAME.c */
int cmd_build(const struct command *self, int argc, char **argv);
int cmd_collect(const struct command *self, int argc, char **argv);
int cmd_create_thunk(const struct command *self, int argc, char **argv);
int cmd_deploy(const struct command *self, int argc, char **argv); /* gg-remote only */
int cmd_describe(const struct command *self, int argc, char **argv);
int cmd_doctor(const struct command *self, int argc, char **argv);
int cmd_execute(const struct command *self, int argc, char **argv);
int cmd_explain(const struct command *self, int argc, char **argv);
int cmd_force(const struct command *self, int argc, char **argv);
int cmd_fsck(const struct command *self, int argc, char **argv);
int cmd_gc(const struct command *self, int argc, char **argv);
int cmd_hash(const struct command *self, int argc, char **argv);
int cmd_help(const struct command *self, int argc, char **argv);
int cmd_infer(const struct command *self, int argc, char **argv);
int cmd_init(const struct command *self, int argc, char **argv);
int cmd_map(const struct command *self, int argc, char **argv);
int cmd_gtest(const struct command *self, int argc, char **argv);
int cmd_model_generic(const struct command *self, int argc, char **argv);
int cmd_models(const struct command *self, int argc, char **argv);
int cmd_report(const struct command *self, int argc, char **argv);
int cmd_run(const struct command *self, int argc, char **argv);
int cmd_stats(const struct command *self, int argc, char **argv);
int cmd_serve(const struct command *self, int argc, char **argv);
int cmd_summary(const struct command *self, int argc, char **argv);
int cmd_version(const struct command *self, int argc, char **argv);

/* help texts, beside their commands: cmd/help_text.c */
extern const char help_build[], help_collect[], help_create_thunk[], help_deploy[],
	help_describe[], help_doctor[], help_execute[], help_explain[], help_force[],
	help_fsck[], help_gc[], help_get[], help_hash[], help_help[], help_infer[], help_init[],
	help_put[], help_report[], help_run[], help_serve[], help_stats[], help_summary[],
	help_version[];
extern const char help_map[], help_model_generic[], help_models[];
extern const char help_gtest[];

/** Print the command's help on stdout; returns 0. */
int command_help(const struct command *self);
/** "gg NAME: message" and a pointer to --help on stderr; returns 2. */
int command_usage(const struct command *self, const char *fmt, ...) printflike(2, 3);
/** "gg NAME: err->msg" on stderr; returns the exit code of its kind. */
int command_failed(const struct command *self, const struct err *err);

/** Open the store that GG_DIR or an ancestor folder names, and keep what is used there from
 * gg gc until this process ends. @create: make ./.gg when there is
 * none. */
int command_open_store(bool create, struct store **out, struct err *err);
/** As above, without making one and without keeping gc away: for who looks after it. */
int command_open_store_alone(struct store **out, struct err *err);

#endif
