/*
 * attempt NAME OUT [ARGUMENT]: tries to leave the sandbox in one way, and writes "held: why" or
 * "escaped" to OUT. Static, so that a thunk needs no other file. Without NAME: lists the names
 * that need no argument.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each returns 0 when it got out, or -1 and errno. */
static int can_open(const char *path, int flags)
{
	int fd = open(path, flags, 0666);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int read_file(const char *path)
{
	return can_open(path, O_RDONLY);
}

static int write_file(const char *path)
{
	return can_open(path, O_WRONLY | O_CREAT);
}

static int read_passwd(const char *arg)
{
	return read_file("/etc/passwd");
}

static int read_shadow_by_parents(const char *arg)
{
	return read_file("../../../../../../../../../../etc/passwd");
}

static int list_host_root(const char *arg)
{
	return read_file("/boot");
}

static int read_memory_of_another(const char *arg)
{
	return read_file("/proc/1/mem");
}

static int read_environment_of_parent(const char *arg)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	return read_file(path);
}

static int write_root(const char *arg)
{
	return write_file("/evil");
}

static int make_root_folder(const char *arg)
{
	return mkdir("/evil.d", 0777);
}

static int write_usr(const char *arg)
{
	return mkdir("/usr/evil", 0777) == 0 || write_file("/usr/evil") == 0 ? 0 : -1;
}

static int write_dev(const char *arg)
{
	return write_file("/dev/evil");
}

static int rename_dev(const char *arg)
{
	return rename("/dev", "/dev2");
}

static int remove_null(const char *arg)
{
	return unlink("/dev/null");
}

static int leave_root_by_chroot(const char *arg)
{
	if (mkdir("jail", 0777) < 0 || chroot("jail") < 0)
		return -1;
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return -1;
	return chroot(".") == 0 ? read_file("etc/passwd") : -1;
}

static int mount_proc(const char *arg)
{
	return mount("proc", "/tmp", "proc", 0, NULL);
}

static int mount_tmpfs(const char *arg)
{
	return mount("none", "/", "tmpfs", 0, NULL);
}

static int remount_root(const char *arg)
{
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int unmount_root(const char *arg)
{
	return umount2("/", MNT_DETACH);
}

static int open_new_mount(const char *arg)
{
	return (int)syscall(SYS_fsopen, "tmpfs", 0) < 0 ? -1 : 0;
}

static int new_user_namespace(const char *arg)
{
	return unshare(CLONE_NEWUSER);
}

static int new_user_namespace_by_clone(const char *arg)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int become_root(const char *arg)
{
	/* A user namespace may well call its only user 0: what counts is what that user may do.
	 */
	if (setresuid(0, 0, 0) < 0)
		return -1;
	return chown(".", 12345, 12345);
}

static int make_device(const char *arg)
{
	return mknod("sda", S_IFBLK | 0666, 8 << 8);
}

static int internet_socket(const char *arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)atoi(arg)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof(to));
}

static int datagram_to_the_world(const char *arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(0x08080808);
	return fd < 0 || sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -1 : 0;
}

static int abstract_socket(const char *arg)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(to.sun_path + 1, arg, sizeof(to.sun_path) - 2);
	return fd < 0 ? -1
	              : connect(fd, (struct sockaddr *)&to,
	                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	                                    strlen(arg)));
}

static int netlink_socket(const char *arg)
{
	/* A namespace of one's own shows only itself. Its interfaces must be down. */
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	return fd < 0 ? -1 : 0;
}

static int kill_another(const char *arg)
{
	return kill((pid_t)atoi(arg), SIGKILL);
}

static int trace_another(const char *arg)
{
	return (int)ptrace(PTRACE_ATTACH, (pid_t)atoi(arg), NULL, NULL);
}

static int trace_parent(const char *arg)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int shared_memory(const char *arg)
{
	return shmget((key_t)atoi(arg), 1, 0) < 0 ? -1 : 0;
}

static int own_file; /* the result's */

static int inherited_file(const char *arg)
{
	for (int fd = 3; fd < 4096; fd++)
		if (fd != own_file && fcntl(fd, F_GETFD) >= 0)
			return 0;
	errno = EBADF;
	return -1;
}

static int load_bpf(const char *arg)
{
	char attr[128] = { 0 };

	return (int)syscall(SYS_bpf, 0, attr, sizeof(attr)) < 0 ? -1 : 0;
}

static int io_uring(const char *arg)
{
	struct io_uring_params p = { 0 };

	return (int)syscall(SYS_io_uring_setup, 4, &p) < 0 ? -1 : 0;
}

static int perf_events(const char *arg)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_HARDWARE, .size = sizeof(attr) };

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) < 0 ? -1 : 0;
}

static int keyring(const char *arg)
{
	return syscall(SYS_add_key, "user", "gg", "x", 1, -3) < 0 ? -1 : 0;
}

static int open_by_handle(const char *arg)
{
	struct file_handle *h = calloc(1, sizeof(*h) + MAX_HANDLE_SZ);

	h->handle_bytes = 8;
	h->handle_type = 1;
	*(int *)h->f_handle = 2; /* the root folder of an ext4 */
	int fd = open_by_handle_at(AT_FDCWD, h, O_RDONLY);
	free(h);
	return fd < 0 ? -1 : 0;
}

static int set_clock(const char *arg)
{
	struct timeval t = { 1, 0 };

	return settimeofday(&t, NULL);
}

static int set_host_name(const char *arg)
{
	return sethostname("evil", 4);
}

static int push_into_terminal(const char *arg)
{
	return ioctl(0, TIOCSTI, "x");
}

static int load_module(const char *arg)
{
	return (int)syscall(SYS_init_module, "", 0, "") < 0 ? -1 : 0;
}

static int write_named_input(const char *arg)
{
	return can_open(arg, O_WRONLY | O_TRUNC);
}

static int chmod_named_input(const char *arg)
{
	return chmod(arg, 0777) < 0 ? -1 : can_open(arg, O_WRONLY);
}

static int remove_named_input(const char *arg)
{
	return unlink(arg);
}

static const struct attempt {
	const char *name;
	int (*run)(const char *arg);
	int takes_argument;
} attempts[] = {
	{ "read_passwd", read_passwd, 0 },
	{ "read_shadow_by_parents", read_shadow_by_parents, 0 },
	{ "list_host_root", list_host_root, 0 },
	{ "read_memory_of_another", read_memory_of_another, 0 },
	{ "read_environment_of_parent", read_environment_of_parent, 0 },
	{ "write_root", write_root, 0 },
	{ "make_root_folder", make_root_folder, 0 },
	{ "write_usr", write_usr, 0 },
	{ "write_dev", write_dev, 0 },
	{ "rename_dev", rename_dev, 0 },
	{ "remove_null", remove_null, 0 },
	{ "leave_root_by_chroot", leave_root_by_chroot, 0 },
	{ "mount_proc", mount_proc, 0 },
	{ "mount_tmpfs", mount_tmpfs, 0 },
	{ "remount_root", remount_root, 0 },
	{ "unmount_root", unmount_root, 0 },
	{ "open_new_mount", open_new_mount, 0 },
	{ "new_user_namespace", new_user_namespace, 0 },
	{ "new_user_namespace_by_clone", new_user_namespace_by_clone, 0 },
	{ "become_root", become_root, 0 },
	{ "make_device", make_device, 0 },
	{ "datagram_to_the_world", datagram_to_the_world, 0 },
	{ "packet_socket", netlink_socket, 0 },
	{ "trace_parent", trace_parent, 0 },
	{ "inherited_file", inherited_file, 0 },
	{ "load_bpf", load_bpf, 0 },
	{ "io_uring", io_uring, 0 },
	{ "perf_events", perf_events, 0 },
	{ "keyring", keyring, 0 },
	{ "open_by_handle", open_by_handle, 0 },
	{ "set_clock", set_clock, 0 },
	{ "set_host_name", set_host_name, 0 },
	{ "push_into_terminal", push_into_terminal, 0 },
	{ "load_module", load_module, 0 },
	{ "read_file", read_file, 1 },
	{ "write_file", write_file, 1 },
	{ "internet_socket", internet_socket, 1 },
	{ "abstract_socket", abstract_socket, 1 },
	{ "kill_another", kill_another, 1 },
	{ "trace_another", trace_another, 1 },
	{ "shared_memory", shared_memory, 1 },
	{ "write_named_input", write_named_input, 1 },
	{ "chmod_named_input", chmod_named_input, 1 },
	{ "remove_named_input", remove_named_input, 1 },
};

/* Not attempts, but what a job may leave behind. */
static int leave(const char *what)
{
	if (strcmp(what, "files") == 0)
		return write_file("/tmp/left") < 0 || write_file("left") < 0;
	if (strcmp(what, "daemon") == 0) {
		if (fork() == 0) {
			setsid();
			if (fork() == 0)
				for (;;)
					pause();
			_exit(0);
		}
		return 0;
	}
	return 2;
}

int main(int argc, char **argv)
{
	const size_t n = sizeof(attempts) / sizeof(attempts[0]);

	if (argc == 1) {
		for (size_t i = 0; i < n; i++)
			if (!attempts[i].takes_argument)
				puts(attempts[i].name);
		return 0;
	}
	if (argc < 3)
		return 2;
	FILE *out = fopen(argv[2], "w");
	if (!out)
		return 3;
	own_file = fileno(out);
	if (strcmp(argv[1], "leave") == 0) {
		fprintf(out, "left %s\n", argv[3]);
		return leave(argv[3]);
	}
	if (strcmp(argv[1], "link") == 0) { /* an output that points elsewhere */
		fclose(out);
		unlink(argv[2]);
		return symlink(argv[3], argv[2]);
	}
	if (strcmp(argv[1], "fifo") == 0) {
		fclose(out);
		unlink(argv[2]);
		return mkfifo(argv[2], 0666);
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(attempts[i].name, argv[1]) != 0)
			continue;
		errno = 0;
		if (attempts[i].run(argc > 3 ? argv[3] : "") == 0)
			fprintf(out, "escaped\n");
		else
			fprintf(out, "held: %s\n", strerror(errno));
		return 0;
	}
	return 2;
}
