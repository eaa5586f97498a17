/* SPDX-License-Identifier: BSD-2-Clause */
/* A wire that is not perfect: a process between two cables that loses, delays and reorders frames.
 * Each frame has an absolute time at which it leaves, counted from when the kernel got it. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "lab/impl.h"
#include "lab/relay.h"

#define AT_ONCE 128 /* frames from one end before the other one is looked at */

/* How the kernel is to keep frames that have come: in slots of one size. */
static struct tpacket_req ring_of(unsigned mtu, unsigned ring)
{
	struct tpacket_req r = { .tp_frame_size = 2048 };

	while (r.tp_frame_size < mtu + 256)
		r.tp_frame_size *= 2;
	r.tp_block_size = r.tp_frame_size < 65536 ? 65536 : r.tp_frame_size;
	r.tp_block_nr = ring / r.tp_block_size;
	r.tp_frame_nr = r.tp_block_nr * (r.tp_block_size / r.tp_frame_size);
	return r;
}

int relay_socket(const char *name, unsigned mtu, unsigned ring, struct err *e)
{
	int one = 1, v = TPACKET_V2,
	    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct tpacket_req r = ring_of(mtu, ring);

	a.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || !a.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_VERSION, &v, sizeof(v)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		err_set(e, errno == EPERM ? ERR_PERM : ERR_IO, "cannot listen on wire %s: %s", name,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	/* Straight to the other end: there is no queue that could help. */
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	return fd;
}

/* ---- frames from the kernel ---- */

struct end {
	int fd;
	uint8_t *ring;
	unsigned slots, slot, size; /* size: bytes of a slot */
	struct way *way;            /* what comes here goes there */
};

static bool end_open(struct end *d, unsigned mtu, unsigned ring)
{
	struct tpacket_req r = ring_of(mtu, ring);

	d->size = r.tp_frame_size;
	d->slots = r.tp_frame_nr;
	d->ring = mmap(NULL, ring, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
	return d->ring != MAP_FAILED;
}

static int64_t clock_of(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* When the kernel got it, on the clock that never jumps. */
static int64_t arrival(const struct tpacket2_hdr *h, int64_t now, int64_t wall)
{
	int64_t age = wall - (h->tp_sec * 1000000000ll + h->tp_nsec);

	return age > 0 && age < 1000000000 ? now - age : now;
}

/* A tag that the kernel took out is put back. */
static void take_frame(struct end *d, struct tpacket2_hdr *h, int64_t now, int64_t wall)
{
	uint8_t *p = (uint8_t *)h + h->tp_mac;
	uint32_t n = h->tp_snaplen;
	int64_t when = arrival(h, now, wall);
	uint8_t tag[4];

	if (h->tp_snaplen < h->tp_len || n < ETH_HLEN) {
		d->way->stats->failed++;
		return;
	}
	if (!(h->tp_status & TP_STATUS_VLAN_VALID)) {
		way_frame(d->way, when, p, n, NULL);
		return;
	}
	memcpy(tag, (uint16_t[2]) { htons(h->tp_vlan_tpid), htons(h->tp_vlan_tci) }, 4);
	way_frame(d->way, when, p, n, tag);
}

static bool take(struct end *d)
{
	int64_t now = clock_of(CLOCK_MONOTONIC), wall = clock_of(CLOCK_REALTIME);
	unsigned n = 0;

	for (; n < AT_ONCE; n++) {
		struct tpacket2_hdr *h = (void *)(d->ring + (size_t)d->slot * d->size);

		if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			break;
		take_frame(d, h, now, wall);
		__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		d->slot = (d->slot + 1) % d->slots;
	}
	return n > 0;
}

/* What the kernel had no room for. */
static void count_drops(struct end *d)
{
	struct tpacket_stats s;
	socklen_t n = sizeof(s);

	if (getsockopt(d->fd, SOL_PACKET, PACKET_STATISTICS, &s, &n) == 0) {
		d->way->stats->failed += s.tp_drops;
		d->way->stats->in += s.tp_drops;
	}
}

/* ---- both directions ---- */

static void sleep_until(int timer, int64_t when, int64_t *set)
{
	struct itimerspec t = { .it_value = { when / 1000000000, when % 1000000000 } };

	if (*set == when)
		return;
	if (when == WAY_NEVER)
		memset(&t, 0, sizeof(t));
	timerfd_settime(timer, TFD_TIMER_ABSTIME, &t, NULL);
	*set = when;
}

/* An interface that was taken away is told once: heard, or poll() would tell it for ever. */
static void hear_error(const struct pollfd *p)
{
	int no;
	socklen_t n = sizeof(no);

	if (p->revents & POLLERR)
		(void)getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &no, &n);
}

static void __attribute__((noreturn)) carry(struct end end[2], struct way *way[2], int timer)
{
	struct pollfd p[3] = { { .fd = end[0].fd, .events = POLLIN },
			       { .fd = end[1].fd, .events = POLLIN },
			       { .fd = timer, .events = POLLIN } };
	int64_t set = WAY_NEVER, counted = 0, now, a, b;
	uint64_t ticks;

	for (;;) {
		bool busy = take(&end[0]);

		busy |= take(&end[1]);
		now = clock_of(CLOCK_MONOTONIC);
		a = way_send(way[0], now);
		b = way_send(way[1], now);
		if (now - counted > 100000000) {
			count_drops(&end[0]);
			count_drops(&end[1]);
			counted = now;
		}
		if (busy)
			continue;
		sleep_until(timer, a < b ? a : b, &set);
		/* A pause now and then, so that what the kernel lost is counted. */
		if (poll(p, 3, 200) <= 0)
			continue;
		hear_error(&p[0]);
		hear_error(&p[1]);
		if (p[2].revents) {
			(void)!read(timer, &ticks, sizeof(ticks));
			set = WAY_NEVER - 1;
		}
	}
}

void relay_run(const struct lab_wire *w, struct wire_share *share, const int fd[2])
{
	struct end end[2];
	struct way *way[2];
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "strata-wire", 0, 0, 0);
	for (unsigned i = 0; i < 2; i++) {
		way[i] = way_open(w, &share->stats[i], share->seed * 2 + i, fd[1 - i]);
		end[i] = (struct end) { .fd = fd[i], .way = way[i] };
		if (!way[i] || !end_open(&end[i], w->mtu, share->ring) || timer < 0)
			_exit(1);
	}
	carry(end, way, timer);
}
