/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection: bytes become messages, answers leave as fast as the client reads them. While they
 * wait nothing more is read from it: it cannot make us remember more than one message's answers. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/message.h"
#include "play/server_impl.h"

#define MS 1000000ll
#define READ_MOST 16384 /* at a time, so that others have their turn */

int64_t server_frame(const struct proto *proto, const uint8_t *p, uint32_t n, bool over, bool quiet,
		     uint32_t *need, struct tree *scratch)
{
	int64_t len;

	*need = 0;
	if (!n)
		return 0;
	if (!proto || !proto->message) {
		if (n >= SERVER_MESSAGE)
			return SERVER_MESSAGE;
		return over || quiet ? n : 0;
	}
	len = message_length(proto, p, n, scratch, NULL);
	if (len == MESSAGE_REST && over)
		len = n;
	if (len == MESSAGE_REST)
		len = 0;
	if (len < 0)
		return FRAME_NONSENSE;
	if (len > SERVER_MESSAGE || (!len && n >= SERVER_MESSAGE))
		return FRAME_LONG;
	if (len > n) {
		*need = (uint32_t)len;
		return 0;
	}
	/* Bytes that come one by one are not looked at as often (a pause ends that). */
	if (!len && !quiet)
		*need = n + n / 8;
	return len;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

/* SERVER_EVENTS: it is done. */
void client_end(struct server *s, struct client *c, enum server_event why)
{
	if (c->fd < 0)
		return;
	close(c->fd);
	c->fd = -1;
	if (why == SERVER_EVENTS)
		return;
	s->counts.closed[why]++;
	if (s->o.closed)
		s->o.closed(s->o.ctx, why, &c->peer, c->peer_port);
}

bool client_open(struct server *s, const struct server_end *end, int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_storage a = { 0 };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	socklen_t n = sizeof(a);

	if (!c || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
		free(c);
		return false;
	}
	c->fd = fd;
	c->end = end;
	c->events = EPOLLIN;
	c->heard = clock_mono();
	getsockname(fd, (struct sockaddr *)&a, &n);
	addr_of_sockaddr(&a, &c->own, &c->own_port);
	a = (struct sockaddr_storage) { 0 };
	n = sizeof(a);
	getpeername(fd, (struct sockaddr *)&a, &n);
	addr_of_sockaddr(&a, &c->peer, &c->peer_port);
	s->client[s->n++] = c;
	s->counts.clients++;
	return true;
}

/* What waits leaves, as far as the client takes it. False: it is gone. */
static bool leave(struct server *s, struct client *c)
{
	while (client_waits(c)) {
		ssize_t k = send(c->fd, c->out.p + c->left, c->out.n - c->left, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (k < 0) {
			client_end(s, c, SERVER_BROKEN);
			return false;
		}
		c->left += (size_t)k;
		c->heard = clock_mono();
	}
	c->left = c->out.n = 0;
	return true;
}

static int hand_out(struct server *s, struct client *c, uint32_t len, struct err *e)
{
	struct server_message m = { .src = c->peer,
				    .dst = c->own,
				    .sport = c->peer_port,
				    .dport = c->own_port,
				    .proto = c->end->proto,
				    .p = (const uint8_t *)c->in.p + c->eaten,
				    .n = len,
				    .at = c->at,
				    .answered = c->answered,
				    .when = clock_wall() };
	int rc;

	s->counts.messages++;
	s->refused = false;
	s->asks = c;
	rc = s->o.message(s->o.ctx, &m, e);
	s->asks = NULL;
	if (s->refused)
		client_end(s, c, SERVER_NONSENSE);
	c->at += len;
	c->eaten += len;
	c->need = 0;
	return rc;
}

/* Messages that are whole, one after the other, each when the one before is answered. */
static int work(struct server *s, struct client *c, bool quiet, struct err *e)
{
	while (c->fd >= 0 && leave(s, c) && !client_waits(c)) {
		uint32_t there = (uint32_t)(c->in.n - c->eaten);
		int64_t len;

		if (!c->over && !quiet && there < c->need)
			break;
		len = server_frame(c->end->proto, (const uint8_t *)c->in.p + c->eaten, there,
				   c->over, quiet, &c->need, &s->scratch);
		if (len < 0) {
			client_end(s, c, len == FRAME_LONG ? SERVER_LONG : SERVER_NONSENSE);
			break;
		}
		if (len == 0) {
			if (c->over)
				client_end(s, c, there ? SERVER_PART : SERVER_EVENTS);
			break;
		}
		if (hand_out(s, c, (uint32_t)len, e) < 0)
			return -1;
	}
	return 0;
}

/* False: it is gone. */
static bool hear(struct server *s, struct client *c)
{
	size_t room;
	ssize_t k;

	if (c->eaten)
		memmove(c->in.p, c->in.p + c->eaten, c->in.n - c->eaten);
	c->in.n -= c->eaten;
	c->eaten = 0;
	room = SERVER_MESSAGE - c->in.n;
	room = room < READ_MOST ? room : READ_MOST;
	if (!room || !buf_grow(&c->in, room)) {
		client_end(s, c, SERVER_LONG);
		return false;
	}
	k = recv(c->fd, c->in.p + c->in.n, room, 0);
	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (k < 0) {
		client_end(s, c, c->in.n ? SERVER_PART : SERVER_EVENTS);
		return false;
	}
	c->over = k == 0;
	c->in.n += (size_t)k;
	c->heard = clock_mono();
	c->looked = false;
	return true;
}

/* Nothing is read from who does not read. */
static void listen_for(struct server *s, struct client *c)
{
	uint32_t want = client_waits(c) ? EPOLLOUT : c->over ? 0 : EPOLLIN;
	struct epoll_event ev = { .events = want, .data.ptr = c };

	if (c->fd < 0 || want == c->events)
		return;
	c->events = want;
	epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

int client_ready(struct server *s, struct client *c, uint32_t events, struct err *e)
{
	int rc;

	if (c->fd < 0)
		return 0;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !client_waits(c) && !c->over && !hear(s, c))
		return 0;
	/* Reset while its answers wait: what sending says of it ends it. */
	rc = work(s, c, false, e);
	if (rc == 0 && c->fd >= 0 && events & EPOLLERR && client_waits(c))
		client_end(s, c, SERVER_BROKEN);
	listen_for(s, c);
	return rc;
}

int client_look(struct server *s, struct client *c, int64_t now, struct err *e)
{
	int rc = 0;

	if (c->fd < 0)
		return 0;
	if (client_waits(c)) {
		if (now - c->heard > SERVER_STALL * MS)
			client_end(s, c, SERVER_STALLED);
		return 0;
	}
	if (c->in.n > c->eaten && !c->looked && now - c->heard > SERVER_PAUSE * MS) {
		c->looked = true;
		rc = work(s, c, true, e);
	}
	listen_for(s, c);
	return rc;
}
