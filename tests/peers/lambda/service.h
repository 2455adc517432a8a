/**
 * A Lambda service on one machine: functions, their instances, the Runtime API for each of
 * them, and the calls of the REST API that gg uses. What it promises is AWS's documentation;
 * what it injects (throttling, failures, hanging) is for tests.
 */
#ifndef PEERS_SERVICE_H
#define PEERS_SERVICE_H

#include "httpd.h"
#include "sigv4.h"

enum { SYNC_MAX = 6291456, ZIP_MAX = 50 << 20, UNZIPPED_MAX = 262144000 };

struct settings {
	unsigned port;
	const char *work; /* folder for code that is uploaded */
	struct sigv4_keys keys;
	unsigned concurrency;
	unsigned timeout_ms; /* of functions that are declared, not created */
	unsigned warm;       /* instances started beforehand for each declared function */
	bool jail;           /* instances see an empty, read-only root and their own /tmp */
	unsigned tmp_mb;     /* size of that /tmp */
	bool freeze;         /* stop instances between invocations */
	unsigned throttle_percent, fail_percent, hang_percent, crash_percent;
	unsigned pending; /* so many times a new function is said to be Pending */
	unsigned long seed;
	const char *self; /* this program */
	const char *log;  /* file for what instances print; NULL: ours */
};

struct counts {
	unsigned long invocations, throttled, failed, hung, crashed, timed_out, errors, cold;
	unsigned busy, busy_max, instances;
};

struct service;

/** NULL when the port is taken. */
struct service *service_new(uv_loop_t *loop, const struct settings *s);
/** A function whose code is in a folder. */
void service_declare(struct service *s, const char *name, const char *dir);
/** Call fn(arg) when every instance that was started beforehand waits for work. */
void service_when_warm(struct service *s, void (*fn)(void *arg), void *arg);
unsigned service_port(const struct service *s);
/** Kill all instances. */
void service_end(struct service *s);

/* instances (instance.c) */

struct function {
	struct function *next;
	char *name;
	char *dir; /* where the code is */
	char *role, *sha;
	struct strv env;
	unsigned timeout_ms, memory_mb;
	size_t code_size;
	unsigned version; /* of the code: instances of an older one take no more work */
	unsigned asked;   /* while Pending: times its state was asked for */
};

struct instance;

/** An answer. @error: X-Amz-Function-Error's value, NULL for none. @log: base64'd tail. */
typedef void invoked_fn(void *arg, const char *error, const void *payload, size_t len,
                        const char *report);

struct fleet;

struct fleet *fleet_new(uv_loop_t *loop, const struct settings *s, struct counts *counts);
/** Start an instance ahead of work. */
void fleet_warm(struct fleet *f, struct function *fn);
/** Do all instances wait for work? */
bool fleet_is_warm(const struct fleet *f);
/** Run; @id is the request's. Returns a handle for fleet_abandon. */
void *fleet_invoke(struct fleet *f, struct function *fn, const char *id, const void *payload,
                   size_t len, bool crash, invoked_fn *done, void *arg);
/** The caller has gone: run on, answer nobody. */
void fleet_abandon(void *invocation);
/** The function's code is another, or it is gone (@all): idle instances end. */
void fleet_retire(struct fleet *f, const struct function *fn);
void fleet_kill_all(struct fleet *f);

/* jail.c */

/** Enter the jail and exec argv[0…]; returns only on failure. */
int jail_exec(const char *code, unsigned tmp_mb, char **argv);

#endif
