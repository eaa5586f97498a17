/* SPDX-License-Identifier: BSD-2-Clause */
/* Labs that run are found by abstract sockets (unix(7)), which leave no file behind: their names
 * are "strata-lab/UID/NAME". Only their own user, and root, may ask. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#include "lab/impl.h"

#define PREFIX "strata-lab/"
#define ANSWER (LAB_TEXT + 400) /* bytes */

int send_fds(int sock, const void *msg, size_t len, const int *fd, unsigned n)
{
	struct iovec io = { (void *)(uintptr_t)msg, len };
	union {
		char buf[CMSG_SPACE(253 * sizeof(int))];
		struct cmsghdr align;
	} c;
	struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1 };

	if (n) {
		memset(&c, 0, sizeof(c));
		h.msg_control = c.buf;
		h.msg_controllen = CMSG_SPACE(n * sizeof(int));
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), fd, n * sizeof(int));
	}
	return sendmsg(sock, &h, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

ssize_t recv_fds(int sock, void *msg, size_t cap, int *fd, unsigned *n)
{
	struct iovec io = { msg, cap };
	union {
		char buf[CMSG_SPACE(253 * sizeof(int))];
		struct cmsghdr align;
	} c;
	struct msghdr h = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = c.buf,
			    .msg_controllen = sizeof(c.buf) };
	unsigned room = *n, got = 0;
	ssize_t len;

	do
		len = recvmsg(sock, &h, MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	*n = 0;
	if (len < 0)
		return -1;
	if (h.msg_flags & MSG_CTRUNC) { /* no room for them in this process */
		errno = EMFILE;
		return -1;
	}
	for (struct cmsghdr *m = CMSG_FIRSTHDR(&h); m; m = CMSG_NXTHDR(&h, m)) {
		const int *p = (const int *)CMSG_DATA(m);

		if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_RIGHTS)
			continue;
		got = (unsigned)((m->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		for (unsigned i = 0; i < got; i++) {
			if (*n < room)
				fd[(*n)++] = p[i];
			else
				close(p[i]);
		}
	}
	return len;
}

static socklen_t address(struct sockaddr_un *a, unsigned uid, const char *name)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	int n = snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, PREFIX "%u/%s", uid, name);

	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static bool fine_name(const char *name)
{
	size_t n = strlen(name);

	return n && n < 40 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       n;
}

int control_listen(struct lab *l, struct err *e)
{
	struct sockaddr_un a;
	int rc = -1;

	if (l->o.name && !fine_name(l->o.name))
		return err_set(
			e, ERR_USAGE,
			"'%.60s' cannot be the name of a lab: letters, digits, '-', '_', '.'",
			l->o.name);
	l->ear = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->ear < 0)
		return err_set(e, ERR_IO, "cannot make a socket: %s", strerror(errno));
	for (unsigned i = 1; i < 10000 && rc < 0; i++) {
		if (l->o.name)
			snprintf(l->name, sizeof(l->name), "%s", l->o.name);
		else
			snprintf(l->name, sizeof(l->name), "%u", i);
		rc = bind(l->ear, (struct sockaddr *)&a, address(&a, geteuid(), l->name));
		if (rc < 0 && (errno != EADDRINUSE || l->o.name))
			break;
	}
	if (rc == 0 && listen(l->ear, 16) == 0)
		return 0;
	if (errno == EADDRINUSE)
		return err_set(e, ERR_USAGE, "there is a lab '%s' already", l->name);
	return err_set(e, ERR_IO, "cannot listen for who joins the lab: %s", strerror(errno));
}

/* Is the other end this user? */
static bool other_end(int fd, unsigned uid)
{
	struct ucred c;
	socklen_t n = sizeof(c);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) == 0 && c.uid == uid;
}

/* A question is "" (what is this?) or a host's name. An answer begins with '+', or '-' and a
 * sentence. */
void control_answer(const struct lab *l, int fd)
{
	const struct timeval soon = { .tv_usec = 500000 };
	char ask[64] = "";
	struct buf b = { 0 };
	ssize_t n;
	int node, give[6];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	if (!other_end(fd, geteuid()) || (n = recv(fd, ask, sizeof(ask) - 1, 0)) < 1)
		return;
	ask[n] = '\0';
	if (strcmp(ask, "?") == 0) {
		buf_char(&b, '+');
		buf_str(&b, l->t->text);
		if (!b.failed && b.n <= ANSWER)
			(void)send_fds(fd, b.p, b.n, NULL, 0);
		buf_done(&b);
		return;
	}
	node = topology_find(l->t, ask, strlen(ask));
	if (node < 0) {
		buf_fmt(&b, "-no '%s' in lab %s; there are ", ask, l->name);
		topology_names(l->t, &b);
		(void)send_fds(fd, b.p, b.n < 400 ? b.n : 400, NULL, 0);
		buf_done(&b);
		return;
	}
	memcpy(give, &l->space, sizeof(l->space));
	memcpy(give + 4, &l->node[node], 2 * sizeof(int));
	/* Without a user namespace of its own the first is no more than a place. */
	(void)send_fds(fd, l->own_users ? "+u" : "+-", 2, give, 6);
}

/* ---- who asks ---- */

/* As that user, whom alone a lab answers: seen from inside, root is as strange as anybody. */
static int connect_as(unsigned uid, int s, const struct sockaddr_un *a, socklen_t n)
{
	uid_t self = geteuid();
	int rc;

	if (uid != self && seteuid(uid) < 0)
		return -1;
	rc = connect(s, (const struct sockaddr *)a, n);
	if (uid != self && seteuid(self) < 0)
		return -1;
	return rc;
}

/* Connect to a lab of user uid, and ask. The answer in out, without its sign. -1: e. */
static int ask(unsigned uid, const char *name, const char *what, struct buf *out, int *fd,
	       unsigned *n, struct err *e)
{
	struct sockaddr_un a;
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), rc = -1;
	char *text = malloc(ANSWER);
	const struct timeval soon = { .tv_sec = 5 };
	ssize_t len;

	if (s < 0 || !text)
		err_set(e, ERR_IO, "cannot make a socket: %s", strerror(errno));
	else if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) < 0 ||
		 connect_as(uid, s, &a, address(&a, uid, name)) < 0 || !other_end(s, uid) ||
		 send(s, what, strlen(what), MSG_NOSIGNAL) < 0 ||
		 (len = recv_fds(s, text, ANSWER, fd, n)) < 1)
		err_set(e, ERR_IO,
			"no lab '%.40s' answers; 'strata lab list' tells which there are", name);
	else if (text[0] == '-')
		err_set(e, ERR_USAGE, "%.*s", (int)len - 1, text + 1);
	else {
		buf_put(out, text + 1, (size_t)len - 1);
		rc = 0;
	}
	free(text);
	if (s >= 0)
		close(s);
	return rc;
}

struct found {
	unsigned uid;
	char name[64];
};

/* The next lab in the kernel's list of sockets that we may ask. */
static bool next_lab(FILE *f, struct found *out)
{
	char line[512];

	while (fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, " @" PREFIX);
		unsigned flags;

		/* num, refcount, protocol, flags: a listener has 0x10000 (proc(5)) */
		if (!at || sscanf(line, "%*s %*x %*x %x", &flags) != 1 || !(flags & 0x10000) ||
		    sscanf(at, " @" PREFIX "%u/%63s", &out->uid, out->name) != 2)
			continue;
		if (out->uid == geteuid() || geteuid() == 0)
			return true;
	}
	return false;
}

static FILE *open_list(struct err *e)
{
	FILE *f = fopen("/proc/net/unix", "re");

	if (!f)
		err_set(e, ERR_IO, "cannot read /proc/net/unix: %s", strerror(errno));
	return f;
}

/* The lab of that name, or the only one. */
static int choose(const char *name, struct found *out, struct err *e)
{
	FILE *f = open_list(e);
	struct found l;
	unsigned n = 0;

	if (!f)
		return -1;
	while (next_lab(f, &l))
		if (!name || strcmp(name, l.name) == 0) {
			*out = l;
			n++;
		}
	fclose(f);
	if (n == 1)
		return 0;
	if (n)
		return err_set(e, ERR_USAGE,
			       "there are %u labs; say which: --name NAME ('strata "
			       "lab list' tells them)",
			       n);
	if (name)
		return err_set(e, ERR_USAGE, "there is no lab '%.40s'", name);
	return err_set(e, ERR_USAGE, "there is no lab; 'strata lab' makes one");
}

static bool we_are_inside(const char *name)
{
	const char *here = getenv("STRATA_LAB");

	return here && (!name || strcmp(name, here) == 0) && access(LAB_ROOM "/net", F_OK) == 0;
}

int labs_text(const char *name, struct buf *out, struct err *e)
{
	struct found l;
	unsigned n = 0;

	if (we_are_inside(name)) {
		char part[4096];
		FILE *f = fopen(LAB_ROOM "/topology", "re");
		size_t got;

		while (f && (got = fread(part, 1, sizeof(part), f)) > 0)
			buf_put(out, part, got);
		if (f)
			fclose(f);
		return f ? 0 : err_set(e, ERR_IO, "cannot read %s", LAB_ROOM "/topology");
	}
	return choose(name, &l, e) ? -1 : ask(l.uid, l.name, "?", out, NULL, &n, e);
}

int labs_each(void (*tell)(void *ctx, const char *name, const char *text, size_t len), void *ctx,
	      struct err *e)
{
	FILE *f = open_list(e);
	struct buf here = { 0 };
	struct found l;
	int count = 0;

	/* Sockets of outside are not seen inside. */
	if (f && we_are_inside(NULL) && labs_text(NULL, &here, e) == 0) {
		tell(ctx, getenv("STRATA_LAB"), here.n ? here.p : "", here.n);
		count++;
	}
	buf_done(&here);
	while (f && next_lab(f, &l)) {
		struct buf b = { 0 };
		struct err quiet = { 0 };
		unsigned n = 0;

		if (ask(l.uid, l.name, "?", &b, NULL, &n, &quiet) == 0) {
			tell(ctx, l.name, b.n ? b.p : "", b.n);
			count++;
		}
		buf_done(&b);
	}
	if (f)
		fclose(f);
	return f ? count : -1;
}

/* Inside, networks are files, and all else is entered already. */
static pid_t run_inside(const char *node, char *const argv[], const int fds[3], struct err *e)
{
	struct join j = { .space = { -1, -1, -1, -1 }, .lab = getenv("STRATA_LAB"), .host = node };
	char path[128];
	pid_t pid = -1;

	snprintf(path, sizeof(path), LAB_ROOM "/net/%s", node);
	j.node.net = strchr(node, '/') ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), LAB_ROOM "/uts/%s", node);
	j.node.uts = j.node.net < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (j.node.uts < 0)
		err_set(e, ERR_USAGE, "no '%.40s' in this lab; 'cat %s' tells what there is", node,
			LAB_ROOM "/topology");
	else
		pid = join_run(&j, argv, fds, e);
	if (j.node.net >= 0)
		close(j.node.net);
	if (j.node.uts >= 0)
		close(j.node.uts);
	return pid;
}

pid_t labs_run(const char *name, const char *node, char *const argv[], const int fds[3],
	       struct err *e)
{
	struct buf how = { 0 };
	struct found l;
	struct join j = { .lab = l.name, .host = node };
	int fd[6];
	unsigned n = 6;
	pid_t pid;

	if (we_are_inside(name))
		return run_inside(node, argv, fds, e);
	if (choose(name, &l, e) || ask(l.uid, l.name, node, &how, fd, &n, e))
		return -1;
	memcpy(&j.space, fd, sizeof(j.space));
	if (!how.n || how.p[0] != 'u')
		j.space.user = -1;
	buf_done(&how);
	memcpy(&j.node, fd + 4, sizeof(j.node));
	pid = n == 6 ? join_run(&j, argv, fds, e)
		     : err_set(e, ERR_IO, "lab %s gave no way in", l.name);
	for (unsigned i = 0; i < n; i++)
		close(fd[i]);
	return pid;
}
