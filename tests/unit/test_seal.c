/* SPDX-License-Identifier: BSD-2-Clause */
/* The seals of cli/: what they refuse and what goes on working. Each case runs in a process of its
 * own, which is sealed for good. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* The tool's own file: cli/ is no library. */
#include "cli/seal.c"

static char dir[] = "/tmp/seal.XXXXXX";
static char inside[64];

/* Exit status of a sealed process: 0, or the number of the first line of try that went wrong. */
static int sealed(const struct seal_opts *o, unsigned need, int (*try)(void))
{
	int status = 0;
	pid_t pid;

	if ((need & SEAL_CALLS && !seal_has_seccomp()) ||
	    (need & SEAL_FILES && !seal_has_landlock()))
		return 0; /* not in this build, or not by this kernel: nothing to hold it to */
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit((seal(o) & need) == need ? try() : 255);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

#define REFUSED(x) (errno = 0, (x) < 0 && (errno == EPERM || errno == EACCES))

static int try_calls(void)
{
	static char *const argv[] = { "/bin/true", NULL };

	if (!REFUSED(socket(AF_INET, SOCK_DGRAM, 0)))
		return 1;
	if (!REFUSED(execve(argv[0], argv, argv)))
		return 2;
	if (!REFUSED(fork()))
		return 3;
	if (!REFUSED(open(inside, O_WRONLY | O_CREAT, 0600)))
		return 4;
	if (!REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL)))
		return 5;
	if (!REFUSED(kill(getppid(), 0)) && errno == 0)
		return 6;
	if (!REFUSED(unlink(inside)))
		return 7;
	return 0;
}

/* What printing and reading need. */
static int try_work(void)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *big = malloc(8 << 20);

	if (p == MAP_FAILED || munmap(p, 1 << 20) || !big)
		return 1;
	free(big);
	return fprintf(stderr, "%s", "") == 0 && fflush(NULL) == 0 ? 0 : 2;
}

static int try_files(void)
{
	return REFUSED(open("/etc/passwd", O_RDONLY)) ? 0 : 1;
}

static int try_output(void)
{
	int fd = open(inside, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) || fsync(fd) || close(fd))
		return 1;
	/* Whose a file is that stands there already is asked of every output. */
	if (geteuid() == (uid_t)-1)
		return 3;
	return unlink(inside) ? 2 : 0;
}

static int try_elsewhere(void)
{
	return REFUSED(open("/tmp/seal.elsewhere", O_WRONLY | O_CREAT, 0600)) ? 0 : 1;
}

static int try_sender(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || close(fd))
		return 1;
	fd = open("/etc/passwd", O_RDONLY); /* a payload may be a file */
	if (fd < 0 || close(fd))
		return 2;
	if (!REFUSED(open(inside, O_WRONLY | O_CREAT, 0600)))
		return 3;
	return REFUSED(fork()) ? 0 : 4;
}

START_TEST(readers)
{
	const struct seal_opts o = { 0 };

	ck_assert_int_eq(sealed(&o, SEAL_CALLS, try_calls), 0);
	ck_assert_int_eq(sealed(&o, SEAL_CALLS, try_work), 0);
	ck_assert_int_eq(sealed(&o, SEAL_FILES, try_files), 0);
}
END_TEST

START_TEST(writers)
{
	const struct seal_opts o = { .write_path = inside };

	ck_assert_int_eq(sealed(&o, 0, try_output), 0);
	ck_assert_int_eq(sealed(&o, SEAL_FILES, try_files), 0);
	ck_assert_int_eq(sealed(&o, SEAL_FILES, try_elsewhere), 0);
}
END_TEST

START_TEST(senders)
{
	const struct seal_opts o = { .sends = true };

	ck_assert_int_eq(sealed(&o, SEAL_CALLS, try_sender), 0);
}
END_TEST

static void tests(TCase *t)
{
	tcase_add_test(t, readers);
	tcase_add_test(t, writers);
	tcase_add_test(t, senders);
}

int main(void)
{
	int rc;

	if (!mkdtemp(dir))
		return 1;
	snprintf(inside, sizeof(inside), "%s/x", dir);
	if (!seal_has_seccomp())
		puts("left out: limits on system calls (not in this build)");
	if (!seal_has_landlock())
		puts("left out: limits on files (not by this kernel, or this build)");
	rc = unit_run("seal", tests);
	rmdir(dir);
	return rc;
}
