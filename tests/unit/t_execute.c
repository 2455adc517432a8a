#include "store_fixture.h"

#include "core/codec.h"
#include "core/manifest.h"
#include "exec/execute.h"

static struct oid put(struct fixture *f, const char *text, size_t len)
{
	struct err err = ERR_INIT;
	struct oid id;

	OK(store_put(f->st, text, len, &id, &err), err);
	return id;
}

/* A thunk with one program, one input and one output. */
static struct thunk *simple(struct fixture *f)
{
	struct thunk *t = thunk_new();
	struct oid data = put(f, "data", 4);

	t->function = put(f, "program", 7);
	thunk_refs_add(&t->execs, &t->function, NULL, NULL);
	thunk_refs_add(&t->values, &data, NULL, NULL);
	strv_add(&t->args, "p");
	strv_addf(&t->args, "@{GGHASH:%s}", data.s);
	strv_add(&t->outputs, "out");
	return t;
}

static struct oid keep_thunk(struct fixture *f, struct thunk *t)
{
	auto_buf raw = BUF_INIT;
	struct err err = ERR_INIT;

	OK(thunk_encode(t, &raw, &err), err);
	return put(f, raw.data, raw.len);
}

static const struct box_input *input(const struct box_job *job, const char *name)
{
	for (size_t i = 0; i < job->n_inputs; i++)
		if (strcmp(job->inputs[i].name, name) == 0)
			return &job->inputs[i];
	fail_msg("no input %s", name);
	return NULL;
}

static void test_a_classic_thunk_finds_its_objects_by_their_names(void **state)
{
	struct fixture *f = *state;
	struct executor *ex = executor_new(f->st);
	struct execution *x = NULL;
	auto_thunk t = simple(f);
	struct oid id = keep_thunk(f, t);
	struct err err = ERR_INIT;

	OK(executor_prepare(ex, &id, t, &x, &err), err);
	const struct box_job *job = execution_job(x);
	auto_free char *data = xasprintf(EXECUTE_BLOBS "/%s", t->values.v[0].id.s);
	auto_free char *program = xasprintf(EXECUTE_BLOBS "/%s", t->function.s);
	auto_free char *itself = xasprintf(EXECUTE_BLOBS "/%s", id.s);
	auto_free char *self_env = xasprintf("__GG_THUNK_PATH__=%s", itself);

	assert_string_equal(job->program, program);
	assert_string_equal(job->workdir, "");
	assert_string_equal(job->argv[1], data);
	assert_int_equal(input(job, program)->mode & 0777, 0755);
	assert_int_equal(input(job, data)->mode & 0777, 0644);
	assert_string_equal(input(job, data)->key, t->values.v[0].id.s);
	input(job, itself);
	assert_string_equal(job->envp[0], self_env);
	assert_int_equal(job->n_outputs, 1);
	assert_string_equal(job->outputs[0].name, "/work/out");
	execution_free(x);
	executor_free(ex);
}

static void test_a_thunk_with_a_work_folder_finds_real_paths(void **state)
{
	struct fixture *f = *state;
	struct executor *ex = executor_new(f->st);
	struct execution *x = NULL;
	auto_thunk t = simple(f);
	auto_manifest m = MANIFEST_INIT;
	auto_buf raw = BUF_INIT;
	struct err err = ERR_INIT;

	manifest_add(&m, "/lib", NULL, S_IFDIR | 0755);
	manifest_add(&m, "/lib/l", &t->values.v[0].id, S_IFLNK | 0777);
	OK(manifest_encode(&m, &raw, &err), err);
	struct oid manifest = put(f, raw.data, raw.len);
	strv_add(&t->manifests, manifest.s);
	t->workdir = xstrdup("/p/src");
	t->execs.v[0].name = xstrdup("/usr/bin/p");
	t->values.v[0].name = xstrdup("/p/src/a.c");
	strv_add(&t->outputs, "/p/obj/a.d");
	struct oid id = keep_thunk(f, t);
	OK(executor_prepare(ex, &id, t, &x, &err), err);
	const struct box_job *job = execution_job(x);

	assert_string_equal(job->program, "/usr/bin/p");
	assert_string_equal(job->workdir, "/p/src");
	input(job, "/p/src/a.c");
	assert_null(job->envp[0]);
	assert_string_equal(job->outputs[0].name, "/p/src/out");
	assert_string_equal(job->outputs[1].name, "/p/obj/a.d");
	assert_int_equal(job->n_shared, 1);
	assert_int_equal(job->shared[0].n_inputs, 2);
	assert_string_equal(job->shared[0].inputs[1].source, "data");
	execution_free(x);
	executor_free(ex);
}

static void test_an_input_whose_time_counts_is_another_for_each_time(void **state)
{
	struct fixture *f = *state;
	char *keys[2] = { NULL, NULL };

	for (int i = 0; i < 2; i++) {
		struct executor *ex = executor_new(f->st);
		struct execution *x = NULL;
		auto_thunk t = simple(f);
		struct err err = ERR_INIT;

		t->workdir = xstrdup("/p");
		t->execs.v[0].name = xstrdup("/usr/bin/p");
		t->values.v[0].name = xstrdup("/p/a.h");
		strv_addf(&t->times, "%d /p/a.h", 1700000000 + i);
		struct oid id = keep_thunk(f, t);
		OK(executor_prepare(ex, &id, t, &x, &err), err);
		const struct box_input *in = input(execution_job(x), "/p/a.h");
		assert_true(in->is_timed);
		assert_int_equal(in->time_s, 1700000000 + i);
		assert_false(input(execution_job(x), "/usr/bin/p")->is_timed);
		keys[i] = xstrdup(in->key);
		execution_free(x);
		executor_free(ex);
	}
	assert_string_not_equal(keys[0], keys[1]);
	free(keys[0]);
	free(keys[1]);
}

static void test_what_can_not_run_is_refused(void **state)
{
	struct fixture *f = *state;
	struct executor *ex = executor_new(f->st);
	struct execution *x = NULL;
	auto_thunk waits = simple(f);
	auto_thunk lost = simple(f);
	auto_thunk foreign = simple(f);
	struct err err = ERR_INIT;
	struct oid id = keep_thunk(f, waits);

	thunk_refs_add(&waits->thunks, &id, NULL, NULL);
	REFUSED(executor_prepare(ex, &id, waits, &x, &err), err, ERR_USAGE);
	foreign->function = put(f, "other", 5);
	REFUSED(executor_prepare(ex, &id, foreign, &x, &err), err, ERR_USAGE);
	auto_free char *blob = xasprintf("%s/blobs/%s", f->gg, lost->values.v[0].id.s);
	assert_int_equal(unlink(blob), 0);
	REFUSED(executor_prepare(ex, &id, lost, &x, &err), err, ERR_NOTFOUND);
	assert_non_null(strstr(err.msg, lost->values.v[0].id.s));
	executor_free(ex);
}

static void test_only_a_failure_about_files_deserves_a_second_run(void **state)
{
	static const struct {
		const char *text;
		bool suspicious;
	} cases[] = {
		{ "a.c:1:10: fatal error: x.h: No such file or directory\n", true },
		{ "ld: cannot find -lz\n", true },
		{ "open /etc/x: Permission denied\n", true },
		{ "", true }, /* it failed and says nothing */
		{ "a.c:1:5: error: expected expression before ';' token\n", false },
		{ "undefined reference to `f'\n", false },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(cases); i++) {
		struct outcome o = { .what = OUTCOME_FAILED, .status = 1 << 8 };
		auto_buf line = BUF_INIT;

		if (*cases[i].text)
			o.memo.err_text = put(f, cases[i].text, strlen(cases[i].text));
		CHECK(execution_is_suspicious(f->st, &o, &line) == cases[i].suspicious,
		      "\"%s\"", cases[i].text);
		assert_int_equal(line.len > 0, cases[i].suspicious && *cases[i].text);
		o.what = OUTCOME_OK;
		assert_false(execution_is_suspicious(f->st, &o, NULL));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_classic_thunk_finds_its_objects_by_their_names),
		TEST(test_a_thunk_with_a_work_folder_finds_real_paths),
		TEST(test_an_input_whose_time_counts_is_another_for_each_time),
		TEST(test_what_can_not_run_is_refused),
		TEST(test_only_a_failure_about_files_deserves_a_second_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
