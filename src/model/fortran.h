/**
 * What a Fortran compile reads and makes beside what the preprocessor reads: files of INCLUDE,
 * modules. The compiler's order of search is followed: for INCLUDE the source's folder, those
 * of -I, that of -J, the compiler's own; for modules the working folder before all these.
 */
#ifndef MODEL_FORTRAN_H
#define MODEL_FORTRAN_H

#include "model/gccopts.h"
#include "model/plan.h"

/** Does the preprocessor see this source? */
bool fortran_preprocesses(const struct gcc_call *c, const struct gcc_input *in);
/**
 * Add what the sources of @c read. @headers: what #include brings in, for it holds statements
 * too.
 * @makes: out: names of the modules that may be made, without folder. Delegates where it isn't
 * sure.
 */
int fortran_add_inputs(const struct call *call, const struct gcc_call *c,
                       const struct strv *headers, struct plan *p, struct strv *makes,
                       struct err *err);
/** Where a module is written. Owned. */
char *fortran_module_path(const struct gcc_call *c, const char *name);

#endif
