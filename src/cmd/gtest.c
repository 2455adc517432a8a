/*
 * gg gtest: every test of a GoogleTest program is a thunk.
 *
 *   --gtest_list_tests ─▶ one plan for each ─▶ forcer ─▶ the lines from RUN to OK, in the
 *                                                        program's order, between totals
 *        no OK line: once more as it is, as the sandbox may be to blame
 *
 * What this can't split (--gtest_repeat, --gtest_shuffle, shards, …) the program does alone.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "core/codec.h"
#include "engine/direct.h"
#include "model/generic.h"

enum verdict { FAILED, PASSED, SKIPPED };

struct gtest_run;

struct gtest_case {
	struct gtest_run *run;
	char *suite; /* with what it says behind "#", for the heading */
	char *name;  /* SUITE.TEST */
	char *xml;   /* file for it, relative; NULL: not asked for */
	struct thunk *thunk;
	struct oid id;
	enum verdict verdict;
	char *lines;  /* from RUN to the verdict */
	char *errs;   /* what it said on its standard error, or NULL */
	char *label;  /* what the verdict's line names */
	char *record; /* its <testcase>, or NULL */
	long ms;
	bool done;
	bool outside;
	bool started; /* outside */
};

struct gtest_run {
	const struct command *self;
	struct options options;
	struct store *store;
	struct forcer *forcer;
	char *tool;
	char *cwd;
	unsigned mask;
	struct strv pass; /* words for every test: program first */
	struct strv ins;
	struct strv env;
	const char *filter;   /* as given; NULL: none */
	const char *xml_file; /* borrowed */
	bool with_disabled;
	struct gtest_case *v;
	size_t n;
	size_t suites;
	size_t disabled;
	size_t left;
	size_t shown;
	long suite_ms;
	unsigned outside;
};

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* -- the list -- */

static void add_case(struct gtest_run *r, const char *suite, const char *test)
{
	size_t dot = strcspn(suite, " ");
	auto_free char *name = xasprintf("%.*s%s", (int)dot, suite, test);

	name[strcspn(name, " ")] = '\0';
	if (!r->with_disabled && (strncmp(name, "DISABLED_", 9) == 0 ||
	                          strstr(name, ".DISABLED_") || strstr(name, "/DISABLED_"))) {
		r->disabled++;
		return;
	}
	r->v = xrealloc(r->v, (r->n + 1) * sizeof(*r->v));
	struct gtest_case *c = &r->v[r->n];
	*c = (struct gtest_case){ .run = r, .name = steal(&name) };
	c->suite = xasprintf("%.*s%s", (int)dot - 1, suite, suite[dot] ? suite + dot : "");
	char *hash = strstr(c->suite, "  # ");
	if (hash) { /* "S/0  # TypeParam = int" is headed "S/0, where TypeParam = int" */
		auto_free char *old = steal(&c->suite);
		size_t at = dot - 1;
		c->suite = xasprintf("%.*s, where %s", (int)at, old, old + at + 4);
	}
	if (r->xml_file) {
		c->xml = xasprintf(".gg-%s.xml", c->name);
		for (char *p = c->xml; *p; p++)
			if (*p == '/')
				*p = '_';
	}
	r->suites += r->n == 0 || strcmp(r->v[r->n - 1].suite, c->suite) != 0;
	r->n++;
}

/* "SUITE.[  # …]", then two blanks and a test in each line. */
static int list_tests(struct gtest_run *r, struct err *err)
{
	auto_strv argv = STRV_INIT;
	auto_buf text = BUF_INIT;
	auto_free char *suite = NULL;

	for (size_t i = 0; i < r->pass.n; i++)
		strv_add(&argv, i ? r->pass.v[i] : r->tool);
	if (r->filter)
		strv_add(&argv, r->filter);
	strv_add(&argv, "--gtest_list_tests");
	int status = proc_capture(strv_argv(&argv), NULL, NULL, &text, NULL, err);
	if (status < 0)
		return -1;
	if (status)
		return err_set(err, ERR_FAILED, "%s --gtest_list_tests: exit %d", r->pass.v[0],
		               status);
	for (char *at = (char *)buf_str(&text); *at;) {
		size_t n = strcspn(at, "\n");
		auto_free char *line = xstrndup(at, n);
		size_t word = strcspn(line, " ");

		if (strncmp(line, "  ", 2) == 0 && suite) {
			add_case(r, suite, line + 2);
		} else if (word && line[word - 1] == '.' &&
		           (!line[word] || strncmp(line + word, "  #", 3) == 0)) {
			free(suite);
			suite = steal(&line);
		}
		at += n + (at[n] != '\0');
	}
	r->left = r->n;
	return 0;
}

/* -- plans -- */

static int make_thunk(struct gtest_case *c, struct err *err)
{
	struct gtest_run *r = c->run;
	auto_strv argv = STRV_INIT;
	auto_buf raw = BUF_INIT;
	auto_plan p = { 0 };
	char *const none[] = { NULL };

	for (size_t i = 0; i < r->pass.n; i++)
		strv_add(&argv, r->pass.v[i]);
	strv_take(&argv, xasprintf("--gtest_filter=%s", c->name));
	if (c->xml)
		strv_take(&argv, xasprintf("--gtest_output=xml:%s", c->xml));
	const struct call call = { .store = r->store,
		                   .cwd = r->cwd,
		                   .envp = environ,
		                   .tool = r->tool,
		                   .argv = strv_argv(&argv),
		                   .argc = (int)argv.n,
		                   .umask = r->mask };
	plan_init(&p, &call);
	for (size_t i = 0; i < r->ins.n && !p.delegate; i++) {
		struct stat sb;

		if (stat(r->ins.v[i], &sb) < 0)
			return err_sys(err, "%s", r->ins.v[i]);
		if ((S_ISDIR(sb.st_mode)
		             ? generic_add_tree(&p, &call, r->ins.v[i], err)
		             : plan_add_input_stat(&p, &call, r->ins.v[i], &sb, err)) < 0)
			return -1;
	}
	if (!p.delegate && generic_set_up(&p, &call, none, NULL, strv_argv(&r->env), err) < 0)
		return -1;
	strv_add(&p.thunk->outputs, THUNK_STDOUT);
	if (c->xml)
		plan_add_output(&p, &call, c->xml, OUTPUT_FILE, false);
	plan_set_args(&p, call.argv);
	if (!p.delegate && plan_finish(&p, &call, err) < 0)
		return -1;
	if (p.delegate) {
		c->outside = true;
		plan_release(&p);
		plan_init(&p, &call);
		if (plan_set_program(&p, &call, call.tool, err) < 0)
			return -1;
		strv_add(&p.thunk->outputs, THUNK_STDOUT);
		plan_set_args(&p, call.argv);
	}
	c->thunk = steal(&p.thunk);
	if (thunk_encode(c->thunk, &raw, err) < 0)
		return -1;
	return store_put(r->store, raw.data, raw.len, &c->id, err);
}

/* -- reading what a test printed -- */

/* @anywhere: also behind something else in a line. */
static const char *line_of(const char *text, const char *start, const char *name, bool anywhere)
{
	auto_free char *want = xasprintf("%s%s", start, name);
	size_t n = strlen(want);

	for (const char *at = text; (at = strstr(at, want)); at += n)
		if ((at == text || at[-1] == '\n' || anywhere) && strchr(" ,\n", at[n]))
			return at;
	return NULL;
}

static void read_label(struct gtest_case *c, const char *line)
{
	size_t n = strcspn(line, "\n");
	auto_free char *text = xstrndup(line + 13, n > 13 ? n - 13 : 0);
	char *time = strrchr(text, '(');

	if (time && time > text) {
		c->ms = strtol(time + 1, NULL, 10);
		time[-1] = '\0';
	}
	free(c->label);
	c->label = steal(&text);
}

/* The last word is that of the line with the verdict, and the exit status must agree. */
static void read_text(struct gtest_case *c, const char *text, int status, const char *why)
{
	static const struct {
		const char *start;
		enum verdict verdict;
	} ends[] = { { "[       OK ] ", PASSED },
		     { "[  SKIPPED ] ", SKIPPED },
		     { "[  FAILED  ] ", FAILED } };
	const char *from = line_of(text, "[ RUN      ] ", c->name, false);
	const char *end = NULL;

	c->verdict = FAILED;
	/* a test may end in the middle of a line */
	for (size_t i = 0; i < 2 * countof(ends) && from && !end; i++)
		if ((end = line_of(from, ends[i % countof(ends)].start, c->name,
		                   i >= countof(ends))))
			c->verdict = status ? FAILED : ends[i % countof(ends)].verdict;
	free(c->lines);
	if (end)
		read_label(c, end);
	if (end && (c->verdict != FAILED || strncmp(end, ends[2].start, 13) == 0)) {
		c->lines = xstrndup(from, (size_t)(end - from) + strcspn(end, "\n"));
		return;
	}
	/* Killed, or ended by itself in the middle, or it failed after its last test. */
	size_t n = strlen(from ? from : text);
	bool open = n && (from ? from : text)[n - 1] != '\n';
	c->lines = xasprintf("%s%s[  FAILED  ] %s (%s)", from ? from : text, open ? "\n" : "",
	                     c->name, *why ? why : "ended without a verdict");
	free(c->label);
	c->label = xstrdup(c->name);
}

static void read_errs(struct gtest_case *c, const struct oid *id)
{
	auto_buf text = BUF_INIT;
	struct err err = ERR_INIT;

	free(c->errs);
	c->errs = NULL;
	if (!*id->s)
		return;
	if (store_get(c->run->store, id, &text, &err) < 0)
		forcer_say(c->run->forcer, "%s", err.msg);
	else
		c->errs = buf_steal(&text);
}

static void read_record(struct gtest_case *c, const char *text)
{
	const char *from = strstr(text, "    <testcase ");
	const char *to = from ? strstr(from, "  </testsuite>") : NULL;

	free(c->record);
	c->record = to ? xstrndup(from, (size_t)(to - from)) : NULL;
}

/* -- the report -- */

static size_t suite_size(const struct gtest_run *r, size_t i)
{
	size_t n = 0;

	while (i + n < r->n && strcmp(r->v[i].suite, r->v[i + n].suite) == 0)
		n++;
	return n;
}

static size_t count(const struct gtest_run *r, enum verdict what)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->v[i].verdict == what;
	return n;
}

static void show(struct gtest_run *r)
{
	for (; r->shown < r->n && r->v[r->shown].done; r->shown++) {
		const struct gtest_case *c = &r->v[r->shown];
		auto_buf out = BUF_INIT;

		if (r->shown == 0 || strcmp(c[-1].suite, c->suite) != 0) {
			size_t n = suite_size(r, r->shown);
			buf_addf(&out, "[----------] %zu test%s from %s\n", n, plural(n),
			         c->suite);
			r->suite_ms = 0;
		}
		r->suite_ms += c->ms;
		forcer_hide_status(r->forcer);
		if (c->errs)
			fputs(c->errs, stderr);
		buf_addf(&out, "%s\n", c->lines);
		if (r->shown + 1 == r->n || strcmp(c[1].suite, c->suite) != 0) {
			size_t first = r->shown;
			while (first > 0 && strcmp(r->v[first - 1].suite, c->suite) == 0)
				first--;
			size_t n = r->shown + 1 - first;
			buf_addf(&out, "[----------] %zu test%s from %.*s (%ld ms total)\n\n",
			         n, plural(n), (int)strcspn(c->suite, ","), c->suite,
			         r->suite_ms);
		}
		fwrite(out.data, 1, out.len, stdout);
		fflush(stdout);
	}
}

static void list_verdict(const struct gtest_run *r, enum verdict what, const char *mark)
{
	size_t n = count(r, what);

	if (!n)
		return;
	printf("%s %zu test%s, listed below:\n", mark, n, plural(n));
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].verdict == what)
			printf("%s %s\n", mark, r->v[i].label);
}

static void print_totals(const struct gtest_run *r)
{
	long ms = 0;
	size_t n = count(r, PASSED);
	size_t failed = count(r, FAILED);

	for (size_t i = 0; i < r->n; i++)
		ms += r->v[i].ms;
	printf("[----------] Global test environment tear-down\n"
	       "[==========] %zu test%s from %zu test suite%s ran. (%ld ms total)\n"
	       "[  PASSED  ] %zu test%s.\n",
	       r->n, plural(r->n), r->suites, plural(r->suites), ms, n, plural(n));
	list_verdict(r, SKIPPED, "[  SKIPPED ]");
	list_verdict(r, FAILED, "[  FAILED  ]");
	if (failed)
		printf("\n%2zu FAILED TEST%s\n", failed, failed == 1 ? "" : "S");
	if (r->disabled)
		printf("%s  YOU HAVE %zu DISABLED TEST%s\n\n", failed ? "" : "\n", r->disabled,
		       r->disabled == 1 ? "" : "S");
}

static void add_xml(struct buf *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<': buf_adds(out, "&lt;"); break;
		case '>': buf_adds(out, "&gt;"); break;
		case '&': buf_adds(out, "&amp;"); break;
		case '"': buf_adds(out, "&quot;"); break;
		default: buf_addf(out, "%c", *text);
		}
}

static void add_record(struct buf *out, const struct gtest_case *c)
{
	if (c->record) {
		buf_adds(out, c->record);
		return;
	}
	const char *test = strchr(c->name, '.');
	buf_adds(out, "    <testcase name=\"");
	add_xml(out, test ? test + 1 : c->name);
	buf_adds(out, "\" status=\"run\" result=\"completed\" classname=\"");
	buf_addf(out, "%.*s\"", (int)strcspn(c->name, "."), c->name);
	buf_adds(out, ">\n");
	if (c->verdict == FAILED)
		buf_adds(out,
		         "      <failure message=\"ended without a verdict\" type=\"\"/>\n");
	buf_adds(out, "    </testcase>\n");
}

static void add_counts(struct buf *out, const struct gtest_run *r, size_t from, size_t n)
{
	size_t by[3] = { 0 };
	long ms = 0;

	for (size_t i = from; i < from + n; i++) {
		by[r->v[i].verdict]++;
		ms += r->v[i].ms;
	}
	buf_addf(out,
	         "tests=\"%zu\" failures=\"%zu\" disabled=\"0\" skipped=\"%zu\" errors=\"0\" "
	         "time=\"%ld.%03ld\"",
	         n, by[FAILED], by[SKIPPED], ms / 1000, ms % 1000);
}

static int write_xml(const struct gtest_run *r, struct err *err)
{
	auto_buf out = BUF_INIT;

	buf_adds(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites ");
	add_counts(&out, r, 0, r->n);
	buf_adds(&out, " name=\"AllTests\">\n");
	for (size_t i = 0, n; i < r->n; i += n) {
		n = suite_size(r, i);
		buf_addf(&out, "  <testsuite name=\"%.*s\" ", (int)strcspn(r->v[i].name, "."),
		         r->v[i].name);
		add_counts(&out, r, i, n);
		buf_adds(&out, ">\n");
		for (size_t k = i; k < i + n; k++)
			add_record(&out, &r->v[k]);
		buf_adds(&out, "  </testsuite>\n");
	}
	buf_adds(&out, "</testsuites>\n");
	return file_give(r->xml_file, out.data, out.len, 0666 & ~r->mask, err);
}

/* -- endings -- */

static void settle(struct gtest_case *c)
{
	c->done = true;
	c->run->left--;
	thunk_free(steal(&c->thunk));
	show(c->run);
}

static void start_outside(struct gtest_run *r);

static void on_outside(void *arg, struct outcome *o)
{
	struct gtest_case *c = arg;
	struct gtest_run *r = c->run;
	struct err err = ERR_INIT;
	auto_buf text = BUF_INIT;
	auto_buf record = BUF_INIT;
	const struct oid *id = *o->memo.out_text.s ? &o->memo.out_text : NULL;

	for (size_t i = 0; i < o->memo.n_outputs; i++)
		if (strcmp(o->memo.outputs[i].tag, THUNK_STDOUT) == 0)
			id = &o->memo.outputs[i].id;
	if (id && store_get(r->store, id, &text, &err) < 0)
		forcer_say(r->forcer, "%s", err.msg);
	read_text(c, buf_str(&text), o->what == OUTCOME_OK ? 0 : 1, o->why);
	read_errs(c, &o->memo.err_text);
	if (c->xml && file_read(c->xml, &record, &err) == 0)
		read_record(c, buf_str(&record));
	if (c->xml)
		unlink(c->xml);
	outcome_release(o);
	r->outside--;
	settle(c);
	start_outside(r);
}

static void give_up(struct gtest_case *c, const struct err *err)
{
	read_text(c, "", 1, err->msg);
	settle(c);
}

static void start_outside(struct gtest_run *r)
{
	for (size_t i = r->shown; i < r->n && r->outside < r->options.forcer.jobs; i++) {
		struct gtest_case *c = &r->v[i];
		struct err err = ERR_INIT;

		if (c->done || !c->outside || c->started)
			continue;
		c->started = true;
		r->outside++;
		if (direct_start(forcer_loop(r->forcer), r->store, &c->id, c->thunk, environ,
		                 on_outside, c, &err) < 0) {
			r->outside--;
			give_up(c, &err);
		}
	}
}

static int take_output(struct gtest_case *c, const struct forcer_result *res, const char *tag,
                       struct buf *text, struct err *err)
{
	struct oid value = { "" };
	bool executable = false;

	if (graph_output(forcer_graph(c->run->forcer), res->node, tag, &value, &executable,
	                 err) < 0)
		return -1;
	return store_get(c->run->store, &value, text, err);
}

static void take_errs(struct gtest_case *c)
{
	struct memo m = { 0 };
	struct err ignored;

	if (store_memo_get(c->run->store, &c->id, &m, &ignored) == 1)
		read_errs(c, &m.err_text);
	memo_release(&m);
}

static void on_result(void *arg, const struct forcer_result *res)
{
	struct gtest_case *c = arg;
	auto_buf text = BUF_INIT;
	auto_buf record = BUF_INIT;
	struct err err = ERR_INIT;

	if (res->ok && take_output(c, res, NULL, &text, &err) == 0 &&
	    (!c->xml || take_output(c, res, c->xml, &record, &err) == 0)) {
		read_text(c, buf_str(&text), 0, "");
		read_record(c, buf_str(&record));
		if (c->verdict == PASSED) {
			take_errs(c);
			settle(c);
			return;
		}
	}
	if (forcer_cancelled(c->run->forcer))
		return;
	/* Failures, and skips, may come from what is not there in the sandbox. */
	c->outside = true;
	start_outside(c->run);
}

/* -- running -- */

static void begin(struct gtest_case *c)
{
	struct err err = ERR_INIT;
	int rc = make_thunk(c, &err);

	if (rc == 0 && c->outside)
		start_outside(c->run);
	else if (rc == 0)
		rc = forcer_wait(c->run->forcer, &c->id, on_result, c, &err);
	if (rc < 0)
		give_up(c, &err);
}

static int run_tests(struct gtest_run *r)
{
	struct options_signals sig;
	struct err err = ERR_INIT;

	r->options.forcer.keep_going = true;
	r->forcer = forcer_new(r->store, &r->options.forcer);
	if (!r->options.forcer.jobs)
		r->options.forcer.jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (forcer_connect(r->forcer, &err) < 0 ||
	    (r->options.forcer.require && forcer_prepare(r->forcer, &err) < 0)) {
		forcer_free(r->forcer);
		return command_failed(r->self, &err);
	}
	if (r->filter)
		printf("Note: Google Test filter = %s\n", strchr(r->filter, '=') + 1);
	printf("[==========] Running %zu test%s from %zu test suite%s.\n"
	       "[----------] Global test environment set-up.\n",
	       r->n, plural(r->n), r->suites, plural(r->suites));
	fflush(stdout);
	options_watch_signals(&sig, r->forcer);
	for (size_t i = 0; i < r->n && !sig.got; i++) {
		begin(&r->v[i]);
		uv_run(forcer_loop(r->forcer), UV_RUN_NOWAIT);
	}
	while (r->left && !sig.got)
		if (uv_run(forcer_loop(r->forcer), UV_RUN_ONCE) == 0)
			break;
	forcer_run(r->forcer);
	int signal = options_unwatch_signals(&sig);
	forcer_free(r->forcer);
	if (store_sync(r->store, &err) < 0)
		command_failed(r->self, &err);
	if (signal)
		return 128 + signal;
	if (r->left)
		return 100;
	print_totals(r);
	if (r->xml_file && write_xml(r, &err) < 0)
		return command_failed(r->self, &err);
	return count(r, FAILED) ? 1 : 0;
}

/* -- the command line -- */

/* Own options are taken away; the rest is for options_parse. */
static void split_options(struct gtest_run *r, int argc, char **argv, struct strv *rest)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++) {
		struct strv *to = strncmp(argv[i], "--in", 4) == 0    ? &r->ins
		                  : strncmp(argv[i], "--env", 5) == 0 ? &r->env
		                                                      : rest;
		const char *value = to == rest ? "" : argv[i] + (to == &r->ins ? 4 : 5);

		if (to != rest && *value == '=') {
			strv_add(to, value + 1);
		} else if (to != rest && !*value && i + 1 < argc) {
			strv_add(to, argv[++i]);
		} else {
			strv_add(rest, argv[i]);
			if (options_takes_value(argv[i]) && i + 1 < argc)
				strv_add(rest, argv[++i]);
		}
	}
	for (; i < argc; i++)
		strv_add(rest, argv[i]);
}

/* Sorts the program's own arguments; false: they ask for what can't be split. */
static bool take_arguments(struct gtest_run *r, char **argv)
{
	strv_add(&r->pass, argv[0]);
	for (char **a = argv + 1; *a; a++) {
		if (strncmp(*a, "--gtest_filter=", 15) == 0)
			r->filter = *a;
		else if (strncmp(*a, "--gtest_output=xml:", 19) == 0 && (*a)[19] &&
		         (*a)[strlen(*a) - 1] != '/')
			r->xml_file = *a + 19;
		else if (strcmp(*a, "--gtest_also_run_disabled_tests") == 0)
			r->with_disabled = true, strv_add(&r->pass, *a);
		else if (strncmp(*a, "--gtest_color", 13) == 0)
			continue;
		else if (strncmp(*a, "--gtest_", 8) == 0 || strcmp(*a, "--help") == 0)
			return false;
		else
			strv_add(&r->pass, *a);
	}
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "GTEST_", 6) == 0 && strncmp(*e, "GTEST_FILTER=", 13) != 0 &&
		    strncmp(*e, "GTEST_COLOR=", 12) != 0)
			return false;
	return true;
}

static void release(struct gtest_run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct gtest_case *c = &r->v[i];

		thunk_free(c->thunk);
		free(c->suite);
		free(c->name);
		free(c->xml);
		free(c->lines);
		free(c->errs);
		free(c->label);
		free(c->record);
	}
	free(r->v);
	free(r->tool);
	free(r->cwd);
	strv_release(&r->pass);
	strv_release(&r->ins);
	strv_release(&r->env);
	store_close(r->store);
}

static int prepare(struct gtest_run *r, struct err *err)
{
	r->cwd = getcwd(NULL, 0);
	if (!r->cwd)
		return err_sys(err, "current folder");
	r->mask = proc_umask();
	r->tool = path_absolute(r->cwd, r->pass.v[0]);
	if (access(r->tool, X_OK) < 0)
		return err_sys(err, "%s", r->pass.v[0]);
	return list_tests(r, err);
}

int cmd_gtest(const struct command *self, int argc, char **argv)
{
	struct gtest_run r = { .self = self, .options = OPTIONS_INIT };
	auto_strv rest = STRV_INIT;
	struct err err = ERR_INIT;

	strv_add(&rest, argv[0]);
	split_options(&r, argc, argv, &rest);
	char **words = strv_argv(&rest);
	int rc = options_parse(&r.options, self, (int)rest.n, words);
	if (rc >= 0)
		return rc;
	if (!words[optind])
		return command_usage(self, "name the test program");
	bool split = take_arguments(&r, words + optind);
	if (prepare(&r, &err) < 0) {
		rc = command_failed(self, &err);
	} else if (!split || !r.n) {
		execv(r.tool, words + optind);
		err_sys(&err, "%s", r.tool);
		rc = command_failed(self, &err);
	} else if (command_open_store(true, &r.store, &err) < 0) {
		rc = command_failed(self, &err);
	} else {
		options_record(&r.options, self, argv);
		rc = run_tests(&r);
		options_record_end(&r.options, self, r.store, rc);
	}
	release(&r);
	return rc;
}
