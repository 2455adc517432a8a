/*
 * .gg/runs/00000042   a record
 * .gg/runs/total      what has been folded in: all records up to number "through"; and the
 *                     number up to which nothing is counted (runs_zero)
 * .gg/runs/lock       held while a record gets its number, or is folded into the total
 *
 * A crash between the writing of the total and the removal of a record leaves a record that
 * "through" says is counted: it is skipped, and removed the next time.
 */
#include "store/runs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/pack.h"
#include "store/store_priv.h"

enum { TOTAL_MAGIC = 0x54676754, TOTAL_VERSION = 1, NUMBER_DIGITS = 8 };

/* The file "total". The sum is a record without thunks, so that its reasons are kept too. */
struct folded {
	uint64_t through; /* the last record that is in the sum */
	uint64_t zeroed;  /* records up to this one don't count */
	uint64_t runs;
	struct record sum;
};

static char *run_path(const struct store *st, uint64_t number)
{
	return xasprintf("%s/runs/%0*llu", st->dir, NUMBER_DIGITS, (unsigned long long)number);
}

static char *total_path(const struct store *st)
{
	return xasprintf("%s/runs/total", st->dir);
}

static int lock_runs(struct store *st, struct err *err)
{
	if (mkdirat(st->dir_fd, "runs", 0777) < 0 && errno != EEXIST)
		return err_sys(err, "%s/runs", st->dir);
	auto_fd fd = openat(st->dir_fd, "runs/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return err_sys(err, "%s/runs/lock", st->dir);
	return steal_fd(&fd);
}

/* -- the sum -- */

/* A total that can't be read counts from nothing again. */
static void folded_load(struct store *st, struct folded *f)
{
	auto_free char *path = total_path(st);
	auto_buf raw = BUF_INIT;
	struct err ignored;

	*f = (struct folded){ 0 };
	if (file_read(path, &raw, &ignored) < 0)
		return;
	struct unpack u = { (const unsigned char *)raw.data, raw.len, false };
	uint32_t magic = unpack_u32(&u);
	bool known = unpack_u32(&u) == TOTAL_VERSION && magic == TOTAL_MAGIC;
	struct folded got = { 0 };

	got.through = unpack_u64(&u);
	got.zeroed = unpack_u64(&u);
	got.runs = unpack_u64(&u);
	if (known && !u.bad && record_decode(u.at, u.left, true, &got.sum, &ignored) == 0)
		*f = got;
}

static int folded_save(struct store *st, struct folded *f, struct err *err)
{
	auto_free char *path = total_path(st);
	auto_buf raw = BUF_INIT;

	pack_u32(&raw, TOTAL_MAGIC);
	pack_u32(&raw, TOTAL_VERSION);
	pack_u64(&raw, f->through);
	pack_u64(&raw, f->zeroed);
	pack_u64(&raw, f->runs);
	record_encode(&f->sum, &raw);
	return file_write(path, raw.data, raw.len, 0644, err);
}

static void folded_add(struct folded *f, const struct record *r)
{
	f->runs++;
	f->sum.wall_ns += r->wall_ns;
	record_counts_add(&f->sum.counts, &r->counts);
	for (size_t i = 0; i < r->n_reasons; i++) {
		const struct record_reason *why = &r->reasons[i];

		record_add_reason(&f->sum, why->text, why->count, why->example);
	}
}

/* Adds the records of @numbers that are not in the sum yet and count. */
static void fold_one(struct store *st, struct folded *f, uint64_t number)
{
	auto_record r = RECORD_INIT;
	struct err ignored;

	if (number <= f->through)
		return;
	if (number > f->zeroed && runs_load(st, number, true, &r, &ignored) == 0)
		folded_add(f, &r);
	f->through = number;
}

/* -- the files -- */

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int runs_list(struct store *st, uint64_t **out, size_t *n, struct err *err)
{
	auto_free char *path = xasprintf("%s/runs", st->dir);
	DIR *dir = opendir(path);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	for (struct dirent *e; (e = readdir(dir));) {
		char *end;
		uint64_t number = strtoull(e->d_name, &end, 10);

		if (*end || number == 0 || strlen(e->d_name) < NUMBER_DIGITS)
			continue;
		if (*n == cap) {
			cap = cap ? cap * 2 : 32;
			*out = xrealloc(*out, cap * sizeof(**out));
		}
		(*out)[(*n)++] = number;
	}
	closedir(dir);
	if (*n)
		qsort(*out, *n, sizeof(**out), by_number);
	return 0;
}

int runs_load(struct store *st, uint64_t number, bool head_only, struct record *out,
              struct err *err)
{
	auto_free uint64_t *numbers = NULL;
	auto_buf raw = BUF_INIT;
	size_t n = 0;

	if (number == 0) {
		if (runs_list(st, &numbers, &n, err) < 0)
			return -1;
		if (n == 0)
			return err_set(err, ERR_NOTFOUND,
			               "there is no record of a run yet; make one with: gg "
			               "build -- make");
		number = numbers[n - 1];
	}
	auto_free char *path = run_path(st, number);
	if (access(path, F_OK) < 0)
		return err_set(err, ERR_NOTFOUND,
		               "run %llu is not there (the last %d are kept)",
		               (unsigned long long)number, RUNS_MAX);
	if (file_read(path, &raw, err) < 0 ||
	    record_decode(raw.data, raw.len, head_only, out, err) < 0)
		return err_wrap(err, "%s", path);
	out->number = number;
	return 0;
}

/* The oldest go until what is left is few and small; the newest stays in any case. */
static void rotate(struct store *st, struct folded *f, const uint64_t *numbers, size_t n,
                   struct err *err)
{
	uint64_t bytes = 0;
	size_t keep = 0;

	for (; keep < n && keep < RUNS_MAX; keep++) {
		auto_free char *path = run_path(st, numbers[n - 1 - keep]);
		struct stat sb;

		bytes += stat(path, &sb) == 0 ? (uint64_t)sb.st_size : 0;
		if (keep > 0 && bytes > RUNS_BYTES_MAX)
			break;
	}
	if (keep == n)
		return;
	for (size_t i = 0; i < n - keep; i++)
		fold_one(st, f, numbers[i]);
	if (folded_save(st, f, err) < 0)
		return;
	for (size_t i = 0; i < n - keep; i++) {
		auto_free char *path = run_path(st, numbers[i]);

		unlink(path);
	}
}

int runs_save(struct store *st, struct record *r, struct err *err)
{
	auto_fd lock = lock_runs(st, err);
	auto_free uint64_t *numbers = NULL;
	auto_buf raw = BUF_INIT;
	struct folded f;
	size_t n = 0;

	if (lock < 0 || runs_list(st, &numbers, &n, err) < 0)
		return -1;
	folded_load(st, &f);
	uint64_t last = n ? numbers[n - 1] : 0;
	last = last < f.through ? f.through : last;
	r->number = (last < f.zeroed ? f.zeroed : last) + 1;
	record_encode(r, &raw);
	auto_free char *path = run_path(st, r->number);
	int rc = raw.overflow ? err_set(err, ERR_NOSPC, "the record of the run is too long")
	                      : file_write(path, raw.data, raw.len, 0644, err);

	if (rc == 0 && n >= RUNS_MAX / 2) {
		numbers = xrealloc(steal(&numbers), (n + 1) * sizeof(*numbers));
		numbers[n] = r->number;
		rotate(st, &f, numbers, n + 1, err);
	}
	record_release(&f.sum);
	return rc;
}

int runs_total(struct store *st, struct runs_total *out, struct err *err)
{
	auto_free uint64_t *numbers = NULL;
	struct folded f;
	size_t n = 0;

	*out = (struct runs_total){ 0 };
	if (runs_list(st, &numbers, &n, err) < 0)
		return -1;
	folded_load(st, &f);
	for (size_t i = 0; i < n; i++)
		fold_one(st, &f, numbers[i]);
	out->runs = f.runs;
	out->wall_ns = f.sum.wall_ns;
	out->counts = f.sum.counts;
	out->reasons = steal(&f.sum.reasons);
	out->n_reasons = f.sum.n_reasons;
	f.sum.n_reasons = 0;
	record_release(&f.sum);
	return 0;
}

void runs_total_release(struct runs_total *t)
{
	struct record r = { .reasons = t->reasons, .n_reasons = t->n_reasons };

	record_release(&r);
	*t = (struct runs_total){ 0 };
}

int runs_zero(struct store *st, struct err *err)
{
	auto_fd lock = lock_runs(st, err);
	auto_free uint64_t *numbers = NULL;
	struct folded f;
	size_t n = 0;

	if (lock < 0 || runs_list(st, &numbers, &n, err) < 0)
		return -1;
	folded_load(st, &f);
	uint64_t last = n ? numbers[n - 1] : 0;
	last = last < f.through ? f.through : last;
	struct folded fresh = { .through = last, .zeroed = last };

	record_release(&f.sum);
	return folded_save(st, &fresh, err);
}
