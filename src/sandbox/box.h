/**
 * Sandboxed execution: what a job does not name does not exist, no network, no write
 * outside the work folders, nothing left running. Unprivileged.
 *
 * A box is a set of slots. A slot is a process forked once, in its own user, mount, pid,
 * ipc, uts and network namespaces, that runs one job after another and keeps between jobs
 * what they have in common (toolchain mounts, system headers). The root is a tmpfs that
 * the job sees read-only; only the work folders and /tmp are writable, and they are emptied
 * before every job. So no job can leave anything for the next one.
 *
 *   input outside every work folder   small: private copy, kept between jobs (by difference);
 *                                     large: read-only bind mount of the host file
 *   input in a work folder            fresh private copy for each job (large ones: read-only
 *                                     bind mount, unless it is an output too)
 *
 * Two names with the same content never share an inode, and differ in mtime (compilers merge
 * such headers); where the caller gives a symlink it is a symlink.
 *
 * The ladder: box_probe() finds the strongest step that works here.
 */
#ifndef SANDBOX_BOX_H
#define SANDBOX_BOX_H

#include "base/err.h"
#include "base/strv.h"
#include "core/oid.h"

#include <sys/resource.h>

enum box_step {
	BOX_AUTO = -1,
	BOX_NONE = 0, /* no box: commands run as they are */
	BOX_SHIM, /* a staged root, and a preloaded library that makes it one (shim/preload.c);
	             nothing is enforced */
	BOX_CHROOT,  /* root: a staged root and chroot; network and processes shared */
	BOX_MOUNTNS, /* root: mount (pid, net, ipc) namespaces without a user one */
	BOX_USERNS,  /* everything enforced */
};

/** The strongest step that works on this host, by trying (30 µs for a refusal). */
enum box_step box_probe(void);
/**
 * Does @step work on this host? 0, or -1: DENIED, with what was refused, by which setting if
 * one can be named, and what to do about it. BOX_NONE always works. Costs a process or two.
 */
int box_check(enum box_step step, struct err *why);
/** "user namespaces", …; for messages. */
const char *box_step_name(enum box_step step);
/** What is not enforced on this step, for one line of warning; "" for USERNS. */
const char *box_step_lacks(enum box_step step);

/** One thing that must exist inside. Paths are absolute and normalised. */
struct box_input {
	const char *name;   /* where it stands inside */
	const char *source; /* host file with the bytes; for a symlink its text; NULL for a
	                       folder */
	const char
		*key;  /* identity of the bytes (the object's name): equal keys, equal bytes */
	uint32_t mode; /* S_IFREG|0644, S_IFREG|0755, S_IFLNK, S_IFDIR */
	uint64_t size_bytes;
	const char *bytes; /* of a small file, in the source's place: they go with the job */
	bool is_timed;     /* the program is told when it was changed … */
	int64_t time_s;    /* … in seconds since 1970; else a time that means nothing */
};

struct box_output {
	const char *name; /* absolute path inside; its folder is a work folder */
	bool optional;    /* no failure if it is missing */
};

struct box_job {
	char *const *argv;
	char *const *envp;
	const char *program; /* absolute path inside */
	const char *input;   /* the host's file that is its standard input; NULL: /dev/null */
	const char *workdir; /* absolute; a work folder; "" : a fresh, otherwise empty folder
	                        "/work" */
	const struct box_input *inputs;
	size_t n_inputs;
	/* inputs that many jobs share (toolchain closures): sent to a slot once per key */
	struct box_shared {
		const char *key;
		const struct box_input *inputs;
		size_t n_inputs;
	} const *shared;
	size_t n_shared;
	const struct box_output *outputs;
	size_t n_outputs;
	uint32_t timeout_ms; /* 0: none */
	/* A folder inside; NULL: none. Where a program can be given no root of its own (a
	 * static one, on BOX_SHIM), mentions of this folder in arguments and environment become
	 * the host's path. Without it such a program is refused. */
	const char *movable;
	/* What @program would start by itself, one after another: run in its place. When all go
	 * well, so has the job. When one does not, @program runs after all, and what they have
	 * said is forgotten; but an exit with 1 of one that settles is the job's, with what it
	 * has said, where an output is in the working folder. They write outputs and nothing
	 * else but files in /tmp: the working folder is not theirs to write where no output is
	 * in it. Not used on BOX_SHIM. */
	struct box_command {
		const char *program; /* absolute path inside */
		char *const *argv;
		const char *input; /* its standard input, a path inside; NULL: the job's */
		bool settles;
	} const *commands;
	size_t n_commands;
	char *const *commands_envp;
};

/** A file taken out of the sandbox: in the staging folder, hashed on the way. */
struct box_file {
	char *path;    /* owned; under the staging folder; NULL if the output is missing */
	struct oid id; /* "" if missing */
	uint32_t mode;
};

struct box_result {
	int status;  /* as from waitpid; meaningful when !failed */
	bool failed; /* the sandbox itself failed (message in why): nothing ran, or no outputs
	              */
	/* of failed: NOSPC; DENIED: this step can't run such a program, nothing is broken */
	enum err_kind why_kind;
	bool timed_out;
	char why[512];
	struct box_file *outputs; /* owned; n as in the job, same order */
	size_t n_outputs;
	struct box_file out_text; /* what it wrote to stdout and stderr; path NULL when empty */
	struct box_file err_text;
	char *stray; /* owned; a file that the job made, changed or took away without naming it;
	                NULL for none, and for jobs without a workdir */
	int64_t wall_ns;
	int64_t cpu_ns; /* user + system of the job and all its children */
};

void box_result_release(struct box_result *r);

struct box;

/**
 * Fork @n_slots slots at @step. @staging: a folder on the file system of the store where
 * outputs are put. Call it early, while the process is small and has one thread. ERR_DENIED
 * when the step does not work here.
 */
int box_start(enum box_step step, unsigned n_slots, const char *staging, struct box **out,
              struct err *err);
/** Ends all slots and what runs in them. */
void box_stop(struct box *box);
enum box_step box_step_of(const struct box *box);

/**
 * Begin a job on a free slot; never waits for the job. Everything in @job may be freed on
 * return. Returns the slot's number, or -1: RETRY when none is free.
 */
int box_submit(struct box *box, const struct box_job *job, struct err *err);
/** A descriptor that becomes readable when the slot's job has ended (or the slot has died). */
int box_slot_fd(const struct box *box, unsigned slot);
/** Call fn(arg, slot) before a slot's descriptor is closed, whatever for. */
void box_on_end(struct box *box, void (*fn)(void *arg, unsigned slot), void *arg);
/** Read the result of a slot whose descriptor is readable. A slot that died is restarted and
 *  its job reported as failed. */
int box_collect(struct box *box, unsigned slot, struct box_result *out, struct err *err);
/** Kill the job of a slot; its result still arrives. */
void box_cancel(struct box *box, unsigned slot);
/** Submit and wait, on a free slot. */
int box_run(struct box *box, const struct box_job *job, struct box_result *out,
            struct err *err);

#endif
