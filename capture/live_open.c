/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a device through libpcap, and closing it. */
#include <assert.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/bpf_compile.h"
#include "capture/live_impl.h"
#include "capture/packet_socket.h"

/* Bytes of ring. In immediate mode each packet takes a slot of up to 64 KiB where the device
 * offloads segmentation: libpcap's own 2 MiB are 32 packets then. 8 MiB cost 5 ms more to open. */
#define BUFFER (8 << 20)

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

/* Dashes do for underscores. What the device has: pcap_list_tstamp_types(3); it may have none but
 * the host's, of which the list then says nothing. */
static int live_clock(struct source *s, const struct source_options *o, struct err *e)
{
	struct live *l = s->live;
	char name[40], has[200] = "host";
	int *types = NULL, want;
	size_t n = 4;

	if (!o->clock)
		return 0;
	snprintf(name, sizeof(name), "%s", o->clock);
	for (char *c = name; (c = strchr(c, '-')); c++)
		*c = '_';
	want = pcap_tstamp_type_name_to_val(name);
	int count = pcap_list_tstamp_types(l->pcap, &types);
	bool ok = want == PCAP_TSTAMP_HOST;
	for (int i = 0; i < count; i++) {
		ok |= types[i] == want;
		if (types[i] != PCAP_TSTAMP_HOST && n < sizeof(has))
			n += (size_t)snprintf(has + n, sizeof(has) - n, ", %s",
					      pcap_tstamp_type_val_to_name(types[i]));
	}
	pcap_free_tstamp_types(types);
	for (char *c = has; (c = strchr(c, '_')); c++)
		*c = '-';
	if (want < 0)
		return err_set(e, ERR_USAGE, "there is no clock '%.40s'; %s has: %s", o->clock,
			       s->name, has);
	if (!ok || (want != PCAP_TSTAMP_HOST && pcap_set_tstamp_type(l->pcap, want) != 0))
		return err_set(e, ERR_USAGE, "%s has no clock '%.40s'; it has: %s", s->name,
			       o->clock, has);
	return 0;
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
	l->ignores_outgoing = loop || o->direction == SOURCE_IN;
	if (l->ignores_outgoing)
		packet_socket_ignore_outgoing(pcap_fileno(l->pcap));
	if (o->direction != SOURCE_BOTH && !loop &&
	    pcap_setdirection(l->pcap, o->direction == SOURCE_IN ? PCAP_D_IN : PCAP_D_OUT) != 0)
		return err_set(e, ERR_IO, "%s: %s", s->name, pcap_geterr(l->pcap));
	return 0;
}

static struct live *live_new(struct source *s, const struct source_options *o, struct err *e)
{
	/* The queue has parts on cache lines of their own. */
	struct live *l = s->live = aligned_alloc(QUEUE_LINE, sizeof(*l));

	if (!l) {
		err_set(e, ERR_IO, "no memory");
		return NULL;
	}
	memset(l, 0, sizeof(*l));
	pthread_mutex_init(&l->counting, NULL);
	l->if_counters = interface_counters();
	l->queued = o->queue > 0;
	if (l->queued)
		return queue_open(&l->queue, o->queue, e) < 0 ? NULL : l;
	l->data = malloc(PACKET_MAX);
	if (!l->data)
		err_set(e, ERR_IO, "no memory");
	return l->data ? l : NULL;
}

struct source *source_open_live(const char *device, const struct source_options *o, struct err *e)
{
	static const struct source_options none;

	if (!o)
		o = &none;
	return o->fanout > 1 ? fanout_open(device, o, e) : live_open(device, o, e);
}

struct source *live_open(const char *device, const struct source_options *o, struct err *e)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct source *s = source_new(device, e);

	if (!s)
		return NULL;
	s->is_live = true;
	struct live *l = live_new(s, o, e);
	if (!l)
		return source_close(s);
	l->pcap = pcap_create(device, errbuf);
	if (!l->pcap) {
		err_set(e, ERR_IO, "cannot capture on %s: %s", device, errbuf);
		return source_close(s);
	}
	if (live_configure(s, o)) {
		err_set(e, ERR_USAGE, "cannot capture on %s so: %s", device, pcap_geterr(l->pcap));
		return source_close(s);
	}
	if (live_clock(s, o, e) < 0)
		return source_close(s);
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
	l->nanoseconds = pcap_get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO;
	live_begin_counting(s);
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
		s->file.quick = false;
		return 0;
	}
	assert(!s->live->started); /* libpcap's handle is the thread's */
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
	struct live *l = s->live;

	live_stop(s);
	if (l->pcap)
		pcap_close(l->pcap);
	if (l->if_counters >= 0)
		close(l->if_counters);
	queue_done(&l->queue);
	pthread_mutex_destroy(&l->counting);
	free(l->data);
	free(l);
	s->live = NULL;
}
