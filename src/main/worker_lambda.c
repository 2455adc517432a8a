#include "main/worker_lambda.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "exec/runtime.h"
#include "exec/worker.h"

struct instance {
	uv_loop_t loop;
	struct store *store;
	struct worker *worker;
	struct strv allow;
};

static void words(const char *text, struct strv *out)
{
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, " ");
		if (n)
			strv_addn(out, at, n);
		at += n + (at[n] == ' ');
	}
}

static int open_instance(struct instance *i, struct err *err)
{
	const char *dir = getenv("GG_DIR"), *package = getenv("GG_PACKAGE");
	const char *allow = getenv("GG_WORKER_ALLOW");
	struct worker_options o = { .slots = 1,
		                    .step = BOX_AUTO,
		                    .allow = &i->allow,
		                    .allow_any = true,
		                    .envp = environ,
		                    .name = getenv("AWS_LAMBDA_FUNCTION_NAME"),
		                    .user_agent = "gg-worker/" GG_VERSION };

	if (uv_loop_init(&i->loop) < 0)
		return err_set(err, ERR_IO, "no event loop");
	if (store_open(dir && *dir ? dir : "/tmp/gg", STORE_CREATE, &i->store, err) < 0)
		return -1;
	auto_free char *base = path_join(package ? package : "", "store");
	if (package && access(base, R_OK) == 0)
		store_add_base(i->store, base);
	words(allow ? allow : "", &i->allow);
	return worker_new(&i->loop, i->store, &o, &i->worker, err);
}

int worker_lambda(int argc, char **argv)
{
	const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
	struct runtime_options o = { .api = api, .user_agent = "gg-worker/" GG_VERSION };
	struct instance i = { 0 };
	struct err err = ERR_INIT, ignored;

	(void)argv;
	if (!api || argc > 1) {
		fputs("gg-worker lambda: runs in an AWS Lambda function, which sets "
		      "AWS_LAMBDA_RUNTIME_API\n",
		      stderr);
		return 2;
	}
	if (open_instance(&i, &err) < 0) {
		fprintf(stderr, "gg-worker lambda: %s\n", err.msg);
		runtime_init_failed(api, err.msg, &ignored);
		return err_exit_code(err.kind);
	}
	fprintf(stderr, "gg-worker %s: isolation: %s\n", GG_VERSION,
	        box_step_name(worker_step(i.worker)));
	o.worker = i.worker;
	runtime_run(&i.loop, &o, &err);
	fprintf(stderr, "gg-worker lambda: %s\n", err.msg);
	worker_free(i.worker);
	store_close(i.store);
	strv_release(&i.allow);
	return err_exit_code(err.kind);
}
