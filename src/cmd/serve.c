/* gg serve: a worker for other machines, over HTTP. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "cmd/remote.h"
#include "engine/remote.h"
#include "exec/service.h"

enum {
	QUEUE_PER_JOB = 4,
	DIR_SIZE_GIB = 20,
	SLOTS_MAX = 1024,
	READ_TIMEOUT_MAX_S = 3600,
};

struct serve {
	const struct command *self;
	struct service_options o;
	struct strv allow;
	struct buf token;
	char *host;
	const char *dir; /* NULL: the default */
	char name[65];
	bool quiet;
};

static void log_line(void *arg, const char *line)
{
	const struct serve *s = arg;
	time_t now = time(NULL);
	struct tm tm;
	char when[32];

	if (s->quiet)
		return;
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(stderr, "%s %s\n", when, line);
}

/* "HOST:PORT", "[V6]:PORT", ":PORT", "HOST". */
static int parse_listen(struct serve *s, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	const char *bracket = strrchr(text, ']');
	char *end;

	if (bracket && colon && colon < bracket)
		colon = NULL;
	s->o.httpd.port = REMOTE_PORT;
	if (colon) {
		errno = 0;
		unsigned long port = strtoul(colon + 1, &end, 10);

		if (errno || end == colon + 1 || *end || port > 65535)
			return err_set(err, ERR_USAGE, "--listen %s: no port stands after ':'",
			               text);
		s->o.httpd.port = (unsigned)port;
	}
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	free(s->host);
	s->host = len ? xstrndup(text, len) : xstrdup("0.0.0.0");
	s->o.httpd.host = s->host;
	return 0;
}

static int parse_number(const char *option, const char *text, unsigned max, unsigned *out,
                        struct err *err)
{
	char *end;

	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || end == text || *end || n == 0 || n > max)
		return err_set(err, ERR_USAGE, "%s %s: give a number from 1 to %u", option,
		               text, max);
	*out = (unsigned)n;
	return 0;
}

static int read_token(struct serve *s, const char *path, struct err *err)
{
	s->token.max = 4096;
	if (file_read(path, &s->token, err) < 0)
		return err_wrap(err, "--token-file");
	while (s->token.len && strchr(" \t\r\n", s->token.data[s->token.len - 1]))
		s->token.data[--s->token.len] = '\0';
	if (s->token.len < 8)
		return err_set(err, ERR_USAGE,
		               "--token-file %s: a token of less than 8 characters is no "
		               "secret; try: openssl rand -hex 24",
		               path);
	s->o.httpd.token = s->token.data;
	return 0;
}

static int parse_sandbox(struct serve *s, const char *how, struct err *err)
{
	if (strcmp(how, "auto") == 0)
		s->o.worker.step = BOX_AUTO;
	else if (strcmp(how, "require") == 0)
		s->o.worker.require = true;
	else if (strcmp(how, "none") == 0)
		s->o.worker.step = BOX_NONE;
	else
		return err_set(err, ERR_USAGE, "--sandbox=%s: auto, require or none", how);
	return 0;
}

static void allow_store(struct serve *s, const char *uri)
{
	if (strcmp(uri, "any") == 0)
		s->o.worker.allow_any = true;
	else
		strv_add(&s->allow, uri);
}

enum {
	OPT_QUEUE = 256,
	OPT_TOKEN_FILE,
	OPT_TLS_CERT,
	OPT_TLS_KEY,
	OPT_CLIENT_CA,
	OPT_STORE,
	OPT_ALLOW_STORE,
	OPT_DIR,
	OPT_DIR_SIZE,
	OPT_SANDBOX,
	OPT_READ_TIMEOUT,
};

static int take_option(struct serve *s, int c, const char *arg, struct err *err)
{
	unsigned n = 0;

	switch (c) {
	case 'l': return parse_listen(s, arg, err);
	case 'j': return parse_number("--jobs", arg, SLOTS_MAX, &s->o.worker.slots, err);
	case OPT_QUEUE: return parse_number("--queue", arg, 100000, &s->o.worker.queue, err);
	case OPT_TOKEN_FILE: return read_token(s, arg, err);
	case OPT_TLS_CERT: s->o.httpd.tls_cert = arg; return 0;
	case OPT_TLS_KEY: s->o.httpd.tls_key = arg; return 0;
	case OPT_CLIENT_CA: s->o.httpd.client_ca = arg; return 0;
	case OPT_STORE: s->o.worker.storage = arg; return 0;
	case OPT_ALLOW_STORE: allow_store(s, arg); return 0;
	case OPT_DIR: s->dir = arg; return 0;
	case OPT_DIR_SIZE:
		if (parse_number("--dir-size", arg, 1 << 20, &n, err) < 0)
			return -1;
		s->o.worker.store_max_bytes = (uint64_t)n << 30;
		return 0;
	case OPT_SANDBOX: return parse_sandbox(s, arg, err);
	case OPT_READ_TIMEOUT:
		if (parse_number("--read-timeout", arg, READ_TIMEOUT_MAX_S, &n, err) < 0)
			return -1;
		s->o.httpd.read_timeout_ms = n * 1000;
		return 0;
	default: s->quiet = true; return 0;
	}
}

/* -1: go on; else the exit code. */
static int parse(struct serve *s, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "queue", required_argument, NULL, OPT_QUEUE },
		{ "token-file", required_argument, NULL, OPT_TOKEN_FILE },
		{ "tls-cert", required_argument, NULL, OPT_TLS_CERT },
		{ "tls-key", required_argument, NULL, OPT_TLS_KEY },
		{ "client-ca", required_argument, NULL, OPT_CLIENT_CA },
		{ "store", required_argument, NULL, OPT_STORE },
		{ "allow-store", required_argument, NULL, OPT_ALLOW_STORE },
		{ "dir", required_argument, NULL, OPT_DIR },
		{ "dir-size", required_argument, NULL, OPT_DIR_SIZE },
		{ "sandbox", required_argument, NULL, OPT_SANDBOX },
		{ "read-timeout", required_argument, NULL, OPT_READ_TIMEOUT },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct err err = ERR_INIT;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+l:j:qh", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help(s->self);
		if (c == '?')
			return command_usage(s->self,
			                     "unknown option, or one without its "
			                     "value: %s",
			                     argv[optind - 1]);
		if (take_option(s, c, optarg, &err) < 0)
			return command_failed(s->self, &err);
	}
	return optind < argc
	               ? command_usage(s->self, "%s: no operands are expected", argv[optind])
	               : -1;
}

static char *default_dir(void)
{
	char *dir = file_user_cache("worker");

	return dir ? dir : xstrdup("/tmp/.cache/gg/worker");
}

static void fill_in(struct serve *s)
{
	struct worker_options *w = &s->o.worker;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	const char *token = getenv("GG_SERVE_TOKEN");

	if (!w->slots)
		w->slots = cores > 0 ? (unsigned)cores : 1;
	if (!w->queue)
		w->queue = w->slots * QUEUE_PER_JOB;
	if (!w->storage)
		w->storage = getenv("GG_STORAGE_URI");
	if (!s->o.httpd.token && token && *token)
		s->o.httpd.token = token;
	if (!w->store_max_bytes)
		w->store_max_bytes = (uint64_t)DIR_SIZE_GIB << 30;
	if (gethostname(s->name, sizeof(s->name) - 1) < 0)
		snprintf(s->name, sizeof(s->name), "worker");
	w->allow = &s->allow;
	w->envp = environ;
	w->name = s->name;
	w->user_agent = "gg/" GG_VERSION;
	s->o.log = log_line;
	s->o.arg = s;
}

static void announce(const struct serve *s, struct service *service)
{
	enum box_step step = worker_step(service_worker(service));
	const char *lacks = box_step_lacks(step);

	printf("%s://%s\n", s->o.httpd.tls_cert ? "https" : "http", service_address(service));
	fflush(stdout);
	fprintf(stderr, "gg serve: %u slots, sandbox: %s\n", s->o.worker.slots,
	        box_step_name(step));
	if (*lacks)
		fprintf(stderr, "gg serve: not enforced here: %s\n", lacks);
	if (!s->o.worker.storage && !s->allow.n && !s->o.worker.allow_any)
		fprintf(stderr, "gg serve: no storage is allowed yet, so every request will be "
		                "refused: add --allow-store URI\n");
}

static int serve(struct serve *s, struct err *err)
{
	auto_free char *dir = s->dir ? xstrdup(s->dir) : default_dir();
	auto_store st = NULL;
	struct service *service = NULL;
	uv_loop_t loop;

	if (service_check(&s->o, err) < 0 || file_mkdirs(dir, 0700, err) < 0 ||
	    store_open(dir, STORE_CREATE, &st, err) < 0)
		return -1;
	/* A log that nobody reads any more, or a client that went, is no reason to end. */
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&loop);
	int rc = service_new(&loop, st, &s->o, &service, err);
	if (rc == 0) {
		announce(s, service);
		service_run(service);
	}
	service_free(service);
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_loop_close(&loop);
	return rc;
}

int cmd_serve(const struct command *self, int argc, char **argv)
{
	struct serve s = { .self = self, .o.worker.step = BOX_AUTO };
	struct err err = ERR_INIT;
	int rc = parse(&s, argc, argv);

	if (rc < 0) {
		fill_in(&s);
		rc = serve(&s, &err) < 0 ? command_failed(self, &err) : 0;
	}
	strv_release(&s.allow);
	buf_release(&s.token);
	free(s.host);
	return rc;
}
