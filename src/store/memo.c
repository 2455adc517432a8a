#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "store/journal.h"
#include "store/pack.h"

enum { MEMO_VERSION = 1 };

/* Where and when an entry was written: is it on the disk for sure? */
struct memo_origin {
	char *boot;    /* owned; the run of the machine */
	int64_t at_ns; /* since it began */
};

static int64_t since_boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return clock_ns_of(t);
}

void memo_release(struct memo *m)
{
	for (size_t i = 0; i < m->n_outputs; i++)
		free(m->outputs[i].tag);
	free(m->outputs);
	*m = (struct memo){ 0 };
}

void memo_add_output(struct memo *m, const char *tag, const struct oid *id, bool executable)
{
	size_t size = (m->n_outputs + 1) * sizeof(*m->outputs);

	m->outputs = xrealloc(m->outputs, size);
	m->outputs[m->n_outputs++] = (struct memo_output){ xstrdup(tag), *id, executable };
}

static void memo_key(const struct oid *thunk, char key[INDEX_KEY_MAX])
{
	key[0] = INDEX_MEMO;
	memcpy(key + 1, thunk->s, sizeof(thunk->s));
}

static void memo_encode(const struct memo *m, const char *boot, struct buf *out)
{
	pack_u32(out, MEMO_VERSION);
	pack_str(out, boot);
	pack_u64(out, (uint64_t)since_boot_ns());
	pack_u32(out, (uint32_t)m->n_outputs);
	for (size_t i = 0; i < m->n_outputs; i++) {
		pack_str(out, m->outputs[i].tag);
		pack_str(out, m->outputs[i].id.s);
		pack_u32(out, m->outputs[i].executable);
	}
	pack_str(out, m->out_text.s);
	pack_str(out, m->err_text.s);
	pack_u64(out, (uint64_t)m->wall_ns);
	pack_u64(out, (uint64_t)m->cpu_ns);
	auto_free char *engine = xstrndup(m->engine, sizeof(m->engine) - 1);
	pack_str(out, engine);
}

/* 0, or -1 for anything but a whole entry of this version. */
static int memo_decode(const struct index_value *value, struct memo *out,
                       struct memo_origin *origin)
{
	struct unpack u = { value->data, value->len, false };

	*out = (struct memo){ 0 };
	if (unpack_u32(&u) != MEMO_VERSION)
		return -1;
	origin->boot = unpack_str(&u);
	origin->at_ns = (int64_t)unpack_u64(&u);
	uint32_t n = unpack_u32(&u);

	for (uint32_t i = 0; i < n && !u.bad; i++) {
		auto_free char *tag = unpack_str(&u);
		struct oid id;

		unpack_oid(&u, false, &id);
		bool executable = unpack_u32(&u);
		if (!u.bad)
			memo_add_output(out, tag, &id, executable);
	}
	unpack_oid(&u, true, &out->out_text);
	unpack_oid(&u, true, &out->err_text);
	out->wall_ns = (int64_t)unpack_u64(&u);
	out->cpu_ns = (int64_t)unpack_u64(&u);
	auto_free char *engine = unpack_str(&u);

	if (engine)
		snprintf(out->engine, sizeof(out->engine), "%s", engine);
	if (!u.bad && u.left == 0)
		return 0;
	memo_release(out);
	return -1;
}

static void synced_key(const char *boot, char key[INDEX_KEY_MAX])
{
	snprintf(key, INDEX_KEY_MAX, "%c%.64s", INDEX_SYNCED, boot);
}

/* Was the entry written in this run of the machine, or made durable in its own? 1, 0, -1. */
static int is_durable(struct store *st, const struct memo_origin *origin, struct err *err)
{
	const char *boot = index_boot(st->index, err);
	char key[INDEX_KEY_MAX];
	struct index_value value;
	int64_t synced_ns;

	if (!boot)
		return -1;
	if (*boot && strcmp(boot, origin->boot) == 0)
		return 1;
	synced_key(origin->boot, key);
	int found = index_get(st->index, key, &value, err);

	if (found <= 0 || value.len != sizeof(synced_ns))
		return found < 0 ? -1 : 0;
	memcpy(&synced_ns, value.data, sizeof(synced_ns));
	return origin->at_ns < synced_ns;
}

static bool each_object(struct store *st, const struct memo *m,
                        bool (*good)(struct store *st, const struct oid *id))
{
	for (size_t i = 0; i < m->n_outputs; i++)
		if (!good(st, &m->outputs[i].id))
			return false;
	return (!m->out_text.s[0] || good(st, &m->out_text)) &&
	       (!m->err_text.s[0] || good(st, &m->err_text));
}

/* What is elsewhere is verified when it arrives. */
static bool verifies(struct store *st, const struct oid *id)
{
	return store_has(st, id) ? store_verify(st, id, NULL) == 0 : store_held(st, id);
}

/* Are the objects of a decoded entry there, and what they were? 1, 0, -1. */
static int memo_holds(struct store *st, const char *key, const struct memo *m,
                      const struct memo_origin *origin, struct err *err)
{
	auto_buf again = BUF_INIT;

	if (!each_object(st, m, store_held))
		return 0;
	int durable = is_durable(st, origin, err);

	if (durable)
		return durable;
	if (!each_object(st, m, verifies))
		return 0;
	/* Once is enough: from now on it counts as written in this run of the machine. */
	memo_encode(m, index_boot(st->index, err), &again);
	return index_put(st->index, key, again.data, again.len, err) < 0 ? -1 : 1;
}

int store_memo_get(struct store *st, const struct oid *thunk, struct memo *out, struct err *err)
{
	char key[INDEX_KEY_MAX];
	struct index_value value;
	struct memo_origin origin = { 0 };

	memo_key(thunk, key);
	int found = index_get(st->index, key, &value, err);

	if (found <= 0)
		return found < 0 ? err_wrap(err, "memo of %s", thunk->s) : 0;
	if (memo_decode(&value, out, &origin) < 0)
		found = 0;
	else
		found = memo_holds(st, key, out, &origin, err);
	free(origin.boot);
	if (found != 1)
		memo_release(out);
	return found;
}

int store_memo_put(struct store *st, const struct oid *thunk, const struct memo *m,
                   struct err *err)
{
	char key[INDEX_KEY_MAX];
	auto_buf value = BUF_INIT;
	const char *boot = index_boot(st->index, err);

	if (!boot)
		return -1;
	memo_key(thunk, key);
	memo_encode(m, boot, &value);
	if (st->journal < 0)
		st->journal = journal_open(st->dir_fd);
	if (st->journal < 0)
		return err_sys(err, "memo journal in %s", st->dir);
	if (journal_append(st->journal, key, value.data, value.len, err) < 0 ||
	    index_put_now(st->index, key, value.data, value.len, err) < 0)
		return err_wrap(err, "memo of %s", thunk->s);
	return 0;
}

struct memo_walk {
	void (*fn)(void *arg, const struct oid *thunk, const struct memo *m);
	void *arg;
};

static int memo_walk_one(void *arg, const char *key, const struct index_value *value)
{
	const struct memo_walk *w = arg;
	struct memo_origin origin = { 0 };
	struct memo m = { 0 };
	struct oid thunk;

	if (oid_parse(key + 1, strlen(key + 1), &thunk, NULL) == 0 &&
	    memo_decode(value, &m, &origin) == 0)
		w->fn(w->arg, &thunk, &m);
	free(origin.boot);
	memo_release(&m);
	return 0;
}

int store_memo_each(struct store *st,
                    void (*fn)(void *arg, const struct oid *thunk, const struct memo *m),
                    void *arg, struct err *err)
{
	static const char prefix[] = { INDEX_MEMO, '\0' };
	struct memo_walk w = { fn, arg };

	return index_each(st->index, prefix, memo_walk_one, &w, err);
}

int store_memo_forget(struct store *st, const struct oid *thunk, struct err *err)
{
	char key[INDEX_KEY_MAX];

	memo_key(thunk, key);
	return index_del(st->index, key, err);
}

struct log_copy {
	int fd;
	struct err *err;
	bool failed;
};

static int log_copy_one(void *arg, const char *key, const struct index_value *value)
{
	struct log_copy *c = arg;

	c->failed = journal_append(c->fd, key, value->data, value->len, c->err) < 0;
	return c->failed;
}

int store_memo_rewrite_log(struct store *st, struct err *err)
{
	static const char prefix[] = { INDEX_MEMO, '\0' };
	static const char fresh[] = "memo.log.new";
	auto_fd fd = openat(st->dir_fd, fresh,
	                    O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct log_copy copy = { fd, err, false };

	if (fd < 0)
		return err_sys(err, "%s/%s", st->dir, fresh);
	int rc = index_each(st->index, prefix, log_copy_one, &copy, err);
	/* On the disk before it takes the old one's place: it is what the index is made from.
	 */
	if (rc == 0 && !copy.failed && fdatasync(fd) < 0)
		rc = err_sys(err, "%s/%s", st->dir, fresh);
	if (rc == 0 && !copy.failed && renameat(st->dir_fd, fresh, st->dir_fd, "memo.log") < 0)
		rc = err_sys(err, "%s/%s", st->dir, fresh);
	if (rc < 0 || copy.failed) {
		unlinkat(st->dir_fd, fresh, 0);
		return err_wrap(err, "write memo.log anew");
	}
	if (st->journal >= 0)
		close(st->journal);
	st->journal = -1;
	return 0;
}

int store_sync(struct store *st, struct err *err)
{
	const char *boot = index_boot(st->index, err);
	char key[INDEX_KEY_MAX];
	int64_t began_ns = since_boot_ns();

	if (!boot)
		return -1;
	synced_key(boot, key);
	/* Processes that were killed must not keep old pages in use for ever. */
	index_check_readers(st->index);
	if (syncfs(st->dir_fd) < 0)
		return err_sys(err, "sync %s", st->dir);
	if (index_put_now(st->index, key, &began_ns, sizeof(began_ns), err) < 0)
		return -1;
	return index_sync(st->index, err);
}
