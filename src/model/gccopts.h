/**
 * Command lines of the gcc and clang drivers (gcc 12, clang 14): one sorted table of options,
 * and a parse of a whole command line into what the model needs to know. Options that it does
 * not know, or that are too hard, become a reason to run the real compiler, never an error.
 */
#ifndef MODEL_GCCOPTS_H
#define MODEL_GCCOPTS_H

#include "base/err.h"
#include "base/strv.h"

enum gccopt_arity {
	OPT_EXACT,    /* stands alone */
	OPT_SEPARATE, /* value is the next argument */
	OPT_JOINED,   /* value (maybe empty) follows in the same argument */
	OPT_EITHER,   /* value follows if there is text, else is the next argument */
};

enum gcc_phase {
	PHASE_CPP = 1 << 0,
	PHASE_CC = 1 << 1,
	PHASE_AS = 1 << 2,
	PHASE_LD = 1 << 3,
	PHASE_ANY = PHASE_CPP | PHASE_CC | PHASE_AS | PHASE_LD,
};

enum gccopt_act {
	ACT_PASS,      /* changes no file names and reads no file */
	ACT_DELEGATE,  /* too hard, in the phases of the row */
	ACT_TOOLCHAIN, /* changes what the compiler itself adds: toolchain_get must know */
	ACT_PREFIX,    /* -B: what begins with the value is searched first */
	ACT_SPECS,     /* a file of gcc's with rules for what to add */
	ACT_READ,      /* the value is a file that is read */
	ACT_LANG,      /* -x */
	ACT_OUTPUT,    /* -o */
	ACT_STOP_E,
	ACT_SYNTAX, /* -fsyntax-only */
	ACT_STOP_S,
	ACT_STOP_C,
	ACT_DIR_QUOTE,
	ACT_DIR_USER,
	ACT_DIR_SYSTEM,
	ACT_DIR_CXX, /* clang: as DIR_SYSTEM for C++ only */
	ACT_DIR_AFTER,
	ACT_DEFINE, /* -D and -U, kept in order */
	ACT_INCLUDE,
	ACT_IMACROS,
	ACT_INCLUDE_PCH, /* clang's */
	ACT_XCLANG,      /* a word for clang's own front end */
	ACT_DEP_PRINT,   /* -M, -MM: a rule instead of a compilation */
	ACT_DEP,         /* -MD, -MMD */
	ACT_DEP_FILE,    /* -MF */
	ACT_WP,
	ACT_WA,
	ACT_WL,
	ACT_XPREPROCESSOR,
	ACT_XASSEMBLER,
	ACT_XLINKER,
	ACT_LIB,
	ACT_LIB_DIR,
	ACT_SCRIPT, /* -T */
	ACT_LINK_FLAG,
	ACT_SPLIT_DWARF,
	ACT_COVERAGE,
	ACT_LTO,
	ACT_SANITIZE,
	ACT_STACK_USAGE,
	ACT_LINK_TOOLCHAIN, /* changes what a link reads: the driver is asked */
	ACT_FORTRAN,        /* says how Fortran is read; a word of gcc_call.fortran */
	ACT_MODULE_DIR,     /* -J */
};

struct gccopt {
	const char *name;
	unsigned char arity;
	unsigned char act;
	unsigned char phases; /* that it matters to */
	unsigned flag;        /* LINK_FLAG: a bit of enum gcc_flags, or 0 */
	const char *why;      /* DELEGATE: the reason, or NULL for "option NAME" */
};

/** Sorted by name, bytewise. */
extern const struct gccopt gccopts[];
extern const size_t gccopts_n;

/** The row for an argument: the longest name that fits, or NULL. */
const struct gccopt *gccopt_find(const char *arg);
/** The value of the option at args[*i], "" where it takes none; moves *i to its last word.
 * NULL, and *i stays: there is none. Borrowed from @args. */
char *gccopt_value(const struct gccopt *o, const struct strv *args, size_t *i);

enum gcc_stage { STAGE_PREPROCESS, STAGE_ASSEMBLY, STAGE_OBJECT, STAGE_LINK };

enum gcc_lang {
	LANG_OBJECT, /* for the linker */
	LANG_C,
	LANG_CXX,
	LANG_C_OUTPUT, /* .i */
	LANG_CXX_OUTPUT,
	LANG_ASM,
	LANG_ASM_CPP,
	LANG_OBJC,
	LANG_OBJCXX,
	LANG_OBJC_OUTPUT,
	LANG_OBJCXX_OUTPUT,
	LANG_HEADER, /* makes a precompiled header, if not just preprocessed */
	LANG_CXX_HEADER,
	LANG_F77, /* Fortran in fixed form */
	LANG_F77_CPP,
	LANG_F95, /* in the form that the suffix says, else free */
	LANG_F95_CPP,
	LANG_OTHER,
};

struct gcc_input {
	char *path; /* borrowed from args */
	enum gcc_lang lang;
};

enum gcc_flags {
	GCC_STATIC = 1 << 0,
	GCC_SHARED = 1 << 1,
	GCC_RELOCATABLE = 1 << 2,
	GCC_NOSTDLIB = 1 << 3,
	GCC_NODEFAULTLIBS = 1 << 4,
	GCC_NOSTARTFILES = 1 << 5,
	GCC_PTHREAD = 1 << 6,
	GCC_OPENMP = 1 << 7,
	GCC_PROFILE = 1 << 8,
	GCC_SPLIT_DWARF = 1 << 9,
	GCC_COVERAGE = 1 << 10,
	GCC_LTO = 1 << 11,
	GCC_DEP = 1 << 13,
	GCC_DEP_PRINT = 1 << 14, /* -M, -MM: a rule instead of a compilation */
	GCC_STACK_USAGE = 1 << 15,
	GCC_SYNTAX = 1 << 16,
	GCC_EMIT_PCH = 1 << 17, /* said to clang's front end */
	GCC_SPECS = 1 << 18,    /* looks for what specs files name */
};

struct gcc_call {
	struct strv args; /* argv, response files expanded */
	struct strv response_files;
	bool cxx;            /* a C++ driver: .c is C++, links with libstdc++ */
	bool fortran_driver; /* links with libgfortran */
	enum gcc_stage stage;
	unsigned phases; /* that happen in this call */
	unsigned flags;
	struct gcc_input *inputs; /* owned; as on the command line */
	size_t n_inputs;
	size_t n_sources;        /* inputs that are not for the linker only */
	bool reads_stdin;        /* one of them is "-" */
	const char *output;      /* -o, or NULL */
	struct strv precompiled; /* headers that it may take; known when headers are */
	bool no_file; /* … is nothing that a model could make: what matters is what it says */
	const char *depfile; /* -MF and its like, or NULL */
	struct strv quote_dirs;
	struct strv user_dirs;
	struct strv system_dirs;
	struct strv after_dirs;
	struct strv defines;        /* "-DX=1", "-UX" */
	struct strv includes;       /* -include */
	struct strv imacros;        /* -imacros */
	struct strv plain_includes; /* as -include, and never taken precompiled: -Xclang */
	struct strv include_pch;    /* -include-pch */
	struct strv reads;          /* further files that are read */
	struct strv toolchain;      /* options for toolchain_get */
	struct strv link_toolchain; /* further ones, where it links */
	struct strv conditions;     /* … and where rules of a specs file may mind them */
	struct strv machine;        /* … and where each machine has folders of its own */
	struct strv lib_dirs;
	struct strv libs;
	struct strv sanitize;
	struct strv fortran;    /* options that only Fortran has */
	const char *module_dir; /* -J, or NULL */
	struct strv ld_words;   /* what -Wl, -Xlinker, -z, -T and the like say to the linker */
	struct strv wp_words;   /* what -Wp, and -Xpreprocessor say */
	struct strv scan_args;  /* args without what chooses outputs: for the compiler's -M */
	char reason[160];       /* why the real compiler must run; "" for none */
};

/**
 * Parse a command line. Always leaves a call that can be released; inputs are complete even
 * when there is a reason to delegate, so that placeholders among them can be made real.
 */
int gcc_call_parse(struct gcc_call *c, char *const *argv, struct err *err);
void gcc_call_release(struct gcc_call *c);
/**
 * The words of @argv with response files ("@file", as all GNU tools read them) expanded; @files
 * gets their names. UNSURE when they nest too deep or are no regular files.
 */
int gcc_expand_args(char *const *argv, struct strv *args, struct strv *files, struct err *err);
/** The language of a file by its suffix. */
enum gcc_lang gcc_lang_of(const char *path, bool cxx);
bool gcc_is_fortran(enum gcc_lang lang);
bool gcc_is_header(enum gcc_lang lang);
/** Is this the name of a Fortran driver ("gfortran", "x86_64-linux-gnu-gfortran-12", "f95")? */
bool gcc_is_fortran_driver(const char *name);
/** Is this the name of a C++ driver ("g++", "x86_64-linux-gnu-g++-12", "clang++")? */
bool gcc_is_cxx_driver(const char *name);

#define auto_gcc_call struct gcc_call cleanup(gcc_call_release)

#endif
