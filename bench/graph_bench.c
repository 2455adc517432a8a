/*
 * How long a graph of N thunks takes to load, and how much memory a node costs: a ladder, each
 * thunk using both thunks of the level below. usage: graph_bench FOLDER [N]
 *
 * A ladder that an earlier run has left in the folder is loaded as it is.
 */
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/file.h"
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

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
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

static void make_ladder(struct store *st, const struct oid *program, unsigned long n,
                        struct oid top[2])
{
	for (unsigned long i = 0; i < n; i += 2) {
		struct oid left = make(st, program, i, top);
		struct oid right = make(st, program, i + 1, top);

		top[0] = left;
		top[1] = right;
	}
}

/* The names of the top, in a file of the folder. */
static void get_ladder(struct store *st, const char *folder, const struct oid *program,
                       unsigned long n, struct oid top[2])
{
	auto_free char *path = xasprintf("%s/ladder.%lu", folder, n);
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	if (file_read(path, &text, &err) == 0 && text.len == 2 * sizeof(*top)) {
		memcpy(top, text.data, text.len);
		return;
	}
	make_ladder(st, program, n, top);
	if (file_write(path, top, 2 * sizeof(*top), 0644, &err) < 0)
		die(&err);
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
	struct oid top[2] = { { "" }, { "" } };
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
	get_ladder(st, argv[1], &program, n, top);
	struct graph *g = graph_new(st);
	long before_kib = peak_kib();
	double before_s = cpu_s();
	int64_t start_ns = clock_now_ns();
	for (int i = 0; i < 2; i++)
		if (!graph_add(g, &top[i], &err))
			die(&err);
	double seconds = (double)(clock_now_ns() - start_ns) / 1e9;
	double loaded_s = cpu_s() - before_s;
	/* Scheduling: every node is handed out and answered. */
	struct memo m = { 0 };
	memo_add_output(&m, "out", &program, false);
	for (;;) {
		struct thunk *t;
		struct oid id;
		struct node *n = graph_next(g, &id, &t, &err);

		if (!n)
			break;
		thunk_free(t);
		if (graph_done(g, n, &m, false, &err) < 0)
			die(&err);
	}
	struct graph_counts c;
	graph_counts(g, &c);
	printf("%zu nodes loaded in %.3f s (%.3f s CPU), all scheduled after %.3f s CPU, %zu "
	       "done, "
	       "%.0f bytes a node, peak %ld MiB\n",
	       c.nodes, seconds, loaded_s, cpu_s() - before_s, c.done,
	       (double)(peak_kib() - before_kib) * 1024 / (double)c.nodes, peak_kib() / 1024);
	memo_release(&m);
	graph_free(g);
	return 0;
}
