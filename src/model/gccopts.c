/*
 * The table holds a row for each option that names files, chooses outputs or changes the
 * outcome, and a prefix row ("-f", "-W", "-m", "-O", "-g") for each family whose other
 * members pass through. The longest name that fits an argument wins. A row matters only in
 * its phases: "-fuse-ld=gold" is no obstacle to "gcc -c".
 */
#include "model/as.h"
#include "model/gccopts.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/among.h"
#include "base/file.h"
#include "base/path.h"
#include "store/look.h"

enum { ARGS_MAX = 100000, RESPONSE_MAX = 8 << 20, RESPONSE_FILES_MAX = 2000 };

const struct gccopt gccopts[] = {
	{ "-###", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--all-warnings", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--amdgpu-arch-tool=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--analyze", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--analyzer-output", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--ansi", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--assert", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--assert=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--comments", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--comments-in-macros", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--completion=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--config", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--config-system-dir=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--config-user-dir=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--coverage", OPT_EXACT, ACT_COVERAGE, PHASE_ANY, 0, NULL },
	{ "--cuda-compile-host-device", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--cuda-device-only", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--cuda-host-only", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--cuda-include-ptx=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--cuda-noopt-device-debug", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--cuda-path-ignore-env", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--cuda-path=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--debug", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--define-macro", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--define-macro=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--dependencies", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--driver-mode=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--dump", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "option -d" },
	{ "--emit-static-lib", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--end-no-unused-arguments", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--extra-warnings", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--gcc-toolchain=", OPT_JOINED, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "--gpu-bundle-output", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--gpu-instrument-lib=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--gpu-max-threads-per-block=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--gpu-use-aux-triple-only", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--help", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "--hip-device-lib=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--hip-link", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--hip-path=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--hip-version=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--hipspv-pass-plugin=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--imacros", OPT_SEPARATE, ACT_IMACROS, PHASE_ANY, 0, NULL },
	{ "--imacros=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include", OPT_SEPARATE, ACT_INCLUDE, PHASE_ANY, 0, NULL },
	{ "--include-barrier", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-directory", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-directory-after", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-directory-after=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-directory=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-prefix", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-prefix=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-with-prefix", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-with-prefix-after", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-with-prefix-after=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-with-prefix-before", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-with-prefix-before=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include-with-prefix=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--include=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--ld-path=", OPT_JOINED, ACT_DELEGATE, PHASE_LD, 0, NULL },
	{ "--libomptarget-amdgcn-bc-path=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--libomptarget-nvptx-bc-path=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--migrate", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--no-cuda-include-ptx=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--no-cuda-version-check", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--no-gpu-bundle-output", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--no-line-commands", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--no-offload-arch=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--no-standard-includes", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--no-system-header-prefix=", OPT_JOINED, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--no-warnings", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--offload-arch=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--offload=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--optimize", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--output", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--output-pch=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--output=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--param", OPT_SEPARATE, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--param=", OPT_JOINED, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--pedantic", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--pedantic-errors", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--pipe", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--precompile", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--preprocess", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--print-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "--profile", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--ptxas-path=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--rocm-device-lib-path=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--rocm-path=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--rsp-quoting=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--rtlib=", OPT_JOINED, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "--save-stats", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--save-temps", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "option -save-temps" },
	{ "--serialize-diagnostics", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--shared", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_SHARED, NULL },
	{ "--specs=", OPT_JOINED, ACT_SPECS, PHASE_ANY, 0, NULL },
	{ "--start-no-unused-arguments", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--static", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_STATIC, NULL },
	{ "--std=", OPT_JOINED, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--stdlib=", OPT_JOINED, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "--sysroot", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--sysroot=", OPT_JOINED, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "--system-header-prefix=", OPT_JOINED, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--target-help", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "--target=", OPT_JOINED, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "--trace-includes", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--traditional-cpp", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--trigraphs", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--undefine-macro", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--undefine-macro=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--unwindlib=", OPT_JOINED, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "--user-dependencies", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--verbose", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "--verify-debug-info", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--version", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "--warn-", OPT_JOINED, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "--write-dependencies", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "--write-user-dependencies", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-A", OPT_EITHER, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-B", OPT_EITHER, ACT_PREFIX, PHASE_ANY, 0, NULL },
	{ "-C", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-CC", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-D", OPT_EITHER, ACT_DEFINE, PHASE_CPP, 0, NULL },
	{ "-E", OPT_EXACT, ACT_STOP_E, PHASE_ANY, 0, NULL },
	{ "-F", OPT_EITHER, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-G", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-H", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, "prints information" },
	{ "-I", OPT_EITHER, ACT_DIR_USER, PHASE_CPP, 0, NULL },
	{ "-I-", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-J", OPT_EITHER, ACT_MODULE_DIR, PHASE_CC, 0, NULL },
	{ "-L", OPT_EITHER, ACT_LIB_DIR, PHASE_LD, 0, NULL },
	{ "-M", OPT_EXACT, ACT_DEP_PRINT, PHASE_ANY, 0, NULL },
	{ "-MD", OPT_EXACT, ACT_DEP, PHASE_CPP, 0, NULL },
	{ "-MF", OPT_EITHER, ACT_DEP_FILE, PHASE_CPP, 0, NULL },
	{ "-MG", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-MJ", OPT_EITHER, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-MM", OPT_EXACT, ACT_DEP_PRINT, PHASE_ANY, 0, NULL },
	{ "-MMD", OPT_EXACT, ACT_DEP, PHASE_CPP, 0, NULL },
	{ "-MP", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-MQ", OPT_EITHER, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-MT", OPT_EITHER, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-MV", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-Mmodules", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-Mno-modules", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-N", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-O", OPT_JOINED, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-P", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-Q", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "-Qn", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "-Qunused-arguments", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "-Qy", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "-R", OPT_EITHER, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-S", OPT_EXACT, ACT_STOP_S, PHASE_ANY, 0, NULL },
	{ "-T", OPT_EITHER, ACT_SCRIPT, PHASE_LD, 0, NULL },
	{ "-Tbss", OPT_EITHER, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-Tdata", OPT_EITHER, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-Ttext", OPT_EITHER, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-U", OPT_EITHER, ACT_DEFINE, PHASE_CPP, 0, NULL },
	{ "-V", OPT_EITHER, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-W", OPT_JOINED, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-Wa,", OPT_JOINED, ACT_WA, PHASE_AS, 0, NULL },
	{ "-Wl,", OPT_JOINED, ACT_WL, PHASE_LD, 0, NULL },
	{ "-Wp,", OPT_JOINED, ACT_WP, PHASE_CPP, 0, NULL },
	{ "-X", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-Xanalyzer", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-Xarch_", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-Xassembler", OPT_SEPARATE, ACT_XASSEMBLER, PHASE_AS, 0, NULL },
	{ "-Xclang", OPT_SEPARATE, ACT_XCLANG, PHASE_ANY, 0, NULL },
	{ "-Xcuda-fatbinary", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-Xcuda-ptxas", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-Xlinker", OPT_SEPARATE, ACT_XLINKER, PHASE_LD, 0, NULL },
	{ "-Xopenmp-target", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-Xopenmp-target=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-Xpreprocessor", OPT_SEPARATE, ACT_XPREPROCESSOR, PHASE_CPP, 0, NULL },
	{ "-Z", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-ansi", OPT_EXACT, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-arcmt-migrate-emit-errors", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-arcmt-migrate-report-output", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-aux-info", OPT_SEPARATE, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-aux-info=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-b", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-c", OPT_EXACT, ACT_STOP_C, PHASE_ANY, 0, NULL },
	{ "-canonical-prefixes", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-ccc-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-cl-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "OpenCL" },
	{ "-coverage", OPT_EXACT, ACT_COVERAGE, PHASE_ANY, 0, NULL },
	{ "-cpp", OPT_EXACT, ACT_FORTRAN, PHASE_CPP, 0, NULL },
	{ "-cpp=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-cuid=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-cxx-isystem", OPT_EITHER, ACT_DIR_CXX, PHASE_CPP, 0, NULL },
	{ "-d", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "option -d" },
	{ "-dD", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, "option -d" },
	{ "-dI", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, "option -d" },
	{ "-dM", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, "option -d" },
	{ "-dN", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, "option -d" },
	{ "-dU", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, "option -d" },
	{ "-dumpbase", OPT_SEPARATE, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-dumpbase-ext", OPT_SEPARATE, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-dumpdir", OPT_SEPARATE, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-dumpfullversion", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "-dumpmachine", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "-dumpspecs", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "-dumpversion", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "-e", OPT_EITHER, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-emit-ast", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-emit-interface-stubs", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-emit-llvm", OPT_EXACT, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-f", OPT_JOINED, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-fauto-profile", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fauto-profile" },
	{ "-fbackslash", OPT_EXACT, ACT_FORTRAN, PHASE_CC, 0, NULL },
	{ "-fbasic-block-sections=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fbranch-probabilities", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fbuild-session-", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fbuiltin-module-map", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fcallgraph-info", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0,
	  "option -fcallgraph-info" },
	{ "-fcompare-debug", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fcompare-debug" },
	{ "-fcrash-diagnostics-dir=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fcs-profile-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-fd-lines-as-", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fdbg-cnt", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fdbg-cnt" },
	{ "-fdec", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fdec-", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fdec" },
	{ "-fdepfile-entry=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fdirectives-only", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fdump-", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fdump" },
	{ "-fembed-bitcode", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fembed-bitcode" },
	{ "-fembed-offload-object=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-femit-llvm", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fexec-charset=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-ffat-lto-objects", OPT_EXACT, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-ffixed-form", OPT_EXACT, ACT_FORTRAN, PHASE_CC, 0, NULL },
	{ "-ffixed-line-length-", OPT_JOINED, ACT_FORTRAN, PHASE_CC, 0, NULL },
	{ "-ffree-form", OPT_EXACT, ACT_FORTRAN, PHASE_CC, 0, NULL },
	{ "-fimplicit-module-maps", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-finput-charset=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-fintegrated-as", OPT_EXACT, ACT_PASS, PHASE_AS, 0, NULL },
	{ "-fintrinsic-modules-path", OPT_SEPARATE, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fintrinsic-modules-path=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-flto", OPT_EXACT, ACT_LTO, PHASE_ANY, 0, NULL },
	{ "-flto-compression-level=", OPT_JOINED, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-flto-jobs=", OPT_JOINED, ACT_PASS, PHASE_LD, 0, NULL },
	{ "-flto-partition=", OPT_JOINED, ACT_PASS, PHASE_LD, 0, NULL },
	{ "-flto=", OPT_JOINED, ACT_LTO, PHASE_ANY, 0, NULL },
	{ "-flto=jobserver", OPT_EXACT, ACT_DELEGATE, PHASE_LD, 0, NULL },
	{ "-fmem-report", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "prints information" },
	{ "-fmemory-profile", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0,
	  "option -fmemory-profile" },
	{ "-fmodule-file=", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fmodule-header", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, "option -fmodule-header" },
	{ "-fmodule-map-file=", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fmodule-mapper", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, "option -fmodule-mapper" },
	{ "-fmodule-maps", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fmodule-only", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fmodules", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, "option -fmodules" },
	{ "-fms-compatibility", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fno-integrated-as", OPT_EXACT, ACT_PASS, PHASE_AS, 0, NULL },
	{ "-fno-lto", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-fno-use-linker-plugin", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-foffload", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "option -foffload" },
	{ "-fopenacc", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-fopenmp", OPT_EXACT, ACT_LINK_FLAG, PHASE_ANY, GCC_OPENMP, NULL },
	{ "-fopenmp-targets=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-fopenmp=", OPT_JOINED, ACT_LINK_FLAG, PHASE_ANY, GCC_OPENMP, NULL },
	{ "-fopt-info", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fopt-info" },
	{ "-foptimization-record-", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-foutput-class-dir=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fpass-plugin=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fpch-", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fpch-deps", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-fpch-instantiate-templates", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-fpch-preprocess", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-fplugin-arg-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "option -fplugin" },
	{ "-fplugin=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "option -fplugin" },
	{ "-fpre-include=", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fprebuilt-", OPT_JOINED, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-fpreprocessed", OPT_EXACT, ACT_FORTRAN, PHASE_CPP, 0, NULL },
	{ "-fproc-stat-report", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "prints information" },
	{ "-fprofile-arcs", OPT_EXACT, ACT_COVERAGE, PHASE_ANY, 0, NULL },
	{ "-fprofile-dir=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fprofile-generate", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-fprofile-generate=", OPT_JOINED, ACT_LINK_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-fprofile-instr-generate", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-fprofile-instr-generate=", OPT_JOINED, ACT_LINK_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-fprofile-instr-use", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0,
	  "option -fprofile-instr-use" },
	{ "-fprofile-instr-use=", OPT_JOINED, ACT_READ, PHASE_CC, 0, NULL },
	{ "-fprofile-list=", OPT_JOINED, ACT_READ, PHASE_CC, 0, NULL },
	{ "-fprofile-note=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fprofile-remapping-file=", OPT_JOINED, ACT_READ, PHASE_CC, 0, NULL },
	{ "-fprofile-sample-use", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0,
	  "option -fprofile-sample-use" },
	{ "-fprofile-use", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fprofile-use" },
	{ "-frandom-seed=", OPT_JOINED, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-frepo", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-frewrite-", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fsanitize-blacklist=", OPT_JOINED, ACT_READ, PHASE_CC, 0, NULL },
	{ "-fsanitize-coverage-allowlist=", OPT_JOINED, ACT_READ, PHASE_CC, 0, NULL },
	{ "-fsanitize-coverage-ignorelist=", OPT_JOINED, ACT_READ, PHASE_CC, 0, NULL },
	{ "-fsanitize-ignorelist=", OPT_JOINED, ACT_READ, PHASE_CC, 0, NULL },
	{ "-fsanitize-system-", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fsanitize=", OPT_JOINED, ACT_SANITIZE, PHASE_ANY, 0, NULL },
	{ "-fsave-optimization-record", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0,
	  "option -fsave-optimization-record" },
	{ "-fself-test", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -fself-test" },
	{ "-fstack-usage", OPT_EXACT, ACT_STACK_USAGE, PHASE_CC, 0, NULL },
	{ "-fstats", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, "prints information" },
	{ "-fsyntax-only", OPT_EXACT, ACT_SYNTAX, PHASE_ANY, 0, NULL },
	{ "-ftest-coverage", OPT_EXACT, ACT_COVERAGE, PHASE_ANY, 0, NULL },
	{ "-fthin-link-bitcode=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-fthinlto-index=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-ftime-report", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "prints information" },
	{ "-ftime-trace", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, "option -ftime-trace" },
	{ "-fuse-ld=", OPT_JOINED, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-fvtable-verify=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-fwide-exec-charset=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-fwpa", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-fxray-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-g", OPT_JOINED, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-gen-", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-gmodules", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-gno-split-dwarf", OPT_EXACT, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-gsplit-dwarf", OPT_EXACT, ACT_SPLIT_DWARF, PHASE_CC, 0, NULL },
	{ "-gsplit-dwarf=", OPT_JOINED, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-gz", OPT_JOINED, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "-h", OPT_EITHER, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-ibuiltininc", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-idirafter", OPT_EITHER, ACT_DIR_AFTER, PHASE_CPP, 0, NULL },
	{ "-iframework", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-imacros", OPT_EITHER, ACT_IMACROS, PHASE_CPP, 0, NULL },
	{ "-imultiarch", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-imultilib", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-include", OPT_EITHER, ACT_INCLUDE, PHASE_CPP, 0, NULL },
	{ "-include-pch", OPT_SEPARATE, ACT_INCLUDE_PCH, PHASE_CPP, 0, NULL },
	{ "-index-header-map", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-iplugindir=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-iprefix", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-iquote", OPT_EITHER, ACT_DIR_QUOTE, PHASE_CPP, 0, NULL },
	{ "-isysroot", OPT_EITHER, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-isystem", OPT_EITHER, ACT_DIR_SYSTEM, PHASE_CPP, 0, NULL },
	{ "-isystem-after", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-ivfsoverlay", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-iwithprefix", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-iwithprefixbefore", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-iwithsysroot", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-l", OPT_EITHER, ACT_LIB, PHASE_LD, 0, NULL },
	{ "-m", OPT_JOINED, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-m16", OPT_EXACT, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-m32", OPT_EXACT, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-m64", OPT_EXACT, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-mandroid", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-march=native", OPT_EXACT, ACT_DELEGATE, PHASE_CPP | PHASE_CC, 0, NULL },
	{ "-mcpu=native", OPT_EXACT, ACT_DELEGATE, PHASE_CPP | PHASE_CC, 0, NULL },
	{ "-miamcu", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-mllvm", OPT_SEPARATE, ACT_DELEGATE, PHASE_CC, 0, NULL },
	{ "-mmusl", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-module-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-mthread-model", OPT_SEPARATE, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-mtune=native", OPT_EXACT, ACT_DELEGATE, PHASE_CPP | PHASE_CC, 0, NULL },
	{ "-muclibc", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-mx32", OPT_EXACT, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-n", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-no-canonical-prefixes", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "-no-integrated-cpp", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-no-pie", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-no-pthread", OPT_EXACT, ACT_PASS, PHASE_LD, 0, NULL },
	{ "-nobuiltininc", OPT_EXACT, ACT_TOOLCHAIN, PHASE_CPP, 0, NULL },
	{ "-nocpp", OPT_EXACT, ACT_FORTRAN, PHASE_CPP, 0, NULL },
	{ "-nodefaultlibs", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_NODEFAULTLIBS, NULL },
	{ "-nogpuinc", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-nogpulib", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-nohipwrapperinc", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-nolibc", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-nopie", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-nostartfiles", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_NOSTARTFILES, NULL },
	{ "-nostdinc", OPT_EXACT, ACT_TOOLCHAIN, PHASE_CPP, 0, NULL },
	{ "-nostdinc++", OPT_EXACT, ACT_TOOLCHAIN, PHASE_CPP, 0, NULL },
	{ "-nostdlib", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_NOSTDLIB, NULL },
	{ "-nostdlib++", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-o", OPT_EITHER, ACT_OUTPUT, PHASE_ANY, 0, NULL },
	{ "-objcmt-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-object-file-name=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-p", OPT_EXACT, ACT_LINK_FLAG, PHASE_ANY, GCC_PROFILE, NULL },
	{ "-pass-exit-codes", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "-pedantic", OPT_EXACT, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-pedantic-errors", OPT_EXACT, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-pg", OPT_EXACT, ACT_LINK_FLAG, PHASE_ANY, GCC_PROFILE, NULL },
	{ "-pie", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-pipe", OPT_EXACT, ACT_PASS, PHASE_ANY, 0, NULL },
	{ "-print-", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "-pthread", OPT_EXACT, ACT_LINK_FLAG, PHASE_ANY, GCC_PTHREAD, NULL },
	{ "-pthreads", OPT_EXACT, ACT_LINK_FLAG, PHASE_ANY, GCC_PTHREAD, NULL },
	{ "-quiet", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-r", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_RELOCATABLE, NULL },
	{ "-rdynamic", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-relocatable-pch", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-remap", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-resource-dir", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-resource-dir=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-rewrite-legacy-objc", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-rewrite-objc", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-rpath", OPT_SEPARATE, ACT_XLINKER, PHASE_LD, 1, NULL },
	{ "-rtlib=", OPT_JOINED, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-s", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-save-stats", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-save-temps", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "option -save-temps" },
	{ "-serialize-diagnostics", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-shared", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_SHARED, NULL },
	{ "-shared-libgcc", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-shared-libsan", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-specs", OPT_SEPARATE, ACT_SPECS, PHASE_ANY, 0, NULL },
	{ "-specs=", OPT_JOINED, ACT_SPECS, PHASE_ANY, 0, NULL },
	{ "-static", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_STATIC, NULL },
	{ "-static-libasan", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-static-libgcc", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-static-libgfortran", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-static-liblsan", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-static-libsan", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-static-libstdc++", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-static-libtsan", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-static-libubsan", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-static-openmp", OPT_EXACT, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-static-pie", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, GCC_STATIC, NULL },
	{ "-std=", OPT_JOINED, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-stdlib++-isystem", OPT_EITHER, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-stdlib=", OPT_JOINED, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-sycl-std=", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-symbolic", OPT_EXACT, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-target", OPT_SEPARATE, ACT_TOOLCHAIN, PHASE_ANY, 0, NULL },
	{ "-time", OPT_JOINED, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "-traditional", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-traditional-cpp", OPT_EXACT, ACT_DELEGATE, PHASE_CPP, 0, NULL },
	{ "-trigraphs", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-u", OPT_EITHER, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
	{ "-undef", OPT_EXACT, ACT_PASS, PHASE_CPP, 0, NULL },
	{ "-unwindlib=", OPT_JOINED, ACT_LINK_TOOLCHAIN, PHASE_LD, 0, NULL },
	{ "-v", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, "prints information" },
	{ "-verify-pch", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-via-file-asm", OPT_EXACT, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-w", OPT_EXACT, ACT_PASS, PHASE_CC, 0, NULL },
	{ "-working-directory", OPT_EITHER, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-wrapper", OPT_SEPARATE, ACT_DELEGATE, PHASE_ANY, 0, NULL },
	{ "-x", OPT_EITHER, ACT_LANG, PHASE_ANY, 0, NULL },
	{ "-z", OPT_EITHER, ACT_LINK_FLAG, PHASE_LD, 0, NULL },
};
const size_t gccopts_n = countof(gccopts);

/* Narrow [lo, hi) to the names with byte @c at @i; all agree on the bytes before. */
static void narrow(size_t *lo, size_t *hi, size_t i, unsigned char c)
{
	size_t a = *lo;
	size_t b = *hi;

	while (a < b) {
		size_t mid = (a + b) / 2;

		if ((unsigned char)gccopts[mid].name[i] < c)
			a = mid + 1;
		else
			b = mid;
	}
	*lo = a;
	for (b = *hi; a < b;) {
		size_t mid = (a + b) / 2;

		if ((unsigned char)gccopts[mid].name[i] <= c)
			a = mid + 1;
		else
			b = mid;
	}
	*hi = a;
}

const struct gccopt *gccopt_find(const char *arg)
{
	const struct gccopt *best = NULL;
	size_t lo = 0;
	size_t hi = gccopts_n;

	for (size_t i = 0; arg[i] && lo < hi; i++) {
		narrow(&lo, &hi, i, (unsigned char)arg[i]);
		if (lo == hi)
			break;
		const struct gccopt *o = &gccopts[lo];
		bool whole = arg[i + 1] == '\0';
		if (o->name[i + 1] != '\0')
			continue;
		if (whole || o->arity == OPT_JOINED || o->arity == OPT_EITHER)
			best = o;
	}
	return best;
}

static const struct {
	const char *suffix;
	enum gcc_lang lang;
} suffixes[] = {
	{ ".C", LANG_CXX },
	{ ".CPP", LANG_CXX },
	{ ".F", LANG_F77_CPP },
	{ ".F03", LANG_F95_CPP },
	{ ".F08", LANG_F95_CPP },
	{ ".F90", LANG_F95_CPP },
	{ ".F95", LANG_F95_CPP },
	{ ".FOR", LANG_F77_CPP },
	{ ".FPP", LANG_F77_CPP },
	{ ".FTN", LANG_F77_CPP },
	{ ".H", LANG_CXX_HEADER },
	{ ".M", LANG_OBJCXX },
	{ ".S", LANG_ASM_CPP },
	{ ".adb", LANG_OTHER },
	{ ".ads", LANG_OTHER },
	{ ".bc", LANG_OTHER },
	{ ".c", LANG_C },
	{ ".c++", LANG_CXX },
	{ ".c++m", LANG_OTHER },
	{ ".cc", LANG_CXX },
	{ ".ccm", LANG_OTHER },
	{ ".cl", LANG_OTHER },
	{ ".cp", LANG_CXX },
	{ ".cpp", LANG_CXX },
	{ ".cppm", LANG_OTHER },
	{ ".cu", LANG_OTHER },
	{ ".cxx", LANG_CXX },
	{ ".cxxm", LANG_OTHER },
	{ ".d", LANG_OTHER },
	{ ".di", LANG_OTHER },
	{ ".f", LANG_F77 },
	{ ".f03", LANG_F95 },
	{ ".f08", LANG_F95 },
	{ ".f90", LANG_F95 },
	{ ".f95", LANG_F95 },
	{ ".for", LANG_F77 },
	{ ".fpp", LANG_F77_CPP },
	{ ".ftn", LANG_F77 },
	{ ".go", LANG_OTHER },
	{ ".h", LANG_HEADER },
	{ ".h++", LANG_CXX_HEADER },
	{ ".hh", LANG_CXX_HEADER },
	{ ".hip", LANG_OTHER },
	{ ".hp", LANG_CXX_HEADER },
	{ ".hpp", LANG_CXX_HEADER },
	{ ".hxx", LANG_CXX_HEADER },
	{ ".i", LANG_C_OUTPUT },
	{ ".ifs", LANG_OTHER },
	{ ".ii", LANG_CXX_OUTPUT },
	{ ".iim", LANG_OTHER },
	{ ".ll", LANG_OTHER },
	{ ".m", LANG_OBJC },
	{ ".mi", LANG_OBJC_OUTPUT },
	{ ".mii", LANG_OBJCXX_OUTPUT },
	{ ".mm", LANG_OBJCXX },
	{ ".rs", LANG_OTHER },
	{ ".s", LANG_ASM },
	{ ".sx", LANG_ASM_CPP },
	{ ".tcc", LANG_CXX_HEADER },
};

enum gcc_lang gcc_lang_of(const char *path, bool cxx)
{
	const char *dot = strrchr(path_base(path), '.');

	for (size_t i = 0; dot && i < countof(suffixes); i++) {
		if (strcmp(dot, suffixes[i].suffix) != 0)
			continue;
		if (cxx && suffixes[i].lang == LANG_C)
			return LANG_CXX;
		if (cxx && suffixes[i].lang == LANG_C_OUTPUT)
			return LANG_CXX_OUTPUT;
		if (cxx && suffixes[i].lang == LANG_HEADER)
			return LANG_CXX_HEADER;
		return suffixes[i].lang;
	}
	return LANG_OBJECT;
}

static enum gcc_lang lang_named(const char *name)
{
	static const struct {
		const char *name;
		enum gcc_lang lang;
	} names[] = {
		{ "assembler", LANG_ASM },
		{ "assembler-with-cpp", LANG_ASM_CPP },
		{ "c", LANG_C },
		{ "c++", LANG_CXX },
		{ "c++-cpp-output", LANG_CXX_OUTPUT },
		{ "c++-header", LANG_CXX_HEADER },
		{ "c-header", LANG_HEADER },
		{ "cpp-output", LANG_C_OUTPUT },
		{ "f77", LANG_F77 },
		{ "f77-cpp-input", LANG_F77_CPP },
		{ "f95", LANG_F95 },
		{ "f95-cpp-input", LANG_F95_CPP },
		{ "objective-c", LANG_OBJC },
		{ "objective-c++", LANG_OBJCXX },
		{ "objective-c++-cpp-output", LANG_OBJCXX_OUTPUT },
		{ "objective-c-cpp-output", LANG_OBJC_OUTPUT },
	};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].lang;
	return LANG_OTHER;
}

bool gcc_is_fortran(enum gcc_lang lang)
{
	return lang >= LANG_F77 && lang <= LANG_F95_CPP;
}

bool gcc_is_header(enum gcc_lang lang)
{
	return lang == LANG_HEADER || lang == LANG_CXX_HEADER;
}

/* Length of a driver's name without its version: "g++-12" is "g++". */
static size_t without_version(const char *base)
{
	size_t n = strlen(base);

	while (n > 0 && (base[n - 1] == '.' || (base[n - 1] >= '0' && base[n - 1] <= '9')))
		n--;
	if (n > 0 && base[n] && base[n - 1] == '-')
		return n - 1;
	return base[n] ? strlen(base) : n;
}

bool gcc_is_fortran_driver(const char *name)
{
	static const char *const names[] = { "gfortran", "f95" };
	const char *base = path_base(name);
	size_t n = without_version(base);

	for (size_t i = 0; i < countof(names); i++) {
		size_t len = strlen(names[i]);

		if (n >= len && memcmp(base + n - len, names[i], len) == 0 &&
		    (n == len || base[n - len - 1] == '-'))
			return true;
	}
	return false;
}

bool gcc_is_cxx_driver(const char *name)
{
	const char *base = path_base(name);
	size_t n = without_version(base);

	return n >= 3 && base[n - 1] == '+' && base[n - 2] == '+';
}

/* Splits a response file as libiberty's buildargv does: blanks separate, quotes and
 * backslashes protect. */
static void split_words(const char *s, struct strv *out)
{
	auto_buf word = BUF_INIT;
	char quote = 0;
	bool open = false;

	for (; *s; s++) {
		if (!quote && strchr(" \t\n\r\f\v", *s)) {
			if (open)
				strv_add(out, buf_str(&word));
			open = false;
			buf_reset(&word);
			continue;
		}
		open = true;
		if (*s == '\\' && s[1])
			buf_addc(&word, *++s);
		else if (quote ? *s == quote : *s == '\'' || *s == '"')
			quote = quote ? 0 : *s;
		else
			buf_addc(&word, *s);
	}
	if (open)
		strv_add(out, buf_str(&word));
}

static int expand(char *const *argv, int depth, struct strv *args, struct strv *files,
                  struct err *err)
{
	for (; *argv; argv++) {
		struct stat st;

		if (args->n > ARGS_MAX)
			return err_set(err, ERR_UNSURE, "too many arguments");
		if (argv[0][0] != '@' || look_stat(argv[0] + 1, &st) < 0) {
			strv_add(args, argv[0]);
			continue;
		}
		if (!S_ISREG(st.st_mode))
			return err_set(err, ERR_UNSURE, "response file is not a regular file");
		if (depth > 10 || files->n > RESPONSE_FILES_MAX)
			return err_set(err, ERR_UNSURE, "response files nest too deep");
		auto_buf text = BUF_LIMIT(RESPONSE_MAX);
		auto_strv words = STRV_INIT;
		if (file_read(argv[0] + 1, &text, err) < 0)
			return -1;
		strv_add(files, argv[0] + 1);
		split_words(buf_str(&text), &words);
		if (expand(strv_argv(&words), depth + 1, args, files, err) < 0)
			return -1;
	}
	return 0;
}

int gcc_expand_args(char *const *argv, struct strv *args, struct strv *files, struct err *err)
{
	return expand(argv, 0, args, files, err);
}

struct parse {
	struct gcc_call *c;
	enum gcc_lang forced;
	bool force;
	struct {
		unsigned phases;
		char text[160];
	} reasons[2];        /* of the compile, of the link only */
	struct strv wa;      /* words for the assembler */
	bool untyped;        /* nothing says what language the standard input has */
	struct strv *awaits; /* where the next word of -Xclang goes; NULL: it is an option */
};

static void printflike(3, 4) refuse(struct parse *p, unsigned phases, const char *fmt, ...)
{
	int which = phases == PHASE_LD;
	va_list ap;

	if (p->reasons[which].text[0]) {
		p->reasons[which].phases |= phases;
		return;
	}
	p->reasons[which].phases = phases;
	va_start(ap, fmt);
	vsnprintf(p->reasons[which].text, sizeof(p->reasons[which].text), fmt, ap);
	va_end(ap);
}

/* Not a file with bytes of its own. /dev/shm is a folder like any other. */
static bool is_stream(const char *path)
{
	return strcmp(path, "-") == 0 ||
	       (path_below(path, "/dev") && !path_below(path, "/dev/shm"));
}

/* Files whose names come from that of the source or of the output. */
static bool makes_more(const struct gcc_call *c)
{
	return c->flags & (GCC_DEP | GCC_COVERAGE | GCC_SPLIT_DWARF | GCC_STACK_USAGE);
}

static bool any_fortran(const struct gcc_call *c)
{
	for (size_t i = 0; i < c->n_inputs; i++)
		if (gcc_is_fortran(c->inputs[i].lang))
			return true;
	return false;
}

/* What a model of it would not cover. NULL: nothing. */
static const char *why_not_stdin(const struct parse *p)
{
	const struct gcc_call *c = p->c;

	if (c->n_sources != 1 || strv_has(&c->includes, "-") || strv_has(&c->imacros, "-"))
		return "with other sources";
	if (p->untyped && c->stage != STAGE_PREPROCESS)
		return "of no language";
	if (any_fortran(c))
		return "of Fortran";
	return makes_more(c) ? "with a depfile or notes" : NULL;
}

static void add_input(struct parse *p, char *path)
{
	struct gcc_call *c = p->c;
	enum gcc_lang lang = p->force ? p->forced : gcc_lang_of(path, c->cxx);

	if (strcmp(path, "-") == 0) {
		c->reads_stdin = true;
		p->untyped = !p->force;
		if (p->untyped)
			lang = LANG_C; /* for g++, too */
	} else if (is_stream(path) &&
	           !(p->force && !gcc_is_fortran(lang) && strcmp(path, "/dev/null") == 0)) {
		refuse(p, PHASE_ANY, "reads a device");
		return;
	}
	if (lang == LANG_OTHER)
		refuse(p, PHASE_ANY, "source of another language");
	c->inputs = xrealloc(c->inputs, (c->n_inputs + 1) * sizeof(*c->inputs));
	c->inputs[c->n_inputs++] = (struct gcc_input){ path, lang };
	c->n_sources += lang != LANG_OBJECT;
}

static void stop_at(struct gcc_call *c, enum gcc_stage stage)
{
	if (stage < c->stage)
		c->stage = stage;
}

/* gcc and ld know two spellings, clang one. */
static bool is_below_sysroot(const char *dir)
{
	return dir[0] == '=' || strncmp(dir, "$SYSROOT", strlen("$SYSROOT")) == 0;
}

static void add_dir(struct parse *p, struct strv *dirs, const char *value)
{
	if (is_below_sysroot(value) || !*value)
		refuse(p, PHASE_CPP, "folder relative to the system root");
	strv_add(dirs, value);
}

/* "a,b,c" as words. */
static void add_words(struct strv *out, const char *list)
{
	for (;;) {
		size_t n = strcspn(list, ",");

		strv_addn(out, list, n);
		if (!list[n])
			return;
		list += n + 1;
	}
}

static void link_flag(struct gcc_call *c, const struct gccopt *o, const char *arg,
                      const char *value)
{
	static const char *const linker_too[] = { "-N", "-X", "-Tbss", "-Tdata", "-Ttext", "-e",
		                                  "-h", "-n", "-s",    "-u",     "-z" };

	c->flags |= o->flag;
	for (size_t i = 0; i < countof(linker_too); i++) {
		if (strcmp(linker_too[i], o->name) != 0)
			continue;
		strv_add(&c->ld_words, o->arity == OPT_EITHER ? o->name : arg);
		if (*value)
			strv_add(&c->ld_words, value);
	}
}

static void act_dir(struct parse *p, enum gccopt_act act, const char *value)
{
	struct gcc_call *c = p->c;

	switch (act) {
	case ACT_DIR_QUOTE: add_dir(p, &c->quote_dirs, value); break;
	case ACT_DIR_USER: add_dir(p, &c->user_dirs, value); break;
	case ACT_DIR_SYSTEM:
	case ACT_DIR_CXX: add_dir(p, &c->system_dirs, value); break;
	default: add_dir(p, &c->after_dirs, value); break;
	}
}

static void act_link(struct parse *p, const struct gccopt *o, const char *arg,
                     const char *value)
{
	struct gcc_call *c = p->c;

	switch ((enum gccopt_act)o->act) {
	case ACT_WL: add_words(&c->ld_words, value); break;
	case ACT_XLINKER:
		if (o->flag)
			strv_add(&c->ld_words, o->name);
		strv_add(&c->ld_words, value);
		break;
	case ACT_SCRIPT:
		strv_add(&c->ld_words, "-T");
		strv_add(&c->ld_words, value);
		break;
	case ACT_LIB: strv_add(&c->libs, value); break;
	case ACT_LIB_DIR:
		if (is_below_sysroot(value))
			refuse(p, PHASE_LD, "folder relative to the system root");
		strv_add(&c->lib_dirs, value);
		break;
	default: link_flag(c, o, arg, value); break;
	}
}

/* Is there anything whose name begins so? "-Bsymbolic", which is meant for the linker, is to
 * the drivers a prefix of programs, libraries and folders. */
static bool is_prefix_of_any(const char *prefix)
{
	auto_free char *dir = path_dir(prefix);
	const char *base = path_base(prefix);
	DIR *d = opendir(dir);
	look_unnoted();
	bool found = !d && errno != ENOENT;

	for (struct dirent *e; d && !found && (e = readdir(d));)
		found = strncmp(e->d_name, base, strlen(base)) == 0;
	if (d)
		closedir(d);
	return found;
}

/* What CMake and Meson say of precompiled headers. */
static void take_xclang(struct parse *p, const struct gccopt *o, const char *word)
{
	struct gcc_call *c = p->c;

	if (p->awaits) {
		strv_add(p->awaits, word);
		p->awaits = NULL;
	} else if (strcmp(word, "-include") == 0) {
		p->awaits = &c->plain_includes;
	} else if (strcmp(word, "-include-pch") == 0) {
		p->awaits = &c->include_pch;
	} else if (strcmp(word, "-emit-pch") == 0) {
		c->flags |= GCC_EMIT_PCH;
	} else if (strcmp(word, "-fno-pch-timestamp") != 0) {
		refuse(p, o->phases, "option %s", o->name);
	}
}

/* The driver is asked in another folder. */
static void take_specs(struct parse *p, const char *value)
{
	if (*value != '/' && strchr(value, '/'))
		refuse(p, PHASE_ANY, "a relative specs file");
	strv_addf(&p->c->toolchain, "-specs=%s", value);
	p->c->flags |= GCC_SPECS;
}

static void act_rest(struct parse *p, const struct gccopt *o, const char *value)
{
	struct gcc_call *c = p->c;

	switch ((enum gccopt_act)o->act) {
	case ACT_DELEGATE:
		if (o->why)
			refuse(p, o->phases, "%s", o->why);
		else
			refuse(p, o->phases, "option %s", o->name);
		break;
	case ACT_PREFIX:
		if (is_prefix_of_any(value))
			refuse(p, o->phases, "option %s", o->name);
		break;
	case ACT_SPECS: take_specs(p, value); break;
	case ACT_READ: strv_add(&c->reads, value); break;
	case ACT_INCLUDE: strv_add(&c->includes, value); break;
	case ACT_IMACROS: strv_add(&c->imacros, value); break;
	case ACT_INCLUDE_PCH: strv_add(&c->include_pch, value); break;
	case ACT_XCLANG: take_xclang(p, o, value); break;
	case ACT_WP: add_words(&c->wp_words, value); break;
	case ACT_XPREPROCESSOR: strv_add(&c->wp_words, value); break;
	case ACT_WA: add_words(&p->wa, value); break;
	case ACT_XASSEMBLER: strv_add(&p->wa, value); break;
	case ACT_LANG:
		p->force = strcmp(value, "none") != 0;
		p->forced = lang_named(value);
		break;
	case ACT_SANITIZE: add_words(&c->sanitize, value); break;
	case ACT_SPLIT_DWARF: c->flags |= GCC_SPLIT_DWARF; break;
	case ACT_COVERAGE: c->flags |= GCC_COVERAGE; break;
	case ACT_STACK_USAGE: c->flags |= GCC_STACK_USAGE; break;
	case ACT_LTO: c->flags |= GCC_LTO; break;
	case ACT_MODULE_DIR: c->module_dir = value; break;
	default: break;
	}
}

/* Options that choose what comes out: the compiler's own -M must not see them. */
static bool act_output(struct parse *p, const struct gccopt *o, const char *value)
{
	struct gcc_call *c = p->c;

	switch ((enum gccopt_act)o->act) {
	case ACT_OUTPUT: c->output = value; return true;
	case ACT_STOP_E: stop_at(c, STAGE_PREPROCESS); return true;
	case ACT_STOP_S: stop_at(c, STAGE_ASSEMBLY); return true;
	case ACT_STOP_C: stop_at(c, STAGE_OBJECT); return true;
	case ACT_SYNTAX:
		c->flags |= GCC_SYNTAX;
		stop_at(c, STAGE_ASSEMBLY);
		return true;
	case ACT_DEP_PRINT:
		c->flags |= GCC_DEP_PRINT;
		stop_at(c, STAGE_PREPROCESS);
		return true;
	case ACT_DEP: c->flags |= GCC_DEP; return true;
	case ACT_DEP_FILE: c->depfile = value; return true;
	default: return o->act == ACT_PASS && strncmp(o->name, "-M", 2) == 0;
	}
}

/* May a rule of a specs file mind it? Of folders and files it says where they are, at most. */
static bool is_condition(const struct gccopt *o)
{
	static const unsigned char acts[] = { ACT_PASS,     ACT_DEFINE, ACT_LINK_FLAG,
		                              ACT_COVERAGE, ACT_LTO,    ACT_LINK_TOOLCHAIN,
		                              ACT_SANITIZE, ACT_FORTRAN };

	return (o->arity == OPT_EXACT || o->arity == OPT_JOINED) &&
	       memchr(acts, o->act, sizeof(acts));
}

/* The driver is asked in another folder (model/toolchain). */
static void take_toolchain(struct parse *p, const struct gccopt *o, const char *arg,
                           const char *value)
{
	static const char *const folders[] = { "--gcc-toolchain=", "--sysroot=" };

	if (AMONG(o->name, folders) && *value && *value != '/')
		refuse(p, PHASE_ANY, "option %s with a relative folder", o->name);
	strv_add(&p->c->toolchain, arg);
	if (o->arity == OPT_SEPARATE)
		strv_add(&p->c->toolchain, value);
}

static void take_option(struct parse *p, const struct gccopt *o, const char *arg,
                        const char *value)
{
	struct gcc_call *c = p->c;

	if (o->act == ACT_SANITIZE || o->act == ACT_COVERAGE || o->act == ACT_LTO ||
	    (o->flag & (GCC_OPENMP | GCC_PROFILE)))
		strv_add(&c->link_toolchain, arg);
	if (is_condition(o))
		strv_add(&c->conditions, arg);
	if (o->act == ACT_PASS && o->arity == OPT_JOINED && strcmp(o->name, "-m") == 0)
		strv_add(&c->machine, arg);
	if (o->act == ACT_SPLIT_DWARF)
		strv_add(&c->toolchain, arg);
	if (o->act >= ACT_DIR_QUOTE && o->act <= ACT_DIR_AFTER) {
		act_dir(p, o->act, value);
	} else if (o->act >= ACT_WL && o->act <= ACT_LINK_FLAG && o->act != ACT_XPREPROCESSOR &&
	           o->act != ACT_XASSEMBLER) {
		act_link(p, o, arg, value);
	} else if (o->act == ACT_DEFINE) {
		strv_addf(&c->defines, "%s%s", o->name, value);
	} else if (o->act == ACT_FORTRAN) {
		strv_add(&c->fortran, arg);
	} else if (o->act == ACT_LINK_TOOLCHAIN) {
		strv_add(&c->link_toolchain, arg);
	} else if (o->act == ACT_TOOLCHAIN) {
		take_toolchain(p, o, arg, value);
	} else {
		act_rest(p, o, value);
	}
}

char *gccopt_value(const struct gccopt *o, const struct strv *args, size_t *i)
{
	char *arg = args->v[*i];
	size_t n = strlen(o->name);

	if (o->arity != OPT_SEPARATE && (o->arity != OPT_EITHER || arg[n]))
		return arg + n;
	return *i + 1 < args->n ? args->v[++*i] : NULL;
}

/* One option, at args[*i]; moves *i to its last word. */
static void parse_option(struct parse *p, size_t *i)
{
	struct gcc_call *c = p->c;
	char *arg = c->args.v[*i];
	const struct gccopt *o = gccopt_find(arg);
	size_t first = *i;

	if (!o) {
		refuse(p, PHASE_ANY, "unknown option %.80s", arg);
		return;
	}
	char *value = gccopt_value(o, &c->args, i);
	if (!value) {
		refuse(p, PHASE_ANY, "option %s without its argument", o->name);
		return;
	}
	if (act_output(p, o, value))
		return;
	take_option(p, o, arg, value);
	if (o->act == ACT_WP || o->act == ACT_XPREPROCESSOR ||
	    (o->act == ACT_XCLANG && strcmp(value, "-emit-pch") == 0))
		return;
	for (size_t k = first; k <= *i; k++)
		strv_add(&c->scan_args, c->args.v[k]);
}

/* Is this word of -Wp, a definition or a plain "-MP"? Definitions are noted. */
static bool is_plain_wp(struct gcc_call *c, const char *w)
{
	if (strcmp(w, "-MP") == 0 || strcmp(w, "-P") == 0)
		return true;
	if (w[0] != '-' || (w[1] != 'D' && w[1] != 'U') || !w[2])
		return false;
	strv_add(&c->defines, w);
	strv_add(&c->scan_args, w);
	return true;
}

/* The preprocessor's words: depfiles in the kernel's way, definitions. */
static void parse_wp(struct parse *p)
{
	struct gcc_call *c = p->c;

	for (size_t i = 0; i < c->wp_words.n; i++) {
		const char *w = c->wp_words.v[i];
		const char *next = i + 1 < c->wp_words.n ? c->wp_words.v[i + 1] : NULL;

		if (next && (strcmp(w, "-MD") == 0 || strcmp(w, "-MMD") == 0)) {
			if (c->depfile)
				refuse(p, PHASE_CPP, "two dependency files");
			c->flags |= GCC_DEP;
			c->depfile = next;
			i++;
		} else if (next && (strcmp(w, "-MT") == 0 || strcmp(w, "-MQ") == 0)) {
			i++;
		} else if (!is_plain_wp(c, w)) {
			refuse(p, PHASE_CPP, "option -Wp,%.80s", w);
		}
	}
}

/* The assembler's words. */
static void parse_wa(struct parse *p)
{
	static const char *const prints[] = { "-v", "-version", "--version", "--help",
		                              "--target-help" };

	for (size_t i = 0; i < p->wa.n; i++) {
		const char *w = p->wa.v[i];

		if (w[0] == '-' && w[1] == 'I' && w[2])
			add_dir(p, &p->c->user_dirs, w + 2);
		else if (strcmp(w, "--defsym") == 0 && i + 1 < p->wa.n)
			i++;
		else if (AMONG(w, prints))
			refuse(p, PHASE_AS, "prints information");
		else if (!as_is_plain(w))
			refuse(p, PHASE_AS, "option -Wa,%.80s", w);
	}
}

/* Only what is asked for in assembly or preprocessed is printed: "gcc -c -o -" makes a file. */
static bool makes_no_file(const struct gcc_call *c)
{
	bool prints = c->stage == STAGE_ASSEMBLY || c->stage == STAGE_PREPROCESS;

	if (c->flags & GCC_SYNTAX)
		return c->stage == STAGE_ASSEMBLY;
	return c->output &&
	       (strcmp(c->output, "/dev/null") == 0 || (prints && strcmp(c->output, "-") == 0));
}

static unsigned phases_of(const struct gcc_call *c)
{
	static const unsigned of_source[] = {
		[STAGE_PREPROCESS] = PHASE_CPP,
		[STAGE_ASSEMBLY] = PHASE_CPP | PHASE_CC,
		[STAGE_OBJECT] = PHASE_CPP | PHASE_CC | PHASE_AS,
		[STAGE_LINK] = PHASE_CPP | PHASE_CC | PHASE_AS,
	};
	unsigned phases = c->stage == STAGE_LINK ? PHASE_LD : 0;

	for (size_t i = 0; i < c->n_inputs; i++)
		if (c->inputs[i].lang != LANG_OBJECT)
			phases |= of_source[c->stage];
	return phases;
}

/* Is there a source that options of Fortran are not made for? */
static bool has_other_source(const struct gcc_call *c)
{
	for (size_t i = 0; i < c->n_inputs; i++)
		if (c->inputs[i].lang != LANG_OBJECT && !gcc_is_fortran(c->inputs[i].lang))
			return true;
	return false;
}

/* Of a header alone the driver makes a precompiled one, with -c or without. */
static void settle_header(struct parse *p)
{
	struct gcc_call *c = p->c;
	const unsigned more = GCC_COVERAGE | GCC_SPLIT_DWARF | GCC_STACK_USAGE | GCC_SYNTAX;
	bool any = false;

	for (size_t i = 0; i < c->n_inputs; i++)
		any |= gcc_is_header(c->inputs[i].lang);
	if (p->awaits || (c->flags & GCC_EMIT_PCH && (!any || c->stage == STAGE_PREPROCESS)))
		refuse(p, PHASE_ANY, "option -Xclang");
	if (!any || c->stage == STAGE_PREPROCESS)
		return;
	if (c->n_inputs > 1 || c->libs.n || c->stage == STAGE_ASSEMBLY || c->flags & more ||
	    (c->flags & GCC_DEP && !c->depfile) || makes_no_file(c))
		refuse(p, PHASE_ANY, "makes a precompiled header");
	c->stage = STAGE_OBJECT;
}

static void settle(struct parse *p)
{
	struct gcc_call *c = p->c;

	settle_header(p);
	c->phases = phases_of(c);
	if (c->fortran.n && has_other_source(c))
		refuse(p, PHASE_ANY, "option %s", c->fortran.v[0]);
	else if (c->module_dir && (has_other_source(c) || !*c->module_dir))
		refuse(p, PHASE_ANY, "option -J");
	if ((c->flags & GCC_DEP_PRINT) && (c->flags & GCC_DEP))
		refuse(p, PHASE_ANY, "two dependency files");
	if (c->stage == STAGE_PREPROCESS && c->n_sources > 1 && (c->output || c->depfile))
		refuse(p, PHASE_ANY, "preprocesses several sources");
	if (c->reads_stdin && why_not_stdin(p))
		refuse(p, PHASE_ANY, "reads standard input, %s", why_not_stdin(p));
	c->no_file = makes_no_file(c);
	/* Fortran makes modules all the same */
	if ((c->no_file ? makes_more(c) || any_fortran(c)
	                : c->output && is_stream(c->output)) ||
	    (c->depfile && is_stream(c->depfile)))
		refuse(p, PHASE_ANY, "writes to standard output or a device");
	if (c->n_inputs == 0)
		refuse(p, PHASE_ANY, "no input files");
	for (size_t i = 0; i < 2 && !c->reason[0]; i++)
		if (p->reasons[i].text[0] &&
		    (p->reasons[i].phases == PHASE_ANY || (p->reasons[i].phases & c->phases)))
			snprintf(c->reason, sizeof(c->reason), "%s", p->reasons[i].text);
}

int gcc_call_parse(struct gcc_call *c, char *const *argv, struct err *err)
{
	struct parse p = { .c = c };

	*c = (struct gcc_call){ .cxx = gcc_is_cxx_driver(argv[0]),
		                .fortran_driver = gcc_is_fortran_driver(argv[0]),
		                .stage = STAGE_LINK };
	if (gcc_expand_args(argv, &c->args, &c->response_files, err) < 0)
		return -1;
	for (size_t i = 1; i < c->args.n; i++) {
		char *arg = c->args.v[i];

		if (arg[0] == '-' && arg[1]) {
			parse_option(&p, &i);
			continue;
		}
		add_input(&p, arg);
		strv_add(&c->scan_args, arg);
	}
	parse_wp(&p);
	parse_wa(&p);
	strv_release(&p.wa);
	settle(&p);
	return 0;
}

void gcc_call_release(struct gcc_call *c)
{
	struct strv *lists[] = { &c->args,           &c->response_files, &c->quote_dirs,
		                 &c->user_dirs,      &c->system_dirs,    &c->after_dirs,
		                 &c->defines,        &c->includes,       &c->imacros,
		                 &c->reads,          &c->toolchain,      &c->lib_dirs,
		                 &c->link_toolchain, &c->conditions,     &c->machine,
		                 &c->libs,           &c->sanitize,       &c->ld_words,
		                 &c->scan_args,      &c->wp_words,       &c->fortran,
		                 &c->precompiled,    &c->plain_includes, &c->include_pch };

	for (size_t i = 0; i < countof(lists); i++)
		strv_release(lists[i]);
	free(c->inputs);
	c->inputs = NULL;
	c->n_inputs = 0;
}
