#include "remote/backend_priv.h"

#include <string.h>

static const struct {
	const char *scheme;
	backend_open_fn *open;
} schemes[] = {
	{ "file", dir_open },         { "gs", gs_open },        { "redis", redis_open },
	{ "redis+unix", redis_open }, { "rediss", redis_open }, { "s3", s3_open },
};

/* Other names, so another set of beliefs. */
static void add_to_identity(struct backend *b, const char *text)
{
	char *longer = xasprintf("%s%s", b->identity, text);

	free(b->identity);
	b->identity = longer;
}

static int set_compression(struct backend *b, const struct uri *u, struct err *err)
{
	const char *how = uri_option(u, "compress");

	b->zstd = how && strcmp(how, "zstd") == 0;
	if (!how || b->zstd || strcmp(how, "none") == 0)
		return 0;
	return err_set(err, ERR_USAGE, "storage: compress is zstd or none, not \"%s\"", how);
}

int backend_open(const char *text, const struct backend_options *o, struct backend **out,
                 struct err *err)
{
	auto_uri u = URI_INIT;

	if (uri_parse(text, &u, err) < 0)
		return err_wrap(err, "storage");
	for (size_t i = 0; i < countof(schemes); i++)
		if (strcmp(schemes[i].scheme, u.scheme) == 0) {
			if (schemes[i].open(&u, o, out, err) < 0)
				return -1;
			if (set_compression(*out, &u, err) < 0) {
				backend_free(steal(out));
				return -1;
			}
			if (!(*out)->identity)
				(*out)->identity = uri_display(&u);
			if ((*out)->zstd)
				add_to_identity(*out, " zstd");
			return 0;
		}
	return err_set(
		err, ERR_USAGE,
		"no storage \"%s://\": there are s3://BUCKET, gs://BUCKET, redis://HOST, "
		"rediss://HOST, redis+unix:///SOCKET and file:///FOLDER",
		u.scheme);
}

void backend_free(struct backend *b)
{
	if (!b)
		return;
	free(b->identity);
	b->identity = NULL;
	b->ops->free(b);
}

bool backend_packs(const struct backend *b, const struct oid *id)
{
	return b->zstd && oid_size(id) >= BACKEND_PACK_FROM;
}

void backend_name(const struct backend *b, const struct oid *id, char out[BACKEND_NAME_MAX])
{
	snprintf(out, BACKEND_NAME_MAX, "%s%s", id->s, backend_packs(b, id) ? ".zst" : "");
}

bool backend_object(const struct backend *b, const char *name, struct oid *out)
{
	char expected[BACKEND_NAME_MAX];
	size_t len = strlen(name);

	if (len > 4 && strcmp(name + len - 4, ".zst") == 0)
		len -= 4;
	if (oid_parse(name, len, out, NULL) < 0)
		return false;
	backend_name(b, out, expected);
	return strcmp(name, expected) == 0;
}

bool backend_length_fits(const struct backend *b, const struct oid *id, uint64_t length_bytes)
{
	return backend_packs(b, id) ? length_bytes > 0 : length_bytes == oid_size(id);
}

char *backend_key(const char *prefix, const char *name)
{
	return *prefix ? xasprintf("%s/%s", prefix, name) : xstrdup(name);
}

char *backend_prefix(const char *path)
{
	size_t len;

	path += strspn(path, "/");
	len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	return xstrndup(path, len);
}

int backend_number(const struct uri *u, const char *option, unsigned usual, unsigned low,
                   unsigned high, unsigned *out, struct err *err)
{
	const char *text = uri_option(u, option);
	char *end;

	*out = usual;
	if (!text)
		return 0;
	unsigned long n = strtoul(text, &end, 10);
	if (end == text || *end || n < low || n > high)
		return err_set(err, ERR_USAGE,
		               "storage: %s is a number from %u to %u, not \"%s\"", option, low,
		               high, text);
	*out = (unsigned)n;
	return 0;
}
