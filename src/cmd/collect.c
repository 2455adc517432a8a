/* gg collect: keep files in the store and print their names. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/collected.h"
#include "core/placeholder.h"

int collect_file(struct store *st, const char *path, struct oid *out, struct err *err)
{
	auto_placeholder h = { 0 };
	struct file_info info;
	int rc = access(path, R_OK) < 0 ? err_sys(err, "%s", path)
	                                : placeholder_read(path, &h, err);

	if (rc < 0)
		return -1;
	if (rc == 1) {
		*out = h.thunk;
		return 0;
	}
	if (store_file(st, path, FILE_KEEP, &info, err) < 0)
		return -1;
	*out = info.id;
	/* A program keeps its right to be run. */
	if (info.st.st_mode & 0111) {
		auto_buf blob = BUF_INIT;

		if (store_locate(st, &info.id, &blob, err) < 0)
			return -1;
		chmod(buf_str(&blob), 0555);
	}
	return 0;
}

int cmd_collect(const struct command *self, int argc, char **argv)
{
	struct err err = ERR_INIT;
	auto_store st = NULL;
	int first = 1;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	if (argc > 1 && strcmp(argv[1], "--") == 0)
		first = 2;
	else if (argc > 1 && argv[1][0] == '-')
		return command_usage(self, "unknown option %s", argv[1]);
	if (argc <= first)
		return command_usage(self, "name at least one file");
	if (command_open_store(false, &st, &err) < 0)
		return command_failed(self, &err);
	for (int i = first; i < argc; i++) {
		struct oid id;

		if (collect_file(st, argv[i], &id, &err) < 0)
			return command_failed(self, &err);
		puts(id.s);
	}
	return 0;
}
