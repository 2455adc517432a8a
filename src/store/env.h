/**
 * The LMDB environment behind the index: open it once per process and folder,
 * tell a damaged or foreign one from a good one, set it aside, start anew.
 *
 * LMDB trusts its file: a truncated or overwritten one makes it assert, or read
 * beyond the end. So every call into it runs under env_guard, which turns such a
 * fault into an answer; the file is checked against its own meta pages before
 * it is opened; and after a reboot (a crash of the machine may have kept some
 * pages and lost others) it is walked from end to end once.
 */
#ifndef STORE_ENV_H
#define STORE_ENV_H

#include "base/err.h"

#include <lmdb.h>

enum {
	ENV_FAULT = -1, /* neither an errno nor one of LMDB's codes */
	ENV_BOOT_LEN = 36,
};

struct env {
	MDB_env *mdb;
	MDB_dbi dbi;
	MDB_txn *txn;      /* while it is being opened; a fault leaves it here */
	uint64_t dev, ino; /* of the index folder, as it was opened */
	unsigned refs;
	unsigned generation; /* of the process: a fork makes it stale */
	bool condemned;      /* found damaged: users open anew */
	bool read_only;
	char boot[ENV_BOOT_LEN + 1]; /* this run of the machine */
	struct env *next;
};

/** Share the environment of ".gg" folder @dir; made, or set aside and made anew, as needed. */
int env_acquire(const char *dir, struct env **out, struct err *err);
void env_release(struct env *env);
/** May @env be used still? Not after a fork, nor when it was condemned. */
bool env_usable(const struct env *env);
/** @env was found damaged: set its folder aside unless that was done already. */
void env_condemn(struct env *env, const char *dir);
/** Walk it from end to end: 0, or a code that env_is_damage knows. */
int env_check(struct env *env);
/** Is the file system of @dir full? A fault then says nothing about the index. */
bool env_disk_full(const char *dir);
/** Give the map more room, or take over what another process gave it. */
int env_grow(struct env *env, bool own);
/** Which run of the machine this is; "": that can't be told. */
void env_read_boot(char boot[ENV_BOOT_LEN + 1]);

/** Run @fn; ENV_FAULT when it faulted (SIGBUS, SIGSEGV, SIGFPE, a failed assertion of LMDB). */
int env_guard(int (*fn)(void *arg), void *arg);
/** Does this return code say that the environment is damaged? */
bool env_is_damage(int rc);
/** Fill @err from a return code of LMDB. Returns -1. */
int env_err(struct err *err, int rc, const char *what);

#endif
