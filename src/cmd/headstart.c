#include "cmd/headstart.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "cmd/tools.h"
#include "exec/child.h"
#include "model/conf.h"
#include "store/store.h"

struct headstart headstart = { .listener = -1 };

/* What is being written down. */
struct draft {
	struct buf out;
	bool bad; /* it can't be said */
};

static void add_item(struct draft *d, enum headstart_kind kind, const char *text,
                     const uint64_t facts[HEADSTART_FACTS], const struct buf *data)
{
	struct headstart_item item = { .kind = kind };
	size_t n = strlen(text) + 1 + (data ? data->len : 0);
	static const char zeros[8];
	size_t padding = -n % 8;

	item.bytes = (uint32_t)(sizeof(item) + n + padding);
	if (facts)
		memcpy(item.facts, facts, sizeof(item.facts));
	buf_add(&d->out, &item, sizeof(item));
	buf_add(&d->out, text, strlen(text) + 1);
	if (data)
		buf_add(&d->out, data->data, data->len);
	buf_add(&d->out, zeros, padding);
}

static void add_text(struct draft *d, enum headstart_kind kind, const char *text)
{
	add_item(d, kind, text, NULL, NULL);
}

/* What is at @path is to be as it is now, or absent. A link is what it leads to. */
static void add_path(struct draft *d, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		add_item(d, HEADSTART_SAME, path,
		         (const uint64_t[HEADSTART_FACTS]){ st.st_dev, st.st_ino, st.st_mode,
		                                            (uint64_t)st.st_size,
		                                            (uint64_t)clock_ns_of(st.st_mtim),
		                                            (uint64_t)clock_ns_of(st.st_ctim) },
		         NULL);
	else if (errno == ENOENT)
		add_text(d, HEADSTART_ABSENT, path);
	else
		d->bad = true;
}

/* The variable is to be set, or not set, as it is now. */
static void add_variable(struct draft *d, const char *name)
{
	const char *value = getenv(name);
	auto_free char *text = xasprintf("%s=%s", name, value ? value : "");

	add_text(d, value ? HEADSTART_SET : HEADSTART_UNSET, text);
}

/* Whose state of the index it is: while its meta pages are the same nobody has written to it.
 */
static void add_index(struct draft *d, const char *dir)
{
	auto_free char *path = xasprintf("%s/index/data.mdb", dir);
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	auto_buf pieces = BUF_INIT;
	char piece[HEADSTART_META];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		d->bad = true;
		return;
	}
	for (off_t i = 0; i < 2; i++) {
		if (pread(fd, piece, sizeof(piece), i * HEADSTART_PAGE) != sizeof(piece))
			d->bad = true;
		buf_add(&pieces, piece, sizeof(piece));
	}
	add_item(d, HEADSTART_INDEX, path,
	         (const uint64_t[HEADSTART_FACTS]){ st.st_dev, st.st_ino }, &pieces);
}

/* The folders of PATH; in none of them, before the program's, may there be a file of its name.
 */
static void add_folders(struct draft *d, const struct headstart_plan *plan)
{
	bool before = true;

	for (const char *p = plan->path; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		auto_free char *dir = xstrndup(p, strcspn(p, ":"));
		auto_free char *file = path_join(dir, plan->command);

		if (dir[0] != '/')
			d->bad = true;
		add_path(d, dir);
		before = before && strcmp(file, plan->program) != 0;
		if (before && access(file, F_OK) == 0)
			d->bad = true;
		else if (before)
			add_text(d, HEADSTART_ABSENT, file);
	}
	d->bad |= before;
}

static void add_tools(struct draft *d)
{
	static const char *const names[] = { "gg-model", "gg-call", "libgg-intercept.so" };

	add_path(d, "/proc/self/exe");
	add_path(d, "/bin/sh");
	for (size_t i = 0; i < countof(names); i++) {
		auto_free char *path = tools_beside(names[i]);

		if (path)
			add_path(d, path);
		else
			d->bad = true;
	}
}

static void add_conf(struct draft *d, const char *dir)
{
	auto_free char *home = conf_home(environ);
	auto_free char *ours = path_join(dir, "models.conf");
	auto_free char *users = home ? path_join(home, "models.conf") : NULL;

	add_path(d, ours);
	if (users)
		add_path(d, users);
}

/* Which store it is, when the next one looks for it. */
static void add_place(struct draft *d, const char *dir)
{
	auto_free char *above = path_dir(dir);

	if (!getenv("GG_DIR"))
		add_text(d, HEADSTART_FOLDER_IS, above);
	d->bad |= !getenv("GG_DIR") && strcmp(path_base(dir), ".gg") != 0;
}

static bool is_elf(const char *path)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	char magic[4];

	return fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
	       memcmp(magic, "\177ELF", 4) == 0;
}

static void draft_all(struct draft *d, struct store *st, const struct headstart_plan *p)
{
	static const char *const variables[] = { "GG_DIR", "GG_BASEDIR", "PATH", "HOME",
		                                 "XDG_CONFIG_HOME" };
	const char *dir = store_dir(st);
	struct headstart_head head = { HEADSTART_MAGIC, 0 };
	auto_free char *lock = path_join(dir, "use.lock");

	buf_add(&d->out, &head, sizeof(head));
	for (size_t i = 0; i < countof(variables); i++)
		add_variable(d, variables[i]);
	add_place(d, dir);
	add_index(d, dir);
	add_tools(d);
	add_conf(d, dir);
	add_folders(d, p);
	add_path(d, p->program);
	for (char *const *a = p->added; *a; a++)
		add_text(d, HEADSTART_ADD, *a);
	add_text(d, HEADSTART_PROGRAM, p->program);
	add_text(d, HEADSTART_HOLD, lock);
	head.bytes = d->out.len;
	memcpy(d->out.data, &head, sizeof(head));
}

void headstart_save(struct store *st, const struct headstart_plan *p)
{
	struct draft d = { .out = BUF_INIT };
	auto_buf old = BUF_LIMIT(HEADSTART_MAX);
	struct err ignored;

	if (!headstart.possible || !headstart_is_plain(environ) ||
	    !headstart_is_word(p->command) || !is_elf(p->program) || !store_pending_empty(st))
		return;
	auto_free char *folder = path_join(store_dir(st), HEADSTART_FOLDER);
	auto_free char *file = path_join(folder, p->command);
	draft_all(&d, st, p);
	if (d.bad || d.out.len > HEADSTART_MAX)
		unlink(file);
	else if ((file_read(file, &old, &ignored) < 0 || old.len != d.out.len ||
	          memcmp(old.data, d.out.data, old.len) != 0) &&
	         file_mkdirs(folder, 0755, &ignored) == 0)
		file_write(file, d.out.data, d.out.len, 0644, &ignored);
	buf_release(&d.out);
}

void headstart_release_signals(void)
{
	if (headstart.pid)
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &headstart.mask, NULL,
		        sizeof(headstart.mask));
}

int headstart_wait(void)
{
	int status = 127 << 8;

	close(headstart.listener);
	headstart_release_signals();
	while (waitpid(headstart.pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return child_exit_code(status);
}
