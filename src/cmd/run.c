/* gg run (gg-force-and-run): what a placeholder's first line starts. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "base/path.h"
#include "cmd/cmd.h"
#include "core/codec.h"
#include "core/placeholder.h"
#include "model/delegate.h"

struct libraries {
	struct map thunks;  /* what the program depends on, by name */
	struct strv *files; /* where its shared libraries are to be */
};

static void add_library(void *arg, const char *path, const char *ref, unsigned mode)
{
	struct libraries *l = arg;
	auto_free char *thunk = xstrndup(ref, strcspn(ref, "#"));

	if (strstr(path_base(path), ".so") && map_find(&l->thunks, thunk))
		strv_add(l->files, path);
}

/* The program needs its shared libraries when it runs: those among what it was made from that
 * are placeholders too. What can't be read is left to whoever forces the program. */
static void add_libraries(const struct oid *program, struct strv *files)
{
	struct libraries l = { MAP_INIT, files };
	auto_strv waiting = STRV_INIT;
	auto_store st = NULL;
	struct err ignored;

	if (command_open_store(false, &st, &ignored) < 0 || store_pending_empty(st))
		return;
	strv_add(&waiting, program->s);
	for (size_t i = 0; i < waiting.n; i++) {
		auto_buf raw = BUF_INIT;
		auto_thunk t = NULL;
		struct oid id;

		if (oid_parse(waiting.v[i], strlen(waiting.v[i]), &id, &ignored) < 0 ||
		    store_get(st, &id, &raw, &ignored) < 0 ||
		    thunk_decode(raw.data, raw.len, &t, &ignored) < 0)
			continue;
		for (size_t k = 0; k < t->thunks.n; k++) {
			const char *name = t->thunks.v[k].id.s;

			if (!map_find(&l.thunks, name)) {
				map_add(&l.thunks, name, NULL);
				strv_add(&waiting, name);
			}
		}
	}
	store_pending_each(st, add_library, &l, &ignored);
	map_release(&l.thunks);
}

int cmd_run(const struct command *self, int argc, char **argv)
{
	auto_strv files = STRV_INIT;
	struct err err = ERR_INIT;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_help(self);
	int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
	if (argc <= first)
		return command_usage(self, "name the file to run");
	auto_free char *gg = realpath("/proc/self/exe", NULL);
	auto_free char *file = realpath(argv[first], NULL);
	if (!file || !gg) {
		err_sys(&err, "%s", argv[first]);
		return command_failed(self, &err);
	}
	struct placeholder h = { 0 };
	if (placeholder_read(file, &h, &err) == 1)
		add_libraries(&h.thunk, &files);
	placeholder_release(&h);
	strv_add(&files, file);
	/* Through the coordinator of the build that we are in, or by ourselves. */
	if (delegate_force(&files, getenv("GG_SESSION"), gg, &err) < 0)
		return command_failed(self, &err);
	if (placeholder_read(file, &h, &err) == 1) {
		err_set(&err, ERR_FAILED, "%s: still a placeholder", argv[first]);
		return command_failed(self, &err);
	}
	execv(file, argv + first);
	err_sys(&err, "run %s", argv[first]);
	command_failed(self, &err);
	return err.kind == ERR_NOTFOUND ? 127 : 126;
}
