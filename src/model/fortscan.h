/**
 * What a Fortran source says of files: a scanner of its statements, in free and in fixed form.
 * It finds a superset of the modules that a source makes and uses and of the files that it
 * includes (it evaluates no conditionals and expands no macros), and says where it can't be
 * sure to.
 */
#ifndef MODEL_FORTSCAN_H
#define MODEL_FORTSCAN_H

#include "base/buf.h"

/** How a source is to be read. */
struct fortscan_form {
	bool fixed;
	bool cpp;       /* goes through the preprocessor first */
	bool openmp;    /* lines that begin with "!$" count */
	bool backslash; /* begins an escape in strings */
	unsigned width; /* fixed form: columns of a line; 0: any number */
};

/** Items are a type byte and a NUL-terminated text, one after the other. */
enum fortscan_item {
	FORTSCAN_INCLUDE = 'i', /* a file's name, as written */
	FORTSCAN_READS = 'u',   /* "m.mod", "m.smod", "m@s.smod" */
	FORTSCAN_MAKES = 'm',   /* likewise */
	FORTSCAN_TOKEN = 't',   /* with cpp: a word that such names come from, as written */
	FORTSCAN_DEFINE = 'd',  /* with cpp: a macro's name */
	FORTSCAN_ORIGIN = 'o',  /* the source's name before it was preprocessed */
	FORTSCAN_SHOWN = 's',   /* a name of "# 1 "name"" */
	FORTSCAN_UNSURE = 'x',  /* why */
};

/** Append the items of a text. Cost: one pass. */
void fortscan_text(const char *text, size_t len, const struct fortscan_form *form,
                   struct buf *items);
/** Does what a macro stands for hold "module"? Then what a source makes can't be told. */
bool fortscan_hides_module(const char *body, size_t len);

#endif
