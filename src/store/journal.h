/**
 * The memo journal: every memo entry also goes, with a sum, to the end of
 * ".gg/memo.log". The index may be lost (a damaged file, a crash of the machine
 * between two of its pages); what took hours to compute is then read back from here.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/err.h"

/** Append one record, whole or not at all to a reader. @fd: of journal_open. */
int journal_append(int fd, const char *key, const void *data, size_t len, struct err *err);
/** Open for appending, made if missing; -1 with errno. */
int journal_open(int dir_fd);
/** What one record takes in the file. */
size_t journal_record_bytes(size_t key_len, size_t data_len);
/**
 * Call fn(arg, key, data, len) for each whole record, oldest first; damaged stretches are
 * skipped. Stops at the first answer that is not 0 and returns it; 0, or an errno.
 */
int journal_replay(const char *dir,
                   int (*fn)(void *arg, const char *key, const void *data, size_t len),
                   void *arg);

#endif
