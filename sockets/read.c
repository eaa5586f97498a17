/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's answers as sockets: messages of sock_diag(7), lines of proc(5). */
#include "sockets/read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sockets/kernel.h"

const char *const socket_kind_names[] = KERNEL_KIND_NAMES;
const char *const socket_state_names[] = { "-",          "ESTAB",      "SYN-SENT",  "SYN-RECV",
					   "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN",
					   "CLOSE-WAIT", "LAST-ACK",   "LISTEN",    "CLOSING",
					   NULL };

/* ---- the list ---- */

void socket_list_add(struct socket_list *l, const struct socket_info *s)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 256;
		struct socket_info *v =
			l->n < SOCKETS_MOST ? realloc(l->v, cap * sizeof(*v)) : NULL;

		if (!v) {
			l->left++;
			l->cut = true;
			return;
		}
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = *s;
}

static int by_id(const void *a, const void *b)
{
	const struct socket_info *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->gone - y->gone;
}

void socket_list_sort(struct socket_list *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_id);
}

void socket_list_done(struct socket_list *l)
{
	free(l->v);
	*l = (struct socket_list) { 0 };
}

/* Of what has no name of the kernel's: a number of its ends. FNV-1a, the highest bit set: no inode,
 * and no cookie in a thousand years. */
static uint64_t made_id(const struct socket_info *s)
{
	uint64_t h = 0xcbf29ce484222325u;
	const uint8_t *p[] = { s->local.addr, s->remote.addr };
	const uint16_t port[] = { s->local.port, s->remote.port };

	for (unsigned k = 0; k < 2; k++) {
		for (unsigned i = 0; i < 16; i++)
			h = (h ^ p[k][i]) * 0x100000001b3u;
		h = (h ^ port[k]) * 0x100000001b3u;
	}
	return (h ^ s->kind) | 1ull << 63;
}

static uint64_t id_of(const uint32_t cookie[2], const struct socket_info *s)
{
	uint64_t id = cookie[0] | (uint64_t)cookie[1] << 32;

	return id ? id : s->inode ? s->inode : made_id(s);
}

/* ---- messages ---- */

struct reading {
	struct socket_list *out;
	enum socket_kind kind;
	bool gone;
};

static enum socket_kind kind_of(uint8_t protocol, enum socket_kind asked)
{
	static const struct kernel_kind kinds[] = KERNEL_KINDS;

	/* A raw socket tells which protocol it is of. */
	for (unsigned k = 0; k < SOCKET_RAW && asked < SOCKET_RAW; k++)
		if (kinds[k].protocol == protocol)
			return (enum socket_kind)k;
	return asked;
}

static void take_memory(const struct nlattr *a, struct socket_info *s)
{
	uint32_t v[SK_MEMINFO_VARS] = { 0 };
	size_t n = mnl_attr_get_payload_len(a);

	memcpy(v, mnl_attr_get_payload(a), n < sizeof(v) ? n : sizeof(v));
	s->drops = v[SK_MEMINFO_DROPS];
	if (s->kind == SOCKET_PACKET) {
		s->in = v[SK_MEMINFO_RMEM_ALLOC];
		s->out = v[SK_MEMINFO_WMEM_ALLOC];
	}
}

static void take_inet_attr(const struct nlattr *a, struct socket_info *s)
{
	const uint8_t *p = mnl_attr_get_payload(a);
	size_t n = mnl_attr_get_payload_len(a);

	switch (mnl_attr_get_type(a)) {
	case INET_DIAG_INFO:
		if (s->kind == SOCKET_STREAM && s->state != STATE_LISTEN)
			kernel_stream(p, n, s);
		break;
	case INET_DIAG_SKMEMINFO: take_memory(a, s); break;
	case INET_DIAG_SKV6ONLY: s->dual = n >= 1 && s->version == 6 && !p[0]; break;
	case INET_DIAG_PROTOCOL:
		if (n >= 1 && s->kind == SOCKET_RAW)
			s->protocol = p[0];
		else if (n >= 1)
			s->kind = kind_of(p[0], (enum socket_kind)s->kind);
		break;
	}
}

static bool take_inet(const struct nlmsghdr *h, const struct reading *r, struct socket_info *s)
{
	struct inet_diag_msg m;
	const struct nlattr *a;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(m))
		return false;
	memcpy(&m, mnl_nlmsg_get_payload(h), sizeof(m));
	if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
		return false;
	s->kind = (uint8_t)r->kind;
	s->version = m.idiag_family == AF_INET ? 4 : 6;
	/* A connection that is asked for is a structure of its own, with a number of its own. */
	s->state = m.idiag_state < STATES    ? m.idiag_state
		   : m.idiag_state == STATES ? STATE_SYN_RECV
					     : STATE_NONE;
	memcpy(s->local.addr, m.id.idiag_src, s->version == 4 ? 4 : 16);
	memcpy(s->remote.addr, m.id.idiag_dst, s->version == 4 ? 4 : 16);
	s->local.port = ntohs(m.id.idiag_sport);
	s->remote.port = ntohs(m.id.idiag_dport);
	if (s->kind == SOCKET_RAW)
		s->protocol = s->local.port;
	s->ifindex = m.id.idiag_if;
	s->inode = m.idiag_inode;
	s->uid = m.idiag_uid;
	s->in = m.idiag_rqueue;
	s->out = m.idiag_wqueue;
	s->retransmits = m.idiag_retrans;
	mnl_attr_for_each(a, h, sizeof(m)) take_inet_attr(a, s);
	s->id = id_of(m.id.idiag_cookie, s);
	return true;
}

static bool take_packet(const struct nlmsghdr *h, struct socket_info *s)
{
	struct packet_diag_msg m;
	struct packet_diag_info info;
	const struct nlattr *a;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(m))
		return false;
	memcpy(&m, mnl_nlmsg_get_payload(h), sizeof(m));
	if (m.pdiag_family != AF_PACKET)
		return false;
	s->kind = SOCKET_PACKET;
	s->state = STATE_UNCONNECTED;
	s->protocol = m.pdiag_num;
	s->inode = m.pdiag_ino;
	mnl_attr_for_each(a, h, sizeof(m))
	{
		size_t n = mnl_attr_get_payload_len(a);

		switch (mnl_attr_get_type(a)) {
		case PACKET_DIAG_INFO:
			if (n >= sizeof(info)) {
				memcpy(&info, mnl_attr_get_payload(a), sizeof(info));
				s->ifindex = info.pdi_index;
			}
			break;
		case PACKET_DIAG_UID:
			if (n >= sizeof(s->uid))
				memcpy(&s->uid, mnl_attr_get_payload(a), sizeof(s->uid));
			break;
		case PACKET_DIAG_MEMINFO: take_memory(a, s); break;
		}
	}
	s->id = id_of(m.pdiag_cookie, s);
	return true;
}

static void take(const struct nlmsghdr *h, const struct reading *r)
{
	struct socket_info s = { .gone = r->gone };

	if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
	    (r->kind == SOCKET_PACKET ? take_packet(h, &s) : take_inet(h, r, &s)))
		socket_list_add(r->out, &s);
	else
		r->out->odd++;
}

/* 0; -1 with errno: an end may be a refusal. */
static int take_end(const struct nlmsghdr *h)
{
	int32_t no = 0;

	if (mnl_nlmsg_get_payload_len(h) >= sizeof(no))
		memcpy(&no, mnl_nlmsg_get_payload(h), sizeof(no));
	if (no >= 0 && h->nlmsg_type == NLMSG_DONE)
		return 0;
	/* What is no number of an error, negated or not, is no answer. */
	errno = no < 0 && no >= -4095 ? -no : EPROTO;
	return -1;
}

/* Not mnl_cb_run(): it passes in silence over half a message and over an end that is a refusal. */
int read_messages(const void *buf, size_t n, unsigned seq, unsigned port, enum socket_kind kind,
		  bool gone, struct socket_list *out)
{
	struct reading r = { .out = out, .kind = kind, .gone = gone };
	int left = n < INT32_MAX ? (int)n : INT32_MAX;

	for (const struct nlmsghdr *h = buf; left > 0; h = mnl_nlmsg_next(h, &left)) {
		/* mnl_nlmsg_ok() takes a length of more than 2^31 for a negative one, which fits.
		 */
		if (!mnl_nlmsg_ok(h, left) || h->nlmsg_len > (uint32_t)left) {
			out->odd++;
			break;
		}
		/* Of an earlier question. */
		if (!mnl_nlmsg_seq_ok(h, seq) || !mnl_nlmsg_portid_ok(h, port))
			continue;
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			return take_end(h);
		if (h->nlmsg_type >= NLMSG_MIN_TYPE)
			take(h, &r);
	}
	return 1;
}

/* ---- lines ---- */

static bool take_hex(const char *s, unsigned words, uint8_t *out)
{
	for (unsigned i = 0; i < words; i++) {
		uint32_t v;

		/* Printed as a number of this machine, of bytes in network order. */
		if (sscanf(s + 8 * i, "%8" SCNx32, &v) != 1)
			return false;
		memcpy(out + 4 * i, &v, 4);
	}
	return true;
}

static bool read_packet_line(const char *line, struct socket_info *s)
{
	unsigned type, protocol, running;

	/* sk RefCnt Type Proto Iface R Rmem User Inode */
	if (sscanf(line, "%*s %*u %u %x %" SCNu32 " %u %" SCNu32 " %" SCNu32 " %" SCNu32, &type,
		   &protocol, &s->ifindex, &running, &s->in, &s->uid, &s->inode) != 7)
		return false;
	s->protocol = (uint16_t)protocol;
	s->state = STATE_UNCONNECTED;
	return true;
}

bool read_line(const char *line, enum socket_kind kind, uint8_t version, struct socket_list *out)
{
	struct socket_info s = { .kind = (uint8_t)kind, .version = version };
	unsigned words = version == 6 ? 4 : 1, state, local, remote;
	char addr[2][33], rest[80] = "";

	if (kind == SOCKET_PACKET) {
		s.version = 0;
		if (!read_packet_line(line, &s))
			return false;
	} else {
		/* sl local rem st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops */
		if (sscanf(line,
			   "%*u: %32[0-9A-F]:%4x %32[0-9A-F]:%4x %2x %8" SCNx32 ":%8" SCNx32
			   " %*x:%*x %8" SCNx32 " %" SCNu32 " %*u %" SCNu32 " %*d %*s %79[^\n]",
			   addr[0], &local, addr[1], &remote, &state, &s.out, &s.in, &s.retransmits,
			   &s.uid, &s.inode, rest) < 10 ||
		    strlen(addr[0]) != 8 * words || strlen(addr[1]) != 8 * words ||
		    !take_hex(addr[0], words, s.local.addr) ||
		    !take_hex(addr[1], words, s.remote.addr))
			return false;
		s.state = state < STATES ? (uint8_t)state : STATE_NONE;
		s.local.port = (uint16_t)local;
		s.remote.port = (uint16_t)remote;
		if (kind != SOCKET_STREAM)
			s.drops = (uint32_t)strtoul(rest, NULL, 10);
		if (kind == SOCKET_RAW)
			s.protocol = s.local.port;
	}
	s.id = id_of((const uint32_t[2]) { 0, 0 }, &s);
	socket_list_add(out, &s);
	return true;
}
