/* SPDX-License-Identifier: BSD-2-Clause */
/* A program is run in a lab, by a process that enters its namespaces: setns(2). It stays in the
 * session of who asked, so that a terminal works as usual. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/impl.h"
#include "lab/kernel.h"

struct failure { /* what the new process says when it cannot */
	int no;
	char what[24];
};

static void __attribute__((noreturn)) give_up(int pipe, const char *what)
{
	struct failure f = { .no = errno };

	snprintf(f.what, sizeof(f.what), "%s", what);
	(void)!write(pipe, &f, sizeof(f));
	_exit(127);
}

static void enter(int fd, int kind, const char *what, int pipe)
{
	if (fd >= 0 && setns(fd, kind) < 0)
		give_up(pipe, what);
}

static void environment(const struct join *j)
{
	static const char *const gone[] = { "SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND" };
	const char *path = getenv("PATH");
	char all[4096];

	for (unsigned i = 0; i < 4; i++)
		unsetenv(gone[i]);
	setenv("STRATA_LAB", j->lab, 1);
	setenv("STRATA_HOST", j->host, 1);
	setenv("STRATA_NAMES", LAB_ROOM "/names", 1);
	if (path && strncmp(path, LAB_ROOM, strlen(LAB_ROOM)) == 0)
		return;
	/* Where Debian keeps servers, which an ordinary user does not search. */
	snprintf(all, sizeof(all), LAB_ROOM "/bin:%s:/usr/sbin:/sbin",
		 path ? path : "/usr/local/bin:/usr/bin:/bin");
	setenv("PATH", all, 1);
}

/* The program itself; in a mount namespace of its own, whose /sys speaks of its own interfaces. */
static void __attribute__((noreturn))
become(const struct join *j, char *const argv[], const int fds[3], const char *cwd, int pipe)
{
	sigset_t none;
	int aside[3];

	/* Root of outside, in a lab of somebody else, is nobody yet. */
	if (getuid() != 0 && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		give_up(pipe, "be root there");
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (unshare(CLONE_NEWNS) == 0) {
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	}
	if (chdir(cwd) < 0 && chdir("/") < 0)
		give_up(pipe, "enter a folder");
	environment(j);
	/* First out of the way, since one may be where another is to go. */
	for (int i = 0; i < 3; i++)
		if ((aside[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3)) < 0)
			give_up(pipe, "pass descriptors");
	for (int i = 0; i < 3; i++)
		if (dup2(aside[i], i) < 0)
			give_up(pipe, "pass descriptors");
	for (int s = 1; s < 32; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	give_up(pipe, "run");
}

static volatile pid_t program;
static volatile int early; /* a signal that came before there was one */

/* What a process sends us is passed on; what a terminal, or who ends a group, sends the program has
 * by itself. */
static void pass_on(int sig, siginfo_t *from, void *context)
{
	int before = errno;

	(void)context;
	if (from->si_code <= 0 && program > 0)
		kill(program, sig);
	else if (from->si_code <= 0)
		early = sig;
	errno = before;
}

static void pass_signals_on(bool group)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (group)
			signal(ends[i], SIG_IGN);
		else
			sigaction(ends[i], &sa, NULL);
	signal(SIGQUIT, SIG_IGN);
}

/* Enters, starts the program and waits for it: only a child is in the process namespace. */
static void __attribute__((noreturn))
wait_for(const struct join *j, char *const argv[], const int fds[3], pid_t parent, int pipe)
{
	char cwd[PATH_MAX];
	int status = 0;
	pid_t pid;

	if (!getcwd(cwd, sizeof(cwd)))
		strcpy(cwd, "/");
	if (j->flags & LAB_RUN_GROUP)
		setpgid(0, 0);
	enter(j->space.user, CLONE_NEWUSER, "enter the lab", pipe);
	enter(j->space.ipc, CLONE_NEWIPC, "enter the lab", pipe);
	enter(j->space.mnt, CLONE_NEWNS, "enter the lab", pipe);
	enter(j->space.pid, CLONE_NEWPID, "enter the lab", pipe);
	enter(j->node.uts, CLONE_NEWUTS, "enter the host", pipe);
	enter(j->node.net, CLONE_NEWNET, "enter the host", pipe);
	/* Who asked may be killed; the program ends with us. Not before: entering clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	/* What ends the program is not for us. */
	pass_signals_on(j->flags & LAB_RUN_GROUP);
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid < 0)
		give_up(pipe, "start a process");
	if (pid == 0)
		become(j, argv, fds, cwd, pipe);
	program = pid;
	if (early)
		kill(pid, early);
	close(pipe);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

pid_t join_run(const struct join *j, char *const argv[], const int fds[3], struct err *e)
{
	struct failure f = { 0 };
	pid_t pid, self = getpid();
	int pipes[2];
	ssize_t n;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_set(e, ERR_IO, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(pipes[0]);
		wait_for(j, argv, fds, self, pipes[1]);
	}
	close(pipes[1]);
	if (pid < 0) {
		close(pipes[0]);
		return err_set(e, ERR_IO, "cannot start a process: %s", strerror(errno));
	}
	do
		n = read(pipes[0], &f, sizeof(f));
	while (n < 0 && errno == EINTR);
	close(pipes[0]);
	if (n != sizeof(f))
		return pid;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (strcmp(f.what, "run") == 0 && (f.no == ENOENT || f.no == EACCES))
		return err_set(e, ERR_USAGE, "%s: no program '%s' here%s", j->host, argv[0],
			       f.no == EACCES ? " that may be run" : "");
	return err_set(e, f.no == EPERM ? ERR_PERM : ERR_IO, "%s: cannot %s: %s", j->host, f.what,
		       strerror(f.no));
}

/* ---- who listens ---- */

/* Local port and state of a socket in the kernel's table (proc(5)): listening, or of datagrams. */
static bool in_table(const char *path, unsigned port, unsigned state)
{
	FILE *f = fopen(path, "re");
	char line[512];
	unsigned local, st;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*[0-9A-Fa-f]:%x %*s %x", &local, &st) == 2 &&
			local == port && st == state;
	if (f)
		fclose(f);
	return found;
}

int join_listens(const struct join *j, uint16_t port, struct err *e)
{
	static const struct {
		const char *path;
		unsigned state;
	} tables[] = KERNEL_LISTENERS;
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return err_set(e, ERR_IO, "cannot start a process: %s", strerror(errno));
	if (pid == 0) {
		bool found = false;

		if ((j->space.user >= 0 && setns(j->space.user, CLONE_NEWUSER) < 0) ||
		    setns(j->node.net, CLONE_NEWNET) < 0)
			_exit(2);
		for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
			found |= in_table(tables[i].path, port, tables[i].state);
		_exit(found);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return err_set(e, ERR_IO, "%s: cannot be entered", j->host);
	return WEXITSTATUS(status);
}
