/*
 * Two steps. A file's content is turned once into a list of what it may include (the scan),
 * cached by content: items of one type byte and a NUL-terminated text. Then the lists are
 * walked from the sources on, each name looked for as the preprocessor does. No conditional is
 * evaluated, so the result is a superset.
 */
#include "model/depscan.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "core/digest.h"
#include "store/look.h"
#include "model/input.h"

enum { FILE_MAX_SIZE = 256 << 20, FILES_MAX = 200000 };

enum item {
	ITEM_QUOTE = 'q',
	ITEM_BRACKET = 'b',
	ITEM_NEXT = 'n',
	ITEM_ASM = 'a', /* .include, .incbin */
	ITEM_COMPUTED = 'm',
	ITEM_DEFINE = 'd', /* "NAME text" where text is "x", <x> or the first word of something
	                      else */
	ITEM_TIME = 't',
	ITEM_ONCE = 'o', /* #pragma once */
	ITEM_HARD = 'h', /* what the preprocessor can't tell either */
	ITEM_UNSURE = 'u',
};

struct scanner {
	const char *p;
	const char *end;
	bool assembler;
	bool bol; /* only blanks since the start of the line */
	struct buf *out;
};

static void item(struct scanner *s, enum item type, const char *text, size_t n)
{
	if (memchr(text, 0, n))
		return;
	buf_addc(s->out, (char)type);
	buf_add(s->out, text, n);
	buf_addc(s->out, '\0');
}

static bool is_ident(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Blanks and comments within a line; block comments may span lines. */
static void skip_blanks(struct scanner *s)
{
	while (s->p < s->end) {
		if (*s->p == ' ' || *s->p == '\t' || *s->p == '\f' || *s->p == '\v' ||
		    *s->p == '\r') {
			s->p++;
		} else if (s->end - s->p >= 2 && s->p[0] == '/' && s->p[1] == '*') {
			const char *e = memmem(s->p + 2, (size_t)(s->end - s->p - 2), "*/", 2);
			s->p = e ? e + 2 : s->end;
		} else {
			return;
		}
	}
}

static size_t ident_length(const struct scanner *s)
{
	const char *e = s->p;

	while (e < s->end && is_ident(*e))
		e++;
	return (size_t)(e - s->p);
}

static bool word_is(const char *w, size_t n, const char *want)
{
	return strlen(want) == n && memcmp(w, want, n) == 0;
}

/* A file name in quotes or brackets, or a macro; moves past it. */
static void operand(struct scanner *s, bool next)
{
	skip_blanks(s);
	if (s->p >= s->end)
		return;
	char close = *s->p == '<' ? '>' : *s->p == '"' ? '"' : 0;
	if (close) {
		const char *start = ++s->p;

		while (s->p < s->end && *s->p != close && *s->p != '\n')
			s->p++;
		if (s->p < s->end && *s->p == close)
			item(s,
			     next           ? ITEM_NEXT
			     : close == '>' ? ITEM_BRACKET
			                    : ITEM_QUOTE,
			     start, (size_t)(s->p++ - start));
		return;
	}
	size_t n = ident_length(s);
	const char *name = s->p;
	s->p += n;
	skip_blanks(s);
	bool alone = s->p >= s->end || *s->p == '\n' || *s->p == ')' || *s->p == '/';
	if (n > 0 && alone && !next)
		item(s, ITEM_COMPUTED, name, n);
	else if (n > 0 || next)
		item(s, ITEM_UNSURE, "computed include", 16);
}

/* Where a macro's value ends that may be a file's name, or stand for one; NULL: it is none. */
static const char *value_end(const struct scanner *s)
{
	char close = s->p >= s->end ? 0 : *s->p == '<' ? '>' : *s->p == '"' ? '"' : 0;

	if (!close) {
		size_t n = ident_length(s);

		return n && !isdigit((unsigned char)*s->p) ? s->p + n : NULL;
	}
	size_t left = (size_t)(s->end - s->p - 1);
	const char *line = memchr(s->p + 1, '\n', left);
	const char *e = memchr(s->p + 1, close, line ? (size_t)(line - s->p - 1) : left);
	return e ? e + 1 : NULL;
}

static void define(struct scanner *s)
{
	skip_blanks(s);
	size_t n = ident_length(s);
	const char *name = s->p;
	auto_buf text = BUF_INIT;

	s->p += n;
	if (n == 0 || s->p >= s->end || *s->p == '(')
		return;
	skip_blanks(s);
	const char *e = value_end(s);
	if (!e)
		return;
	buf_add(&text, name, n);
	buf_addc(&text, ' ');
	buf_add(&text, s->p, (size_t)(e - s->p));
	item(s, ITEM_DEFINE, text.data, text.len);
}

static void pragma(struct scanner *s)
{
	static const char why[] = "#pragma GCC dependency"; /* compares ages */

	skip_blanks(s);
	size_t n = ident_length(s);
	const char *w = s->p;
	s->p += n;
	if (word_is(w, n, "once"))
		item(s, ITEM_ONCE, "", 0);
	if (!word_is(w, n, "GCC") && !word_is(w, n, "clang"))
		return;
	skip_blanks(s);
	n = ident_length(s);
	if (word_is(s->p, n, "dependency"))
		item(s, ITEM_HARD, why, strlen(why));
	s->p += n;
}

static void directive(struct scanner *s)
{
	skip_blanks(s);
	size_t n = ident_length(s);
	const char *w = s->p;

	s->p += n;
	if (word_is(w, n, "include") || word_is(w, n, "import"))
		operand(s, false);
	else if (word_is(w, n, "include_next"))
		operand(s, true);
	else if (word_is(w, n, "define"))
		define(s);
	else if (word_is(w, n, "embed"))
		item(s, ITEM_UNSURE, "#embed", 6);
	else if (word_is(w, n, "pragma"))
		pragma(s);
}

static bool begins_raw(const char *w, size_t n)
{
	static const char *const prefixes[] = { "R", "LR", "uR", "UR", "u8R" };

	for (size_t i = 0; i < countof(prefixes); i++)
		if (word_is(w, n, prefixes[i]))
			return true;
	return false;
}

static void asm_reads(struct scanner *s)
{
	static const char why[] = "the assembler reads a file";

	item(s, ITEM_HARD, why, strlen(why));
}

static void identifier(struct scanner *s)
{
	size_t n = ident_length(s);
	const char *w = s->p;

	s->p += n;
	if (word_is(w, n, "__DATE__") || word_is(w, n, "__TIME__")) {
		item(s, ITEM_TIME, "", 0);
	} else if (word_is(w, n, "__TIMESTAMP__")) {
		item(s, ITEM_TIME, "stamp", 5);
	} else if (n >= 13 && memcmp(w, "__has_include", 13) == 0) {
		skip_blanks(s);
		if (s->p < s->end && *s->p == '(') {
			s->p++;
			operand(s, word_is(w, n, "__has_include_next"));
		}
	} else if (begins_raw(w, n) && s->p < s->end && *s->p == '"') {
		const char *open = memchr(s->p, '(', (size_t)(s->end - s->p));
		char stop[24];

		if (!open || open - s->p > 17)
			return;
		int len = snprintf(stop, sizeof(stop), ")%.*s\"", (int)(open - s->p - 1),
		                   s->p + 1);
		const char *e = memmem(open, (size_t)(s->end - open), stop, (size_t)len);
		if (!e)
			return;
		size_t body = (size_t)(e - open);
		if (memmem(open, body, ".incbin", 7) || memmem(open, body, ".include", 8))
			asm_reads(s);
		s->p = e + len;
	}
}

static bool is_asm_include(const char *w, size_t n)
{
	return word_is(w, n, "incbin") || word_is(w, n, "include");
}

/* ".incbin" in a string of C: a statement of inline assembly, not the end of "file.include"? */
static void inline_word(struct scanner *s, const char *start)
{
	const char *dot = s->p++;
	size_t n = ident_length(s);
	bool begins = dot == start || !is_ident(dot[-1]);

	if (!begins || !is_asm_include(s->p, n))
		return;
	s->p += n;
	if (s->p < s->end && strchr(" \t\\\"", *s->p))
		asm_reads(s);
}

/* ".incbin" and ".include": statements of an assembler file, or of C that a macro quotes. */
static void assembler_word(struct scanner *s)
{
	const char *w = ++s->p;
	size_t n = ident_length(s);

	if (!is_asm_include(w, n))
		return;
	s->p += n;
	skip_blanks(s);
	bool named = s->p < s->end && *s->p == '"';
	if (!s->assembler) {
		if (named || (s->p < s->end && is_ident(*s->p)))
			asm_reads(s);
		return;
	}
	if (!named) {
		asm_reads(s);
		return;
	}
	const char *start = ++s->p;
	const char *e = memchr(start, '"', (size_t)(s->end - start));
	if (e)
		item(s, ITEM_ASM, start, (size_t)(e - start));
}

static void string(struct scanner *s, char quote)
{
	const char *start = ++s->p; /* of what stands alone: after an escape too */

	while (s->p < s->end && *s->p != '\n') {
		if (*s->p == '\\' && s->end - s->p >= 2)
			start = s->p += 2;
		else if (*s->p == quote) {
			s->p++;
			return;
		} else if (*s->p == '.' && quote == '"')
			inline_word(s, start);
		else
			s->p++;
	}
}

static void scan_step(struct scanner *s)
{
	char c = *s->p;
	bool bol = s->bol;

	if (c == '\n') {
		s->bol = true;
		s->p++;
		return;
	}
	const char *before = s->p;
	skip_blanks(s);
	if (s->p != before)
		return;
	s->bol = false;
	if (is_ident(c)) {
		identifier(s);
		if (s->p < s->end && *s->p == '\'' && isdigit((unsigned char)c))
			s->p++;
	} else if (c == '/' && s->end - s->p >= 2 && s->p[1] == '/') {
		const char *e = memchr(s->p, '\n', (size_t)(s->end - s->p));
		s->p = e ? e : s->end;
	} else if (c == '"' || (c == '\'' && !s->assembler)) {
		string(s, c);
	} else if (bol && c == '#') {
		s->p++;
		directive(s);
	} else if (bol && c == '%' && s->end - s->p >= 2 && s->p[1] == ':') {
		s->p += 2;
		directive(s);
	} else if (c == '.') {
		assembler_word(s);
	} else {
		if (c == '?' && s->end - s->p >= 3 && s->p[1] == '?' &&
		    (s->p[2] == '=' || s->p[2] == '/'))
			item(s, ITEM_UNSURE, "trigraph", 8);
		s->p++;
	}
}

/* Removes backslash-newline. */
static void splice(struct buf *b)
{
	size_t to = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '\\') {
			size_t k = i + 1;

			while (k < b->len &&
			       (b->data[k] == ' ' || b->data[k] == '\t' || b->data[k] == '\r'))
				k++;
			if (k < b->len && b->data[k] == '\n') {
				i = k;
				continue;
			}
		}
		b->data[to++] = b->data[i];
	}
	b->len = to;
}

static void scan_text(struct buf *text, bool assembler, struct buf *out)
{
	if (text->len == 0)
		return;
	splice(text);
	struct scanner s = { text->data, text->data + text->len, assembler, true, out };
	while (s.p < s.end)
		scan_step(&s);
}

struct node {
	char *list; /* owned; the items */
	size_t list_len;
	int dir; /* index into dirs where it was found; -1: beside its includer */
	bool is_followed;
	bool again; /* found in an earlier folder after it was followed */
};

struct walk {
	const struct call *call;
	struct depscan_result *out;
	bool assembler;
	char *const *defines;
	struct strv dirs;
	size_t n_quote;
	struct node *nodes;  /* as many as out->files */
	struct map paths;    /* path → index + 1 */
	struct map brackets; /* name → 1: looked for already */
	struct map once;     /* content with #pragma once → its inode */
	struct map folders;  /* "sub/" of a search path → enum folder */
	size_t n_sources;
	size_t n_again;   /* nodes that are to be followed once more */
	bool from_source; /* the includer is one: where a precompiled header counts */
	char unsure[80];
};

static void hard(struct walk *w, const char *why)
{
	snprintf(w->out->hard, sizeof(w->out->hard), "%s", why);
	snprintf(w->unsure, sizeof(w->unsure), "%s", why);
}

/* gcc takes equal files of one age for the same one, and in the sandbox ages differ. */
static void note_once(struct walk *w, const struct oid *id, const struct stat *st)
{
	bool added;
	struct map_entry *e = map_add(&w->once, id->s, &added);

	if (added)
		e->num = st->st_ino;
	else if (e->num != st->st_ino)
		hard(w, "equal files with #pragma once");
}

static int scan_file(struct walk *w, const char *path, const struct stat *st, struct node *node,
                     struct err *err)
{
	auto_buf list = BUF_INIT;
	auto_buf text = BUF_LIMIT(FILE_MAX_SIZE);
	struct file_info info;
	char key[80];
	enum file_keep keep =
		path[0] == '/' && !path_below(path, w->call->cwd) ? FILE_REFERENCE : FILE_KEEP;

	bool piped = strcmp(path, "-") == 0;

	if (piped && input_read(&text, err) < 0)
		return -1;
	if (piped)
		digest_bytes(text.data, text.len, &info.id);
	else if (store_file_stat(w->call->store, path, st, keep, &info, err) < 0)
		return -1;
	if (!piped && info.placeholder) {
		snprintf(w->unsure, sizeof(w->unsure), "a source is made by the build");
		return 0;
	}
	int n = snprintf(key, sizeof(key), "3%c%s", w->assembler ? 'a' : 'c', info.id.s);
	int rc = store_cache_get(w->call->store, CACHE_SCAN, key, (size_t)n, &list, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		if (!piped && file_read(path, &text, err) < 0)
			return -1;
		scan_text(&text, w->assembler, &list);
		buf_addc(&list, '.'); /* never empty */
		if (store_cache_put(w->call->store, CACHE_SCAN, key, (size_t)n, list.data,
		                    list.len, err) < 0)
			return -1;
	}
	node->list_len = list.len;
	node->list = buf_steal(&list);
	for (size_t at = 0; at + 1 < node->list_len; at += strlen(node->list + at) + 1)
		if (node->list[at] == ITEM_ONCE)
			note_once(w, &info.id, st);
	return 0;
}

/* Notes a file that exists and scans it, once. */
static int add_file(struct walk *w, const char *path, const struct stat *st, bool is_link,
                    int dir, struct err *err)
{
	struct depscan_result *r = w->out;
	bool added;
	struct map_entry *e = map_add(&w->paths, path, &added);

	if (!added) {
		/* found by another way too: #include_next then starts at the earlier one */
		struct node *old = &w->nodes[e->num - 1];
		if (dir < old->dir) {
			old->dir = dir;
			old->again = old->is_followed;
			w->n_again += old->again;
		}
		return 0;
	}
	if (r->n >= FILES_MAX)
		return err_set(err, ERR_UNSURE, "too many headers");
	if ((r->n & (r->n - 1)) == 0) {
		size_t cap = r->n ? r->n * 2 : 1;

		r->files = xrealloc(r->files, cap * sizeof(*r->files));
		w->nodes = xrealloc(w->nodes, cap * sizeof(*w->nodes));
	}
	w->nodes[r->n] = (struct node){ .dir = dir };
	r->files[r->n] = (struct depscan_file){ xstrdup(path), *st, is_link };
	e->num = ++r->n;
	return scan_file(w, path, st, &w->nodes[r->n - 1], err);
}

/* gcc takes "x.h.gch" even where there is no x.h. */
static void note_precompiled(struct walk *w, const char *path)
{
	auto_free char *gch = xasprintf("%s.gch", path);

	if (strncmp(path, "/usr/", 5) != 0 && look_access(gch, F_OK) == 0)
		hard(w, "precompiled header");
}

enum folder { FOLDER_NEW, FOLDER_MISSED, FOLDER_THERE, FOLDER_GONE };

/*
 * Is a folder of a search path ("/usr/local/include/bits") not there, so that nothing in it is?
 * Asked where a file was missed before: one look instead of one for each name below it.
 */
static bool folder_gone(struct walk *w, const char *path, struct map_entry **folder)
{
	auto_free char *dir = xstrndup(path, (size_t)(path_base(path) - path));
	struct stat st;

	*folder = map_add(&w->folders, dir, NULL);
	if ((*folder)->num == FOLDER_MISSED)
		(*folder)->num = look_stat(dir, &st) < 0 ? FOLDER_GONE : FOLDER_THERE;
	return (*folder)->num == FOLDER_GONE;
}

/* 1 found (and added), 0 not, -1. */
static int try_path(struct walk *w, const char *dir, size_t dir_len, const char *name,
                    int index, struct err *err)
{
	char path[4096];
	struct stat st;
	const char *slash = dir_len && dir[dir_len - 1] != '/' ? "/" : "";
	int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)dir_len, dir, slash, name);

	struct map_entry *folder = NULL;

	if (n < 0 || (size_t)n >= sizeof(path))
		return 0;
	if (strchr(name, '/') && folder_gone(w, path, &folder))
		return 0;
	if (w->from_source)
		note_precompiled(w, path);
	int rc = look_lstat(path, &st);
	bool is_link = rc == 0 && S_ISLNK(st.st_mode);
	if (rc < 0 || (is_link && look_stat(path, &st) < 0)) {
		if (folder && folder->num == FOLDER_NEW)
			folder->num = FOLDER_MISSED;
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	return add_file(w, path, &st, is_link, index, err) < 0 ? -1 : 1;
}

static int search(struct walk *w, const char *name, size_t from, struct err *err)
{
	if (name[0] == '/')
		return try_path(w, "", 0, name, -1, err);
	for (size_t i = from; i < w->dirs.n; i++) {
		int rc = try_path(w, w->dirs.v[i], strlen(w->dirs.v[i]), name, (int)i, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int search_or_note(struct walk *w, const char *name, size_t from, struct err *err)
{
	int rc = search(w, name, from, err);

	if (rc == 0)
		strv_add(&w->out->missing, name);
	return rc;
}

static int find_bracket(struct walk *w, const char *name, struct err *err)
{
	bool added;

	map_add(&w->brackets, name, &added);
	return added ? search_or_note(w, name, w->n_quote, err) : 0;
}

static int find_quote(struct walk *w, size_t from, const char *name, struct err *err)
{
	const char *includer = w->out->files[from].path;
	size_t dir = (size_t)(path_base(includer) - includer);
	int rc = name[0] == '/' ? 0 : try_path(w, includer, dir, name, -1, err);

	return rc != 0 ? rc : search_or_note(w, name, 0, err);
}

/* All of include_next's possible targets: every later folder's. In the source itself it is an
 * #include like any other. */
static int find_next(struct walk *w, size_t from, const char *name, struct err *err)
{
	const char *includer = w->out->files[from].path;
	size_t dir = (size_t)(path_base(includer) - includer);

	if (from < w->n_sources && try_path(w, includer, dir, name, -1, err) < 0)
		return -1;
	for (size_t i = (size_t)(w->nodes[from].dir + 1); i < w->dirs.n; i++)
		if (try_path(w, w->dirs.v[i], strlen(w->dirs.v[i]), name, (int)i, err) < 0)
			return -1;
	return 0;
}

/* The text of a macro's value: "x" or <x>. */
static int find_spelled(struct walk *w, size_t from, const char *text, struct err *err)
{
	size_t n = strlen(text);

	if (n < 3 || (text[0] != '"' && text[0] != '<')) {
		snprintf(w->unsure, sizeof(w->unsure), "computed include");
		return 0;
	}
	auto_free char *name = xstrndup(text + 1, n - 2);
	return text[0] == '"' ? find_quote(w, from, name, err) : find_bracket(w, name, err);
}

/*
 * #include NAME: every string that NAME is ever defined as. One that is nowhere a file's name
 * stands in dead code ("#if defined(LUA_USER_H)"), or is an error in plain builds too.
 */
static int find_computed(struct walk *w, size_t from, const char *name, struct err *err)
{
	size_t n = strlen(name);

	for (char *const *d = w->defines; d && *d; d++) {
		if (strncmp(*d, "-D", 2) != 0 || strncmp(*d + 2, name, n) != 0 ||
		    (*d)[n + 2] != '=')
			continue;
		if (find_spelled(w, from, *d + n + 3, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < w->out->n; i++) {
		size_t len = w->nodes[i].list_len;

		for (size_t at = 0; at + 1 < len; at += strlen(w->nodes[i].list + at) + 1) {
			const char *it = w->nodes[i].list + at;

			if (it[0] != ITEM_DEFINE || strncmp(it + 1, name, n) != 0 ||
			    it[n + 1] != ' ')
				continue;
			if (find_spelled(w, from, it + n + 2, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int follow(struct walk *w, size_t from, const char *it, struct err *err)
{
	switch ((enum item)it[0]) {
	case ITEM_QUOTE: return find_quote(w, from, it + 1, err);
	case ITEM_BRACKET: return find_bracket(w, it + 1, err);
	case ITEM_NEXT: return find_next(w, from, it + 1, err);
	case ITEM_ASM:
		if (!w->assembler)
			return 0;
		return try_path(w, "", 0, it + 1, -1, err) != 0 ? 0 : search(w, it + 1, 0, err);
	case ITEM_TIME: w->out->has_time = true; return 0;
	case ITEM_HARD: hard(w, it + 1); return 0;
	case ITEM_UNSURE: snprintf(w->unsure, sizeof(w->unsure), "%.70s", it + 1); return 0;
	default: return 0;
	}
}

/* Follows the list of one node: the computed items, or all others. */
static int follow_node(struct walk *w, size_t k, bool computed, struct err *err)
{
	BUG_IF(!w->nodes);
	w->nodes[k].is_followed = true;
	w->from_source = k < w->n_sources;
	for (size_t at = 0; at + 1 < w->nodes[k].list_len;
	     at += strlen(w->nodes[k].list + at) + 1) {
		const char *it = w->nodes[k].list + at;
		int rc = 0;

		if (!computed)
			rc = follow(w, k, it, err);
		else if (it[0] == ITEM_COMPUTED)
			rc = find_computed(w, k, it + 1, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int follow_again(struct walk *w, struct err *err)
{
	w->n_again = 0;
	for (size_t k = 0; k < w->out->n; k++) {
		if (!w->nodes[k].again)
			continue;
		w->nodes[k].again = false;
		if (follow_node(w, k, false, err) < 0)
			return -1;
	}
	return 0;
}

/* Follows every list; the computed ones last, when all definitions are known. */
static int walk_all(struct walk *w, struct err *err)
{
	size_t done = 0, computed = 0;

	while (done < w->out->n || w->n_again || computed < w->out->n) {
		int rc = done < w->out->n ? follow_node(w, done++, false, err)
		         : w->n_again     ? follow_again(w, err)
		                          : follow_node(w, computed++, true, err);

		if (rc < 0)
			return -1;
	}
	return 0;
}

static void walk_release(struct walk *w)
{
	for (size_t i = 0; w->nodes && i < w->out->n; i++)
		free(w->nodes[i].list);
	free(w->nodes);
	strv_release(&w->dirs);
	map_release(&w->paths);
	map_release(&w->brackets);
	map_release(&w->once);
	map_release(&w->folders);
}

static void add_dirs(struct walk *w, const struct strv *dirs)
{
	struct stat st;

	for (size_t i = 0; dirs && i < dirs->n; i++)
		if (look_stat(dirs->v[i], &st) == 0 && S_ISDIR(st.st_mode))
			strv_add(&w->dirs, dirs->v[i]);
}

int depscan_run(const struct call *call, char *const *sources, const struct depscan_dirs *dirs,
                char *const *defines, bool assembler, struct depscan_result *out,
                struct err *err)
{
	struct walk w = {
		.call = call, .out = out, .assembler = assembler, .defines = defines
	};
	int rc = 0;

	*out = (struct depscan_result){ 0 };
	add_dirs(&w, dirs->quote);
	w.n_quote = w.dirs.n;
	add_dirs(&w, dirs->bracket);
	for (; *sources && rc == 0; sources++) {
		struct stat st = { 0 };

		if (strcmp(*sources, "-") != 0 &&
		    (look_stat(*sources, &st) < 0 || !S_ISREG(st.st_mode)))
			rc = err_set(err, ERR_UNSURE, "missing input");
		else
			rc = add_file(&w, *sources, &st, true, -1, err);
	}
	w.n_sources = out->n;
	if (rc == 0)
		rc = walk_all(&w, err);
	if (rc == 0 && w.unsure[0])
		rc = err_set(err, ERR_UNSURE, "%s", w.unsure);
	walk_release(&w);
	return rc;
}

void depscan_result_release(struct depscan_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->files[i].path);
	free(r->files);
	strv_release(&r->folders);
	strv_release(&r->missing);
	*r = (struct depscan_result){ 0 };
}
