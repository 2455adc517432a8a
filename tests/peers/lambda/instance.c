/*
 * Instances and the Runtime API. Each instance is a process with an endpoint of its own:
 *
 *   started ── next ──▶ idle ── work ──▶ busy ── response, error ──▶ (next) idle
 *      └──────────── work waits for next ──┘ └── exit, deadline ──▶ gone, answered for it
 */
#include "service.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

struct invocation {
	struct instance *on;
	char id[40];
	struct buf payload;
	invoked_fn *done;
	void *arg;
	uint64_t began_ms, given_ns;
	bool given, crash;
};

struct instance {
	struct fleet *fleet;
	struct instance *next, **prev;
	struct function *fn;
	unsigned version;
	struct httpd *api;
	uv_process_t process;
	uv_timer_t deadline;
	struct conn *parked; /* a waiting "next" */
	struct invocation *work;
	struct buf init_error;
	uint64_t started_ns;
	bool ready, frozen, first, exited;
	int handles;
};

struct fleet {
	uv_loop_t *loop;
	const struct settings *s;
	struct counts *counts;
	struct instance *all;
	int log_fd;
};

/* --- answers */

static void finish(struct invocation *v, const char *error, const void *payload, size_t len)
{
	struct instance *i = v->on;
	struct counts *c = i->fleet->counts;
	double ms = (double)(uv_hrtime() - (v->given_ns ? v->given_ns : i->started_ns)) / 1e6;
	auto_buf report = BUF_INIT;

	buf_addf(&report,
	         "END RequestId: %s\nREPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: "
	         "%.0f ms\tMemory Size: %u MB\tMax Memory Used: 30 MB\t",
	         v->id, v->id, ms, ms + 1, i->fn->memory_mb);
	if (i->first)
		buf_addf(&report, "Init Duration: %.2f ms\t",
		         (double)(v->given_ns - i->started_ns) / 1e6);
	buf_addc(&report, '\n');
	i->first = false;
	i->work = NULL;
	c->busy--;
	uv_timer_stop(&i->deadline);
	if (error)
		c->errors++;
	if (v->done)
		v->done(v->arg, error, payload, len, buf_str(&report));
	buf_release(&v->payload);
	free(v);
}

static void finish_with(struct invocation *v, const char *type, const char *message)
{
	auto_free char *text =
		xasprintf("{\"errorType\":\"%s\",\"errorMessage\":\"RequestId: %s Error: %s\"}",
	                  type, v->id, message);

	finish(v, "Unhandled", text, strlen(text));
}

/* --- the Runtime API */

static void thaw(struct instance *i)
{
	if (i->frozen)
		kill(-i->process.pid, SIGCONT);
	i->frozen = false;
}

static void parked_gone(void *arg)
{
	((struct instance *)arg)->parked = NULL;
}

static void out_of_time(uv_timer_t *t)
{
	struct instance *i = t->data;
	auto_free char *text = NULL;

	i->fleet->counts->timed_out++;
	kill(-i->process.pid, SIGKILL);
	text = xasprintf("Task timed out after %.2f seconds", i->fn->timeout_ms / 1000.0);
	if (i->work)
		finish_with(i->work, "Sandbox.Timedout", text);
}

/* Give the instance's work to its waiting "next". */
static void give(struct instance *i)
{
	struct invocation *v = i->work;
	struct timespec now;
	auto_buf head = BUF_INIT;

	thaw(i);
	if (v->crash) {
		kill(-i->process.pid, SIGKILL);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	v->given = true;
	v->given_ns = uv_hrtime();
	buf_addf(&head,
	         "content-type: application/json\r\nLambda-Runtime-Aws-Request-Id: %s\r\n"
	         "Lambda-Runtime-Deadline-Ms: %lld\r\nLambda-Runtime-Invoked-Function-Arn: "
	         "arn:aws:lambda:%s:123456789012:function:%s\r\nLambda-Runtime-Trace-Id: "
	         "Root=1-0-0\r\n",
	         v->id,
	         (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000 +
	                 (long long)i->fn->timeout_ms,
	         i->fleet->s->keys.region, i->fn->name);
	uv_timer_start(&i->deadline, out_of_time, i->fn->timeout_ms, 0);
	struct conn *c = steal(&i->parked);
	conn_reply(c, 200, buf_str(&head), v->payload.data, v->payload.len);
}

static void park(struct instance *i, struct conn *c)
{
	i->ready = true;
	i->parked = c;
	conn_on_gone(c, parked_gone, i);
	if (i->work && !i->work->given) {
		give(i);
	} else if (i->version != i->fn->version) {
		kill(-i->process.pid, SIGKILL);
	} else if (i->fleet->s->freeze) {
		i->frozen = true;
		kill(-i->process.pid, SIGSTOP);
	}
}

static void take_response(struct instance *i, struct conn *c, const struct request *r,
                          bool is_error)
{
	static const char ok[] = "{\"status\":\"OK\"}";
	struct invocation *v = i->work;

	if (!v || !v->given || !strstr(r->path, v->id)) {
		static const char bad[] = "{\"errorType\":\"InvalidRequestID\"}";
		conn_reply(c, 400, "", bad, strlen(bad));
	} else if (r->body_len > SYNC_MAX) {
		static const char big[] = "{\"errorType\":\"RequestEntityTooLarge\"}";
		finish_with(v, "Function.ResponseSizeTooLarge",
		            "Response payload size exceeded maximum allowed payload size "
		            "(6291556 bytes).");
		conn_reply(c, 413, "", big, strlen(big));
	} else {
		finish(v, is_error ? "Unhandled" : NULL, r->body, r->body_len);
		conn_reply(c, 202, "content-type: application/json\r\n", ok, strlen(ok));
	}
}

static void runtime_request(void *arg, struct conn *c, const struct request *r)
{
	static const char prefix[] = "/2018-06-01/runtime/";
	const char *what = r->path + strlen(prefix);
	size_t n = strlen(r->path);

	if (strncmp(r->path, prefix, strlen(prefix)) != 0)
		conn_reply(c, 404, "", "", 0);
	else if (strcmp(what, "invocation/next") == 0 && strcmp(r->method, "GET") == 0)
		park(arg, c);
	else if (strcmp(what, "init/error") == 0) {
		buf_add(&((struct instance *)arg)->init_error, r->body, r->body_len);
		conn_reply(c, 202, "", "", 0);
	} else if (n > 9 && strcmp(r->path + n - 9, "/response") == 0)
		take_response(arg, c, r, false);
	else if (n > 6 && strcmp(r->path + n - 6, "/error") == 0)
		take_response(arg, c, r, true);
	else
		conn_reply(c, 404, "", "", 0);
}

/* --- processes */

static void handle_closed(uv_handle_t *h)
{
	struct instance *i = h->data;

	if (--i->handles > 0)
		return;
	buf_release(&i->init_error);
	free(i);
}

static void exited(uv_process_t *p, int64_t status, int sig)
{
	struct instance *i = p->data;
	struct invocation *v = i->work;
	auto_free char *text = NULL;

	kill(-p->pid, SIGKILL); /* what it has left behind */
	i->exited = true;
	if (v && i->init_error.len) {
		finish(v, "Unhandled", i->init_error.data, i->init_error.len);
	} else if (v) {
		text = sig ? xasprintf("Runtime exited with error: signal: %d", sig)
		           : xasprintf("Runtime exited with error: exit status %d",
		                       (int)status);
		finish_with(v, "Runtime.ExitError", text);
	}
	i->fleet->counts->instances--;
	*i->prev = i->next;
	if (i->next)
		i->next->prev = i->prev;
	httpd_close(i->api);
	uv_close((uv_handle_t *)&i->deadline, handle_closed);
	uv_close((uv_handle_t *)p, handle_closed);
}

static void environment(struct instance *i, struct strv *env)
{
	const struct sigv4_keys *k = &i->fleet->s->keys;
	bool jail = i->fleet->s->jail;

	strv_addf(env, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:%u", httpd_port(i->api));
	strv_addf(env, "AWS_LAMBDA_FUNCTION_NAME=%s", i->fn->name);
	strv_addf(env, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%u", i->fn->memory_mb);
	strv_addf(env, "LAMBDA_TASK_ROOT=%s", jail ? "/var/task" : i->fn->dir);
	strv_addf(env, "AWS_REGION=%s", k->region);
	strv_addf(env, "AWS_ACCESS_KEY_ID=%s", k->id);
	strv_addf(env, "AWS_SECRET_ACCESS_KEY=%s", k->secret);
	if (k->token)
		strv_addf(env, "AWS_SESSION_TOKEN=%s", k->token);
	strv_add(env, "PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin");
	strv_add(env, "LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/task");
	strv_add(env, "_HANDLER=bootstrap");
	for (size_t n = 0; n < i->fn->env.n; n++)
		strv_add(env, i->fn->env.v[n]);
}

static int launch(struct instance *i)
{
	const struct settings *s = i->fleet->s;
	auto_strv env = STRV_INIT;
	auto_strv argv = STRV_INIT;
	uv_stdio_container_t io[3] = { { .flags = UV_IGNORE },
		                       { .flags = UV_INHERIT_FD, .data.fd = i->fleet->log_fd },
		                       { .flags = UV_INHERIT_FD,
		                         .data.fd = i->fleet->log_fd } };
	uv_process_options_t o = { .exit_cb = exited,
		                   .flags = UV_PROCESS_DETACHED,
		                   .stdio = io,
		                   .stdio_count = 3,
		                   .cwd = i->fn->dir };

	environment(i, &env);
	if (s->jail) {
		strv_add(&argv, s->self);
		strv_add(&argv, "--in-jail");
		strv_add(&argv, i->fn->dir);
		strv_addf(&argv, "%u", s->tmp_mb);
		strv_add(&argv, "/var/task/bootstrap");
	} else {
		strv_addf(&argv, "%s/bootstrap", i->fn->dir);
	}
	o.file = argv.v[0];
	o.args = argv.v;
	o.env = strv_argv(&env);
	return uv_spawn(i->fleet->loop, &i->process, &o);
}

static struct instance *start(struct fleet *f, struct function *fn)
{
	struct instance *i = xcalloc(1, sizeof(*i));
	int rc;

	i->fleet = f;
	i->fn = fn;
	i->version = fn->version;
	i->first = true;
	i->handles = 2;
	i->started_ns = uv_hrtime();
	i->process.data = i->deadline.data = i;
	i->api = httpd_new(f->loop, 0, runtime_request, i);
	uv_timer_init(f->loop, &i->deadline);
	if (!i->api || (rc = launch(i)) < 0) {
		fprintf(stderr, "lambda: start of %s: %s\n", fn->name,
		        i->api ? uv_strerror(rc) : "no port");
		exit(1);
	}
	i->next = f->all;
	i->prev = &f->all;
	if (i->next)
		i->next->prev = &i->next;
	f->all = i;
	f->counts->instances++;
	return i;
}

/* --- the fleet */

struct fleet *fleet_new(uv_loop_t *loop, const struct settings *s, struct counts *counts)
{
	struct fleet *f = xcalloc(1, sizeof(*f));

	f->loop = loop;
	f->s = s;
	f->counts = counts;
	f->log_fd = STDERR_FILENO;
	if (s->log) {
		FILE *log = fopen(s->log, "ae");
		f->log_fd = log ? fileno(log) : STDERR_FILENO;
	}
	return f;
}

void fleet_warm(struct fleet *f, struct function *fn)
{
	start(f, fn)->first = false;
}

bool fleet_is_warm(const struct fleet *f)
{
	for (const struct instance *i = f->all; i; i = i->next)
		if (!i->ready)
			return false;
	return true;
}

static struct instance *idle(struct fleet *f, const struct function *fn)
{
	for (struct instance *i = f->all; i; i = i->next)
		if (i->fn == fn && i->version == fn->version && !i->work && !i->exited &&
		    (i->parked || !i->ready))
			return i;
	return NULL;
}

void *fleet_invoke(struct fleet *f, struct function *fn, const char *id, const void *payload,
                   size_t len, bool crash, invoked_fn *done, void *arg)
{
	struct invocation *v = xcalloc(1, sizeof(*v));
	struct instance *i = idle(f, fn);

	snprintf(v->id, sizeof(v->id), "%s", id);
	v->done = done;
	v->arg = arg;
	v->crash = crash;
	buf_add(&v->payload, payload, len);
	if (!i) {
		f->counts->cold++;
		i = start(f, fn);
	}
	v->on = i;
	i->work = v;
	f->counts->busy++;
	if (f->counts->busy > f->counts->busy_max)
		f->counts->busy_max = f->counts->busy;
	if (i->parked)
		give(i);
	return v;
}

void fleet_abandon(void *invocation)
{
	((struct invocation *)invocation)->done = NULL;
}

void fleet_retire(struct fleet *f, const struct function *fn)
{
	for (struct instance *i = f->all; i; i = i->next)
		if (i->fn == fn && !i->work)
			kill(-i->process.pid, SIGKILL);
}

void fleet_kill_all(struct fleet *f)
{
	for (struct instance *i = f->all; i; i = i->next)
		kill(-i->process.pid, SIGKILL);
}
