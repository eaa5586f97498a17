/* SPDX-License-Identifier: BSD-2-Clause */
/* Our side: asks, and hears how it went. */
#include "play/runner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "play/runner_impl.h"

struct runner {
	int fd;
	pid_t pid;
	unsigned most, pending;
};

static int hear_ready(struct runner *r, struct err *e)
{
	struct run_ready m;
	ssize_t k;

	do
		k = recv(r->fd, &m, sizeof(m), 0);
	while (k < 0 && errno == EINTR);
	if (k != (ssize_t)sizeof(m))
		return err_set(e, ERR_IO, "the process that runs programs did not start");
	return m.code ? err_set(e, m.code, "%s", m.msg) : 0;
}

struct runner *runner_open(const struct runner_opts *o, struct err *e)
{
	struct runner *r = calloc(1, sizeof(*r));
	int pair[2], room = 4 << 20;

	if (!r) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err_set(e, ERR_IO, "socketpair: %s", strerror(errno));
		free(r);
		return NULL;
	}
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	r->fd = pair[0];
	r->most = o->most;
	r->pid = fork();
	if (r->pid == 0) {
		close(pair[0]);
		runner_helper(pair[1], o);
	}
	close(pair[1]);
	if (r->pid < 0)
		err_set(e, ERR_IO, "fork: %s", strerror(errno));
	if (r->pid < 0 || hear_ready(r, e)) {
		runner_close(r);
		return NULL;
	}
	return r;
}

int runner_run(struct runner *r, uint64_t number, const char *words, size_t size, unsigned n,
	       const void *in, size_t len, struct err *e)
{
	struct run_ask a = {
		.number = number, .n = n, .size = (uint32_t)size, .len = (uint32_t)len
	};
	struct iovec v[3] = { { &a, sizeof(a) },
			      { (void *)(uintptr_t)words, size },
			      { (void *)(uintptr_t)in, len } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 3 };

	if (len > RUNNER_IN || size + len + sizeof(a) > RUN_ASK_MOST) {
		err_set(e, ERR_USAGE, "its arguments and its input are too long");
		return 1;
	}
	if (r->pending >= r->most + RUNNER_WAIT) {
		err_set(e, ERR_IO, "%u programs run, %u wait", r->most, RUNNER_WAIT);
		return 1;
	}
	if (sendmsg(r->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		r->pending++;
		return 0;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == EMSGSIZE) {
		err_set(e, ERR_IO, "too many programs wait");
		return 1;
	}
	return err_set(e, ERR_IO, "the process that runs programs is gone");
}

int runner_next(struct runner *r, int ms, struct run_result *out, struct err *e)
{
	struct pollfd w = { .fd = r->fd, .events = POLLIN };
	ssize_t k;

	if (poll(&w, 1, ms) <= 0)
		return 0;
	k = recv(r->fd, out, sizeof(*out), MSG_DONTWAIT);
	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (k != (ssize_t)sizeof(*out))
		return err_set(e, ERR_IO, "the process that runs programs is gone");
	r->pending--;
	return 1;
}

unsigned runner_pending(const struct runner *r)
{
	return r->pending;
}

void runner_close(struct runner *r)
{
	struct run_ready left;

	if (!r)
		return;
	/* The end of the socket ends it, and its end the socket: who is sealed may not wait for a
	 * process. */
	if (r->pid > 0 && shutdown(r->fd, SHUT_WR) == 0)
		while (recv(r->fd, &left, sizeof(left), 0) > 0)
			;
	close(r->fd);
	if (r->pid > 0)
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(r);
}
