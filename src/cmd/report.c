/* gg report: a run as one HTML page. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/file.h"
#include "cmd/cmd.h"
#include "store/runs.h"
#include "ui/report.h"
#include "ui/text.h"
#include "ui/tracelog.h"

static int parse_run(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno || *end || end == text || *text == '-' || *out == 0 ? -1 : 0;
}

static int list_runs(struct store *st, struct err *err)
{
	auto_free uint64_t *numbers = NULL;
	size_t n;

	if (runs_list(st, &numbers, &n, err) < 0)
		return -1;
	for (size_t i = n; i-- > 0;) {
		auto_record r = RECORD_INIT;
		auto_buf line = BUF_INIT;
		struct err why = ERR_INIT;

		if (runs_load(st, numbers[i], true, &r, &why) < 0) {
			printf("%5llu  %s\n", (unsigned long long)numbers[i], why.msg);
			continue;
		}
		buf_addf(&line, "%5llu  ", (unsigned long long)r.number);
		text_time(&line, r.began_ns);
		buf_addf(&line, "  %4llu ran, %4llu remembered, %2llu failed, ",
		         (unsigned long long)r.counts.ran,
		         (unsigned long long)r.counts.remembered,
		         (unsigned long long)r.counts.failed);
		text_duration(&line, r.wall_ns);
		buf_addf(&line, "  gg %s ", r.command);
		text_plain(&line, r.title);
		puts(buf_str(&line));
	}
	return 0;
}

static int write_page(struct store *st, uint64_t number, const char *file, bool trace,
                      struct err *err)
{
	auto_record r = RECORD_INIT;
	auto_buf page = BUF_INIT;

	if (runs_load(st, number, false, &r, err) < 0)
		return -1;
	if (trace)
		tracelog_format(&r, &page);
	else
		report_format(&r, &page);
	if (page.overflow)
		return err_set(err, ERR_NOSPC, "the page would be too long");
	if (strcmp(file, "-") == 0)
		return file_write_fd(1, page.data, page.len, err);
	if (file_give(file, page.data, page.len, 0644, err) < 0)
		return -1;
	fprintf(stderr, "gg report: run %llu is in %s\n", (unsigned long long)r.number, file);
	return 0;
}

int cmd_report(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "output", required_argument, NULL, 'o' },
		                               { "list", no_argument, NULL, 'l' },
		                               { "trace", no_argument, NULL, 't' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	const char *file = NULL;
	struct err err = ERR_INIT;
	auto_store st = NULL;
	uint64_t number = 0;
	bool list = false;
	bool trace = false;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:lth", longs, NULL)) != -1) {
		switch (c) {
		case 'o': file = optarg; break;
		case 'l': list = true; break;
		case 't': trace = true; break;
		case 'h': return command_help(self);
		case ':': return command_usage(self, "%s takes a value", argv[optind - 1]);
		default: return command_usage(self, "unknown option %s", argv[optind - 1]);
		}
	}
	if (argc - optind > 1)
		return command_usage(self, "one run at a time");
	if (optind < argc && parse_run(argv[optind], &number) < 0)
		return command_usage(self,
		                     "a run is a number, not \"%s\": see gg report --list",
		                     argv[optind]);
	if (!file)
		file = trace ? "gg-trace.json" : "gg-report.html";
	if (command_open_store(false, &st, &err) < 0)
		return command_failed(self, &err);
	int rc = list ? list_runs(st, &err) : write_page(st, number, file, trace, &err);
	return rc < 0 ? command_failed(self, &err) : 0;
}
