/* SPDX-License-Identifier: BSD-2-Clause */
/* No more files: landlock(7). No other system calls: seccomp(2), through libseccomp. */
#include "cli/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define UNSEALED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define UNSEALED 1
#endif
/* A build that counts lines writes its counters at its end (-DUNSEALED=1). */

#if defined(SYS_landlock_create_ruleset) && !defined(UNSEALED)
#include <linux/landlock.h>

/* Rights that the header of an older system does not name yet: ABI 2, 3 and 5. */
#define RIGHT_REFER (1ull << 13)
#define RIGHT_TRUNCATE (1ull << 14)
#define RIGHT_IOCTL (1ull << 15)

static void allow(int ruleset, const char *path, __u64 rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* A capture that gets a second link type is written anew beside itself. */
static void allow_output(int ruleset, const char *path, __u64 all)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");

	if (dir)
		allow(ruleset, dir,
		      all & (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
			     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			     RIGHT_REFER | RIGHT_TRUNCATE));
	free(dir);
}

bool seal_has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

static bool landlock(const char *write_path)
{
	static const char *const names[] = {
		"/etc/services",      "/etc/protocols", "/etc/hosts",
		"/etc/nsswitch.conf", "/etc/ethers",    "/etc/networks"
	};
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr = { .handled_access_fs = (1ull << 13) - 1 };

	if (abi < 1)
		return false;
	attr.handled_access_fs |= abi >= 2 ? RIGHT_REFER : 0;
	attr.handled_access_fs |= abi >= 3 ? RIGHT_TRUNCATE : 0;
	attr.handled_access_fs |= abi >= 5 ? RIGHT_IOCTL : 0;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return false;
	/* Where libpcap looks for the counters of a device that has no packet socket (usbmon). */
	allow(ruleset, "/sys", LANDLOCK_ACCESS_FS_READ_FILE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		allow(ruleset, names[i], LANDLOCK_ACCESS_FS_READ_FILE);
	if (write_path && strcmp(write_path, "-") != 0)
		allow_output(ruleset, write_path, attr.handled_access_fs);
	bool done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return done;
}
#else
bool seal_has_landlock(void)
{
	return false;
}

static bool landlock(const char *write_path)
{
	(void)write_path;
	return false;
}
#endif

#if defined(STRATA_HAVE_SECCOMP) && !defined(UNSEALED)
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

struct calls {
	scmp_filter_ctx ctx;
	bool failed;
};

/* Names that this machine has not are passed over. */
static void let(struct calls *c, const int *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c->failed |= seccomp_rule_add(c->ctx, SCMP_ACT_ALLOW, list[i], 0) < 0;
}
#define LET(c, list) let(c, list, sizeof(list) / sizeof((list)[0]))

static const int basics[] = {
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(stat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(fcntl),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(sched_yield),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(eventfd2),
	SCMP_SYS(fadvise64),
	/* the end of a capture: its filter, its counters, its packets */
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
};

static void let_basics(struct calls *c)
{
	LET(c, basics);
	/* Is it a terminal? (Its size may be asked for, too.) */
	c->failed |= seccomp_rule_add(c->ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_EQ, TCGETS, 0)) < 0;
	/* What libpcap asks when a device gives no more: is it down, or away? */
	c->failed |= seccomp_rule_add(c->ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_EQ, SIOCGIFFLAGS, 0)) < 0;
	/* Read a file; which ones is for the other seal to say. */
	c->failed |= seccomp_rule_add(c->ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDONLY)) < 0;
	c->failed |= seccomp_rule_add(c->ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDONLY)) < 0;
}

/* malloc gives each thread its own memory bit by bit. */
static void let_threads(struct calls *c)
{
	c->failed |= seccomp_rule_add(c->ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) < 0;
}

static void let_write(struct calls *c)
{
	static const int list[] = { SCMP_SYS(openat),    SCMP_SYS(ftruncate), SCMP_SYS(fsync),
				    SCMP_SYS(fdatasync), SCMP_SYS(rename),    SCMP_SYS(renameat),
				    SCMP_SYS(renameat2), SCMP_SYS(unlink),    SCMP_SYS(unlinkat),
				    SCMP_SYS(geteuid) };

	LET(c, list);
}

/* Sockets to other interfaces, rtnetlink, and what libpcap asks of a device that it opens. */
static void let_sockets(struct calls *c)
{
	static const int list[] = {
		SCMP_SYS(socket),      SCMP_SYS(bind),       SCMP_SYS(listen),
		SCMP_SYS(connect),     SCMP_SYS(sendto),     SCMP_SYS(sendmsg),
		SCMP_SYS(sendmmsg),    SCMP_SYS(recvmmsg),   SCMP_SYS(getsockname),
		SCMP_SYS(getpeername), SCMP_SYS(shutdown),   SCMP_SYS(ioctl),
		SCMP_SYS(access),      SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
		SCMP_SYS(readlink),    SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
		SCMP_SYS(uname),       SCMP_SYS(getuid),     SCMP_SYS(geteuid)
	};

	LET(c, list);
	/* Pacing asks to be woken in time. */
	c->failed |= seccomp_rule_add(c->ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				      SCMP_A0(SCMP_CMP_EQ, PR_SET_TIMERSLACK, 0)) < 0;
}

/* Sockets that listen already, and those that they give. */
static void let_clients(struct calls *c)
{
	static const int list[] = { SCMP_SYS(accept4),     SCMP_SYS(epoll_wait),
				    SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
				    SCMP_SYS(sendto),      SCMP_SYS(sendmsg),
				    SCMP_SYS(getsockname), SCMP_SYS(getpeername) };

	LET(c, list);
}

static bool seccomp(const struct seal_opts *o)
{
	struct calls c = { .ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM)) };
	bool done = false;

	if (!c.ctx)
		return false;
	/* Threads that run already, too. */
	c.failed = seccomp_attr_set(c.ctx, SCMP_FLTATR_CTL_TSYNC, 1) < 0;
	let_basics(&c);
	let_threads(&c);
	if (o->write_path)
		let_write(&c);
	if (o->sends)
		let_sockets(&c);
	if (o->serves)
		let_clients(&c);
	done = !c.failed && seccomp_load(c.ctx) == 0;
	seccomp_release(c.ctx);
	return done;
}

bool seal_has_seccomp(void)
{
	return true;
}
#else
static bool seccomp(const struct seal_opts *o)
{
	(void)o;
	return false;
}

bool seal_has_seccomp(void)
{
	return false;
}
#endif

unsigned seal_files(const struct seal_opts *o)
{
	/* A packet may be told to hold a file, and a script to hold many of them. */
	return !o->sends && !o->files && landlock(o->write_path) ? SEAL_FILES : 0;
}

unsigned seal_calls(const struct seal_opts *o)
{
	return seccomp(o) ? SEAL_CALLS : 0;
}

unsigned seal(const struct seal_opts *o)
{
	unsigned done = seal_files(o);

	return done | seal_calls(o);
}
