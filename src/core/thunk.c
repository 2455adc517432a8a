#include "core/thunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"

struct thunk *thunk_new(void)
{
	return xcalloc(1, sizeof(struct thunk));
}

static void refs_clear(struct thunk_refs *refs)
{
	for (size_t i = 0; i < refs->n; i++) {
		free(refs->v[i].tag);
		free(refs->v[i].name);
	}
	refs->n = 0;
}

void thunk_clear(struct thunk *t)
{
	memset(&t->function, 0, sizeof(t->function));
	strv_clear(&t->args);
	strv_clear(&t->env);
	refs_clear(&t->values);
	refs_clear(&t->thunks);
	refs_clear(&t->execs);
	strv_clear(&t->outputs);
	t->timeout_ms = 0;
	for (size_t i = 0; i < t->n_links; i++)
		free(t->links[i].name);
	t->n_links = 0;
	free(steal(&t->workdir));
	free(steal(&t->platform));
	strv_clear(&t->manifests);
	strv_clear(&t->times);
}

void thunk_free(struct thunk *t)
{
	if (!t)
		return;
	thunk_clear(t);
	free(t->args.v);
	free(t->env.v);
	free(t->values.v);
	free(t->thunks.v);
	free(t->execs.v);
	free(t->outputs.v);
	free(t->links);
	free(t->manifests.v);
	free(t->times.v);
	free(t);
}

static struct thunk_ref *refs_room(struct thunk_refs *refs)
{
	if (refs->n == refs->cap) {
		refs->cap = refs->cap ? refs->cap * 2 : 8;
		refs->v = xrealloc(refs->v, refs->cap * sizeof(*refs->v));
	}
	return &refs->v[refs->n++];
}

void thunk_refs_addn(struct thunk_refs *refs, const struct oid *id, const char *tag,
                     size_t tag_len, const char *name, size_t name_len)
{
	*refs_room(refs) = (struct thunk_ref){ *id, tag ? xstrndup(tag, tag_len) : NULL,
		                               name ? xstrndup(name, name_len) : NULL };
}

void thunk_refs_add(struct thunk_refs *refs, const struct oid *id, const char *tag,
                    const char *name)
{
	thunk_refs_addn(refs, id, tag, tag ? strlen(tag) : 0, name, name ? strlen(name) : 0);
}

void thunk_add_link(struct thunk *t, const char *name, const struct oid *target)
{
	t->links = xrealloc(t->links, (t->n_links + 1) * sizeof(*t->links));
	t->links[t->n_links++] = (struct thunk_link){ xstrdup(name), *target };
}

static int compare_refs(const struct thunk_ref *a, const struct thunk_ref *b)
{
	int c = strcmp(a->id.s, b->id.s);

	/* "hash" before "hash#tag": a prefix comes first */
	return c ? c : strcmp(a->tag ? a->tag : "", b->tag ? b->tag : "");
}

static bool refs_sorted(const struct thunk_refs *refs)
{
	for (size_t i = 1; i < refs->n; i++)
		if (compare_refs(&refs->v[i - 1], &refs->v[i]) > 0)
			return false;
	return true;
}

/* A stable merge sort: references of equal names keep their order. */
static void sort_refs(struct thunk_refs *refs)
{
	struct thunk_ref *from = refs->v;
	struct thunk_ref *to = xmalloc(refs->n * sizeof(*to));

	for (size_t width = 1; width < refs->n; width *= 2) {
		for (size_t lo = 0; lo < refs->n; lo += 2 * width) {
			size_t mid = lo + width < refs->n ? lo + width : refs->n;
			size_t hi = lo + 2 * width < refs->n ? lo + 2 * width : refs->n;
			size_t a = lo;
			size_t b = mid;

			for (size_t k = lo; k < hi; k++)
				to[k] = a < mid && (b >= hi ||
				                    compare_refs(&from[a], &from[b]) <= 0)
				                ? from[a++]
				                : from[b++];
		}
		struct thunk_ref *swap = from;
		from = to;
		to = swap;
	}
	refs->v = from;
	refs->cap = refs->n;
	free(to);
}

/* Sorted by name; of several with one name the last stays. */
static void sort_links(struct thunk *t)
{
	size_t kept = 0;

	for (size_t i = 1; i < t->n_links; i++)
		for (size_t k = i; k > 0 && strcmp(t->links[k - 1].name, t->links[k].name) > 0;
		     k--) {
			struct thunk_link swap = t->links[k];

			t->links[k] = t->links[k - 1];
			t->links[k - 1] = swap;
		}
	for (size_t i = 0; i < t->n_links; i++) {
		if (i + 1 < t->n_links && strcmp(t->links[i].name, t->links[i + 1].name) == 0)
			free(t->links[i].name);
		else
			t->links[kept++] = t->links[i];
	}
	t->n_links = kept;
}

void thunk_normalize(struct thunk *t)
{
	struct thunk_refs *all[] = { &t->values, &t->thunks, &t->execs };

	for (size_t i = 0; i < countof(all); i++)
		if (!refs_sorted(all[i]))
			sort_refs(all[i]);
	sort_links(t);
	strv_sort(&t->times);
}

bool thunk_time_split(const char *entry, int64_t *seconds, const char **name)
{
	size_t n = strspn(entry + (*entry == '-'), "0123456789");
	char *end;

	errno = 0;
	*seconds = strtoll(entry, &end, 10);
	*name = end + 1;
	return n > 0 && errno == 0 && *end == ' ' && **name;
}

static int check_times(const struct thunk *t, struct err *err)
{
	const char *name;
	int64_t seconds;

	if (t->times.n && !t->workdir)
		return err_set(err, ERR_CORRUPT, "times of files, and no work folder");
	for (size_t i = 0; i < t->times.n; i++)
		if (!thunk_time_split(t->times.v[i], &seconds, &name))
			return err_set(err, ERR_CORRUPT, "malformed time \"%.80s\"",
			               t->times.v[i]);
	return 0;
}

static int check_tag(const struct thunk *t, const char *tag, struct err *err)
{
	bool absolute = tag[0] == '/';

	if (!path_is_safe_relative(tag + absolute) || (absolute && !t->workdir) ||
	    strchr(tag, '\n'))
		return err_set(err, ERR_CORRUPT, "unsafe output \"%s\"", tag);
	return 0;
}

static int check_kinds(const struct thunk_refs *refs, char kind, const char *what,
                       struct err *err)
{
	for (size_t i = 0; i < refs->n; i++) {
		if (kind && refs->v[i].id.s[0] != kind)
			return err_set(err, ERR_CORRUPT, "%s is no %s", refs->v[i].id.s, what);
		if (refs->v[i].tag && refs->v[i].id.s[0] != 'T')
			return err_set(err, ERR_CORRUPT, "%s has no output \"%s\"",
			               refs->v[i].id.s, refs->v[i].tag);
		if (refs->v[i].name && !*refs->v[i].name)
			return err_set(err, ERR_CORRUPT, "%s with an empty name",
			               refs->v[i].id.s);
	}
	return 0;
}

int thunk_check(const struct thunk *t, struct err *err)
{
	if (t->outputs.n == 0 || t->execs.n == 0 || t->args.n == 0)
		return err_set(err, ERR_CORRUPT,
		               "a thunk needs an output, an executable and an argument");
	if (!oid_valid(t->function.s))
		return err_set(err, ERR_CORRUPT, "a thunk without a function");
	if (t->workdir &&
	    (t->workdir[0] != '/' || (t->workdir[1] && !path_is_safe_relative(t->workdir + 1))))
		return err_set(err, ERR_CORRUPT, "unsafe work folder \"%s\"", t->workdir);
	for (size_t i = 0; i < t->outputs.n; i++)
		if (check_tag(t, t->outputs.v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < t->manifests.n; i++)
		if (!oid_valid(t->manifests.v[i]) || t->manifests.v[i][0] != 'V')
			return err_set(err, ERR_CORRUPT, "malformed manifest name");
	for (size_t i = 0; i < t->n_links; i++)
		if (!path_is_safe_relative(t->links[i].name))
			return err_set(err, ERR_CORRUPT, "unsafe link \"%s\"",
			               t->links[i].name);
	return check_times(t, err) < 0 || check_kinds(&t->thunks, 'T', "thunk", err) < 0 ||
	                       check_kinds(&t->values, 0, "value", err) < 0 ||
	                       check_kinds(&t->execs, 0, "executable", err) < 0
	               ? -1
	               : 0;
}

static char *ref_text(const struct oid *id, const char *tag)
{
	return tag ? xasprintf("%s#%s", id->s, tag) : xstrdup(id->s);
}

static void replace_all(char **text, const char *old, const char *now)
{
	struct buf out = BUF_INIT;
	const char *at = *text;
	const char *hit = strstr(at, old);

	if (!hit)
		return;
	for (; hit; hit = strstr(at, old)) {
		buf_add(&out, at, (size_t)(hit - at));
		buf_adds(&out, now);
		at = hit + strlen(old);
	}
	buf_adds(&out, at);
	free(*text);
	*text = buf_steal(&out);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void move_refs(struct thunk *t, const struct oid *old, const char *tag,
                      const struct oid *now, const char *now_tag)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->thunks.n; i++) {
		struct thunk_ref *r = &t->thunks.v[i];

		if (!oid_eq(&r->id, old) || !same_text(r->tag, tag)) {
			t->thunks.v[kept++] = *r;
			continue;
		}
		free(r->tag);
		struct thunk_ref moved = { *now, now_tag ? xstrdup(now_tag) : NULL, r->name };
		if (oid_is_thunk(now))
			t->thunks.v[kept++] = moved;
		else
			*refs_room(&t->values) = moved;
	}
	t->thunks.n = kept;
}

void thunk_substitute(struct thunk *t, const struct oid *old, const char *tag,
                      const struct oid *now, const char *now_tag)
{
	auto_free char *old_ref = ref_text(old, tag);
	auto_free char *now_ref = ref_text(now, now_tag);
	auto_free char *old_mark = xasprintf("@{GGHASH:%s}", old_ref);
	auto_free char *now_mark = xasprintf("@{GGHASH:%s}", now_ref);

	move_refs(t, old, tag, now, now_tag);
	for (size_t i = 0; i < t->args.n; i++)
		replace_all(&t->args.v[i], old_mark, now_mark);
	for (size_t i = 0; i < t->env.n; i++)
		replace_all(&t->env.v[i], old_mark, now_mark);
}

bool thunk_has_hash_args(const struct thunk *t)
{
	for (size_t i = 0; i < t->args.n; i++)
		if (strstr(t->args.v[i], "@{GGHASH:"))
			return true;
	for (size_t i = 0; i < t->env.n; i++)
		if (strstr(t->env.v[i], "@{GGHASH:"))
			return true;
	return false;
}
