/*
 * Opening, in order:
 *
 *     lock on index.lock ─ check the meta pages ─ open ─ read the version record
 *        fresh: write the version record and the memo journal, in one transaction
 *        good:  done
 *        else:  open it again, walk it all; whole → note the boot,
 *               damaged → rename the folder, start anew
 *
 * The lock is held only while opening, so that no process opens a folder that
 * another one is renaming. It is exclusive for LMDB's sake (0.9.24): the first process
 * to open an environment clears the transaction number in the lock file and sets it
 * anew at the end. If it is killed between the two while another process waits inside
 * mdb_env_open, that one goes on from number 0 and overwrites the last commit.
 */
#include "store/env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/file.h"
#include "store/journal.h"
#include "store/pack.h"

/* LMDB allows one open environment per process and file: hence this list. */
static pthread_mutex_t env_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t env_once = PTHREAD_ONCE_INIT;
static struct env *env_list;
static unsigned env_generation;
static struct sigaction env_old_action[NSIG];
static _Thread_local sigjmp_buf *env_guard_at;

static const char ENV_VERSION_KEY[] = "V";
static const char ENV_VERSION[] = "gg-index 1 ";
static const int ENV_SIGNALS[] = { SIGBUS, SIGSEGV, SIGFPE };

/* What the first bytes of a meta page hold (MDB_page, MDB_meta of data version 1). */
struct meta_page {
	uint64_t pgno;
	uint16_t pad, flags, lower, upper;
	uint32_t magic, version;
	uint64_t address, mapsize;
	struct {
		uint32_t pad;
		uint16_t flags, depth;
		uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
	} dbs[2];
	uint64_t last_pg, txnid;
};

enum { META_MAGIC = 0xBEEFC0DE, META_VERSION = 1, META_FLAG = 8, ENV_MAX_READERS = 4096 };

/* guard */

static void env_on_fault(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	if (env_guard_at)
		siglongjmp(*env_guard_at, 1);
	/* Not ours: the instruction faults again, for whoever was there before. */
	sigaction(sig, &env_old_action[sig], NULL);
}

static void env_on_assert(MDB_env *mdb, const char *msg)
{
	(void)mdb;
	(void)msg;
	if (env_guard_at)
		siglongjmp(*env_guard_at, 1);
}

int env_guard(int (*fn)(void *arg), void *arg)
{
	sigjmp_buf here;

	if (sigsetjmp(here, 0)) {
		env_guard_at = NULL;
		return ENV_FAULT;
	}
	env_guard_at = &here;
	int rc = fn(arg);
	env_guard_at = NULL;
	return rc;
}

static void env_before_fork(void)
{
	pthread_mutex_lock(&env_mutex);
}

static void env_after_fork(void)
{
	pthread_mutex_unlock(&env_mutex);
}

/* LMDB's environments do not survive a fork; the child opens its own. */
static void env_in_child(void)
{
	env_generation++;
	env_list = NULL;
	pthread_mutex_unlock(&env_mutex);
}

static void env_set_up(void)
{
	pthread_atfork(env_before_fork, env_after_fork, env_in_child);
}

/* At each opening, because others (a test runner, for one) may have set their own since. */
static void env_catch_faults(void)
{
	struct sigaction act = { .sa_sigaction = env_on_fault,
		                 .sa_flags = SA_SIGINFO | SA_NODEFER };

	for (size_t i = 0; i < countof(ENV_SIGNALS); i++) {
		struct sigaction old;

		if (sigaction(ENV_SIGNALS[i], &act, &old) == 0 &&
		    old.sa_sigaction != env_on_fault)
			env_old_action[ENV_SIGNALS[i]] = old;
	}
}

bool env_is_damage(int rc)
{
	switch (rc) {
	case ENV_FAULT:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
	case MDB_INCOMPATIBLE: return true;
	default: return false;
	}
}

int env_err(struct err *err, int rc, const char *what)
{
	if (rc > 0) {
		errno = rc;
		return err_sys(err, "index: %s", what);
	}
	enum err_kind kind = rc == MDB_MAP_FULL                                ? ERR_NOSPC
	                     : rc == MDB_READERS_FULL || rc == MDB_MAP_RESIZED ? ERR_RETRY
	                     : env_is_damage(rc)                               ? ERR_CORRUPT
	                                                                       : ERR_IO;
	return err_set(err, kind, "index: %s: %s", what,
	               rc == ENV_FAULT ? "damaged" : mdb_strerror(rc));
}

/* check */

/* 0: may be opened (or is not there); MDB_INVALID; *short_ when the file is shorter than its
 * newest meta page says, which is legal only for pages that are in no use. */
static int env_check_meta(const char *data_path, bool *short_)
{
	auto_fd fd = open(data_path, O_RDONLY | O_CLOEXEC);
	struct meta_page meta[2];
	struct stat sb;

	*short_ = false;
	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	if (fstat(fd, &sb) < 0)
		return errno;
	if (sb.st_size == 0)
		return 0;
	if (pread(fd, &meta[0], sizeof(meta[0]), 0) != sizeof(meta[0]))
		return MDB_INVALID;
	uint64_t psize = meta[0].dbs[0].pad;
	if (psize < 512 || psize > 65536 || (psize & (psize - 1)))
		return MDB_INVALID;
	if (pread(fd, &meta[1], sizeof(meta[1]), (off_t)psize) != sizeof(meta[1]))
		return MDB_INVALID;
	for (int i = 0; i < 2; i++)
		if (meta[i].magic != META_MAGIC || meta[i].version != META_VERSION ||
		    !(meta[i].flags & META_FLAG) || meta[i].dbs[0].pad != psize ||
		    meta[i].last_pg > (UINT64_MAX >> 20))
			return MDB_INVALID;
	const struct meta_page *m = &meta[meta[1].txnid > meta[0].txnid];
	*short_ = (uint64_t)sb.st_size < (m->last_pg + 1) * psize;
	return 0;
}

/* Every free page number must be one that exists; counts come first. */
static int env_walk_free(MDB_txn *txn, uint64_t last_pgno)
{
	MDB_cursor *cur;
	MDB_val key, val;
	int rc = mdb_cursor_open(txn, 0, &cur);

	if (rc)
		return rc;
	while ((rc = mdb_cursor_get(cur, &key, &val, MDB_NEXT)) == 0) {
		size_t n = val.mv_size / sizeof(size_t);
		const size_t *pages = val.mv_data;
		bool bad = key.mv_size != sizeof(size_t) || n == 0 || pages[0] != n - 1;

		for (size_t i = 1; !bad && i < n; i++)
			bad = pages[i] < 2 || pages[i] > last_pgno;
		if (bad) {
			rc = MDB_CORRUPTED;
			break;
		}
	}
	mdb_cursor_close(cur);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Keys ascend, there are as many as the root says, and every record has its sum. */
static int env_walk_main(MDB_txn *txn, MDB_dbi dbi)
{
	MDB_cursor *cur;
	MDB_val key, val, last = { 0, NULL };
	MDB_stat stat;
	size_t n = 0;
	int rc = mdb_stat(txn, dbi, &stat);

	if (rc == 0)
		rc = mdb_cursor_open(txn, dbi, &cur);
	if (rc)
		return rc;
	while ((rc = mdb_cursor_get(cur, &key, &val, MDB_NEXT)) == 0) {
		uint64_t sum;

		if (++n > stat.ms_entries || val.mv_size < sizeof(sum) ||
		    (last.mv_data && mdb_cmp(txn, dbi, &last, &key) >= 0)) {
			rc = MDB_CORRUPTED;
			break;
		}
		memcpy(&sum, val.mv_data, sizeof(sum));
		if (sum != pack_sum(key.mv_data, key.mv_size, (char *)val.mv_data + sizeof(sum),
		                    val.mv_size - sizeof(sum))) {
			rc = MDB_CORRUPTED;
			break;
		}
		last = key;
	}
	mdb_cursor_close(cur);
	if (rc == MDB_NOTFOUND)
		rc = n == stat.ms_entries ? 0 : MDB_CORRUPTED;
	return rc;
}

static int env_walk(void *arg)
{
	struct env *env = arg;
	MDB_envinfo info;
	int rc = mdb_env_info(env->mdb, &info);

	if (rc == 0)
		rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &env->txn);
	if (rc)
		return rc;
	rc = env_walk_free(env->txn, info.me_last_pgno);
	if (rc == 0)
		rc = env_walk_main(env->txn, env->dbi);
	mdb_txn_abort(steal(&env->txn));
	return rc;
}

int env_check(struct env *env)
{
	return env_guard(env_walk, env);
}

/* open */

struct env_attempt {
	const char *dir;        /* .gg */
	const char *index_path; /* .gg/index */
	struct env *env;
	bool fresh;
	bool suspicious;
};

static int env_open_mdb(struct env *env, const char *path, unsigned flags)
{
	/* Address space, not memory; less where a limit refuses that much. */
	static const size_t map_sizes[] = { (size_t)64 << 30, (size_t)8 << 30, (size_t)1 << 30,
		                            (size_t)256 << 20 };
	int rc = 0;

	for (size_t i = 0; i < countof(map_sizes); i++) {
		rc = mdb_env_create(&env->mdb);
		if (rc)
			return rc;
		mdb_env_set_assert(env->mdb, env_on_assert);
		mdb_env_set_maxreaders(env->mdb, ENV_MAX_READERS);
		mdb_env_set_mapsize(env->mdb, map_sizes[i]);
		rc = mdb_env_open(env->mdb, path, MDB_NOSYNC | MDB_NOTLS | flags, 0666);
		if (rc == 0)
			return 0;
		mdb_env_close(env->mdb);
		env->mdb = NULL;
		if (rc != ENOMEM)
			return rc;
	}
	return rc;
}

static int env_put_raw(MDB_txn *txn, MDB_dbi dbi, const char *key, const void *data, size_t len)
{
	MDB_val k = { strlen(key), (void *)key };
	MDB_val v = { len + sizeof(uint64_t), NULL };
	uint64_t sum = pack_sum(key, k.mv_size, data, len);
	int rc = mdb_put(txn, dbi, &k, &v, MDB_RESERVE);

	if (rc)
		return rc;
	memcpy(v.mv_data, &sum, sizeof(sum));
	memcpy((char *)v.mv_data + sizeof(sum), data, len);
	return 0;
}

static int env_note_version(struct env *env, MDB_txn *txn)
{
	char text[sizeof(ENV_VERSION) + ENV_BOOT_LEN];
	int n = snprintf(text, sizeof(text), "%s%s", ENV_VERSION, env->boot);

	return env_put_raw(txn, env->dbi, ENV_VERSION_KEY, text, (size_t)n);
}

/* 0 and *known: this version, *same_boot; MDB_NOTFOUND; MDB_VERSION_MISMATCH. */
static int env_read_version(struct env *env, MDB_txn *txn, bool *same_boot)
{
	MDB_val k = { strlen(ENV_VERSION_KEY), (void *)ENV_VERSION_KEY };
	MDB_val v;
	size_t prefix = strlen(ENV_VERSION);
	int rc = mdb_get(txn, env->dbi, &k, &v);

	if (rc)
		return rc;
	const char *text = (const char *)v.mv_data + sizeof(uint64_t);
	if (v.mv_size < sizeof(uint64_t) + prefix || memcmp(text, ENV_VERSION, prefix) != 0)
		return MDB_VERSION_MISMATCH;
	*same_boot = v.mv_size == sizeof(uint64_t) + prefix + strlen(env->boot) &&
	             memcmp(text + prefix, env->boot, strlen(env->boot)) == 0;
	return 0;
}

struct env_replay {
	struct env *env;
	MDB_txn *txn;
};

static int env_replay_one(void *arg, const char *key, const void *data, size_t len)
{
	struct env_replay *r = arg;

	return env_put_raw(r->txn, r->env->dbi, key, data, len);
}

/* A new environment: the memo journal and the version, in one transaction, by one process. */
static int env_fill(struct env_attempt *a)
{
	struct env_replay replay = { a->env, NULL };
	bool same_boot = false;
	int rc = mdb_txn_begin(a->env->mdb, NULL, 0, &replay.txn);

	if (rc)
		return rc;
	rc = env_read_version(a->env, replay.txn, &same_boot);
	if (rc != MDB_NOTFOUND) {
		mdb_txn_abort(replay.txn);
		return rc;
	}
	rc = journal_replay(a->dir, env_replay_one, &replay);
	if (rc == 0)
		rc = env_note_version(a->env, replay.txn);
	if (rc) {
		mdb_txn_abort(replay.txn);
		return rc;
	}
	return mdb_txn_commit(replay.txn);
}

static int env_identify(struct env_attempt *a)
{
	struct env *env = a->env;
	bool same_boot = false;
	MDB_stat stat = { 0 };
	int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &env->txn);

	if (rc == MDB_READERS_FULL) {
		int dead;

		mdb_reader_check(env->mdb, &dead);
		rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &env->txn);
	}
	if (rc)
		return rc;
	rc = mdb_dbi_open(env->txn, NULL, 0, &env->dbi);
	if (rc == 0)
		rc = env_read_version(env, env->txn, &same_boot);
	if (rc == MDB_NOTFOUND && mdb_stat(env->txn, env->dbi, &stat) == 0 &&
	    stat.ms_entries > 0)
		rc = MDB_VERSION_MISMATCH;
	mdb_txn_abort(steal(&env->txn));
	if (rc == 0 && !same_boot)
		a->suspicious = true;
	if (rc != MDB_NOTFOUND || env->read_only)
		return rc == MDB_NOTFOUND ? 0 : rc;
	a->fresh = true;
	return env_fill(a);
}

static int env_open_guarded(void *arg)
{
	struct env_attempt *a = arg;
	int rc = env_open_mdb(a->env, a->index_path, 0);

	if (rc == EACCES || rc == EROFS) {
		a->env->read_only = true;
		rc = env_open_mdb(a->env, a->index_path, MDB_RDONLY);
	}
	return rc ? rc : env_identify(a);
}

static int env_abort_guarded(void *arg)
{
	mdb_txn_abort(arg);
	return 0;
}

static int env_close_guarded(void *arg)
{
	mdb_env_close(arg);
	return 0;
}

static void env_close(struct env *env)
{
	if (env->txn)
		env_guard(env_abort_guarded, steal(&env->txn));
	if (env->mdb)
		env_guard(env_close_guarded, env->mdb);
	env->mdb = NULL;
}

/* Writing to a hole of the mapped lock file faults when the disk is full: no damage. */
bool env_disk_full(const char *dir)
{
	struct statvfs fs;

	return statvfs(dir, &fs) == 0 && fs.f_bavail == 0;
}

static int env_try(struct env_attempt *a)
{
	char data_path[PATH_MAX];
	bool short_ = false;

	a->fresh = a->suspicious = false;
	a->env->read_only = false;
	snprintf(data_path, sizeof(data_path), "%s/data.mdb", a->index_path);
	int rc = env_check_meta(data_path, &short_);
	if (rc)
		return rc;
	a->suspicious = short_;
	rc = env_guard(env_open_guarded, a);
	if (rc == ENOENT) {
		if (mkdir(a->index_path, 0777) < 0 && errno != EEXIST)
			return errno;
		rc = env_guard(env_open_guarded, a);
	}
	if (rc)
		env_close(a->env);
	return rc == ENV_FAULT && env_disk_full(a->dir) ? ENOSPC : rc;
}

/* Rename the folder out of the way. The caller holds index.lock exclusively. */
static int env_set_aside(const char *index_path)
{
	char to[PATH_MAX];

	for (int i = 0; i < 1000; i++) {
		snprintf(to, sizeof(to), "%s.damaged-%lld%s%.0d", index_path,
		         (long long)time(NULL), i ? "-" : "", i);
		if (renameat2(AT_FDCWD, index_path, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ||
		    errno == ENOENT)
			return 0;
		if (errno == EINVAL && rename(index_path, to) == 0)
			return 0;
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

static int env_note_boot(void *arg)
{
	struct env *env = arg;
	MDB_txn *txn;
	int rc = mdb_txn_begin(env->mdb, NULL, 0, &txn);

	if (rc)
		return rc;
	rc = env_note_version(env, txn);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

/* A file whose unused last pages were never written gets its full length, so that the next
 * open needs no walk. Never shortens it: another process may be writing. */
static void env_lengthen(struct env *env)
{
	MDB_envinfo info;
	MDB_stat stat;
	mdb_filehandle_t fd;

	if (mdb_env_info(env->mdb, &info) == 0 && mdb_env_stat(env->mdb, &stat) == 0 &&
	    mdb_env_get_fd(env->mdb, &fd) == 0)
		(void)!fallocate(fd, 0, (off_t)info.me_last_pgno * stat.ms_psize,
		                 stat.ms_psize);
}

/* Under the exclusive lock: open what is there if it is whole, else start anew. */
static int env_examine(struct env_attempt *a)
{
	int rc = env_try(a);

	if (rc == 0 && a->suspicious && !a->fresh) {
		rc = env_guard(env_walk, a->env);
		if (rc == 0 && !a->env->read_only) {
			rc = env_guard(env_note_boot, a->env);
			env_lengthen(a->env);
		}
		if (rc)
			env_close(a->env);
	}
	if (!env_is_damage(rc))
		return rc;
	rc = env_set_aside(a->index_path);
	return rc ? rc : env_try(a);
}

static int env_open_locked(struct env_attempt *a, int lock_fd)
{
	if (lock_fd >= 0 && flock(lock_fd, LOCK_EX) < 0)
		return errno;
	int rc = env_try(a);
	bool doubt = env_is_damage(rc) || (rc == 0 && a->suspicious && !a->fresh);

	if (!doubt || lock_fd < 0)
		return rc;
	env_close(a->env);
	return env_examine(a);
}

void env_read_boot(char boot[ENV_BOOT_LEN + 1])
{
	auto_fd fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, ENV_BOOT_LEN);

	boot[n < 0 ? 0 : n] = '\0';
}

static int env_lock_open(const char *index_path)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s.lock", index_path);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
}

static int env_open_new(const char *dir, const char *index_path, struct env **out,
                        struct err *err)
{
	auto_fd lock_fd = env_lock_open(index_path);
	struct env *env = xcalloc(1, sizeof(*env));
	struct env_attempt attempt = { dir, index_path, env, false, false };
	struct stat sb;

	if (lock_fd < 0 && errno != EACCES && errno != EROFS) {
		free(env);
		return err_sys(err, "index: %s.lock", index_path);
	}
	env_read_boot(env->boot);
	int rc = env_open_locked(&attempt, lock_fd);
	if (rc == 0 && stat(index_path, &sb) < 0)
		rc = errno;
	if (rc) {
		env_close(env);
		free(env);
		return env_err(err, rc, index_path);
	}
	env->dev = sb.st_dev;
	env->ino = sb.st_ino;
	env->refs = 1;
	env->generation = env_generation;
	env->next = env_list;
	env_list = env;
	*out = env;
	return 0;
}

static struct env *env_find(const char *index_path)
{
	struct stat sb;

	if (!env_list || stat(index_path, &sb) < 0)
		return NULL;
	for (struct env *e = env_list; e; e = e->next)
		if (!e->condemned && e->dev == sb.st_dev && e->ino == sb.st_ino)
			return e;
	return NULL;
}

int env_acquire(const char *dir, struct env **out, struct err *err)
{
	char index_path[PATH_MAX - 64];
	int rc = 0;

	if ((size_t)snprintf(index_path, sizeof(index_path), "%s/index", dir) >=
	    sizeof(index_path))
		return err_set(err, ERR_USAGE, "index: path too long: %s", dir);
	pthread_once(&env_once, env_set_up);
	pthread_mutex_lock(&env_mutex);
	env_catch_faults();
	*out = env_find(index_path);
	if (*out)
		(*out)->refs++;
	else
		rc = env_open_new(dir, index_path, out, err);
	pthread_mutex_unlock(&env_mutex);
	return rc;
}

void env_release(struct env *env)
{
	/* After a fork the environment is the parent's: its memory is left alone. */
	if (env->generation != env_generation)
		return;
	pthread_mutex_lock(&env_mutex);
	bool last = --env->refs == 0;

	for (struct env **at = &env_list; last && *at; at = &(*at)->next) {
		if (*at == env) {
			*at = env->next;
			break;
		}
	}
	if (last)
		env_close(env);
	pthread_mutex_unlock(&env_mutex);
	if (last)
		free(env);
}

bool env_usable(const struct env *env)
{
	return env->generation == env_generation && !env->condemned;
}

void env_condemn(struct env *env, const char *dir)
{
	char index_path[PATH_MAX - 64];
	struct stat sb;

	snprintf(index_path, sizeof(index_path), "%s/index", dir);
	pthread_mutex_lock(&env_mutex);
	if (!env->condemned) {
		auto_fd lock_fd = env_lock_open(index_path);

		env->condemned = true;
		if (lock_fd >= 0 && flock(lock_fd, LOCK_EX) == 0 &&
		    stat(index_path, &sb) == 0 && sb.st_dev == env->dev &&
		    sb.st_ino == env->ino)
			env_set_aside(index_path);
	}
	pthread_mutex_unlock(&env_mutex);
}

int env_grow(struct env *env, bool own)
{
	MDB_envinfo info;
	int rc = 0;

	pthread_mutex_lock(&env_mutex);
	/* LMDB allows it only while no transaction of this process is open. */
	if (env->refs > 1)
		rc = own ? MDB_MAP_FULL : MDB_MAP_RESIZED;
	else if (own)
		rc = mdb_env_info(env->mdb, &info);
	if (rc == 0)
		rc = mdb_env_set_mapsize(env->mdb, own ? info.me_mapsize * 2 : 0);
	pthread_mutex_unlock(&env_mutex);
	return rc;
}
