/* gg fsck: is the store what it says it is? */
#include <getopt.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/json.h"
#include "cmd/progress.h"
#include "store/fsck.h"
#include "ui/text.h"

enum { EXIT_DAMAGE = 1 };

struct fsck {
	struct progress progress;
	json_t *problems; /* NULL: text */
};

static void show(void *arg, const char *doing, uint64_t done, uint64_t all)
{
	progress_show(&((struct fsck *)arg)->progress, doing, done, all);
}

static void on_found(void *arg, const char *name, const char *what)
{
	struct fsck *f = arg;
	auto_buf line = BUF_INIT;

	if (f->problems) {
		json_t *j = json_object();

		json_object_set_new(j, "name", json_text(name));
		json_object_set_new(j, "problem", json_text(what));
		json_array_append_new(f->problems, j);
		return;
	}
	progress_clear(&f->progress);
	if (strncmp(what, name, strlen(name)) != 0) {
		text_plain(&line, name);
		buf_adds(&line, ": ");
	}
	text_plain(&line, what);
	puts(buf_str(&line));
}

static void print_json(const struct fsck *f, const struct fsck_result *r)
{
	json_t *j = json_object();

	json_object_set_new(j, "clean", json_boolean(fsck_is_clean(r)));
	json_object_set_new(j, "objects", json_count(r->blobs));
	json_object_set_new(j, "bytes", json_count(r->bytes));
	json_object_set_new(j, "corrupt", json_count(r->corrupt));
	json_object_set_new(j, "strangers", json_count(r->strangers));
	json_object_set_new(j, "results", json_count(r->memos));
	json_object_set_new(j, "results_without_objects", json_count(r->dangling));
	json_object_set_new(j, "log_records", json_count(r->log_records));
	json_object_set_new(j, "log_bad_bytes", json_count(r->log_bad_bytes));
	json_object_set_new(j, "index_damaged", json_boolean(r->index_damaged));
	json_object_set_new(j, "repaired", json_boolean(r->repaired));
	json_object_set(j, "problems", f->problems);
	json_print(j);
}

static void print_text(const struct fsck_result *r)
{
	auto_buf size = BUF_INIT;

	text_size(&size, r->bytes);
	printf("%llu objects (%s), %llu results, %llu records in memo.log\n",
	       (unsigned long long)r->blobs, buf_str(&size), (unsigned long long)r->memos,
	       (unsigned long long)r->log_records);
	if (r->dangling)
		printf("%llu results have no objects any more: they count as not "
		       "remembered%s\n",
		       (unsigned long long)r->dangling,
		       r->repaired ? ", and are forgotten" : "");
	if (r->corrupt)
		printf("%llu damaged objects are set aside in .gg/corrupt: what made them runs "
		       "again when it is needed\n",
		       (unsigned long long)r->corrupt);
	if (r->log_bad_bytes)
		printf("memo.log: %llu bytes belong to no record%s\n",
		       (unsigned long long)r->log_bad_bytes,
		       r->repaired ? "; it is written anew" : ": gg fsck --repair");
	if (fsck_is_clean(r))
		puts("all is as it should be");
}

static int run(const struct command *self, bool repair, bool json)
{
	struct fsck f = { .problems = json ? json_array() : NULL };
	const struct fsck_options o = {
		.repair = repair, .arg = &f, .progress = show, .found = on_found
	};
	struct fsck_result r;
	struct err err = ERR_INIT;
	auto_store st = NULL;

	if (command_open_store_alone(&st, &err) < 0)
		return command_failed(self, &err);
	progress_begin(&f.progress);
	int rc = store_fsck(st, &o, &r, &err);
	progress_clear(&f.progress);
	if (rc == 0 && json)
		print_json(&f, &r);
	else if (rc == 0)
		print_text(&r);
	json_decref(f.problems);
	if (rc < 0)
		return command_failed(self, &err);
	return fsck_is_clean(&r) || r.repaired ? 0 : EXIT_DAMAGE;
}

int cmd_fsck(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "repair", no_argument, NULL, 'r' },
		                               { "json", no_argument, NULL, 'J' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	bool repair = false;
	bool json = false;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+h", longs, NULL)) != -1) {
		switch (c) {
		case 'r': repair = true; break;
		case 'J': json = true; break;
		case 'h': return command_help(self);
		default: return command_usage(self, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage(self, "takes no operands, not \"%s\"", argv[optind]);
	return run(self, repair, json);
}
