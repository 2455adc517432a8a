#include "main/worker_http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "exec/service.h"

enum {
	PORT_DEFAULT = 8080, /* what Cloud Run and Knative expect when PORT is not set */
	QUEUE_PER_JOB = 4,
	JOBS_MAX = 1024,
	TOKEN_MIN = 8,
	TOKEN_MAX = 4096,
};

struct instance {
	struct service_options o;
	struct strv allow;
	struct buf token;
	struct store *store;
};

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int number(const char *name, unsigned max, unsigned *out, struct err *err)
{
	const char *text = variable(name);
	char *end;

	if (!text)
		return 0;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n == 0 || n > max)
		return err_set(err, ERR_USAGE, "%s=%s: give a number from 1 to %u", name, text,
		               max);
	*out = (unsigned)n;
	return 0;
}

static int take_token(struct instance *i, struct err *err)
{
	const char *token = variable("GG_WORKER_TOKEN");
	const char *path = variable("GG_WORKER_TOKEN_FILE");

	i->token = (struct buf)BUF_LIMIT(TOKEN_MAX);
	if (token)
		buf_addf(&i->token, "%s", token);
	else if (!path)
		return 0;
	else if (file_read(path, &i->token, err) < 0)
		return err_wrap(err, "GG_WORKER_TOKEN_FILE");
	while (i->token.len && strchr(" \t\r\n", i->token.data[i->token.len - 1]))
		i->token.data[--i->token.len] = '\0';
	if (i->token.len < TOKEN_MIN)
		return err_set(err, ERR_USAGE,
		               "%s: a token of less than %d characters is no secret",
		               token ? "GG_WORKER_TOKEN" : "GG_WORKER_TOKEN_FILE", TOKEN_MIN);
	i->o.httpd.token = i->token.data;
	return 0;
}

static int take_worker(struct instance *i, struct err *err)
{
	struct worker_options *w = &i->o.worker;
	const char *allow = variable("GG_WORKER_ALLOW");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	w->slots = cores > 0 ? (unsigned)cores : 1;
	if (number("GG_WORKER_JOBS", JOBS_MAX, &w->slots, err) < 0)
		return -1;
	w->queue = w->slots * QUEUE_PER_JOB;
	w->step = BOX_AUTO;
	w->storage = variable("GG_STORAGE_URI");
	w->allow_any = !w->storage;
	for (const char *at = allow; at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n)
			strv_addn(&i->allow, at, n);
		at += n;
	}
	w->allow = &i->allow;
	w->envp = environ;
	w->name = variable("K_REVISION"); /* Cloud Run's and Knative's name of the instance */
	w->user_agent = "gg-worker/" GG_VERSION;
	return 0;
}

static void log_line(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

static int take(struct instance *i, struct err *err)
{
	struct httpd_options *h = &i->o.httpd;
	const char *front = variable("GG_WORKER_FRONT_AUTHORISES");

	h->host = variable("GG_WORKER_HOST");
	if (!h->host)
		h->host = "0.0.0.0";
	h->port = PORT_DEFAULT;
	if (number("PORT", 65535, &h->port, err) < 0 || take_token(i, err) < 0 ||
	    take_worker(i, err) < 0)
		return -1;
	h->tls_cert = variable("GG_WORKER_TLS_CERT");
	h->tls_key = variable("GG_WORKER_TLS_KEY");
	h->client_ca = variable("GG_WORKER_CLIENT_CA");
	i->o.front_authorises = front && strcmp(front, "1") == 0;
	i->o.log = log_line;
	if (service_check(&i->o, err) < 0)
		return err_set(err, ERR_USAGE,
		               "%s would be open to anybody: set GG_WORKER_TLS_CERT, "
		               "GG_WORKER_TLS_KEY and GG_WORKER_TOKEN_FILE, or, if what stands "
		               "before it checks who calls (Cloud Run's IAM), "
		               "GG_WORKER_FRONT_AUTHORISES=1",
		               h->host);
	return 0;
}

static int open_store(struct instance *i, struct err *err)
{
	const char *dir = variable("GG_DIR"), *package = variable("GG_PACKAGE");

	if (store_open(dir ? dir : "/tmp/gg", STORE_CREATE, &i->store, err) < 0)
		return -1;
	auto_free char *base = path_join(package ? package : "", "store");
	if (package && access(base, R_OK) == 0)
		store_add_base(i->store, base);
	return 0;
}

static int serve(struct instance *i, struct err *err)
{
	struct service *service = NULL;
	uv_loop_t loop;

	if (take(i, err) < 0 || open_store(i, err) < 0)
		return -1;
	if (uv_loop_init(&loop) < 0)
		return err_set(err, ERR_IO, "no event loop");
	int rc = service_new(&loop, i->store, &i->o, &service, err);
	if (rc == 0) {
		fprintf(stderr, "gg-worker %s: on %s, %u slots, isolation: %s\n", GG_VERSION,
		        service_address(service), i->o.worker.slots,
		        box_step_name(worker_step(service_worker(service))));
		service_run(service);
	}
	service_free(service);
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_loop_close(&loop);
	return rc;
}

int worker_http(int argc, char **argv)
{
	struct instance i = { 0 };
	struct err err = ERR_INIT;
	int rc = 0;

	(void)argv;
	if (argc > 1) {
		fputs("gg-worker http: takes no operands; it is set up by variables: PORT, "
		      "GG_WORKER_TOKEN_FILE, GG_STORAGE_URI, …\n",
		      stderr);
		return 2;
	}
	if (serve(&i, &err) < 0) {
		fprintf(stderr, "gg-worker http: %s\n", err.msg);
		rc = err_exit_code(err.kind);
	}
	store_close(i.store);
	strv_release(&i.allow);
	buf_release(&i.token);
	return rc;
}
