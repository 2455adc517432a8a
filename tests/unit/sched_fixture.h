/**
 * A store in a fresh folder, thunks made by hand, and programs that are C functions, for the
 * scheduler's tests.
 */
#ifndef SCHED_FIXTURE_H
#define SCHED_FIXTURE_H

#include <sys/stat.h>

#include "check.h"

#include "base/file.h"
#include "core/codec.h"
#include "store/store.h"

struct world {
	char dir[64];
	struct store *st;
	struct oid program; /* what every thunk executes */
	size_t runs;
};

static inline struct oid world_put(struct world *w, const char *text)
{
	struct err err = ERR_INIT;
	struct oid id;

	OK(store_put(w->st, text, strlen(text), &id, &err), err);
	return id;
}

static inline int world_set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct err err = ERR_INIT;

	strcpy(w->dir, "/tmp/gg-sched-XXXXXX");
	CHECK(mkdtemp(w->dir), "mkdtemp");
	OK(store_open(w->dir, STORE_CREATE, &w->st, &err), err);
	w->program = world_put(w, "the program");
	*state = w;
	return 0;
}

static inline int world_tear_down(void **state)
{
	struct world *w = *state;

	store_close(w->st);
	file_remove_tree(w->dir, NULL);
	free(w);
	return 0;
}

/* A thunk of a command ("verb arg arg"), to be given references and then world_keep(). */
static inline struct thunk *world_thunk(struct world *w, const char *command)
{
	struct thunk *t = thunk_new();

	t->function = w->program;
	thunk_refs_add(&t->execs, &w->program, NULL, NULL);
	for (const char *at = command; *at;) {
		size_t len = strcspn(at, " ");

		strv_addn(&t->args, at, len);
		at += len + (at[len] == ' ');
	}
	return t;
}

/* Store it (with output "out" if it has none) and free it; its name. */
static inline struct oid world_keep(struct world *w, struct thunk *t)
{
	auto_buf raw = BUF_INIT;
	struct err err = ERR_INIT;
	struct oid id;

	if (t->outputs.n == 0)
		strv_add(&t->outputs, "out");
	OK(thunk_encode(t, &raw, &err), err);
	OK(store_put(w->st, raw.data, raw.len, &id, &err), err);
	thunk_free(t);
	return id;
}

/* One with up to two dependencies. */
static inline struct oid world_node(struct world *w, const char *command, const struct oid *a,
                                    const struct oid *b)
{
	struct thunk *t = world_thunk(w, command);

	if (a)
		thunk_refs_add(&t->thunks, a, NULL, NULL);
	if (b)
		thunk_refs_add(&t->thunks, b, NULL, NULL);
	return world_keep(w, t);
}

static inline char *world_read(struct world *w, const struct oid *id)
{
	struct buf raw = BUF_INIT;
	struct err err = ERR_INIT;

	OK(store_get(w->st, id, &raw, &err), err);
	buf_adds(&raw, "");
	return buf_steal(&raw);
}

/* The number that the @i-th value holds. */
static inline unsigned long world_number(struct world *w, const struct thunk *t, size_t i)
{
	auto_free char *text = world_read(w, &t->values.v[i].id);

	return strtoul(text, NULL, 10);
}

static inline void world_fib(struct world *w, unsigned long n, struct memo *m)
{
	struct oid out;

	if (n < 2) {
		out = world_put(w, n ? "1" : "0");
	} else {
		auto_free char *one = xasprintf("fib %lu", n - 1);
		auto_free char *two = xasprintf("fib %lu", n - 2);
		struct oid a = world_node(w, one, NULL, NULL);
		struct oid b = world_node(w, two, NULL, NULL);
		auto_free char *sum = xasprintf("sum @{GGHASH:%s} @{GGHASH:%s}", a.s, b.s);
		out = world_node(w, sum, &a, &b);
	}
	memo_add_output(m, "out", &out, false);
}

/*
 * Run one thunk. "fib N" answers 0, 1 or a thunk that adds two others; "sum" adds the values
 * that its arguments name; anything else writes "TAG COMMAND" and its values' names to each
 * output.
 */
static inline void world_run(struct world *w, const struct thunk *t, struct memo *m)
{
	const char *verb = t->args.v[0];

	w->runs++;
	CHECK(t->thunks.n == 0, "%s runs before its dependencies", verb);
	if (strcmp(verb, "fib") == 0) {
		world_fib(w, strtoul(t->args.v[1], NULL, 10), m);
	} else if (strcmp(verb, "sum") == 0) {
		unsigned long sum = 0;

		for (size_t i = 1; i < t->args.n; i++) {
			struct oid id;
			struct err err = ERR_INIT;

			OK(oid_parse(t->args.v[i] + 9, strcspn(t->args.v[i] + 9, "}"), &id,
			             &err),
			   err);
			auto_free char *text = world_read(w, &id);
			sum += strtoul(text, NULL, 10);
		}
		auto_free char *text = xasprintf("%lu", sum);
		struct oid out = world_put(w, text);
		memo_add_output(m, "out", &out, false);
	} else {
		for (size_t i = 0; i < t->outputs.n; i++) {
			auto_buf text = BUF_INIT;

			buf_addf(&text, "%s", t->outputs.v[i]);
			for (size_t k = 0; k < t->args.n; k++)
				buf_addf(&text, " %s", t->args.v[k]);
			for (size_t k = 0; k < t->values.n; k++)
				buf_addf(&text, "\n%s", t->values.v[k].id.s);
			struct oid out = world_put(w, buf_str(&text));
			memo_add_output(m, t->outputs.v[i], &out, false);
		}
	}
}

#endif
