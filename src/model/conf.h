/**
 * models.conf: one line for each command that gg models without knowing more of it than the
 * line says. docs/models.md describes the format for users.
 *
 *   xxd -i,-include -c,-cols=@ @infile @outfile
 */
#ifndef MODEL_CONF_H
#define MODEL_CONF_H

#include "base/err.h"
#include "base/strv.h"

/** What a value or an operand is. */
enum conf_use {
	CONF_NONE,    /* the option takes no value */
	CONF_TEXT,    /* "@": names no file */
	CONF_INFILE,  /* "@infile" */
	CONF_OUTFILE, /* "@outfile" */
	CONF_DEPFILE, /* "@depfile": an output that make reads */
	CONF_INDIR,   /* "@indir": a folder that is read, with all in it */
	CONF_SEARCH,  /* "@searchdir": a folder that {rel} is relative to */
	CONF_OUTDIR,  /* "@outdir": a folder that outputs go to; "OPTIONS:FOLDER" too */
	CONF_LITERAL, /* an operand that must be this very word; a file's name is an input */
};

struct conf_option {
	struct strv names; /* "-o", "--output"; none for an operand */
	enum conf_use use;
	char *literal;       /* owned; CONF_LITERAL */
	bool value_optional; /* "--name[=…]": the value only as --name=VALUE */
	bool optional;       /* operands: "?" */
	bool repeats;        /* operands: "..." */
	struct strv makes;   /* ">TEMPLATE": more outputs */
	char *out;           /* owned; ">out:TEMPLATE": the main output, or NULL */
};

/** Of ">out:" and "out:": the standard output. */
#define CONF_PRINTED "-"

struct conf_tool {
	char *name;   /* owned; as on PATH */
	char *source; /* owned; "FILE:LINE" */
	bool off;     /* "NAME off" */
	struct conf_option *options;
	size_t n_options;
	struct conf_option *operands;
	size_t n_operands;
	char *out;        /* owned; "out:TEMPLATE", or NULL */
	struct strv in;   /* "in:PATH": files and folders that it also reads */
	struct strv env;  /* "env:NAME" */
	struct strv run;  /* "run:PROGRAM" */
	struct strv deps; /* "deps:WORD": makes it print a rule with the files that it reads */
	struct strv include; /* "include:WORD": a source is named behind it (model/includes) */
	struct strv embed;   /* "embed:WORD": data are */
	struct strv unless;  /* "unless:TEXT": the tool runs as it is if an input holds that */
};

struct conf {
	struct conf_tool *v;
	size_t n;
	struct strv errors; /* "FILE:LINE: what is wrong": that line counts for nothing */
};

void conf_release(struct conf *c);
#define auto_conf struct conf cleanup(conf_release)

/** Read lines; errors go to c->errors. @source names the text; @base: the folder that relative
 * in: paths are below, or NULL (then they are errors). */
void conf_parse(struct conf *c, const char *text, const char *source, const char *base);
/** One description, as the original's model-generic takes it. USAGE. */
int conf_parse_line(const char *line, const char *source, const char *base,
                    struct conf_tool *out, struct err *err);
void conf_tool_release(struct conf_tool *t);
/**
 * What counts for the store in folder @dir (".gg"): its models.conf, then the user's (@home:
 * the folder of it, or NULL), then the built-in lines. A file that is not there is empty; one
 * that can't be read is an error in c->errors.
 */
void conf_load(struct conf *c, const char *dir, const char *home);
/** The lines for a tool: the first at or after *@at; NULL when there are no more, or the tool
 * is off. *@at starts at 0. The first file that names a tool is the only one asked. */
const struct conf_tool *conf_next(const struct conf *c, const char *name, size_t *at);
/** "$XDG_CONFIG_HOME/gg" or "$HOME/.config/gg" of an environment; owned, or NULL. */
char *conf_home(char *const *envp);

/** The built-in lines: model/conf_default.c */
extern const char conf_default[];

#endif
