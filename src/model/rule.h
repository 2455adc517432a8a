/** Rules of a makefile, as tools print them to say what they read: "TARGET: FILE FILE …". */
#ifndef MODEL_RULE_H
#define MODEL_RULE_H

#include "base/strv.h"

/** Append the prerequisites of all rules in @text, unescaped. -1 when it holds no rule. */
int rule_prerequisites(const char *text, struct strv *files);

#endif
