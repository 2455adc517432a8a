/* gg get: bring objects from the backend into the store, and out of it. */
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "base/proc.h"
#include "cmd/place.h"
#include "cmd/remote.h"
#include "model/output.h"

struct get {
	struct place place;
	struct oid *ids;
	size_t n, room;
	const char *output; /* "-": standard output */
	bool json;
};

static int get_add(struct get *g, const char *word, struct err *err)
{
	if (g->n == g->room) {
		g->room = g->room ? g->room * 2 : 64;
		g->ids = xrealloc(g->ids, g->room * sizeof(*g->ids));
	}
	if (oid_parse(word, strlen(word), &g->ids[g->n], err) < 0)
		return -1;
	g->n++;
	return 0;
}

static int get_lines(struct get *g, struct err *err)
{
	auto_free char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		while (len > 0 && strchr(" \t\r\n", line[len - 1]))
			line[--len] = '\0';
		if (len > 0 && get_add(g, line, err) < 0)
			return -1;
	}
	return 0;
}

static int get_gather(struct get *g, char **words, struct err *err)
{
	if (!*words)
		return get_lines(g, err);
	for (; *words; words++) {
		int rc = strcmp(*words, "-") == 0 ? get_lines(g, err) : get_add(g, *words, err);

		if (rc < 0)
			return -1;
	}
	return 0;
}

/* The object as a file of the user's. */
static int get_write(const struct get *g, struct err *err)
{
	auto_fd from = -1;
	struct stat sb;

	if (store_open_blob(g->place.store, &g->ids[0], &from, err) < 0)
		return -1;
	if (strcmp(g->output, "-") == 0)
		return file_copy_fd(from, 1, err);
	if (fstat(from, &sb) < 0)
		return err_sys(err, "%s", g->ids[0].s);
	return output_redirect(g->place.store, g->output, &g->ids[0],
	                       (sb.st_mode & 0111 ? 0777 : 0666) & ~proc_umask(), err);
}

static void get_say(const struct get *g)
{
	struct transfer_counts c = transfer_counts(g->place.transfer);

	if (!g->json) {
		fprintf(stderr, "gg get: %llu fetched (%.1f MB), %llu here already\n",
		        (unsigned long long)c.pulled, (double)c.pulled_bytes / 1e6,
		        (unsigned long long)(g->n - c.pulled));
		return;
	}
	json_t *root = json_object();

	json_object_set_new(root, "fetched", json_integer((json_int_t)c.pulled));
	json_object_set_new(root, "fetched_bytes", json_integer((json_int_t)c.pulled_bytes));
	json_object_set_new(root, "here", json_integer((json_int_t)(g->n - c.pulled)));
	json_object_set_new(root, "retries", json_integer((json_int_t)c.retries));
	json_dumpf(root, g->output && strcmp(g->output, "-") == 0 ? stderr : stdout,
	           JSON_INDENT(1));
	fputc('\n', g->output && strcmp(g->output, "-") == 0 ? stderr : stdout);
	json_decref(root);
}

static int get_run(struct get *g, char **words)
{
	struct place *place = &g->place;
	struct err err = ERR_INIT;

	if (get_gather(g, words, &err) < 0)
		return command_failed(place->self, &err);
	if (g->output && g->n != 1)
		return command_usage(place->self, "-o takes one object");
	place->total = g->n;
	if (transfer_pull(place->transfer, g->ids, g->n, place_done, place, &err) < 0)
		return command_failed(place->self, &err);
	place_run(place);
	int rc = place_result(place);
	if (rc == 0 && g->output && get_write(g, &err) < 0)
		rc = command_failed(place->self, &err);
	if (rc == 0)
		get_say(g);
	return rc;
}

int cmd_get(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "store", required_argument, NULL, 's' },
		                               { "output", required_argument, NULL, 'o' },
		                               { "json", no_argument, NULL, 'J' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	const char *storage = NULL;
	struct get g = { 0 };
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:h", longs, NULL)) != -1) {
		switch (c) {
		case 's': storage = optarg; break;
		case 'o': g.output = optarg; break;
		case 'J': g.json = true; break;
		case 'h': return command_help(self);
		case ':': return command_usage(self, "%s takes a value", argv[optind - 1]);
		default: return command_usage(self, "unknown option %s", argv[optind - 1]);
		}
	}
	int rc = place_open(&g.place, self, storage, false);
	if (rc != 0)
		return rc;
	rc = get_run(&g, argv + optind);
	place_close(&g.place);
	free(g.ids);
	return rc;
}
