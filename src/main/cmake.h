/**
 * What "cmake -E" does for the makefiles that CMake writes. By the manual, cmake(1), the first
 * two are internal; what they do is asked of the program itself (main/builtin.h).
 */
#ifndef MAIN_CMAKE_H
#define MAIN_CMAKE_H

/**
 * -E cmake_echo_color [--switch=…] [--progress-dir=D --progress-num=N,…] [--COLOR] [--bold]
 * TEXT Marks N in D/Progress, and prints the part of D/Progress/count.txt that is marked, then
 * TEXT.
 */
int cmake_echo_color(char *const *argv);
/**
 * -E cmake_link_script FILE --verbose=…
 * Runs the commands of FILE, one on each line, until one fails.
 */
int cmake_link_script(char *const *argv);
/** -E rm -f FILE... */
int cmake_rm(char *const *argv);

#endif
