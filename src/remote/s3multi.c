/*
 * A large object in parts:
 *
 *   POST ?uploads ─▶ id ─▶ PUT ?partNumber=1…n (a few at a time) ─▶ POST ?uploadId (their tags)
 *                                  │ failed
 *                                  ▼
 *                          DELETE ?uploadId, so that nobody pays for the parts that came
 */
#include "remote/s3_priv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "remote/s3xml.h"

enum { AT_ONCE = 4, PART_TRIES = 4, PARTS_MAX = 10000, PIECE = 256 << 10 };

struct multi {
	struct s3 *s3;
	struct outgoing o;
	struct buf upload_id;
	uint64_t part_size_bytes;
	unsigned n_parts, next, active, finished;
	char **tags; /* of the parts */
	struct buf body;
	struct err err;
	backend_done_fn *done;
	void *arg;
};

struct part {
	struct multi *m;
	unsigned number; /* from 0 */
	unsigned tries;
};

static void multi_free(struct multi *m)
{
	for (unsigned i = 0; i < m->n_parts; i++)
		free(m->tags[i]);
	free(m->tags);
	close(m->o.fd);
	buf_release(&m->upload_id);
	buf_release(&m->body);
	free(m);
}

static void multi_answer(struct multi *m)
{
	m->done(m->arg, m->err.kind == ERR_NONE ? NULL : &m->err);
	multi_free(m);
}

static void set_error(struct multi *m, const struct err *err)
{
	if (m->err.kind == ERR_NONE)
		m->err = *err;
}

static void query_of(const struct multi *m, const char *before, struct buf *out)
{
	buf_addf(out, "%suploadId=", before);
	uri_escape(out, m->upload_id.data, m->upload_id.len, "");
}

/* One request about the whole upload. */
static int multi_send(struct multi *m, const char *method, const char *query,
                      http_done_fn *done, struct err *err)
{
	struct http_request req = HTTP_REQUEST_INIT;
	auto_free char *url = s3_url(m->s3, m->o.name, query);
	char hash[65];

	s3_hash_bytes(buf_str(&m->body), m->body.len, hash);
	req.method = method;
	req.url = url;
	req.body = buf_str(&m->body);
	req.body_len = m->body.len;
	/* putting the parts together takes the server a while */
	req.stall_timeout_ms = 120000;
	return s3_send(m->s3, &req, hash, done, m, err);
}

static void on_aborted(void *arg, const struct http_response *r)
{
	(void)r;
	multi_answer(arg);
}

static void multi_abort(struct multi *m)
{
	auto_buf query = BUF_INIT;

	buf_reset(&m->body);
	query_of(m, "", &query);
	if (multi_send(m, "DELETE", buf_str(&query), on_aborted, NULL) < 0)
		multi_answer(m);
}

static void on_completed(void *arg, const struct http_response *r)
{
	struct multi *m = arg;
	struct err err = ERR_INIT;
	struct s3xml_error e;

	if (s3_meaning(m->s3, r, &err) < 0) {
		set_error(m, &err);
	} else {
		/* the status was sent before the work was done */
		s3xml_error(buf_str(&r->body), r->body.len, &e);
		if (e.code[0]) {
			err_set(&err, ERR_RETRY, "bucket %s: %s: %s", m->s3->bucket, e.code,
			        e.message);
			set_error(m, &err);
		}
	}
	if (m->err.kind == ERR_NONE)
		multi_answer(m);
	else
		multi_abort(m);
}

static void multi_complete(struct multi *m)
{
	auto_buf query = BUF_INIT;
	struct err err = ERR_INIT;

	buf_reset(&m->body);
	buf_adds(&m->body, "<CompleteMultipartUpload>");
	for (unsigned i = 0; i < m->n_parts; i++)
		buf_addf(&m->body, "<Part><PartNumber>%u</PartNumber><ETag>%s</ETag></Part>",
		         i + 1, m->tags[i]);
	buf_adds(&m->body, "</CompleteMultipartUpload>");
	query_of(m, "", &query);
	if (multi_send(m, "POST", buf_str(&query), on_completed, &err) < 0) {
		set_error(m, &err);
		multi_abort(m);
	}
}

static void multi_turn(struct multi *m);
static int part_send(struct part *p, struct err *err);

static void part_end(struct part *p)
{
	p->m->active--;
	free(p);
}

/* A tag is put into XML: only what tags are made of. */
static bool is_tag(const char *s)
{
	return s && *s && strlen(s) < 256 && !strpbrk(s, "<>&");
}

static void on_part(void *arg, const struct http_response *r)
{
	struct part *p = arg;
	struct multi *m = p->m;
	struct err err = ERR_INIT;
	const char *tag = http_response_header(r, "etag");
	int rc = s3_meaning(m->s3, r, &err);

	if (rc == 0 && !is_tag(tag))
		rc = err_set(&err, ERR_CORRUPT, "bucket %s: a part was taken without a tag",
		             m->s3->bucket);
	if (rc == 0) {
		m->tags[p->number] = xstrdup(tag);
		m->finished++;
	} else if (err.kind == ERR_RETRY && err.sys != ECANCELED && p->tries < PART_TRIES &&
	           m->err.kind == ERR_NONE && part_send(p, &err) == 0) {
		return;
	} else {
		set_error(m, &err);
	}
	part_end(p);
	multi_turn(m);
}

static uint64_t part_len(const struct multi *m, unsigned number)
{
	uint64_t from = number * m->part_size_bytes, size = oid_size(&m->o.as);

	return size - from < m->part_size_bytes ? size - from : m->part_size_bytes;
}

static int hash_part(const struct multi *m, unsigned number, char hex[65], struct err *err)
{
	uint64_t at = number * m->part_size_bytes, left = part_len(m, number);
	auto_free char *piece = xmalloc(PIECE);
	struct digest d;
	struct oid id;

	digest_init(&d);
	while (left > 0) {
		ssize_t n = pread(m->o.fd, piece, left < PIECE ? left : PIECE, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? err_sys(err, "read %s", m->o.name)
			             : err_set(err, ERR_CORRUPT, "%s has become shorter",
			                       m->o.name);
		digest_add(&d, piece, (size_t)n);
		at += (uint64_t)n;
		left -= (uint64_t)n;
	}
	digest_done(&d, &id);
	s3_hash_of(&id, hex);
	return 0;
}

static int part_send(struct part *p, struct err *err)
{
	struct multi *m = p->m;
	struct http_request req = HTTP_REQUEST_INIT;
	auto_buf query = BUF_INIT;
	char hash[65];

	p->tries++;
	if (hash_part(m, p->number, hash, err) < 0)
		return -1;
	buf_addf(&query, "partNumber=%u&", p->number + 1);
	query_of(m, "", &query);
	auto_free char *url = s3_url(m->s3, m->o.name, buf_str(&query));
	req.method = "PUT";
	req.url = url;
	req.body_fd = m->o.fd;
	req.body_offset = p->number * m->part_size_bytes;
	req.body_size_bytes = part_len(m, p->number);
	return s3_send(m->s3, &req, hash, on_part, p, err);
}

static void multi_turn(struct multi *m)
{
	while (m->err.kind == ERR_NONE && m->active < AT_ONCE && m->next < m->n_parts) {
		struct part *p = xcalloc(1, sizeof(*p));
		struct err err = ERR_INIT;

		p->m = m;
		p->number = m->next++;
		m->active++;
		if (part_send(p, &err) < 0) {
			set_error(m, &err);
			part_end(p);
		}
	}
	if (m->active)
		return;
	if (m->err.kind != ERR_NONE)
		multi_abort(m);
	else if (m->finished == m->n_parts)
		multi_complete(m);
}

static void on_begun(void *arg, const struct http_response *r)
{
	struct multi *m = arg;

	if (s3_meaning(m->s3, r, &m->err) < 0 ||
	    s3xml_upload_id(buf_str(&r->body), r->body.len, &m->upload_id, &m->err) < 0)
		multi_answer(m);
	else
		multi_turn(m);
}

int s3multi_put(struct s3 *s, const struct outgoing *o, backend_done_fn *done, void *arg,
                struct err *err)
{
	struct multi *m = xcalloc(1, sizeof(*m));
	uint64_t size = oid_size(&o->as);

	m->s3 = s;
	m->o = *o;
	m->done = done;
	m->arg = arg;
	m->part_size_bytes = s->part_size_bytes;
	while (size / m->part_size_bytes >= PARTS_MAX)
		m->part_size_bytes *= 2;
	m->n_parts = (unsigned)((size + m->part_size_bytes - 1) / m->part_size_bytes);
	m->tags = xcalloc(m->n_parts, sizeof(*m->tags));
	if (multi_send(m, "POST", "uploads=", on_begun, err) == 0)
		return 0;
	multi_free(m);
	return -1;
}
