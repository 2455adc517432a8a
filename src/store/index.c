#include "store/index.h"

#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "store/env.h"
#include "store/pack.h"

/* A gathered write; its key is in the map. */
struct index_write {
	bool gone; /* a deletion */
	size_t len;
	unsigned char data[];
};

struct index {
	const char *dir;
	struct env *env;
	MDB_txn *reader; /* kept, and renewed for each look-up */
	bool reading;    /* the reader holds a snapshot */
	MDB_txn *writer;
	bool batch;
	unsigned held;
	struct map gathered;
	struct buf value;
};

struct index_op {
	struct index *ix;
	const char *key;
	const void *data;
	size_t len;
	bool found;
	char *const *keys; /* many, with the same value */
	size_t n_keys;
	int (*each)(void *arg, const char *key, const struct index_value *value);
	void *each_arg;
};

uint64_t pack_sum(const void *key, size_t key_len, const void *data, size_t len)
{
	const unsigned char *parts[] = { key, data };
	const size_t lens[] = { key_len, len };
	uint64_t h = 0x9e3779b97f4a7c15u ^ (key_len << 32) ^ len;

	for (int i = 0; i < 2; i++) {
		const unsigned char *p = parts[i];
		size_t left = lens[i];

		while (left > 0) {
			uint64_t word = 0;
			size_t n = left < 8 ? left : 8;

			memcpy(&word, p, n);
			h = (h ^ word) * 0xff51afd7ed558ccdu;
			h ^= h >> 32;
			p += n;
			left -= n;
		}
	}
	return h;
}

struct index *index_new(const char *dir)
{
	struct index *ix = xcalloc(1, sizeof(*ix));

	ix->dir = dir;
	return ix;
}

static void index_drop_gathered(struct index *ix)
{
	struct map_entry *e;
	size_t at = 0;

	while ((e = map_next(&ix->gathered, &at)))
		free(e->ptr);
	map_release(&ix->gathered);
	ix->gathered = (struct map)MAP_INIT;
}

static int index_abort_txns(void *arg)
{
	struct index *ix = arg;

	if (ix->writer)
		mdb_txn_abort(steal(&ix->writer));
	if (ix->reader)
		mdb_txn_abort(steal(&ix->reader));
	return 0;
}

static void index_leave_env(struct index *ix)
{
	if (!ix->env)
		return;
	/* Transactions from before a fork belong to the parent. */
	if (env_usable(ix->env))
		env_guard(index_abort_txns, ix);
	ix->reader = ix->writer = NULL;
	ix->reading = false;
	env_release(steal(&ix->env));
}

void index_free(struct index *ix)
{
	if (!ix)
		return;
	index_leave_env(ix);
	index_drop_gathered(ix);
	buf_release(&ix->value);
	free(ix);
}

static int index_begin_read(struct index *ix)
{
	int rc;

	if (ix->reading)
		return 0;
	if (ix->reader)
		rc = mdb_txn_renew(ix->reader);
	else
		rc = mdb_txn_begin(ix->env->mdb, NULL, MDB_RDONLY, &ix->reader);
	ix->reading = rc == 0;
	return rc;
}

static void index_drop_snapshot(struct index *ix)
{
	if (ix->reading)
		mdb_txn_reset(ix->reader);
	ix->reading = false;
}

static void index_end_read(struct index *ix)
{
	if (!ix->batch)
		index_drop_snapshot(ix);
}

/* One repair of the environment after return code @rc; true: try again. */
static bool index_repair(struct index *ix, int rc)
{
	int dead;

	if (env_is_damage(rc)) {
		env_guard(index_abort_txns, ix);
		env_condemn(ix->env, ix->dir);
		index_leave_env(ix);
		return true;
	}
	switch (rc) {
	case MDB_READERS_FULL: return mdb_reader_check(ix->env->mdb, &dead) == 0;
	case MDB_MAP_RESIZED:
	case MDB_MAP_FULL:
		env_guard(index_abort_txns, ix);
		ix->reading = false;
		return env_grow(ix->env, rc == MDB_MAP_FULL) == 0;
	case MDB_BAD_RSLOT:
	case MDB_BAD_TXN:
		env_guard(index_abort_txns, ix);
		ix->reading = false;
		return true;
	default: return false;
	}
}

static int index_ready(struct index *ix, struct err *err)
{
	if (ix->env && env_usable(ix->env))
		return 0;
	index_leave_env(ix);
	return env_acquire(ix->dir, &ix->env, err);
}

/* Run @fn on an open environment; 0 also when it found nothing, or -1. */
static int index_run(struct index *ix, int (*fn)(void *arg), struct index_op *op,
                     const char *what, struct err *err)
{
	enum { TRIES = 8 };
	int rc = 0;

	op->ix = ix;
	for (int i = 0; i < TRIES; i++) {
		if (index_ready(ix, err) < 0)
			return -1;
		rc = env_guard(fn, op);
		if (rc == 0 || rc == MDB_NOTFOUND)
			return 0;
		if (rc == ENV_FAULT && env_disk_full(ix->dir)) {
			index_leave_env(ix);
			rc = ENOSPC;
			break;
		}
		if (!index_repair(ix, rc))
			break;
	}
	return env_err(err, rc, what);
}

const char *index_boot(struct index *ix, struct err *err)
{
	return index_ready(ix, err) < 0 ? NULL : ix->env->boot;
}

/* The part of a stored record after its sum, or -1 when they don't match. */
static int index_open_value(const MDB_val *key, const MDB_val *val, struct index_value *out)
{
	uint64_t sum;

	if (val->mv_size < sizeof(sum))
		return -1;
	memcpy(&sum, val->mv_data, sizeof(sum));
	out->data = (const unsigned char *)val->mv_data + sizeof(sum);
	out->len = val->mv_size - sizeof(sum);
	return sum == pack_sum(key->mv_data, key->mv_size, out->data, out->len) ? 0 : -1;
}

static int index_get_op(void *arg)
{
	struct index_op *op = arg;
	struct index *ix = op->ix;
	MDB_val key = { op->len, (void *)op->key };
	struct index_value found = { 0 };
	MDB_val val;
	int rc = index_begin_read(ix);

	if (rc)
		return rc;
	rc = mdb_get(ix->reader, ix->env->dbi, &key, &val);
	if (rc == 0) {
		op->found = index_open_value(&key, &val, &found) == 0;
		buf_reset(&ix->value);
		if (op->found && buf_add(&ix->value, found.data, found.len) < 0)
			op->found = false;
	}
	index_end_read(ix);
	return rc;
}

int index_get(struct index *ix, const char *key, struct index_value *out, struct err *err)
{
	struct index_op op = { .key = key, .len = strlen(key) };
	struct map_entry *e = ix->gathered.n ? map_find(&ix->gathered, key) : NULL;

	if (e) {
		const struct index_write *w = e->ptr;

		*out = (struct index_value){ w->data, w->len };
		return !w->gone;
	}
	if (index_run(ix, index_get_op, &op, "look up", err) < 0)
		return -1;
	*out = (struct index_value){ (unsigned char *)ix->value.data, ix->value.len };
	return op.found;
}

static int index_write_one(struct index *ix, const char *key, const void *data, size_t len,
                           bool gone)
{
	size_t key_len = strlen(key);
	MDB_val k = { key_len, (void *)key };
	MDB_val v = { len + sizeof(uint64_t), NULL };
	int rc;

	if (gone) {
		rc = mdb_del(ix->writer, ix->env->dbi, &k, NULL);
		return rc == MDB_NOTFOUND ? 0 : rc;
	}
	uint64_t sum = pack_sum(key, key_len, data, len);
	rc = mdb_put(ix->writer, ix->env->dbi, &k, &v, MDB_RESERVE);
	if (rc)
		return rc;
	memcpy(v.mv_data, &sum, sizeof(sum));
	if (len)
		memcpy((char *)v.mv_data + sizeof(sum), data, len);
	return 0;
}

static int index_commit(struct index *ix, int rc)
{
	MDB_txn *writer = steal(&ix->writer);

	if (rc)
		mdb_txn_abort(writer);
	else
		rc = mdb_txn_commit(writer);
	/* To a look-up that is an answer; to a write it is damage. */
	return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
}

static int index_write_op(void *arg)
{
	struct index_op *op = arg;
	struct index *ix = op->ix;
	struct map_entry *e;
	size_t at = 0;
	int rc;

	if (ix->env->read_only)
		return EACCES;
	rc = mdb_txn_begin(ix->env->mdb, NULL, 0, &ix->writer);
	if (rc)
		return rc;
	if (op->key) {
		rc = index_write_one(ix, op->key, op->data, op->len, op->data == NULL);
		return index_commit(ix, rc);
	}
	for (size_t i = 0; rc == 0 && i < op->n_keys; i++)
		rc = index_write_one(ix, op->keys[i], op->data, op->len, op->data == NULL);
	if (op->keys)
		return index_commit(ix, rc);
	while (rc == 0 && (e = map_next(&ix->gathered, &at))) {
		const struct index_write *w = e->ptr;

		rc = index_write_one(ix, e->key, w->data, w->len, w->gone);
	}
	return index_commit(ix, rc);
}

static void index_gather(struct index *ix, const char *key, const void *data, size_t len)
{
	struct index_write *w = xmalloc(sizeof(*w) + len);
	struct map_entry *e = map_add(&ix->gathered, key, NULL);

	w->gone = data == NULL;
	w->len = len;
	if (len)
		memcpy(w->data, data, len);
	free(e->ptr);
	e->ptr = w;
}

int index_put_now(struct index *ix, const char *key, const void *data, size_t len,
                  struct err *err)
{
	struct index_op op = { .key = key, .data = data ? data : "", .len = len };

	BUG_IF(strlen(key) > INDEX_KEY_MAX);
	if (ix->held) {
		index_gather(ix, key, op.data, len);
		return 0;
	}
	if (index_run(ix, index_write_op, &op, "write", err) < 0)
		return -1;
	/* What was just written must be seen by a batch's next look-up. */
	index_drop_snapshot(ix);
	return 0;
}

int index_put(struct index *ix, const char *key, const void *data, size_t len, struct err *err)
{
	BUG_IF(strlen(key) > INDEX_KEY_MAX);
	if (!ix->batch)
		return index_put_now(ix, key, data, len, err);
	index_gather(ix, key, data ? data : "", len);
	return 0;
}

int index_put_all(struct index *ix, char *const *keys, size_t n, const void *data, size_t len,
                  struct err *err)
{
	struct index_op op = { .keys = keys, .n_keys = n, .data = data, .len = len };

	if (n == 0)
		return 0;
	if (index_run(ix, index_write_op, &op, "write", err) < 0)
		return -1;
	index_drop_snapshot(ix);
	return 0;
}

int index_del(struct index *ix, const char *key, struct err *err)
{
	struct index_op op = { .key = key };

	if (ix->batch || ix->held) {
		index_gather(ix, key, NULL, 0);
		return 0;
	}
	return index_run(ix, index_write_op, &op, "delete", err);
}

static int index_each_stored(struct index_op *op, MDB_cursor *cur)
{
	size_t prefix_len = strlen(op->key);
	MDB_val key = { prefix_len, (void *)op->key };
	struct index_value value;
	char text[INDEX_KEY_MAX + 1];
	MDB_val val;
	int rc = mdb_cursor_get(cur, &key, &val, MDB_SET_RANGE);

	for (; rc == 0; rc = mdb_cursor_get(cur, &key, &val, MDB_NEXT)) {
		if (key.mv_size < prefix_len || memcmp(key.mv_data, op->key, prefix_len) != 0)
			break;
		if (key.mv_size > INDEX_KEY_MAX || index_open_value(&key, &val, &value) < 0)
			continue;
		memcpy(text, key.mv_data, key.mv_size);
		text[key.mv_size] = '\0';
		if (op->ix->gathered.n && map_find(&op->ix->gathered, text))
			continue;
		op->found = op->each(op->each_arg, text, &value) != 0;
		if (op->found)
			break;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int index_each_op(void *arg)
{
	struct index_op *op = arg;
	struct index *ix = op->ix;
	MDB_cursor *cur;
	int rc = index_begin_read(ix);

	if (rc)
		return rc;
	rc = mdb_cursor_open(ix->reader, ix->env->dbi, &cur);
	if (rc == 0) {
		rc = index_each_stored(op, cur);
		mdb_cursor_close(cur);
	}
	index_end_read(ix);
	return rc;
}

int index_each(struct index *ix, const char *prefix,
               int (*fn)(void *arg, const char *key, const struct index_value *value),
               void *arg, struct err *err)
{
	struct index_op op = { .key = prefix, .each = fn, .each_arg = arg };
	struct map_entry *e;
	size_t at = 0;

	while ((e = map_next(&ix->gathered, &at))) {
		const struct index_write *w = e->ptr;
		struct index_value value = { w->data, w->len };

		if (!w->gone && strncmp(e->key, prefix, strlen(prefix)) == 0 &&
		    fn(arg, e->key, &value))
			return 0;
	}
	return index_run(ix, index_each_op, &op, "walk", err);
}

static int index_found_one(void *arg, const char *key, const struct index_value *value)
{
	*(bool *)arg = true;
	return 1;
}

int index_any(struct index *ix, const char *prefix, struct err *err)
{
	bool any = false;

	if (index_each(ix, prefix, index_found_one, &any, err) < 0)
		return -1;
	return any;
}

void index_batch_begin(struct index *ix)
{
	ix->batch = true;
}

int index_flush(struct index *ix, struct err *err)
{
	struct index_op op = { .key = NULL };

	if (ix->gathered.n && index_run(ix, index_write_op, &op, "flush", err) < 0)
		return -1;
	index_drop_gathered(ix);
	index_drop_snapshot(ix);
	return 0;
}

void index_hold(struct index *ix)
{
	ix->held++;
}

int index_release(struct index *ix, struct err *err)
{
	BUG_IF(ix->held == 0);
	if (--ix->held || index_flush(ix, err) == 0)
		return 0;
	/* written later it might be older than what is there by then */
	if (!ix->batch)
		index_drop_gathered(ix);
	return -1;
}

static int index_sync_op(void *arg)
{
	struct index_op *op = arg;

	return mdb_env_sync(op->ix->env->mdb, 1);
}

int index_sync(struct index *ix, struct err *err)
{
	struct index_op op = { .key = NULL };

	return index_run(ix, index_sync_op, &op, "sync", err);
}

void index_check_readers(struct index *ix)
{
	int dead;

	if (ix->env && env_usable(ix->env))
		mdb_reader_check(ix->env->mdb, &dead);
}

static int index_check_op(void *arg)
{
	struct index_op *op = arg;

	/* What this process reads with must not pin what is walked. */
	index_drop_snapshot(op->ix);
	return env_check(op->ix->env);
}

int index_check(struct index *ix, struct err *err)
{
	struct index_op op = { .ix = ix };

	if (index_ready(ix, err) < 0)
		return -1;
	int rc = index_check_op(&op);
	if (rc == 0)
		return 1;
	if (!env_is_damage(rc))
		return env_err(err, rc, "walk");
	index_repair(ix, rc);
	return index_ready(ix, err) < 0 ? -1 : 0;
}

static int index_facts_op(void *arg)
{
	struct index_op *op = arg;
	struct index_facts *out = op->each_arg;
	MDB_env *mdb = op->ix->env->mdb;
	MDB_envinfo info;
	MDB_stat stat;
	int dead = 0;
	int rc = mdb_env_info(mdb, &info);

	if (rc == 0)
		rc = mdb_env_stat(mdb, &stat);
	if (rc == 0)
		rc = mdb_reader_check(mdb, &dead);
	if (rc)
		return rc;
	*out = (struct index_facts){
		.entries = stat.ms_entries,
		.bytes = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize,
		.readers = info.me_numreaders,
		.max_readers = info.me_maxreaders,
		.dead_readers = (unsigned)dead,
		.read_only = op->ix->env->read_only,
	};
	return 0;
}

int index_facts(struct index *ix, struct index_facts *out, struct err *err)
{
	struct index_op op = { .each_arg = out };

	return index_run(ix, index_facts_op, &op, "look", err);
}
