/*
 * gg stats --remote and gg gc --remote: what the backend holds, and removing from it.
 *
 * An object that results or placeholders here need, and that only the backend has, is never
 * removed. What is here too is sent again when a run needs it, since what is removed is not
 * believed to be there any more.
 */
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "base/map.h"
#include "cmd/json.h"
#include "cmd/place.h"
#include "cmd/remote.h"
#include "cmd/units.h"
#include "store/needs.h"
#include "store/remoteset.h"
#include "ui/text.h"

enum { DAY_S = 24 * 3600 };

static const struct {
	const char *name; /* in JSON */
	const char *text;
	int64_t below_s;
} ages[] = {
	{ "day", "younger than a day", DAY_S },
	{ "week", "  than a week", 7 * (int64_t)DAY_S },
	{ "month", "  than 30 days", 30 * (int64_t)DAY_S },
	{ "year", "  than a year", 365 * (int64_t)DAY_S },
	{ "older", "older", INT64_MAX },
	{ "unknown", "of unknown age", 0 },
};
enum { AGE_UNKNOWN = countof(ages) - 1 };

struct amount {
	uint64_t objects, bytes;
};

struct object {
	struct oid id;
	int64_t modified_s;
	bool gone;
};

struct care {
	struct place place;
	bool json;
	bool dry_run;
	int64_t older_s; /* INT64_MAX: any age, also an unknown one */
	struct object *v;
	size_t n, room;
	struct map there;  /* names of v */
	struct map needed; /* names that results and placeholders here need */
	int64_t began_s;
	bool listed;
	size_t next, waiting; /* removals: the next of v, and those under way */
	struct amount all, removed, kept_needed, kept_unknown;
	struct amount failed;
};

struct removal {
	struct care *care;
	struct object *object;
};

static void count(struct amount *a, const struct oid *id)
{
	a->objects++;
	a->bytes += oid_size(id);
}

static int care_open(struct care *c, const struct command *self, const char *storage)
{
	c->began_s = time(NULL);
	return place_open(&c->place, self, storage, false);
}

static void care_close(struct care *c)
{
	place_close(&c->place);
	free(c->v);
	map_release(&c->there);
	map_release(&c->needed);
}

/* -- what is there -- */

static void take_object(struct care *c, const struct backend_entry *e)
{
	struct oid id;

	if (oid_parse(e->key, strlen(e->key), &id, NULL) < 0 || map_find(&c->there, id.s))
		return;
	if (c->n == c->room) {
		c->room = c->room ? c->room * 2 : 1024;
		c->v = xrealloc(c->v, c->room * sizeof(*c->v));
	}
	map_add(&c->there, id.s, NULL);
	c->v[c->n++] = (struct object){ .id = id, .modified_s = e->modified_s };
	count(&c->all, &id);
}

static void take_page(void *arg, const struct backend_entry *entries, size_t n, bool more,
                      const struct err *err)
{
	struct care *c = arg;

	if (err)
		c->place.err = *err;
	for (size_t i = 0; !err && i < n; i++)
		take_object(c, &entries[i]);
	c->listed = err || !more;
}

/* Until *@finished, or none is *@waiting; a signal gives up what is under way. */
static void care_wait(struct care *c, const bool *finished, const size_t *waiting)
{
	struct backend *b = c->place.backend;
	bool cancelled = false;

	while (finished ? !*finished : *waiting > 0) {
		if (c->place.got_signal && !cancelled)
			b->ops->cancel_all(b);
		cancelled = c->place.got_signal != 0;
		if (!uv_run(&c->place.loop, UV_RUN_ONCE))
			break;
	}
}

/* 0, or the exit code after a message. */
static int care_list(struct care *c)
{
	struct backend *b = c->place.backend;

	if (b->ops->list(b, take_page, c, &c->place.err) < 0)
		return place_failed(&c->place, &c->place.err);
	care_wait(c, &c->listed, NULL);
	return place_result(&c->place);
}

/* -- what is needed here -- */

static bool need(void *arg, const struct oid *id)
{
	struct care *c = arg;
	bool added;

	map_add(&c->needed, id->s, &added);
	return added;
}

static void need_memo(void *arg, const struct oid *thunk, const struct memo *m)
{
	need(arg, thunk);
	for (size_t i = 0; i < m->n_outputs; i++)
		need(arg, &m->outputs[i].id);
	if (*m->out_text.s)
		need(arg, &m->out_text);
	if (*m->err_text.s)
		need(arg, &m->err_text);
}

static bool believed(void *arg, const struct oid *id)
{
	return transfer_believes(arg, id);
}

/* Placeholders first: they stop at what was heard of. */
static int care_needs(struct care *c, struct err *err)
{
	struct store *st = c->place.store;

	store_set_elsewhere(st, believed, c->place.transfer);
	int rc = store_needs_pending(st, need, c, err);
	store_set_elsewhere(st, NULL, NULL);
	return rc < 0 ? -1 : store_memo_each(st, need_memo, c, err);
}

static bool is_needed(const struct care *c, const struct oid *id)
{
	return map_find(&c->needed, id->s) && !store_has(c->place.store, id);
}

/* -- what is believed -- */

struct beliefs {
	const struct care *care;
	struct amount all, wrong;
	struct oid *absent; /* owned; those that are not there after all */
	size_t n_absent, room;
};

static void take_belief(void *arg, const struct oid *id, int64_t when_s)
{
	struct beliefs *b = arg;

	count(&b->all, id);
	/* what came while we listed is not in the list */
	if (map_find(&b->care->there, id->s) || when_s > b->care->began_s)
		return;
	count(&b->wrong, id);
	if (b->n_absent == b->room) {
		b->room = b->room ? b->room * 2 : 64;
		b->absent = xrealloc(b->absent, b->room * sizeof(*b->absent));
	}
	b->absent[b->n_absent++] = *id;
}

static int care_beliefs(const struct care *c, struct beliefs *out, struct err *err)
{
	struct remoteset *rs = remoteset_new(c->place.store, c->place.backend->identity);

	*out = (struct beliefs){ .care = c };
	int rc = remoteset_each(rs, take_belief, out, err);
	remoteset_free(rs);
	return rc;
}

/* -- gg stats --remote -- */

struct figures {
	struct amount by_age[countof(ages)];
	struct amount here, needed;
	struct beliefs beliefs;
};

static size_t age_of(const struct care *c, const struct object *o)
{
	int64_t age_s = c->began_s - o->modified_s;
	size_t i = 0;

	if (o->modified_s == 0)
		return AGE_UNKNOWN;
	while (age_s >= ages[i].below_s)
		i++;
	return i;
}

static void gather(const struct care *c, struct figures *f)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct oid *id = &c->v[i].id;

		count(&f->by_age[age_of(c, &c->v[i])], id);
		if (store_has(c->place.store, id))
			count(&f->here, id);
		else if (is_needed(c, id))
			count(&f->needed, id);
	}
}

static json_t *amount_json(const struct amount *a)
{
	json_t *j = json_object();

	json_object_set_new(j, "objects", json_count(a->objects));
	json_object_set_new(j, "bytes", json_count(a->bytes));
	return j;
}

static void print_figures_json(const struct care *c, const struct figures *f)
{
	json_t *j = amount_json(&c->all);
	json_t *by_age = json_object();

	for (size_t i = 0; i < countof(ages); i++)
		json_object_set_new(by_age, ages[i].name, amount_json(&f->by_age[i]));
	json_object_set_new(j, "storage", json_text(c->place.backend->identity));
	json_object_set_new(j, "by_age", by_age);
	json_object_set_new(j, "also_here", amount_json(&f->here));
	json_object_set_new(j, "needed_from_there", amount_json(&f->needed));
	json_object_set_new(j, "believed_there", amount_json(&f->beliefs.all));
	json_object_set_new(j, "believed_but_absent", amount_json(&f->beliefs.wrong));
	json_print(j);
}

static void print_amount(const char *name, const struct amount *a)
{
	auto_buf size = BUF_INIT;

	text_size(&size, a->bytes);
	printf("  %-26s %10llu %14s\n", name, (unsigned long long)a->objects, buf_str(&size));
}

static void print_figures(const struct care *c, const struct figures *f)
{
	printf("%s\n\n  %-26s %10s %14s\n", c->place.backend->identity, "", "objects", "bytes");
	print_amount("holds", &c->all);
	for (size_t i = 0; i < countof(ages); i++)
		if (f->by_age[i].objects)
			print_amount(ages[i].text, &f->by_age[i]);
	print_amount("also in the store here", &f->here);
	print_amount("only there, needed here", &f->needed);
	print_amount("believed to be there", &f->beliefs.all);
	if (f->beliefs.wrong.objects)
		print_amount("  but are not", &f->beliefs.wrong);
}

static int show(struct care *c)
{
	struct figures f = { 0 };
	struct err err = ERR_INIT;
	int rc = care_list(c);

	if (rc != 0)
		return rc;
	if (care_needs(c, &err) < 0 || care_beliefs(c, &f.beliefs, &err) < 0)
		return place_failed(&c->place, &err);
	gather(c, &f);
	if (c->json)
		print_figures_json(c, &f);
	else
		print_figures(c, &f);
	free(f.beliefs.absent);
	return 0;
}

int cmd_stats_remote(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "remote", no_argument, NULL, 'r' },
		                               { "store", required_argument, NULL, 's' },
		                               { "json", no_argument, NULL, 'J' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	const char *storage = NULL;
	struct care c = { 0 };
	int opt;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:h", longs, NULL)) != -1) {
		switch (opt) {
		case 'r': break;
		case 's': storage = optarg; break;
		case 'J': c.json = true; break;
		case 'h': return command_help(self);
		case ':': return command_usage(self, "%s takes a value", argv[optind - 1]);
		default:
			return command_usage(self, "%s does not go with --remote",
			                     argv[optind - 1]);
		}
	}
	if (optind < argc)
		return command_usage(self, "takes no operands, not \"%s\"", argv[optind]);
	int rc = care_open(&c, self, storage);
	if (rc != 0)
		return rc;
	rc = show(&c);
	care_close(&c);
	return rc;
}

/* -- gg gc --remote -- */

/* Is it to go? Counts what is kept for a reason. */
static bool must_go(struct care *c, const struct object *o)
{
	if (c->older_s != INT64_MAX && o->modified_s == 0) {
		count(&c->kept_unknown, &o->id);
		return false;
	}
	if (c->older_s != INT64_MAX && c->began_s - o->modified_s < c->older_s)
		return false;
	if (is_needed(c, &o->id)) {
		count(&c->kept_needed, &o->id);
		return false;
	}
	return true;
}

/* Whether a removal succeeds or not: what may be gone is not believed to be there. */
static int forget(struct care *c, struct err *err)
{
	struct beliefs b;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].gone)
			transfer_forget(c->place.transfer, &c->v[i].id, 1);
	int rc = care_beliefs(c, &b, err);
	if (rc == 0 && b.n_absent > 0)
		transfer_forget(c->place.transfer, b.absent, b.n_absent);
	free(b.absent);
	return rc;
}

static void on_removed(void *arg, const struct err *err)
{
	struct removal *r = arg;
	struct care *c = r->care;

	c->waiting--;
	if (!err || err->kind == ERR_NOTFOUND)
		count(&c->removed, &r->object->id);
	else
		count(&c->failed, &r->object->id);
	if (err && err->kind != ERR_NOTFOUND && c->place.err.kind == ERR_NONE)
		c->place.err = *err;
	free(r);
}

static void remove_next(struct care *c)
{
	struct backend *b = c->place.backend;
	struct object *o = &c->v[c->next++];
	struct err err = ERR_INIT;

	if (!o->gone)
		return;
	struct removal *r = xcalloc(1, sizeof(*r));
	*r = (struct removal){ c, o };
	c->waiting++;
	if (b->ops->remove(b, &o->id, on_removed, r, &err) < 0)
		on_removed(r, &err);
}

static void remove_all(struct care *c)
{
	unsigned width = c->place.backend->ops->width(c->place.backend);

	/* One failure is enough: the same would become of the rest. */
	while (c->next < c->n && c->place.err.kind == ERR_NONE && !c->place.got_signal) {
		while (c->next < c->n && c->waiting < width)
			remove_next(c);
		if (c->waiting)
			uv_run(&c->place.loop, UV_RUN_ONCE);
	}
	care_wait(c, NULL, &c->waiting);
}

static void print_removed_json(const struct care *c)
{
	json_t *j = amount_json(&c->all);

	json_object_set_new(j, "storage", json_text(c->place.backend->identity));
	json_object_set_new(j, "dry_run", json_boolean(c->dry_run));
	json_object_set_new(j, "removed", amount_json(&c->removed));
	json_object_set_new(j, "kept_needed", amount_json(&c->kept_needed));
	json_object_set_new(j, "kept_of_unknown_age", amount_json(&c->kept_unknown));
	json_print(j);
}

static void print_removed(const struct care *c)
{
	auto_buf before = BUF_INIT;
	auto_buf removed = BUF_INIT;
	auto_buf left = BUF_INIT;

	text_size(&before, c->all.bytes);
	text_size(&removed, c->removed.bytes);
	text_size(&left, c->all.bytes - c->removed.bytes);
	printf("%s %llu of %llu objects, %s of %s; %s left in %s\n",
	       c->dry_run ? "would remove" : "removed", (unsigned long long)c->removed.objects,
	       (unsigned long long)c->all.objects, buf_str(&removed), buf_str(&before),
	       buf_str(&left), c->place.backend->identity);
	if (c->kept_needed.objects)
		printf("kept %llu objects that results or placeholders here need, and that are "
		       "nowhere else\n",
		       (unsigned long long)c->kept_needed.objects);
	if (c->kept_unknown.objects)
		printf("kept %llu objects whose age is not known\n",
		       (unsigned long long)c->kept_unknown.objects);
}

static int clean(struct care *c)
{
	struct err err = ERR_INIT;
	int rc = care_list(c);

	if (rc != 0)
		return rc;
	if (care_needs(c, &err) < 0)
		return place_failed(&c->place, &err);
	for (size_t i = 0; i < c->n; i++) {
		c->v[i].gone = must_go(c, &c->v[i]);
		if (c->v[i].gone && c->dry_run)
			count(&c->removed, &c->v[i].id);
	}
	if (!c->dry_run) {
		if (forget(c, &err) < 0)
			return place_failed(&c->place, &err);
		remove_all(c);
	}
	if (c->json)
		print_removed_json(c);
	else
		print_removed(c);
	fflush(stdout);
	return place_result(&c->place);
}

struct gc_words {
	const char *storage;
	bool yes, aged;
};

/* 0, or -1 - the exit code after a message. */
static int parse_option(struct care *c, const struct command *self, int opt, char **argv,
                        struct gc_words *w)
{
	int64_t older_ns;

	switch (opt) {
	case 'r': return 0;
	case 'J': c->json = true; return 0;
	case 'n': c->dry_run = true; return 0;
	case 's': w->storage = optarg; return 0;
	case 'y': w->yes = true; return 0;
	case 'o':
		if (units_age(optarg, &older_ns) < 0)
			return -1 - command_usage(self,
			                          "--older-than takes an age like 30d, 12h or "
			                          "2w, not \"%s\"",
			                          optarg);
		c->older_s = older_ns / 1000000000;
		w->aged = true;
		return 0;
	case 'h': return -1 - command_help(self);
	case ':': return -1 - command_usage(self, "%s takes a value", argv[optind - 1]);
	default:
		return -1 -
		       command_usage(self, "%s does not go with --remote", argv[optind - 1]);
	}
}

int cmd_gc_remote(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "remote", no_argument, NULL, 'r' },
		{ "store", required_argument, NULL, 's' },
		{ "older-than", required_argument, NULL, 'o' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "yes", no_argument, NULL, 'y' },
		{ "json", no_argument, NULL, 'J' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct care c = { .older_s = INT64_MAX };
	struct gc_words w = { 0 };
	int opt;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:nh", longs, NULL)) != -1) {
		int rc = parse_option(&c, self, opt, argv, &w);

		if (rc != 0)
			return -1 - rc;
	}
	if (optind < argc)
		return command_usage(self, "takes no operands, not \"%s\"", argv[optind]);
	if (!w.yes && !w.aged && !c.dry_run)
		return command_usage(self,
		                     "--remote would remove what other machines use, too: "
		                     "say --older-than AGE, or --yes for all, or "
		                     "--dry-run to see it");
	int rc = care_open(&c, self, w.storage);
	if (rc != 0)
		return rc;
	rc = clean(&c);
	care_close(&c);
	return rc;
}
