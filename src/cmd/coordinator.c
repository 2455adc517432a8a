#include "cmd/coordinator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "cmd/standbys.h"
#include "core/codec.h"
#include "core/placeholder.h"
#include "model/session.h"

struct connection {
	struct connection *next;
	struct coordinator *owner;
	uv_poll_t poll;
	int fd;
	struct oid id;  /* wait: what for */
	size_t forcing; /* force: promises still open */
	bool failed;
	bool answered;
};

struct coordinator {
	struct forcer *forcer;
	struct store *store;
	char *session;
	int listener;
	int spare; /* a descriptor, for the time when there are no others */
	uv_poll_t poll;
	struct connection *connections;
	struct map reasons;
	struct coordinator_counts counts;
	struct standbys *standbys; /* NULL: none are to be */
};

static void connection_freed(uv_handle_t *h)
{
	free(h->data);
}

static void connection_close(struct connection *c)
{
	struct connection **at = &c->owner->connections;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	uv_poll_stop(&c->poll);
	close(c->fd);
	uv_close((uv_handle_t *)&c->poll, connection_freed);
}

/* A wrapper that has gone meanwhile is no loss. */
static void answer(struct connection *c, const struct strv *words)
{
	struct err ignored;

	if (!c->answered)
		session_send(c->fd, words, &ignored);
	connection_close(c);
}

static void answer_text(struct connection *c, const char *kind, const char *text)
{
	auto_strv words = STRV_INIT;

	strv_add(&words, kind);
	if (text)
		strv_add(&words, text);
	answer(c, &words);
}

/* -- wait -- */

static int add_outputs(struct connection *c, const struct forcer_result *r, struct strv *words,
                       struct err *err)
{
	auto_buf raw = BUF_INIT;
	auto_thunk t = NULL;

	if (store_get(c->owner->store, &c->id, &raw, err) < 0 ||
	    thunk_decode(raw.data, raw.len, &t, err) < 0)
		return -1;
	for (size_t i = 0; i < t->outputs.n; i++) {
		struct oid value = { "" };
		bool executable = false;

		/* an optional output may be missing: its name stays empty */
		graph_output(forcer_graph(c->owner->forcer), r->node,
		             i ? t->outputs.v[i] : NULL, &value, &executable, err);
		strv_add(words, t->outputs.v[i]);
		strv_add(words, value.s);
		strv_add(words, executable ? "x" : "-");
	}
	return 0;
}

static void on_waited(void *arg, const struct forcer_result *r)
{
	struct connection *c = arg;
	auto_strv words = STRV_INIT;
	struct err err = ERR_INIT;

	if (r->rerun && !r->exited) {
		answer_text(c, "rerun",
		            r->ran ? "failed in the sandbox on something that no model named"
		                   : "no engine could run it");
		return;
	}
	strv_add(&words, r->ok ? "ok" : "failed");
	if (!r->ok)
		strv_addf(&words, "%d", r->status);
	strv_add(&words, r->out_text.s);
	strv_add(&words, r->err_text.s);
	if (!r->ok && r->exited)
		strv_add(&words, r->rerun ? "doubtful" : r->sure ? "sure" : "");
	if (r->ok && add_outputs(c, r, &words, &err) < 0)
		answer_text(c, "rerun", err.msg);
	else
		answer(c, &words);
}

/* Whoever waited was killed: its command would have been, too. */
static void on_gone(uv_poll_t *poll, int status, int events)
{
	struct connection *c = poll->data;

	(void)status;
	(void)events;
	forcer_unwait(c->owner->forcer, &c->id, c);
	connection_close(c);
}

/* (TAG PATH)… from word @first on: what is to be where. */
static void note_outputs(const struct coordinator *o, const struct strv *words, size_t first)
{
	struct oid id;

	if (words->n < 2 || oid_parse(words->v[1], strlen(words->v[1]), &id, NULL) < 0)
		return;
	for (size_t i = first; i + 1 < words->n; i += 2)
		recorder_output(forcer_recorder(o->forcer), words->v[i + 1], &id, words->v[i]);
}

static void handle_wait(struct connection *c, const struct strv *words)
{
	struct err err = ERR_INIT;

	uv_poll_start(&c->poll, UV_DISCONNECT, on_gone);
	note_outputs(c->owner, words, 2);
	if (words->n < 2 || oid_parse(words->v[1], strlen(words->v[1]), &c->id, &err) < 0 ||
	    forcer_wait(c->owner->forcer, &c->id, on_waited, c, &err) < 0)
		answer_text(c, "rerun", err.msg);
}

static void handle_join(struct connection *c, const struct strv *words)
{
	if (words->n < 2 || oid_parse(words->v[1], strlen(words->v[1]), &c->id, NULL) < 0 ||
	    !forcer_join(c->owner->forcer, &c->id, on_waited, c))
		answer_text(c, "rerun", "nobody waits for it");
}

/* -- force -- */

static void on_forced(void *arg, const struct forcer_result *r)
{
	struct connection *c = arg;

	c->failed |= !r->ok;
	if (--c->forcing == 0)
		answer_text(c, c->failed ? "failed" : "ok",
		            c->failed ? "an operand could not be made" : NULL);
}

/* 1 and what @path stands for ("hash[#tag]", owned), or 0, or -1. */
static int read_ref(const char *path, struct oid *id, char **ref, struct err *err)
{
	auto_placeholder h = { 0 };
	int rc = placeholder_read(path, &h, err);

	if (rc <= 0)
		return rc;
	*id = h.thunk;
	*ref = h.tag ? xasprintf("%s#%s", h.thunk.s, h.tag) : xstrdup(h.thunk.s);
	return 1;
}

static int force_one(struct connection *c, const char *path, struct err *err)
{
	struct forcer *f = c->owner->forcer;
	auto_free char *ref = NULL;
	struct oid id;
	int rc = read_ref(path, &id, &ref, err);

	if (rc <= 0)
		return rc;
	if (forcer_is_foreign(f, path, &id))
		return 0;
	if (forcer_demand(f, ref, path, forcer_mode_of(f, ref, path), err) < 0)
		return -1;
	c->forcing++;
	return forcer_wait_quietly(f, &id, on_forced, c, err);
}

static void handle_force(struct connection *c, const struct strv *words)
{
	struct err err = ERR_INIT;

	c->forcing = 1; /* held until all are added */
	for (size_t i = 1; i < words->n; i++) {
		if (force_one(c, words->v[i], &err) < 0) {
			forcer_say(c->owner->forcer, "%s", err.msg);
			c->failed = true;
		}
	}
	on_forced(c, &(struct forcer_result){ .ok = true });
}

struct settling {
	struct connection *connection;
	const char *part;
};

static void settle_one(void *arg, const char *path)
{
	struct settling *s = arg;
	struct err err = ERR_INIT;

	if (s->part && !strstr(path, s->part))
		return;
	if (force_one(s->connection, path, &err) < 0)
		s->connection->failed = true;
}

/* All that has been promised until now. */
static void handle_settle(struct connection *c, const struct strv *words)
{
	struct settling s = { c, words->n > 1 ? words->v[1] : NULL };

	c->forcing = 1;
	forcer_each_open(c->owner->forcer, settle_one, &s);
	on_forced(c, &(struct forcer_result){ .ok = true });
}

/* -- reports -- */

static void handle_moved(struct coordinator *o, const struct strv *words)
{
	struct err err = ERR_INIT;
	auto_free char *ref = NULL;
	struct oid id;

	if (words->n == 3 && read_ref(words->v[2], &id, &ref, &err) == 1 &&
	    !forcer_is_foreign(o->forcer, words->v[2], &id) &&
	    forcer_promise(o->forcer, ref, words->v[2],
	                   forcer_mode_of(o->forcer, ref, words->v[2]), &err) < 0)
		forcer_say(o->forcer, "%s", err.msg);
}

static void handle_thunk(struct coordinator *o, const struct strv *words)
{
	struct err err = ERR_INIT;

	for (size_t i = 2; i + 2 < words->n; i += 3) {
		unsigned mode = (unsigned)strtoul(words->v[i + 2], NULL, 8) & 0777;

		o->counts.promises++;
		if (forcer_promise(o->forcer, words->v[i], words->v[i + 1], mode, &err) < 0)
			forcer_say(o->forcer, "%s", err.msg);
	}
}

static void handle_delegated(struct coordinator *o, const struct strv *words)
{
	if (words->n < 3)
		return;
	auto_free char *reason = xasprintf("%s: %s", words->v[1], words->v[2]);

	recorder_delegated(forcer_recorder(o->forcer), words->v[1], words->v[2],
	                   words->n > 3 ? words->v[3] : "");
	map_add(&o->reasons, reason, NULL)->num++;
}

static void handle_remembered(struct coordinator *o, const struct strv *words)
{
	struct recorder *r = forcer_recorder(o->forcer);
	struct recorder_saving s = { 0 };
	struct oid id = { "" };

	o->counts.modelled++;
	o->counts.remembered++;
	forcer_note_remembered(o->forcer);
	if (words->n >= 5) {
		oid_parse(words->v[1], strlen(words->v[1]), &id, NULL);
		s.wall_ns = strtoll(words->v[2], NULL, 10);
		s.cpu_ns = strtoll(words->v[3], NULL, 10);
		s.bytes = strtoull(words->v[4], NULL, 10);
	}
	recorder_modelled(r);
	recorder_remembered(r, &id, &s);
	note_outputs(o, words, 5);
}

/* Returns true when the connection stays open for an answer. */
static bool handle(struct connection *c, const struct strv *words)
{
	struct coordinator *o = c->owner;
	const char *kind = words->v[0];

	if (strcmp(kind, "force") == 0) {
		handle_force(c, words);
		return true;
	}
	if (strcmp(kind, "join") == 0) {
		handle_join(c, words);
		return true;
	}
	if (strcmp(kind, "settle") == 0) {
		handle_settle(c, words);
		return true;
	}
	if (strcmp(kind, "moved") == 0) {
		handle_moved(o, words);
		return false;
	}
	o->counts.commands++;
	if (o->standbys)
		standbys_need(o->standbys, o->counts.commands);
	if (strcmp(kind, "wait") == 0) {
		o->counts.modelled++;
		recorder_modelled(forcer_recorder(o->forcer));
		handle_wait(c, words);
		return true;
	}
	if (strcmp(kind, "thunk") == 0) {
		o->counts.modelled++;
		recorder_modelled(forcer_recorder(o->forcer));
		handle_thunk(o, words);
	} else if (strcmp(kind, "remembered") == 0) {
		handle_remembered(o, words);
	} else if (strcmp(kind, "delegated") == 0) {
		o->counts.delegated++;
		handle_delegated(o, words);
	}
	return false;
}

static void on_message(uv_poll_t *poll, int status, int events)
{
	struct connection *c = poll->data;
	auto_strv words = STRV_INIT;
	struct err err = ERR_INIT;

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	if (session_receive(c->fd, &words, &err) < 0 || words.n == 0 || !handle(c, &words))
		connection_close(c);
}

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Whoever can't be heard is sent away, and runs its command as it is. Without a free descriptor
 * accept fails also where nobody is left: then the spare one finds that out. */
static int accept_connection(struct coordinator *o, struct err *err)
{
	int fd;

	while ((fd = session_accept(o->listener, err)) < 0) {
		if ((err->sys != EMFILE && err->sys != ENFILE) || o->spare < 0)
			return -1;
		close(o->spare);
		fd = session_accept(o->listener, err);
		if (fd >= 0)
			close(fd);
		o->spare = open_spare();
		if (fd < 0)
			return -1;
	}
	return fd;
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct coordinator *o = poll->data;
	struct err err;

	(void)status;
	(void)events;
	for (int fd; (fd = accept_connection(o, &err)) >= 0;) {
		struct connection *c = xcalloc(1, sizeof(*c));

		*c = (struct connection){ .owner = o, .fd = fd, .next = o->connections };
		o->connections = c;
		uv_poll_init(forcer_loop(o->forcer), &c->poll, fd);
		c->poll.data = c;
		uv_poll_start(&c->poll, UV_READABLE | UV_DISCONNECT, on_message);
	}
}

struct coordinator *coordinator_adopt(struct forcer *f, struct store *st, int listener,
                                      const char *session)
{
	struct coordinator *o = xcalloc(1, sizeof(*o));

	o->forcer = f;
	o->store = st;
	o->listener = listener;
	o->session = xstrdup(session);
	o->spare = open_spare();
	uv_poll_init(forcer_loop(f), &o->poll, o->listener);
	o->poll.data = o;
	uv_poll_start(&o->poll, UV_READABLE, on_connection);
	return o;
}

struct coordinator *coordinator_new(struct forcer *f, struct store *st, struct err *err)
{
	auto_free char *session = NULL;
	int listener = session_listen(&session, err);

	return listener < 0 ? NULL : coordinator_adopt(f, st, listener, session);
}

void coordinator_free(struct coordinator *o)
{
	if (!o)
		return;
	forcer_forget_waiters(o->forcer);
	while (o->connections)
		connection_close(o->connections);
	uv_close((uv_handle_t *)&o->poll, NULL);
	uv_run(forcer_loop(o->forcer), UV_RUN_NOWAIT);
	close(o->listener);
	/* now that nobody can wait for an answer */
	standbys_free(o->standbys);
	if (o->spare >= 0)
		close(o->spare);
	free(o->session);
	map_release(&o->reasons);
	free(o);
}

void coordinator_stand_by(struct coordinator *o, unsigned max)
{
	o->standbys = standbys_new(forcer_loop(o->forcer), o->session, max);
}

const char *coordinator_session(const struct coordinator *o)
{
	return o->session;
}

bool coordinator_idle(const struct coordinator *o)
{
	return !o->connections;
}

/* Does a wrapper wait? Those that were told at once that all is cancelled do not. */
static bool somebody_waits(const struct coordinator *o)
{
	for (const struct connection *c = o->connections; c; c = c->next)
		if (!c->answered)
			return true;
	return false;
}

void coordinator_drain(struct coordinator *o)
{
	on_connection(&o->poll, 0, 0);
	/* after a signal some of what is waited for is never settled */
	while (somebody_waits(o) && !(forcer_cancelled(o->forcer) && forcer_idle(o->forcer)))
		if (uv_run(forcer_loop(o->forcer), UV_RUN_ONCE) == 0)
			break;
}

void coordinator_cancel(struct coordinator *o)
{
	auto_strv words = STRV_INIT;
	struct err ignored;

	strv_add(&words, "failed");
	strv_add(&words, "130");
	strv_add(&words, "");
	strv_add(&words, "");
	/* The connections stay in the list: a late result may still name them. */
	for (struct connection *c = o->connections; c; c = c->next)
		if (!c->answered)
			c->answered = session_send(c->fd, &words, &ignored) == 0;
}

struct coordinator_counts coordinator_counts(const struct coordinator *o)
{
	return o->counts;
}

const struct map *coordinator_reasons(const struct coordinator *o)
{
	return &o->reasons;
}
