/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes pcap (draft-ietf-opsawg-pcap): nanoseconds, or the form of the one file that the packets
 * come from. */
#include <inttypes.h>
#include <string.h>

#include "capture/sink_impl.h"

#define MAGIC_MICRO 0xa1b2c3d4u
#define MAGIC_NANO 0xa1b23c4du

/* The packets of one file, with the times they had: its header does for the copy. */
static bool header_stays(const struct sink *s)
{
	const struct sink_change *c = s->nfeeds == 1 ? &s->feeds->change : NULL;
	bool swap = s->header_swap;

	if (!c || c->retime || c->has_link)
		return false;
	uint32_t magic = said_u32(swap, s->header);
	return (magic == MAGIC_MICRO || magic == MAGIC_NANO) &&
	       said_u16(swap, s->header + 4) == 2 && said_u16(swap, s->header + 6) == 4;
}

int pcap_start(struct sink *s, struct err *e)
{
	int rc = sink_room(s, 24, 1, e);

	if (rc != SINK_OK)
		return rc;
	if (header_stays(s)) {
		s->swap = s->header_swap;
		s->micro = said_u32(s->swap, s->header) == MAGIC_MICRO;
		sink_put(s, s->header, 24);
	} else {
		sink_put32(s, MAGIC_NANO);
		sink_put16(s, 2);
		sink_put16(s, 4);
		sink_put32(s, 0); /* once the time zone */
		sink_put32(s, 0);
		sink_put32(s, PACKET_MAX);
		sink_put32(s, s->link);
	}
	sink_end_record(s, false);
	return SINK_OK;
}

int pcap_put(struct sink *s, const struct packet *p, struct err *e)
{
	int64_t sec = p->when / 1000000000, ns = p->when % 1000000000;
	bool same;
	const struct packet_record *r = sink_record(s, p, &same);
	int rc;

	if (ns < 0) {
		ns += 1000000000;
		sec--;
	}
	if (sec < 0 || sec > UINT32_MAX)
		return err_set(e, ERR_IO,
			       "%s: a pcap file has no room for the time of packet %" PRIu64
			       "; a name ending in .pcapng has",
			       s->f.path, s->count + 1);
	rc = sink_room(s, 16 + (size_t)p->len, 1, e);
	if (rc != SINK_OK)
		return rc;
	lost_packet(s, p);
	if (r && same && r->n && r->type == BLOCK_NONE && r->swap == s->swap && s->nfeeds == 1 &&
	    r->n == 16 + p->len && !(s->micro && ns % 1000) && r->micro == s->micro) {
		sink_put(s, r->raw, r->n);
		sink_end_record(s, true);
		return SINK_OK;
	}
	s->lost[LOST_FRACTION] += s->micro && ns % 1000;
	sink_put32(s, (uint32_t)sec);
	sink_put32(s, (uint32_t)(s->micro ? ns / 1000 : ns));
	sink_put32(s, p->len);
	sink_put32(s, p->wire_len > p->len ? p->wire_len : p->len);
	sink_put(s, p->data, p->len);
	sink_end_record(s, true);
	return SINK_OK;
}
