#include "cmd/cmd.h"
#define S(x) int cmd_##x(const struct command*s,int c,char**v){return 2;} const char help_##x[]="";
S(collect) S(create_thunk) S(describe) S(execute) S(hash) S(help) S(init) S(summary) S(version)
const char help_build[]="",help_force[]="",help_infer[]="",help_run[]="";
