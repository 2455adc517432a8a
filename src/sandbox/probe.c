#include "sandbox/probe.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

static const struct {
	const char *name;
	const char *lacks;
} steps[] = {
	[BOX_NONE] = { "none", "everything: commands run as they are, on the real files" },
	[BOX_SHIM] = { "path shim", "commands see what they name, but nothing keeps them in" },
	[BOX_CHROOT] = { "chroot", "namespaces of processes and of IPC" },
	[BOX_MOUNTNS] = { "mount namespace", "" },
	[BOX_USERNS] = { "user namespaces", "" },
};

const char *box_step_name(enum box_step step)
{
	return step >= 0 && (size_t)step < countof(steps) ? steps[step].name : "automatic";
}

const char *box_step_lacks(enum box_step step)
{
	return step >= 0 && (size_t)step < countof(steps) ? steps[step].lacks : "";
}

unsigned long probe_namespaces(enum box_step step)
{
	unsigned long inner =
		CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;

	if (step <= BOX_CHROOT)
		return 0;
	return step == BOX_USERNS ? inner | CLONE_NEWUSER : inner;
}

/* What a step needs, and what a refusal may be due to: a setting, and the value that refuses.
 */
enum need { NEED_NOTHING, NEED_CLONE, NEED_PRIVATE, NEED_MOUNT, NEED_CHROOT, NEED_USER };

static const char *const needs[] = {
	[NEED_CLONE] = "making namespaces",      [NEED_PRIVATE] = "making mounts private",
	[NEED_MOUNT] = "mounting a file system", [NEED_CHROOT] = "chroot",
	[NEED_USER] = "becoming another user",
};

static const struct {
	const char *file;
	char refuses;
	const char *remedy;
} settings[] = {
	{ "/proc/sys/kernel/unprivileged_userns_clone", '0',
	  "sysctl kernel.unprivileged_userns_clone=1" },
	{ "/proc/sys/user/max_user_namespaces", '0', "sysctl user.max_user_namespaces=10000" },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
	  "sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
};

struct refusal {
	enum need need;
	int sys;
};

/* In a child: the first need that is refused. */
static struct refusal try_needs(enum box_step step)
{
	if (step == BOX_CHROOT) {
		if (chroot("/") < 0)
			return (struct refusal){ NEED_CHROOT, errno };
		if (syscall(SYS_setresuid, 65534, 65534, 65534) < 0)
			return (struct refusal){ NEED_USER, errno };
	} else {
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			return (struct refusal){ NEED_PRIVATE, errno };
		if (mount("gg", "/dev", "tmpfs", 0, NULL) < 0)
			return (struct refusal){ NEED_MOUNT, errno };
	}
	return (struct refusal){ NEED_NOTHING, 0 };
}

static struct refusal try_step(enum box_step step)
{
	struct refusal *told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
	                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct refusal r = { NEED_CLONE, errno };

	if (told == MAP_FAILED)
		return r;
	*told = r;
	pid_t pid = (pid_t)syscall(SYS_clone, probe_namespaces(step) | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		*told = try_needs(step);
		_exit(0);
	}
	if (pid < 0)
		told->sys = errno;
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	r = *told;
	munmap(told, sizeof(*told));
	return r;
}

static int refuse(enum box_step step, const struct refusal *r, struct err *why)
{
	errno = r->sys;
	err_sys(why, "%s: %s is refused", box_step_name(step), needs[r->need]);
	why->kind = ERR_DENIED;
	for (size_t i = 0; step == BOX_USERNS && i < countof(settings); i++) {
		auto_buf value = BUF_LIMIT(64);
		struct err ignored;
		size_t len = strlen(why->msg);

		if (file_read(settings[i].file, &value, &ignored) == 0 &&
		    *buf_str(&value) == settings[i].refuses) {
			snprintf(why->msg + len, sizeof(why->msg) - len, "; as root: %s",
			         settings[i].remedy);
			return -1;
		}
	}
	size_t len = strlen(why->msg);
	snprintf(why->msg + len, sizeof(why->msg) - len, "; %s",
	         geteuid() && step != BOX_USERNS
	                 ? "takes root"
	                 : "in a container: give it --security-opt seccomp=unconfined "
	                   "--security-opt apparmor=unconfined");
	return -1;
}

int box_check(enum box_step step, struct err *why)
{
	/* what the shim needs is seen only in the folder where it is needed: box_start */
	if (step <= BOX_SHIM)
		return 0;
	struct refusal r = try_step(step);

	return r.need == NEED_NOTHING ? 0 : refuse(step, &r, why);
}

enum box_step box_probe(void)
{
	struct err ignored;

	for (enum box_step step = BOX_USERNS; step > BOX_NONE; step--)
		if (box_check(step, &ignored) == 0)
			return step;
	return BOX_NONE;
}
