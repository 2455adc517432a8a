/*
 * How long a graph of N thunks takes to load, and how much memory a node costs: a ladder, each
 * thunk using both thunks of the level below. usage: graph_bench FOLDER [N]
 */
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "core/codec.h"
#include "sched/graph.h"

static void die(const struct err *err)
{
	fprintf(stderr, "graph_bench: %s\n", err->msg);
	exit(1);
}

static long peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static struct oid make(struct store *st, const struct oid *program, unsigned long number,
                       const struct oid below[2])
{
	auto_thunk t = thunk_new();
	auto_buf raw = BUF_INIT;
	struct err err = ERR_INIT;
	struct oid id;

	t->function = *program;
	thunk_refs_add(&t->execs, program, NULL, NULL);
	strv_addf(&t->args, "step %lu", number);
	strv_add(&t->outputs, "out");
	for (int i = 0; i < 2 && *below[i].s; i++)
		thunk_refs_add(&t->thunks, &below[i], NULL, NULL);
	if (thunk_encode(t, &raw, &err) < 0 || store_put(st, raw.data, raw.len, &id, &err) < 0)
		die(&err);
	return id;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
	struct oid below[2] = { { "" }, { "" } };
	struct err err = ERR_INIT;
	auto_store st = NULL;
	struct oid program;

	if (argc < 2) {
		fprintf(stderr, "usage: graph_bench FOLDER [N]\n");
		return 2;
	}
	if (store_open(argv[1], STORE_CREATE, &st, &err) < 0 ||
	    store_put(st, "program", 7, &program, &err) < 0)
		die(&err);
	for (unsigned long i = 0; i < n; i += 2) {
		struct oid left = make(st, &program, i, below);
		struct oid right = make(st, &program, i + 1, below);

		below[0] = left;
		below[1] = right;
	}
	struct graph *g = graph_new(st);
	long before_kib = peak_kib();
	int64_t start_ns = clock_now_ns();
	for (int i = 0; i < 2; i++)
		if (!graph_add(g, &below[i], &err))
			die(&err);
	double seconds = (double)(clock_now_ns() - start_ns) / 1e9;
	struct graph_counts c;
	graph_counts(g, &c);
	printf("%zu nodes loaded in %.3f s, %.0f bytes a node\n", c.nodes, seconds,
	       (double)(peak_kib() - before_kib) * 1024 / (double)c.nodes);
	graph_free(g);
	return 0;
}
