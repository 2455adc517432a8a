#include "core/manifest.h"

#include <string.h>
#include <sys/stat.h>

#include "base/path.h"

static const char magic[] = "##GGMANIFEST##\n";

void manifest_release(struct manifest *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].name);
	free(m->v);
	*m = (struct manifest)MANIFEST_INIT;
}

void manifest_add(struct manifest *m, const char *name, const struct oid *id, uint32_t mode)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 16;
		m->v = xrealloc(m->v, m->cap * sizeof(*m->v));
	}
	m->v[m->n++] =
		(struct manifest_entry){ xstrdup(name), id ? *id : (struct oid){ "" }, mode };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct manifest_entry *)a)->name,
	              ((const struct manifest_entry *)b)->name);
}

void manifest_normalize(struct manifest *m)
{
	size_t kept = 0;

	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_name);
	for (size_t i = 0; i < m->n; i++) {
		if (kept && strcmp(m->v[kept - 1].name, m->v[i].name) == 0)
			free(m->v[i].name);
		else
			m->v[kept++] = m->v[i];
	}
	m->n = kept;
}

int manifest_encode(struct manifest *m, struct buf *out, struct err *err)
{
	manifest_normalize(m);
	buf_adds(out, magic);
	for (size_t i = 0; i < m->n; i++) {
		const struct manifest_entry *e = &m->v[i];

		buf_addf(out, "%o %s ", e->mode, *e->id.s ? e->id.s : "-");
		buf_add(out, e->name, strlen(e->name) + 1);
	}
	return out->overflow ? err_set(err, ERR_NOSPC, "manifest too large") : 0;
}

static bool name_is_safe(const char *name)
{
	return path_is_safe_relative(name[0] == '/' ? name + 1 : name);
}

/* One entry; the text ends in NUL within the buffer. */
static int decode_entry(const char *text, struct manifest *m, struct err *err)
{
	char *end = (char *)text;
	unsigned long mode = *text >= '1' && *text <= '7' ? strtoul(text, &end, 8) : 0;
	size_t id_len = *end == ' ' ? strcspn(end + 1, " ") : 0;
	const char *name = end + 1 + id_len + 1;
	struct oid id = { "" };
	bool folder = S_ISDIR(mode);

	if (id_len == 0 || end[1 + id_len] != ' ' || mode > 0177777 ||
	    (!folder && !S_ISREG(mode) && !S_ISLNK(mode)))
		return err_set(err, ERR_CORRUPT, "manifest: malformed entry");
	if (folder ? id_len != 1 || end[1] != '-' : oid_parse(end + 1, id_len, &id, err) < 0)
		return err_set(err, ERR_CORRUPT, "manifest: malformed name of an object");
	if (!name_is_safe(name))
		return err_set(err, ERR_CORRUPT, "manifest: unsafe name \"%s\"", name);
	if (m->n && strcmp(m->v[m->n - 1].name, name) >= 0)
		return err_set(err, ERR_CORRUPT, "manifest: not sorted at \"%s\"", name);
	manifest_add(m, name, &id, (uint32_t)mode);
	return 0;
}

int manifest_decode(const void *data, size_t len, struct manifest *out, struct err *err)
{
	const char *at = data;
	const char *end = at + len;
	size_t head = sizeof(magic) - 1;

	if (len < head || memcmp(at, magic, head) != 0)
		return err_set(err, ERR_CORRUPT, "not a manifest");
	for (at += head; at < end; at += strlen(at) + 1) {
		if (!memchr(at, '\0', (size_t)(end - at)))
			return err_set(err, ERR_CORRUPT, "manifest: cut off");
		if (decode_entry(at, out, err) < 0)
			return -1;
	}
	return 0;
}
