/* SPDX-License-Identifier: BSD-2-Clause */
/* A bad wire between two devices: relay DEV1 DEV2 SEED LOSS DOUBLE LATE, the last three in frames
 * of 10,000. A late frame leaves after the eight that came behind it, or 20 ms later. Runs until it
 * is ended. */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME 65536
#define LATE 64

struct late {
	uint8_t data[2048];
	size_t n;
	unsigned wait; /* frames that go before it; 0: no frame */
};

struct way {
	int from, to;
	struct late late[LATE];
	unsigned nlate;
};

static uint64_t state;

static unsigned rnd(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 33) % n);
}

static int device(const char *name)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
				 .sll_protocol = 0x0300, /* ETH_P_ALL, big-endian */
				 .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0x0300), size = 16 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		perror(name);
		exit(2);
	}
	return fd;
}

static void out(const struct way *w, const uint8_t *p, size_t n)
{
	while (send(w->to, p, n, 0) < 0 && errno == ENOBUFS)
		usleep(100);
}

static void let_go(struct way *w, bool all)
{
	for (unsigned i = 0; i < LATE && w->nlate; i++) {
		if (!w->late[i].wait || (!all && --w->late[i].wait))
			continue;
		w->late[i].wait = 0;
		w->nlate--;
		out(w, w->late[i].data, w->late[i].n);
	}
}

static bool hold(struct way *w, const uint8_t *p, size_t n)
{
	for (unsigned i = 0; i < LATE && n <= sizeof(w->late[i].data); i++) {
		if (w->late[i].wait)
			continue;
		memcpy(w->late[i].data, p, n);
		w->late[i].n = n;
		w->late[i].wait = 8;
		w->nlate++;
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	static struct way way[2];
	static uint8_t p[FRAME];
	unsigned loss, twice, late;

	if (argc != 7) {
		fprintf(stderr, "usage: relay DEV1 DEV2 SEED LOSS DOUBLE LATE\n");
		return 2;
	}
	way[0].from = way[1].to = device(argv[1]);
	way[1].from = way[0].to = device(argv[2]);
	state = strtoull(argv[3], NULL, 10) | 1;
	loss = (unsigned)atoi(argv[4]);
	twice = (unsigned)atoi(argv[5]);
	late = (unsigned)atoi(argv[6]);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct pollfd w[2] = { { .fd = way[0].from, .events = POLLIN },
				       { .fd = way[1].from, .events = POLLIN } };
		int got = poll(w, 2, 20);

		for (unsigned i = 0; i < 2; i++) {
			struct sockaddr_ll a;
			socklen_t size = sizeof(a);
			ssize_t n;

			if (!got)
				let_go(&way[i], true);
			if (!(w[i].revents & POLLIN))
				continue;
			n = recvfrom(way[i].from, p, sizeof(p), MSG_DONTWAIT, (struct sockaddr *)&a,
				     &size);
			if (n <= 0 || a.sll_pkttype == PACKET_OUTGOING || rnd(10000) < loss)
				continue;
			if (rnd(10000) >= late || !hold(&way[i], p, (size_t)n))
				out(&way[i], p, (size_t)n);
			if (rnd(10000) < twice)
				out(&way[i], p, (size_t)n);
			let_go(&way[i], false);
		}
	}
}
