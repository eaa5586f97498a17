/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets from a device through libpcap. The handle is never blocking: waiting is done here, with
 * poll, so that a deadline is one and a signal handler can end it. */
#include <pcap.h>

#include "capture/bpf_compile.h"
#include "capture/impl.h"

#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000LL /* nanoseconds */
/* Bytes of ring. In immediate mode each packet takes a slot of up to 64 KiB where the device
 * offloads segmentation: libpcap's own 2 MiB are 32 packets then. 8 MiB cost 5 ms more to open. */
#define BUFFER (8 << 20)
/* Of linux/if_packet.h, which cannot be included: its PACKET_OUTGOING is not ours. */
#define SENT_BY_US 4
#define PACKET_IGNORE_OUTGOING 23

struct live {
	pcap_t *pcap;
	unsigned timeout_ms; /* longest time a packet stays in a block of the ring */
	bool immediate;
	/* The packet, copied: libpcap gives a block back to the kernel as soon as its last packet
	 * was handed over, before the caller has looked at it. */
	uint8_t *data;
	struct packet *into;
	uint8_t mac[6];
	bool has_mac;
	/* After source_break: nothing more is let in; what is there is read out. */
	bool shut;
	int64_t drained_by; /* CLOCK_MONOTONIC: everything is visible by then */
	uint64_t target;    /* packets that were let in (delivered and dropped) */
	bool has_target;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* ---- opening ---- */

static int activate_error(struct source *s, int rc, struct err *e)
{
	struct live *l = s->live;
	const char *why = pcap_geterr(l->pcap);

	switch (rc) {
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return err_set(e, ERR_PERM, "capturing on %s needs the capability CAP_NET_RAW",
			       s->name);
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return err_set(e, ERR_IO, "there is no device '%s'", s->name);
	case PCAP_ERROR_IFACE_NOT_UP: return err_set(e, ERR_IO, "device %s is down", s->name);
	default:
		return err_set(e, ERR_IO, "cannot capture on %s: %s", s->name,
			       *why ? why : pcap_statustostr(rc));
	}
}

static int live_configure(struct source *s, const struct source_options *o)
{
	struct live *l = s->live;
	unsigned snaplen = o->snaplen && o->snaplen < PACKET_MAX ? o->snaplen : PACKET_MAX;
	int rc = 0;

	l->immediate = o->immediate;
	l->timeout_ms = o->timeout_ms ? o->timeout_ms : 100;
	rc |= pcap_set_snaplen(l->pcap, (int)snaplen);
	rc |= pcap_set_promisc(l->pcap, o->promisc);
	rc |= pcap_set_timeout(l->pcap, (int)l->timeout_ms);
	if (o->immediate)
		rc |= pcap_set_immediate_mode(l->pcap, 1);
	rc |= pcap_set_buffer_size(l->pcap, (int)(o->buffer ? o->buffer : BUFFER));
	/* An old device without nanoseconds gives microseconds; see pcap_get_tstamp_precision. */
	(void)pcap_set_tstamp_precision(l->pcap, PCAP_TSTAMP_PRECISION_NANO);
	return rc;
}

static int live_link(struct source *s, const struct source_options *o, struct err *e)
{
	struct live *l = s->live;

	if (o->want_link && pcap_set_datalink(l->pcap, link_to_dlt(o->link)) != 0)
		return err_set(e, ERR_USAGE, "%s does not give packets of link type %u", s->name,
			       o->link);
	int link = link_from_dlt(pcap_datalink(l->pcap));
	s->link = link < 0 ? LINK_NONE : (uint16_t)link;
	return 0;
}

static int live_direction(struct source *s, const struct source_options *o, struct err *e)
{
	struct live *l = s->live;
	struct ifreq ifr = { 0 };
	int one = 1;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", s->name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool loop = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 && (ifr.ifr_flags & IFF_LOOPBACK);
	if (fd >= 0 && !loop && s->link == LINK_ETHERNET && ioctl(fd, SIOCGIFHWADDR, &ifr) == 0) {
		memcpy(l->mac, ifr.ifr_hwaddr.sa_data, 6);
		l->has_mac = true;
	}
	if (fd >= 0)
		close(fd);
	/* On the loopback libpcap hides the outgoing twin of each packet: let the kernel not make
	 * it, so that half of the ring is not lost and the counts of the kernel are ours. */
	if (loop || o->direction == SOURCE_IN)
		(void)setsockopt(pcap_fileno(l->pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
				 sizeof(one));
	if (o->direction != SOURCE_BOTH && !loop &&
	    pcap_setdirection(l->pcap, o->direction == SOURCE_IN ? PCAP_D_IN : PCAP_D_OUT) != 0)
		return err_set(e, ERR_IO, "%s: %s", s->name, pcap_geterr(l->pcap));
	return 0;
}

struct source *source_open_live(const char *device, const struct source_options *o, struct err *e)
{
	static const struct source_options none;
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct source *s = source_new(device, e);

	if (!s)
		return NULL;
	if (!o)
		o = &none;
	s->is_live = true;
	struct live *l = s->live = calloc(1, sizeof(*l));
	if (l)
		l->data = malloc(PACKET_MAX);
	if (!l || !l->data) {
		err_set(e, ERR_IO, "no memory");
		return source_close(s);
	}
	l->pcap = pcap_create(device, errbuf);
	if (!l->pcap) {
		err_set(e, ERR_IO, "cannot capture on %s: %s", device, errbuf);
		return source_close(s);
	}
	if (live_configure(s, o)) {
		err_set(e, ERR_USAGE, "cannot capture on %s so: %s", device, pcap_geterr(l->pcap));
		return source_close(s);
	}
	int rc = pcap_activate(l->pcap);
	if (rc < 0) {
		activate_error(s, rc, e);
		return source_close(s);
	}
	if (rc == PCAP_WARNING_PROMISC_NOTSUP && o->promisc)
		snprintf(s->note, sizeof(s->note), "%s has no promiscuous mode", device);
	if (live_link(s, o, e) < 0 || live_direction(s, o, e) < 0)
		return source_close(s);
	if (o->filter && *o->filter && source_set_filter(s, o->filter, o->resolve, e) < 0)
		return source_close(s);
	if (pcap_setnonblock(l->pcap, 1, errbuf) != 0) {
		err_set(e, ERR_IO, "%s: %s", device, errbuf);
		return source_close(s);
	}
	return s;
}

int source_set_filter(struct source *s, const char *filter, bool resolve, struct err *e)
{
	struct bpf_program prog;

	if (!s->is_live) {
		struct bpf *b = NULL;
		if (filter && *filter && !(b = bpf_open(filter, s->link, resolve, e)))
			return -1;
		bpf_close(s->filter);
		s->filter = b;
		return 0;
	}
	if (bpf_compile_on(s->live->pcap, &prog, filter ? filter : "", resolve, e) < 0)
		return -1;
	int rc = pcap_setfilter(s->live->pcap, &prog);
	pcap_freecode(&prog);
	if (rc != 0)
		return err_set(e, ERR_IO, "%s: %s", s->name, pcap_geterr(s->live->pcap));
	return 0;
}

void live_close(struct source *s)
{
	if (s->live->pcap)
		pcap_close(s->live->pcap);
	free(s->live->data);
	free(s->live);
	s->live = NULL;
}

int live_fd(const struct source *s)
{
	return pcap_get_selectable_fd(s->live->pcap);
}

void live_stats(struct source *s)
{
	struct pcap_stat ps = { 0 };

	if (pcap_stats(s->live->pcap, &ps) == 0) {
		s->stats.dropped = ps.ps_drop;
		s->stats.if_dropped = ps.ps_ifdrop;
		s->stats.known = true;
	}
}

/* ---- reading ---- */

static bool is_outgoing(const struct source *s, const struct packet *p)
{
	const struct live *l = s->live;

	if (s->link == 113) /* LINKTYPE_LINUX_SLL: packet type 4 is "sent by us" */
		return p->len >= 2 && p->data[0] == 0 && p->data[1] == SENT_BY_US;
	if (s->link == 276) /* LINKTYPE_LINUX_SLL2 */
		return p->len >= 11 && p->data[10] == SENT_BY_US;
	return l->has_mac && p->len >= 12 && memcmp(p->data + 6, l->mac, 6) == 0;
}

static void take(u_char *ctx, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct source *s = (struct source *)ctx;
	struct live *l = s->live;
	struct packet *p = l->into;
	uint32_t n = h->caplen < PACKET_MAX ? h->caplen : PACKET_MAX;

	memcpy(l->data, bytes, n);
	p->data = l->data;
	p->len = n;
	p->wire_len = h->len > n ? h->len : n;
	/* tv_usec holds nanoseconds when the handle was opened for them. */
	p->when = (int64_t)h->ts.tv_sec * 1000000000 +
		  (int64_t)h->ts.tv_usec *
			  (pcap_get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1
											    : 1000);
	p->link = s->link;
	p->nlayers = 0;
	p->ifindex = 0;
	p->ifname = s->name;
	p->said = NULL;
	p->number = ++s->number;
	p->flags = PACKET_LIVE;
	if (is_outgoing(s, p))
		p->flags |= PACKET_OUTGOING;
	s->stats.packets++;
	s->stats.cut += h->caplen > PACKET_MAX;
}

/* Close the entrance: the kernel takes no more packets into the ring. */
static void live_shut(struct source *s)
{
	struct live *l = s->live;
	struct sock_filter nothing = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog prog = { 1, &nothing };
	struct pcap_stat ps = { 0 };

	l->shut = true;
	bool closed = setsockopt(pcap_fileno(l->pcap), SOL_SOCKET, SO_ATTACH_FILTER, &prog,
				 sizeof(prog)) == 0;
	/* What was let in last may still be on its way into the ring on another processor; a block
	 * of the ring becomes visible when its timer runs out at the latest. */
	int64_t wait = l->immediate ? 5 * MS : 2 * l->timeout_ms * MS + 20 * MS;
	l->drained_by = now_ns() + wait;
	if (closed && pcap_stats(l->pcap, &ps) == 0) {
		l->has_target = true;
		l->target = ps.ps_recv;
	}
}

/* After source_break: is everything that was let in read? */
static bool live_drained(struct source *s)
{
	struct live *l = s->live;
	struct pcap_stat ps = { 0 };

	if (now_ns() >= l->drained_by)
		return true;
	/* ps_recv counts what passed the filter, dropped or not. It may also count packets that
	 * libpcap leaves out (by direction); then the time limit decides. */
	if (l->has_target && pcap_stats(l->pcap, &ps) == 0) {
		if (ps.ps_recv > l->target)
			l->target = ps.ps_recv;
		return s->stats.packets + ps.ps_drop >= l->target;
	}
	return false;
}

int live_next(struct source *s, struct packet *p, struct err *e)
{
	struct live *l = s->live;
	int breaks = atomic_load(&s->breaks);

	if (s->ended || breaks > 1)
		return SOURCE_END;
	if (breaks && !l->shut)
		live_shut(s);
	l->into = p;
	int n = pcap_dispatch(l->pcap, 1, take, (u_char *)s);
	if (n > 0)
		return SOURCE_PACKET;
	if (n < 0 && n != PCAP_ERROR_BREAK) {
		s->ended = true;
		const char *why = pcap_geterr(l->pcap);
		return err_set(e, ERR_IO, "capturing on %s ended: %s", s->name, why);
	}
	if (l->shut && live_drained(s)) {
		s->ended = true;
		return SOURCE_END;
	}
	return SOURCE_NOTHING;
}

int live_wait(struct source *s, struct packet *p, int64_t deadline_ns, struct err *e)
{
	for (;;) {
		int rc = live_next(s, p, e);
		if (rc != SOURCE_NOTHING)
			return rc;
		int64_t now = now_ns(), until = deadline_ns;
		if (s->live->shut && s->live->drained_by < until)
			until = s->live->drained_by;
		if (now >= deadline_ns)
			return SOURCE_NOTHING;
		struct pollfd pf[2] = { { .fd = live_fd(s), .events = POLLIN },
					{ .fd = s->wake, .events = POLLIN } };
		int64_t left = until > now ? until - now : 0;
		struct timespec ts = { left / 1000000000, left % 1000000000 };
		/* Once woken the wake descriptor stays readable: do not look at it again. While
		 * the ring is read out look often, since the last packets decide when to end. */
		if (s->live->shut)
			ts = (struct timespec) { 0, left < 2 * MS ? left : 2 * MS };
		if (ppoll(pf, s->live->shut ? 1 : 2, until == INT64_MAX ? NULL : &ts, NULL) < 0 &&
		    errno != EINTR)
			return err_set(e, ERR_IO, "%s: poll: %s", s->name, strerror(errno));
	}
}
