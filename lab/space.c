/* SPDX-License-Identifier: BSD-2-Clause */
/* Namespaces of an ordinary user: namespaces(7), user_namespaces(7), mount_namespaces(7). */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lab/impl.h"

#define SPACES (CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS)

pid_t space_clone(bool *user, struct err *e)
{
	long pid = syscall(SYS_clone, SPACES | CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	int no = errno;

	*user = true;
	/* Root where user namespaces are refused, as in a chroot, has the others all the same. */
	if (pid < 0 && geteuid() == 0) {
		*user = false;
		pid = syscall(SYS_clone, SPACES | SIGCHLD, NULL, NULL, NULL, NULL);
	}
	if (pid < 0)
		return space_refused("/proc/sys", no, e);
	return (pid_t)pid;
}

/* ---- refusals ---- */

static long setting(const char *proc, const char *name)
{
	char path[256], text[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? strtol(text, NULL, 10) : -1;
}

int space_refused(const char *proc, int no, struct err *e)
{
	if (setting(proc, "user/max_user_namespaces") == 0)
		return err_set(e, ERR_PERM,
			       "private networks are switched off here "
			       "(user.max_user_namespaces is 0); to allow them: "
			       "sudo sysctl -w user.max_user_namespaces=10000");
	if (setting(proc, "kernel/unprivileged_userns_clone") == 0)
		return err_set(
			e, ERR_PERM,
			"private networks are for root only here "
			"(kernel.unprivileged_userns_clone is 0): run 'sudo strata lab', which "
			"becomes you again, or allow them: sudo sysctl -w "
			"kernel.unprivileged_userns_clone=1");
	if (setting(proc, "kernel/apparmor_restrict_unprivileged_userns") == 1)
		return err_set(
			e, ERR_PERM,
			"AppArmor refuses private networks to programs without a profile "
			"(kernel.apparmor_restrict_unprivileged_userns is 1): run 'sudo strata "
			"lab', which becomes you again, or install strata's profile, "
			"share/strata/apparmor/strata, as /etc/apparmor.d/strata and load it: "
			"sudo apparmor_parser -r /etc/apparmor.d/strata");
	if (no == ENOSPC || no == EUSERS)
		return err_set(e, ERR_PERM,
			       "too many private networks, or nested too deep "
			       "(user.max_user_namespaces, user.max_net_namespaces): %s",
			       strerror(no));
	return err_set(
		e, ERR_PERM,
		"private networks are refused here (%s): a container or a seccomp filter may "
		"forbid them",
		strerror(no));
}

/* ---- who is who ---- */

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -1;
	rc = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return rc;
}

/* Everybody as they are: root has other users, who programs want to become. */
static bool map_all(pid_t pid, const char *kind)
{
	char path[64], line[128], all[2048] = "";
	unsigned long in, out, n;
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/%s", kind);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f) && len + 100 < sizeof(all))
		if (sscanf(line, "%lu %lu %lu", &in, &out, &n) == 3)
			len += (size_t)snprintf(all + len, sizeof(all) - len, "%lu %lu %lu\n", in,
						in, n);
	fclose(f);
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, kind);
	return write_text(path, all) == 0;
}

int space_map(pid_t pid, struct err *e)
{
	char path[64], text[64];

	if (geteuid() == 0 && map_all(pid, "gid_map") && map_all(pid, "uid_map"))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
	if (write_text(path, "deny") < 0 && errno != ENOENT)
		return space_refused("/proc/sys", errno, e);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	snprintf(text, sizeof(text), "0 %u 1", (unsigned)getegid());
	if (write_text(path, text) < 0)
		return space_refused("/proc/sys", errno, e);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	snprintf(text, sizeof(text), "0 %u 1", (unsigned)geteuid());
	if (write_text(path, text) < 0)
		return space_refused("/proc/sys", errno, e);
	return 0;
}

static int set_caps(bool all)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = { { 0 } };

	if (all) {
		if (syscall(SYS_capget, &h, d) < 0)
			return -1;
		d[0].effective = d[0].permitted;
		d[1].effective = d[1].permitted;
	}
	return (int)syscall(SYS_capset, &h, d);
}

int space_become(uid_t uid, gid_t gid, struct err *e)
{
	/* The namespace belongs to who makes it; making it is root's right. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0 || set_caps(true) < 0)
		return err_set(e, ERR_PERM, "cannot become user %u: %s", (unsigned)uid,
			       strerror(errno));
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

void space_give_up(void)
{
	(void)set_caps(false);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* ---- files ---- */

int space_file(const char *path, mode_t mode, const char *text, size_t n, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n) {
		err_set(e, ERR_IO, "cannot write %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

/* Make the folders that path stands in. */
static void folders(const char *path)
{
	char part[512];

	for (const char *c = path + 1; *c && (size_t)(c - path) < sizeof(part); c++)
		if (*c == '/') {
			memcpy(part, path, (size_t)(c - path));
			part[c - path] = '\0';
			mkdir(part, 0755);
		}
}

/* The file `ours` in the place of a system's file. One that is not there is let be, as is a system
 * that does not allow it: names are then known to strata alone. */
static void in_place_of(const char *real, const char *ours)
{
	if (!*real)
		return;
	if (strncmp(real, "/run/", 5) == 0) {
		int fd;

		folders(real);
		fd = open(real, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd >= 0)
			close(fd);
	}
	mount(ours, real, NULL, MS_BIND, NULL);
}

static void real_path(const char *path, char out[512])
{
	char *p = realpath(path, NULL);

	snprintf(out, 512, "%s", p ? p : "");
	free(p);
}

static int cannot_mount(const char *what, struct err *e)
{
	if (errno == EPERM || errno == EACCES)
		return space_refused("/proc/sys", errno, e);
	return err_set(e, ERR_IO, "cannot mount %s: %s", what, strerror(errno));
}

static int room_files(const struct lab *l, struct err *e)
{
	static const char *const words[] = { "on", "sniff" };
	struct buf b = { 0 };
	char path[128];
	int rc;

	mkdir(LAB_ROOM, 0755);
	mkdir(LAB_ROOM "/net", 0755);
	mkdir(LAB_ROOM "/uts", 0755);
	mkdir(LAB_ROOM "/bin", 0755);
	mkdir(LAB_ROOM "/log", 01777);
	(void)!symlink("strata-lab/net", "/run/netns"); /* for ip netns exec */
	topology_hosts(l->t, &b);
	rc = space_file(LAB_ROOM "/hosts", 0644, b.p, b.n, e);
	b.n = 0;
	topology_name_table(l->t, &b);
	rc = rc || space_file(LAB_ROOM "/names", 0644, b.n ? b.p : "", b.n, e);
	rc = rc || space_file(LAB_ROOM "/topology", 0644, l->t->text, strlen(l->t->text), e);
	rc = rc || space_file(LAB_ROOM "/resolv.conf", 0644, "", 0, e);
	for (unsigned i = 0; !rc && *l->self && i < 2; i++) {
		b.n = 0;
		buf_fmt(&b, "#!/bin/sh\nexec '%s' lab %s \"$@\"\n", l->self, words[i]);
		snprintf(path, sizeof(path), LAB_ROOM "/bin/%s", words[i]);
		rc = space_file(path, 0755, b.p, b.n, e);
	}
	b.n = 0;
	buf_fmt(&b,
		"[ ! -r ~/.bashrc ] || . ~/.bashrc\nPATH=" LAB_ROOM "/bin:$PATH\n"
		"PS1='[lab %s] \\h:\\w\\$ '\n",
		l->name);
	rc = rc || space_file(LAB_ROOM "/bashrc", 0644, b.p, b.n, e);
	if (*l->self)
		(void)!symlink(l->self, LAB_ROOM "/bin/strata");
	buf_done(&b);
	return rc ? -1 : 0;
}

int space_mounts(const struct lab *l, struct err *e)
{
	char hosts[512], resolv[512];
	int user;

	real_path("/etc/hosts", hosts);
	real_path("/etc/resolv.conf", resolv);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return cannot_mount("anything", e);
	/* A container may forbid it; then /proc shows the processes of outside as well. */
	mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	user = open("/run/user", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mount("strata-lab", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m") < 0)
		return cannot_mount("/run", e);
	if (user >= 0) {
		char path[64];

		mkdir("/run/user", 0755);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", user);
		mount(path, "/run/user", NULL, MS_BIND | MS_REC, NULL);
		close(user);
	}
	mkdir("/run/lock", 01777);
	if (room_files(l, e))
		return -1;
	in_place_of(hosts, LAB_ROOM "/hosts");
	in_place_of(resolv, LAB_ROOM "/resolv.conf");
	return 0;
}
