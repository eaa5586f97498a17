/* SPDX-License-Identifier: BSD-2-Clause */
/* The limit of a scan: a program that knows its one question, written by hand. A SYN to each TCP
 * port of one IPv4 host, 64 for one call; who has not answered is asked again, three times. scan IF
 * SRC_MAC DST_MAC SRC DST    prints the open ports, one a line */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BURST 64
#define LEN 54
#define WINDOW 512 /* questions without an answer */

static uint8_t frame[BURST][LEN], in[BURST][128];
static bool answered[65536];
static unsigned answers, sport;

static uint32_t sum16(const uint8_t *p, int n, uint32_t sum)
{
	for (int i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return sum;
}

static void put_sum(uint8_t *at, uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

/* All but the port and the sum over it. */
static int prepare(uint8_t *p, char **argv)
{
	struct ether_addr src, dst;

	if (!ether_aton_r(argv[2], &src) || !ether_aton_r(argv[3], &dst))
		return -1;
	memcpy(p, &dst, 6);
	memcpy(p + 6, &src, 6);
	p[12] = 8;
	p[14] = 0x45;
	p[17] = 40;
	p[22] = 64;
	p[23] = IPPROTO_TCP;
	if (inet_pton(AF_INET, argv[4], p + 26) != 1 || inet_pton(AF_INET, argv[5], p + 30) != 1)
		return -1;
	put_sum(p + 24, sum16(p + 14, 20, 0));
	p[34] = (uint8_t)(sport >> 8);
	p[35] = (uint8_t)sport;
	p[46] = 0x50;
	p[47] = 2; /* SYN */
	p[48] = 4;
	return 0;
}

static void address(uint8_t *p, unsigned port)
{
	p[36] = (uint8_t)(port >> 8);
	p[37] = (uint8_t)port;
	p[50] = p[51] = 0;
	put_sum(p + 50, sum16(p + 26, 28, IPPROTO_TCP + 20));
}

/* Only what comes for our port. */
static int open_on(const char *name, bool receive)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 36),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sport, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 128),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(*code), .filter = code };
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = receive ? htons(ETH_P_IP) : 0,
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1, room = 64 << 20;

	if (fd < 0)
		return -1;
	if (receive) {
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	} else {
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	}
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -1 : fd;
}

static void hear(int fd, int wait)
{
	static struct mmsghdr msg[BURST];
	static struct iovec part[BURST];
	struct pollfd w = { .fd = fd, .events = POLLIN };
	int got;

	if (wait && poll(&w, 1, wait) <= 0)
		return;
	do {
		for (int i = 0; i < BURST; i++) {
			part[i] = (struct iovec) { in[i], sizeof(in[i]) };
			msg[i].msg_hdr.msg_iov = &part[i];
			msg[i].msg_hdr.msg_iovlen = 1;
		}
		got = recvmmsg(fd, msg, BURST, MSG_DONTWAIT, NULL);
		for (int i = 0; i < got; i++) {
			unsigned port = (unsigned)in[i][34] << 8 | in[i][35];

			if (msg[i].msg_len < LEN || answered[port])
				continue;
			answered[port] = true;
			answers++;
			if ((in[i][47] & 0x12) == 0x12)
				printf("%u\n", port);
		}
	} while (got == BURST);
}

static void pass(int out, int fd)
{
	static struct mmsghdr msg[BURST];
	static struct iovec part[BURST];
	unsigned port = 1, sent = 0, before = answers;

	while (port < 65536) {
		unsigned n = 0;

		for (; n < BURST && port < 65536; port++) {
			if (answered[port])
				continue;
			address(frame[n], port);
			part[n] = (struct iovec) { frame[n], LEN };
			msg[n].msg_hdr.msg_iov = &part[n];
			msg[n++].msg_hdr.msg_iovlen = 1;
		}
		for (unsigned at = 0; at < n;) {
			int got = sendmmsg(out, msg + at, n - at, 0);

			at += got > 0 ? (unsigned)got : 1;
		}
		sent += n;
		hear(fd, 0);
		if (sent - (answers - before) > WINDOW)
			hear(fd, 5);
	}
	for (int i = 0; i < 20 && sent > answers - before; i++)
		hear(fd, 5);
}

int main(int argc, char **argv)
{
	int out, fd;

	sport = argc == 7 ? (unsigned)strtoul(argv[6], NULL, 0) : 0;
	if (!sport || prepare(frame[0], argv))
		return 2;
	for (int i = 1; i < BURST; i++)
		memcpy(frame[i], frame[0], LEN);
	out = open_on(argv[1], false);
	fd = open_on(argv[1], true);
	if (out < 0 || fd < 0) {
		perror("scan");
		return 1;
	}
	for (int i = 0; i < 4 && answers < 65535; i++)
		pass(out, fd);
	return answers < 65535;
}
