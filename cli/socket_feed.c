/* SPDX-License-Identifier: BSD-2-Clause */
/* What changes in this machine's sockets, from a process of its own. */
#include "cli/socket_feed.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/privs.h"
#include "cli/socket_look.h"
#include "cli/socket_rules.h"
#include "core/clock.h"

struct feeding {
	int fd;
	struct looks looks;
	struct socket_record r;
};

/* Waits where the reader is slow; fails where there is none any more. */
static bool hand_on(struct feeding *f)
{
	return send(f->fd, &f->r, sizeof(f->r), MSG_NOSIGNAL) == (ssize_t)sizeof(f->r);
}

static int changed(void *arg, const struct socket_change *c)
{
	struct feeding *f = arg;

	f->r.kind = RECORD_CHANGE;
	f->r.change = *c;
	f->r.change.now = NULL;
	f->r.info = *c->now;
	return !hand_on(f);
}

static void many(void *arg, const struct socket_info *one, uint32_t n)
{
	struct feeding *f = arg;

	f->r.kind = RECORD_HALF_OPEN;
	f->r.info = *one;
	f->r.n = n;
	hand_on(f);
}

static void failed(struct feeding *f, const struct err *e)
{
	f->r.kind = RECORD_ERROR;
	snprintf(f->r.why, sizeof(f->r.why), "%.*s", (int)sizeof(f->r.why) - 1, e->msg);
	hand_on(f);
}

/* Until nobody reads. */
static void feed(struct feeding *f, const struct cli *c)
{
	struct pollfd gone = { .fd = f->fd };
	struct err e = { 0 };
	bool first = true;
	int rc = looks_open(&f->looks, c, &e);

	while (rc == 0) {
		int64_t when = clock_wall();

		f->r.change.when = when;
		rc = looks_take(&f->looks, when, changed, f, &e);
		if (rc)
			break;
		socket_half_open(&f->looks.list, many, f);
		if (first)
			looks_tell_begin(&f->looks);
		first = false;
		f->r.since = when;
		if (poll(&gone, 1, (int)(looks_wait(&f->looks) / 1000000)) > 0)
			break;
	}
	if (rc < 0)
		failed(f, &e);
	else
		looks_tell_end(&f->looks);
	looks_close(&f->looks);
}

static void child(int fd, const struct cli *c, pid_t parent)
{
	struct privs_opts po = { .keep_look = true, .keep_uid = true };
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
	struct feeding f = { .fd = fd };
	struct err e = { 0 };

	/* It ends with its parent, who has more to do when a signal comes. */
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		signal(stops[i], SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(0);
	if (privs_drop(&po, &e) < 0)
		failed(&f, &e);
	else
		feed(&f, c);
	_exit(0);
}

int socket_feed_open(struct socket_feed *f, const struct cli *c, struct err *e)
{
	pid_t parent = getpid();
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return err_set(e, ERR_IO, "a pair of sockets: %s", strerror(errno));
	f->pid = fork();
	if (f->pid == 0) {
		close(fd[0]);
		child(fd[1], c, parent);
	}
	close(fd[1]);
	if (f->pid < 0) {
		close(fd[0]);
		return err_set(e, ERR_IO, "a process for the sockets: %s", strerror(errno));
	}
	f->fd = fd[0];
	return 0;
}

int socket_feed_take(struct socket_feed *f, struct socket_record *r)
{
	ssize_t n = recv(f->fd, r, sizeof(*r), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != (ssize_t)sizeof(*r))
		return -1;
	r->change.now = &r->info;
	return 1;
}

void socket_feed_close(struct socket_feed *f)
{
	if (f->pid <= 0)
		return;
	close(f->fd);
	/* It sees that nobody reads, within one look. */
	while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	f->pid = 0;
}
