#include "model/equivalent.h"

#include <ctype.h>
#include <string.h>
#include <sys/mman.h>

#include "base/among.h"
#include "base/file.h"
#include "base/proc.h"
#include "core/codec.h"
#include "core/digest.h"
#include "model/gccopts.h"
#include "model/mention.h"
#include "model/session.h"
#include "store/pack.h"

/* A command line, taken apart. */
struct form {
	struct strv args;    /* without what follows */
	struct strv defines; /* "DNAME=TEXT", "UNAME" */
	struct strv vain;    /* those of them that nothing mentions */
	bool with_rule;      /* there is a depfile: what names it, or its target, is used */
	const char *target;  /* of the depfile; borrowed */
	size_t n_targets;
	bool keeps_macros; /* the result may tell of any */
};

static void form_release(struct form *f)
{
	strv_release(&f->args);
	strv_release(&f->defines);
	strv_release(&f->vain);
}

#define auto_form struct form cleanup(form_release)

/* Does a result tell the command line, or the name of an output? */
static bool tells_names(const struct gccopt *o, const char *arg)
{
	static const char *const begin[] = { "-A",         "-emit-llvm", "-fembed-bitcode",
		                             "-fprofile-", "-frecord-",  "-grecord-" };

	switch ((enum gccopt_act)o->act) {
	case ACT_COVERAGE:
	case ACT_DELEGATE:
	case ACT_LTO:
	case ACT_SPLIT_DWARF:
	case ACT_STACK_USAGE:
	case ACT_WP:
	case ACT_XPREPROCESSOR: return true;
	default: return BEGINS_AMONG(arg, begin);
	}
}

/* Does it tell all macros, or have some asked for before any could be poisoned? */
static bool tells_macros(const struct gccopt *o, const char *arg)
{
	static const char *const words[] = { "-Weverything", "-Wunused-macros", "-fdebug-macro",
		                             "-traditional" };

	return o->act == ACT_IMACROS || AMONG(arg, words) ||
	       (strncmp(arg, "-g", 2) == 0 && strchr(arg, '3') &&
	        strcmp(arg, "-gdwarf-3") != 0);
}

/* One option, at args[*i]; moves *i to its last word. False: nothing is equivalent. */
static bool take_option(struct form *f, const struct strv *args, size_t *i)
{
	size_t first = *i;
	const char *arg = args->v[first];
	const struct gccopt *o = gccopt_find(arg);
	const char *value = o ? gccopt_value(o, args, i) : NULL;

	if (!value || tells_names(o, arg))
		return false;
	f->keeps_macros |= tells_macros(o, arg);
	if (f->with_rule && (strcmp(o->name, "-MT") == 0 || strcmp(o->name, "-MQ") == 0)) {
		f->target = value;
		f->n_targets++;
	} else if (o->act == ACT_OUTPUT) {
		f->target = f->n_targets ? f->target : value;
	} else if (o->act == ACT_DEFINE) {
		strv_addf(&f->defines, "%c%s", o->name[1], value);
	} else if (o->act != ACT_DEP_FILE || !f->with_rule) {
		for (size_t k = first; k <= *i; k++)
			strv_add(&f->args, args->v[k]);
	}
	return true;
}

static bool take_args(struct form *f, const struct strv *args)
{
	for (size_t i = 0; i < args->n; i++) {
		if (args->v[i][0] != '-' || !args->v[i][1])
			strv_add(&f->args, args->v[i]);
		else if (!take_option(f, args, &i))
			return false;
	}
	return f->n_targets <= 1;
}

/* -- macros -- */

/* Some compilers define these, and say so when somebody else does; as they do of what begins
 * with "_" or has no capital letter ("unix"). */
static bool may_be_predefined(const char *name)
{
	static const char *const begin[] = { "AVR",  "LANGUAGE_", "MIPSE", "MSDOS",
		                             "OBJC", "PPC",       "R",     "WIN" };

	return name[0] == '_' || !strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") ||
	       BEGINS_AMONG(name, begin);
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* Text that no compiler complains of: a number, a word or one string. */
static bool is_plain_text(const char *s)
{
	size_t n = strlen(s);

	if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
		for (size_t i = 1; i + 1 < n; i++)
			if (s[i] == '"' || s[i] == '\\' || !isprint((unsigned char)s[i]))
				return false;
		return true;
	}
	return strspn(s, ".+-") + word_length(s + strspn(s, ".+-")) == n &&
	       strncmp(s, "__VA_", 5) != 0;
}

/* The name that "DNAME=TEXT" defines, owned; NULL: in a way that may matter by itself. */
static char *plain_name(const char *define)
{
	size_t n = word_length(define + 1);
	const char *rest = define + 1 + n;

	if (n == 0 || isdigit((unsigned char)define[1]) || (*rest && *rest != '='))
		return NULL;
	if (*rest && (define[0] == 'U' || !is_plain_text(rest + 1)))
		return NULL;
	auto_free char *name = xstrndup(define + 1, n);
	return may_be_predefined(name) ? NULL : steal(&name);
}

static size_t count_of(const struct strv *defines, const char *name)
{
	size_t n = strlen(name), count = 0;

	for (size_t i = 0; i < defines->n; i++)
		count += strncmp(defines->v[i] + 1, name, n) == 0 &&
		         word_length(defines->v[i] + 1) == n;
	return count;
}

/* All that the compile reads, and what its macros stand for. */
static int read_words(const struct plan *p, const struct strv *defines, struct mentions *m,
                      struct err *err)
{
	const struct thunk_refs *values = &p->thunk->values;

	mentions_init(m);
	for (size_t i = 0; i < defines->n; i++) {
		const char *text = strchr(defines->v[i], '=');

		if (text)
			mentions_add_text(m, text, strlen(text));
	}
	for (size_t i = 0; i < values->n; i++)
		if (mentions_add(m, p->call->store, &values->v[i].id, err) < 0)
			return -1;
	return 0;
}

static int find_vain(const struct plan *p, struct form *f, struct err *err)
{
	auto_mentions m = { NULL };

	for (size_t i = 0; i < f->defines.n && !f->keeps_macros; i++) {
		auto_free char *name = plain_name(f->defines.v[i]);

		if (!name || count_of(&f->defines, name) > 1)
			continue;
		if (!m.bits && read_words(p, &f->defines, &m, err) < 0)
			return -1;
		if (!mentions_have(&m, name))
			strv_add(&f->vain, f->defines.v[i]);
	}
	return 0;
}

/* Those of @defines that are not in @others. */
static void add_others(const struct strv *defines, const struct strv *others, struct strv *out)
{
	for (size_t i = 0; i < defines->n; i++)
		if (!strv_has(others, defines->v[i]))
			strv_add(out, defines->v[i]);
}

/* Those of @defines that are not left out, as options. */
static void add_options(const struct strv *defines, const struct strv *left_out,
                        struct strv *out)
{
	for (size_t i = 0; i < defines->n; i++)
		if (!strv_has(left_out, defines->v[i]))
			strv_addf(out, "-%s", defines->v[i]);
}

/* -- what the preprocessor says -- */

/* A file for -include, which is there as long as the result is open. @options: "-DNAME=TEXT".
 */
static int poison(const struct strv *defines, struct err *err)
{
	auto_buf text = BUF_INIT;
	auto_fd fd = memfd_create("poison", 0);

	for (size_t i = 0; i < defines->n; i++) {
		const char *name = defines->v[i] + 1;

		buf_addf(&text, "#pragma GCC poison %.*s\n", (int)word_length(name), name);
	}
	if (fd < 0)
		return err_sys(err, "memfd");
	return file_write_fd(fd, text.data, text.len, err) < 0 ? -1 : steal_fd(&fd);
}

/* The command that preprocesses, without what is poisoned. False: it can't be told. */
static bool question(const struct plan *p, const struct strv *poisoned, int fd,
                     struct strv *out)
{
	auto_gcc_call c = { 0 };
	auto_form f = { 0 };
	struct err ignored;

	if (gcc_call_parse(&c, p->call->argv, &ignored) < 0 || !take_args(&f, &c.scan_args))
		return false;
	strv_add(out, p->call->tool);
	strv_add(out, "-include");
	strv_addf(out, "/proc/self/fd/%d", fd);
	strv_add_all(out, f.args.v);
	add_options(&f.defines, poisoned, out);
	strv_add(out, "-w");
	strv_add(out, "-E");
	return true;
}

/* Are the compiles the same, of which one has the macros @mine, the other @theirs, and both the
 * rest? 1, 0 (in doubt, too), -1. */
static int is_same(const struct plan *p, const struct strv *mine, const struct strv *theirs,
                   struct err *err)
{
	auto_strv unlike = STRV_INIT;
	auto_strv args = STRV_INIT;

	add_others(mine, theirs, &unlike);
	add_others(theirs, mine, &unlike);
	if (unlike.n == 0)
		return 1;
	auto_fd fd = poison(&unlike, err);
	if (fd < 0)
		return -1;
	if (!question(p, &unlike, fd, &args))
		return 0;
	int status = proc_capture(strv_argv(&args), NULL, p->call->envp, NULL, NULL, err);
	if (status != 0)
		return status < 0 ? -1 : 0;
	return plan_inputs_unchanged(p);
}

/* -- thunks -- */

static bool is_eligible(const struct plan *p)
{
	const struct thunk *t = p->thunk;

	if (p->folding == RULE_UNKNOWN || t->thunks.n || !p->n_outputs || p->n_outputs > 2)
		return false;
	return p->outputs[0].kind == OUTPUT_FILE &&
	       (p->n_outputs == 1 || p->outputs[1].kind == OUTPUT_DEPFILE);
}

/* The name of the thunk that has @args, and the same names of outputs as any. */
static int name_form(const struct plan *p, struct strv *args, struct oid *key, struct err *err)
{
	struct thunk *t = p->thunk;
	struct thunk own = *t;
	auto_strv outputs = STRV_INIT;
	auto_buf raw = BUF_INIT;

	for (size_t i = 0; i < p->n_outputs; i++)
		strv_add(&outputs, i ? "rule" : "object");
	t->args = *args;
	t->outputs = outputs;
	int rc = thunk_encode(t, &raw, err);
	t->args = own.args;
	t->outputs = own.outputs;
	digest_bytes(raw.data, raw.len, key);
	return rc;
}

/* The other's depfile, with this one's target. 1, 0: it can't be told, -1. */
static int add_rule(const struct plan *p, const struct form *f, const struct oid *theirs,
                    struct memo *m, struct err *err)
{
	struct store *st = p->call->store;
	const char *target = f->target ? f->target : p->outputs[0].tag;
	auto_buf text = BUF_INIT;
	auto_buf rule = BUF_INIT;
	struct oid id;

	if (store_get(st, theirs, &text, err) < 0)
		return -1;
	if (strlen(buf_str(&text)) != text.len ||
	    !rule_retarget(buf_str(&text), p->folding, target, &rule))
		return 0;
	if (store_put(st, rule.data, rule.len, &id, err) < 0)
		return -1;
	memo_add_output(m, p->outputs[1].tag, &id, false);
	return 1;
}

static bool is_whole(const struct memo *theirs, size_t n)
{
	for (size_t i = 0; i < theirs->n_outputs; i++)
		if (!*theirs->outputs[i].id.s || oid_is_thunk(&theirs->outputs[i].id))
			return false;
	return theirs->n_outputs == n;
}

/* What another thunk made, as if this one had. */
static int adopt(const struct plan *p, const struct form *f, const struct oid *id,
                 const struct memo *theirs, struct memo *m, struct err *err)
{
	struct store *st = p->call->store;

	if (!is_whole(theirs, p->n_outputs))
		return 0;
	m->out_text = theirs->out_text;
	m->err_text = theirs->err_text;
	m->wall_ns = theirs->wall_ns;
	m->cpu_ns = theirs->cpu_ns;
	memcpy(m->engine, theirs->engine, sizeof(m->engine));
	memo_add_output(m, p->outputs[0].tag, &theirs->outputs[0].id,
	                theirs->outputs[0].executable);
	int rc = p->n_outputs == 1 ? 1 : add_rule(p, f, &theirs->outputs[1].id, m, err);
	if (rc == 1 && (store_flush(st, err) < 0 || store_memo_put(st, id, m, err) < 0))
		return -1;
	return rc;
}

/* Who answers for @key, and what is in vain in it. 1 found. */
static int find_other(struct store *st, const struct oid *key, struct oid *other,
                      struct strv *vain, struct err *err)
{
	auto_buf value = BUF_INIT;
	int rc = store_cache_get(st, CACHE_EQUIVALENT, key->s, strlen(key->s), &value, err);

	if (rc <= 0)
		return rc;
	struct unpack u = { (unsigned char *)value.data, value.len, false };
	unpack_oid(&u, false, other);
	while (!u.bad && u.left) {
		char *define = unpack_str(&u);

		if (define)
			strv_take(vain, define);
	}
	return !u.bad;
}

static int answer_for(struct store *st, const struct oid *key, const struct oid *id,
                      const struct strv *vain, struct err *err)
{
	auto_buf value = BUF_INIT;

	pack_str(&value, id->s); /* first, for gg gc (store.h) */
	for (size_t i = 0; i < vain->n; i++)
		pack_str(&value, vain->v[i]);
	return store_cache_put(st, CACHE_EQUIVALENT, key->s, strlen(key->s), value.data,
	                       value.len, err);
}

/* Waits for a thunk that is being made for another wrapper. True: its result is known now. */
static bool join(struct store *st, const char *session, const struct oid *id)
{
	auto_strv words = STRV_INIT;
	auto_strv answer = STRV_INIT;
	struct err ignored;

	strv_add(&words, "join");
	strv_add(&words, id->s);
	/* the coordinator's writes are newer than our snapshot */
	return store_flush(st, &ignored) == 0 &&
	       session_say(session, &words, &answer, &ignored) == 0 && answer.n &&
	       strcmp(answer.v[0], "ok") == 0;
}

static int result_of(struct store *st, const char *session, const struct oid *id,
                     struct memo *m, struct err *err)
{
	int rc = store_memo_get(st, id, m, err);

	if (rc != 0 || !session || !join(st, session, id))
		return rc;
	return store_memo_get(st, id, m, err);
}

/* As the header says; @f has been filled, and @key is its name. */
static int find_by(const struct plan *p, const struct form *f, const struct oid *key,
                   const char *session, const struct oid *id, struct memo *m, struct err *err)
{
	struct store *st = p->call->store;
	auto_strv vain = STRV_INIT;
	struct memo theirs = { 0 };
	struct oid other;
	int rc = find_other(st, key, &other, &vain, err);

	if (rc == 1)
		rc = is_same(p, &f->vain, &vain, err);
	else if (rc == 0)
		return answer_for(st, key, id, &f->vain, err);
	if (rc <= 0)
		return rc;
	rc = result_of(st, session, &other, &theirs, err);
	if (rc == 0)
		return answer_for(st, key, id, &f->vain, err);
	if (rc > 0)
		rc = adopt(p, f, id, &theirs, m, err);
	memo_release(&theirs);
	return rc;
}

int equivalent_find(const struct plan *p, const char *session, const struct oid *id,
                    struct memo *m, struct err *err)
{
	auto_form f = { .with_rule = p->n_outputs == 2 };
	auto_strv args = STRV_INIT;
	struct oid key;

	if (!is_eligible(p) || !take_args(&f, &p->thunk->args))
		return 0;
	if (find_vain(p, &f, err) < 0)
		return -1;
	strv_add_all(&args, f.args.v);
	add_options(&f.defines, &f.vain, &args);
	if (name_form(p, &args, &key, err) < 0)
		return -1;
	/* with a snapshot that has what others are about to make */
	if (session && store_flush(p->call->store, err) < 0)
		return -1;
	int rc = find_by(p, &f, &key, session, id, m, err);
	if (rc <= 0)
		memo_release(m);
	return rc;
}
