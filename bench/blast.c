/* SPDX-License-Identifier: BSD-2-Clause */
/* The limit of one sending thread with sendmmsg, and the load for those who receive: the frames of
 * a capture file over and over, 64 for one call, past the queueing discipline. blast IF FILE COUNT
 * PER_SECOND      0 a second: as fast as it can; prints how many were sent */
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BURST 64
#define FRAMES 65536

static uint8_t *room;
static struct iovec frame[FRAMES];
static unsigned frames;

static int load(const char *path)
{
	FILE *in = fopen(path, "rb");
	uint32_t head[4];
	size_t used = 0;

	room = malloc((size_t)FRAMES * 2048);
	if (!in || !room || fseek(in, 24, SEEK_SET))
		return -1;
	while (frames < FRAMES && fread(head, sizeof(head), 1, in) == 1 && head[2] <= 2048 &&
	       fread(room + used, head[2], 1, in) == 1) {
		frame[frames++] = (struct iovec) { room + used, head[2] };
		used += head[2];
	}
	fclose(in);
	return frames ? 0 : -1;
}

static int64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_on(const char *name)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)))
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	static struct mmsghdr msg[BURST];
	int fd = argc == 5 ? open_on(argv[1]) : -1;
	uint64_t count = argc == 5 ? strtoull(argv[3], NULL, 0) : 0, sent = 0, tried = 0;
	double rate = argc == 5 ? strtod(argv[4], NULL) : 0;
	int64_t from;

	if (fd < 0 || load(argv[2])) {
		perror("blast");
		return 1;
	}
	for (unsigned i = 0; i < BURST; i++)
		msg[i].msg_hdr.msg_iovlen = 1;
	from = clock_now();
	while (tried < count) {
		unsigned n = count - tried < BURST ? (unsigned)(count - tried) : BURST;
		int got;

		for (unsigned i = 0; i < n; i++)
			msg[i].msg_hdr.msg_iov = &frame[(tried + i) % frames];
		while (rate > 0 && (double)(clock_now() - from) < (double)tried / rate * 1e9)
			;
		got = sendmmsg(fd, msg, n, 0);
		sent += got > 0 ? (unsigned)got : 0;
		/* One that was not taken is passed over. */
		tried += got > 0 ? (unsigned)got : 1;
	}
	printf("%llu\n", (unsigned long long)sent);
	return 0;
}
