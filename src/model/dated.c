#include "model/dated.h"

#include <string.h>

#include "base/proc.h"

static const char poison[] = "gg_tells_the_time";

static void define(struct strv *out, const char *name)
{
	strv_addf(out, "-D%s=%s", name, poison);
}

void dated_doubt(struct plan *p, const struct call *call, const struct strv *args,
                 bool by_epoch)
{
	struct strv *out = &p->preprocess;

	if (out->n > 0)
		return;
	strv_add(out, call->tool);
	define(out, "__TIMESTAMP__");
	if (!by_epoch) {
		define(out, "__DATE__");
		define(out, "__TIME__");
	}
	/* after ours: who gives them a value of his own, or none, has the last word */
	for (size_t i = 0; i < args->n; i++)
		strv_add(out, args->v[i]);
	strv_add(out, "-Wno-builtin-macro-redefined");
	strv_add(out, "-E");
}

/* What does not preprocess is in doubt, too. */
static int ask(struct plan *p, const struct call *call, char *answer, struct err *err)
{
	auto_buf text = BUF_INIT;
	int status =
		proc_capture(strv_argv(&p->preprocess), NULL, call->envp, &text, NULL, err);

	if (status < 0)
		return -1;
	*answer = status != 0 || strstr(buf_str(&text), poison) ? 'y' : 'n';
	return 0;
}

int dated_settle(struct plan *p, const struct call *call, const struct oid *thunk,
                 struct err *err)
{
	auto_buf known = BUF_INIT;
	char answer;

	if (p->preprocess.n == 0)
		return 0;
	size_t len = strlen(thunk->s);
	int rc = store_cache_get(call->store, CACHE_DATED, thunk->s, len, &known, err);
	if (rc < 0)
		return -1;
	if (rc == 1 && known.len == 1) {
		answer = known.data[0];
	} else if (ask(p, call, &answer, err) < 0) {
		return -1;
	} else if (!plan_inputs_unchanged(p)) {
		return plan_delegate(p, "an input changes while it is read");
	} else if (store_cache_put(call->store, CACHE_DATED, thunk->s, len, &answer, 1, err) <
	           0) {
		return -1;
	}
	if (answer != 'n')
		return plan_delegate(p, "uses __DATE__, __TIME__ or __TIMESTAMP__");
	return 0;
}
