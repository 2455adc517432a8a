#include "engine/answer.h"

#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "core/codec.h"
#include "core/digest.h"
#include "exec/execute.h"

static void wrong(struct outcome *out, const char *fmt, ...) printflike(2, 3);

static void wrong(struct outcome *out, const char *fmt, ...)
{
	int n = snprintf(out->why, sizeof(out->why), "wrong answer: ");
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out->why + n, sizeof(out->why) - (size_t)n, fmt, ap);
	va_end(ap);
	out->what = OUTCOME_WRONG;
}

/* Ours could not do what is due with a true answer. */
static void trouble(struct outcome *out, const struct err *err)
{
	out->what = err->kind == ERR_NOSPC ? OUTCOME_NOSPC : OUTCOME_INTERNAL;
	snprintf(out->why, sizeof(out->why), "%s", err->msg);
}

/* -- bytes that came along -- */

static int keep_bytes(struct store *st, const struct buf *data, bool executable,
                      struct err *err)
{
	struct oid id;

	if (!executable)
		return store_put(st, buf_str(data), data->len, &id, err);
	auto_fd fd = memfd_create("output", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "memory for an output");
	if (file_write_fd(fd, buf_str(data), data->len, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "memory for an output");
	return store_put_fd(st, fd, true, &id, err);
}

static bool came_along(const struct wire_output *o)
{
	return o->data.len > 0 || oid_size(&o->hash) == 0;
}

static int check_output(const struct wire_output *o, struct outcome *out)
{
	struct oid real;
	auto_thunk t = NULL;

	if (o->size_bytes != oid_size(&o->hash)) {
		wrong(out, "output %s is said to have %llu bytes, and its name says %llu",
		      o->tag, (unsigned long long)o->size_bytes,
		      (unsigned long long)oid_size(&o->hash));
		return -1;
	}
	if (came_along(o)) {
		digest_bytes(buf_str(&o->data), o->data.len, &real);
		if (!oid_eq(&real, &o->hash)) {
			wrong(out, "the bytes of output %s are not what %s names", o->tag,
			      o->hash.s);
			return -1;
		}
	} else if (oid_is_thunk(&o->hash)) {
		wrong(out, "output %s is a thunk that did not come along", o->tag);
		return -1;
	}
	if (oid_is_thunk(&o->hash) && thunk_decode(o->data.data, o->data.len, &t, NULL) < 0) {
		wrong(out, "output %s begins like a thunk and is none", o->tag);
		return -1;
	}
	return 0;
}

/* -- outputs -- */

static const struct wire_output *output_of(const struct wire_executed *x, const char *tag)
{
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->outputs[i].tag, tag) == 0)
			return &x->outputs[i];
	return NULL;
}

/* As in exec/execute: a command with real paths may leave out what is not its main output. */
static bool may_lack(const struct thunk *t, size_t i)
{
	return i > 0 && t->workdir;
}

static int check_outputs(const struct thunk *t, const struct wire_executed *x,
                         struct outcome *out)
{
	size_t found = 0;

	for (size_t i = 0; i < t->outputs.n; i++) {
		const struct wire_output *o = output_of(x, t->outputs.v[i]);

		if (!o && !may_lack(t, i)) {
			wrong(out, "output %s is missing", t->outputs.v[i]);
			return -1;
		}
		if (o && check_output(o, out) < 0)
			return -1;
		found += o != NULL;
	}
	if (found != x->n) {
		wrong(out, "it has outputs that the thunk does not have");
		return -1;
	}
	return 0;
}

static int keep_outputs(const struct answer_question *q, const struct wire_executed *x,
                        struct outcome *out, struct err *err)
{
	for (size_t i = 0; i < q->thunk->outputs.n; i++) {
		const struct wire_output *o = output_of(x, q->thunk->outputs.v[i]);

		if (!o)
			continue;
		if (came_along(o) && keep_bytes(q->store, &o->data, o->executable, err) < 0)
			return err_wrap(err, "keep output %s", o->tag);
		memo_add_output(&out->memo, o->tag, &o->hash, o->executable);
	}
	return 0;
}

static int keep_texts(const struct answer_question *q, const struct wire_response *r,
                      struct outcome *out, struct err *err)
{
	const struct buf *texts[] = { &r->out_text, &r->err_text };
	struct oid *ids[] = { &out->memo.out_text, &out->memo.err_text };

	for (size_t i = 0; i < countof(texts); i++)
		if (texts[i]->len &&
		    store_put(q->store, texts[i]->data, texts[i]->len, ids[i], err) < 0)
			return err_wrap(err, "keep what it printed");
	return 0;
}

static void judge_success(const struct answer_question *q, const struct wire_response *r,
                          struct outcome *out)
{
	struct err err = ERR_INIT;

	if (r->n != 1) {
		wrong(out, "it answers %zu thunks, and one was asked", r->n);
		return;
	}
	if (!oid_eq(&r->executed[0].thunk, q->id)) {
		wrong(out, "it answers another thunk (%s)", r->executed[0].thunk.s);
		return;
	}
	if (check_outputs(q->thunk, &r->executed[0], out) < 0)
		return;
	if (keep_outputs(q, &r->executed[0], out, &err) < 0 || keep_texts(q, r, out, &err) < 0)
		trouble(out, &err);
}

/* -- failures -- */

/* What a peer means that gives no class. */
static enum outcome_class class_of_code(int code)
{
	switch (code) {
	case WIRE_RATE_LIMIT: return OUTCOME_THROTTLED;
	case WIRE_OPERATIONAL: return OUTCOME_CANT_RUN;
	case WIRE_FETCH: return OUTCOME_MISSING;
	case WIRE_EXECUTION: return OUTCOME_FAILED;
	default: return OUTCOME_LOST;
	}
}

static void judge_failure(const struct answer_question *q, const struct wire_response *r,
                          struct outcome *out)
{
	struct err err = ERR_INIT;

	out->what = class_of_code(r->return_code);
	if (r->failure && *r->failure)
		out->what = outcome_class_parse(r->failure);
	if (out->what == OUTCOME_OK || out->what == OUTCOME_CANCELLED) {
		wrong(out, "it says both that it failed (%d) and that it did not",
		      r->return_code);
		return;
	}
	snprintf(out->why, sizeof(out->why), "%s", r->text ? r->text : "");
	if (!*out->why)
		snprintf(out->why, sizeof(out->why), "the worker says: %s (%d)",
		         outcome_class_name(out->what), r->return_code);
	for (size_t i = 0; i < r->missing.n; i++)
		strv_add(&out->missing, r->missing.v[i]);
	if (out->what != OUTCOME_FAILED)
		return;
	/* The original says no more than that it failed: as if by exit 1. */
	out->status = r->protocol ? r->wait_status : 1 << 8;
	if (keep_texts(q, r, out, &err) < 0)
		trouble(out, &err);
	else
		out->suspicious = execution_is_suspicious(q->store, out, NULL);
}

void answer_judge(const struct answer_question *q, const struct wire_response *r,
                  struct outcome *out)
{
	*out = (struct outcome){ .what = OUTCOME_OK, .memoizable = true };
	out->memo.wall_ns = r->wall_ns;
	out->memo.cpu_ns = r->cpu_ns;
	snprintf(out->memo.engine, sizeof(out->memo.engine), "%s", q->engine);
	if (r->return_code == WIRE_OK)
		judge_success(q, r, out);
	else
		judge_failure(q, r, out);
}
