/** Where this program fails, by a bug of its own or of a library on damaged data, the tool that
 *  it stands for runs as it is, in its place. */
#ifndef MAIN_LASTRESORT_H
#define MAIN_LASTRESORT_H

#include <stdbool.h>

/** From now on. @tool: its path, and @argv, which must stay. @dies_of_size: for the tool,
 *  SIGXFSZ is not ignored. Not where other calls are served, or something is to be done
 *  afterwards: this process becomes the tool. Cost: six system calls. */
void last_resort(const char *tool, char *const *argv, bool dies_of_size);

#endif
