/* SPDX-License-Identifier: BSD-2-Clause */
/* What changes in this machine's sockets, from a process of its own. */
#include "cli/socket_feed.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/privs.h"
#include "core/clock.h"

struct feeding {
	int fd;
	int64_t since;
};

static int hand_on(void *arg, const struct socket_change *c)
{
	struct feeding *f = arg;
	struct socket_record r = { .change = *c, .info = *c->now, .since = f->since };

	r.change.now = NULL;
	/* Waits where the reader is slow; fails where there is none any more. */
	return send(f->fd, &r, sizeof(r), MSG_NOSIGNAL) != (ssize_t)sizeof(r);
}

/* Until nobody reads. */
static void feed(int fd, int64_t interval)
{
	struct feeding f = { .fd = fd };
	struct pollfd gone = { .fd = fd };
	struct sockets *s = sockets_open(true, NULL);
	struct owners *o = owners_open(NULL);
	struct socket_table *t = socket_table_open(o);
	struct socket_list l = { 0 };

	while (s && o && t) {
		int64_t when = clock_wall(), cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);

		if (sockets_dump(s, &l, NULL) < 0 || sockets_changes(t, &l, when, hand_on, &f) != 0)
			break;
		f.since = when;
		cpu = 10 * (clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
		if (poll(&gone, 1, (int)((cpu > interval ? cpu : interval) / 1000000)) > 0)
			break;
	}
	socket_table_close(t);
	owners_close(o);
	sockets_close(s);
	socket_list_done(&l);
}

static void child(int fd, int64_t interval, pid_t parent)
{
	struct privs_opts po = { .keep_look = true, .keep_uid = true };
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };

	/* It ends with its parent, who has more to do when a signal comes. */
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		signal(stops[i], SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
	    privs_drop(&po, NULL) == 0)
		feed(fd, interval);
	_exit(0);
}

int socket_feed_open(struct socket_feed *f, int64_t interval, struct err *e)
{
	pid_t parent = getpid();
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return err_set(e, ERR_IO, "a pair of sockets: %s", strerror(errno));
	f->pid = fork();
	if (f->pid == 0) {
		close(fd[0]);
		child(fd[1], interval, parent);
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
