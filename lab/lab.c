/* SPDX-License-Identifier: BSD-2-Clause */
/* A lab is opened and closed: its first process is the first one of a process namespace, so that
 * the kernel ends all others with it, and it ends with the one that opened it. */
#include "lab/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/impl.h"

#define BATCH 200 /* descriptors in one message; the kernel takes 253 */

const char *lab_name(const struct lab *l)
{
	return l->name;
}

bool lab_wire_stats(const struct lab *l, unsigned wire, struct lab_wire_stats out[2],
		    uint64_t *seed)
{
	const struct wire_share *s = &l->share[wire];

	if (!s->relayed)
		return false;
	memcpy(out, s->stats, sizeof(s->stats));
	*seed = s->seed;
	return true;
}

bool lab_wire_broken(const struct lab *l, unsigned wire)
{
	return l->share[wire].broken;
}

/* ---- the first process ---- */

/* What the one who opened it, and those who join it, need to enter. */
static int hand_out(struct lab *l)
{
	unsigned n = 4 + 2 * l->t->nnodes, sent = 0;
	int *fd = calloc(n, sizeof(*fd)), rc = 0;
	struct err none = { 0 };

	if (!fd)
		return -1;
	/* Where there is no user namespace of its own the place is taken by another one. */
	l->space.user = open(l->own_users ? "/proc/self/ns/user" : "/proc/self/ns/ipc",
			     O_RDONLY | O_CLOEXEC);
	l->space.pid = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	l->space.mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	l->space.ipc = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	if (l->space.user < 0 || l->space.pid < 0 || l->space.mnt < 0 || l->space.ipc < 0) {
		free(fd);
		return -1;
	}
	memcpy(fd, &l->space, sizeof(l->space));
	memcpy(fd + 4, l->node, 2 * l->t->nnodes * sizeof(int));
	rc = send_fds(l->control, &none, sizeof(none), NULL, 0);
	while (!rc && sent < n) {
		unsigned count = n - sent < BATCH ? n - sent : BATCH;

		rc = send_fds(l->control, "f", 1, fd + sent, count);
		sent += count;
	}
	free(fd);
	return rc;
}

/* Who has ended is waited for; a wire that it carried carries no more. */
static void bury(const struct lab *l)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (unsigned w = 0; w < l->t->nwires; w++)
			l->share[w].broken |= l->share[w].carrier == pid;
}

/* Until the one who opened us is gone: bury the dead, answer those who ask for this lab. */
static void __attribute__((noreturn)) live(const struct lab *l)
{
	struct pollfd p[3] = { { .fd = l->control, .events = POLLIN },
			       { .fd = l->ear, .events = POLLIN },
			       { .events = POLLIN } };
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p[2].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	for (;;) {
		bury(l);
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			_exit(1);
		if (p[0].revents)
			_exit(0); /* nothing is ever said there: it was closed */
		if (p[1].revents) {
			int fd = accept4(l->ear, NULL, NULL, SOCK_CLOEXEC);

			if (fd >= 0) {
				control_answer(l, fd);
				close(fd);
			}
		}
		if (p[2].revents)
			(void)!read(p[2].fd, &info, sizeof(info));
	}
}

static void __attribute__((noreturn)) first_process(struct lab *l)
{
	struct err e = { 0 };
	char go;

	if (recv(l->control, &go, 1, 0) != 1)
		_exit(1);
	if (l->own_users && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		err_set(&e, ERR_PERM, "cannot be root in a private network: %s", strerror(errno));
	/* After the change of user, which clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "strata-lab", 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	setsid();
	if (e.code || build_lab(l, &e) ||
	    (hand_out(l) && err_set(&e, ERR_IO, "cannot hand out a lab: %s", strerror(errno)))) {
		(void)send_fds(l->control, &e, sizeof(e), NULL, 0);
		_exit(1);
	}
	live(l);
}

/* ---- the one who opens it ---- */

static int take_fds(struct lab *l, int *fd, unsigned want)
{
	unsigned got = 0;
	char c;

	while (got < want) {
		unsigned n = want - got;

		if (recv_fds(l->control, &c, 1, fd + got, &n) != 1 || !n)
			return -1;
		got += n;
	}
	return 0;
}

static int take_lab(struct lab *l, struct err *e)
{
	unsigned n = 0, want = 4 + 2 * l->t->nnodes;
	struct err said = { 0 };
	int *fd;

	if (recv_fds(l->control, &said, sizeof(said), NULL, &n) != sizeof(said))
		return err_set(e, ERR_IO, "the lab's first process ended before it was ready");
	if (said.code) {
		*e = said;
		return -1;
	}
	fd = malloc(want * sizeof(*fd));
	if (!fd)
		return err_set(e, ERR_IO, "out of memory");
	if (take_fds(l, fd, want)) {
		free(fd);
		return err_set(e, ERR_IO, "cannot take over the lab's %u descriptors: %s", want,
			       strerror(errno));
	}
	memcpy(&l->space, fd, sizeof(l->space));
	memcpy(l->node, fd + 4, 2 * l->t->nnodes * sizeof(int));
	free(fd);
	if (!l->own_users) {
		close(l->space.user);
		l->space.user = -1;
	}
	return 0;
}

static struct lab *new_lab(const struct topology *t, const struct lab_opts *o, struct err *e)
{
	struct lab *l = calloc(1, sizeof(*l));
	size_t size = (t->nwires + 1) * sizeof(*l->share);

	if (!l) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	l->t = t;
	l->o = *o;
	l->control = l->ear = l->first_net = -1;
	l->space = (struct space) { -1, -1, -1, -1 };
	snprintf(l->self, sizeof(l->self), "%s", o->self ? o->self : "");
	l->node = malloc((t->nnodes + 1) * sizeof(*l->node));
	l->share = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->share == MAP_FAILED)
		l->share = NULL;
	if (l->node)
		memset(l->node, 0xff, (t->nnodes + 1) * sizeof(*l->node));
	if (!l->node || !l->share) {
		err_set(e, ERR_IO, "out of memory");
		lab_close(l);
		return NULL;
	}
	return l;
}

static int start(struct lab *l, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, ERR_IO, "cannot make a socket: %s", strerror(errno));
	l->init = space_clone(&l->own_users, e);
	if (l->init == 0) {
		close(pair[0]);
		l->control = pair[1];
		first_process(l);
	}
	close(pair[1]);
	l->control = pair[0];
	if (l->init < 0) {
		l->init = 0;
		return -1;
	}
	if (l->own_users && space_map(l->init, e))
		return -1;
	if (send(l->control, "g", 1, MSG_NOSIGNAL) != 1)
		return err_set(e, ERR_IO, "the lab's first process ended before it was ready");
	return take_lab(l, e);
}

struct lab *lab_open(const struct topology *t, const struct lab_opts *o, struct err *e)
{
	struct lab *l = new_lab(t, o, e);
	int rc;

	if (!l)
		return NULL;
	rc = o->drop ? space_become(o->uid, o->gid, e) : 0;
	rc = rc || control_listen(l, e) || start(l, e);
	if (o->drop)
		space_give_up();
	if (rc) {
		lab_close(l);
		return NULL;
	}
	close(l->ear); /* the first process listens */
	l->ear = -1;
	return l;
}

void lab_close(struct lab *l)
{
	if (!l)
		return;
	if (l->init > 0) {
		kill(l->init, SIGKILL);
		while (waitpid(l->init, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (l->control >= 0)
		close(l->control);
	if (l->ear >= 0)
		close(l->ear);
	for (unsigned i = 0; i < 4; i++)
		if (((int *)&l->space)[i] >= 0)
			close(((int *)&l->space)[i]);
	for (unsigned i = 0; l->node && i < 2 * l->t->nnodes; i++)
		if (((int *)l->node)[i] >= 0)
			close(((int *)l->node)[i]);
	if (l->share)
		munmap(l->share, (l->t->nwires + 1) * sizeof(*l->share));
	free(l->node);
	free(l);
}

/* ---- programs ---- */

pid_t lab_run(struct lab *l, unsigned node, char *const argv[], const int fds[3], unsigned flags,
	      struct err *e)
{
	struct join j = { .space = l->space,
			  .node = l->node[node],
			  .lab = l->name,
			  .host = l->t->node[node].name,
			  .flags = flags };

	return join_run(&j, argv, fds, e);
}

int lab_listens(struct lab *l, unsigned node, uint16_t port, struct err *e)
{
	struct join j = { .space = l->space, .node = l->node[node], .host = l->t->node[node].name };

	return join_listens(&j, port, e);
}
