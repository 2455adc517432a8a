/*
 * gg summary: what a thunk depends on, as a tree. Iterative: chains may be very long; a thunk
 * that was printed before is not entered again.
 */
#include <string.h>

#include "base/map.h"
#include "cmd/cmd.h"
#include "cmd/names.h"
#include "core/codec.h"

struct line {
	struct oid id;
	size_t depth;
};

struct lines {
	struct line *v;
	size_t n;
	size_t cap;
};

static void push(struct lines *s, const struct oid *id, size_t depth)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct line){ *id, depth };
}

static int print_one(struct store *st, struct lines *todo, struct line at, bool again,
                     struct err *err)
{
	auto_buf raw = BUF_INIT;
	auto_thunk t = NULL;
	struct memo m = { 0 };

	printf("%*s%s", (int)(2 * at.depth), "", at.id.s);
	if (again) {
		puts(" (above)");
		return 0;
	}
	if (store_get(st, &at.id, &raw, err) < 0 ||
	    thunk_decode(raw.data, raw.len, &t, err) < 0) {
		putchar('\n');
		return err_wrap(err, "%s", at.id.s);
	}
	int known = store_memo_get(st, &at.id, &m, err);
	printf("%s %s, %zu values, %zu thunks\n", known == 1 ? " (remembered)" : "",
	       t->args.v[0], t->values.n, t->thunks.n);
	memo_release(&m);
	for (size_t i = t->thunks.n; i-- > 0;)
		push(todo, &t->thunks.v[i].id, at.depth + 1);
	return 0;
}

static int print_tree(struct store *st, const struct oid *root, struct err *err)
{
	struct lines todo = { 0 };
	auto_map seen = MAP_INIT;
	int rc = 0;

	push(&todo, root, 0);
	while (rc == 0 && todo.n) {
		struct line at = todo.v[--todo.n];
		bool is_new;

		map_add(&seen, at.id.s, &is_new);
		rc = print_one(st, &todo, at, !is_new, err);
	}
	free(todo.v);
	return rc;
}

int cmd_summary(const struct command *self, int argc, char **argv)
{
	struct err err = ERR_INIT;
	auto_store st = NULL;
	struct oid id;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	if (argc != 2 || argv[1][0] == '-')
		return command_usage(self,
		                     "name one thunk, placeholder, or beginning of a name");
	if (command_open_store(false, &st, &err) < 0 ||
	    names_thunk(st, argv[1], &id, &err) < 0 || print_tree(st, &id, &err) < 0)
		return command_failed(self, &err);
	return 0;
}
