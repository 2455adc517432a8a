/**
 * The tools of binutils (ar, ranlib, strip, ld) load every plugin that lies in certain folders,
 * and ask each about each object. LLVM's claims nothing but bitcode, also where
 * clang -fembed-bitcode keeps it beside the code, and brings 170 MB of libraries, to be hashed,
 * sent and relocated: a thunk has it only if an input may hold bitcode.
 */
#ifndef MODEL_PLUGINS_H
#define MODEL_PLUGINS_H

#include "model/plan.h"

/** Folders in which they are. */
extern char *const plugins_folders[];

/** May one of the plan's inputs be, or hold, anything but ELF objects without bitcode? Three
 * small reads per file, and per member of an archive. */
bool plugins_may_be_bitcode(const struct plan *p);

/** The closure of the call's tool with the plugins that can matter to the inputs that @p has so
 * far, and with @more files or folders' files (NULL-terminated, or NULL). */
int plugins_closure(const struct call *call, const struct plan *p, const char *const *more,
                    struct oid *manifest, struct err *err);

#endif
