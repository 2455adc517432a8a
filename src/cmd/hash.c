/* gg hash: the names of files, without a store. */
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "core/digest.h"

static int hash_file(const char *path, struct oid *out, struct err *err)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return digest_fd(0, out, err);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "%s", path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, "%s: is a folder", path);
	if (digest_fd(fd, out, err) < 0)
		return err_wrap(err, "%s", path);
	return 0;
}

int cmd_hash(const struct command *self, int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'J' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	json_t *json = NULL;
	int rc = 0;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+h", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help(self);
		if (c != 'J')
			return command_usage(self, "unknown option %s", argv[optind - 1]);
		json = json ? json : json_object();
	}
	if (optind == argc)
		return command_usage(self, "name at least one file");
	for (int i = optind; i < argc; i++) {
		struct err err = ERR_INIT;
		struct oid id;

		if (hash_file(argv[i], &id, &err) < 0)
			rc = command_failed(self, &err);
		else if (json)
			json_object_set_new(json, argv[i], json_string(id.s));
		else
			puts(id.s);
	}
	if (json) {
		json_dumpf(json, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(json);
	}
	return rc;
}
