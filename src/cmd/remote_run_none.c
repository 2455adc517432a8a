#include "cmd/remote.h"

/* A run with engines of other machines is gg-remote's: nobody gets here. */

int remote_run_new(uv_loop_t *loop, struct store *st, const struct engine_spec *specs, size_t n,
                   const char *storage, struct remote_run **out, struct err *err)
{
	(void)loop;
	(void)st;
	(void)n;
	(void)storage;
	(void)out;
	return err_set(err, ERR_USAGE, "engine %s is not in this program", specs->text);
}

struct engine *remote_run_engine(struct remote_run *r, size_t i)
{
	(void)r;
	(void)i;
	return NULL;
}

struct engine *remote_run_fetching(struct remote_run *r, struct engine *local)
{
	(void)r;
	return local;
}

int remote_run_pull(struct remote_run *r, const struct oid *ids, size_t n,
                    void (*done)(void *arg, const struct err *err), void *arg, struct err *err)
{
	(void)r;
	(void)n;
	(void)done;
	(void)arg;
	return err_set(err, ERR_NOTFOUND, "object %s", ids->s);
}

void remote_run_forget(struct remote_run *r, const struct oid *ids, size_t n)
{
	(void)r;
	(void)ids;
	(void)n;
}

void remote_run_cancel(struct remote_run *r)
{
	(void)r;
}

void remote_run_free(struct remote_run *r)
{
	(void)r;
}

void remote_run_describe(const struct remote_run *r, struct buf *out)
{
	(void)r;
	(void)out;
}
