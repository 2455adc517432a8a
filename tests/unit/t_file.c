#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"

static char dir[] = "/tmp/gg-t_file-XXXXXX";

static int set_up(void **state)
{
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	struct err err = ERR_INIT;

	return file_remove_tree(dir, &err);
}

static size_t entries(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_a_file_is_replaced_whole(void **state)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct stat old, now;

	assert_int_equal(mkdir("one", 0755), 0);
	OK(file_write("one/f", "first", 5, 0644, &err), err);
	auto_fd held = open("one/f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(held, &old), 0);
	OK(file_write("one/f", "second", 6, 0755, &err), err);
	assert_int_equal(stat("one/f", &now), 0);
	assert_true(old.st_ino != now.st_ino);
	assert_int_equal(now.st_mode & 0777, 0755);
	OK(file_read("one/f", &text, &err), err);
	assert_string_equal(buf_str(&text), "second");
	buf_reset(&text);
	OK(file_read_fd(held, &text, &err), err);
	assert_string_equal(buf_str(&text), "first");
	assert_int_equal(entries("one"), 1);
}

static void put(const char *path, const char *text)
{
	struct err err = ERR_INIT;

	OK(file_write(path, text, strlen(text), 0644, &err), err);
}

static void test_only_a_file_is_replaced(void **state)
{
	struct err err = ERR_INIT;
	struct stat sb;

	assert_int_equal(mkdir("only", 0777), 0);
	put("only/new", "new");
	OK(file_replace("only/new", "only/fresh", &err), err);
	put("only/new", "newer");
	assert_int_equal(symlink("fresh", "only/link"), 0);
	OK(file_replace("only/new", "only/link", &err), err);
	assert_int_equal(lstat("only/link", &sb), 0);
	assert_true(S_ISREG(sb.st_mode));
	assert_int_equal(sb.st_size, 5);
	put("only/new", "newest");
	assert_int_equal(mkdir("only/full", 0777), 0);
	assert_int_equal(mkdir("only/full/of", 0777), 0);
	assert_int_equal(file_replace("only/new", "only/full", &err), -1);
	assert_int_equal(stat("only/full/of", &sb), 0);
	assert_int_equal(access("only/new", F_OK), -1);
	assert_int_equal(file_replace("only/nothing", "only/fresh", &err), -1);
	assert_int_equal(stat("only/fresh", &sb), 0);
}

static void test_a_failed_write_leaves_nothing(void **state)
{
	struct err err = ERR_INIT;

	assert_int_equal(mkdir("two", 0755), 0);
	assert_int_equal(mkdir("two/f", 0755), 0);
	assert_int_equal(mkdir("two/f/x", 0755), 0);
	CHECK(file_write("two/f", "x", 1, 0644, &err) < 0, "wrote over a folder");
	assert_int_equal(entries("two"), 1);
	REFUSED(file_write("none/f", "x", 1, 0644, &err), err, ERR_NOTFOUND);
}

static void test_a_file_over_the_limit_is_refused(void **state)
{
	auto_buf small = BUF_LIMIT(10);
	struct err err = ERR_INIT;

	OK(file_write("large", "0123456789a", 11, 0644, &err), err);
	REFUSED(file_read("large", &small, &err), err, ERR_CORRUPT);
	REFUSED(file_read("none", &small, &err), err, ERR_NOTFOUND);
}

static void test_a_copy_goes_on_from_where_both_stand(void **state)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	OK(file_write("from", "0123456789", 10, 0644, &err), err);
	auto_fd from = open("from", O_RDONLY | O_CLOEXEC);
	auto_fd to = open("to", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(lseek(from, 4, SEEK_SET), 4);
	OK(file_write_fd(to, "x", 1, &err), err);
	OK(file_copy_fd(from, to, &err), err);
	OK(file_read("to", &text, &err), err);
	assert_string_equal(buf_str(&text), "x456789");
}

static void test_a_pipe_can_be_copied_too(void **state)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	OK(file_write_fd(fd[1], "through", 7, &err), err);
	close(fd[1]);
	auto_fd to = open("piped", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	OK(file_copy_fd(fd[0], to, &err), err);
	close(fd[0]);
	OK(file_read("piped", &text, &err), err);
	assert_string_equal(buf_str(&text), "through");
}

static void test_folders_are_made_and_removed_with_all_below(void **state)
{
	struct err err = ERR_INIT;
	struct stat st;

	OK(file_mkdirs("a/b/c", 0755, &err), err);
	OK(file_mkdirs("a/b/c", 0755, &err), err);
	OK(file_write("a/b/f", "", 0, 0400, &err), err);
	assert_int_equal(symlink("../keep", "a/l"), 0);
	assert_int_equal(mkdir("keep", 0755), 0);
	OK(file_remove_tree("a", &err), err);
	assert_int_equal(lstat("a", &st), -1);
	assert_int_equal(stat("keep", &st), 0);
	OK(file_remove_tree("a", &err), err);
	OK(file_write("plain", "", 0, 0644, &err), err);
	CHECK(file_mkdirs("plain/x", 0755, &err) < 0, "made a folder below a file");
	OK(file_remove_tree("plain", &err), err);
}

static void test_a_link_reads_back(void **state)
{
	auto_free char *long_text = xmalloc(3001);

	memset(long_text, 'x', 3000);
	long_text[3000] = '\0';
	assert_int_equal(symlink(long_text, "link"), 0);
	auto_free char *text = file_readlink("link");
	assert_string_equal(text, long_text);
	assert_null(file_readlink("none"));
	assert_int_equal(errno, ENOENT);
	assert_null(file_readlink("."));
	assert_int_equal(errno, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_is_replaced_whole),
		cmocka_unit_test(test_only_a_file_is_replaced),
		cmocka_unit_test(test_a_failed_write_leaves_nothing),
		cmocka_unit_test(test_a_file_over_the_limit_is_refused),
		cmocka_unit_test(test_a_copy_goes_on_from_where_both_stand),
		cmocka_unit_test(test_a_pipe_can_be_copied_too),
		cmocka_unit_test(test_folders_are_made_and_removed_with_all_below),
		cmocka_unit_test(test_a_link_reads_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
