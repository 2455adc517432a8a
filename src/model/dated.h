/**
 * Compiles that may tell the time: __DATE__, __TIME__ or __TIMESTAMP__ stands in what they
 * read. Most only define a macro with it that nobody uses. The compiler's own preprocessor
 * tells: the three are defined to be another word, and if that word comes out, the compile is
 * not modelled. The answer is remembered by the thunk's name, which all that it depends on is
 * part of.
 */
#ifndef MODEL_DATED_H
#define MODEL_DATED_H

#include "model/depscan.h"

/**
 * May the time get into what was scanned? No word of its other files, or of the -D options
 * @defines, names a clock, nor can "##" make its name of them. Cost without clocks: none; else
 * a look-up for each file.
 */
bool dated_may_be(const struct call *call, const struct depscan_result *r,
                  const struct strv *defines);
/**
 * The plan's compile is in doubt; dated_settle asks by running the tool with @args (its own,
 * without what chooses outputs) as a preprocessor. @by_epoch: SOURCE_DATE_EPOCH says what time
 * it is for __DATE__ and __TIME__.
 */
void dated_doubt(struct plan *p, const struct call *call, const struct strv *args,
                 bool by_epoch);
/** Delegates if the time gets into it. Nothing to do for a plan without doubt. */
int dated_settle(struct plan *p, const struct call *call, const struct oid *thunk,
                 struct err *err);

#endif
