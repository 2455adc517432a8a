/**
 * What a coordinator and a worker say to each other, as JSON (WIRE 7): one request with thunks
 * to run, one response with their outputs. Classic fields are as the original's; members that
 * it does not know are sent only to a peer that has shown to speak @protocol 1, and are
 * optional for the reader.
 *
 * No I/O. Both decoders take hostile bytes: CORRUPT for anything malformed, USAGE for unknown
 * members in a classic request.
 */
#ifndef CORE_WIRE_H
#define CORE_WIRE_H

#include "base/buf.h"
#include "base/strv.h"
#include "core/oid.h"

enum { WIRE_PROTOCOL = 1, WIRE_REQUEST_MAX = 64 << 20 };

struct wire_thunk {
	struct oid hash;
	struct buf data;     /* the thunk's bytes; may be empty when the backend has it */
	struct strv outputs; /* tags */
};

struct wire_request {
	struct wire_thunk *thunks; /* owned array */
	size_t n;
	char *storage; /* URI of the backend, "" for none; owned. May hold secrets: never logged
	                */
	bool timelog;
	/* ours; sent only when protocol is set */
	unsigned protocol;   /* 0: a classic peer */
	uint64_t inline_max; /* outputs up to so many bytes may come back in the answer */
	uint32_t timeout_ms; /* 0: the thunk's own only */
};

struct wire_output {
	char *tag; /* owned */
	struct oid hash;
	uint64_t size_bytes;
	bool executable;
	struct buf data; /* the bytes, for thunks always, for small values when asked; else
	                    empty */
};

struct wire_executed {
	struct oid thunk;
	struct wire_output *outputs; /* owned array */
	size_t n;
};

/** How it ended, in returnCode: the original's numbers (WIRE 6). */
enum wire_status {
	WIRE_OK = 0,
	WIRE_RATE_LIMIT = 1,
	WIRE_INVOCATION = 2,
	WIRE_OPERATIONAL = 3,
	WIRE_FETCH = 4,
	WIRE_EXECUTION = 5,
	WIRE_UPLOAD = 6,
};

struct wire_response {
	struct wire_executed *executed; /* owned array */
	size_t n;
	int return_code; /* enum wire_status */
	char *text;      /* "stdout": for people; owned, never NULL */
	/* ours */
	unsigned protocol;
	int wait_status;     /* as from waitpid, when the program ran */
	struct buf out_text; /* what it printed, cut at 1 MiB */
	struct buf err_text;
	int64_t wall_ns; /* of the program */
	int64_t cpu_ns;
	struct strv missing; /* names of inputs that the backend does not have (WIRE_FETCH) */
	char *failure; /* class, as outcome_class_name() has it ("storage full", …); owned or
	                  NULL */
	char *worker;  /* who answered, for people; owned or NULL */
	bool cold;     /* the worker had just started */
};

int wire_request_encode(const struct wire_request *r, struct buf *out, struct err *err);
int wire_request_decode(const void *data, size_t len, struct wire_request *out,
                        struct err *err);
void wire_request_release(struct wire_request *r);
int wire_response_encode(const struct wire_response *r, struct buf *out, struct err *err);
int wire_response_decode(const void *data, size_t len, struct wire_response *out,
                         struct err *err);
void wire_response_release(struct wire_response *r);

/** What `GET /healthz` says: that the peer is there, and what it speaks. */
struct wire_health {
	unsigned protocol; /* 0: a peer that does not say */
	unsigned room;     /* requests that it takes at once; 0: not said */
	char platform[32]; /* "x86_64-linux", or "" */
};

int wire_health_encode(const struct wire_health *h, struct buf *out, struct err *err);
/** CORRUPT when it is no JSON object. */
int wire_health_decode(const void *data, size_t len, struct wire_health *out, struct err *err);

#endif
