#include "model/dated.h"

#include <string.h>

#include "base/proc.h"
#include "model/mention.h"

static const char poison[] = "gg_tells_the_time";

/* Of more macros than one or two that tell the time, some is used. */
enum { CLOCKS_MAX = 4, NAME_MAX_LEN = 63 };

static bool defines_it(const struct depscan_result *r, size_t file, const char *name)
{
	for (size_t i = 0; i < r->n_clocks; i++)
		if (r->clocks[i].file == file && strcmp(r->clocks[i].name, name) == 0)
			return true;
	return false;
}

/* Words of the files that define it, or of all others. */
static int add_words(struct mentions *m, const struct call *call,
                     const struct depscan_result *r, const char *name, bool defining)
{
	struct err ignored;

	for (size_t i = 0; i < r->n; i++)
		if (defines_it(r, i, name) == defining &&
		    (!*r->files[i].id.s ||
		     mentions_add(m, call->store, &r->files[i].id, &ignored) < 0))
			return -1;
	return 0;
}

/* Are several of the words, in a row, @name? */
static bool can_be_made(const struct mentions *m, const char *name)
{
	char part[NAME_MAX_LEN + 1];
	bool ends[NAME_MAX_LEN + 1] = { true };
	size_t len = strlen(name);

	for (size_t to = 1; to <= len; to++)
		for (size_t from = to == len; from < to && !ends[to]; from++) {
			memcpy(part, name + from, to - from);
			part[to - from] = '\0';
			ends[to] = ends[from] && mentions_have(m, part);
		}
	return ends[len];
}

static bool is_used(const struct call *call, const struct depscan_result *r,
                    const struct strv *defines, const char *name)
{
	auto_mentions m = { NULL };

	if (strlen(name) > NAME_MAX_LEN)
		return true;
	mentions_init(&m);
	for (size_t i = 0; i < defines->n; i++)
		mentions_add_text(&m, defines->v[i] + 2, strlen(defines->v[i]) - 2);
	return add_words(&m, call, r, name, false) < 0 || mentions_have(&m, name) ||
	       add_words(&m, call, r, name, true) < 0 || can_be_made(&m, name);
}

bool dated_may_be(const struct call *call, const struct depscan_result *r,
                  const struct strv *defines)
{
	if (r->has_time || r->n_clocks > CLOCKS_MAX)
		return true;
	for (size_t i = 0; i < r->n_clocks; i++)
		if (is_used(call, r, defines, r->clocks[i].name))
			return true;
	return false;
}

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
