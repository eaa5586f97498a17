/* SPDX-License-Identifier: BSD-2-Clause */
/* One look at all sockets: sock_diag(7) through libmnl; kinds that this kernel has no such answers
 * of are read from /proc. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sockets/kernel.h"
#include "sockets/read.h"

static const struct kernel_kind kinds[] = KERNEL_KINDS;

struct sockets {
	struct mnl_socket *nl, *events;
	unsigned seq;
	bool by_file[SOCKET_KINDS];
	uint64_t missed;
	_Alignas(struct nlmsghdr) char buf[65536];
};

static struct mnl_socket *open_one(unsigned groups, int flags)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC | flags);

	if (nl && mnl_socket_bind(nl, groups, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(nl);
		nl = NULL;
	}
	return nl;
}

struct sockets *sockets_open(bool events, struct err *e)
{
	struct sockets *s = calloc(1, sizeof(*s));
	unsigned groups = 0;

	if (!s) {
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	s->nl = open_one(0, 0);
	if (!s->nl) {
		err_set(e, ERR_IO, "cannot ask the kernel for sockets: %s", strerror(errno));
		return sockets_close(s);
	}
	for (unsigned g = SKNLGRP_INET_TCP_DESTROY; g <= SKNLGRP_INET6_UDP_DESTROY; g++)
		groups |= 1u << (g - 1);
	/* Without them only what two looks show is known. */
	s->events = events ? open_one(groups, SOCK_NONBLOCK) : NULL;
	return s;
}

struct sockets *sockets_close(struct sockets *s)
{
	if (!s)
		return NULL;
	if (s->nl)
		mnl_socket_close(s->nl);
	if (s->events)
		mnl_socket_close(s->events);
	free(s);
	return NULL;
}

uint64_t sockets_missed(const struct sockets *s)
{
	return s->missed;
}

bool sockets_by_file(const struct sockets *s, enum socket_kind kind)
{
	return s->by_file[kind];
}

/* ---- questions ---- */

/* -1 with errno. */
static int ask(struct sockets *s, const void *body, size_t n, enum socket_kind kind,
	       struct socket_list *out)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(s->buf);
	unsigned port = mnl_socket_get_portid(s->nl);
	ssize_t got;
	int rc;

	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++s->seq;
	memcpy(mnl_nlmsg_put_extra_header(h, n), body, n);
	if (mnl_socket_sendto(s->nl, h, h->nlmsg_len) < 0)
		return -1;
	do {
		got = mnl_socket_recvfrom(s->nl, s->buf, sizeof(s->buf));
		if (got < 0)
			return -1;
		rc = read_messages(s->buf, (size_t)got, s->seq, port, kind, false, out);
	} while (rc > 0);
	return rc;
}

static int ask_inet(struct sockets *s, enum socket_kind kind, uint8_t family,
		    struct socket_list *out)
{
	struct inet_diag_req_v2 q = { .sdiag_family = family,
				      .sdiag_protocol = kinds[kind].protocol,
				      .idiag_ext = 1u << (INET_DIAG_SKMEMINFO - 1),
				      .idiag_states = (1u << (STATES + 1)) - 1 };

	if (kind == SOCKET_STREAM)
		q.idiag_ext |= 1u << (INET_DIAG_INFO - 1);
	return ask(s, &q, sizeof(q), kind, out);
}

static int ask_packet(struct sockets *s, struct socket_list *out)
{
	struct packet_diag_req q = { .sdiag_family = AF_PACKET,
				     .pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_MEMINFO };

	return ask(s, &q, sizeof(q), SOCKET_PACKET, out);
}

/* ---- files ---- */

static int read_file(const char *path, enum socket_kind kind, uint8_t version,
		     struct socket_list *out, struct err *e)
{
	FILE *f = fopen(path, "re");
	char line[512];
	int rc = 0;

	if (!f)
		return errno == ENOENT ? 0 : /* a kernel without it has no such sockets */
			       err_set(e, errno == EACCES ? ERR_PERM : ERR_IO, "%s: %s", path,
				       strerror(errno));
	while (fgets(line, sizeof(line), f))
		read_line(line, kind, version, out);
	if (ferror(f))
		rc = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	fclose(f);
	return rc;
}

static int read_files(enum socket_kind kind, struct socket_list *out, struct err *e)
{
	for (unsigned k = 0; k < 2; k++)
		if (kinds[kind].path[k] &&
		    read_file(kinds[kind].path[k], kind, k ? 6 : 4, out, e) < 0)
			return -1;
	return 0;
}

/* ---- one look ---- */

static bool no_answers(int no)
{
	return no == ENOENT || no == EINVAL || no == EOPNOTSUPP || no == EPROTONOSUPPORT;
}

static int look(struct sockets *s, enum socket_kind kind, struct socket_list *out, struct err *e)
{
	size_t before = out->n;
	int rc = 0;

	if (kind != SOCKET_PACKET && !kinds[kind].protocol)
		s->by_file[kind] = true;
	if (!s->by_file[kind]) {
		rc = kind == SOCKET_PACKET ? ask_packet(s, out) : ask_inet(s, kind, AF_INET, out);
		if (rc == 0 && kind != SOCKET_PACKET && ask_inet(s, kind, AF_INET6, out) < 0 &&
		    !no_answers(errno)) /* without version 6 there are none */
			rc = -1;
		if (rc == 0)
			return 0;
		if (!no_answers(errno))
			return err_set(e, ERR_IO, "the kernel does not tell its sockets: %s",
				       strerror(errno));
		s->by_file[kind] = true;
		out->n = before;
	}
	return read_files(kind, out, e);
}

static void take_events(struct sockets *s, struct socket_list *out)
{
	ssize_t n;

	while (s->events) {
		n = mnl_socket_recvfrom(s->events, s->buf, sizeof(s->buf));
		if (n < 0 && errno == ENOBUFS)
			s->missed++;
		else if (n <= 0)
			break;
		else
			read_messages(s->buf, (size_t)n, 0, 0, SOCKET_STREAM, true, out);
	}
}

int sockets_dump(struct sockets *s, struct socket_list *out, struct err *e)
{
	out->n = 0;
	out->cut = false;
	/* Whatever is closed from now on is told of at the next look. */
	take_events(s, out);
	for (unsigned k = 0; k < SOCKET_KINDS; k++)
		if (look(s, (enum socket_kind)k, out, e) < 0)
			return -1;
	socket_list_sort(out);
	return 0;
}
