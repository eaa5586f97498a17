/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads pcapng files (draft-ietf-opsawg-pcapng): any number of sections and byte orders, any number
 * of interfaces with their own link type, snapshot length and resolution of time. */
#include "capture/impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_OLD_PACKET 2u
#define BLOCK_SIMPLE_PACKET 3u
#define BLOCK_PACKET 6u
#define ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_MAX (16u << 20) /* bytes; as libpcap */
#define INTERFACES_MAX 65536u

struct block {
	uint32_t type, len;  /* len: of the whole block */
	const uint8_t *body; /* after type and length */
	uint32_t n;          /* bytes of body, without the second length */
};

struct option {
	uint16_t code, len;
	const uint8_t *p;
};

/* The option at *at; moves on. False: no more, or what follows does not fit. */
static bool option_next(const struct source_file *f, const struct block *b, uint32_t *at,
			struct option *o)
{
	if (*at > b->n || b->n - *at < 4)
		return false;
	o->code = file_u16(f, b->body + *at);
	o->len = file_u16(f, b->body + *at + 2);
	o->p = b->body + *at + 4;
	if (o->code == 0 || b->n - *at - 4 < o->len)
		return false;
	*at += 4 + ((o->len + 3u) & ~3u);
	return true;
}

/* Nanoseconds since the epoch of a time in units of the interface, as far as 64 bits hold them. */
static int64_t file_time(const struct file_if *fi, uint64_t units)
{
	__extension__ typedef __int128 wide;
	wide ns = (wide)units;
	unsigned r = fi->tsresol & 0x7f;

	if (fi->tsresol & 0x80) {
		/* units * 10^9 needs 94 bits. */
		ns = ns * 1000000000 >> r;
	} else {
		for (; r < 9; r++)
			ns *= 10;
		for (; r > 9; r--)
			ns /= 10;
	}
	ns += (wide)fi->tsoffset * 1000000000;
	return ns > INT64_MAX ? INT64_MAX : ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

static int read_section(struct source *s, const struct block *b, struct err *e)
{
	struct source_file *f = &s->file;

	/* The byte order was found when the block was. */
	unsigned major = file_u16(f, b->body + 4), minor = file_u16(f, b->body + 6);
	if (major != 1 || (minor != 0 && minor != 2))
		return file_damaged(s, e, "a section is of version %u.%u; known is 1.0", major,
				    minor);
	f->first = f->nifs;
	return 0;
}

static int read_interface(struct source *s, const struct block *b, struct err *e)
{
	struct source_file *f = &s->file;
	uint32_t at = 8;
	struct option o;

	if (b->n < 8)
		return file_damaged(s, e, "an interface block is too short");
	struct file_if *fi = file_add_if(s, e);
	if (!fi)
		return -1;
	fi->link = file_u16(f, b->body);
	if (fi->link == 12 || fi->link == 14) /* see file_pcap.c */
		fi->link = LINK_RAW;
	fi->snaplen = file_u32(f, b->body + 4);
	fi->tsresol = 6;
	while (option_next(f, b, &at, &o)) {
		if (o.code == 2 && o.len && !fi->name)
			fi->name = strndup((const char *)o.p, o.len);
		if (o.code == 9 && o.len == 1)
			fi->tsresol = o.p[0];
		if (o.code == 14 && o.len == 8) {
			uint64_t v;
			memcpy(&v, o.p, 8);
			fi->tsoffset = (int64_t)(f->swap ? __builtin_bswap64(v) : v);
		}
	}
	unsigned most = fi->tsresol & 0x80 ? 63 : 19;
	if ((fi->tsresol & 0x7f) > most)
		return file_damaged(s, e, "interface %" PRIu32 " has a time resolution of %s^-%u",
				    f->nifs - 1, fi->tsresol & 0x80 ? "2" : "10",
				    fi->tsresol & 0x7fu);
	if (f->nifs == 1)
		s->link = fi->link;
	return 0;
}

/* SOURCE_PACKET, or SOURCE_ERROR. */
static int read_packet(struct source *s, const struct block *b, struct packet *p, struct err *e)
{
	struct source_file *f = &s->file;
	uint32_t id = 0, caplen, wire, head = b->type == BLOCK_SIMPLE_PACKET ? 4 : 20;
	uint64_t n = s->number + 1;

	if (b->n < head)
		return file_damaged(s, e, "the block of packet %" PRIu64 " is too short", n);
	if (b->type == BLOCK_PACKET)
		id = file_u32(f, b->body);
	else if (b->type == BLOCK_OLD_PACKET)
		id = file_u16(f, b->body);
	if (id >= f->nifs - f->first)
		return file_damaged(s, e,
				    "packet %" PRIu64 " is of interface %" PRIu32 " of %" PRIu32, n,
				    id, f->nifs - f->first);
	const struct file_if *fi = &f->ifs[f->first + id];
	p->flags = 0;
	if (b->type == BLOCK_SIMPLE_PACKET) {
		wire = file_u32(f, b->body);
		caplen = fi->snaplen && wire > fi->snaplen ? fi->snaplen : wire;
		if (caplen > b->n - head)
			caplen = b->n - head;
		p->when = 0;
		p->flags = PACKET_NO_TIME;
	} else {
		uint64_t units =
			(uint64_t)file_u32(f, b->body + 4) << 32 | file_u32(f, b->body + 8);
		p->when = file_time(fi, units);
		caplen = file_u32(f, b->body + 12);
		wire = file_u32(f, b->body + 16);
	}
	if (caplen > b->n - head)
		return file_damaged(s, e,
				    "packet %" PRIu64 " says it has %" PRIu32
				    " bytes, its block has room for %" PRIu32,
				    n, caplen, b->n - head);
	uint32_t at = head + ((caplen + 3u) & ~3u);
	struct option o;
	while (b->type == BLOCK_PACKET && option_next(f, b, &at, &o))
		if (o.code == 2 && o.len == 4 && (file_u32(f, o.p) & 3) == 2)
			p->flags |= PACKET_OUTGOING;
	file_packet(s, p, b->body + head, caplen, wire, f->first + id);
	return SOURCE_PACKET;
}

/* The next block into the window. 1, SOURCE_END or SOURCE_ERROR. */
static int block_next(struct source *s, struct block *b, struct err *e)
{
	struct source_file *f = &s->file;
	size_t have;
	char where[48];

	if (f->eat && !stream_skip(&f->st, f->eat, e))
		return e && e->code ? SOURCE_ERROR : SOURCE_END;
	f->eat = 0;
	const uint8_t *h = stream_peek(&f->st, 12, &have, e);
	if (!h)
		return SOURCE_ERROR;
	if (have == 0 && !f->st.cut && !f->st.bad[0])
		return SOURCE_END;
	snprintf(where, sizeof(where), "the block after packet %" PRIu64, s->number);
	if (have < 12)
		return file_cut(s, where);
	if (memcmp(h, "\x0a\x0d\x0d\x0a", 4) == 0) {
		/* A section says its own byte order. */
		f->swap = false;
		f->swap = file_u32(f, h + 8) != ORDER_MAGIC;
		if (file_u32(f, h + 8) != ORDER_MAGIC)
			return file_damaged(s, e, "%s is no section header", where);
	}
	b->type = file_u32(f, h);
	b->len = file_u32(f, h + 4);
	uint32_t least = b->type == BLOCK_SECTION ? 28 : 12;
	if (b->len < least || b->len % 4 || b->len > BLOCK_MAX)
		return file_damaged(s, e, "%s says it is %" PRIu32 " bytes long", where, b->len);
	h = stream_peek(&f->st, b->len, &have, e);
	if (!h)
		return SOURCE_ERROR;
	if (have < b->len)
		return file_cut(s, where);
	if (file_u32(f, h + b->len - 4) != b->len)
		return file_damaged(s, e, "%s says two different lengths", where);
	b->body = h + 8;
	b->n = b->len - 12;
	f->eat = b->len;
	return 1;
}

static int pcapng_next(struct source *s, struct packet *p, struct err *e)
{
	struct block b;

	for (;;) {
		int rc = block_next(s, &b, e);
		if (rc != 1)
			return rc;
		if (b.type == BLOCK_PACKET || b.type == BLOCK_SIMPLE_PACKET ||
		    b.type == BLOCK_OLD_PACKET)
			return read_packet(s, &b, p, e);
		if (b.type == BLOCK_SECTION && read_section(s, &b, e) < 0)
			return SOURCE_ERROR;
		if (b.type == BLOCK_INTERFACE) {
			if (s->file.nifs >= INTERFACES_MAX)
				return file_damaged(s, e, "it has more than %u interfaces",
						    INTERFACES_MAX);
			if (read_interface(s, &b, e) < 0)
				return SOURCE_ERROR;
		}
	}
}

/* Reads up to the first interface, so that the link type is known before the first packet. */
int file_pcapng_open(struct source *s, struct err *e)
{
	struct source_file *f = &s->file;
	size_t have;
	const uint8_t *h = stream_peek(&f->st, 12, &have, e);
	struct block b;

	if (!h)
		return -1;
	if (have < 12 || memcmp(h, "\x0a\x0d\x0d\x0a", 4) != 0)
		return 0;
	s->link = LINK_NONE;
	f->next = pcapng_next;
	while (f->nifs == 0) {
		int rc = block_next(s, &b, e);
		if (rc == SOURCE_END)
			break;
		if (rc < 0)
			return -1;
		if (b.type == BLOCK_SECTION && read_section(s, &b, e) < 0)
			return -1;
		if (b.type == BLOCK_INTERFACE && read_interface(s, &b, e) < 0)
			return -1;
		if (b.type == BLOCK_PACKET || b.type == BLOCK_SIMPLE_PACKET ||
		    b.type == BLOCK_OLD_PACKET)
			return file_damaged(s, e, "a packet comes before any interface");
	}
	return 1;
}
