/** Rules of a makefile, as tools print them to say what they read: "TARGET: FILE FILE …". */
#ifndef MODEL_RULE_H
#define MODEL_RULE_H

#include "base/buf.h"
#include "base/strv.h"

/** How a compiler folds the lines of its depfiles. */
enum rule_folding { RULE_UNKNOWN, RULE_GCC, RULE_CLANG };

/** Append the prerequisites of all rules in @text, unescaped. -1 when it holds no rule. */
int rule_prerequisites(const char *text, struct strv *files);
/**
 * Write into @out the depfile that the compiler would have written for @target instead of the
 * target that @text has. False: @text is not folded in this way, or has names that are quoted.
 */
bool rule_retarget(const char *text, enum rule_folding folding, const char *target,
                   struct buf *out);

#endif
