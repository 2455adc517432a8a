/*
 * The lines that count without being written anywhere. Only tools whose reads are known: what
 * bison and flex read of the system is named, assemblers and protoc tell what they include
 * (deps:), xxd reads its operand.
 *
 * A line that lacks an option makes the tool run as it is when that option is used.
 */
#include "model/conf.h"

/* clang-format off */

const char conf_default[] =
/* Skeletons that make more files (C++): the sandbox notices a file that is no output. */
"bison -o,--output=@outfile -d,--defines,--header>{out.}.h --defines=@outfile"
" --header=@outfile"
" -v,--verbose>{out..}.output -r,--report=@>{out..}.output -y,--yacc>out:y.tab.c -b,--file-prefix=@>out:{value}.tab.c -l,--no-lines -t,--debug -Wall -W,--warnings"
" -Wno-yacc -Wno-other -Wno-deprecated -Wno-conflicts-sr -Wno-conflicts-rr"
" -Wcounterexamples -Wconflicts-sr -Wconflicts-rr -Werror -Wno-error -p,--name-prefix=@"
" @infile out:{/.}.tab.c in:/usr/share/bison run:m4"
" env:BISON_PKGDATADIR env:M4 env:BISON_USE_PUSH_FOR_PULL env:POSIXLY_CORRECT\n"

"flex -o,--outfile=@outfile --header-file=@outfile -P,--prefix=@>out:lex.{value}.c"
" -t,--stdout>out:- -d,--debug -i,--case-insensitive -l,--lex-compat -X,--posix-compat -L,--noline -B,--batch"
" -I,--interactive -7,--7bit -8,--8bit -s,--nodefault -w,--nowarn -v,--verbose"
" -p,--perf-report -R,--reentrant --bison-bridge --bison-locations --noyywrap --yylineno"
" --array --pointer --stack --nounistd --nounput --noinput --noyy_push_state"
" --noyy_pop_state --noyy_top_state --always-interactive --never-interactive -F,--fast"
" -f,--full -C -Ca -Ce -Cf -CF -Cm -Cr -Cem -Cfe -CFe @infile out:lex.yy.c run:m4 env:M4"
" env:POSIXLY_CORRECT\n"

/* nasm -M prints what it reads, too, but is a run of its own, and yasm's fails where a condition
 * asks for an "equ". Not what depends on the day, the environment or the folders searched. */
"nasm -o=@outfile -f=@ -l=@outfile -MD=@depfile -MF=@depfile -MT=@ -MQ=@ -MP -I,-i=@searchdir -D,-d=@"
" -U,-u=@ -g -F=@ -O=@ -w=@ -W=@ -X=@ -P,-p=@infile --prefix=@ --postfix=@ -a -t @infile"
" include:%include embed:incbin deps:-M env:NASMENV"
" unless:__DATE unless:__TIME unless:__UTC_ unless:__POSIX_"
" unless:__?DATE unless:__?TIME unless:__?UTC_ unless:__?POSIX_"
" unless:%! unless:%pathsearch unless:%ifenv unless:%ifnenv unless:%elifenv unless:%elifnenv\n"

"yasm -o,--objfile=@outfile -f,--oformat=@ -l,--list=@outfile -m,--machine=@ -p,--parser=@"
" -r,--preproc=@ -a,--arch=@ -g,--dformat=@ -L,--lformat=@ -I,-i=@searchdir -D,-d=@ -U,-u=@"
" -P=@infile -w -W=@ -X=@ --prefix=@ --suffix=@ @infile include:%include include:.include"
" embed:incbin embed:.incbin deps:-M"
" unless:__DATE unless:__TIME unless:__UTC_ unless:__POSIX_"
" unless:__?DATE unless:__?TIME unless:__?UTC_ unless:__?POSIX_ unless:%! unless:%pathsearch\n"

/* NAME.pb.{h,cc} in the folder, where NAME is what follows the search folder */
"protoc -I,--proto_path=@searchdir --cpp_out=@outdir>{value}/{rel.}.pb.h>{value}/{rel.}.pb.cc"
" --python_out=@outdir>{value}/{rel.}_pb2.py --experimental_allow_proto3_optional"
" --fatal_warnings -o,--descriptor_set_out=@outfile --include_imports --include_source_info"
" --dependency_out=@depfile @infile... in:/usr/include/google/protobuf/descriptor.proto"
" deps:--dependency_out=/dev/stdout deps:--descriptor_set_out=/dev/null\n"

"xxd -a,-autoskip -b,-bits -c,-cols=@ -C,-capitalize -e -E,-EBCDIC -g,-groupsize=@"
" -i,-include -l,-len=@ -n,-name=@ -o=@ -p,-ps,-postscript,-plain -s,-seek=@ -u"
" @infile @outfile? out:-\n"
;
