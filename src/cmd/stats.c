/* gg stats: what became of the commands, in the last run and in all. */
#include <getopt.h>
#include <string.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/json.h"
#include "cmd/remote.h"
#include "model/question.h"
#include "store/runs.h"
#include "ui/text.h"

enum { REASONS_SHOWN = 20 };

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* Commands that make nothing, and only ask a tool about itself. */
static uint64_t count_questions(const struct record_reason *v, size_t n)
{
	uint64_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const char *why = strstr(v[i].text, ": ");

		if (why && strcmp(why + 2, QUESTION_REASON) == 0)
			count += v[i].count;
	}
	return count;
}

/* The part of what makes something. */
static double modelled_percent(const struct record_counts *c, uint64_t questions)
{
	return percent(c->modelled, c->modelled + c->delegated - questions);
}

/* -- JSON -- */

static json_t *counts_json(const struct record_counts *c, uint64_t questions)
{
	json_t *j = json_object();

	json_object_set_new(j, "commands", json_count(c->commands));
	json_object_set_new(j, "modelled", json_count(c->modelled));
	json_object_set_new(j, "delegated", json_count(c->delegated));
	json_object_set_new(j, "questions", json_count(questions));
	json_object_set_new(j, "modelled_percent", json_real(modelled_percent(c, questions)));
	json_object_set_new(j, "remembered", json_count(c->remembered));
	json_object_set_new(j, "ran", json_count(c->ran));
	json_object_set_new(j, "failed", json_count(c->failed));
	json_object_set_new(j, "retried", json_count(c->retried));
	json_object_set_new(j, "made_bytes", json_count(c->made_bytes));
	json_object_set_new(j, "remembered_bytes", json_count(c->kept_bytes));
	json_object_set_new(j, "ran_wall_s", json_real((double)c->ran_wall_ns / 1e9));
	json_object_set_new(j, "ran_cpu_s", json_real((double)c->ran_cpu_ns / 1e9));
	json_object_set_new(j, "saved_wall_s", json_real((double)c->saved_wall_ns / 1e9));
	json_object_set_new(j, "saved_cpu_s", json_real((double)c->saved_cpu_ns / 1e9));
	return j;
}

static json_t *reasons_json(const struct record_reason *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "reason", json_text(v[i].text));
		json_object_set_new(j, "count", json_count(v[i].count));
		if (*v[i].example)
			json_object_set_new(j, "example", json_text(v[i].example));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *last_json(const struct record *r)
{
	json_t *j = counts_json(&r->counts, count_questions(r->reasons, r->n_reasons));

	json_object_set_new(j, "run", json_count(r->number));
	json_object_set_new(j, "command", json_text(r->command));
	json_object_set_new(j, "title", json_text(r->title));
	json_object_set_new(j, "folder", json_text(r->folder));
	json_object_set_new(j, "began", json_real((double)r->began_ns / 1e9));
	json_object_set_new(j, "wall_s", json_real((double)r->wall_ns / 1e9));
	json_object_set_new(j, "status", json_integer(r->status));
	json_object_set_new(j, "reasons", reasons_json(r->reasons, r->n_reasons));
	return j;
}

static void print_json(const struct record *last, const struct runs_total *total)
{
	json_t *j = json_object();
	json_t *all =
		counts_json(&total->counts, count_questions(total->reasons, total->n_reasons));

	json_object_set_new(all, "runs", json_count(total->runs));
	json_object_set_new(all, "wall_s", json_real((double)total->wall_ns / 1e9));
	json_object_set_new(all, "reasons", reasons_json(total->reasons, total->n_reasons));
	json_object_set_new(j, "last", last->number ? last_json(last) : json_null());
	json_object_set_new(j, "total", all);
	json_print(j);
}

/* -- text -- */

static void print_row(const char *name, const char *last, const char *total)
{
	printf("  %-26s %14s %14s\n", name, last, total);
}

static void print_count(const char *name, uint64_t last, uint64_t total)
{
	char a[32];
	char b[32];

	snprintf(a, sizeof(a), "%llu", (unsigned long long)last);
	snprintf(b, sizeof(b), "%llu", (unsigned long long)total);
	print_row(name, a, b);
}

static void print_percent(const char *name, double last, double total)
{
	char a[32];
	char b[32];

	snprintf(a, sizeof(a), "%.1f %%", last);
	snprintf(b, sizeof(b), "%.1f %%", total);
	print_row(name, a, b);
}

/* printf pads by bytes, and "µs" has one more than it has columns. */
static void print_duration(const char *name, int64_t last, int64_t total)
{
	const int64_t v[] = { last, total };

	printf("  %-26s", name);
	for (size_t i = 0; i < 2; i++) {
		auto_buf text = BUF_INIT;

		text_duration(&text, v[i]);
		printf(" %*s", strstr(buf_str(&text), "µ") ? 15 : 14, buf_str(&text));
	}
	putchar('\n');
}

static void print_bytes(const char *name, uint64_t last, uint64_t total)
{
	auto_buf a = BUF_INIT;
	auto_buf b = BUF_INIT;

	text_size(&a, last);
	text_size(&b, total);
	print_row(name, buf_str(&a), buf_str(&b));
}

static void print_reasons(const char *title, const struct record_reason *v, size_t n)
{
	if (n == 0)
		return;
	printf("\n%s\n", title);
	for (size_t i = 0; i < n && i < REASONS_SHOWN; i++) {
		auto_buf text = BUF_INIT;

		text_plain(&text, v[i].text);
		printf("  %6llu  %s\n", (unsigned long long)v[i].count, buf_str(&text));
		buf_reset(&text);
		text_plain(&text, v[i].example);
		if (text.len)
			printf("          as in: %.120s%s\n", buf_str(&text),
			       text.len > 120 ? "…" : "");
	}
	if (n > REASONS_SHOWN)
		printf("  and %zu more: gg stats --json\n", n - REASONS_SHOWN);
}

static void print_text(const struct record *last, const struct runs_total *total)
{
	const struct record_counts *a = &last->counts;
	const struct record_counts *b = &total->counts;
	auto_buf when = BUF_INIT;
	auto_buf title = BUF_INIT;

	if (last->number == 0 && total->runs == 0) {
		puts("No runs yet. Make one with: gg build -- make");
		return;
	}
	text_time(&when, last->began_ns);
	text_plain(&title, last->title ? last->title : "");
	if (last->number)
		printf("last run: %llu, %s, gg %s: %.100s\n\n",
		       (unsigned long long)last->number, buf_str(&when), last->command,
		       buf_str(&title));
	const uint64_t questions[2] = { count_questions(last->reasons, last->n_reasons),
		                        count_questions(total->reasons, total->n_reasons) };
	char runs[32];
	snprintf(runs, sizeof(runs), "%llu runs", (unsigned long long)total->runs);
	print_row("", "last run", runs);
	print_count("commands seen", a->commands, b->commands);
	print_count("  became thunks", a->modelled, b->modelled);
	print_count("  ran as they are", a->delegated, b->delegated);
	print_count("    and only print", questions[0], questions[1]);
	print_percent("  modelled of the others", modelled_percent(a, questions[0]),
	              modelled_percent(b, questions[1]));
	print_count("thunks remembered", a->remembered, b->remembered);
	print_count("thunks run", a->ran, b->ran);
	print_count("  of which failed", a->failed, b->failed);
	print_count("  tried again", a->retried, b->retried);
	print_bytes("bytes made", a->made_bytes, b->made_bytes);
	print_bytes("bytes remembered", a->kept_bytes, b->kept_bytes);
	print_duration("elapsed", last->wall_ns, total->wall_ns);
	print_duration("CPU of thunks run", a->ran_cpu_ns, b->ran_cpu_ns);
	print_duration("CPU saved by remembering", a->saved_cpu_ns, b->saved_cpu_ns);
	print_reasons("ran as they are, last run:", last->reasons, last->n_reasons);
	print_reasons("ran as they are, all runs:", total->reasons, total->n_reasons);
}

static int show(struct store *st, bool json, struct err *err)
{
	auto_record last = RECORD_INIT;
	struct runs_total total;

	if (runs_load(st, 0, true, &last, err) < 0 && err->kind != ERR_NOTFOUND)
		return -1;
	if (runs_total(st, &total, err) < 0)
		return -1;
	if (json)
		print_json(&last, &total);
	else
		print_text(&last, &total);
	runs_total_release(&total);
	return 0;
}

int cmd_stats(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'J' },        { "remote", no_argument, NULL, 'r' },
		{ "store", required_argument, NULL, 's' }, { "zero", no_argument, NULL, 'z' },
		{ "help", no_argument, NULL, 'h' },        { NULL, 0, NULL, 0 }
	};
	struct err err = ERR_INIT;
	auto_store st = NULL;
	const char *storage = NULL;
	bool json = false;
	bool zero = false;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:zh", longs, NULL)) != -1) {
		switch (c) {
		case 'J': json = true; break;
		case 'r': return remote_command(self, argc, argv);
		case 's': storage = optarg; break;
		case 'z': zero = true; break;
		case 'h': return command_help(self);
		case ':': return command_usage(self, "%s takes a value", argv[optind - 1]);
		default: return command_usage(self, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage(self, "takes no operands, not \"%s\"", argv[optind]);
	if (storage)
		return command_usage(self, "--store belongs to --remote");
	if (command_open_store(false, &st, &err) < 0)
		return command_failed(self, &err);
	if ((zero ? runs_zero(st, &err) : show(st, json, &err)) < 0)
		return command_failed(self, &err);
	return 0;
}
