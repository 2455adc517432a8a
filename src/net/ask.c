#include "net/ask.h"

#include <string.h>

struct asking {
	struct http_answer *out;
	struct err *err;
	bool done;
	int rc;
};

static void answered(void *arg, const struct http_response *r)
{
	struct asking *a = arg;

	a->done = true;
	a->rc = r->status ? 0 : -1;
	if (!r->status) {
		*a->err = r->err;
		return;
	}
	a->out->status = r->status;
	buf_add(&a->out->body, buf_str(&r->body), r->body.len);
	for (size_t i = 0; i < r->headers.n; i++)
		strv_add(&a->out->headers, r->headers.v[i]);
}

int http_ask(const struct http_options *o, const struct http_request *req,
             struct http_answer *out, struct err *err)
{
	struct asking a = { .out = out, .err = err };
	struct http *h = NULL;
	uv_loop_t loop;
	int rc = uv_loop_init(&loop);

	*out = (struct http_answer){ 0 };
	if (rc < 0)
		return err_set(err, ERR_IO, "event loop: %s", uv_strerror(rc));
	rc = http_new(&loop, o, &h, err);
	if (rc == 0 && http_start(h, req, answered, &a, err) < 0)
		rc = -1;
	while (rc == 0 && !a.done)
		uv_run(&loop, UV_RUN_ONCE);
	http_free(h);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return rc < 0 ? -1 : a.rc;
}

void http_answer_release(struct http_answer *a)
{
	buf_release(&a->body);
	strv_release(&a->headers);
}

const char *http_answer_header(const struct http_answer *a, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < a->headers.n; i++)
		if (strncmp(a->headers.v[i], name, n) == 0 && a->headers.v[i][n] == ':')
			return a->headers.v[i] + n + 1 + strspn(a->headers.v[i] + n + 1, " ");
	return NULL;
}
