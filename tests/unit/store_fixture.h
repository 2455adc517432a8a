/**
 * A store in a fresh folder, for the store's tests. Include after cmocka's headers.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"

#include "base/file.h"
#include "base/path.h"
#include "store/store.h"

struct fixture {
	char dir[64]; /* a folder of its own */
	char gg[80];  /* dir/.gg */
	struct store *st;
};

static inline void fixture_reopen(struct fixture *f)
{
	struct err err = ERR_INIT;

	store_close(f->st);
	f->st = NULL;
	OK(store_open(f->gg, STORE_CREATE, &f->st, &err), err);
}

static inline int fixture_set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/gg-store-XXXXXX");
	CHECK(mkdtemp(f->dir), "mkdtemp");
	snprintf(f->gg, sizeof(f->gg), "%s/.gg", f->dir);
	/* what earlier runs found out stays out of it */
	auto_free char *cache = path_join(f->dir, "cache");
	setenv("XDG_CACHE_HOME", cache, 1);
	fixture_reopen(f);
	*state = f;
	return 0;
}

static inline int fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	store_close(f->st);
	file_remove_tree(f->dir, NULL);
	free(f);
	return 0;
}

/* A path in the fixture's folder; owned. */
static inline char *fixture_path(const struct fixture *f, const char *name)
{
	return path_join(f->dir, name);
}

static inline void fixture_write(const char *path, const void *data, size_t len)
{
	struct err err = ERR_INIT;
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	OK(file_write_fd(fd, data, len, &err), err);
}

/* How many entries a folder has. */
static inline size_t fixture_count(const char *dir)
{
	auto_buf cmd = BUF_INIT;
	char line[32] = "";

	buf_adds(&cmd, "ls -A ");
	path_shell_quote(&cmd, dir);
	buf_adds(&cmd, " 2>/dev/null | wc -l");
	FILE *p = popen(buf_str(&cmd), "r");
	CHECK(p && fgets(line, sizeof(line), p), "ls %s", dir);
	pclose(p);
	return strtoul(line, NULL, 10);
}

static inline size_t fixture_leftovers(const struct fixture *f)
{
	auto_free char *tmp = path_join(f->gg, "tmp");

	return fixture_count(tmp);
}

/* How many indexes were set aside. */
static inline size_t fixture_set_aside(const struct fixture *f)
{
	auto_free char *cmd = xasprintf("ls -d %s/index.damaged-* 2>/dev/null | wc -l", f->gg);
	char line[32] = "";
	FILE *p = popen(cmd, "r");

	CHECK(p && fgets(line, sizeof(line), p), "ls");
	pclose(p);
	return strtoul(line, NULL, 10);
}

/* Run @fn in a child; its exit status (128 + signal when killed). */
static inline int fixture_fork(int (*fn)(struct fixture *f), struct fixture *f)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	CHECK(pid >= 0, "fork");
	if (pid == 0)
		_exit(fn(f));
	CHECK(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
