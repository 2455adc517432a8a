/*
 * gg execute: run thunks now, in order, in the sandbox, without asking the memo table. Its exit
 * codes are the original's.
 */
#include <getopt.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/names.h"
#include "core/codec.h"
#include "exec/execute.h"

enum { EXECUTE_OPERATIONAL = 3, EXECUTE_FAILED = 5 };

struct session {
	struct store *store;
	struct executor *executor;
	struct box *box;
	bool timelog;
};

static void show(struct store *st, const struct oid *id, FILE *to)
{
	auto_buf text = BUF_INIT;
	struct err err;

	if (*id->s && store_get(st, id, &text, &err) == 0)
		fwrite(text.data, 1, text.len, to);
}

static int run_thunk(struct session *s, const struct oid *id, const struct thunk *t,
                     struct err *err)
{
	struct execution *x = NULL;
	struct box_result r = { 0 };
	struct outcome o = { 0 };

	if (executor_prepare(s->executor, id, t, &x, err) < 0)
		return -1;
	int rc = box_run(s->box, execution_job(x), &r, err);
	if (rc == 0) {
		executor_finish(s->executor, x, &r, &o);
		show(s->store, &o.memo.out_text, stdout);
		show(s->store, &o.memo.err_text, stderr);
		if (o.what != OUTCOME_OK)
			rc = err_set(err, ERR_FAILED, "%s: %s", id->s, o.why);
		else
			rc = store_memo_put(s->store, id, &o.memo, err);
		outcome_release(&o);
	}
	execution_free(x);
	return rc;
}

static int execute(struct session *s, const char *name, struct err *err)
{
	auto_buf raw = BUF_INIT;
	auto_thunk t = NULL;
	struct oid id;
	int64_t began = clock_now_ns();

	if (names_thunk(s->store, name, &id, err) < 0 ||
	    store_get(s->store, &id, &raw, err) < 0)
		return EXECUTE_OPERATIONAL;
	if (thunk_decode(raw.data, raw.len, &t, err) < 0)
		return EXECUTE_OPERATIONAL;
	int64_t read = clock_now_ns();
	if (run_thunk(s, &id, t, err) < 0)
		return EXECUTE_FAILED;
	if (s->timelog) {
		printf("%lld\n", (long long)(clock_wall_ns() / 1000000));
		printf("read_thunk %lld\ndo_cleanup 0\nget_dependencies 0\nexecute %lld\n"
		       "upload_output 0\n",
		       (long long)((read - began) / 1000000),
		       (long long)((clock_now_ns() - read) / 1000000));
	}
	return 0;
}

static int execute_all(const struct command *self, struct session *s, int n, char **names)
{
	struct err err = ERR_INIT;

	if (command_open_store(false, &s->store, &err) < 0 ||
	    box_start(BOX_AUTO, 1, store_tmp(s->store), &s->box, &err) < 0) {
		command_failed(self, &err);
		return EXECUTE_OPERATIONAL;
	}
	s->executor = executor_new(s->store);
	int rc = 0;
	for (int i = 0; rc == 0 && i < n; i++)
		rc = execute(s, names[i], &err);
	if (rc)
		command_failed(self, &err);
	return rc;
}

int cmd_execute(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "get-dependencies", no_argument, NULL, 'g' },
		                               { "put-output", no_argument, NULL, 'p' },
		                               { "cleanup", no_argument, NULL, 'C' },
		                               { "timelog", no_argument, NULL, 'T' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	struct session s = { 0 };
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+gpCTh", longs, NULL)) != -1) {
		switch (c) {
		case 'h': return command_help(self);
		case 'T': s.timelog = true; break;
		case 'C': break; /* nothing is unpacked that would have to be cleaned up */
		case 'g':
		case 'p':
			command_usage(self, "-%c needs a storage backend, and there is none",
			              c);
			return EXECUTE_OPERATIONAL;
		default:
			command_usage(self, "unknown option %s", argv[optind - 1]);
			return EXECUTE_OPERATIONAL;
		}
	}
	if (optind == argc) {
		command_usage(self, "name at least one thunk");
		return EXECUTE_OPERATIONAL;
	}
	int rc = execute_all(self, &s, argc - optind, argv + optind);
	executor_free(s.executor);
	box_stop(s.box);
	store_close(s.store);
	return rc;
}
