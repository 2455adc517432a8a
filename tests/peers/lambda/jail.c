/*
 * The world of a Lambda instance: an ordinary user, a root with nothing in it but the code in
 * /var/task, everything read-only but a small /tmp, namespaces and mounts refused. (AWS's root
 * has the base image's files as well; what runs here needs none of them.)
 */
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { SANDBOX_UID = 993 };

static int fail(const char *what)
{
	fprintf(stderr, "jail: %s: %s\n", what, strerror(errno));
	return -1;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? fail(path) : 0;
}

static int own_mounts(uid_t uid, gid_t gid)
{
	char map[64];

	if (uid == 0)
		return unshare(CLONE_NEWNS) < 0 ? fail("mount namespace") : 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return fail("user namespace");
	snprintf(map, sizeof(map), "%d %d 1", SANDBOX_UID, (int)uid);
	if (write_text("/proc/self/uid_map", map) < 0 ||
	    write_text("/proc/self/setgroups", "deny") < 0)
		return -1;
	snprintf(map, sizeof(map), "%d %d 1", SANDBOX_UID, (int)gid);
	return write_text("/proc/self/gid_map", map);
}

static int place(const char *from, const char *to, bool folder)
{
	int fd = folder ? mkdir(to, 0755) : open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0)
		return fail(to);
	if (!folder)
		close(fd);
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0 ? fail(from) : 0;
}

/* The new root, below /mnt until it is the root. */
static int furnish(const char *code)
{
	static const char *const devices[] = { "null", "zero", "full", "random", "urandom" };
	char text[32], to[64];

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("root", "/mnt", "tmpfs", MS_NOSUID, "mode=755,size=1m") < 0)
		return fail("tmpfs");
	mkdir("/mnt/var", 0755);
	mkdir("/mnt/dev", 0755);
	mkdir("/mnt/tmp", 01777);
	mkdir("/mnt/etc", 0755);
	if (place(code, "/mnt/var/task", true) < 0 || place("/proc", "/mnt/proc", true) < 0)
		return -1;
	for (size_t i = 0; i < countof(devices); i++) {
		snprintf(text, sizeof(text), "/dev/%.20s", devices[i]);
		snprintf(to, sizeof(to), "/mnt%s", text);
		if (place(text, to, false) < 0)
			return -1;
	}
	return 0;
}

static int change_root(unsigned tmp_mb)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	char text[64];

	if (chdir("/mnt") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail("pivot_root");
	if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &ro, sizeof(ro)) < 0)
		return fail("read-only root");
	snprintf(text, sizeof(text), "mode=1777,size=%um", tmp_mb);
	if (mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, text) < 0)
		return fail("/tmp");
	return 0;
}

static int refuse(void)
{
	static const int calls[] = { SCMP_SYS(unshare), SCMP_SYS(mount),      SCMP_SYS(umount2),
		                     SCMP_SYS(setns),   SCMP_SYS(pivot_root), SCMP_SYS(chroot),
		                     SCMP_SYS(ptrace) };
	static const unsigned long spaces[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID,
		                                CLONE_NEWNET };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc = 0;

	for (size_t i = 0; i < countof(calls); i++)
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	for (size_t i = 0; i < countof(spaces); i++)
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
		                       SCMP_A0(SCMP_CMP_MASKED_EQ, spaces[i], spaces[i]));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	rc = rc ? rc : seccomp_load(ctx);
	seccomp_release(ctx);
	return rc ? fail("seccomp") : 0;
}

int jail_exec(const char *code, unsigned tmp_mb, char **argv)
{
	uid_t uid = getuid();

	if (own_mounts(uid, getgid()) < 0 || furnish(code) < 0 || change_root(tmp_mb) < 0)
		return -1;
	if (uid == 0 &&
	    (setgroups(0, NULL) < 0 || setresgid(SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) < 0 ||
	     setresuid(SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) < 0))
		return fail("change user");
	if (chdir("/var/task") < 0)
		return fail("/var/task");
	/* the parent's end is ours, whatever else happens to it */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (refuse() < 0)
		return -1;
	execv(argv[0], argv);
	return fail(argv[0]);
}
