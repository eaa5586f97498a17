/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own names and structures of kinds of sockets; the one file of sockets/ that has
 * them. */
#ifndef STRATA_SOCKETS_KERNEL_H
#define STRATA_SOCKETS_KERNEL_H

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "sockets/sockets.h"

struct kernel_kind {
	uint8_t protocol;    /* asked for by inet_diag; 0: it knows none */
	const char *path[2]; /* the same as text, of version 4 and 6; NULL */
};

#define KERNEL_KINDS                                                                               \
	{                                                                                          \
		[SOCKET_STREAM] = { IPPROTO_TCP,                                                   \
				    { "/proc/self/net/tcp", "/proc/self/net/tcp6" } },             \
		[SOCKET_DATAGRAM] = { IPPROTO_UDP,                                                 \
				      { "/proc/self/net/udp", "/proc/self/net/udp6" } },           \
		[SOCKET_RAW] = { IPPROTO_RAW, { "/proc/self/net/raw", "/proc/self/net/raw6" } },   \
		[SOCKET_ECHO] = { 0, { "/proc/self/net/icmp", "/proc/self/net/icmp6" } },          \
		[SOCKET_PACKET] = { 0, { "/proc/self/net/packet", NULL } },                        \
	}
#define KERNEL_KIND_NAMES                                                                          \
	{                                                                                          \
		"tcp", "udp", "raw", "icmp", "packet", NULL                                        \
	}

/* What older kernels do not tell is 0. */
static inline void kernel_stream(const void *p, size_t n, struct socket_info *s)
{
	struct tcp_info t = { 0 };

	memcpy(&t, p, n < sizeof(t) ? n : sizeof(t));
	s->known = true;
	s->rtt = t.tcpi_rtt;
	s->rttvar = t.tcpi_rttvar;
	s->retransmits = t.tcpi_total_retrans;
	s->sent = t.tcpi_bytes_acked;
	s->received = t.tcpi_bytes_received;
}

#endif
