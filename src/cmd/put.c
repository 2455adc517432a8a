/* gg put: send files and objects to the backend. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/collected.h"
#include "cmd/place.h"
#include "cmd/remote.h"

struct put {
	struct place place;
	struct oid *ids;
	size_t n, room;
	bool json;
};

static void put_add(struct put *p, const struct oid *id)
{
	if (p->n == p->room) {
		p->room = p->room ? p->room * 2 : 64;
		p->ids = xrealloc(p->ids, p->room * sizeof(*p->ids));
	}
	p->ids[p->n++] = *id;
}

/* A file is collected, and its name told; anything else is the name of an object. */
static int put_word(struct put *p, const char *word, struct err *err)
{
	struct store *st = p->place.store;
	struct oid id;

	if (access(word, F_OK) < 0 && oid_parse(word, strlen(word), &id, NULL) == 0) {
		if (!store_has(st, &id))
			return err_set(err, ERR_NOTFOUND, "%s is not in the store", word);
		put_add(p, &id);
		return 0;
	}
	if (collect_file(st, word, &id, err) < 0)
		return -1;
	put_add(p, &id);
	if (!p->json)
		puts(id.s);
	return 0;
}

static int put_lines(struct put *p, FILE *in, struct err *err)
{
	auto_free char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, in)) > 0) {
		while (len > 0 && strchr(" \t\r\n", line[len - 1]))
			line[--len] = '\0';
		if (len > 0 && put_word(p, line, err) < 0)
			return -1;
	}
	return 0;
}

static int put_gather(struct put *p, char **words, struct err *err)
{
	if (!*words)
		return put_lines(p, stdin, err);
	for (; *words; words++) {
		int rc = strcmp(*words, "-") == 0 ? put_lines(p, stdin, err)
		                                  : put_word(p, *words, err);

		if (rc < 0)
			return -1;
	}
	return 0;
}

static void put_say(const struct put *p)
{
	struct transfer_counts c = transfer_counts(p->place.transfer);

	if (!p->json) {
		fprintf(stderr, "gg put: %llu sent (%.1f MB), %llu there already\n",
		        (unsigned long long)c.pushed, (double)c.pushed_bytes / 1e6,
		        (unsigned long long)c.believed);
		return;
	}
	json_t *root = json_object();
	json_t *names = json_array();

	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(names, json_string(p->ids[i].s));
	json_object_set_new(root, "objects", names);
	json_object_set_new(root, "sent", json_integer((json_int_t)c.pushed));
	json_object_set_new(root, "sent_bytes", json_integer((json_int_t)c.pushed_bytes));
	json_object_set_new(root, "there", json_integer((json_int_t)c.believed));
	json_object_set_new(root, "retries", json_integer((json_int_t)c.retries));
	json_dumpf(root, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(root);
}

static int put_run(struct put *p, char **words)
{
	struct place *place = &p->place;
	struct err err = ERR_INIT;

	if (put_gather(p, words, &err) < 0)
		return command_failed(place->self, &err);
	fflush(stdout);
	place->total = p->n;
	if (transfer_push(place->transfer, p->ids, p->n, place_done, place, &err) < 0)
		return command_failed(place->self, &err);
	place_run(place);
	int rc = place_result(place);
	if (rc == 0)
		put_say(p);
	return rc;
}

int cmd_put(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "store", required_argument, NULL, 's' },
		                               { "json", no_argument, NULL, 'J' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	const char *storage = NULL;
	struct put p = { 0 };
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:h", longs, NULL)) != -1) {
		switch (c) {
		case 's': storage = optarg; break;
		case 'J': p.json = true; break;
		case 'h': return command_help(self);
		case ':': return command_usage(self, "%s takes a value", argv[optind - 1]);
		default: return command_usage(self, "unknown option %s", argv[optind - 1]);
		}
	}
	int rc = place_open(&p.place, self, storage, true);
	if (rc != 0)
		return rc;
	rc = put_run(&p, argv + optind);
	place_close(&p.place);
	free(p.ids);
	return rc;
}
