/*
 * gg deploy lambda: packs gg-worker, makes or changes the function, runs one thunk there.
 * gg deploy container: writes the package as a folder from which an image is built.
 */
#include <getopt.h>
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include "cmd/deploy_container.h"
#include "cmd/deploy_pack.h"
#include "core/codec.h"
#include "core/digest.h"
#include "core/wire.h"
#include "engine/lambda.h"
#include "engine/lambda_admin.h"
#include "engine/lambda_policy.h"
#include "engine/lambda_price.h"
#include "exec/engine.h"
#include "net/uri.h"

enum {
	TMP_MB = 2048, /* of the function's /tmp: a toolchain and a build's files */
	TIMEOUT_S = 300,
};

#define CONTAINER_FOLDER "gg-worker-image"

struct deploy {
	const struct command *self;
	const char *region, *role, *name, *bucket, *storage, *zip;
	unsigned memory_mb, timeout_s, tmp_mb;
	struct strv with, env;
	bool dry_run, remove, json, container;
	/* being made */
	char *folder; /* scratch, with a store */
	char *scratch_zip;
	struct store *store;
	struct package *package;
	struct package_size size;
	struct deploy_selftest selftest;
	struct lambda_admin *admin;
	json_t *result;
};

static const struct option options[] = {
	{ "region", required_argument, NULL, 'r' },  { "role", required_argument, NULL, 'R' },
	{ "name", required_argument, NULL, 'n' },    { "memory", required_argument, NULL, 'm' },
	{ "timeout", required_argument, NULL, 't' }, { "tmp", required_argument, NULL, 'T' },
	{ "with", required_argument, NULL, 'w' },    { "env", required_argument, NULL, 'E' },
	{ "bucket", required_argument, NULL, 'b' },  { "store", required_argument, NULL, 's' },
	{ "output", required_argument, NULL, 'o' },  { "dry-run", no_argument, NULL, 'd' },
	{ "delete", no_argument, NULL, 'D' },        { "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },          { 0 },
};

static void say(const struct deploy *d, const char *fmt, ...) printflike(2, 3);

/* One line of what is done; with --json on stderr. */
static void say(const struct deploy *d, const char *fmt, ...)
{
	FILE *to = d->json ? stderr : stdout;
	va_list ap;

	va_start(ap, fmt);
	vfprintf(to, fmt, ap);
	va_end(ap);
	fputc('\n', to);
	fflush(to);
}

/* --- the command line */

static int number(const struct deploy *d, const char *option, const char *text, unsigned low,
                  unsigned high, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n < low || n > high)
		return command_usage(d->self, "--%s: \"%s\" is no number from %u to %u", option,
		                     text, low, high);
	*out = (unsigned)n;
	return -1;
}

static int take_option(struct deploy *d, int c)
{
	switch (c) {
	case 'r': d->region = optarg; return -1;
	case 'R': d->role = optarg; return -1;
	case 'n': d->name = optarg; return -1;
	case 'b': d->bucket = optarg; return -1;
	case 's': d->storage = optarg; return -1;
	case 'o': d->zip = optarg; return -1;
	case 'w': strv_add(&d->with, optarg); return -1;
	case 'd': d->dry_run = true; return -1;
	case 'D': d->remove = true; return -1;
	case 'j': d->json = true; return -1;
	/* https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
	case 'm': return number(d, "memory", optarg, 128, 10240, &d->memory_mb);
	case 't': return number(d, "timeout", optarg, 1, LAMBDA_TIMEOUT_MAX_S, &d->timeout_s);
	case 'T': return number(d, "tmp", optarg, 512, 10240, &d->tmp_mb);
	case 'E':
		if (!strchr(optarg, '=') || *optarg == '=')
			return command_usage(d->self, "--env: \"%s\" is not NAME=VALUE",
			                     optarg);
		strv_add(&d->env, optarg);
		return -1;
	case 'h': return command_help(d->self);
	default: return command_usage(d->self, "wrong option");
	}
}

/* -1: go on; else the exit code. */
static int parse(struct deploy *d, int argc, char **argv)
{
	int c;

	d->role = getenv("GG_LAMBDA_ROLE");
	d->name = getenv("GG_LAMBDA_FUNCTION");
	d->storage = getenv("GG_STORAGE_URI");
	d->memory_mb = LAMBDA_MEMORY_MB;
	d->timeout_s = TIMEOUT_S;
	d->tmp_mb = TMP_MB;
	while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		int rc = take_option(d, c);
		if (rc >= 0)
			return rc;
	}
	if (!d->name || !*d->name)
		d->name = LAMBDA_FUNCTION;
	d->container = optind < argc && strcmp(argv[optind], "container") == 0;
	if (optind + 1 != argc || (!d->container && strcmp(argv[optind], "lambda") != 0))
		return command_usage(d->self, "say what to deploy: gg deploy lambda, or gg "
		                              "deploy container");
	return -1;
}

/* --- the package */

static void say_left_out(const struct deploy *d, const struct strv *what)
{
	auto_buf list = BUF_INIT;

	for (size_t i = 0; i < what->n; i++)
		buf_addf(&list, "%s%s", i ? ", " : "", what->v[i]);
	say(d,
	    "left out, as Lambda takes %d MB unpacked: %s; a worker fetches it from the store "
	    "when it needs it",
	    PACKAGE_UNPACKED_MAX / 1000000, buf_str(&list));
}

static int make_package(struct deploy *d, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = xasprintf("%s/gg-deploy-XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (!mkdtemp(folder)) {
		err_sys(err, "%s", folder);
		free(folder);
		return -1;
	}
	d->folder = folder;
	auto_free char *dir = path_join(folder, "store");
	struct deploy_wish wish = { .with = &d->with,
		                    .max_bytes = d->container ? 0 : PACKAGE_UNPACKED_MAX };

	int rc = store_open(dir, STORE_CREATE, &d->store, err);
	if (rc == 0)
		rc = deploy_pack(d->store, environ, &wish, &d->package, &d->selftest, err);
	if (rc == 0 && wish.left_out.n)
		say_left_out(d, &wish.left_out);
	strv_release(&wish.left_out);
	if (rc == 0)
		d->size = package_size(d->package);
	return rc;
}

static int make_zip(struct deploy *d, struct err *err)
{
	bool kept = d->zip;

	if (make_package(d, err) < 0)
		return -1;
	d->scratch_zip = path_join(d->folder, "package.zip");
	if (!kept)
		d->zip = d->scratch_zip;
	if (d->size.unpacked_bytes > PACKAGE_UNPACKED_MAX)
		return err_set(
			err, ERR_USAGE,
			"the package has %.1f MB unpacked, and Lambda takes %d: leave out "
			"--with, then the toolchain is fetched from the store",
			(double)d->size.unpacked_bytes / 1e6, PACKAGE_UNPACKED_MAX / 1000000);
	if (package_write_zip(d->package, d->zip, &d->size, err) < 0)
		return -1;
	say(d, "package: %llu files, %.1f MB, %.1f MB zipped%s%s",
	    (unsigned long long)d->size.files, (double)d->size.unpacked_bytes / 1e6,
	    (double)d->size.zipped_bytes / 1e6, kept ? ": " : "", kept ? d->zip : "");
	return 0;
}

/* The package's key in a bucket: by its content, so that the same one is the same object. */
static int package_key(const struct deploy *d, char **key, struct err *err)
{
	auto_buf bytes = BUF_INIT;
	struct oid id;

	if (file_read(d->zip, &bytes, err) < 0)
		return -1;
	digest_bytes(bytes.data, bytes.len, &id);
	*key = xasprintf("gg-package-%.16s.zip", id.s + 1);
	for (char *p = *key + strlen("gg-package-"); *p && strcmp(p, ".zip") != 0; p++)
		*p = *p == '.' ? '-' : *p;
	return 0;
}

/* --- dry run */

static void about(const struct deploy *d, const struct uri *u, struct lambda_policy_about *a)
{
	const char *account = d->role ? strstr(d->role, "::") : NULL;
	static char digits[16];

	if (account)
		snprintf(digits, sizeof(digits), "%.12s", account + 2);
	*a = (struct lambda_policy_about){
		.region = d->region,
		.account = account ? digits : NULL,
		.function = d->name,
		.role = d->role,
		.package_bucket = d->size.zipped_bytes > PACKAGE_UPLOAD_MAX ? d->bucket : NULL,
		.store_bucket = u->scheme && strcmp(u->scheme, "s3") == 0 ? u->host : NULL,
		.store_prefix = u->path && *u->path ? u->path + 1 : NULL,
	};
}

static void show(const char *title, json_t *j)
{
	char *text = json_dumps(j, JSON_INDENT(2));

	printf("\n%s:\n%s\n", title, text);
	free(text);
}

static json_t *planned_calls(const struct deploy *d)
{
	const char *endpoint = lambda_admin_endpoint(d->admin);
	json_t *calls = json_array();
	const char *code = "ZipFile: the package";

	if (d->size.zipped_bytes > PACKAGE_UPLOAD_MAX) {
		auto_free char *url = lambda_admin_object_url(
			d->admin, d->bucket ? d->bucket : "BUCKET", "gg-package-HASH.zip");
		json_array_append_new(calls, json_sprintf("PUT %s", url));
		code = "S3Bucket, S3Key: the package";
	}
	json_array_append_new(calls,
	                      json_sprintf("GET %s/2015-03-31/functions/%s/configuration",
	                                   endpoint, d->name));
	json_array_append_new(
		calls,
		json_sprintf(
			"POST %s/2015-03-31/functions {FunctionName: %s, Runtime: "
			"provided.al2023, Architectures: [x86_64], Handler: bootstrap, "
			"Role: %s, MemorySize: %u, Timeout: %u, EphemeralStorage: %u, %s}; "
			"or, if there is one, PUT …/%s/configuration and PUT …/%s/code",
			endpoint, d->name, d->role ? d->role : "ROLE", d->memory_mb,
			d->timeout_s, d->tmp_mb, code, d->name, d->name));
	json_array_append_new(
		calls, json_sprintf("POST %s/2015-03-31/functions/%s/invocations {one thunk}",
	                            endpoint, d->name));
	return calls;
}

static int dry_run(struct deploy *d, struct err *err)
{
	struct uri u = { 0 };
	struct lambda_policy_about a;
	json_t *calls = planned_calls(d), *j;
	size_t i;

	if (d->storage && *d->storage && uri_parse(d->storage, &u, err) < 0) {
		json_decref(calls);
		return err_wrap(err, "--store");
	}
	about(d, &u, &a);
	j = json_pack("{s:o, s:o, s:o, s:o, s:o}", "calls", calls, "deployer",
	              lambda_policy_deployer(&a), "builder", lambda_policy_builder(&a),
	              "role_trust", lambda_policy_trust(), "role", lambda_policy_function(&a));
	if (d->json) {
		json_object_update(d->result, j);
	} else {
		json_t *call;
		printf("\nThese calls would be made:\n");
		json_array_foreach(calls, i, call) printf("  %s\n", json_string_value(call));
		show("Policy of whoever deploys", json_object_get(j, "deployer"));
		show("Policy of whoever builds", json_object_get(j, "builder"));
		show("Trust of the function's role", json_object_get(j, "role_trust"));
		show("Policy of the function's role", json_object_get(j, "role"));
	}
	json_decref(j);
	if (u.scheme)
		uri_release(&u);
	return 0;
}

/* --- the function */

static int choose_code(struct deploy *d, struct lambda_code *code, char **key, struct err *err)
{
	*code = (struct lambda_code){ .zip = d->zip };
	if (d->size.zipped_bytes <= PACKAGE_UPLOAD_MAX && !d->bucket)
		return 0;
	if (!d->bucket)
		return err_set(err, ERR_USAGE,
		               "the package has %.1f MB zipped; over %d it must go through a "
		               "bucket of the same region: --bucket NAME",
		               (double)d->size.zipped_bytes / 1e6,
		               PACKAGE_UPLOAD_MAX / 1000000);
	if (package_key(d, key, err) < 0 ||
	    lambda_admin_put_object(d->admin, d->bucket, *key, d->zip, err) < 0)
		return -1;
	say(d, "put the package into s3://%s/%s", d->bucket, *key);
	*code = (struct lambda_code){ .bucket = d->bucket, .key = *key };
	return 0;
}

static int create(struct deploy *d, const struct lambda_config *c,
                  const struct lambda_code *code, struct err *err)
{
	if (!d->role || !*d->role)
		return err_set(err, ERR_USAGE,
		               "a new function needs a role: --role ARN, or GG_LAMBDA_ROLE; gg "
		               "deploy lambda --dry-run prints the policy it needs");
	if (lambda_admin_create(d->admin, d->name, c, code, err) < 0)
		return -1;
	say(d, "created function %s", d->name);
	return 0;
}

static int change(struct deploy *d, const struct lambda_config *c,
                  const struct lambda_code *code, struct lambda_state *state, struct err *err)
{
	if (lambda_admin_wait(d->admin, d->name, state, err) < 0 ||
	    lambda_admin_configure(d->admin, d->name, c, err) < 0 ||
	    lambda_admin_wait(d->admin, d->name, state, err) < 0 ||
	    lambda_admin_upload(d->admin, d->name, code, err) < 0)
		return -1;
	say(d, "updated function %s", d->name);
	return 0;
}

static int make_function(struct deploy *d, struct err *err)
{
	struct lambda_config c = { d->role, d->memory_mb, d->timeout_s, d->tmp_mb, &d->env };
	struct lambda_state state;
	struct lambda_code code;
	auto_free char *key = NULL;
	bool there = lambda_admin_get(d->admin, d->name, &state, err) == 0;

	if (!there && err->kind != ERR_NOTFOUND)
		return -1;
	if (choose_code(d, &code, &key, err) < 0)
		return -1;
	if ((there ? change(d, &c, &code, &state, err) : create(d, &c, &code, err)) < 0 ||
	    lambda_admin_wait(d->admin, d->name, &state, err) < 0)
		return -1;
	say(d, "%s is %s: %u MB of memory, %u s, /tmp of %u MB", state.arn, state.state,
	    state.memory_mb, state.timeout_s, d->tmp_mb);
	json_object_set_new(d->result, "arn", json_string(state.arn));
	json_object_set_new(d->result, "created", json_boolean(!there));
	json_object_set_new(d->result, "code_sha256", json_string(state.sha256));
	return 0;
}

/* --- the first thunk */

static int selftest_request(struct deploy *d, struct buf *out, struct oid *id, struct err *err)
{
	static const char *const args[] = { "bootstrap", "--selftest", "out" };
	auto_thunk t = thunk_new();
	struct wire_thunk w = { 0 };
	struct wire_request req = { .thunks = &w,
		                    .n = 1,
		                    .storage = (char *)(d->storage ? d->storage : ""),
		                    .protocol = WIRE_PROTOCOL };
	int rc;

	t->function = d->selftest.program;
	thunk_refs_add(&t->execs, &d->selftest.program, NULL, NULL);
	for (size_t i = 0; i < countof(args); i++)
		strv_add(&t->args, args[i]);
	strv_add(&t->outputs, "out");
	thunk_normalize(t);
	rc = thunk_encode(t, &w.data, err);
	digest_bytes(w.data.data, w.data.len, id);
	w.hash = *id;
	strv_add(&w.outputs, "out");
	if (rc == 0)
		rc = wire_request_encode(&req, out, err);
	buf_release(&w.data);
	strv_release(&w.outputs);
	return rc;
}

/* The answer must be the selftest's, whole. */
static int judge_answer(const struct deploy *d, const struct http_answer *a,
                        const struct oid *id, struct wire_response *r, struct err *err)
{
	static const char want[] = "gg works here\n";
	const char *fault = http_answer_header(a, "x-amz-function-error");
	struct oid value;

	if (a->status != 200 || fault)
		return err_set(err, ERR_FAILED, "the function answers %ld %s: %.600s",
		               a->status, fault ? fault : "", buf_str(&a->body));
	if (wire_response_decode(a->body.data, a->body.len, r, err) < 0)
		return err_wrap(err, "the function's answer");
	if (r->return_code == WIRE_UPLOAD || r->return_code == WIRE_FETCH)
		return err_set(
			err, ERR_FAILED,
			"the function can't use the store %s: %.600s; see the role's policy "
			"in gg deploy lambda --dry-run",
			d->storage ? "" : "(none given)", r->text);
	if (r->return_code != WIRE_OK)
		return err_set(err, ERR_FAILED, "the thunk failed there: %s: %.600s",
		               r->failure ? r->failure : "", r->text);
	digest_bytes(want, sizeof(want) - 1, &value);
	if (r->n != 1 || !oid_eq(&r->executed[0].thunk, id) || r->executed[0].n != 1 ||
	    !oid_eq(&r->executed[0].outputs[0].hash, &value))
		return err_set(err, ERR_CORRUPT, "the thunk's result is not what it must be");
	return 0;
}

static int check_function(struct deploy *d, struct err *err)
{
	struct wire_response r = { 0 };
	auto_answer a = { 0 };
	auto_buf payload = BUF_INIT;
	int64_t began = clock_now_ns();
	struct oid id;
	int rc;

	if (selftest_request(d, &payload, &id, err) < 0 ||
	    lambda_admin_invoke(d->admin, d->name, payload.data, payload.len, &a, err) < 0)
		return -1;
	rc = judge_answer(d, &a, &id, &r, err);
	/* Without a store a thunk's output has nowhere to go: that it says so is all there is.
	 */
	bool alive =
		!d->storage && r.failure && outcome_class_parse(r.failure) == OUTCOME_CANT_RUN;
	wire_response_release(&r);
	if (rc < 0 && !alive)
		return err_wrap(err, "check of function %s", d->name);
	double ms = (double)(clock_now_ns() - began) / 1e6;
	json_object_set_new(d->result, "check_ms", json_real(ms));
	json_object_set_new(d->result, "checked", json_string(alive ? "worker" : "thunk"));
	if (alive)
		say(d,
		    "checked: the worker answers, %.0f ms from here and back; with --store (or "
		    "GG_STORAGE_URI) a thunk is run too",
		    ms);
	else
		say(d,
		    "checked: a thunk ran there and its output is in the store, %.0f ms from "
		    "here and back",
		    ms);
	return 0;
}

/* --- all of it */

static int remove_function(struct deploy *d, struct err *err)
{
	if (d->dry_run) {
		printf("DELETE %s/2015-03-31/functions/%s\n", lambda_admin_endpoint(d->admin),
		       d->name);
		return 0;
	}
	if (lambda_admin_delete(d->admin, d->name, err) < 0)
		return -1;
	say(d, "deleted function %s", d->name);
	json_object_set_new(d->result, "deleted", json_true());
	return 0;
}

static int deploy(struct deploy *d, struct err *err)
{
	struct lambda_admin_options ao = { .region = d->region,
		                           .envp = environ,
		                           .user_agent = "gg/" GG_VERSION };

	if (lambda_admin_new(&ao, &d->admin, err) < 0)
		return -1;
	d->region = lambda_admin_region(d->admin);
	json_object_set_new(d->result, "function", json_string(d->name));
	json_object_set_new(d->result, "region", json_string(d->region));
	if (d->remove)
		return remove_function(d, err);
	if (make_zip(d, err) < 0)
		return -1;
	json_object_set_new(d->result, "files", json_integer((json_int_t)d->size.files));
	json_object_set_new(d->result, "unpacked_bytes",
	                    json_integer((json_int_t)d->size.unpacked_bytes));
	json_object_set_new(d->result, "zipped_bytes",
	                    json_integer((json_int_t)d->size.zipped_bytes));
	if (d->dry_run)
		return dry_run(d, err);
	if (make_function(d, err) < 0 || check_function(d, err) < 0)
		return -1;
	say(d, "\nnow: gg build -e lambda=%s -j 100 -- make", d->region);
	return 0;
}

static int make_container(struct deploy *d, struct err *err)
{
	const char *folder = d->zip ? d->zip : CONTAINER_FOLDER;

	if (make_package(d, err) < 0 || deploy_container(d->package, folder, err) < 0)
		return -1;
	json_object_set_new(d->result, "folder", json_string(folder));
	json_object_set_new(d->result, "files", json_integer((json_int_t)d->size.files));
	json_object_set_new(d->result, "unpacked_bytes",
	                    json_integer((json_int_t)d->size.unpacked_bytes));
	say(d, "wrote %s: Containerfile, and %llu files of %.1f MB", folder,
	    (unsigned long long)d->size.files, (double)d->size.unpacked_bytes / 1e6);
	say(d, "\nnow: docker build -f %s/Containerfile -t gg-worker %s", folder, folder);
	return 0;
}

static void release(struct deploy *d)
{
	lambda_admin_free(d->admin);
	package_free(d->package);
	store_close(d->store);
	if (d->folder)
		file_remove_tree(d->folder, NULL);
	free(d->folder);
	free(d->scratch_zip);
	strv_release(&d->with);
	strv_release(&d->env);
	json_decref(d->result);
}

int cmd_deploy(const struct command *self, int argc, char **argv)
{
	struct deploy d = { .self = self };
	struct err err = ERR_INIT;
	int rc = parse(&d, argc, argv);

	if (rc < 0) {
		d.result = json_object();
		rc = (d.container ? make_container : deploy)(&d, &err) < 0
		             ? command_failed(self, &err)
		             : 0;
		if (rc == 0 && d.json) {
			char *text = json_dumps(d.result, JSON_INDENT(2));
			puts(text);
			free(text);
		}
	}
	release(&d);
	return rc;
}
