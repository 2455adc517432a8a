#include "a.h"
#include <sys/b.h> /* c */ // d
# /* x */ include_next <c.h>
??=import "d.h"
%:include "e.h"
#define HEADER <f.h>
#include HEADER
#if __has_include("g.h") || __has_include_next(<h.h>) && defined __TIME__
#endif
#pragma once
#pragma GCC dependency "i.h"
#inc\
lude "j.h"
const char *s = "a\"b.incbin \"c\"", *r = R"x(.include "d")x", c = '"';
__asm__(".incbin \"file\"\n\t.include \"x\"");
#embed "k"
.incbin "l", 1, 2
.include "m.inc"
