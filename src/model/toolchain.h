/**
 * Facts about an installed compiler, asked of it once and cached by its identity (path, stat of
 * it and of what the answer depended on), and the closures of programs.
 */
#ifndef MODEL_TOOLCHAIN_H
#define MODEL_TOOLCHAIN_H

#include "model/plan.h"

enum toolchain_family { TOOLCHAIN_GCC, TOOLCHAIN_CLANG };

struct toolchain {
	enum toolchain_family family;
	bool cxx;      /* the driver is a C++ one */
	bool multilib; /* … with folders of its own for options of machines (-m…) */
	char *target;  /* "x86_64-linux-gnu" */
	struct strv quote_dirs;  /* what the compiler itself adds; mostly empty */
	struct strv system_dirs; /* <…> search list for the language, in order, as the compiler
	                            prints it */
	struct oid compile_closure; /* manifest: driver, cc1/cc1plus, as, their libraries,
	                               specs, links on the way */
	struct oid link_closure; /* manifest: driver, collect2, ld, plugin, their libraries */
	char *program;           /* real path of the driver (links resolved) */
	char *path_env; /* PATH for the process: the folders of the driver and its helpers */
	struct strv lib_dirs;    /* where the driver looks for startup files and -l, in order */
	struct strv ld_dirs;     /* what ld itself adds (SEARCH_DIR), then ld.so.conf's */
	struct strv start_files; /* what the driver names for a link by full path: crt1.o … */
	struct strv libs;        /* NAME of each -lNAME that it adds */
};

void toolchain_release(struct toolchain *tc);

/**
 * The facts for a driver, a language ("c", "c++", "assembler", "assembler-with-cpp",
 * "objective-c", …) and those of the user's options that change the answer (-m32, --sysroot=,
 * -nostdinc, -stdlib=, -fsanitize= …, where it is a multilib one all that begin with -m;
 * NULL-terminated). The folders of CPATH and its like are
 * left out. Cost when known: one look-up and one stat per
 * file that the answer depends on. UNSURE when the compiler does not answer as expected.
 */
int toolchain_get(const struct call *call, const char *lang, char *const *options,
                  struct toolchain *out, struct err *err);

/** Is the driver a script, or ccache or the like under its name? Then it is none that can be
 * asked, and what it starts is. */
bool toolchain_starts_another(const char *tool);

/**
 * The closure of any programs (ELF: interpreter and libraries, transitively; scripts: "#!"
 * interpreter), as a manifest put into the store. Names are the real paths and the symlinks on
 * the way to them. Cached by the programs' identity. @extra: more files or folders' files that
 * they open.
 */
int closure_of(const struct call *call, char *const *programs, char *const *extra,
               struct oid *manifest, struct err *err);

/** Locale files and message catalogues that the passed LANG/LC_* make programs open; may be
 * none. */
int closure_of_locale(const struct call *call, struct oid *manifest, bool *any,
                      struct err *err);

#endif
