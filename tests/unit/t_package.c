#include "store_fixture.h"

#include "base/proc.h"
#include "core/digest.h"
#include "core/manifest.h"
#include "engine/package.h"

extern char **environ;

static void run(char *const *argv, int want, struct buf *out)
{
	struct err err = ERR_INIT;
	int rc = proc_capture(argv, NULL, NULL, out, out, &err);

	CHECK(rc == want, "%s: %d %s %s", argv[0], rc, buf_str(out), err.msg);
}

static struct package *sample(struct fixture *f, bool backwards)
{
	static const char *const names[] = { "bootstrap", "etc/z", "bin/a" };
	struct package *p = package_new();
	auto_free char *file = fixture_path(f, "file");

	file_write(file, "from a file", 11, 0600, NULL);
	for (size_t i = 0; i < countof(names); i++) {
		size_t k = backwards ? countof(names) - 1 - i : i;
		package_add_data(p, names[k], k ? 0644 : 0755, names[k], strlen(names[k]));
	}
	package_add_file(p, "bin/file", 0755, file, NULL);
	return p;
}

static void test_the_same_files_make_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	auto_free char *a = fixture_path(f, "a.zip"), *b = fixture_path(f, "b.zip");
	auto_buf one = BUF_INIT, two = BUF_INIT;
	struct err err = ERR_INIT;

	for (int i = 0; i < 2; i++) {
		struct package *p = sample(f, i);
		struct package_size size;
		OK(package_write_zip(p, i ? b : a, &size, &err), err);
		assert_int_equal(size.files, 4);
		assert_int_equal(size.unpacked_bytes, 9 + 5 + 5 + 11);
		package_free(p);
	}
	OK(file_read(a, &one, &err), err);
	OK(file_read(b, &two, &err), err);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
}

/* Python's own reader of zip files: names, modes, content. */
static void test_python_reads_the_zip(void **state)
{
	static char script[] = "import sys, zipfile\n"
			       "for i in zipfile.ZipFile(sys.argv[1]).infolist():\n"
			       "  print(i.filename, oct(i.external_attr >> 16), "
			       "zipfile.ZipFile(sys.argv[1]).read(i).decode())\n";
	struct fixture *f = *state;
	auto_free char *zip = fixture_path(f, "a.zip");
	char *argv[] = { "python3", "-c", script, zip, NULL };
	struct package *p = sample(f, false);
	struct err err = ERR_INIT;
	auto_buf out = BUF_INIT;

	OK(package_write_zip(p, zip, NULL, &err), err);
	run(argv, 0, &out);
	assert_string_equal(buf_str(&out), "bin/a 0o100644 bin/a\n"
	                                   "bin/file 0o100755 from a file\n"
	                                   "bootstrap 0o100755 bootstrap\n"
	                                   "etc/z 0o100644 etc/z\n");
	package_free(p);
}

/* The packaged loader runs the packaged program with no library but the packaged ones. */
static void test_a_program_runs_from_its_package(void **state)
{
	struct fixture *f = *state;
	auto_free char *folder = fixture_path(f, "out");
	auto_free char *loader = fixture_path(f, "out/lib/ld-linux-x86-64.so.2");
	auto_free char *lib = fixture_path(f, "out/lib");
	auto_free char *program = fixture_path(f, "out/bin/as");
	char *list[] = { loader, "--library-path", lib, "--list", program, NULL };
	char *argv[] = { loader, "--library-path", lib, program, "--version", NULL };
	struct package *p = package_new();
	struct err err = ERR_INIT;
	auto_buf out = BUF_INIT, libs = BUF_INIT;

	OK(package_add_program(p, f->st, environ, "/usr/bin/as", &err), err);
	OK(package_write_folder(p, folder, &err), err);
	run(argv, 0, &out);
	CHECK(strstr(buf_str(&out), "GNU assembler"), "%s", buf_str(&out));
	run(list, 0, &libs);
	CHECK(!strstr(buf_str(&libs), "=> /lib") && !strstr(buf_str(&libs), "=> /usr"), "%s",
	      buf_str(&libs));
	package_free(p);
}

static void test_a_manifest_comes_with_its_objects(void **state)
{
	struct fixture *f = *state;
	struct package *p = package_new();
	auto_manifest m = MANIFEST_INIT;
	auto_buf bytes = BUF_INIT;
	auto_free char *folder = fixture_path(f, "out");
	struct err err = ERR_INIT;
	struct oid a, b, id;
	struct stat sb;

	OK(store_put(f->st, "program", 7, &a, &err), err);
	OK(store_put(f->st, "text", 4, &b, &err), err);
	manifest_add(&m, "/bin/p", &a, S_IFREG | 0755);
	manifest_add(&m, "/etc/t", &b, S_IFREG | 0644);
	manifest_add(&m, "/tmp", NULL, S_IFDIR | 0755);
	manifest_normalize(&m);
	OK(manifest_encode(&m, &bytes, &err), err);
	OK(store_put(f->st, bytes.data, bytes.len, &id, &err), err);
	OK(package_add_manifest(p, f->st, &id, &err), err);
	assert_int_equal(package_size(p).files, 3);
	OK(package_write_folder(p, folder, &err), err);
	auto_free char *blob = xasprintf("%s/store/blobs/%s", folder, a.s);
	assert_true(stat(blob, &sb) == 0 && (sb.st_mode & 0111));
	package_free(p);
}

static void test_a_file_that_is_gone_is_an_error(void **state)
{
	struct fixture *f = *state;
	auto_free char *zip = fixture_path(f, "a.zip");
	auto_free char *file = fixture_path(f, "file");
	struct package *p = sample(f, false);
	struct err err = ERR_INIT;

	unlink(file);
	REFUSED(package_write_zip(p, zip, NULL, &err), err, ERR_NOTFOUND);
	assert_true(access(zip, F_OK) < 0);
	REFUSED(package_add_file(p, "x", 0644, file, &err), err, ERR_NOTFOUND);
	package_free(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_files_make_the_same_bytes),
		TEST(test_python_reads_the_zip),
		TEST(test_a_program_runs_from_its_package),
		TEST(test_a_manifest_comes_with_its_objects),
		TEST(test_a_file_that_is_gone_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
