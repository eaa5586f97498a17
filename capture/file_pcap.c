/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads classic pcap files (draft-ietf-opsawg-pcap): micro- and nanoseconds, either byte order, the
 * modified form with longer record headers, and the old versions whose two lengths change places.
 */
#include "capture/impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEADER 24u
#define MAGIC_MICRO 0xa1b2c3d4u
#define MAGIC_NANO 0xa1b23c4du
#define MAGIC_MODIFIED 0xa1b2cd34u /* 8 more bytes in each record header */
#define ABSURD (128u << 20)        /* a captured length above it means that we lost the thread */

/* Link types whose packets may be longer than PACKET_MAX; as in libpcap's max_snaplen_for_dlt. */
static bool link_is_long(unsigned link)
{
	return link == 231 || link == 249 || link == 279; /* D-Bus, USBPcap, EBHSCR */
}

static int cut_packet(struct source *s)
{
	char where[40];

	snprintf(where, sizeof(where), "packet %" PRIu64, s->number + 1);
	return file_cut(s, where);
}

static int give_header(struct source *s, struct err *e)
{
	struct source_file *f = &s->file;
	struct file_block b = { .pcap = true, .n = HEADER, .swap = f->swap };
	size_t have;

	f->begun = true;
	if (!f->tap)
		return 0;
	b.p = stream_peek(&f->st, HEADER, &have, e);
	return b.p && f->tap->take(f->tap, &b, e) == 0 ? 0 : SOURCE_ERROR;
}

static int pcap_next(struct source *s, struct packet *p, struct err *e)
{
	struct source_file *f = &s->file;
	const uint8_t *h;
	size_t have;

	if (!f->begun && give_header(s, e) < 0)
		return SOURCE_ERROR;
	if (!stream_skip(&f->st, f->eat, e) && f->eat)
		return e && e->code ? SOURCE_ERROR : SOURCE_END;
	f->eat = 0;
	h = stream_peek(&f->st, f->record, &have, e);
	if (!h)
		return SOURCE_ERROR;
	if (have < f->record)
		return have || f->st.cut || f->st.bad[0] ? cut_packet(s) : SOURCE_END;

	/* Unsigned, as the draft says (to 2106); libpcap 1.10 reads years after 2037 as 1901. */
	int64_t sec = file_u32(f, h), frac = file_u32(f, h + 4);
	uint32_t caplen = file_u32(f, h + 8), wire = file_u32(f, h + 12);
	if (f->length_swap == 1 || (f->length_swap == 2 && caplen > wire)) {
		uint32_t t = caplen;
		caplen = wire;
		wire = t;
	}
	if (caplen > ABSURD || (caplen > PACKET_MAX && !link_is_long(s->link)))
		return file_damaged(s, e, "packet %" PRIu64 " says it has %" PRIu32 " bytes",
				    s->number + 1, caplen);

	uint32_t keep = caplen < PACKET_MAX ? caplen : PACKET_MAX;
	h = stream_peek(&f->st, f->record + keep, &have, e);
	if (!h)
		return SOURCE_ERROR;
	if (have < f->record + keep)
		return cut_packet(s);
	p->when = sec * 1000000000 + frac * (f->nano ? 1 : 1000);
	p->flags = 0;
	file_packet(s, p, h + f->record, caplen, wire, 0);
	if (f->tap)
		file_said(s, p, h, f->plain && keep == caplen ? f->record + caplen : 0, BLOCK_NONE,
			  NULL, 0);
	f->eat = (uint64_t)f->record + caplen;
	f->quick = f->plain && !f->swap && !f->tap && !s->filter;
	return SOURCE_PACKET;
}

static bool pcap_magic(struct source_file *f, uint32_t m)
{
	f->record = m == MAGIC_MODIFIED ? 24 : PCAP_RECORD;
	f->nano = m == MAGIC_NANO;
	return m == MAGIC_MICRO || m == MAGIC_NANO || m == MAGIC_MODIFIED;
}

int file_pcap_open(struct source *s, struct err *e)
{
	struct source_file *f = &s->file;
	size_t have;
	const uint8_t *h = stream_peek(&f->st, HEADER, &have, e);

	if (!h)
		return -1;
	if (have < 4)
		return 0;
	f->swap = false;
	if (!pcap_magic(f, file_u32(f, h))) {
		f->swap = true;
		if (!pcap_magic(f, file_u32(f, h)))
			return 0;
	}
	if (have < HEADER)
		return err_set(e, ERR_IO, "%s is cut off in its header: no packets", f->st.path);
	unsigned major = file_u16(f, h + 4), minor = file_u16(f, h + 6);
	/* 543.0: written by AIX's tcpdump. */
	if (!(major == 2 && minor <= 4) && !(major == 543 && minor == 0))
		return err_set(e, ERR_IO,
			       "%s is a pcap file of version %u.%u; known are 2.0 to 2.4",
			       f->st.path, major, minor);
	f->length_swap = major == 543 || minor < 3 ? 1 : minor == 3 ? 2 : 0;
	f->plain = f->record == PCAP_RECORD && major == 2 && minor == 4;
	struct file_if *fi = file_add_if(s, e);
	if (!fi)
		return -1;
	/* The upper half of the word holds the length of the FCS. */
	unsigned link = file_u32(f, h + 20) & 0xffff;
	/* 12 and 14 are DLT_RAW of Linux and of OpenBSD, written into files by mistake. */
	fi->link = link == 12 || link == 14 ? LINK_RAW : (uint16_t)link;
	fi->snaplen = file_u32(f, h + 16);
	s->link = fi->link;
	f->next = pcap_next;
	f->eat = HEADER;
	return 1;
}
