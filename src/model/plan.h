/**
 * A plan: what a model makes of one command line. Either a thunk, with the files it will
 * make, or "run the real tool" with the reason and the operands that may be placeholders.
 *
 * Models only describe; emit.c stores, remembers, writes placeholders or real files, and
 * delegate.c runs the real tool. A model that isn't sure calls plan_delegate() and returns 0;
 * it returns -1 only for errors of the system (and then the tool is run all the same).
 */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include "base/map.h"
#include "base/strv.h"
#include "core/manifest.h"
#include "core/thunk.h"
#include "model/rule.h"
#include "store/store.h"

/** What a model may know of the call. All borrowed. */
struct call {
	struct store *store;
	const char *cwd; /* absolute; the logical one ($PWD) when that names the same folder */
	char *const *envp;
	const char *tool;  /* the real tool: absolute path as found on PATH (symlinks not
	                      resolved) */
	char *const *argv; /* argv[0] as the user wrote it */
	int argc;
	unsigned umask;
	const char *basedir; /* GG_BASEDIR: see portable.h; NULL: thunks name real places */
	bool waits;          /* the wrapper sees the result before anybody else does */
};

/** PATH, without gg's own folder (the wrapper has taken it out). Borrowed. */
const char *call_path(const struct call *call);

enum output_kind {
	OUTPUT_FILE,    /* mode 0666 & ~umask */
	OUTPUT_PROGRAM, /* mode 0777 & ~umask */
	OUTPUT_DEPFILE, /* of a compile: must be real before the wrapper returns */
	OUTPUT_NOW,     /* any other file that must be */
	OUTPUT_MODULE,  /* as NOW, and one that is there already with the same bytes stays */
	OUTPUT_STDOUT,  /* a file inside, the standard output outside */
};

struct plan_output {
	char *path; /* owned; absolute path of the file that the build sees */
	char *tag;  /* owned; the thunk's tag: relative to the work folder when below it, else
	               absolute */
	enum output_kind kind;
	bool optional;
	unsigned umask; /* as it is in the file's folder (base/acl.h); set when it is emitted */
};

/* A made-up name (scratch.h), and what it is inside of the sandbox; of the same length. */
struct scratch_name {
	char *outside; /* owned; NULL: there is none */
	char *inside;  /* owned */
};

enum { SCRATCH_KINDS = 4 };

struct plan {
	bool delegate;
	char reason[200]; /* why the real tool runs: short, the same text for the same cause */
	struct thunk *thunk;         /* owned; complete when !delegate */
	struct plan_output *outputs; /* owned array; same order as thunk->outputs */
	size_t n_outputs;
	struct strv reads;   /* delegate: absolute paths of operands that may be placeholders */
	struct strv missing; /* names that sources include and that are nowhere: a compiler that
	                        misses them is right */
	struct strv preprocess; /* in doubt whether it tells the time: see dated.h */
	/* being built */
	const struct call *call; /* as given to plan_init */
	struct map seen;         /* names already added */
	struct map inodes;       /* "dev:ino" → first name: the same file under two names */
	struct map real;         /* name → the same without links, owned; see links.h */
	struct map shorter;      /* paths, with a value if the real one is shorter */
	struct manifest own;     /* folders and symlinks of this call; becomes one manifest */
	const char *prefix_map;  /* the tool's option that maps prefixes of paths, or NULL */
	bool placed;   /* what it makes tells the place in ways that can't be mapped */
	bool relinked; /* a hard link of another input is a link to that inside */
	bool again;    /* may be had again by what it saw: recall.h */
	enum rule_folding folding; /* a compile that another may answer for (equivalent.h) */
	bool portable;             /* the thunk does not name the place: portable_restore */
	struct scratch_name scratch[SCRATCH_KINDS]; /* names that are others inside: scratch.h
	                                             */
	char *header; /* owned; of what a precompiled header is made: absolute paths, a line
	                 each; NULL: no such is made (model/precompiled.h) */
	bool starts_others; /* delegated: a script, and what it starts may be modelled */
	bool doubtful; /* made from a user's description: a failure is settled by the real tool
	                */
};

void plan_init(struct plan *p, const struct call *call);
void plan_release(struct plan *p);

/** Give up modelling, with a reason. Keeps the first reason. Returns 0. */
int plan_delegate(struct plan *p, const char *fmt, ...) printflike(2, 3);
/** Name a file that the real tool would read, so that a placeholder there is forced first. */
void plan_reads(struct plan *p, const struct call *call, const char *path);

/**
 * Add an input file (path as written, relative to cwd or absolute). A placeholder becomes a
 * thunk dependency; any other file is hashed and kept. A file already there under another name
 * (same inode) becomes a symlink entry of the own manifest. A path with ".." through a
 * symlinked folder delegates. A missing file delegates ("missing input"). Symlinked files are
 * taken by content. Repeats are free.
 */
int plan_add_input(struct plan *p, const struct call *call, const char *path, struct err *err);
/** As above, with a stat just made of it (links followed); the scanner has one already. */
int plan_add_input_stat(struct plan *p, const struct call *call, const char *path,
                        const struct stat *sb, struct err *err);
/** As above, where the name of its content is known and the store keeps it; "": it is not. */
int plan_add_input_named(struct plan *p, const struct call *call, const char *path,
                         const struct stat *sb, const struct oid *id, struct err *err);
/** The tool is told when an input was changed, as @sb has it. */
void plan_add_time(struct plan *p, const struct call *call, const char *path,
                   const struct stat *sb);
/** A folder that must exist inside (empty if nothing else is in it), with those that its ".."s
 * go through. */
void plan_add_folder(struct plan *p, const struct call *call, const char *path);
/** Those alone: of a path that leads nowhere. */
void plan_add_dotdots(struct plan *p, const struct call *call, const char *path);
/** For a tool that calls a folder by the first name it had: all that are given must have one.
 */
void plan_refuse_two_names(struct plan *p, const struct call *call, const char *path);
/** A symlink that must exist inside. */
int plan_add_symlink(struct plan *p, const char *name, const char *text, struct err *err);
/** The tool itself: sets function and the executable entry "hash=/abs/path" (links resolved).
 */
int plan_set_program(struct plan *p, const struct call *call, const char *path,
                     struct err *err);
/** A manifest that is already a blob in the store (a toolchain closure). */
void plan_add_manifest(struct plan *p, const struct oid *id);
/** A file that the command makes. The first added is the main output. */
void plan_add_output(struct plan *p, const struct call *call, const char *path,
                     enum output_kind kind, bool optional);
/** Delegates if one of these variables is set. NULL-terminated. */
void plan_refuse_env(struct plan *p, const struct call *call, const char *const *names);
/** Delegates if a compiler driver runs this tool: its files are temporary ones. */
void plan_refuse_driven(struct plan *p, const struct call *call);
/** Variables that change what ld, ar and strip make. */
extern const char *const plan_bfd_env[];
/** "K=V" for the process. */
void plan_add_env(struct plan *p, const char *fmt, ...) printflike(2, 3);
/** Copy these variables from the caller's environment if they are set. NULL-terminated. */
void plan_pass_env(struct plan *p, const struct call *call, const char *const *names);
/** Args are given as the process must see them. */
void plan_set_args(struct plan *p, char *const *argv);
/** Stores the own manifest, adds it, normalises and checks the thunk. Called by emit. */
int plan_finish(struct plan *p, const struct call *call, struct err *err);
/** Where an input of its thunk lies outside of the sandbox: owned; NULL for one without a name.
 */
char *plan_input_path(const struct plan *p, const struct thunk_ref *r);
/** Is every input still what it was when the plan was made? For who has asked something of the
 * files meanwhile. */
bool plan_inputs_unchanged(const struct plan *p);

#define auto_plan struct plan cleanup(plan_release)

/** A model: which tools it stands for, and how it plans. */
struct model {
	const char *name;
	/** Plan one call. See the promise above. */
	int (*plan)(const struct call *call, struct plan *p, struct err *err);
	bool recalls; /* some of its plans may be had again */
};

/** The model for a program's name ("x86_64-linux-gnu-gcc-12" → gcc), or NULL. model/tool.c */
const struct model *model_for(const char *argv0);

extern const struct model model_gcc; /* model/gcc.c: gcc, g++, clang, …: compiles and links */
extern const struct model model_ar;  /* model/ar.c: ar, ranlib */
extern const struct model model_ld;  /* model/ld.c: ld called directly */
extern const struct model model_as;  /* model/as.c */
extern const struct model model_strip;  /* model/strip.c */
extern const struct model model_reader; /* model/reader.c: nm, size, cp, mv, install, …: always
                                           delegates, naming the operands it reads */

#endif
