/* What gcc itself starts, as its -wrapper tells, against what is derived from two answers about
 * other names. */
#include "check.h"

#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "core/digest.h"
#include "model/driver.h"

static char dir[32];

/* Each word on a line, then the options that the driver tells; and it is carried out. */
static const char recorder[] =
	"#!/bin/sh\n"
	"for word in \"$@\"; do printf '%s\\n' \"$word\"; done >>record\n"
	"printf '%s\\n' \"$COLLECT_GCC_OPTIONS\" >>record\n"
	"exec \"$@\"\n";

static int set_up(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/gg-t_driver-XXXXXX");
	CHECK(mkdtemp(dir), "mkdtemp");
	auto_free char *script = path_join(dir, "recorder");
	return file_write(script, recorder, strlen(recorder), 0755, &err);
}

static int tear_down(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	return file_remove_tree(dir, &err);
}

static void put(const char *name, const char *text)
{
	auto_free char *path = path_absolute(dir, name);
	auto_free char *folder = path_dir(path);
	struct err err = ERR_INIT;

	OK(file_mkdirs(folder, 0777, &err), err);
	OK(file_write(path, text, strlen(text), 0644, &err), err);
}

static struct thunk *thunk_of_program(const char *program, const char *const *words)
{
	struct thunk *t = thunk_new();

	digest_bytes("program", 7, &t->function);
	thunk_refs_add(&t->execs, &t->function, NULL, program);

	for (; *words; words++)
		strv_add(&t->args, *words);
	strv_add(&t->env, "PATH=/usr/bin:/bin");
	strv_add(&t->outputs, "a.o");
	t->workdir = xstrdup(dir);
	return t;
}

static struct thunk *thunk_of(const char *const *words)
{
	return thunk_of_program("/usr/bin/x86_64-linux-gnu-gcc-12", words);
}

static void ask(const struct driver_call *c, const struct thunk *t, unsigned which,
                struct buf *answer)
{
	auto_strv argv = STRV_INIT;
	auto_strv env = STRV_INIT;
	char *source = NULL;
	struct err err = ERR_INIT;

	driver_question(c, t, which, &argv, &env, &source);
	put(source, "");
	OK(proc_capture(strv_argv(&argv), dir, strv_argv(&env), NULL, answer, &err), err);
	free(source);
}

/* As the recorder writes it. */
static char *derived(const struct driver_commands *d, const char *temporary)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < d->n; i++) {
		assert_int_equal(d->v[i].program[0], '/');
		for (size_t k = 0; k < d->v[i].argv.n; k++)
			buf_addf(&out, "%s\n", d->v[i].argv.v[k]);
		buf_addf(&out, "%s\n", proc_env(d->env.v, "COLLECT_GCC_OPTIONS"));
	}
	buf_replace(&out, DRIVER_TEMPORARY, temporary);
	return buf_steal(&out);
}

static char *recorded(const struct thunk *t, char temporary[32])
{
	auto_strv argv = STRV_INIT;
	auto_buf said = BUF_INIT;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	auto_free char *record = path_join(dir, "record");
	auto_free char *wrapper = xasprintf("%s/recorder", dir);
	auto_free char *option = xasprintf(" '-wrapper' '%s'", wrapper);

	unlink(record);
	strv_add_all(&argv, t->args.v);
	strv_add(&argv, "-wrapper");
	strv_add(&argv, wrapper);
	CHECK(proc_capture(strv_argv(&argv), dir, t->env.v, &said, &said, &err) == 0, "%s",
	      buf_str(&said));
	OK(file_read(record, &out, &err), err);
	buf_replace(&out, option, "");
	snprintf(temporary, 32, "%.*s", (int)strcspn(strstr(buf_str(&out), "/tmp/cc"), "\n"),
	         strstr(buf_str(&out), "/tmp/cc"));
	return buf_steal(&out);
}

static void is_known(const char *const *words, const char *source)
{
	auto_driver_call c = { 0 };
	auto_buf first = BUF_INIT, second = BUF_INIT, pattern = BUF_INIT;
	struct driver_commands d;
	char temporary[32];

	put(source, "\n");
	struct thunk *t = thunk_of(words);
	CHECK(driver_read(t, &c), "%s is not read", source);
	assert_string_equal(c.source_path, source);
	ask(&c, t, 0, &first);
	ask(&c, t, 1, &second);
	CHECK(driver_learn((const char *const[]){ buf_str(&first), buf_str(&second) },
	                   &pattern),
	      "not understood, or not the same: %s", buf_str(&first));
	assert_true(driver_commands(&c, t, buf_str(&pattern), &d));
	auto_free char *want = recorded(t, temporary);
	auto_free char *got = derived(&d, temporary);
	assert_string_equal(got, want);
	driver_commands_release(&d);
	thunk_free(t);
}

#define IS_KNOWN(source, ...) is_known((const char *const[]){ __VA_ARGS__, NULL }, source)

static void compiles_are_what_the_driver_makes_of_them(void **state)
{
	(void)state;
	put("out/keep", "");
	put("i/j/b.h", "");
	IS_KNOWN("a.c", "gcc", "-c", "a.c");
	IS_KNOWN("a.c", "gcc", "-O2", "-g", "-c", "a.c", "-o", "a.o");
	IS_KNOWN("s/a.c", "gcc", "-c", "s/a.c", "-o", "out/b.o", "-fPIC", "-std=gnu99");
	IS_KNOWN("s/a.c", "gcc", "-MD", "-MP", "-c", "-o", "out/a.c.o", "s/a.c", "-Wall");
	IS_KNOWN("s/a.b.c", "gcc", "-MMD", "-MF", "out/x.d", "-MT", "x y", "-c", "s/a.b.c",
	         "-o", "out/a.b.lo");
	IS_KNOWN("./s/../a.c", "gcc", "-c", "./s/../a.c", "-o", "./out/../out/a.obj");
	IS_KNOWN("a.cc", "g++", "-O1", "-c", "a.cc", "-MD", "-MQ", "q$x", "-fno-exceptions");
	IS_KNOWN("a.c", "gcc", "-Wp,-MMD,out/.a.o.d", "-O2", "-c", "a.c", "-o", "out/a.o");
	IS_KNOWN("s/a.c", "gcc", "-Wp,-MD,x y.d,-MT,it's,-MP,-DX=1,-UY", "-c", "s/a.c");
	IS_KNOWN("a.S", "gcc", "-g", "-Wa,--noexecstack", "-Ii/j", "-c", "a.S");
	IS_KNOWN("a.i", "gcc", "-c", "a.i", "-m64", "-pthread", "-fopenmp");
	IS_KNOWN("a.c", "gcc", "-Di=it's \"A\" \\ b", "-D", "X", "-UY", "-Ii", "-I", "i/j",
	         "-isystem", "i", "-iquote", "s", "-include", "b.h", "-idirafter", "/nowhere",
	         "-c", "a.c");
}

/* A driver may do more about these than to pass them on. */
static void others_are_the_drivers(void **state)
{
	static const char *const calls[][8] = {
		{ "gcc", "a.c", "-o", "a" },
		{ "gcc", "-S", "a.c" },
		{ "gcc", "-E", "a.c" },
		{ "gcc", "-c", "a.c", "b.c" },
		{ "gcc", "-c", "a.c", "-save-temps" },
		{ "gcc", "-c", "a.c", "-march=native" },
		{ "gcc", "-c", "a.c", "-gsplit-dwarf" },
		{ "gcc", "-c", "a.c", "--coverage" },
		{ "gcc", "-c", "a.c", "-flto" },
		{ "gcc", "-c", "a.c", "-o", "/dev/null" },
		{ "gcc", "-c", "-x", "c", "a.h" },
		{ "gcc", "-c", "@words" },
		{ "gcc", "-c", "a.c", "-Da\nb" },
		{ "gcc", "-c", "a.c", "-Wp,-Da\nb" },
		{ "gcc", "-c", "a.c", "-Wp,-MD,a\nb" },
		{ "gcc", "-c", "a.c", "-Wp,-MD," },
		{ "gcc", "-c", "a.c", "-specs=x" },
		{ "gcc", "-c", "a.c", "-Bx" },
		{ "gcc", "-c", "a.c", "-wrapper", "x" },
		{ "gcc", "-c", "a.c", "-fplugin=x" },
		{ "gcc", "-c", ".c" },
	};

	(void)state;
	for (size_t i = 0; i < countof(calls); i++) {
		auto_driver_call c = { 0 };
		struct thunk *t = thunk_of(calls[i]);

		CHECK(!driver_read(t, &c), "call %zu", i);
		thunk_free(t);
	}
}

/* Another program may take -### for anything. */
static void only_drivers_of_gcc_are_asked(void **state)
{
	static const struct {
		const char *program;
		bool is_asked;
	} cases[] = {
		{ "/usr/bin/x86_64-linux-gnu-g++-12", true },
		{ "/opt/gcc-13.2/bin/gcc", true },
		{ "/usr/bin/c++", true },
		{ "/usr/lib/llvm-14/bin/clang", false },
		{ "/usr/bin/clang++-14", false },
		{ "/usr/bin/tcc", false },
		{ "/usr/bin/python3.11", false },
		{ "gcc", false },
	};
	const char *const words[] = { "gcc", "-c", "a.c", NULL };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		auto_driver_call c = { 0 };
		struct thunk *t = thunk_of_program(cases[i].program, words);

		CHECK(driver_read(t, &c) == cases[i].is_asked, "%s", cases[i].program);
		thunk_free(t);
	}
}

static void a_variable_that_drivers_read_is_theirs(void **state)
{
	auto_driver_call c = { 0 };
	struct thunk *t = thunk_of((const char *const[]){ "gcc", "-c", "a.c", NULL });

	(void)state;
	strv_add(&t->env, "COMPILER_PATH=/x");
	assert_false(driver_read(t, &c));
	thunk_free(t);
}

static void answers_that_differ_teach_nothing(void **state)
{
	static const char usual[] = " /x/cc1 Gg000oZ.c -o /tmp/ccA.s\n as -o a.o /tmp/ccA.s\n";
	static const char *const others[] = {
		"",
		" /x/cc1 b.c -o /tmp/ccA.s\n as -o a.o /tmp/ccA.s\n",
		" /x/cc1 qqYy000xWwk.c -o /tmp/ccA.s\n as -o a.o /tmp/ccB.s\n",
		" /x/cc1 qqYy000xWwk.c -o /tmp/ccA.s\n as -o a.o /tmp/ccA.s\n x\n",
		" cc1 qqYy000xWwk.c -o /tmp/ccA.s\n as -o a.o /tmp/ccA.s\n",
		" /x/cc1 qqYy000xWwk.c -o - |\n as -o a.o\n",
		" /x/cc1 qqYy000xWwk.c |\n as -o a.o\n",
		" /x/cc1 qqYy000xWwk.c -o /tmp/ccA.s |\n as -o a.o /tmp/ccA.s\n",
		" /x/cc1 qqYy000xWwk.c -o \"/tmp/ccA.s\n as -o a.o /tmp/ccA.s\n",
		"gcc: warning: it\n /x/cc1 qqYy000xWwk.c -o /tmp/ccA.s\n as -o a.o "
		"/tmp/ccA.s\n",
	};
	auto_buf pattern = BUF_INIT;

	(void)state;
	assert_true(driver_learn((const char *const[]){ usual, " /x/cc1 qqYy000xWwk.c -o "
	                                                       "/tmp/ccQ.s\n as -o a.o "
	                                                       "/tmp/ccQ.s\n" },
	                         &pattern));
	for (size_t i = 0; i < countof(others); i++)
		CHECK(!driver_learn((const char *const[]){ usual, others[i] }, &pattern),
		      "answer %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiles_are_what_the_driver_makes_of_them),
		cmocka_unit_test(others_are_the_drivers),
		cmocka_unit_test(only_drivers_of_gcc_are_asked),
		cmocka_unit_test(a_variable_that_drivers_read_is_theirs),
		cmocka_unit_test(answers_that_differ_teach_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
