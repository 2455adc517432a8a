#include "core/placeholder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"

enum { SCRIPT_MODE = 0755, LINKABLE_MODE = 0600 };

/* Files that a linker reads: .o .a .s .S .sho .so and .so.N… */
static bool is_linkable(const char *path)
{
	static const char *const exts[] = { ".S", ".a", ".o", ".s", ".sho", ".so" };
	const char *base = path_base(path);

	for (size_t i = 0; i < countof(exts); i++)
		if (strcmp(path_ext(path), exts[i]) == 0)
			return true;
	for (const char *so = base; (so = strstr(so, ".so.")); so += 4)
		if (so[4 + strspn(so + 4, "0123456789.")] == '\0' &&
		    isdigit((unsigned char)so[4]))
			return true;
	return false;
}

/* A tag is one token: what would end it is written %XX. */
static void add_tag(struct buf *out, const char *tag)
{
	for (; *tag; tag++) {
		unsigned char c = (unsigned char)*tag;

		if (c <= ' ' || c == '%' || c == 0x7f)
			buf_addf(out, "%%%02X", c);
		else
			buf_addc(out, *tag);
	}
}

int placeholder_encode(const char *path, const struct oid *thunk, const char *tag,
                       struct buf *out, unsigned *mode, struct err *err)
{
	bool linkable = is_linkable(path);

	buf_addf(out, "%s\n%s", linkable ? PLACEHOLDER_LINKABLE : PLACEHOLDER_SCRIPT, thunk->s);
	if (tag) {
		buf_addc(out, '#');
		add_tag(out, tag);
	}
	buf_adds(out, linkable ? "\n*/" : "\n");
	*mode = linkable ? LINKABLE_MODE : SCRIPT_MODE;
	return out->len <= PLACEHOLDER_MAX
	               ? 0
	               : err_set(err, ERR_UNSURE, "an output's name is too long");
}

static int hex_pair(const char *s)
{
	char two[3] = { s[0], s[0] ? s[1] : '\0', '\0' };
	char *end;
	long v = strtol(two, &end, 16);

	return end == two + 2 && isxdigit((unsigned char)two[0]) && v > 0 ? (int)v : -1;
}

static char *read_tag(const char *s, size_t len)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < len; i++) {
		int c = s[i] == '%' && i + 2 < len ? hex_pair(s + i + 1) : -1;

		if (c > 0)
			i += 2;
		buf_addc(&out, c > 0 ? (char)c : s[i]);
	}
	return buf_steal(&out);
}

int placeholder_decode(const void *data, size_t len, struct placeholder *out, struct err *err)
{
	auto_free char *text = xstrndup(data, len);
	const char *blank = " \t\n\v\f\r";

	*out = (struct placeholder){ 0 };
	if (!placeholder_sniff(data, len))
		return err_set(err, ERR_CORRUPT, "not a placeholder");
	if (strlen(text) != len || len > PLACEHOLDER_MAX)
		return err_set(err, ERR_CORRUPT, "malformed placeholder");
	const char *token = text + PLACEHOLDER_SNIFF + strspn(text + PLACEHOLDER_SNIFF, blank);
	size_t n = strcspn(token, blank);
	size_t id_len = strcspn(token, "#");
	id_len = id_len < n ? id_len : n;
	if (oid_parse(token, id_len, &out->thunk, err) < 0 || !oid_is_thunk(&out->thunk))
		return err_set(err, ERR_CORRUPT, "placeholder names no thunk");
	if (id_len < n && id_len + 1 == n)
		return err_set(err, ERR_CORRUPT, "placeholder with an empty tag");
	if (id_len < n)
		out->tag = read_tag(token + id_len + 1, n - id_len - 1);
	return 0;
}

int placeholder_read(const char *path, struct placeholder *out, struct err *err)
{
	struct stat st;

	*out = (struct placeholder){ 0 };
	/* not opened: whoever writes to a FIFO would notice */
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(err, "%s", path);
	return placeholder_read_found(path, &st, out, err);
}

int placeholder_read_found(const char *path, const struct stat *st, struct placeholder *out,
                           struct err *err)
{
	char text[PLACEHOLDER_MAX + 1];

	*out = (struct placeholder){ 0 };
	if (!S_ISREG(st->st_mode) || st->st_size < PLACEHOLDER_MIN ||
	    st->st_size > PLACEHOLDER_MAX)
		return 0;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	ssize_t n = read(fd, text, sizeof(text));
	if (n < 0)
		return err_sys(err, "%s", path);
	if (!placeholder_sniff(text, (size_t)n))
		return 0;
	if (placeholder_decode(text, (size_t)n, out, err) < 0)
		return err_wrap(err, "%s", path);
	return 1;
}

void placeholder_release(struct placeholder *p)
{
	free(p->tag);
	p->tag = NULL;
}
