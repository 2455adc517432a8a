/*
 * lambda-emulator [OPTIONS] [NAME=DIR…]: a Lambda service on 127.0.0.1, whose instances are
 * processes that run DIR/bootstrap. Prints "lambda ready on 127.0.0.1:PORT", and ends with
 * SIGTERM. Keys, token and region are taken from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
 * AWS_SESSION_TOKEN and AWS_REGION; callers must sign with them.
 */
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "service.h"

static const char usage[] =
	"usage: lambda-emulator [OPTIONS] [NAME=DIR...]\n"
	"  --port N           0: any\n"
	"  --work DIR         where uploaded code is kept\n"
	"  --concurrency N    more at once get 429 (1000)\n"
	"  --timeout MS       of declared functions (60000)\n"
	"  --warm N           instances started beforehand for each declared function\n"
	"  --jail             empty, read-only root; own /tmp; namespaces refused\n"
	"  --tmp-mb N         size of that /tmp (512)\n"
	"  --freeze           stop instances between invocations\n"
	"  --throttle P, --fail P, --hang P, --crash P: percent of invocations\n"
	"  --pending N        a new function is Pending for so many looks\n"
	"  --seed N           of these chances\n"
	"  --log FILE         what instances print\n";

enum {
	OPT_NUMBER = 256,
};

static const char * or (const char *a, const char *b)
{
	return a && *a ? a : b;
}

/* Each number of the command line, and where it goes. */
static bool set_number(struct settings *s, const char *name, const char *value)
{
	const struct {
		const char *name;
		unsigned *to;
	} numbers[] = {
		{ "port", &s->port },           { "concurrency", &s->concurrency },
		{ "timeout", &s->timeout_ms },  { "warm", &s->warm },
		{ "tmp-mb", &s->tmp_mb },       { "throttle", &s->throttle_percent },
		{ "fail", &s->fail_percent },   { "hang", &s->hang_percent },
		{ "crash", &s->crash_percent }, { "pending", &s->pending },
	};

	for (size_t i = 0; i < countof(numbers); i++)
		if (strcmp(numbers[i].name, name) == 0) {
			*numbers[i].to = (unsigned)strtoul(value, NULL, 10);
			return true;
		}
	return false;
}

static int parse(struct settings *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, OPT_NUMBER },
		{ "concurrency", required_argument, NULL, OPT_NUMBER },
		{ "timeout", required_argument, NULL, OPT_NUMBER },
		{ "warm", required_argument, NULL, OPT_NUMBER },
		{ "tmp-mb", required_argument, NULL, OPT_NUMBER },
		{ "throttle", required_argument, NULL, OPT_NUMBER },
		{ "fail", required_argument, NULL, OPT_NUMBER },
		{ "hang", required_argument, NULL, OPT_NUMBER },
		{ "crash", required_argument, NULL, OPT_NUMBER },
		{ "pending", required_argument, NULL, OPT_NUMBER },
		{ "seed", required_argument, NULL, 's' },
		{ "work", required_argument, NULL, 'w' },
		{ "log", required_argument, NULL, 'l' },
		{ "jail", no_argument, NULL, 'j' },
		{ "freeze", no_argument, NULL, 'f' },
		{ 0 },
	};
	int c, at = 0;

	while ((c = getopt_long(argc, argv, "", options, &at)) != -1)
		if (c == OPT_NUMBER)
			set_number(s, options[at].name, optarg);
		else if (c == 's')
			s->seed = strtoul(optarg, NULL, 10);
		else if (c == 'w')
			s->work = optarg;
		else if (c == 'l')
			s->log = optarg;
		else if (c == 'j')
			s->jail = true;
		else if (c == 'f')
			s->freeze = true;
		else
			return -1;
	return 0;
}

static void ready(void *arg)
{
	printf("lambda ready on 127.0.0.1:%u\n", service_port(arg));
	fflush(stdout);
}

static void asked_to_end(uv_signal_t *h, int sig)
{
	(void)sig;
	service_end(h->data);
	exit(0);
}

int main(int argc, char **argv)
{
	struct settings s = {
		.work = "/tmp",
		.keys = { or (getenv("AWS_ACCESS_KEY_ID"), "AKIAIOSFODNN7EXAMPLE"),
		          or (getenv("AWS_SECRET_ACCESS_KEY"), "secret"),
		          or (getenv("AWS_SESSION_TOKEN"), NULL),
		          or (getenv("AWS_REGION"), "us-east-1") },
		.concurrency = 1000,
		.timeout_ms = 60000,
		.tmp_mb = 512,
		.self = "/proc/self/exe",
	};
	struct rlimit files = { 65536, 65536 };
	uv_loop_t *loop = uv_default_loop();
	uv_signal_t signals[2];
	struct service *service;

	if (argc > 4 && strcmp(argv[1], "--in-jail") == 0)
		return jail_exec(argv[2], (unsigned)strtoul(argv[3], NULL, 10), argv + 4) < 0
		               ? 126
		               : 0;
	if (parse(&s, argc, argv) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 && getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	signal(SIGPIPE, SIG_IGN);
	service = service_new(loop, &s);
	if (!service) {
		fprintf(stderr, "lambda-emulator: port %u is taken\n", s.port);
		return 1;
	}
	for (int i = 0; i < 2; i++) {
		uv_signal_init(loop, &signals[i]);
		signals[i].data = service;
		uv_signal_start(&signals[i], asked_to_end, i ? SIGINT : SIGTERM);
	}
	for (int i = optind; i < argc; i++) {
		char *eq = strchr(argv[i], '=');
		if (!eq)
			continue;
		*eq = '\0';
		service_declare(service, argv[i], eq + 1);
	}
	service_when_warm(service, ready, service);
	return uv_run(loop, UV_RUN_DEFAULT);
}
