#include "exec/reply.h"

#include <errno.h>
#include <unistd.h>

static enum wire_status code_of(enum outcome_class what)
{
	switch (what) {
	case OUTCOME_OK: return WIRE_OK;
	case OUTCOME_THROTTLED: return WIRE_RATE_LIMIT;
	case OUTCOME_CANT_RUN: return WIRE_OPERATIONAL;
	case OUTCOME_MISSING:
	case OUTCOME_UNREACHABLE: return WIRE_FETCH;
	case OUTCOME_FAILED:
	case OUTCOME_TIMEOUT: return WIRE_EXECUTION;
	case OUTCOME_NOSPC: return WIRE_UPLOAD;
	default: return WIRE_INVOCATION;
	}
}

static void drop_executed(struct wire_response *r)
{
	struct wire_response executed = { .executed = r->executed, .n = r->n };

	wire_response_release(&executed);
	r->executed = NULL;
	r->n = 0;
}

void reply_fail(struct wire_response *r, enum outcome_class what, const char *text)
{
	drop_executed(r);
	r->return_code = code_of(what);
	free(r->failure);
	r->failure = xstrdup(outcome_class_name(what));
	free(r->text);
	r->text = xstrdup(text);
}

static void read_text(int fd, size_t len, struct buf *out)
{
	char *room = buf_room(out, len + 1);

	while (out->len < len) {
		ssize_t n = read(fd, room + out->len, len - out->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->len += (size_t)n;
	}
	room[out->len] = '\0';
}

static void add_text(struct store *st, const struct oid *id, struct buf *out)
{
	uint64_t size = *id->s ? oid_size(id) : 0;
	struct err ignored = ERR_INIT;
	int fd = -1;

	buf_reset(out);
	if (!*id->s || store_open_blob(st, id, &fd, &ignored) < 0)
		return;
	read_text(fd, size < REPLY_TEXT_MAX ? size : REPLY_TEXT_MAX, out);
	close(fd);
	if (size > REPLY_TEXT_MAX)
		buf_addf(out, "\n[gg: %llu more bytes are left out here]\n",
		         (unsigned long long)(size - REPLY_TEXT_MAX));
}

void reply_add_texts(struct wire_response *r, struct store *st, const struct memo *m)
{
	add_text(st, &m->out_text, &r->out_text);
	add_text(st, &m->err_text, &r->err_text);
	r->wall_ns += m->wall_ns;
	r->cpu_ns += m->cpu_ns;
}

static int add_output(struct wire_output *to, struct store *st, const struct memo_output *o,
                      uint64_t *room_bytes, struct err *err)
{
	uint64_t size_bytes = oid_size(&o->id);

	*to = (struct wire_output){ .tag = xstrdup(o->tag),
		                    .hash = o->id,
		                    .size_bytes = size_bytes,
		                    .executable = o->executable,
		                    .data = BUF_LIMIT(WIRE_REQUEST_MAX) };
	if (!oid_is_thunk(&o->id)) {
		if (size_bytes > *room_bytes)
			return 0;
		*room_bytes -= size_bytes;
	}
	return store_get(st, &o->id, &to->data, err);
}

int reply_add_thunk(struct wire_response *r, struct store *st, const struct wire_request *req,
                    const struct oid *id, const struct memo *m, struct err *err)
{
	uint64_t room_bytes = req->inline_max;

	if (!r->executed)
		r->executed = xcalloc(req->n, sizeof(*r->executed));
	struct wire_executed *x = &r->executed[r->n++];
	*x = (struct wire_executed){ .thunk = *id };
	x->outputs = xcalloc(m->n_outputs + 1, sizeof(*x->outputs));
	for (size_t i = 0; i < m->n_outputs; i++)
		if (add_output(&x->outputs[x->n++], st, &m->outputs[i], &room_bytes, err) < 0)
			return err_wrap(err, "output %s", m->outputs[i].tag);
	return 0;
}
