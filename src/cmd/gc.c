/* gg gc: keep the store small. */
#include <getopt.h>

#include "cmd/cmd.h"
#include "cmd/json.h"
#include "cmd/progress.h"
#include "cmd/remote.h"
#include "cmd/units.h"
#include "store/gc.h"
#include "ui/text.h"

enum { OPT_MAX_SIZE = 256, OPT_OLDER, OPT_JSON, OPT_REMOTE, OPT_STORE, OPT_YES };

static void print_json(const struct gc_result *r, bool dry_run)
{
	json_t *j = json_object();

	json_object_set_new(j, "dry_run", json_boolean(dry_run));
	json_object_set_new(j, "objects", json_count(r->blobs));
	json_object_set_new(j, "bytes", json_count(r->bytes));
	json_object_set_new(j, "removed", json_count(r->removed));
	json_object_set_new(j, "removed_bytes", json_count(r->removed_bytes));
	json_object_set_new(j, "kept_for_runs", json_count(r->kept_for_runs));
	json_object_set_new(j, "kept_for_placeholders", json_count(r->kept_for_placeholders));
	json_object_set_new(j, "results", json_count(r->memos));
	json_object_set_new(j, "forgotten_results", json_count(r->removed_memos));
	json_object_set_new(j, "forgotten_plans", json_count(r->removed_plans));
	json_object_set_new(j, "removed_other", json_count(r->removed_other));
	json_object_set_new(j, "other_gg_running", json_boolean(r->others_run));
	json_print(j);
}

static void print_text(const struct gc_result *r, bool dry_run)
{
	auto_buf before = BUF_INIT;
	auto_buf removed = BUF_INIT;
	auto_buf left = BUF_INIT;

	text_size(&before, r->bytes);
	text_size(&removed, r->removed_bytes);
	text_size(&left, r->bytes - r->removed_bytes);
	printf("%s %llu of %llu objects, %s of %s; %s left\n",
	       dry_run ? "would remove" : "removed", (unsigned long long)r->removed,
	       (unsigned long long)r->blobs, buf_str(&removed), buf_str(&before),
	       buf_str(&left));
	if (r->removed_memos)
		printf("%s %llu of %llu results, whose objects are gone\n",
		       dry_run ? "would forget" : "forgot",
		       (unsigned long long)r->removed_memos, (unsigned long long)r->memos);
	if (r->removed_plans)
		printf("%s %llu plans of commands, whose thunks are gone\n",
		       dry_run ? "would forget" : "forgot",
		       (unsigned long long)r->removed_plans);
	if (r->removed_other)
		printf("%s %llu damaged things that had been set aside\n",
		       dry_run ? "would remove" : "removed",
		       (unsigned long long)r->removed_other);
	if (r->kept_for_runs)
		printf("kept %llu objects that a running gg may need: run gg gc again when it "
		       "has ended\n",
		       (unsigned long long)r->kept_for_runs);
	if (r->kept_for_placeholders)
		printf("kept %llu objects that waiting placeholders need\n",
		       (unsigned long long)r->kept_for_placeholders);
}

static void show(void *arg, const char *doing, uint64_t done, uint64_t all)
{
	progress_show(arg, doing, done, all);
}

static int run(const struct command *self, struct gc_options *o, bool json)
{
	struct progress p;
	struct gc_result r;
	struct err err = ERR_INIT;
	auto_store st = NULL;

	if (command_open_store_alone(&st, &err) < 0)
		return command_failed(self, &err);
	progress_begin(&p);
	o->arg = &p;
	o->progress = show;
	int rc = store_gc(st, o, &r, &err);
	progress_clear(&p);
	if (rc < 0)
		return command_failed(self, &err);
	if (json)
		print_json(&r, o->dry_run);
	else
		print_text(&r, o->dry_run);
	return 0;
}

int cmd_gc(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "max-size", required_argument, NULL, OPT_MAX_SIZE },
		{ "older-than", required_argument, NULL, OPT_OLDER },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "remote", no_argument, NULL, OPT_REMOTE },
		{ "store", required_argument, NULL, OPT_STORE },
		{ "yes", no_argument, NULL, OPT_YES },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct gc_options o = { .max_bytes = UINT64_MAX, .older_ns = INT64_MAX };
	bool for_remote = false;
	bool json = false;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:nh", longs, NULL)) != -1) {
		switch (c) {
		case OPT_MAX_SIZE:
			if (units_size(optarg, &o.max_bytes) < 0)
				return command_usage(self,
				                     "--max-size takes a size like 500M or "
				                     "2.5G, not \"%s\"",
				                     optarg);
			break;
		case OPT_OLDER:
			if (units_age(optarg, &o.older_ns) < 0)
				return command_usage(self,
				                     "--older-than takes an age like 30d, 12h "
				                     "or 2w, not \"%s\"",
				                     optarg);
			break;
		case 'n': o.dry_run = true; break;
		case OPT_JSON: json = true; break;
		case OPT_REMOTE: return remote_command(self, argc, argv);
		case OPT_STORE:
		case OPT_YES: for_remote = true; break;
		case 'h': return command_help(self);
		case ':': return command_usage(self, "%s takes a value", argv[optind - 1]);
		default: return command_usage(self, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage(self, "takes no operands, not \"%s\"", argv[optind]);
	if (for_remote)
		return command_usage(self, "--store and --yes belong to --remote");
	if (o.max_bytes == UINT64_MAX && o.older_ns == INT64_MAX)
		o.older_ns = 30 * 86400000000000;
	return run(self, &o, json);
}
