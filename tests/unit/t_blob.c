#include "store_fixture.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "core/digest.h"

/* Fault injection: these stand before libc's own. The n-th call of a kind fails. */
enum fault_call {
	FAULT_WRITE,
	FAULT_OPENAT,
	FAULT_RENAME,
	FAULT_FCHMOD,
	FAULT_CLOSE,
	FAULT_CALLS,
};
static struct {
	int at[FAULT_CALLS]; /* 0: never */
	int seen[FAULT_CALLS];
	int sys;
} fault;

static bool fault_hits(enum fault_call call)
{
	if (!fault.at[call] || ++fault.seen[call] != fault.at[call])
		return false;
	errno = fault.sys;
	return true;
}

ssize_t write(int fd, const void *data, size_t len)
{
	return fault_hits(FAULT_WRITE) ? -1 : syscall(SYS_write, fd, data, len);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	if ((flags & O_CREAT) && fault_hits(FAULT_OPENAT))
		return -1;
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (fault_hits(FAULT_RENAME))
		return -1;
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int fchmod(int fd, mode_t mode)
{
	return fault_hits(FAULT_FCHMOD) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int close(int fd)
{
	int rc = (int)syscall(SYS_close, fd);

	return fault_hits(FAULT_CLOSE) ? -1 : rc;
}

static char *blob_path(struct fixture *f, const struct oid *id)
{
	return xasprintf("%s/blobs/%s", f->gg, id->s);
}

static struct stat blob_stat(struct fixture *f, const struct oid *id)
{
	auto_free char *path = blob_path(f, id);
	struct stat sb;

	CHECK(stat(path, &sb) == 0, "%s: %s", path, strerror(errno));
	return sb;
}

static void test_what_is_put_can_be_got(void **state)
{
	static const size_t sizes[] = { 0, 1, 11, 4096, 65536, 262144, 262145, 3000000 };
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < countof(sizes); i++) {
		auto_free char *data = xmalloc(sizes[i]);
		auto_free char *path = fixture_path(f, "file");
		auto_buf back = BUF_INIT;
		struct oid id, by_fd, name;

		memset(data, 'a' + (int)i, sizes[i]);
		fixture_write(path, data, sizes[i]);
		auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
		OK(store_put(f->st, data, sizes[i], &id, &err), err);
		OK(store_put_fd(f->st, fd, false, &by_fd, &err), err);
		digest_bytes(data, sizes[i], &name);
		assert_string_equal(id.s, name.s);
		assert_string_equal(by_fd.s, name.s);
		OK(store_get(f->st, &id, &back, &err), err);
		assert_int_equal(back.len, sizes[i]);
		assert_memory_equal(buf_str(&back), data, sizes[i]);
		assert_true(store_has(f->st, &id));
		OK(store_verify(f->st, &id, &err), err);
	}
	assert_int_equal(fixture_leftovers(f), 0);
}

static void test_a_pipe_can_be_put_and_an_offset_is_kept(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id, want;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "through a pipe", 14), 14);
	close(fds[1]);
	OK(store_put_fd(f->st, fds[0], false, &id, &err), err);
	close(fds[0]);
	digest_bytes("through a pipe", 14, &want);
	assert_string_equal(id.s, want.s);

	auto_free char *path = fixture_path(f, "file");
	fixture_write(path, "skip this", 9);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	lseek(fd, 5, SEEK_SET);
	OK(store_put_fd(f->st, fd, false, &id, &err), err);
	digest_bytes("this", 4, &want);
	assert_string_equal(id.s, want.s);
}

static void test_blobs_have_fixed_mode_and_mtime(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;

	mode_t old = umask(077);
	OK(store_put(f->st, "x", 1, &id, &err), err);
	umask(old);
	struct stat sb = blob_stat(f, &id);
	assert_int_equal(sb.st_mode & 07777, 0444);
	assert_int_equal(sb.st_mtime, 1000000000);
}

static void test_an_executable_put_makes_a_blob_executable_for_good(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;
	auto_free char *path = fixture_path(f, "tool");

	fixture_write(path, "#!/bin/sh\n", 10);
	OK(store_put(f->st, "#!/bin/sh\n", 10, &id, &err), err);
	assert_int_equal(blob_stat(f, &id).st_mode & 07777, 0444);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	OK(store_put_fd(f->st, fd, true, &id, &err), err);
	assert_int_equal(blob_stat(f, &id).st_mode & 07777, 0555);
	OK(store_put(f->st, "#!/bin/sh\n", 10, &id, &err), err);
	assert_int_equal(blob_stat(f, &id).st_mode & 07777, 0555);
}

static void test_a_second_put_writes_nothing_but_renews_an_old_age(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;
	time_t now = time(NULL);

	OK(store_put(f->st, "same", 4, &id, &err), err);
	auto_free char *path = blob_path(f, &id);
	struct stat before = blob_stat(f, &id);
	struct timespec old[2] = { { before.st_atime - 2 * 86400, 0 }, { 0, UTIME_OMIT } };
	utimensat(AT_FDCWD, path, old, 0);
	OK(store_put(f->st, "same", 4, &id, &err), err);
	struct stat after = blob_stat(f, &id);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_mtime, 1000000000);
	assert_true(after.st_atime >= now);
}

static void test_that_a_blob_was_hashed_is_still_known_when_it_was_read(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;
	char got[4];

	OK(store_put(f->st, "read", 4, &id, &err), err);
	auto_free char *path = blob_path(f, &id);
	struct stat before = blob_stat(f, &id);
	auto_fd fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, got, sizeof(got)), sizeof(got));
	struct stat after = blob_stat(f, &id);
	assert_int_equal(after.st_atim.tv_nsec, before.st_atim.tv_nsec);
	assert_int_equal(after.st_atim.tv_sec, before.st_atim.tv_sec);
}

static void test_a_blob_of_wrong_size_is_not_there_and_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;
	int fd;

	OK(store_put(f->st, "0123456789", 10, &id, &err), err);
	auto_free char *path = blob_path(f, &id);
	chmod(path, 0644);
	assert_int_equal(truncate(path, 3), 0);
	assert_false(store_has(f->st, &id));
	assert_int_equal(store_open_blob(f->st, &id, &fd, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	OK(store_put(f->st, "0123456789", 10, &id, &err), err);
	assert_true(store_has(f->st, &id));
	OK(store_verify(f->st, &id, &err), err);
}

static void test_a_blob_that_lies_is_set_aside(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_buf out = BUF_INIT;
	struct oid id;

	for (int verify = 0; verify < 2; verify++) {
		OK(store_put(f->st, "0123456789", 10, &id, &err), err);
		auto_free char *path = blob_path(f, &id);
		fixture_write(path, "012345678X", 10);
		int rc = verify ? store_verify(f->st, &id, &err)
		                : store_get(f->st, &id, &out, &err);
		assert_int_equal(rc, -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		assert_int_equal(out.len, 0);
		assert_false(store_has(f->st, &id));
		auto_free char *aside = xasprintf("%s/corrupt/%s", f->gg, id.s);
		assert_int_equal(access(aside, F_OK), 0);
		err = (struct err)ERR_INIT;
	}
}

/* Other bytes in a blob, with the times that it had, but for the seal where @age is given. */
static void forge(struct fixture *f, const struct oid *id, const struct timespec *age)
{
	auto_free char *path = blob_path(f, id);
	struct stat sb = blob_stat(f, id);
	struct timespec times[2] = { age ? *age : sb.st_atim, sb.st_mtim };

	chmod(path, 0644);
	fixture_write(path, "9876543210", 10);
	chmod(path, 0444);
	utimensat(AT_FDCWD, path, times, 0);
}

static int copy_to(struct fixture *f, const struct oid *id, struct err *err)
{
	auto_free char *path = fixture_path(f, "copy");
	auto_fd fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return store_copy(f->st, id, fd, err);
}

static void test_a_blob_is_believed_in_the_run_of_the_machine_that_hashed_it(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;

	OK(store_put(f->st, "0123456789", 10, &id, &err), err);
	forge(f, &id, NULL); /* as no one does, to see that it is not read */
	OK(store_trust(f->st, &id, &err), err);
	OK(copy_to(f, &id, &err), err);
	struct timespec other = { time(NULL), 123456789 };
	forge(f, &id, &other);
	assert_int_equal(copy_to(f, &id, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_false(store_has(f->st, &id));
}

static void test_a_blob_that_was_written_into_is_not_believed(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;

	OK(store_put(f->st, "0123456789", 10, &id, &err), err);
	auto_free char *path = blob_path(f, &id);
	chmod(path, 0644);
	fixture_write(path, "9876543210", 10);
	assert_int_equal(store_trust(f->st, &id, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

static void test_a_blob_that_was_hashed_again_is_believed_again(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;

	OK(store_put(f->st, "0123456789", 10, &id, &err), err);
	struct timespec sealed = blob_stat(f, &id).st_atim;
	auto_free char *path = blob_path(f, &id);
	struct timespec other[2] = { { time(NULL), 123456789 }, { 0, UTIME_OMIT } };
	utimensat(AT_FDCWD, path, other, 0);
	OK(copy_to(f, &id, &err), err);
	assert_int_equal(blob_stat(f, &id).st_atim.tv_nsec, sealed.tv_nsec);
}

static void test_a_finished_file_is_adopted(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_free char *tmp = xasprintf("%s/mine", store_tmp(f->st));
	struct oid id;

	digest_bytes("adopted", 7, &id);
	for (int again = 0; again < 2; again++) {
		fixture_write(tmp, "adopted", 7);
		OK(store_adopt(f->st, tmp, &id, again, &err), err);
		assert_int_equal(access(tmp, F_OK), -1);
		struct stat sb = blob_stat(f, &id);
		assert_int_equal(sb.st_mode & 07777, again ? 0555 : 0444);
		assert_int_equal(sb.st_mtime, 1000000000);
	}
	fixture_write(tmp, "other length", 12);
	assert_int_equal(store_adopt(f->st, tmp, &id, false, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	unlink(tmp);
	assert_int_equal(symlink("/etc/passwd", tmp), 0);
	assert_int_equal(store_adopt(f->st, tmp, &id, false, &err), -1);
}

static void test_what_is_not_there_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_buf out = BUF_INIT;
	struct oid id;
	int fd;

	digest_bytes("never put", 9, &id);
	assert_false(store_has(f->st, &id));
	assert_int_equal(store_get(f->st, &id, &out, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	assert_int_equal(store_locate(f->st, &id, &out, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	assert_int_equal(store_open_blob(f->st, &id, &fd, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	assert_int_equal(store_verify(f->st, &id, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
}

static void test_folders_that_vanish_are_made_anew(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	auto_free char *blobs = path_join(f->gg, "blobs");
	auto_free char *tmp = path_join(f->gg, "tmp");
	struct oid id;

	rmdir(blobs);
	rmdir(tmp);
	OK(store_put(f->st, "x", 1, &id, &err), err);
	assert_true(store_has(f->st, &id));
}

static void test_a_fault_at_any_call_leaves_nothing_behind(void **state)
{
	static const struct {
		enum fault_call call;
		int sys;
		enum err_kind want;
	} cases[] = {
		{ FAULT_WRITE, ENOSPC, ERR_NOSPC },  { FAULT_WRITE, EIO, ERR_IO },
		{ FAULT_OPENAT, ENOSPC, ERR_NOSPC }, { FAULT_OPENAT, EACCES, ERR_DENIED },
		{ FAULT_OPENAT, EMFILE, ERR_IO },    { FAULT_RENAME, ENOSPC, ERR_NOSPC },
		{ FAULT_RENAME, EIO, ERR_IO },       { FAULT_FCHMOD, EPERM, ERR_DENIED },
		{ FAULT_CLOSE, EDQUOT, ERR_NOSPC },
	};
	static const size_t sizes[] = { 10, 2000000 };
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(cases); i++) {
		for (size_t s = 0; s < countof(sizes); s++) {
			struct err err = ERR_INIT;
			auto_free char *data = xmalloc(sizes[s]);
			auto_free char *path = fixture_path(f, "file");
			struct oid id, name;

			memset(data, 'A' + (int)i, sizes[s]);
			fixture_write(path, data, sizes[s]);
			digest_bytes(data, sizes[s], &name);
			auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
			memset(&fault, 0, sizeof(fault));
			fault.sys = cases[i].sys;
			fault.at[cases[i].call] = 1;
			int rc = store_put_fd(f->st, fd, false, &id, &err);
			memset(&fault, 0, sizeof(fault));
			CHECK(rc == -1, "case %zu size %zu succeeds", i, sizes[s]);
			CHECK(err.kind == cases[i].want, "case %zu: %s", i, err.msg);
			CHECK(!store_has(f->st, &name), "case %zu: visible", i);
			CHECK(fixture_leftovers(f) == 0, "case %zu: leftovers", i);
			OK(store_put(f->st, data, sizes[s], &id, &err), err);
		}
	}
}

static void test_a_write_that_is_interrupted_goes_on(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;

	fault.sys = EINTR;
	fault.at[FAULT_WRITE] = 1;
	int rc = store_put(f->st, "interrupted", 11, &id, &err);
	memset(&fault, 0, sizeof(fault));
	OK(rc, err);
	OK(store_verify(f->st, &id, &err), err);
}

/* Where RENAME_NOREPLACE is unknown. */
static void test_an_old_file_system_does_as_well(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct oid id;

	fault.sys = EINVAL;
	fault.at[FAULT_RENAME] = 1;
	int rc = store_put(f->st, "old", 3, &id, &err);
	memset(&fault, 0, sizeof(fault));
	OK(rc, err);
	OK(store_verify(f->st, &id, &err), err);
}

enum { SKIPPED = 77 };

static bool file_write_text(const char *path, const char *text)
{
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* A mount namespace, as root or with a user namespace in which we are root. */
static bool own_mounts(void)
{
	char map[64];

	if (unshare(CLONE_NEWNS) == 0)
		return true;
	snprintf(map, sizeof(map), "0 %d 1", (int)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	return file_write_text("/proc/self/uid_map", map);
}

/* In a child: a store on a file system of 256 KiB, filled up. */
static int fill_up(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct memo memo = { 0 };
	struct oid id;
	char *data = xcalloc(1, 100000);

	store_close(f->st);
	if (!own_mounts())
		return SKIPPED;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("gg", f->dir, "tmpfs", 0, "size=256k") < 0)
		return SKIPPED;
	if (store_open(f->gg, STORE_CREATE, &f->st, &err) < 0)
		return 1;
	OK(store_put(f->st, "key", 3, &id, &err), err);
	for (int i = 0; i < 10; i++) {
		memset(data, i, 100000);
		if (store_put(f->st, data, 100000, &id, &err) < 0) {
			if (err.kind != ERR_NOSPC)
				return 2;
			if (fixture_leftovers(f) != 0)
				return 3;
			break;
		}
		if (i == 9)
			return 4;
	}
	/* Fill the rest, then the index has no room either: said, not crashed. */
	for (size_t len = 16384; len >= 4096; len /= 2)
		for (int i = 0; i < 20; i++) {
			memset(data, 64 + i, len);
			store_put(f->st, data, len, &id, &err);
		}
	err = (struct err)ERR_INIT;
	memo_add_output(&memo, "out", &id, false);
	if (store_memo_put(f->st, &id, &memo, &err) == 0)
		return 5;
	if (err.kind != ERR_NOSPC)
		return 6;
	return 0;
}

static void test_a_full_file_system_is_told_and_nothing_is_left(void **state)
{
	int rc = fixture_fork(fill_up, *state);

	if (rc == SKIPPED)
		skip();
	CHECK(rc == 0, "child: %d", rc);
}

static int put_without_rights(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct oid id;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return SKIPPED;
	if (store_put(f->st, "refused", 7, &id, &err) == 0)
		return 1;
	return err.kind == ERR_DENIED ? 0 : 2;
}

static void test_a_store_that_may_not_be_written_says_so(void **state)
{
	struct fixture *f = *state;
	auto_free char *tmp = path_join(f->gg, "tmp");

	chmod(f->dir, 0755);
	chmod(tmp, 0555);
	int rc = fixture_fork(put_without_rights, f);
	chmod(tmp, 0755);
	if (rc == SKIPPED)
		skip();
	assert_int_equal(rc, 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_put_can_be_got),
		TEST(test_a_pipe_can_be_put_and_an_offset_is_kept),
		TEST(test_blobs_have_fixed_mode_and_mtime),
		TEST(test_an_executable_put_makes_a_blob_executable_for_good),
		TEST(test_a_second_put_writes_nothing_but_renews_an_old_age),
		TEST(test_that_a_blob_was_hashed_is_still_known_when_it_was_read),
		TEST(test_a_blob_of_wrong_size_is_not_there_and_is_replaced),
		TEST(test_a_blob_that_lies_is_set_aside),
		TEST(test_a_blob_is_believed_in_the_run_of_the_machine_that_hashed_it),
		TEST(test_a_blob_that_was_written_into_is_not_believed),
		TEST(test_a_blob_that_was_hashed_again_is_believed_again),
		TEST(test_a_finished_file_is_adopted),
		TEST(test_what_is_not_there_is_not_found),
		TEST(test_folders_that_vanish_are_made_anew),
		TEST(test_a_fault_at_any_call_leaves_nothing_behind),
		TEST(test_a_write_that_is_interrupted_goes_on),
		TEST(test_an_old_file_system_does_as_well),
		TEST(test_a_full_file_system_is_told_and_nothing_is_left),
		TEST(test_a_store_that_may_not_be_written_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
