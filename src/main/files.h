/**
 * mv and rm where they are simple: files, to and by names that say nothing else. Their status,
 * or BUILTIN_DECLINED with nothing done that the program would not do again.
 */
#ifndef MAIN_FILES_H
#define MAIN_FILES_H

/** mv [-f] FILE NAME: in the same file system; a placeholder is left to the program. */
int files_mv(char *const *argv);
/** rm -f FILE... */
int files_rm(char *const *argv);

#endif
