/**
 * The graph of thunks. Nodes are outputs' producers by thunk name; each node counts the
 * dependencies that it still waits for, so readiness is a counter, never a search. Loading is
 * iterative and linear in nodes and edges: chains of 100,000 and full ladders are fine. A node
 * of a ladder costs 340 bytes (bench/graph_bench), its thunk included, which waits packed
 * (sched/packed.h).
 *
 *   add target ─▶ node (load, add its dependencies) ─▶ ready ─▶ [run] ─▶ done ─▶ dependents'
 * counters
 *
 * When all dependencies of a node are done, its thunk is rewritten (references substituted,
 * WIRE 5); the memo table is asked for its new name; if that has no answer it is ready, and
 * whoever runs it stores it (graph_store). A result that is itself a thunk is followed ("tail
 * call"): the node is done when that one is. Identical thunks are one node, run once, whether
 * equal before or after rewriting.
 *
 * No screen, no engine in here: see reductor.h.
 */
#ifndef SCHED_GRAPH_H
#define SCHED_GRAPH_H

#include "core/thunk.h"
#include "store/store.h"

struct graph;
struct inputs;
struct node;

enum node_state {
	NODE_WAITING, /* some dependency is not done */
	NODE_READY,   /* in the ready queue */
	NODE_RUNNING, /* handed out */
	NODE_DONE,    /* outputs known */
	NODE_FAILED,  /* ran and failed */
	NODE_SKIPPED, /* a dependency failed */
};

struct graph *graph_new(struct store *st);
void graph_free(struct graph *g);

/**
 * Add a thunk and all that it depends on. Nodes already known are shared; what the memo table
 * has is done at once. May be called at any time, also while others run. The node is borrowed
 * until graph_free. CORRUPT or NOTFOUND name the thunk that can't be read.
 */
struct node *graph_add(struct graph *g, const struct oid *thunk, struct err *err);

/** Next node to run, best first (longest known path, then oldest), with its rewritten thunk
 *  (owned by the caller) and name; NULL if none is ready. The node becomes RUNNING. */
struct node *graph_next(struct graph *g, struct oid *id, struct thunk **thunk, struct err *err);
/** Put a RUNNING node's rewritten thunk into the store, for others to get by its name. Nothing
 * to do for a thunk that was not rewritten; a stat when it is there. */
int graph_store(struct graph *g, const struct node *n, struct thunk *t, struct err *err);
/** Put a RUNNING node back into the queue. */
void graph_requeue(struct graph *g, struct node *n);
/** The node's process ended well with these outputs (also stored in the memo table when
 * @memoize, under the rewritten and the original name). */
int graph_done(struct graph *g, struct node *n, const struct memo *m, bool memoize,
               struct err *err);
/**
 * A RUNNING node's inputs are gone. Those that thunks have made, and that nobody holds any more
 * (store_held), are made again, and the node waits for them: true. False: no thunk has made
 * what is missing, or it was made again too often; the node is still RUNNING. Cost: a look-up
 * for each result of its dependencies.
 */
bool graph_remake_inputs(struct graph *g, struct node *n);
/** The results of a DONE node are wanted and nobody holds them: it runs again, and settles
 * again. False: they are held, or it ran too often. */
bool graph_remake(struct graph *g, struct node *n);
/** How often its results were lost, and it was made to run again. */
unsigned graph_times_lost(const struct node *n);
/** It failed: dependents, transitively, become SKIPPED. */
void graph_failed(struct graph *g, struct node *n);

enum node_state graph_state(const struct node *n);
/** The value of output @tag (NULL: first) of a DONE node, tail calls followed. NOTFOUND: no
 * such tag. */
int graph_output(struct graph *g, struct node *n, const char *tag, struct oid *value,
                 bool *executable, struct err *err);
/** Append the values of all outputs of a DONE node to @out. */
void graph_outputs(const struct graph *g, const struct node *n, struct inputs *out);
/** The thunk by whose name the node was first added. */
void graph_id(const struct node *n, struct oid *out);
/** When the node last became ready, on the monotonic clock; 0: never. */
int64_t graph_ready_ns(const struct node *n);

/** Called for every node that becomes DONE, FAILED or SKIPPED (@remembered: without running
 * now); never from inside graph_add for the node being added. May call graph_add. */
typedef void graph_settled_fn(void *arg, struct node *n, bool remembered);
void graph_on_settled(struct graph *g, graph_settled_fn *fn, void *arg);

/** Why a node failed without running (unreadable thunk, missing output, a circle), for a
 * person; NULL for others. */
const char *graph_why(const struct node *n);
/** Called for every node that fails without running, before it settles; see graph_why. May not
 * change the graph. */
typedef void graph_broken_fn(void *arg, struct node *n);
void graph_on_broken(struct graph *g, graph_broken_fn *fn, void *arg);

/** A slot for the owner's use. */
void graph_set_user(struct node *n, void *user);
void *graph_user(const struct node *n);

struct graph_counts {
	size_t nodes, waiting, ready, running, done, failed, skipped, remembered;
};
void graph_counts(const struct graph *g, struct graph_counts *out);

#endif
