/*
 * refuse [-u UID] COMMAND…: runs COMMAND where namespaces and mounts are refused, as a
 * container with the usual filter does it; with -u as that user.
 */
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int filter(void)
{
	static const int refused[] = { SCMP_SYS(unshare),   SCMP_SYS(mount),
		                       SCMP_SYS(umount2),   SCMP_SYS(setns),
		                       SCMP_SYS(open_tree), SCMP_SYS(move_mount),
		                       SCMP_SYS(pivot_root) };
	static const unsigned long spaces[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID,
		                                CLONE_NEWNET };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc = 0;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
		                       SCMP_A0(SCMP_CMP_MASKED_EQ, spaces[i], spaces[i]));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return rc ? rc : seccomp_load(ctx);
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > 3 && strcmp(argv[1], "-u") == 0) {
		uid_t uid = (uid_t)atoi(argv[2]);

		if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
		    setresuid(uid, uid, uid) < 0) {
			perror("refuse");
			return 125;
		}
		first = 3;
	}
	if (filter() != 0 || argc <= first) {
		fprintf(stderr, "refuse: no filter, or no command\n");
		return 125;
	}
	execvp(argv[first], argv + first);
	perror(argv[first]);
	return 127;
}
