/**
 * Writes down what happens in a run while it happens: an observer of the scheduler, told by the
 * coordinator what commands came. Everything stays in memory (about 300 bytes a thunk, bounded
 * by RECORD_DETAIL_MAX thunks; beyond that only counts) until recorder_save().
 *
 * Every function but recorder_new does nothing when the recorder is NULL.
 */
#ifndef UI_RECORDER_H
#define UI_RECORDER_H

#include "base/strv.h"
#include "sched/observer.h"
#include "store/record.h"

struct recorder;

/** @command: "build"; @argv: what was asked for, to be shown; @folder: where. */
struct recorder *recorder_new(const char *command, char *const *argv, const char *folder);
void recorder_free(struct recorder *r);
/** It began earlier than the recorder was made: at @began_ns of the monotonic clock. */
void recorder_began(struct recorder *r, int64_t began_ns);
/** For reductor_add_observer; valid as long as @r is. */
const struct observer *recorder_observer(struct recorder *r);

/** A wrapper's command became a thunk. */
void recorder_modelled(struct recorder *r);
/** A wrapper's command ran as it is. @example: the command line, "" when not known. */
void recorder_delegated(struct recorder *r, const char *tool, const char *reason,
                        const char *example);

struct recorder_saving {
	int64_t wall_ns; /* what it took when it ran */
	int64_t cpu_ns;
	uint64_t bytes; /* of its outputs */
};
/** A thunk's result was there. @asked: its name as it was asked for. */
void recorder_remembered(struct recorder *r, const struct oid *asked,
                         const struct recorder_saving *s);
/** As above, from the memo entry itself. */
void recorder_remembered_memo(struct recorder *r, const struct oid *asked,
                              const struct memo *m);
/** The file at @path (absolute) is to be output @tag (NULL: the first) of @thunk. */
void recorder_output(struct recorder *r, const char *path, const struct oid *thunk,
                     const char *tag);

/** The run is over; the record is borrowed, and final. */
struct record *recorder_end(struct recorder *r, int status);
/** Keep the record, and what made which file, in the store. After recorder_end. */
int recorder_save(struct recorder *r, struct store *st, struct err *err);

#endif
