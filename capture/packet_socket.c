/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters and settings of a packet socket: packet(7), and proc(5) for those of an interface. */
#include "capture/packet_socket.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool packet_socket_counts(int fd, uint64_t *let_in, uint64_t *dropped)
{
	struct tpacket_stats_v3 v = { 0 };
	socklen_t n = sizeof(v);

	/* Reading sets them to zero; they are 32 bits wide. */
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &v, &n) < 0)
		return false;
	*let_in += v.tp_packets;
	*dropped += v.tp_drops;
	return true;
}

void packet_socket_ignore_outgoing(int fd)
{
	int one = 1;

	(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
}

bool packet_socket_join(int fd, int *group, bool ignore_outgoing)
{
	/* PACKET_FANOUT_FLAG_IGNORE_OUTGOING, since Linux 5.17 */
	int how = PACKET_FANOUT_HASH | (ignore_outgoing ? 0x4000 : 0);
	bool first = *group < 0;
	int v = first ? (how | PACKET_FANOUT_FLAG_UNIQUEID) << 16 : *group | how << 16;
	socklen_t n = sizeof(v);

	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &v, sizeof(v)) < 0)
		return false;
	if (!first)
		return true;
	if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &v, &n) < 0)
		return false;
	*group = v & 0xffff;
	return true;
}

bool packet_socket_shut(int fd)
{
	struct sock_filter nothing = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog prog = { 1, &nothing };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0;
}

/* Not the files of /sys: what is mounted there may speak of another network namespace. */
int interface_counters(void)
{
	return open("/proc/self/net/dev", O_RDONLY | O_CLOEXEC);
}

/* "  eth0: bytes packets errs drop fifo frame ...": what was received. `drop` has those that the
 * kernel's queue before the sockets had no room for, too; nobody saw them. */
static bool line_lost(const char *line, const char *name, uint64_t *lost)
{
	const char *colon = strchr(line, ':');
	unsigned long long drop, fifo;

	line += strspn(line, " ");
	if (!colon || (name && ((size_t)(colon - line) != strlen(name) ||
				memcmp(line, name, strlen(name)) != 0)))
		return false;
	if (sscanf(colon + 1, "%*u %*u %*u %llu %llu", &drop, &fifo) != 2)
		return false;
	*lost += drop + fifo;
	return true;
}

bool interface_lost(int counters, const char *name, uint64_t *out)
{
	char text[4096]; /* a line has about 130 bytes, and there may be thousands of them */
	uint64_t lost = 0;
	bool found = false;
	size_t n = 0;
	off_t at = 0;
	ssize_t r;

	while ((r = pread(counters, text + n, sizeof(text) - 1 - n, at)) > 0) {
		char *line = text;

		at += r;
		n += (size_t)r;
		text[n] = '\0';
		for (char *end; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			found |= line_lost(line, name, &lost);
		}
		n -= (size_t)(line - text);
		memmove(text, line, n);
	}
	if (found)
		*out = lost;
	return found;
}
