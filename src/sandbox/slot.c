/*
 * A slot is pid 1 of its own pid namespace. It keeps all capabilities in its namespaces; a job
 * gets none: securebits make an exec'ed root an ordinary user, no_new_privs keeps it so, the
 * filter takes what is left. The slot is not dumpable, so /proc/1/root and /proc/1/fd are
 * closed to jobs.
 *
 *   receive job ─▶ tree by difference ─▶ clone, chroot, exec ─▶ wait ─▶ kill the rest ─▶
 * outputs out
 */
#include "sandbox/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "core/digest.h"
#include "sandbox/filter.h"
#include "sandbox/message.h"
#include "sandbox/shim/launch.h"
#include "sandbox/shim/image.h"
#include "sandbox/tree.h"

/* A tree, and what the last job in it shared with others. */
struct kept {
	struct tree *tree;
	char *shared; /* keys of sets; owned */
	uint64_t job; /* the last one */
};

enum {
	/* A link needs none of the headers, and other libraries than the compiles before and
	   after it: a tree for each set of tools. */
	TREES_MAX = 4,
};

/* Inputs that jobs share, as received; kept for the life of the slot. */
struct set {
	struct buf raw;
	struct box_input *v;
	size_t n;
};

struct slot {
	int channel;
	int staging;     /* opened before anything was mounted */
	int null;        /* the standard input of jobs */
	bool namespaces; /* pid 1 of our own; else a root and another user … */
	bool shim;       /* … or not even these */
	const char *base;
	struct kept trees[TREES_MAX];
	size_t n_trees;
	uint64_t jobs;   /* so far */
	struct map sets; /* key → struct set */
	struct sock_fprog filter;
	unsigned long files; /* numbers staged files */
	char *stack;         /* of a child until it execs */
	int64_t cpu_ns;      /* of all jobs so far */
	struct launch launch;
	char *base_variable; /* of the launch's root */
};

enum {
	STACK_BYTES = 64 << 10,
	/* What a job prints is kept in memory until it ends. */
	TEXT_MAX_BYTES = 64 << 20,
	/* That is looked at so often at first, and less often while nothing is printed: a
	   thousand slots whose programs wait must not keep the processor busy. */
	LOOK_MS = 100,
	LOOK_MOST_MS = 400,
};

/* Run in place of the job's program. */
struct command {
	const char *program;
	const char *input;
	struct strv args;
	bool settles;
};

enum { COMMANDS_MAX = 8 };

struct job {
	struct strv args;
	struct strv env;
	struct strv outputs;
	struct strv folders; /* work folders, none below another */
	const char *program;
	const char *workdir;
	uint32_t timeout_ms;
	struct set own;
	struct buf shared; /* keys of the sets */
	struct tree *tree;
	struct strv needed_names;
	struct set needed;         /* the folders of the work, as inputs */
	struct box_input **inputs; /* own and shared */
	size_t n_inputs;
	const char *movable;
	const char *input; /* the host's file, or NULL */
	struct command commands[COMMANDS_MAX];
	size_t n_commands;
	struct strv commands_env;
	/* how it is started */
	const char *file;           /* the host's, or the root's, as the step has it */
	const char *standard_input; /* the root's; NULL: the running's */
	char *folder;               /* the same; owned */
	char **argv;
	char **envp;
	struct strv owned; /* strings and arrays of these */
	void *arrays[2];
};

/* -- reading a job -- */

static void read_inputs(struct message_reader *r, struct set *s)
{
	s->n = message_num(r);
	if (s->n > (size_t)(r->end - r->at)) {
		r->bad = true;
		s->n = 0;
	}
	s->v = xcalloc(s->n, sizeof(*s->v));
	for (size_t i = 0; i < s->n && !r->bad; i++) {
		s->v[i].name = message_str(r);
		s->v[i].source = message_str(r);
		s->v[i].key = message_str(r);
		s->v[i].mode = (uint32_t)message_num(r);
		s->v[i].size_bytes = message_num(r);
		s->v[i].bytes = message_bytes(r, s->v[i].size_bytes);
		s->v[i].is_timed = message_num(r);
		s->v[i].time_s = (int64_t)message_num(r);
		r->bad |= !s->v[i].name;
	}
}

static void read_strings(struct message_reader *r, struct strv *out)
{
	for (size_t n = message_num(r); n > 0 && !r->bad; n--) {
		const char *s = message_str(r);

		if (s)
			strv_add(out, s);
	}
}

static void read_commands(struct message_reader *r, struct job *j)
{
	size_t n = message_num(r);

	r->bad |= n > COMMANDS_MAX;
	for (; j->n_commands < n && !r->bad; j->n_commands++) {
		struct command *c = &j->commands[j->n_commands];

		c->program = message_str(r);
		c->input = message_str(r);
		c->settles = message_num(r);
		read_strings(r, &c->args);
		r->bad |= !c->program;
	}
	if (n)
		read_strings(r, &j->commands_env);
}

static void append_inputs(struct job *j, struct set *s)
{
	j->inputs = xrealloc(j->inputs, (j->n_inputs + s->n) * sizeof(struct box_input *));
	for (size_t i = 0; i < s->n; i++)
		j->inputs[j->n_inputs++] = &s->v[i];
}

/* The strings of a set live as long as it does, so it keeps a copy of its part of the message.
 */
static struct set *learn_set(struct slot *slot, struct message_reader *r, const char *key)
{
	struct set *s = xcalloc(1, sizeof(*s));
	struct message_reader own;

	buf_add(&s->raw, r->at, (size_t)(r->end - r->at));
	message_read(&own, &s->raw);
	read_inputs(&own, s);
	r->at += own.at - s->raw.data;
	r->bad |= own.bad;
	map_add(&slot->sets, key, NULL)->ptr = s;
	return s;
}

static void read_sets(struct slot *slot, struct message_reader *r, struct job *j)
{
	for (size_t n = message_num(r); n > 0 && !r->bad; n--) {
		const char *key = message_str(r);
		bool whole = message_num(r);
		struct map_entry *known = key ? map_find(&slot->sets, key) : NULL;
		struct set *s = known ? known->ptr : NULL;

		if (whole && key)
			s = learn_set(slot, r, key);
		if (s) {
			append_inputs(j, s);
			buf_addf(&j->shared, "%s\n", key);
		} else {
			r->bad = true;
		}
	}
}

static void add_folder(struct strv *folders, const char *folder)
{
	for (size_t i = 0; i < folders->n; i++)
		if (path_below(folder, folders->v[i]))
			return;
	for (size_t i = 0; i < folders->n; i++)
		if (path_below(folders->v[i], folder)) {
			free(folders->v[i]);
			folders->v[i] = folders->v[--folders->n];
			folders->v[folders->n] = NULL;
			i--;
		}
	strv_add(folders, folder);
}

static bool is_in_work(const struct job *j, const char *folder)
{
	for (size_t i = 0; i < j->folders.n; i++)
		if (path_below(folder, j->folders.v[i]))
			return true;
	return false;
}

/* /tmp comes first: what lies below it is writable anyway. Commands write outputs and nothing
 * else; where these are in other folders, what lies around the working folder stays from job to
 * job. */
static void add_folders(const struct slot *slot, struct job *j)
{
	add_folder(&j->folders, "/tmp");
	for (size_t i = slot->shim || !j->n_commands ? 0 : 1; i < j->needed.n; i++)
		add_folder(&j->folders, j->needed_names.v[i]);
}

static int read_job(struct slot *slot, const struct buf *raw, struct job *j, struct err *err)
{
	struct message_reader r;

	message_read(&r, raw);
	read_strings(&r, &j->args);
	read_strings(&r, &j->env);
	read_strings(&r, &j->outputs);
	j->program = message_str(&r);
	j->workdir = message_str(&r);
	j->movable = message_str(&r);
	j->input = message_str(&r);
	j->timeout_ms = (uint32_t)message_num(&r);
	read_commands(&r, j);
	read_inputs(&r, &j->own);
	/* Of two entries for one name the first counts, and closures know what is a program:
	 * libc's linker script makes the loader a mere input of links. */
	read_sets(slot, &r, j);
	if (!r.bad)
		append_inputs(j, &j->own);
	if (r.bad || !j->program || !j->workdir)
		return err_set(err, ERR_CORRUPT, "malformed job");
	strv_add(&j->needed_names, j->workdir);
	for (size_t i = 0; i < j->outputs.n; i++)
		strv_take(&j->needed_names, path_dir(j->outputs.v[i]));
	j->needed.n = j->needed_names.n;
	j->needed.v = xcalloc(j->needed.n, sizeof(*j->needed.v));
	for (size_t i = 0; i < j->needed.n; i++) {
		j->needed.v[i].name = j->needed_names.v[i];
		j->needed.v[i].mode = S_IFDIR | 0755;
	}
	append_inputs(j, &j->needed);
	add_folders(slot, j);
	for (size_t i = 0; i < j->folders.n; i++)
		if (strcmp(j->folders.v[i], "/") == 0 || path_below("/dev", j->folders.v[i]) ||
		    path_below("/proc", j->folders.v[i]))
			return err_set(err, ERR_DENIED, "%s can't be a work folder",
			               j->folders.v[i]);
	return 0;
}

static void job_release(struct job *j)
{
	strv_release(&j->args);
	strv_release(&j->env);
	strv_release(&j->outputs);
	strv_release(&j->folders);
	strv_release(&j->needed_names);
	strv_release(&j->owned);
	for (size_t i = 0; i < j->n_commands; i++)
		strv_release(&j->commands[i].args);
	strv_release(&j->commands_env);
	buf_release(&j->shared);
	free(j->folder);
	free(j->arrays[0]);
	free(j->arrays[1]);
	free(j->needed.v);
	free(j->own.v);
	free(j->inputs);
}

/* -- trees -- */

/* The user of jobs where no namespace keeps them apart. */
enum { NOBODY = 65534 };

static int make_tree(struct slot *slot, struct err *err)
{
	struct kept *k = &slot->trees[slot->n_trees];
	auto_free char *base = slot->namespaces ? xasprintf("%s/%zu", slot->base, slot->n_trees)
	                                        : xstrdup(slot->base);

	if (file_mkdirs(base, 0700, err) < 0)
		return -1;
	k->tree = tree_new(base,
	                   slot->namespaces ? TREE_MOUNTS
	                   : slot->shim     ? TREE_SHIM
	                                    : TREE_CHROOT,
	                   NOBODY, NOBODY, err);
	if (!k->tree)
		return -1;
	slot->n_trees++;
	return 0;
}

/* The tree whose last job had the same tools, else a new one, else the one that has rested
 * longest. */
static struct kept *choose_tree(struct slot *slot, const char *shared, struct err *err)
{
	struct kept *oldest = &slot->trees[0];

	for (size_t i = 0; i < slot->n_trees; i++) {
		struct kept *k = &slot->trees[i];

		if (!k->shared || strcmp(k->shared, shared) == 0)
			return k;
		if (k->job < oldest->job)
			oldest = k;
	}
	/* without mounts everything in a tree is a copy on disk */
	if (!slot->namespaces || slot->n_trees == TREES_MAX)
		return oldest;
	return make_tree(slot, err) < 0 ? NULL : &slot->trees[slot->n_trees - 1];
}

static int take_tree(struct slot *slot, struct job *j, struct err *err)
{
	const char *shared = buf_str(&j->shared);
	struct kept *k = choose_tree(slot, shared, err);

	if (!k)
		return -1;
	free(k->shared);
	k->shared = xstrdup(shared);
	k->job = ++slot->jobs;
	j->tree = k->tree;
	return 0;
}

/* -- running -- */

struct running {
	pid_t pid;
	int pidfd;
	int in; /* -1: nothing to read */
	int out;
	int errs;
	bool flooded; /* it printed more than is kept */
	int failure;  /* errno of what kept the program from starting; written by the child */
	int64_t began_ns;
	int status; /* as from waitpid */
	bool timed_out;
};

static int become_nobody(void)
{
	/* the system calls themselves: the library's would stop other threads */
	return syscall(SYS_setgroups, 0, NULL) < 0 ||
	                       syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) < 0 ||
	                       syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0
	               ? -1
	               : 0;
}

/* Folders with shared libraries, as the loader of the root is told them. */
static char *library_folders(const struct slot *slot, const struct job *j)
{
	auto_map seen = MAP_INIT;
	struct buf out = BUF_INIT;

	buf_adds(&out, SHIM_LIBS);
	for (size_t i = 0; i < j->n_inputs; i++) {
		const char *name = j->inputs[i]->name;
		bool is_new;

		if (S_ISDIR(j->inputs[i]->mode) || !strstr(path_base(name), ".so"))
			continue;
		auto_free char *dir = path_dir(name);
		map_add(&seen, dir, &is_new);
		if (is_new)
			buf_addf(&out, "%s%s/root%s", seen.n > 1 ? ":" : "", slot->base, dir);
	}
	return buf_steal(&out);
}

static char *writable_folders(const struct job *j)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, SHIM_WORKS);
	for (size_t i = 0; i < j->folders.n; i++)
		buf_addf(&out, "%s%s", i ? ":" : "", j->folders.v[i]);
	return buf_steal(&out);
}

static void move_strings(const struct slot *slot, struct strv *v, const char *movable)
{
	for (size_t i = 0; i < v->n; i++) {
		auto_buf moved = BUF_INIT;
		const char *at = v->v[i];

		for (const char *hit; (hit = strstr(at, movable)); at = hit + strlen(movable)) {
			buf_add(&moved, at, (size_t)(hit - at));
			buf_addf(&moved, "%s/root%s", slot->base, movable);
		}
		buf_adds(&moved, at);
		free(v->v[i]);
		v->v[i] = buf_steal(&moved);
	}
}

/* A program that takes no library runs in its folder, if it may see other paths than it was
 * given. */
static int plan_moved(struct slot *slot, struct job *j, struct err *err)
{
	if (!j->movable)
		return err_set(err, ERR_DENIED,
		               "%s takes no preloaded library (it is static, or made for "
		               "another platform)",
		               j->program);
	move_strings(slot, &j->args, j->movable);
	move_strings(slot, &j->env, j->movable);
	strv_addf(&j->owned, "%s/root%s", slot->base, j->program);
	j->file = j->owned.v[j->owned.n - 1];
	j->argv = strv_argv(&j->args);
	j->envp = strv_argv(&j->env);
	return 0;
}

static int plan_shim(struct slot *slot, struct job *j, struct running *run, struct err *err)
{
	struct launch_root root = { .base = slot->base_variable };
	bool refused;

	strv_take(&j->owned, library_folders(slot, j));
	root.libs = j->owned.v[0];
	strv_take(&j->owned, writable_folders(j));
	root.works = j->owned.v[1];
	j->folder = xasprintf("%s/root%s", slot->base, j->workdir);
	run->failure =
		launch_plan(&root, j->program, j->program,
	                    j->args.n ? j->args.v[0] : j->program, &slot->launch, &refused);
	if (refused) {
		run->failure = 0;
		return plan_moved(slot, j, err);
	}
	j->file = slot->launch.loader;
	j->argv = j->arrays[0] = xcalloc(launch_argc(j->args.n), sizeof(char *));
	j->envp = j->arrays[1] = xcalloc(j->env.n + LAUNCH_VARS + 1, sizeof(char *));
	if (!run->failure) {
		launch_argv(&root, &slot->launch, strv_argv(&j->args), j->argv);
		launch_envp(&root, &slot->launch, strv_argv(&j->env), j->envp);
	}
	return 0;
}

static int plan_job(struct slot *slot, struct job *j, struct running *run, struct err *err)
{
	if (slot->shim)
		return plan_shim(slot, j, run, err);
	j->file = j->program;
	j->argv = strv_argv(&j->args);
	j->envp = strv_argv(&j->env);
	return 0;
}

struct start {
	struct slot *slot;
	struct job *job;
	struct running *run;
};

/* Not _exit: the address sanitizer looks at our stack before a call that does not return, and
 * it is not the one that it knows. */
static int end_of_job(void)
{
	return (int)syscall(SYS_exit_group, 127);
}

static int take_filter(const struct slot *slot)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &slot->filter);
}

/* In our memory, while we stand still: only system calls, until exec. */
static int become_job(void *arg)
{
	static const struct sigaction usual = { .sa_handler = SIG_DFL };
	const struct start *s = arg;
	struct slot *slot = s->slot;
	struct job *j = s->job;
	struct running *run = s->run;

	setsid();
	sigaction(SIGPIPE, &usual, NULL);
	if (run->failure)
		return end_of_job();
	if (dup2(run->in < 0 ? slot->null : run->in, 0) < 0 || dup2(run->out, 1) < 0 ||
	    dup2(run->errs, 2) < 0 ||
	    (!slot->shim &&
	     filter_pass(SYS_chroot, (unsigned long)(uintptr_t)tree_root(j->tree), 0, 0, 0, 0) <
	             0) ||
	    chdir(j->folder) < 0 || (!slot->namespaces && !slot->shim && become_nobody() < 0) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    (!slot->namespaces && take_filter(slot) < 0 && !slot->shim)) {
		run->failure = errno;
		return end_of_job();
	}
	/* in place of descriptor 0 */
	if (j->standard_input &&
	    (close(0) < 0 || open(j->standard_input, O_RDONLY | O_NOCTTY) != 0)) {
		run->failure = errno;
		return end_of_job();
	}
	execve(j->file, j->argv, j->envp);
	run->failure = errno;
	return end_of_job();
}

/* What vfork does, and a pidfd with it. (The thread sanitizer makes a fork of vfork, whose
 * child can't tell us of its failure.) */
static int make_process(struct start *start)
{
	struct running *run = start->run;

	run->pid = clone(become_job, start->slot->stack + STACK_BYTES,
	                 CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, start, &run->pidfd);
	return run->pid;
}

static int open_texts(const struct job *j, struct running *run, struct err *err)
{
	run->out = memfd_create("stdout", MFD_CLOEXEC);
	run->errs = memfd_create("stderr", MFD_CLOEXEC);
	if (run->out < 0 || run->errs < 0)
		return err_sys(err, "files for the job's output");
	if (j->input && (run->in = open(j->input, O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(err, "the job's input %s", j->input);
	return 0;
}

/* Without a pid namespace orphans come to us, the subreaper, one generation after another. */
static bool kill_children(void)
{
	auto_buf list = BUF_LIMIT(1 << 20);
	struct err ignored;
	bool any = false;

	if (file_read("/proc/thread-self/children", &list, &ignored) < 0)
		return false;
	for (const char *at = buf_str(&list); *at; at += strcspn(at, " "), at += *at == ' ') {
		kill((pid_t)strtol(at, NULL, 10), SIGKILL);
		any = true;
	}
	return any;
}

/* Whoever lives in our pid namespace descends from a child of ours. */
static bool any_child(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == 0 || errno == EINTR;
}

static void kill_the_rest(const struct slot *slot, pid_t session)
{
	if (slot->namespaces) {
		/* the kernel walks through all processes of the machine for this */
		if (!any_child())
			return;
		kill(-1, SIGKILL);
		while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
			;
		return;
	}
	/* its group first, in one go; then one at a time: who dies may leave us a child that
	 * has not been killed yet */
	kill(-session, SIGKILL);
	while (kill_children())
		waitpid(-1, NULL, 0);
}

static off_t text_bytes(const struct running *run)
{
	struct stat out, errs;

	return fstat(run->out, &out) < 0 || fstat(run->errs, &errs) < 0
	               ? 0
	               : out.st_size + errs.st_size;
}

/* Until the next look: not past the job's end. */
static int look_after_ms(int look_ms, const struct job *j, int64_t end_ns)
{
	int64_t left_ms = (end_ns - clock_now_ns()) / 1000000 + 1;

	if (!j->timeout_ms || left_ms > look_ms)
		return look_ms;
	return left_ms > 0 ? (int)left_ms : 0;
}

/* Waits for the main process; then nothing of the job is left alive. */
static void wait_for_job(struct slot *slot, const struct job *j, struct running *run)
{
	struct pollfd p[2] = { { run->pidfd, POLLIN, 0 }, { slot->channel, POLLRDHUP, 0 } };
	int64_t end = run->began_ns + (int64_t)j->timeout_ms * 1000000;
	off_t before = 0;
	int look_ms = LOOK_MS;

	for (;;) {
		int n = poll(p, 2, look_after_ms(look_ms, j, end));

		if (n < 0 && errno == EINTR)
			continue;
		run->timed_out = n == 0 && j->timeout_ms && clock_now_ns() >= end;
		off_t printed = text_bytes(run);
		run->flooded = printed > TEXT_MAX_BYTES;
		look_ms = printed > before         ? LOOK_MS
		          : look_ms < LOOK_MOST_MS ? 2 * look_ms
		                                   : LOOK_MOST_MS;
		before = printed;
		if (n == 0 && !run->timed_out && !run->flooded)
			continue;
		if (p[1].revents && slot->namespaces)
			/* the box has gone: so do we, and with pid 1 all others */
			_exit(0);
		if (p[1].revents || n <= 0)
			kill(run->pid, SIGKILL);
		break;
	}
	while (waitpid(run->pid, &run->status, 0) < 0 && errno == EINTR)
		;
	kill_the_rest(slot, run->pid);
	if (p[1].revents)
		_exit(0);
	close(run->pidfd);
	run->pidfd = -1;
}

/* One program, from its start to its end. */
static int run_step(struct slot *slot, struct job *j, struct running *run, struct err *err)
{
	struct start start = { .slot = slot, .job = j, .run = run };

	if (make_process(&start) < 0)
		return err_sys(err, "start the job");
	wait_for_job(slot, j, run);
	return 0;
}

static bool is_over(const struct running *run)
{
	return run->timed_out || run->flooded;
}

/* A program of the job's was not run because the library can't be loaded into it. */
static int check_refused(const struct slot *slot, struct err *err)
{
	auto_free char *path = path_join(slot->base, "refused");
	auto_buf program = BUF_LIMIT(PATH_MAX);
	struct err ignored;

	if (!slot->shim || file_read(path, &program, &ignored) < 0)
		return 0;
	unlink(path);
	return err_set(err, ERR_DENIED, "%s takes no preloaded library", buf_str(&program));
}

/* Nothing was started yet. */
static int forget(struct running *run, struct err *err)
{
	if (ftruncate(run->out, 0) < 0 || ftruncate(run->errs, 0) < 0 ||
	    lseek(run->out, 0, SEEK_SET) < 0 || lseek(run->errs, 0, SEEK_SET) < 0)
		return err_sys(err, "files for the job's output");
	run->status = 0;
	run->failure = 0;
	return 0;
}

/* 1: they were all there is to run; 0: the program is to run. */
static int run_commands(struct slot *slot, struct job *j, struct running *run, struct err *err)
{
	if (slot->shim || !j->n_commands)
		return 0;
	j->envp = strv_argv(&j->commands_env);
	for (size_t i = 0; i < j->n_commands; i++) {
		struct command *c = &j->commands[i];

		j->file = c->program;
		j->argv = strv_argv(&c->args);
		j->standard_input = c->input;
		if (run_step(slot, j, run, err) < 0)
			return -1;
		/* it may have wanted to write where only the program can */
		bool settled = c->settles && is_in_work(j, j->workdir) && !run->failure &&
		               WIFEXITED(run->status) && WEXITSTATUS(run->status) == 1;
		if (settled || is_over(run))
			return 1;
		j->standard_input = NULL;
		if (run->failure || run->status != 0)
			return forget(run, err);
	}
	return 1;
}

static int prepare(struct job *j, struct err *err)
{
	return tree_prepare(j->tree, j->inputs, j->n_inputs, &j->folders, &j->outputs, err);
}

/* The program may write in its working folder. */
static int widen(struct job *j, struct err *err)
{
	if (is_in_work(j, j->workdir))
		return 0;
	add_folder(&j->folders, j->workdir);
	return prepare(j, err);
}

/* Starts it, and waits for its end. */
static int run_program(struct slot *slot, struct job *j, struct running *run, struct err *err)
{
	run->began_ns = clock_now_ns();
	if (open_texts(j, run, err) < 0)
		return -1;
	j->folder = slot->shim ? NULL : xstrdup(j->workdir);
	int rc = run_commands(slot, j, run, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (widen(j, err) < 0 || plan_job(slot, j, run, err) < 0 ||
	    run_step(slot, j, run, err) < 0)
		return -1;
	return check_refused(slot, err);
}

/* -- results -- */

/* Of what has run since the last call. */
static int64_t cpu_of_job(struct slot *slot)
{
	int64_t before_ns = slot->cpu_ns;
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	slot->cpu_ns = (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000LL +
	               (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000LL;
	return slot->cpu_ns - before_ns;
}

/* Copies an open file out; adds its staged name, object name and mode to the answer. */
static int stage(struct slot *slot, int from, const struct stat *st, struct buf *answer,
                 struct err *err)
{
	unsigned mode = st->st_mode & 0777;
	struct oid id;
	auto_free char *name = xasprintf("slot-%d-%lu", slot->channel, slot->files++);
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	const mode_t sealed = mode & 0111 ? 0555 : 0444; /* as the store has it */
	auto_fd to = openat(slot->staging, name, flags, sealed);

	while (to < 0 && errno == EEXIST) {
		free(name);
		name = xasprintf("slot-%d-%lu-%lx", slot->channel, slot->files++,
		                 (unsigned long)clock_wall_ns());
		to = openat(slot->staging, name, flags, sealed);
	}
	if (to < 0)
		return err_sys(err, "stage an output");
	if (digest_copy_sized(from, to, (uint64_t)st->st_size, &id, err) < 0) {
		unlinkat(slot->staging, name, 0);
		return err_wrap(err, "stage an output");
	}
	message_add_str(answer, name);
	message_add_str(answer, id.s);
	message_add_num(answer, mode);
	return 0;
}

static void stage_nothing(struct buf *answer)
{
	message_add_str(answer, NULL);
	message_add_str(answer, "");
	message_add_num(answer, 0);
}

static int stage_text(struct slot *slot, int fd, struct buf *answer, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_size <= 0) {
		stage_nothing(answer);
		return 0;
	}
	lseek(fd, 0, SEEK_SET);
	st.st_mode = 0644;
	return stage(slot, fd, &st, answer, err);
}

/* An output is what the job would read at its name: links lead nowhere but inside. */
static int stage_output(struct slot *slot, const struct tree *tree, const char *name,
                        const struct running *run, struct buf *answer, struct err *err)
{
	auto_fd fd = tree_open(tree, name);
	struct stat st;
	bool is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (is_file && st.st_size <= UINT32_MAX)
		return stage(slot, fd, &st, answer, err);
	/* what the job could not do is told where it would have told it */
	if (is_file)
		dprintf(run->errs, "gg: output %s is larger than 4 GiB\n", name);
	stage_nothing(answer);
	return 0;
}

static void tell_of_flood(const struct running *run)
{
	if (!run->flooded || ftruncate(run->out, 0) < 0 || ftruncate(run->errs, 0) < 0)
		return;
	lseek(run->errs, 0, SEEK_SET);
	dprintf(run->errs, "gg: killed, after printing more than %d MiB\n",
	        TEXT_MAX_BYTES >> 20);
}

static int stage_all(struct slot *slot, const struct job *j, const struct running *run,
                     struct buf *answer, struct err *err)
{
	auto_buf outputs = BUF_INIT;

	if (run->failure)
		dprintf(run->errs, "%s: %s\n", j->program, strerror(run->failure));
	for (size_t i = 0; i < j->outputs.n; i++)
		if (stage_output(slot, j->tree, j->outputs.v[i], run, &outputs, err) < 0)
			return -1;
	tell_of_flood(run);
	if (stage_text(slot, run->out, answer, err) < 0 ||
	    stage_text(slot, run->errs, answer, err) < 0)
		return -1;
	buf_add(answer, outputs.data, outputs.len);
	return 0;
}

/* What the job did besides its outputs, for a job of a real folder. */
static void add_stray(const struct job *j, struct buf *answer)
{
	auto_free char *stray =
		*j->workdir ? tree_stray(j->tree, &j->needed_names, &j->outputs) : NULL;

	message_add_str(answer, stray);
}

static int run_job(struct slot *slot, struct job *j, struct buf *answer, struct err *err)
{
	struct running run = { .pidfd = -1, .in = -1, .out = -1, .errs = -1 };

	if (take_tree(slot, j, err) < 0 || prepare(j, err) < 0)
		return -1;
	int rc = run_program(slot, j, &run, err);
	if (rc == 0) {
		message_add_str(answer, NULL);
		message_add_num(answer, (uint64_t)run.status);
		message_add_num(answer, run.timed_out);
		message_add_num(answer, (uint64_t)(clock_now_ns() - run.began_ns));
		message_add_num(answer, (uint64_t)cpu_of_job(slot));
		rc = stage_all(slot, j, &run, answer, err);
		add_stray(j, answer);
	}
	const int ends[] = { run.in, run.out, run.errs, run.pidfd };
	for (size_t i = 0; i < countof(ends); i++)
		if (ends[i] >= 0)
			close(ends[i]);
	if (rc == 0 || err->kind == ERR_DENIED)
		rc |= tree_clean(j->tree, err);
	return rc;
}

static void serve(struct slot *slot)
{
	struct buf raw = { .max = 1u << 30 };
	struct buf answer = BUF_INIT;
	struct err err = ERR_INIT;

	while (message_receive(slot->channel, &raw, &err) == 0) {
		struct job j = { 0 };
		int rc = read_job(slot, &raw, &j, &err);

		message_begin(&answer);
		if (rc == 0)
			rc = run_job(slot, &j, &answer, &err);
		if (rc < 0) {
			message_begin(&answer);
			message_add_str(&answer, err.msg);
			message_add_num(&answer, err.kind);
		}
		job_release(&j);
		/* a tree that could not be made or emptied is not used again */
		bool unfit = rc < 0 && err.kind != ERR_DENIED;
		if (message_send(slot->channel, &answer, &err) < 0 || unfit)
			break;
	}
	_exit(0);
}

/* -- setting up -- */

static int write_file(const char *path, const char *text)
{
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

static int map_user(uid_t uid, gid_t gid, struct err *err)
{
	auto_free char *uids = xasprintf("%u %u 1", uid, uid);
	auto_free char *gids = xasprintf("%u %u 1", gid, gid);

	if (write_file("/proc/self/uid_map", uids) < 0 ||
	    write_file("/proc/self/setgroups", "deny") < 0 ||
	    write_file("/proc/self/gid_map", gids) < 0)
		return err_sys(err, "map the user");
	return 0;
}

static int take_powers(const struct slot *slot, struct err *err)
{
	const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
	                           SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
	                           SECBIT_NO_CAP_AMBIENT_RAISE |
	                           SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	/* another user loses all powers anyway, with setresuid */
	if ((slot->namespaces && prctl(PR_SET_SECUREBITS, bits) < 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(err, "drop privileges");
	/* Results must not depend on addresses. Not everywhere allowed, and no loss then. */
	personality(ADDR_NO_RANDOMIZE);
	umask(022);
	return 0;
}

/* Also tries what jobs need here: that files of this folder may be executed. */
static int put_library(struct slot *slot, struct err *err)
{
	auto_free char *path = path_join(slot->base, "shim.so");

	slot->base_variable = xasprintf(SHIM_BASE "%s", slot->base);
	if (strpbrk(slot->base, " :;"))
		return err_set(
			err, ERR_DENIED,
			"%s: the loader takes no folder with a space, colon or semicolon",
			slot->base);
	if (file_write(path, shim_image, shim_image_len, 0444, err) < 0)
		return -1;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at =
		fd < 0 ? MAP_FAILED
		       : mmap(NULL, shim_image_len, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED) {
		err_sys(err, "execute files of %s", slot->base);
		err->kind = ERR_DENIED;
		return -1;
	}
	munmap(at, shim_image_len);
	return 0;
}

static int set_up(struct slot *slot, const struct slot_setup *s, struct err *err)
{
	slot->staging = open(s->staging, O_PATH | O_DIRECTORY | O_CLOEXEC);
	slot->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (slot->staging < 0 || slot->null < 0)
		return err_sys(err, "%s", slot->staging < 0 ? s->staging : "/dev/null");
	slot->namespaces = s->step > BOX_CHROOT;
	slot->shim = s->step == BOX_SHIM;
	slot->base = s->base;
	if (slot->namespaces && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(err, "private mounts");
	if (!slot->namespaces && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return err_sys(err, "become a subreaper");
	if (slot->shim && put_library(slot, err) < 0)
		return -1;
	/* the first tree now: what can't be done here is told when the box starts */
	if (filter_compile(!slot->namespaces, &slot->filter, err) < 0 ||
	    make_tree(slot, err) < 0)
		return -1;
	if (take_powers(slot, err) < 0)
		return -1;
	return slot->namespaces && take_filter(slot) < 0 ? err_sys(err, "take the filter") : 0;
}

_Noreturn void slot_main(const struct slot_setup *setup)
{
	struct slot slot = { .channel = setup->channel, .stack = xcalloc(1, STACK_BYTES) };
	struct err err = ERR_INIT;
	struct buf answer = BUF_INIT;
	struct rlimit no_core = { 0, 0 };

	/* Where our end is not the end of all that jobs have started, we end when the channel
	 * does, and see to them. */
	if (setup->step > BOX_CHROOT)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	int rc = 0;
	if (setup->step == BOX_USERNS)
		rc = map_user(setup->uid, setup->gid, &err);
	if (rc == 0)
		rc = set_up(&slot, setup, &err);
	message_begin(&answer);
	message_add_str(&answer, rc < 0 ? err.msg : NULL);
	if (message_send(slot.channel, &answer, &err) == 0 && rc == 0)
		serve(&slot);
	_exit(0);
}
