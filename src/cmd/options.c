#include "cmd/options.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "cmd/remote.h"
#include "ui/recorder.h"
#include "ui/tracelog.h"

enum {
	OPT_SANDBOX = 256,
	OPT_LAZY,
	OPT_OVERLAP,
	OPT_STATS,
	OPT_STATS_JSON,
	OPT_FALLBACK,
	OPT_STORE,
	OPT_TRACE,
	OPT_NO_RECORD,
	OPT_PORTABLE,
};

/* "8"; of the processors "50%", "+1" more, "-1" less, and one at least. */
static int parse_jobs(const char *text, unsigned *out)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	char *end;

	errno = 0;
	long n = strtol(text, &end, 10);
	bool part = *end == '%' && *text != '-';
	bool signed_ = *text == '+' || *text == '-';
	if (errno || end[part] || end == text || labs(n) > 4096)
		return -1;
	if (part)
		n = (n * processors + 50) / 100;
	else if (signed_)
		n += processors;
	if ((part || signed_) && n < 1)
		n = 1;
	if (n < 1 || n > 4096)
		return -1;
	*out = (unsigned)n;
	return 0;
}

static int parse_sandbox(struct options *o, const char *text)
{
	if (strcmp(text, "require") == 0)
		o->forcer.require = true;
	else if (strcmp(text, "none") == 0)
		o->forcer.step = BOX_NONE;
	else if (strcmp(text, "auto") != 0)
		return -1;
	return 0;
}

static int add_engine(struct options *o, const char *text, bool fallback, unsigned jobs)
{
	struct forcer_options *f = &o->forcer;

	if (fallback && strcmp(text, "none") == 0) {
		f->no_fallback = true;
		return 0;
	}
	if (!*text || f->n_engines == ENGINES_MAX)
		return -1;
	f->engines[f->n_engines++] = (struct engine_spec){ text, jobs, fallback };
	return 0;
}

/* Seconds, as the original's --timeout and GG_FORCE_TIMEOUT. */
static int parse_timeout(struct options *o, const char *text)
{
	char *end;
	double s = strtod(text, &end);

	if (end == text || *end || !(s >= 0 && s < 1e6))
		return -1;
	o->forcer.straggler_ns = (int64_t)(s * 1e9);
	return 0;
}

/*
 * A -j is for the engines after it; the last, if no engine follows, for those that had none,
 * and for local where nothing else is named. What the command line leaves open the environment
 * may say.
 */
static int settle_engines(struct options *o, const struct command *self, unsigned last_jobs,
                          char **argv)
{
	const char *named = getenv("GG_FORCE_DEFAULT_ENGINE");
	const char *timeout = getenv("GG_FORCE_TIMEOUT");
	struct err err = ERR_INIT;
	size_t primary = 0;

	for (size_t i = 0; i < o->forcer.n_engines; i++)
		primary += !o->forcer.engines[i].fallback;
	if (primary == 0 && named && *named)
		add_engine(o, named, false, 0);
	else if (primary == 0 && o->forcer.n_engines > 0)
		add_engine(o, "local", false, 0);
	for (size_t i = 0; i < o->forcer.n_engines; i++)
		if (!o->forcer.engines[i].jobs && !o->forcer.engines[i].fallback)
			o->forcer.engines[i].jobs = last_jobs;
	o->forcer.jobs = last_jobs;
	if (!o->forcer.straggler_ns && timeout && parse_timeout(o, timeout) < 0)
		return command_usage(self, "GG_FORCE_TIMEOUT takes seconds, not \"%s\"",
		                     timeout);
	if (!o->forcer.storage)
		o->forcer.storage = getenv("GG_STORAGE_URI");
	if (forcer_is_remote(&o->forcer) && remote_handover(self, argv, &err) < 0)
		return command_failed(self, &err);
	return -1;
}

static const char letters[] = "+:j:e:ksSdT:h";

/* One of several letters in a word is told by itself. */
static int unknown(const struct command *self, char **argv)
{
	return optopt > 0 && optopt < 128 && !strchr(letters, optopt)
	               ? command_usage(self, "unknown option -%c", optopt)
	               : command_usage(self, "unknown option %s", argv[optind - 1]);
}

int options_parse(struct options *o, const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "jobs", required_argument, NULL, 'j' },
		{ "engine", required_argument, NULL, 'e' },
		{ "fallback-engine", required_argument, NULL, OPT_FALLBACK },
		{ "keep-going", no_argument, NULL, 'k' },
		{ "no-status", no_argument, NULL, 's' },
		{ "sandboxed", no_argument, NULL, 'S' },
		{ "sandbox", required_argument, NULL, OPT_SANDBOX },
		{ "lazy", no_argument, NULL, OPT_LAZY },
		{ "overlap", no_argument, NULL, OPT_OVERLAP },
		{ "stats", no_argument, NULL, OPT_STATS },
		{ "stats-json", required_argument, NULL, OPT_STATS_JSON },
		{ "portable", no_argument, NULL, OPT_PORTABLE },
		{ "store", required_argument, NULL, OPT_STORE },
		{ "trace", required_argument, NULL, OPT_TRACE },
		{ "no-record", no_argument, NULL, OPT_NO_RECORD },
		{ "no-download", no_argument, NULL, 'd' },
		{ "timeout", required_argument, NULL, 'T' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned jobs = 0;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		switch (c) {
		case 'j':
			if (parse_jobs(optarg, &jobs) < 0)
				return command_usage(self, "-j takes a number from 1 to 4096");
			break;
		case OPT_FALLBACK:
		case 'e':
			if (add_engine(o, optarg, c == OPT_FALLBACK, jobs) < 0)
				return command_usage(
					self,
					"-e takes the name of an engine, at most %d times",
					ENGINES_MAX);
			break;
		case OPT_STORE: o->forcer.storage = optarg; break;
		case 'k': o->forcer.keep_going = true; break;
		case 's': o->forcer.status = false; break;
		case 'S': o->forcer.require = true; break;
		case OPT_SANDBOX:
			if (parse_sandbox(o, optarg) < 0)
				return command_usage(self,
				                     "--sandbox is auto, require or none");
			break;
		case OPT_LAZY: o->forcer.lazy = true; break;
		case OPT_OVERLAP: o->overlap = true; break;
		case OPT_PORTABLE: o->portable = true; break;
		case OPT_STATS: o->stats = true; break;
		case OPT_STATS_JSON: o->stats_json = optarg; break;
		case OPT_TRACE: o->trace = optarg; break;
		case OPT_NO_RECORD: o->no_record = true; break;
		case 'd': o->forcer.no_download = true; break;
		case 'T':
			if (parse_timeout(o, optarg) < 0)
				return command_usage(self, "-T takes seconds");
			break;
		case 'h': return command_help(self);
		case ':': return command_usage(self, "%s takes a value", argv[optind - 1]);
		default: return unknown(self, argv);
		}
	}
	return settle_engines(o, self, jobs, argv);
}

void options_record(struct options *o, const struct command *self, char *const *argv)
{
	auto_free char *cwd = getcwd(NULL, 0);

	if (!o->no_record || o->trace)
		o->forcer.recorder = recorder_new(self->name, argv, cwd);
}

static int write_trace(const char *path, const struct record *r, struct err *err)
{
	auto_buf text = BUF_INIT;

	tracelog_format(r, &text);
	return file_give(path, text.data, text.len, 0644, err);
}

/* A run in which nothing was asked for is not worth a place among the last ones. */
static bool is_worth_keeping(const struct record *r)
{
	return r->counts.commands || r->n_thunks || r->counts.remembered;
}

void options_record_end(struct options *o, const struct command *self, struct store *st,
                        int status)
{
	struct recorder *r = o->forcer.recorder;
	const struct record *record = recorder_end(r, status);
	struct err err = ERR_INIT;

	o->forcer.recorder = NULL;
	if (!record)
		return;
	if (o->trace && write_trace(o->trace, record, &err) < 0)
		fprintf(stderr, "gg %s: --trace: %s\n", self->name, err.msg);
	if (!o->no_record && is_worth_keeping(record) && recorder_save(r, st, &err) < 0)
		fprintf(stderr, "gg %s: %s\n", self->name, err.msg);
	recorder_free(r);
}

static void on_signal(uv_signal_t *h, int signum)
{
	struct options_signals *s = h->data;

	s->got = signum;
	forcer_cancel(s->forcer);
}

void options_watch_signals(struct options_signals *s, struct forcer *f)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	*s = (struct options_signals){ .forcer = f };
	for (size_t i = 0; i < countof(signals); i++) {
		struct sigaction now;

		/* under nohup, or in a script's background, it stays ignored */
		sigaction(signals[i], NULL, &now);
		s->watched[i] = now.sa_handler != SIG_IGN;
		if (!s->watched[i])
			continue;
		uv_signal_init(forcer_loop(f), &s->handles[i]);
		s->handles[i].data = s;
		uv_signal_start(&s->handles[i], on_signal, signals[i]);
		uv_unref((uv_handle_t *)&s->handles[i]);
	}
}

int options_unwatch_signals(struct options_signals *s)
{
	for (size_t i = 0; i < countof(s->handles); i++)
		if (s->watched[i])
			uv_close((uv_handle_t *)&s->handles[i], NULL);
	uv_run(forcer_loop(s->forcer), UV_RUN_NOWAIT);
	return s->got;
}

bool options_takes_value(const char *word)
{
	static const char *const valued[] = {
		"-j",          "-e",        "-T",        "--jobs",  "--engine",
		"--store",     "--sandbox", "--timeout", "--trace", "--fallback-engine",
		"--stats-json"
	};

	for (size_t i = 0; i < countof(valued); i++)
		if (strcmp(word, valued[i]) == 0)
			return true;
	return false;
}
