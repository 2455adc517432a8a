#include "model/delegate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "core/placeholder.h"
#include "model/session.h"

int delegate_force(const struct strv *reads, const char *session, const char *gg,
                   struct err *err)
{
	auto_strv words = STRV_INIT;
	auto_strv answer = STRV_INIT;
	auto_buf text = BUF_INIT;

	strv_add(&words, session ? "force" : gg);
	if (!session) {
		strv_add(&words, "force");
		strv_add(&words, "--no-status");
		strv_add(&words, "--no-record");
	}
	size_t fixed = words.n;
	for (size_t i = 0; i < reads->n; i++) {
		auto_placeholder h = { 0 };
		struct err ignored;

		if (placeholder_read(reads->v[i], &h, &ignored) == 1)
			strv_add(&words, reads->v[i]);
	}
	if (words.n == fixed)
		return 0;
	if (session) {
		if (session_say(session, &words, &answer, err) < 0)
			return -1;
		if (strcmp(answer.v[0], "ok") != 0)
			return err_set(err, ERR_FAILED, "%s",
			               answer.n > 1 ? answer.v[1] : "failed");
		return 0;
	}
	int status = proc_capture(strv_argv(&words), NULL, NULL, NULL, &text, err);
	if (status > 0)
		return err_set(err, ERR_FAILED, "%s", buf_str(&text));
	return status;
}

int delegate_exec(const char *tool, char *const *argv, const char *path, struct err *err)
{
	if (path)
		setenv("PATH", path, 1);
	execv(tool, argv);
	return err_sys(err, "run %s", tool);
}
