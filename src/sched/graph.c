/*
 * Every node is in at most one of three queues, linked through node.next:
 *
 *   load     names seen and not yet asked for (breadth first, so that levels come out right)
 *   settled  outcome known, dependents not yet told
 *   told     dependents told, the owner not yet
 *
 * work() empties the first two; drain() then calls the owner back, one node at a time, and
 * works again. A public call made by the owner from inside a callback works but leaves the
 * draining to the outer call. So nothing recurses, however deep the graph is.
 *
 * Dependents are kept as lists of edges; dependencies are not kept at all, only counted: they
 * are in the thunk, which is kept packed (or read again) until the count is zero. A node that
 * waits for thunks that its own run (or memo) answered with is following; one that waits for a
 * node of the same rewritten name is its twin. Results are copied from what they wait for.
 *
 * Thunks alone can't form a circle (names are hashes), so each circle has a tail call or a twin
 * in it: when nothing runs, nothing is ready, and nodes wait, those of them that follow or are
 * twins are in a circle or behind one, and fail.
 */
#include "sched/graph.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/large.h"
#include "core/codec.h"
#include "core/digest.h"
#include "exec/inputs.h"
#include "sched/heap.h"
#include "sched/packed.h"
#include "sched/rewrite.h"

enum {
	CHUNK_BYTES = 16 << 10,
	CHUNK_MAX_BYTES = 8 << 20,
	BLOCK_NODES = 512, /* of the first block; each next has twice as many */
	BLOCKS_MAX = 23,
	FOLLOW_MAX = 1000000,
	REMADE_MAX = 8,
	KEPT_MAX = 1024,              /* decoded thunks of ready nodes */
	PACKED_BYTES_MAX = 128 << 20, /* what is beyond it is read again */
	RECENT = 64,                  /* a power of two */
};

/* A name, packed. */
struct name {
	unsigned char digest[OID_DIGEST_LEN];
	uint64_t size_bytes;
};

struct result {
	struct result *next;
	struct name value;
	bool is_thunk;
	bool executable;
	char tag[];
};

struct edge {
	struct edge *next;
	struct node *to;
};

struct node {
	struct name name;
	struct name *run;    /* rewritten name; NULL: the same */
	struct thunk *thunk; /* of a ready node, rewritten; NULL: to be read again */
	char *packed;        /* of a node that waits; NULL: to be read again */
	struct result *results;
	struct edge *dependents;
	struct node *next; /* in its queue */
	char *why;         /* owned */
	void *user;
	int64_t ready_ns;
	uint32_t packed_bytes;
	uint32_t blocked; /* dependencies that are not done */
	uint32_t number;  /* in the order of adding */
	uint32_t level;   /* steps to the target, as far as seen */
	uint32_t follows; /* how long the chain of tail calls before it is */
	unsigned char state;
	unsigned char remade; /* how often its results were lost */
	unsigned char unread; /* enum err_kind: why its thunk can't be read; or ERR_NONE */
	bool loaded : 1;      /* its thunk was read, its dependencies are known */
	bool has_deps : 1;
	bool following : 1;
	bool twin : 1;
	bool remembered : 1;
	bool tainted : 1; /* depends on what may not be remembered */
	bool told : 1;
};

struct queue {
	struct node *first;
	struct node *last;
};

struct slot {
	uint32_t entry; /* 2 × (the node's number + 1), + 1 when by its rewritten name; 0: free
	                 */
	uint32_t hash;
};

/* A node by its own name, which never changes. */
struct recent {
	struct oid id;
	struct node *node;
};

struct graph {
	struct store *store;
	struct slot *slots;
	size_t n_slots;
	size_t cap_slots;                /* a power of two */
	struct node *blocks[BLOCKS_MAX]; /* owned */
	struct arena arena;
	struct edge *free_edges;
	struct heap ready;
	size_t n_kept; /* nodes with a thunk */
	size_t packed_bytes;
	struct packed_names numbers;
	struct queue load;
	struct queue settled;
	struct queue told;
	struct recent recent[RECENT]; /* each thunk's names are asked for several times */
	struct thunk *spare;          /* empty; NULL: none */
	struct buf scratch;
	struct buf packing;
	struct graph_counts counts;
	bool draining;
	graph_settled_fn *settled_fn;
	void *settled_arg;
	graph_broken_fn *broken_fn;
	void *broken_arg;
};

/* -- memory -- */

static void *take(struct graph *g, size_t len)
{
	return memset(arena_take(&g->arena, len), 0, len);
}

static void edge_add(struct graph *g, struct node *from, struct node *to)
{
	struct edge *e = g->free_edges;

	if (e)
		g->free_edges = e->next;
	else
		e = take(g, sizeof(*e));
	e->to = to;
	e->next = from->dependents;
	from->dependents = e;
	to->blocked++;
}

static void queue_push(struct queue *q, struct node *n)
{
	n->next = NULL;
	if (q->last)
		q->last->next = n;
	else
		q->first = n;
	q->last = n;
}

static struct node *queue_pop(struct queue *q)
{
	struct node *n = q->first;

	if (!n)
		return NULL;
	q->first = n->next;
	if (!q->first)
		q->last = NULL;
	return n;
}

/* -- names -- */

static void name_pack(const struct oid *id, struct name *out)
{
	oid_digest(id, out->digest);
	out->size_bytes = oid_size(id);
}

static void name_unpack(const struct name *n, bool is_thunk, struct oid *out)
{
	oid_make(is_thunk ? 'T' : 'V', n->digest, n->size_bytes, out);
}

static void run_name(const struct node *n, struct oid *out)
{
	name_unpack(n->run ? n->run : &n->name, true, out);
}

static void own_name(const struct node *n, struct oid *out)
{
	name_unpack(&n->name, true, out);
}

static uint32_t name_hash(const struct name *n)
{
	uint32_t h;

	memcpy(&h, n->digest, sizeof(h));
	return h;
}

static bool name_eq(const struct name *a, const struct name *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0 &&
	       a->size_bytes == b->size_bytes;
}

static unsigned block_of(uint32_t number)
{
	return 31u - (unsigned)__builtin_clz(number / BLOCK_NODES + 1);
}

static struct node *node_at(const struct graph *g, uint32_t number)
{
	unsigned block = block_of(number);

	/* those before it have (2^block - 1) × BLOCK_NODES */
	return &g->blocks[block][number + BLOCK_NODES - ((uint32_t)BLOCK_NODES << block)];
}

static struct node *slot_node(const struct graph *g, const struct slot *s)
{
	return s->entry ? node_at(g, s->entry / 2 - 1) : NULL;
}

static bool slot_is(const struct graph *g, const struct slot *s, const struct name *name,
                    uint32_t hash)
{
	if (s->hash != hash)
		return false;
	const struct node *n = slot_node(g, s);
	return name_eq(s->entry % 2 ? n->run : &n->name, name);
}

static struct slot *slot_find(const struct graph *g, const struct name *name)
{
	uint32_t hash = name_hash(name);

	for (size_t i = hash & (g->cap_slots - 1);; i = (i + 1) & (g->cap_slots - 1))
		if (!g->slots[i].entry || slot_is(g, &g->slots[i], name, hash))
			return &g->slots[i];
}

static void table_grow(struct graph *g)
{
	struct slot *old = g->slots;
	size_t cap = g->cap_slots;

	g->cap_slots = cap ? cap * 2 : 64;
	g->slots = large_calloc(g->cap_slots, sizeof(*g->slots));
	for (size_t i = 0; i < cap; i++) {
		if (!old[i].entry)
			continue;
		size_t at = old[i].hash & (g->cap_slots - 1);
		while (g->slots[at].entry)
			at = (at + 1) & (g->cap_slots - 1);
		g->slots[at] = old[i];
	}
	free(old);
}

static struct node *node_find(const struct graph *g, const struct name *name)
{
	return g->cap_slots ? slot_node(g, slot_find(g, name)) : NULL;
}

static void table_add(struct graph *g, const struct name *name, struct node *n, bool by_run)
{
	if ((g->n_slots + 1) * 4 > g->cap_slots * 3)
		table_grow(g);
	*slot_find(g, name) = (struct slot){ (n->number + 1) * 2 + by_run, name_hash(name) };
	g->n_slots++;
}

/* -- states -- */

static size_t *count_of(struct graph *g, enum node_state s)
{
	size_t *const counters[] = {
		[NODE_WAITING] = &g->counts.waiting, [NODE_READY] = &g->counts.ready,
		[NODE_RUNNING] = &g->counts.running, [NODE_DONE] = &g->counts.done,
		[NODE_FAILED] = &g->counts.failed,   [NODE_SKIPPED] = &g->counts.skipped,
	};

	return counters[s];
}

static void set_state(struct graph *g, struct node *n, enum node_state s)
{
	--*count_of(g, n->state);
	++*count_of(g, s);
	n->state = (unsigned char)s;
}

static bool has_failed(const struct node *n)
{
	return n->state == NODE_FAILED || n->state == NODE_SKIPPED;
}

static void settle(struct graph *g, struct node *n, enum node_state s)
{
	if (s == NODE_DONE && n->remembered)
		g->counts.remembered++;
	set_state(g, n, s);
	queue_push(&g->settled, n);
}

static void set_ready(struct graph *g, struct node *n)
{
	set_state(g, n, NODE_READY);
	n->ready_ns = clock_now_ns();
	heap_push(&g->ready, (uint64_t)n->level << 32 | (UINT32_MAX - n->number), n);
}

static void node_break(struct graph *g, struct node *n, const char *why)
{
	n->why = xstrdup(why);
	settle(g, n, NODE_FAILED);
	if (g->broken_fn)
		g->broken_fn(g->broken_arg, n);
}

static struct node *node_new(struct graph *g)
{
	BUG_IF(g->counts.nodes >= UINT32_MAX / 2 - 1);
	uint32_t number = (uint32_t)g->counts.nodes++;
	unsigned block = block_of(number);

	if (!g->blocks[block])
		g->blocks[block] =
			large_calloc((size_t)BLOCK_NODES << block, sizeof(struct node));
	struct node *n = node_at(g, number);
	n->number = number;
	g->counts.waiting++;
	return n;
}

static struct recent *recent_of(struct graph *g, const struct oid *id)
{
	return &g->recent[(unsigned char)(id->s[1] ^ id->s[2] << 1) % RECENT];
}

static struct node *recent_find(struct graph *g, const struct oid *id)
{
	const struct recent *r = recent_of(g, id);

	return r->node && oid_eq(&r->id, id) ? r->node : NULL;
}

static void recent_keep(struct graph *g, const struct oid *id, struct node *n)
{
	*recent_of(g, id) = (struct recent){ *id, n };
}

/* The node of a name, or NULL. */
static struct node *node_named(struct graph *g, const struct oid *id)
{
	struct node *n = recent_find(g, id);
	struct name name;

	if (n)
		return n;
	name_pack(id, &name);
	n = node_find(g, &name);
	if (n && name_eq(&n->name, &name))
		recent_keep(g, id, n);
	return n;
}

/* The node of a name, made and queued for loading if new. */
static struct node *node_intern(struct graph *g, const struct oid *id)
{
	struct node *n = node_named(g, id);

	if (n)
		return n;
	n = node_new(g);
	name_pack(id, &n->name);
	table_add(g, &n->name, n, false);
	queue_push(&g->load, n);
	recent_keep(g, id, n);
	return n;
}

/* -- results -- */

static const struct result *result_find(const struct node *n, const char *tag)
{
	const struct result *r = n->results;

	while (tag && r && strcmp(r->tag, tag) != 0)
		r = r->next;
	return r;
}

static int no_output(const struct oid *id, const char *tag, struct err *err)
{
	return tag ? err_set(err, ERR_NOTFOUND, "thunk %s has no output \"%s\"", id->s, tag)
	           : err_set(err, ERR_NOTFOUND, "thunk %s has no output", id->s);
}

static void results_of(struct graph *g, struct node *n, const struct memo *m)
{
	struct result **end = &n->results;

	for (size_t i = 0; i < m->n_outputs; i++) {
		const struct memo_output *o = &m->outputs[i];
		size_t len = strlen(o->tag) + 1;
		struct result *r = take(g, sizeof(*r) + len);

		memcpy(r->tag, o->tag, len);
		name_pack(&o->id, &r->value);
		r->is_thunk = oid_is_thunk(&o->id);
		r->executable = o->executable;
		*end = r;
		end = &r->next;
	}
}

/* What is behind a result that is a thunk: its first output for the first, else the same tag.
 */
static int follow_result(struct graph *g, struct node *n, struct result *r, struct err *err)
{
	const struct node *to = node_find(g, &r->value);
	const char *tag = r == n->results ? NULL : r->tag;
	const struct result *final = result_find(to, tag);

	if (!final) {
		struct oid id;

		own_name(to, &id);
		return no_output(&id, tag, err);
	}
	r->value = final->value;
	r->is_thunk = false;
	r->executable = final->executable;
	n->tainted |= to->tainted;
	return 0;
}

/*
 * The first result must lead to a value. Another one that is a thunk without an output of that
 * tag (a program that hands out thunks for others to use) is no result that anybody could ask
 * for.
 */
static void end_following(struct graph *g, struct node *n)
{
	struct err err = ERR_INIT;
	struct result **at = &n->results;

	while (*at) {
		struct result *r = *at;

		if (!r->is_thunk || follow_result(g, n, r, &err) == 0) {
			at = &r->next;
			continue;
		}
		if (r == n->results) {
			struct oid id;

			own_name(n, &id);
			err_wrap(&err, "result of thunk %s", id.s);
			node_break(g, n, err.msg);
			return;
		}
		*at = r->next;
	}
	settle(g, n, NODE_DONE);
}

static bool make_again(struct graph *g, struct node *n);

static bool follow_all(struct graph *g, struct node *n)
{
	bool failed = false;

	for (struct result *r = n->results; r; r = r->next) {
		struct oid id;

		if (!r->is_thunk)
			continue;
		name_unpack(&r->value, true, &id);
		struct node *to = node_intern(g, &id);
		if (to->follows <= n->follows)
			to->follows = n->follows + 1;
		if (to->level < n->level)
			to->level = n->level;
		make_again(g, to);
		failed |= has_failed(to);
		if (to->state != NODE_DONE)
			edge_add(g, to, n);
	}
	return failed;
}

static void begin_following(struct graph *g, struct node *n)
{
	n->following = true;
	if (n->state != NODE_WAITING)
		set_state(g, n, NODE_WAITING);
	if (n->follows >= FOLLOW_MAX)
		node_break(g, n, "it answers with ever more thunks");
	else if (follow_all(g, n))
		settle(g, n, NODE_SKIPPED);
	else if (n->blocked == 0)
		end_following(g, n);
}

static void take_results(struct graph *g, struct node *n, const struct memo *m)
{
	results_of(g, n, m);
	for (const struct result *r = n->results; r; r = r->next) {
		if (r->is_thunk) {
			begin_following(g, n);
			return;
		}
	}
	if (n->results)
		settle(g, n, NODE_DONE);
	else
		node_break(g, n, "it has no outputs");
}

/* Take the results from the memo table if it has them. 1, 0, -1. */
static int remember(struct graph *g, struct node *n, const struct oid *id, struct err *err)
{
	struct memo m = { 0 };
	struct err ignored;
	int found = store_memo_get(g->store, id, &m, err);

	if (found <= 0)
		return found;
	n->remembered = true;
	/* Only a shortcut for the next run: it does not matter whether it can be written. */
	if (n->run && !n->tainted) {
		struct oid own;

		own_name(n, &own);
		store_memo_put(g->store, &own, &m, &ignored);
	}
	take_results(g, n, &m);
	memo_release(&m);
	return 1;
}

/* -- loading -- */

static void thunk_drop(struct graph *g, struct thunk *t)
{
	if (!t)
		return;
	thunk_free(steal(&g->spare));
	thunk_clear(t);
	g->spare = t;
}

static int scratch_decode(struct graph *g, struct thunk **out, struct err *err)
{
	auto_thunk t = g->spare ? steal(&g->spare) : thunk_new();

	if (thunk_decode_into(g->scratch.data, g->scratch.len, t, err) < 0)
		return -1;
	*out = steal(&t);
	return 0;
}

static int thunk_read(struct graph *g, const struct oid *id, struct thunk **out,
                      struct err *err)
{
	buf_reset(&g->scratch);
	if (store_get(g->store, id, &g->scratch, err) < 0 || scratch_decode(g, out, err) < 0)
		return err_wrap(err, "thunk %s", id->s);
	return 0;
}

static bool number_of(void *arg, const struct oid *id, uint32_t *number)
{
	node_named(arg, id);
	/* by its own name: the rewritten one can be lost (set_run) */
	const struct node *n = recent_find(arg, id);
	if (!n)
		return false;
	*number = n->number;
	return true;
}

static void name_of(void *arg, uint32_t number, struct oid *id)
{
	struct node *n = node_at(arg, number);

	own_name(n, id);
	recent_keep(arg, id, n);
}

/* What thunk_read has just read: the node needs it once more, its dependencies have numbers. */
static void keep_packed(struct graph *g, struct node *n)
{
	struct buf *packed = &g->packing;

	if (g->packed_bytes >= PACKED_BYTES_MAX)
		return;
	buf_reset(packed);
	packed_make(g->scratch.data, g->scratch.len, &g->numbers, packed);
	n->packed = memcpy(arena_take(&g->arena, packed->len), packed->data, packed->len);
	n->packed_bytes = (uint32_t)packed->len;
	g->packed_bytes += packed->len;
}

static void drop_packed(struct graph *g, struct node *n)
{
	arena_give(&g->arena, n->packed, n->packed_bytes);
	g->packed_bytes -= n->packed_bytes;
	n->packed_bytes = 0;
	n->packed = NULL;
}

/* The node's own thunk, kept or read. */
static int own_thunk(struct graph *g, struct node *n, struct thunk **out, struct err *err)
{
	struct oid id;

	if (!n->packed) {
		own_name(n, &id);
		return thunk_read(g, &id, out, err);
	}
	buf_reset(&g->scratch);
	packed_open(n->packed, n->packed_bytes, &g->numbers, &g->scratch);
	drop_packed(g, n);
	if (scratch_decode(g, out, err) < 0) {
		own_name(n, &id);
		return err_wrap(err, "thunk %s", id.s);
	}
	return 0;
}

/* Whose references are substituted. */
struct rewritten {
	struct graph *graph;
	struct node *node;
};

static int resolve(void *arg, const struct oid *thunk, const char *tag, struct oid *value,
                   struct err *err)
{
	struct rewritten *w = arg;
	const struct node *dependency = node_named(w->graph, thunk);
	const struct result *r = result_find(dependency, tag);
	if (!r)
		return no_output(thunk, tag, err);
	w->node->tainted |= dependency->tainted;
	name_unpack(&r->value, false, value);
	return 0;
}

/* The thunk with all references substituted, and its name then. Nothing is written: what is
 * remembered never needs to be. */
static int node_rewrite(struct graph *g, struct node *n, struct thunk **out, struct name *now,
                        struct err *err)
{
	struct rewritten of = { g, n };
	auto_thunk t = NULL;
	struct oid id;

	if (own_thunk(g, n, &t, err) < 0)
		return -1;
	buf_reset(&g->scratch);
	if (rewrite_thunk(t, resolve, &of, err) < 0 || thunk_encode(t, &g->scratch, err) < 0) {
		own_name(n, &id);
		return err_wrap(err, "thunk %s", id.s);
	}
	digest_bytes(g->scratch.data, g->scratch.len, &id);
	name_pack(&id, now);
	*out = steal(&t);
	return 0;
}

static void set_run(struct graph *g, struct node *n, const struct name *now)
{
	n->run = take(g, sizeof(*n->run));
	*n->run = *now;
}

/* The node will soon be handed out. */
static void keep_thunk(struct graph *g, struct node *n, struct thunk **t)
{
	if (n->state != NODE_READY || n->thunk || g->n_kept >= KEPT_MAX)
		return;
	n->thunk = steal(t);
	g->n_kept++;
}

static void copy_results(struct graph *g, struct node *n, const struct node *from)
{
	struct memo m = { 0 };
	struct oid id, own;
	struct err ignored;

	n->results = from->results;
	n->remembered = from->remembered;
	n->tainted |= from->tainted;
	run_name(n, &id);
	/* Only a shortcut for the next run. */
	if (!n->tainted && store_memo_get(g->store, &id, &m, &ignored) == 1) {
		own_name(n, &own);
		store_memo_put(g->store, &own, &m, &ignored);
		memo_release(&m);
	}
	settle(g, n, NODE_DONE);
}

/* The same process is known already: take its results, now or when it has them. */
static void join(struct graph *g, struct node *n, struct node *other)
{
	n->twin = true;
	if (other->state == NODE_DONE)
		copy_results(g, n, other);
	else if (has_failed(other))
		settle(g, n, NODE_SKIPPED);
	else
		edge_add(g, other, n);
}

static int enter_rewritten(struct graph *g, struct node *n, struct err *err)
{
	auto_thunk t = NULL;
	struct name name;
	struct oid now;

	if (node_rewrite(g, n, &t, &name, err) < 0)
		return -1;
	struct node *other = node_find(g, &name);
	if (other && other != n) {
		set_run(g, n, &name);
		join(g, n, other);
		return 0;
	}
	if (!other) {
		set_run(g, n, &name);
		table_add(g, n->run, n, true);
	}
	name_unpack(&name, true, &now);
	int found = remember(g, n, &now, err);
	if (found == 0) {
		set_ready(g, n);
		keep_thunk(g, n, &t);
	}
	thunk_drop(g, steal(&t));
	return found;
}

/* Nothing is left that it waits for. */
static void unblocked(struct graph *g, struct node *n)
{
	const struct node *other = n->twin ? node_find(g, n->run) : NULL;
	struct err err = ERR_INIT;

	/* the other may have become another process: a result that was made again differed */
	n->twin = other && other->state == NODE_DONE;
	if (n->twin)
		copy_results(g, n, other);
	else if (n->following)
		end_following(g, n);
	else if (!n->has_deps)
		set_ready(g, n);
	else if (enter_rewritten(g, n, &err) < 0)
		node_break(g, n, err.msg);
}

static void add_dependencies(struct graph *g, struct node *n, const struct thunk *t)
{
	bool failed = false;

	BUG_IF(!t);
	n->loaded = true;
	n->has_deps = t->thunks.n > 0;
	for (size_t i = 0; i < t->thunks.n; i++) {
		struct node *d = node_intern(g, &t->thunks.v[i].id);

		if (d->level <= n->level)
			d->level = n->level + 1;
		failed |= has_failed(d);
		if (d->state != NODE_DONE)
			edge_add(g, d, n);
	}
	if (n->has_deps && !failed)
		keep_packed(g, n);
	if (failed)
		settle(g, n, NODE_SKIPPED);
	else if (n->blocked == 0)
		unblocked(g, n);
}

/* @first: takes the first error, for graph_add. */
static void node_load(struct graph *g, struct node *n, struct err *first)
{
	struct err err = ERR_INIT;
	auto_thunk t = NULL;
	struct oid id;

	own_name(n, &id);
	int found = remember(g, n, &id, &err);
	if (found > 0)
		return;
	if (found == 0 && thunk_read(g, &id, &t, &err) == 0) {
		add_dependencies(g, n, t);
		if (!n->has_deps)
			keep_thunk(g, n, &t);
		thunk_drop(g, steal(&t));
		return;
	}
	if (first->kind == ERR_NONE)
		*first = err;
	n->unread = (unsigned char)err.kind;
	node_break(g, n, err.msg);
}

static void tell_dependents(struct graph *g, struct node *n)
{
	struct edge *e = n->dependents;

	n->dependents = NULL;
	while (e) {
		struct edge *next = e->next;
		struct node *d = e->to;

		e->next = g->free_edges;
		g->free_edges = e;
		e = next;
		d->blocked--;
		if (d->state != NODE_WAITING)
			continue; /* skipped already */
		if (n->state != NODE_DONE)
			settle(g, d, NODE_SKIPPED);
		else if (d->blocked == 0)
			unblocked(g, d);
	}
}

static void work(struct graph *g, struct err *first)
{
	for (;;) {
		struct node *n;

		if ((n = queue_pop(&g->settled))) {
			tell_dependents(g, n);
			queue_push(&g->told, n);
		} else if ((n = queue_pop(&g->load))) {
			node_load(g, n, first);
		} else {
			return;
		}
	}
}

static void drain(struct graph *g)
{
	struct err ignored = ERR_INIT; /* told through graph_on_broken */

	work(g, &ignored);
	if (g->draining)
		return;
	g->draining = true;
	for (struct node *n; (n = queue_pop(&g->told));) {
		if (!n->told && g->settled_fn)
			g->settled_fn(g->settled_arg, n, n->remembered);
		n->told = true;
		work(g, &ignored);
	}
	g->draining = false;
}

/* -- results that were lost -- */

static bool results_held(struct graph *g, const struct node *n)
{
	for (const struct result *r = n->results; r; r = r->next) {
		struct oid id;

		name_unpack(&r->value, r->is_thunk, &id);
		if (!store_held(g->store, &id))
			return false;
	}
	return true;
}

/* A twin gets its results from the other again; what has run runs again; what was remembered is
 * loaded as if it were new. Rewritten thunks stay right: the same process, the same values. */
static void begin_again(struct graph *g, struct node *n)
{
	n->results = NULL;
	n->remembered = n->told = n->following = false;
	set_state(g, n, NODE_WAITING);
	if (!n->loaded)
		queue_push(&g->load, n);
	else
		set_ready(g, n);
}

/* If the node is done and its results are gone. True: it is not done any more. */
static bool make_again(struct graph *g, struct node *n)
{
	if (n->state != NODE_DONE || n->remade >= REMADE_MAX || results_held(g, n))
		return false;
	n->remade++;
	struct node *other = n->twin ? node_find(g, n->run) : NULL;
	n->twin = other != NULL;
	if (!n->twin) {
		begin_again(g, n);
		return true;
	}
	if (other->state == NODE_DONE)
		begin_again(g, other);
	n->results = NULL;
	n->told = false;
	set_state(g, n, NODE_WAITING);
	edge_add(g, other, n);
	return true;
}

bool graph_remake(struct graph *g, struct node *n)
{
	bool again = make_again(g, n);

	drain(g);
	return again;
}

unsigned graph_times_lost(const struct node *n)
{
	return n->remade;
}

bool graph_remake_inputs(struct graph *g, struct node *n)
{
	auto_thunk t = NULL;
	struct err ignored;
	struct oid id;
	bool waits = false;

	BUG_IF(n->state != NODE_RUNNING);
	own_name(n, &id);
	if (!n->has_deps || thunk_read(g, &id, &t, &ignored) < 0)
		return false;
	for (size_t i = 0; i < t->thunks.n; i++) {
		struct node *d = node_named(g, &t->thunks.v[i].id);

		make_again(g, d);
		if (d->state == NODE_DONE || has_failed(d))
			continue;
		edge_add(g, d, n);
		waits = true;
	}
	if (waits)
		set_state(g, n, NODE_WAITING);
	drain(g);
	return waits;
}

/* -- the public face -- */

struct graph *graph_new(struct store *st)
{
	struct graph *g = xcalloc(1, sizeof(*g));

	g->store = st;
	g->arena.chunk_bytes = CHUNK_BYTES;
	g->arena.chunk_max_bytes = CHUNK_MAX_BYTES;
	g->numbers = (struct packed_names){ g, number_of, name_of };
	return g;
}

void graph_free(struct graph *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->ready.n; i++)
		thunk_free(((struct node *)g->ready.v[i].ptr)->thunk);
	for (uint32_t i = 0; i < g->counts.nodes; i++)
		free(node_at(g, i)->why);
	for (unsigned i = 0; i < BLOCKS_MAX; i++)
		free(g->blocks[i]);
	arena_release(&g->arena);
	heap_release(&g->ready);
	thunk_free(g->spare);
	buf_release(&g->scratch);
	buf_release(&g->packing);
	free(g->slots);
	free(g);
}

struct node *graph_add(struct graph *g, const struct oid *thunk, struct err *err)
{
	struct err first = ERR_INIT;
	size_t before = g->counts.nodes;

	if (!oid_valid(thunk->s) || !oid_is_thunk(thunk)) {
		err_set(err, ERR_CORRUPT, "%.60s is not the name of a thunk", thunk->s);
		return NULL;
	}
	struct node *n = node_intern(g, thunk);
	bool is_new = g->counts.nodes > before;
	work(g, &first);
	if (is_new && (n->state == NODE_DONE || has_failed(n)))
		n->told = true; /* the caller sees it */
	drain(g);
	/* asked for again: what could not be read before can't be now */
	if (first.kind == ERR_NONE && n->unread)
		err_set(&first, (enum err_kind)n->unread, "%s", n->why);
	if (first.kind != ERR_NONE && has_failed(n)) {
		if (err)
			*err = first;
		return NULL;
	}
	return n;
}

static void break_circles(struct graph *g)
{
	for (uint32_t i = 0; i < g->counts.nodes; i++) {
		struct node *n = node_at(g, i);

		if (n->state == NODE_WAITING && (n->following || n->twin))
			node_break(g, n, "its result depends on itself");
	}
	drain(g);
}

/* What a ready node runs. A dependency that was made again meanwhile may have another result
 * now: it is that which counts. */
static int run_thunk(struct graph *g, struct node *n, struct thunk **out, struct err *err)
{
	struct name now;
	struct oid id;

	if (n->thunk) {
		*out = steal(&n->thunk);
		g->n_kept--;
		return 0;
	}
	own_name(n, &id);
	if (!n->run)
		return thunk_read(g, &id, out, err);
	if (node_rewrite(g, n, out, &now, err) < 0)
		return -1;
	if (!name_eq(&now, n->run))
		set_run(g, n, &now);
	return 0;
}

int graph_store(struct graph *g, const struct node *n, struct thunk *t, struct err *err)
{
	struct oid id;

	if (!n->run)
		return 0;
	buf_reset(&g->scratch);
	if (thunk_encode(t, &g->scratch, err) < 0)
		return -1;
	return store_put(g->store, g->scratch.data, g->scratch.len, &id, err);
}

struct node *graph_next(struct graph *g, struct oid *id, struct thunk **thunk, struct err *err)
{
	struct node *n;

	while ((n = heap_pop(&g->ready))) {
		if (run_thunk(g, n, thunk, err) == 0) {
			run_name(n, id);
			set_state(g, n, NODE_RUNNING);
			return n;
		}
		node_break(g, n, err->msg);
		drain(g);
	}
	if (g->counts.running == 0 && g->counts.waiting > 0)
		break_circles(g);
	return NULL;
}

void graph_requeue(struct graph *g, struct node *n)
{
	BUG_IF(n->state != NODE_RUNNING);
	set_ready(g, n);
}

int graph_done(struct graph *g, struct node *n, const struct memo *m, bool memoize,
               struct err *err)
{
	struct oid id, own;
	int rc = 0;

	BUG_IF(n->state != NODE_RUNNING);
	n->tainted |= !memoize;
	/* with what those note who are told of it */
	store_hold_writes(g->store);
	if (memoize) {
		run_name(n, &id);
		rc = store_memo_put(g->store, &id, m, err);
	}
	if (rc == 0 && n->run && !n->tainted) {
		own_name(n, &own);
		rc = store_memo_put(g->store, &own, m, err);
	}
	take_results(g, n, m);
	drain(g);
	if (store_release_writes(g->store, rc < 0 ? NULL : err) < 0)
		rc = -1;
	return rc;
}

void graph_failed(struct graph *g, struct node *n)
{
	BUG_IF(n->state != NODE_RUNNING);
	settle(g, n, NODE_FAILED);
	drain(g);
}

enum node_state graph_state(const struct node *n)
{
	return n->state;
}

int graph_output(struct graph *g, struct node *n, const char *tag, struct oid *value,
                 bool *executable, struct err *err)
{
	const struct result *r = n->state == NODE_DONE ? result_find(n, tag) : NULL;

	if (!r) {
		struct oid id;

		own_name(n, &id);
		return no_output(&id, tag, err);
	}
	name_unpack(&r->value, false, value);
	*executable = r->executable;
	return 0;
}

void graph_outputs(const struct graph *g, const struct node *n, struct inputs *out)
{
	(void)g;
	for (const struct result *r = n->results; r; r = r->next) {
		struct oid id;

		name_unpack(&r->value, r->is_thunk, &id);
		inputs_add(out, &id);
	}
}

void graph_id(const struct node *n, struct oid *out)
{
	own_name(n, out);
}

int64_t graph_ready_ns(const struct node *n)
{
	return n->ready_ns;
}

const char *graph_why(const struct node *n)
{
	return n->why;
}

void graph_on_settled(struct graph *g, graph_settled_fn *fn, void *arg)
{
	g->settled_fn = fn;
	g->settled_arg = arg;
}

void graph_on_broken(struct graph *g, graph_broken_fn *fn, void *arg)
{
	g->broken_fn = fn;
	g->broken_arg = arg;
}

void graph_set_user(struct node *n, void *user)
{
	n->user = user;
}

void *graph_user(const struct node *n)
{
	return n->user;
}

void graph_counts(const struct graph *g, struct graph_counts *out)
{
	*out = g->counts;
}
