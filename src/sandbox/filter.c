#include "sandbox/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>

unsigned long filter_key;

/* But with the key; none has a sixth argument. */
static const int kept_for_slots[] = {
	SCMP_SYS(mount),     SCMP_SYS(umount2),    SCMP_SYS(chroot),
	SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(mount_setattr),
};

static const int refused[] = {
	SCMP_SYS(pivot_root),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(keyctl),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(name_to_handle_at),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsmount),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(reboot),
	SCMP_SYS(acct),
	SCMP_SYS(quotactl),
	SCMP_SYS(syslog),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex),
};

/* Bits of clone(2) that make a namespace. */
enum {
	NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
	             CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
};

static int add_rules(scmp_filter_ctx ctx, bool shared)
{
	/* Those of AF_UNIX too: abstract names belong to the network namespace, which is the
	 * host's. */
	if (shared && seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 0) < 0)
		return -1;
	/* "all processes" would be those of the host */
	if (shared &&
	    seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(kill), 1,
	                     SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, 0xffffffffu)) < 0)
		return -1;
	for (size_t i = 0; i < countof(refused); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), refused[i], 0) < 0)
			return -1;
	for (size_t i = 0; i < countof(kept_for_slots); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), kept_for_slots[i], 1,
		                     SCMP_A5(SCMP_CMP_NE, filter_key)) < 0)
			return -1;
	for (unsigned bit = 1; bit; bit <<= 1)
		if ((bit & NAMESPACES) &&
		    seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
		                     SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)) < 0)
			return -1;
	/* clone3's flags are out of a filter's sight: libraries fall back to clone */
	if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) < 0)
		return -1;
	/* pushing characters into a terminal's input */
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
	                        SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCSTI));
}

int filter_compile(bool shared, struct sock_fprog *out, struct err *err)
{
	static struct sock_filter code[512];
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	auto_fd fd = memfd_create("filter", MFD_CLOEXEC);

	if (getrandom(&filter_key, sizeof(filter_key), 0) != sizeof(filter_key) || !ctx ||
	    fd < 0 || seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0 ||
	    add_rules(ctx, shared) < 0 || seccomp_export_bpf(ctx, fd) < 0) {
		seccomp_release(ctx);
		return err_set(err, ERR_IO, "compile the system-call filter");
	}
	seccomp_release(ctx);
	ssize_t n = pread(fd, code, sizeof(code), 0);
	if (n <= 0 || n == sizeof(code) || n % sizeof(code[0]))
		return err_set(err, ERR_IO, "the system-call filter is too large");
	*out = (struct sock_fprog){ .len = (unsigned short)(n / sizeof(code[0])),
		                    .filter = code };
	return 0;
}
