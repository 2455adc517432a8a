#include "remote/s3xml.h"

#include <string.h>
#include <time.h>

#include <expat.h>

enum { DEPTH_MAX = 16, TEXT_MAX = 64 << 10 };

/* A walk over a document: what is called at the end of each element, with its text. */
struct walk {
	XML_Parser parser;
	unsigned depth;
	struct buf text;
	char root[64];
	void (*fn)(void *arg, const char *name, unsigned depth, const char *text);
	void *arg;
};

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct walk *w = arg;

	(void)attributes;
	if (w->depth == 0)
		snprintf(w->root, sizeof(w->root), "%s", name);
	if (++w->depth > DEPTH_MAX)
		XML_StopParser(w->parser, XML_FALSE);
	buf_reset(&w->text);
}

static void on_end(void *arg, const XML_Char *name)
{
	struct walk *w = arg;

	w->depth--;
	w->fn(w->arg, name, w->depth, buf_str(&w->text));
	buf_reset(&w->text);
}

static void on_text(void *arg, const XML_Char *s, int len)
{
	struct walk *w = arg;

	if (buf_add(&w->text, s, (size_t)len) < 0)
		XML_StopParser(w->parser, XML_FALSE);
}

static void on_doctype(void *arg, const XML_Char *name, const XML_Char *sys,
                       const XML_Char *pub, int internal)
{
	struct walk *w = arg;

	(void)name, (void)sys, (void)pub, (void)internal;
	XML_StopParser(w->parser, XML_FALSE);
}

/* 0, or -1 when it is not well-formed; @root gets the name of the outermost element. */
static int walk(const char *text, size_t len,
                void (*fn)(void *arg, const char *name, unsigned depth, const char *text_of),
                void *arg, char root[64])
{
	struct walk w = { .text = BUF_LIMIT(TEXT_MAX), .fn = fn, .arg = arg };

	w.parser = XML_ParserCreate(NULL);
	BUG_IF(!w.parser);
	XML_SetUserData(w.parser, &w);
	XML_SetElementHandler(w.parser, on_start, on_end);
	XML_SetCharacterDataHandler(w.parser, on_text);
	XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
	bool good = len < INT32_MAX && XML_Parse(w.parser, text, (int)len, 1) == XML_STATUS_OK;
	XML_ParserFree(w.parser);
	buf_release(&w.text);
	memcpy(root, w.root, sizeof(w.root));
	return good ? 0 : -1;
}

static void take_error(void *arg, const char *name, unsigned depth, const char *text)
{
	struct s3xml_error *e = arg;
	const struct {
		const char *name;
		char *to;
		size_t size;
	} fields[] = {
		{ "Code", e->code, sizeof(e->code) },
		{ "Message", e->message, sizeof(e->message) },
		{ "Region", e->region, sizeof(e->region) },
	};

	(void)depth;
	for (size_t i = 0; i < countof(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			snprintf(fields[i].to, fields[i].size, "%s", text);
}

/* Text for people, in one line. */
static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

void s3xml_error(const char *text, size_t len, struct s3xml_error *out)
{
	char root[64];

	memset(out, 0, sizeof(*out));
	walk(text, len, take_error, out, root);
	clean(out->code);
	clean(out->message);
	clean(out->region);
}

struct listing {
	void (*fn)(void *arg, const struct s3xml_object *o);
	void *arg;
	struct buf key;
	struct s3xml_object object;
	struct buf *next;
	bool more;
};

static int64_t parse_time(const char *text)
{
	struct tm tm = { 0 };

	return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : 0;
}

static void take_entry(void *arg, const char *name, unsigned depth, const char *text)
{
	struct listing *l = arg;

	if (depth == 1 && strcmp(name, "NextContinuationToken") == 0) {
		buf_reset(l->next);
		buf_adds(l->next, text);
	} else if (depth == 1 && strcmp(name, "IsTruncated") == 0) {
		l->more = strcmp(text, "true") == 0;
	} else if (depth == 2 && strcmp(name, "Key") == 0) {
		buf_reset(&l->key);
		buf_adds(&l->key, text);
	} else if (depth == 2 && strcmp(name, "Size") == 0) {
		l->object.size_bytes = strtoull(text, NULL, 10);
	} else if (depth == 2 && strcmp(name, "LastModified") == 0) {
		l->object.modified_s = parse_time(text);
	} else if (depth == 1 && strcmp(name, "Contents") == 0) {
		l->object.key = buf_str(&l->key);
		if (*l->object.key)
			l->fn(l->arg, &l->object);
		l->object = (struct s3xml_object){ 0 };
		buf_reset(&l->key);
	}
}

int s3xml_list(const char *text, size_t len,
               void (*fn)(void *arg, const struct s3xml_object *o), void *arg, struct buf *next,
               struct err *err)
{
	struct listing l = { .fn = fn, .arg = arg, .key = BUF_LIMIT(4096), .next = next };
	char root[64];

	buf_reset(next);
	int rc = walk(text, len, take_entry, &l, root);
	buf_release(&l.key);
	if (!l.more)
		buf_reset(next);
	if (rc < 0 || strcmp(root, "ListBucketResult") != 0)
		return err_set(err, ERR_CORRUPT, "the answer is no listing");
	if (l.more && next->len == 0)
		return err_set(err, ERR_CORRUPT, "a listing that goes on, without saying how");
	return 0;
}

static void take_upload_id(void *arg, const char *name, unsigned depth, const char *text)
{
	if (depth == 1 && strcmp(name, "UploadId") == 0) {
		buf_reset(arg);
		buf_adds(arg, text);
	}
}

int s3xml_upload_id(const char *text, size_t len, struct buf *out, struct err *err)
{
	char root[64];

	if (walk(text, len, take_upload_id, out, root) < 0 || out->len == 0)
		return err_set(err, ERR_CORRUPT, "the answer has no UploadId");
	return 0;
}
