/* gg-remote: the backend and the engines of a run. */
#include <signal.h>
#include <string.h>

#include "base/file.h"
#include "cmd/remote.h"
#include "engine/cloudrun.h"
#include "engine/fetching.h"
#include "engine/lambda.h"
#include "engine/remote.h"

enum {
	/* Outputs up to this size come in the answer: one round trip less for most objects of a
	   build. */
	INLINE_MAX = 256 << 10,
	REMOTE_JOBS = 16,
	CLOUD_JOBS = 100,
};

struct remote_run {
	struct store *store;
	struct backend *backend;
	struct transfer *transfer;
	struct engine *engines[ENGINES_MAX]; /* by spec; not ours */
};

/* What the constructors of engines get. */
struct opening {
	uv_loop_t *loop;
	struct store *store;
	struct transfer *transfer;
	const char *storage;
	const char *place; /* after the '='; "" if there is none */
	unsigned jobs;     /* 0: the engine's own */
};

static int file_word(const char *path, struct buf *out, struct err *err)
{
	*out = (struct buf)BUF_LIMIT(4096);
	if (file_read(path, out, err) < 0)
		return -1;
	while (out->len && strchr(" \t\r\n", out->data[out->len - 1]))
		out->data[--out->len] = '\0';
	return 0;
}

/* Set and not empty, or NULL. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int open_remote(const struct opening *o, struct engine **out, struct err *err)
{
	const char *token_file = variable("GG_REMOTE_TOKEN_FILE");
	auto_buf token = BUF_INIT;
	struct remote_options ro = {
		.place = o->place,
		.token = variable("GG_REMOTE_TOKEN"),
		.ca_file = variable("GG_CA_FILE"),
		.client_cert = variable("GG_CLIENT_CERT"),
		.client_key = variable("GG_CLIENT_KEY"),
		.user_agent = "gg/" GG_VERSION,
		.jobs = o->jobs ? o->jobs : REMOTE_JOBS,
		.storage = o->storage,
		.transfer = o->transfer,
		.inline_max = INLINE_MAX,
	};

	if (!ro.token && token_file) {
		if (file_word(token_file, &token, err) < 0)
			return err_wrap(err, "GG_REMOTE_TOKEN_FILE");
		ro.token = buf_str(&token);
	}
	return remote_new(o->loop, o->store, &ro, out, err);
}

static int open_lambda(const struct opening *o, struct engine **out, struct err *err)
{
	const struct lambda_options lo = {
		.place = o->place,
		.envp = environ,
		.user_agent = "gg/" GG_VERSION,
		.jobs = o->jobs ? o->jobs : CLOUD_JOBS,
		.storage = o->storage,
		.transfer = o->transfer,
		.inline_max = INLINE_MAX,
	};

	return lambda_new(o->loop, o->store, &lo, out, err);
}

static int open_cloudrun_as(const struct opening *o, const char *url, bool classic,
                            struct engine **out, struct err *err)
{
	const struct cloudrun_options co = {
		.url = url,
		.envp = environ,
		.user_agent = "gg/" GG_VERSION,
		.jobs = o->jobs ? o->jobs : CLOUD_JOBS,
		.storage = o->storage,
		.transfer = o->transfer,
		.inline_max = INLINE_MAX,
		.classic = classic,
	};

	return cloudrun_new(o->loop, o->store, &co, out, err);
}

static int open_cloudrun(const struct opening *o, struct engine **out, struct err *err)
{
	return open_cloudrun_as(o, o->place, false, out, err);
}

/* The original's name and variable. */
static int open_gcloud(const struct opening *o, struct engine **out, struct err *err)
{
	const char *url = getenv("GG_GCLOUD_FUNCTION");

	if (!url)
		return err_set(err, ERR_USAGE,
		               "GG_GCLOUD_FUNCTION must hold the function's URL");
	return open_cloudrun_as(o, url, true, out, err);
}

static const struct kind {
	const char *name;
	const char *form; /* for messages */
	bool needs_place;
	int (*open)(const struct opening *o, struct engine **out, struct err *err);
} kinds[] = {
	{ "cloudrun", "cloudrun=URL", true, open_cloudrun },
	{ "gcloud", "gcloud", false, open_gcloud },
	{ "lambda", "lambda[=REGION]", false, open_lambda },
	{ "remote", "remote=HOST[:PORT]", true, open_remote },
};

static const struct kind *kind_of(const char *text)
{
	size_t n = strcspn(text, "=");

	for (size_t i = 0; i < countof(kinds); i++)
		if (strlen(kinds[i].name) == n && strncmp(kinds[i].name, text, n) == 0)
			return &kinds[i];
	return NULL;
}

static int open_engine(struct remote_run *r, struct opening *o, const struct engine_spec *spec,
                       struct engine **out, struct err *err)
{
	const struct kind *k = kind_of(spec->text);

	if (!k)
		return err_set(err, ERR_USAGE,
		               "no engine \"%s\": there are local, remote=HOST[:PORT], "
		               "lambda[=REGION], cloudrun=URL",
		               spec->text);
	o->place = spec->text + strlen(k->name);
	o->place += *o->place == '=';
	o->jobs = spec->jobs;
	if (k->needs_place && !*o->place)
		return err_set(err, ERR_USAGE, "engine %s: say where, as in %s", k->name,
		               k->form);
	if (!r->transfer)
		return err_set(
			err, ERR_USAGE,
			"engine %s needs a place for inputs and outputs that both sides reach: "
			"--store URI, or GG_STORAGE_URI (s3://…, redis://…, gs://…, file://…)",
			k->name);
	return k->open(o, out, err) < 0 ? err_wrap(err, "engine %s", k->name) : 0;
}

static bool believed(void *arg, const struct oid *id)
{
	return transfer_believes(arg, id);
}

static int open_storage(struct remote_run *r, uv_loop_t *loop, const char *storage,
                        struct err *err)
{
	const struct backend_options bo = {
		.loop = loop, .store = r->store, .envp = environ, .user_agent = "gg/" GG_VERSION
	};
	const struct transfer_options to = { 0 };

	if (backend_open(storage, &bo, &r->backend, err) < 0)
		return -1;
	r->transfer = transfer_new(loop, r->store, r->backend, &to);
	store_set_elsewhere(r->store, believed, r->transfer);
	return 0;
}

int remote_run_new(uv_loop_t *loop, struct store *st, const struct engine_spec *specs, size_t n,
                   const char *storage, struct remote_run **out, struct err *err)
{
	struct remote_run *r = xcalloc(1, sizeof(*r));
	int rc = 0;

	BUG_IF(n > ENGINES_MAX);
	/* A server that went is no reason to end. Children get the usual disposition. */
	signal(SIGPIPE, SIG_IGN);
	r->store = st;
	if (storage && *storage)
		rc = open_storage(r, loop, storage, err);
	struct opening o = {
		.loop = loop, .store = st, .transfer = r->transfer, .storage = storage
	};
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (strncmp(specs[i].text, "local", 5) != 0)
			rc = open_engine(r, &o, &specs[i], &r->engines[i], err);
	if (rc == 0) {
		*out = r;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (r->engines[i])
			r->engines[i]->ops->free(r->engines[i]);
	remote_run_free(r);
	return -1;
}

struct engine *remote_run_engine(struct remote_run *r, size_t i)
{
	return r->engines[i];
}

struct engine *remote_run_fetching(struct remote_run *r, struct engine *local)
{
	return fetching_new(r->store, r->transfer, local);
}

int remote_run_pull(struct remote_run *r, const struct oid *ids, size_t n,
                    void (*done)(void *arg, const struct err *err), void *arg, struct err *err)
{
	return transfer_pull(r->transfer, ids, n, done, arg, err);
}

void remote_run_forget(struct remote_run *r, const struct oid *ids, size_t n)
{
	if (n > 0)
		transfer_doubt(r->transfer, ids, n);
}

void remote_run_cancel(struct remote_run *r)
{
	transfer_cancel(r->transfer);
}

void remote_run_free(struct remote_run *r)
{
	if (!r)
		return;
	store_set_elsewhere(r->store, NULL, NULL);
	transfer_free(r->transfer);
	backend_free(r->backend);
	free(r);
}

void remote_run_describe(const struct remote_run *r, struct buf *out)
{
	struct transfer_counts c = transfer_counts(r->transfer);

	buf_addf(out, "sent %.1f MB in %llu objects, fetched %.1f MB in %llu",
	         (double)c.pushed_bytes / 1e6, (unsigned long long)c.pushed,
	         (double)c.pulled_bytes / 1e6, (unsigned long long)c.pulled);
	if (c.retries)
		buf_addf(out, ", %llu tried again", (unsigned long long)c.retries);
}
