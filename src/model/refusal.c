#include "model/refusal.h"

#include <string.h>

#include "store/pack.h"

enum { VERSION = 1, TEXT_MAX = 32 << 10, STATUS_MAX = 125 };

void refusal_release(struct refusal *r)
{
	buf_release(&r->out);
	buf_release(&r->errs);
}

static bool has_any(const char *text, const char *const *signs)
{
	for (; *signs; signs++)
		if (strstr(text, *signs))
			return true;
	return false;
}

/* Is [at, end) the name of one of @missing? */
static bool is_among(const struct strv *missing, const char *at, size_t len)
{
	for (size_t i = 0; i < missing->n; i++)
		if (strlen(missing->v[i]) == len && memcmp(missing->v[i], at, len) == 0)
			return true;
	return false;
}

/* "a.c:1:10: fatal error: x.h: No such file or directory" (gcc), "… fatal error: 'x.h' file not
 * found" (clang). */
static bool line_is_of_header(const char *line, size_t len, const struct strv *missing)
{
	static const char fatal[] = ": fatal error: ";
	static const char gcc_end[] = ": No such file or directory";
	static const char clang_end[] = "' file not found";
	const char *at = memmem(line, len, fatal, strlen(fatal));

	if (!at)
		return false;
	at += strlen(fatal);
	size_t left = (size_t)(line + len - at);
	size_t n = strlen(gcc_end);
	if (left > n && memcmp(at + left - n, gcc_end, n) == 0)
		return is_among(missing, at, left - n);
	n = strlen(clang_end);
	return left > n + 1 && *at == '\'' && memcmp(at + left - n, clang_end, n) == 0 &&
	       is_among(missing, at + 1, left - n - 1);
}

bool refusal_is_of_headers(const char *errs, const struct strv *missing)
{
	bool found = false;

	for (const char *line = errs; *line;) {
		size_t len = strcspn(line, "\n");

		if (memmem(line, len, "error: ", 7)) {
			if (!line_is_of_header(line, len, missing))
				return false;
			found = true;
		}
		line += len + (line[len] == '\n');
	}
	return found;
}

bool refusal_is_lasting(const struct refusal *r)
{
	static const char *const words_on_input[] = {
		": error: ", ": fatal error: ", "undefined reference to", "\nError: ", NULL
	};
	static const char *const words_on_machine[] = {
		"emory",
		"Killed",
		"illed by",
		"signal",
		"terminated with",
		"core dumped",
		"internal compiler error",
		"PLEASE submit",
		"fork",
		"pipe",
		"emporarily",
		"timed out",
		"quota",
		"No space",
		"nput/output",
		"tale file",
		"oo many open",
		"file busy",
		"ermission",
		"not permitted",
		NULL,
	};

	return r->status > 0 && r->status <= STATUS_MAX && r->errs.len <= TEXT_MAX &&
	       r->out.len <= TEXT_MAX &&
	       has_any(r->errs.len ? r->errs.data : "", words_on_input) &&
	       !has_any(r->errs.data, words_on_machine);
}

int refusal_put(struct store *st, const struct oid *thunk, const struct refusal *r,
                struct err *err)
{
	auto_buf value = BUF_INIT;

	if (!refusal_is_lasting(r))
		return 0;
	pack_u32(&value, VERSION);
	pack_u32(&value, (uint32_t)r->status);
	pack_str(&value, r->out.len ? r->out.data : "");
	pack_str(&value, r->errs.data);
	return store_cache_put(st, CACHE_REFUSED, thunk->s, strlen(thunk->s), value.data,
	                       value.len, err);
}

int refusal_get(struct store *st, const struct oid *thunk, struct refusal *out, struct err *err)
{
	auto_buf value = BUF_INIT;

	*out = (struct refusal){ 0 };
	int found = store_cache_get(st, CACHE_REFUSED, thunk->s, strlen(thunk->s), &value, err);
	if (found != 1)
		return found;
	struct unpack u = { (const unsigned char *)value.data, value.len, false };
	uint32_t version = unpack_u32(&u);
	out->status = (int)unpack_u32(&u);
	auto_free char *text = unpack_str(&u);
	auto_free char *errs = unpack_str(&u);
	if (u.bad || version != VERSION)
		return 0;
	buf_adds(&out->out, text);
	buf_adds(&out->errs, errs);
	return 1;
}
