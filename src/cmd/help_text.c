/* What the commands say of themselves: lines of at most 80 columns, each one string. */
#include "cmd/cmd.h"

/* clang-format off */

const char help_build[] =
"usage: gg build [OPTIONS] [--] COMMAND [ARGUMENTS]\n"
"\n"
"Runs COMMAND with gg's models in front of the compilers, archivers and linkers\n"
"on PATH. What they are asked to do becomes thunks, which run in a sandbox while\n"
"COMMAND runs on, or are remembered. At the end every file is real, with the\n"
"bytes that plain COMMAND makes.\n"
"\n"
"  -j, --jobs N          thunks at once on the engines named after it, or on all\n"
"                        (default: the number of processors)\n"
"  -k, --keep-going      go on with what does not depend on a failure\n"
"      --lazy            leave as placeholders what only other thunks use\n"
"      --overlap         let make go on while thunks still run. Only where nothing\n"
"                        but compilers and linkers reads what the build makes\n"
"      --sandbox=HOW     auto (default): the strongest isolation that works here;\n"
"                        require: fail without namespaces; none\n"
"      --portable        thunks that don't name where the checkout lies, so that equal\n"
"                        ones share results (through GG_DIR); debug information\n"
"                        and __FILE__ then begin with \".\"; also GG_BASEDIR=FOLDER\n"
"  -e, --engine NAME     where thunks run, tried in the order given: local (default),\n"
"                        remote=HOST[:PORT], lambda[=REGION], cloudrun=URL\n"
"      --fallback-engine NAME\n"
"                        for what the others can't take or keep failing at\n"
"                        (default: local; none: nothing is)\n"
"      --store URI       where inputs and outputs travel through (default:\n"
"                        $GG_STORAGE_URI): s3://, gs://, redis://, rediss://, file://\n"
"  -T, --timeout SECONDS start what takes longer elsewhere a second time\n"
"                        (default: when it falls behind its peers)\n"
"  -s, --no-status       no live line\n"
"      --stats           say at the end what became of the commands\n"
"      --stats-json FILE the same as JSON\n"
"      --trace FILE      write what ran when, for chrome://tracing or Perfetto\n"
"  -h, --help            this text\n"
"\n"
"The exit status is COMMAND's own, or 1 if a thunk failed.\n"
"\n"
"  gg build -- make\n"
"  gg build -j 8 --stats -- make -j8 CC=clang\n"
"  gg build -- ninja -C build\n"
"  gg build -e lambda -j 1000 --store s3://my-bucket?region=eu-west-1 -- make\n";

const char help_deploy[] =
"usage: gg deploy lambda [OPTIONS]\n"
"\n"
"Packs gg's worker with all it needs, makes an AWS Lambda function of it or\n"
"updates the one that is there, runs one thunk in it, and says what was done.\n"
"Region and credentials are taken from where AWS's own tools take them.\n"
"\n"
"      --role ARN        the function's role (default: GG_LAMBDA_ROLE); needed for\n"
"                        a new function\n"
"      --region REGION   (default: AWS_REGION, or the profile's)\n"
"      --name NAME       (default: GG_LAMBDA_FUNCTION, or gg-lambda-function)\n"
"      --store URI       the store that builds will use (default: GG_STORAGE_URI);\n"
"                        the function's access to it is checked\n"
"      --with gcc        the package has this toolchain (gcc, clang) or program:\n"
"                        workers then need not fetch it. May be repeated\n"
"      --memory MB       128 to 10240 (default: 1769, one whole core)\n"
"      --timeout SECONDS 1 to 900 (default: 300)\n"
"      --tmp MB          512 to 10240 of /tmp (default: 2048)\n"
"      --env NAME=VALUE  of the function's environment. May be repeated\n"
"      --bucket NAME     where a package over 50 MB is put, in the same region\n"
"  -o, --output FILE     keep the package\n"
"      --dry-run         only make the package, and print the calls and the\n"
"                        policies (IAM) that they need. Needs no credentials\n"
"      --delete          remove the function\n"
"      --json            what was done, as JSON\n"
"  -h, --help            this text\n"
"\n"
"  gg deploy lambda --dry-run --region eu-west-1\n"
"  gg deploy lambda --role arn:aws:iam::123456789012:role/gg --with gcc\n"
"  gg deploy lambda --delete\n";

const char help_infer[] =
"usage: gg infer [--] COMMAND [ARGUMENTS]\n"
"\n"
"Runs COMMAND with gg's models in front of the tools: thunks and placeholders\n"
"are made, and nothing is compiled. Make the placeholders real with gg force.\n"
"\n"
"  gg infer make\n"
"  gg force -j 8 src/program\n";

const char help_force[] =
"usage: gg force [OPTIONS] TARGET|@FILE...\n"
"\n"
"Makes placeholders real: runs their thunks and all that those depend on, or\n"
"takes the results from the memo table. @FILE holds one target a line. A target\n"
"may also be a thunk's name; then the name of its value is printed.\n"
"\n"
"  -j, --jobs N          thunks at once on the engines named after it, or on all\n"
"                        (default: the number of processors)\n"
"  -k, --keep-going      go on with what does not depend on a failure\n"
"  -S, --sandboxed       the same as --sandbox=require\n"
"      --sandbox=HOW     auto, require or none\n"
"  -e, --engine NAME     where thunks run, tried in the order given: local (default),\n"
"                        remote=HOST[:PORT], lambda[=REGION], cloudrun=URL\n"
"      --fallback-engine NAME\n"
"                        for what the others can't take or keep failing at\n"
"                        (default: local; none: nothing is)\n"
"      --store URI       where inputs and outputs travel through (default:\n"
"                        $GG_STORAGE_URI): s3://, gs://, redis://, rediss://, file://\n"
"  -T, --timeout SECONDS start what takes longer elsewhere a second time\n"
"                        (default: when it falls behind its peers)\n"
"  -d, --no-download     results that are elsewhere stay there\n"
"  -s, --no-status       no live line\n"
"      --trace FILE      write what ran when, for chrome://tracing or Perfetto\n"
"      --no-record       leave no trace of this run in gg stats and gg report\n"
"  -h, --help            this text\n"
"\n"
"  gg force lua luac\n"
"  gg force -j 4 @targets.txt\n"
"  gg force -j 2 -e local -j 100 -e lambda --store s3://my-bucket lua\n";

const char help_run[] =
"usage: gg run [--] FILE [ARGUMENTS]\n"
"\n"
"Makes the placeholder FILE real and runs it. A placeholder of a program does\n"
"this by itself when it is run.\n"
"\n"
"  gg run ./lua -v\n";

const char help_models[] =
"usage: gg models [--check]\n"
"\n"
"Lists the tools that .gg/models.conf, $XDG_CONFIG_HOME/gg/models.conf and gg\n"
"itself describe, with the line that does, and what is wrong with lines. The\n"
"format is in docs/models.md. Compilers and binutils are not listed: they have\n"
"models of their own.\n"
"\n"
"  -c, --check   only what is wrong; exit status 1 if anything is\n"
"\n"
"  echo 'gen -o=@outfile @infile' >>.gg/models.conf && gg models\n";

const char help_model_generic[] =
"usage: gg model-generic DESCRIPTION ARGUMENTS...\n"
"\n"
"Makes a thunk of a command and placeholders for its outputs. DESCRIPTION is\n"
"the program and what its options and operands are, as in models.conf.\n"
"GG_GENERIC_EXTRA=FILE:FILE names more inputs.\n"
"\n"
"  gg model-generic './sort -o=@outfile @infile' -o sorted words.txt\n"
"  gg force sorted\n";

const char help_init[] =
"usage: gg init [DIR]\n"
"\n"
"Makes a store in DIR (default: .gg). gg build and gg infer do this by\n"
"themselves.\n"
"\n"
"  gg init\n";

const char help_hash[] =
"usage: gg hash [--json] FILE...\n"
"\n"
"Prints the names that gg gives to the contents of files; \"-\" is standard\n"
"input. Needs no store.\n"
"\n"
"  gg hash main.c\n"
"  gg hash --json *.c\n";

const char help_collect[] =
"usage: gg collect FILE...\n"
"\n"
"Keeps files in the store and prints their names. Of a placeholder it prints\n"
"the thunk's name.\n"
"\n"
"  gg collect input.txt program\n";

const char help_put[] =
"usage: gg put [OPTIONS] [FILE|HASH|-]...\n"
"\n"
"Sends files and objects of the store to the backend. The names of files are\n"
"printed. Without arguments, or for -, standard input lists them, one a line.\n"
"What the backend holds already is not sent again; it is asked, not believed.\n"
"\n"
"      --store URI       the backend (default: $GG_STORAGE_URI): s3://BUCKET,\n"
"                        gs://BUCKET, redis://HOST, rediss://HOST,\n"
"                        redis+unix:///SOCKET, file:///FOLDER\n"
"      --json            what was done, as JSON\n"
"  -h, --help            this text\n"
"\n"
"The exit status is 102 when the backend is not reachable, 103 when it does not\n"
"answer in time, 104 when bytes are damaged.\n"
"\n"
"  gg put --store s3://my-bucket/gg?region=eu-west-1 input.bin\n"
"  ls .gg/blobs | gg put --store redis://:password@cache.example\n";

const char help_get[] =
"usage: gg get [OPTIONS] [HASH|-]...\n"
"\n"
"Brings objects from the backend into the store. Each is checked against its\n"
"name as it comes. Without arguments, or for -, standard input lists the names.\n"
"\n"
"      --store URI       the backend (default: $GG_STORAGE_URI), as for gg put\n"
"  -o, --output FILE     also write the one object to FILE (-: standard output)\n"
"      --json            what was done, as JSON\n"
"  -h, --help            this text\n"
"\n"
"The exit status is 102 when the backend is not reachable, 103 when it does not\n"
"answer in time, 104 when what came is not what the name says.\n"
"\n"
"  gg get VWJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM00000006 -o hello.txt\n";

const char help_create_thunk[] =
"usage: gg create-thunk [OPTIONS] FUNCTION-HASH ARGV0 [ARGUMENTS]\n"
"\n"
"Makes a thunk and prints its name on standard error. @{GGHASH:HASH} in an\n"
"argument or variable becomes the path of that object where the thunk runs.\n"
"\n"
"  -E, --envar K=V           a variable of its environment\n"
"  -v, --value HASH[=NAME]   an input\n"
"  -t, --thunk HASH[=NAME]   an input that is another thunk's output: HASH or\n"
"                            HASH#TAG\n"
"  -e, --executable HASH[=NAME]  a program that it runs; the function must be\n"
"                            among them\n"
"  -o, --output TAG          a file that it makes; the first is the main one\n"
"  -L, --link NAME=HASH      a symbolic link in its folder to an object\n"
"  -T, --timeout MS          kill it after so long\n"
"  -C, --placeholder FILE    write a placeholder there\n"
"      --workdir DIR         run in this folder, with named inputs at their paths\n"
"      --closure PROGRAM     add what this program of the system needs to run\n"
"      --manifest HASH       add the files that a manifest lists\n"
"      --write FILE          write the thunk's bytes there; needs no store\n"
"\n"
"  sort=$(gg collect ./sort-static) text=$(gg collect words.txt)\n"
"  gg create-thunk -e $sort -v $text -o out -C sorted \\\n"
"      $sort sort -o out @{GGHASH:$text}\n"
"  gg force sorted\n";

const char help_describe[] =
"usage: gg describe [-e|-c] HASH|FILE|BEGINNING\n"
"\n"
"Shows a thunk as JSON. FILE is a placeholder or a thunk; BEGINNING the first\n"
"characters of a name in the store.\n"
"\n"
"  -c, --command       its command line instead, ready to be pasted\n"
"  -e, --executables   the digest of its executables' names instead\n"
"\n"
"  gg describe main.o\n"
"  gg describe -c TQtml\n";

const char help_summary[] =
"usage: gg summary HASH|FILE|BEGINNING\n"
"\n"
"Shows what a thunk depends on, as a tree.\n"
"\n"
"  gg summary lua\n";

const char help_execute[] =
"usage: gg execute [OPTIONS] HASH...\n"
"\n"
"Runs thunks now, in the sandbox, one after another, without asking the memo\n"
"table, and records the results. Thunks that depend on others are refused: gg\n"
"force does those.\n"
"\n"
"  -T, --timelog   print what took how long, in milliseconds\n"
"\n"
"Exit status: 0, 3 (bad arguments, no such thunk), 5 (it failed or made no\n"
"output).\n"
"\n"
"  gg execute TQtmlNPfoECnIQfaVQVHYszwy3y0Kugtha3buA7k1fhI00000091\n";

const char help_doctor[] =
"usage: gg doctor [--json]\n"
"\n"
"Shows what this machine can do for gg: isolation, the store, tools and whether\n"
"they are modelled, variables that matter, settings for other machines. Each lack\n"
"comes with its remedy. Secrets are never shown.\n"
"\n"
"      --json   the same as JSON\n"
"\n"
"The exit status is 0 if gg can work here, else 1.\n"
"\n"
"  gg doctor\n";

const char help_gc[] =
"usage: gg gc [OPTIONS]\n"
"\n"
"Removes objects from the store, the least recently used first, and forgets the\n"
"results that they belong to: those commands run again when they are asked for.\n"
"What a running gg uses, and what placeholders need, is kept.\n"
"\n"
"      --max-size SIZE    until the objects take at most SIZE on the disk: 500M, 2G\n"
"      --older-than AGE   what was not used for AGE: 12h, 30d, 2w (default: 30d,\n"
"                         unless --max-size is given)\n"
"  -n, --dry-run          only say what would go\n"
"      --json             the figures as JSON\n"
"\n"
"  gg gc --max-size 2G\n"
"  gg gc --older-than 2w --dry-run\n";

const char help_fsck[] =
"usage: gg fsck [--repair] [--json]\n"
"\n"
"Checks every object of the store against its name, the index, the results and\n"
"the log that they can be read back from. A damaged object is set aside in\n"
".gg/corrupt: what made it runs again when it is asked for.\n"
"\n"
"      --repair   also forget results whose objects are gone, set aside files that\n"
"                 are no objects, and write the log anew\n"
"      --json     the figures as JSON\n"
"\n"
"The exit status is 1 if something was damaged and not all of it was repaired.\n"
"\n"
"  gg fsck\n"
"  gg fsck --repair\n";

const char help_explain[] =
"usage: gg explain [--json] FILE...\n"
"\n"
"Shows the thunks behind a file that gg made, or a placeholder: the file's own\n"
"first, then those of what it was made from. Of each: was it run or remembered in\n"
"the last run, where and how long it ran, and which inputs, arguments or\n"
"variables had changed since that file was made before.\n"
"\n"
"      --json   the same as JSON, with whole hashes\n"
"\n"
"The exit status is 1 if gg did not make one of the files.\n"
"\n"
"  gg explain lua\n"
"  gg explain --json src/lvm.o | jq .[0].thunks[0].changes\n";

const char help_report[] =
"usage: gg report [OPTIONS] [RUN]\n"
"\n"
"Writes one HTML page about a run, the last one by default: what became of the\n"
"commands, a timeline, the critical path, the slowest thunks, what ran as it is\n"
"and why, failures. The page needs nothing else: it can be sent to anybody.\n"
"\n"
"  -o, --output FILE  write there (default: gg-report.html); \"-\" is standard\n"
"                     output\n"
"  -t, --trace        instead, what chrome://tracing and Perfetto read\n"
"                     (default: gg-trace.json)\n"
"  -l, --list         show which runs there are; the last 20 are kept\n"
"\n"
"  gg report && xdg-open gg-report.html\n"
"  gg report 42 -o slow.html\n";

const char help_stats[] =
"usage: gg stats [--json] [--zero]\n"
"\n"
"Shows what became of the commands of the last run, and of all runs: how many a\n"
"model understood, how many ran as they are and why, how many results were\n"
"remembered, and what that saved.\n"
"\n"
"      --json   the same as JSON\n"
"  -z, --zero   count anew from here; the records of the last runs stay\n"
"\n"
"  gg stats\n"
"  gg stats --json | jq .last.reasons\n";

const char help_help[] =
"usage: gg help [COMMAND]\n"
"\n"
"  gg help build\n";

const char help_version[] =
"usage: gg version [--json]\n"
"\n"
"  gg version\n";
