#include "sandbox/probe.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *lacks;
} steps[] = {
	[BOX_NONE] = { "none", "everything: commands run as they are, on the real files" },
	[BOX_SHIM] = { "path shim", "everything is asked for, nothing enforced" },
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

	if (step == BOX_CHROOT)
		return 0;
	return step == BOX_USERNS ? inner | CLONE_NEWUSER : inner;
}

/* Do the namespaces of a step work here, and may one mount in them? */
static bool works(enum box_step step)
{
	pid_t pid = (pid_t)syscall(SYS_clone, probe_namespaces(step) | SIGCHLD, 0, 0, 0, 0);
	int status;

	if (pid == 0 && step == BOX_CHROOT)
		_exit(chroot("/") < 0 || syscall(SYS_setresuid, 65534, 65534, 65534) < 0);
	if (pid == 0)
		_exit(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		      mount("gg", "/dev", "tmpfs", 0, NULL) < 0);
	if (pid < 0)
		return false;
	return waitpid(pid, &status, 0) == pid && status == 0;
}

enum box_step box_probe(void)
{
	if (works(BOX_USERNS))
		return BOX_USERNS;
	if (works(BOX_MOUNTNS))
		return BOX_MOUNTNS;
	return works(BOX_CHROOT) ? BOX_CHROOT : BOX_NONE;
}
