/*
 * The box's side: one process per slot, one socket to each. A job is one message, its result
 * another.
 */
#include "sandbox/box.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/map.h"
#include "base/path.h"
#include "sandbox/message.h"
#include "sandbox/probe.h"
#include "sandbox/slot.h"

struct box_slot {
	pid_t pid; /* 0: none */
	int channel;
	bool busy;
	bool cancelled;
	bool ends_itself; /* when the channel does, after all that its job has started */
	size_t n_outputs;
	struct map known; /* keys of shared inputs that the slot has */
	char *base;       /* mount point of its tree; owned */
};

struct box {
	enum box_step step;
	char *staging; /* owned */
	struct box_slot *slots;
	unsigned n_slots;
	struct buf message;
	void (*on_end)(void *arg, unsigned slot);
	void *on_end_arg;
};

static void slot_end(struct box *box, struct box_slot *s)
{
	if (s->channel >= 0 && box->on_end)
		box->on_end(box->on_end_arg, (unsigned)(s - box->slots));
	if (s->channel >= 0)
		close(s->channel);
	if (s->pid > 0) {
		if (!s->ends_itself)
			kill(s->pid, SIGKILL);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (s->base) {
		struct err ignored;

		/* with mounts the tree went with the slot; without, it is on disk */
		file_remove_tree(s->base, &ignored);
		free(s->base);
	}
	map_release(&s->known);
	*s = (struct box_slot){ .channel = -1 };
}

/* A handler of the parent's event loop would write into descriptors that are closed, or
 * others', in here; and results must not depend on what gg was told to ignore (nohup). */
static void usual_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child keeps no descriptor of ours but its channel and the standard three. */
static void close_others(int channel)
{
	if (channel != 3)
		dup3(channel, 3, O_CLOEXEC);
	syscall(SYS_close_range, 4u, ~0u, 0u);
}

static int wait_until_up(struct box_slot *s, struct err *err)
{
	auto_buf answer = BUF_INIT;
	struct message_reader r;

	if (message_receive(s->channel, &answer, err) < 0)
		return err_wrap(err, "slot");
	message_read(&r, &answer);
	const char *why = message_str(&r);
	return why ? err_set(err, ERR_DENIED, "%s", why) : 0;
}

static int slot_start(struct box *box, struct box_slot *s, struct err *err)
{
	int pair[2];

	s->base = xasprintf("%s/slot-%d-XXXXXX", box->staging, (int)getpid());
	if (!mkdtemp(s->base) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(err, "%s", s->base);
		slot_end(box, s);
		return -1;
	}
	const struct slot_setup setup = { .step = box->step,
		                          .channel = 3,
		                          .uid = geteuid(),
		                          .gid = getegid(),
		                          .staging = box->staging,
		                          .base = s->base };
	pid_t pid =
		(pid_t)syscall(SYS_clone, probe_namespaces(box->step) | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		usual_signals();
		close_others(pair[1]);
		slot_main(&setup);
	}
	close(pair[1]);
	s->channel = pair[0];
	s->ends_itself = box->step <= BOX_CHROOT;
	s->pid = pid;
	if (pid < 0) {
		s->pid = 0;
		err_sys(err, "start a slot");
		slot_end(box, s);
		return -1;
	}
	return 0;
}

int box_start(enum box_step step, unsigned n_slots, const char *staging, struct box **out,
              struct err *err)
{
	struct box *box = xcalloc(1, sizeof(*box));

	box->step = step == BOX_AUTO ? box_probe() : step;
	box->staging = realpath(staging, NULL);
	box->n_slots = n_slots;
	box->slots = xcalloc(n_slots, sizeof(*box->slots));
	box->message.max = 1u << 30;
	for (unsigned i = 0; i < n_slots; i++)
		box->slots[i].channel = -1;
	int rc = 0;
	if (box->step < BOX_SHIM)
		rc = err_set(err, ERR_DENIED, "no sandbox on this step: %s",
		             box_step_name(box->step));
	else if (!box->staging)
		rc = err_sys(err, "%s", staging);
	/* all at once, then wait for each */
	for (unsigned i = 0; rc == 0 && i < n_slots; i++)
		rc = slot_start(box, &box->slots[i], err);
	for (unsigned i = 0; rc == 0 && i < n_slots; i++)
		rc = wait_until_up(&box->slots[i], err);
	if (rc < 0) {
		box_stop(box);
		return -1;
	}
	*out = box;
	return 0;
}

void box_stop(struct box *box)
{
	if (!box)
		return;
	for (unsigned i = 0; i < box->n_slots; i++)
		slot_end(box, &box->slots[i]);
	free(box->slots);
	free(box->staging);
	buf_release(&box->message);
	free(box);
}

enum box_step box_step_of(const struct box *box)
{
	return box->step;
}

void box_on_end(struct box *box, void (*fn)(void *arg, unsigned slot), void *arg)
{
	box->on_end = fn;
	box->on_end_arg = arg;
}

int box_slot_fd(const struct box *box, unsigned slot)
{
	return box->slots[slot].channel;
}

/* -- a job -- */

static void add_strings(struct buf *m, char *const *v)
{
	size_t n = 0;

	while (v[n])
		n++;
	message_add_num(m, n);
	for (size_t i = 0; i < n; i++)
		message_add_str(m, v[i]);
}

static void add_inputs(struct buf *m, const struct box_input *v, size_t n)
{
	message_add_num(m, n);
	for (size_t i = 0; i < n; i++) {
		message_add_str(m, v[i].name);
		message_add_str(m, v[i].source);
		message_add_str(m, v[i].key);
		message_add_num(m, v[i].mode);
		message_add_num(m, v[i].size_bytes);
		message_add_bytes(m, v[i].bytes, v[i].size_bytes);
		message_add_num(m, v[i].is_timed);
		message_add_num(m, (uint64_t)v[i].time_s);
	}
}

static void add_sets(struct buf *m, struct box_slot *s, const struct box_job *job)
{
	message_add_num(m, job->n_shared);
	for (size_t i = 0; i < job->n_shared; i++) {
		bool is_new;

		map_add(&s->known, job->shared[i].key, &is_new);
		message_add_str(m, job->shared[i].key);
		message_add_num(m, is_new);
		if (is_new)
			add_inputs(m, job->shared[i].inputs, job->shared[i].n_inputs);
	}
}

static void add_commands(struct buf *m, const struct box_job *job)
{
	message_add_num(m, job->n_commands);
	for (size_t i = 0; i < job->n_commands; i++) {
		message_add_str(m, job->commands[i].program);
		message_add_str(m, job->commands[i].input);
		message_add_num(m, job->commands[i].settles);
		add_strings(m, job->commands[i].argv);
	}
	if (job->n_commands)
		add_strings(m, job->commands_envp);
}

static void describe(struct buf *m, struct box_slot *s, const struct box_job *job)
{
	message_begin(m);
	add_strings(m, job->argv);
	add_strings(m, job->envp);
	message_add_num(m, job->n_outputs);
	for (size_t i = 0; i < job->n_outputs; i++)
		message_add_str(m, job->outputs[i].name);
	message_add_str(m, job->program);
	message_add_str(m, *job->workdir ? job->workdir : "/work");
	message_add_str(m, job->movable);
	message_add_str(m, job->input);
	message_add_num(m, job->timeout_ms);
	add_commands(m, job);
	add_inputs(m, job->inputs, job->n_inputs);
	add_sets(m, s, job);
}

static int ready_slot(struct box *box, unsigned i, struct err *err)
{
	struct box_slot *s = &box->slots[i];

	if (s->pid)
		return 0;
	if (slot_start(box, s, err) < 0)
		return -1;
	if (wait_until_up(s, err) < 0) {
		slot_end(box, s);
		return -1;
	}
	return 0;
}

static bool safe_name(const char *name)
{
	return name[0] == '/' && path_is_safe_relative(name + 1);
}

static int check_job(const struct box_job *job, struct err *err)
{
	for (size_t i = 0; i < job->n_inputs; i++)
		if (!safe_name(job->inputs[i].name))
			return err_set(err, ERR_USAGE, "unsafe input \"%s\"",
			               job->inputs[i].name);
	for (size_t k = 0; k < job->n_shared; k++)
		for (size_t i = 0; i < job->shared[k].n_inputs; i++)
			if (!safe_name(job->shared[k].inputs[i].name))
				return err_set(err, ERR_USAGE, "unsafe input \"%s\"",
				               job->shared[k].inputs[i].name);
	for (size_t i = 0; i < job->n_outputs; i++)
		if (!safe_name(job->outputs[i].name))
			return err_set(err, ERR_USAGE, "unsafe output \"%s\"",
			               job->outputs[i].name);
	return 0;
}

static int send_job(struct box *box, unsigned i, const struct box_job *job, struct err *err)
{
	struct box_slot *s = &box->slots[i];

	if (ready_slot(box, i, err) < 0)
		return -1;
	describe(&box->message, s, job);
	if (message_send(s->channel, &box->message, err) == 0)
		return 0;
	slot_end(box, s);
	return -1;
}

int box_submit(struct box *box, const struct box_job *job, struct err *err)
{
	unsigned i = 0;

	while (i < box->n_slots && box->slots[i].busy)
		i++;
	if (i == box->n_slots)
		return err_set(err, ERR_RETRY, "no free slot");
	if (check_job(job, err) < 0)
		return -1;
	struct box_slot *s = &box->slots[i];
	bool was_up = s->pid;
	/* one that has died since its last job has a successor */
	if (send_job(box, i, job, err) < 0 && (!was_up || send_job(box, i, job, err) < 0))
		return -1;
	s->busy = true;
	s->cancelled = false;
	s->n_outputs = job->n_outputs;
	return (int)i;
}

static int read_file(const struct box *box, struct message_reader *r, struct box_file *f)
{
	struct err err;
	const char *name = message_str(r);
	const char *id = message_str(r);

	f->mode = (uint32_t)message_num(r);
	if (!name)
		return 0;
	if (strchr(name, '/') || !id || oid_parse(id, strlen(id), &f->id, &err) < 0)
		return -1;
	f->path = path_join(box->staging, name);
	return 0;
}

static int read_result(const struct box *box, const struct box_slot *s, struct buf *m,
                       struct box_result *out)
{
	struct message_reader r;

	message_read(&r, m);
	const char *why = message_str(&r);
	if (why || r.bad) {
		out->failed = true;
		out->why_kind = r.bad ? ERR_CORRUPT : (enum err_kind)message_num(&r);
		snprintf(out->why, sizeof(out->why), "sandbox: %s",
		         why ? why : "malformed answer");
		return 0;
	}
	out->status = (int)message_num(&r);
	out->timed_out = message_num(&r);
	out->wall_ns = (int64_t)message_num(&r);
	out->cpu_ns = (int64_t)message_num(&r);
	int rc = read_file(box, &r, &out->out_text) | read_file(box, &r, &out->err_text);
	for (size_t i = 0; rc == 0 && i < s->n_outputs; i++)
		rc = read_file(box, &r, &out->outputs[i]);
	const char *stray = message_str(&r);
	out->stray = stray ? xstrdup(stray) : NULL;
	return rc < 0 || r.bad ? -1 : 0;
}

int box_collect(struct box *box, unsigned slot, struct box_result *out, struct err *err)
{
	struct box_slot *s = &box->slots[slot];
	auto_buf m = { .max = 1u << 30 };

	*out = (struct box_result){ .n_outputs = s->n_outputs };
	out->outputs = xcalloc(s->n_outputs, sizeof(*out->outputs));
	s->busy = false;
	int rc = message_receive(s->channel, &m, err);
	if (rc == 0)
		rc = read_result(box, s, &m, out);
	if (rc < 0) {
		out->failed = true;
		out->why_kind = ERR_IO;
		snprintf(out->why, sizeof(out->why), "%s",
		         s->cancelled ? "cancelled" : "the sandbox's slot died");
	}
	/* After a failure its tree can't be trusted: the next job gets a new slot. */
	if (out->failed && out->why_kind != ERR_DENIED)
		slot_end(box, s);
	return 0;
}

void box_cancel(struct box *box, unsigned slot)
{
	struct box_slot *s = &box->slots[slot];

	if (!s->busy || s->pid <= 0)
		return;
	s->cancelled = true;
	/* without a pid namespace the slot itself ends what the job has started */
	if (s->ends_itself)
		shutdown(s->channel, SHUT_WR);
	else
		kill(s->pid, SIGKILL);
}

int box_run(struct box *box, const struct box_job *job, struct box_result *out, struct err *err)
{
	int slot = box_submit(box, job, err);

	return slot < 0 ? -1 : box_collect(box, (unsigned)slot, out, err);
}

void box_result_release(struct box_result *r)
{
	for (size_t i = 0; i < r->n_outputs; i++)
		free(r->outputs[i].path);
	free(r->outputs);
	free(r->out_text.path);
	free(r->err_text.path);
	free(r->stray);
	*r = (struct box_result){ 0 };
}
