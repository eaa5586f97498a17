/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper: it dissects nothing, and knows of packets only what it is to hand on. Each program
 * has a process group of its own, which ends with it; a file in memory is its standard input. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "play/runner_impl.h"

#define MS 1000000ll

struct job {
	pid_t pid;
	uint64_t number;
	int64_t until;
	bool late;
};

struct helper {
	const struct runner_opts *o;
	int fd, children;
	struct job job[RUNNER_MOST];
	unsigned n;
	bool over; /* nobody asks any more */
	char *ask;
	sigset_t before;
};

static void report(struct helper *h, uint64_t number, enum run_end end, int detail)
{
	struct run_result m = { .number = number, .end = end, .detail = detail };

	/* Waits where nobody listens yet; what waits is bounded by who asks. */
	while (send(h->fd, &m, sizeof(m), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* ---- starting ---- */

static _Noreturn void become(struct helper *h, int in, int told, char *const *argv)
{
	static const int usual[] = { SIGINT,  SIGTERM, SIGHUP,  SIGPIPE,
				     SIGXFSZ, SIGUSR1, SIGCHLD, SIGQUIT };
	int no;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		signal(usual[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &h->before, NULL);
	if (dup2(in, 0) >= 0)
		execvp(argv[0], argv);
	no = errno;
	if (write(told, &no, sizeof(no)) < 0)
		_exit(126);
	_exit(127);
}

static int input(const void *p, size_t n)
{
	int fd = memfd_create("packet", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < n) {
		ssize_t k = write(fd, (const char *)p + done, n - done);

		if (k <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)k;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* errno, or 0: it runs. */
static int start(struct helper *h, struct job *j, char *const *argv, const void *in, size_t n)
{
	int told[2], no = 0, fd = input(in, n);
	ssize_t k;

	if (fd < 0)
		return errno;
	if (pipe2(told, O_CLOEXEC) < 0) {
		no = errno;
		close(fd);
		return no;
	}
	j->pid = fork();
	if (j->pid == 0)
		become(h, fd, told[1], argv);
	no = j->pid < 0 ? errno : 0;
	close(fd);
	close(told[1]);
	if (j->pid > 0) {
		setpgid(j->pid, j->pid);
		do
			k = read(told[0], &no, sizeof(no));
		while (k < 0 && errno == EINTR);
		if (k == (ssize_t)sizeof(no))
			waitpid(j->pid, NULL, 0);
		else
			no = 0;
	}
	close(told[0]);
	return no;
}

static void ask_taken(struct helper *h, size_t got)
{
	struct run_ask *a = (struct run_ask *)(void *)h->ask;
	char *argv[64], *at = h->ask + sizeof(*a);
	struct job *j = &h->job[h->n];
	unsigned n = 0;
	int no;

	if (got < sizeof(*a) || got != sizeof(*a) + a->size + a->len || !a->n || a->n >= 64 ||
	    !a->size || at[a->size - 1])
		_exit(1); /* only we ourselves ask */
	for (char *s = at; s < at + a->size && n < a->n; s += strlen(s) + 1)
		argv[n++] = s;
	argv[n] = NULL;
	*j = (struct job) { .number = a->number, .until = clock_mono() + h->o->limit };
	no = start(h, j, argv, at + a->size, a->len);
	if (no)
		report(h, a->number, RUN_NOT, no);
	else
		h->n++;
}

static void hear(struct helper *h)
{
	ssize_t k = recv(h->fd, h->ask, RUN_ASK_MOST, MSG_DONTWAIT);

	if (k == 0 || (k < 0 && errno != EAGAIN && errno != EINTR))
		h->over = true;
	else if (k > 0)
		ask_taken(h, (size_t)k);
}

/* ---- ending ---- */

static void end_of(struct helper *h, pid_t pid, int status)
{
	for (unsigned i = 0; i < h->n; i++) {
		struct job *j = &h->job[i];

		if (j->pid != pid)
			continue;
		if (j->late)
			report(h, j->number, RUN_LATE, 0);
		else if (WIFSIGNALED(status))
			report(h, j->number, RUN_SIGNAL, WTERMSIG(status));
		else
			report(h, j->number, RUN_EXIT, WEXITSTATUS(status));
		*j = h->job[--h->n];
		return;
	}
}

static void reap(struct helper *h)
{
	struct signalfd_siginfo si;
	siginfo_t who;
	int status;

	while (read(h->children, &si, sizeof(si)) > 0)
		;
	for (;;) {
		who.si_pid = 0;
		if (waitid(P_ALL, 0, &who, WEXITED | WNOHANG | WNOWAIT) < 0 || !who.si_pid)
			break;
		/* As long as it is not waited for, the number of its group is nobody else's. */
		kill(-who.si_pid, SIGKILL);
		if (waitpid(who.si_pid, &status, 0) == who.si_pid)
			end_of(h, who.si_pid, status);
	}
}

/* Kill what takes too long; ms until the next one does. */
static int deadlines(struct helper *h)
{
	int64_t now = clock_mono(), first = INT64_MAX;

	for (unsigned i = 0; i < h->n; i++) {
		struct job *j = &h->job[i];

		if (j->late)
			continue;
		if (j->until <= now) {
			j->late = true;
			kill(-j->pid, SIGKILL);
		} else if (j->until < first) {
			first = j->until;
		}
	}
	if (first == INT64_MAX)
		return -1;
	first = (first - now) / MS + 1;
	return first > INT_MAX ? INT_MAX : (int)first;
}

/* ---- its life ---- */

static void enter(struct helper *h)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGQUIT };
	struct run_ready m = { 0 };
	struct err e = { 0 };
	sigset_t set;

	prctl(PR_SET_NAME, "strata-run");
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &h->before);
	/* Nothing of ours is open in it or in what it runs but the three that everybody has. */
	if (h->fd != 3 && dup2(h->fd, 3) == 3)
		h->fd = 3;
	fcntl(h->fd, F_SETFD, FD_CLOEXEC);
	for (int fd = 4; close_range((unsigned)fd, ~0u, 0) < 0 && fd < 1024; fd++)
		close(fd);
	h->children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	h->ask = malloc(RUN_ASK_MOST);
	if (h->children < 0 || !h->ask)
		err_set(&e, ERR_IO, "the process that runs programs: %s", strerror(errno));
	else if (h->o->enter && h->o->enter(h->o->ctx, &e) < 0 && !e.code)
		err_set(&e, ERR_PERM, "rights could not be given up");
	m.code = e.code;
	snprintf(m.msg, sizeof(m.msg), "%.200s", e.msg);
	send(h->fd, &m, sizeof(m), MSG_NOSIGNAL);
	if (e.code)
		_exit(1);
}

_Noreturn void runner_helper(int fd, const struct runner_opts *o)
{
	static struct helper h; /* this process does nothing else */

	h.o = o;
	h.fd = fd;
	enter(&h);
	while (!h.over) {
		/* Who asks waits in the socket while as many run as may. */
		struct pollfd w[2] = {
			{ .fd = h.children, .events = POLLIN },
			{ .fd = h.fd, .events = POLLRDHUP | (h.n < o->most ? POLLIN : 0) },
		};

		if (poll(w, 2, deadlines(&h)) < 0 && errno != EINTR)
			break;
		if (w[0].revents)
			reap(&h);
		if (w[1].revents & (POLLHUP | POLLRDHUP))
			break;
		if (w[1].revents && h.n < o->most)
			hear(&h);
	}
	for (unsigned i = 0; i < h.n; i++)
		kill(-h.job[i].pid, SIGKILL);
	_exit(0);
}
