/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads pcapng files (draft-ietf-opsawg-pcapng): any number of sections and byte orders, any number
 * of interfaces with their own link type, snapshot length and resolution of time. */
#include "capture/impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INTERFACES_MAX 65536u
#define HEAD_MAX (1u << 20) /* bytes of blocks before the first interface that are kept */

struct block {
	uint32_t type, len;  /* len: of the whole block */
	const uint8_t *body; /* after type and length */
	uint32_t n;          /* bytes of body, without the second length */
};

/* What stands in the block from `at` on as a list of options. */
static struct packet_said options_of(const struct source_file *f, const struct block *b,
				     uint32_t at)
{
	at = at > b->n ? b->n : at;
	return (struct packet_said) { b->body + at, b->n - at, f->swap, NULL };
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
	struct packet_said list = options_of(f, b, 8);
	struct said_option o;
	uint32_t at = 0;

	if (b->n < 8)
		return file_damaged(s, e, "an interface block is too short");
	struct file_if *fi = file_add_if(s, e);
	if (!fi)
		return -1;
	fi->link = file_u16(f, b->body);
	if (fi->link == 12 || fi->link == 14) /* see file_pcap.c */
		fi->link = LINK_RAW;
	fi->snaplen = file_u32(f, b->body + 4);
	fi->units.tsresol = 6;
	while (said_next(&list, &at, &o)) {
		if (o.code == IF_NAME && o.len && !fi->name)
			fi->name = strndup((const char *)o.p,
					   o.len < IF_NAME_MOST ? o.len : IF_NAME_MOST);
		if (o.code == IF_TSRESOL && o.len == 1)
			fi->units.tsresol = o.p[0];
		if (o.code == IF_TSOFFSET && o.len == 8) {
			uint64_t v;
			memcpy(&v, o.p, 8);
			fi->units.tsoffset = (int64_t)(f->swap ? __builtin_bswap64(v) : v);
		}
	}
	unsigned tsresol = fi->units.tsresol, most = tsresol & 0x80 ? 63 : 19;
	if ((tsresol & 0x7f) > most)
		return file_damaged(s, e, "interface %" PRIu32 " has a time resolution of %s^-%u",
				    f->nifs - 1, tsresol & 0x80 ? "2" : "10", tsresol & 0x7fu);
	if (f->nifs == 1)
		s->link = fi->link;
	return 0;
}

/* The options of a packet stand at `at`. */
static void say_of_packet(struct source *s, const struct block *b, struct packet *p, uint32_t at)
{
	struct source_file *f = &s->file;
	struct packet_said list = options_of(f, b, b->type == BLOCK_SIMPLE_PACKET ? b->n : at);
	struct said_option o;

	at = 0;
	while (said_next(&list, &at, &o)) {
		unsigned way = o.code == SAID_FLAGS && o.len == 4 ? file_u32(f, o.p) & 3 : 0;
		if (way)
			p->flags |= way == 2 ? PACKET_OUTGOING : way == 1 ? PACKET_INCOMING : 0;
	}
	if (at || f->tap)
		file_said(s, p, b->body - 8, b->len, b->type, list.options,
			  at < list.len ? at : list.len);
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
		p->when = units_to_ns(&fi->units, units);
		caplen = file_u32(f, b->body + 12);
		wire = file_u32(f, b->body + 16);
	}
	if (caplen > b->n - head)
		return file_damaged(s, e,
				    "packet %" PRIu64 " says it has %" PRIu32
				    " bytes, its block has room for %" PRIu32,
				    n, caplen, b->n - head);
	file_packet(s, p, b->body + head, caplen, wire, f->first + id);
	say_of_packet(s, b, p, head + ((caplen + 3u) & ~3u));
	return SOURCE_PACKET;
}

/* The block that could not be read: for messages. */
static const char *this_block(const struct source *s, char text[48])
{
	snprintf(text, 48, "the block after packet %" PRIu64, s->number);
	return text;
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
	if (have < 12)
		return file_cut(s, this_block(s, where));
	if (memcmp(h, "\x0a\x0d\x0d\x0a", 4) == 0) {
		/* A section says its own byte order. */
		f->swap = false;
		f->swap = file_u32(f, h + 8) != ORDER_MAGIC;
		if (file_u32(f, h + 8) != ORDER_MAGIC)
			return file_damaged(s, e, "%s is no section header", this_block(s, where));
	}
	b->type = file_u32(f, h);
	b->len = file_u32(f, h + 4);
	uint32_t least = b->type == BLOCK_SECTION ? 28 : 12;
	if (b->len < least || b->len % 4 || b->len > BLOCK_MAX)
		return file_damaged(s, e, "%s says it is %" PRIu32 " bytes long",
				    this_block(s, where), b->len);
	h = stream_peek(&f->st, b->len, &have, e);
	if (!h)
		return SOURCE_ERROR;
	if (have < b->len)
		return file_cut(s, this_block(s, where));
	if (file_u32(f, h + b->len - 4) != b->len)
		return file_damaged(s, e, "%s says two different lengths", this_block(s, where));
	b->body = h + 8;
	b->n = b->len - 12;
	f->eat = b->len;
	return 1;
}

/* A block that is no packet. */
static int read_other(struct source *s, const struct block *b, struct err *e)
{
	if (b->type == BLOCK_SECTION)
		return read_section(s, b, e);
	if (b->type != BLOCK_INTERFACE)
		return 0;
	if (s->file.nifs >= INTERFACES_MAX)
		return file_damaged(s, e, "it has more than %u interfaces", INTERFACES_MAX);
	return read_interface(s, b, e);
}

static bool is_packet(const struct block *b)
{
	return b->type == BLOCK_PACKET || b->type == BLOCK_SIMPLE_PACKET ||
	       b->type == BLOCK_OLD_PACKET;
}

static int give(struct source_file *f, struct file_block b, struct err *e)
{
	return f->tap && f->tap->take(f->tap, &b, e) < 0 ? SOURCE_ERROR : 0;
}

/* Hand over the blocks that were read when the file was opened. */
static int give_head(struct source *s, struct err *e)
{
	struct source_file *f = &s->file;
	struct file_block b = { 0 };
	size_t at = 0;
	int rc = 0;

	f->begun = true;
	while (rc == 0 && block_at(&f->head, &at, &b))
		rc = give(f, b, e);
	buf_done(&f->head);
	return rc;
}

static int pcapng_next(struct source *s, struct packet *p, struct err *e)
{
	struct source_file *f = &s->file;
	struct block b;

	if (!f->begun && give_head(s, e) < 0)
		return SOURCE_ERROR;
	for (;;) {
		int rc = block_next(s, &b, e);
		if (rc != 1)
			return rc;
		if (is_packet(&b))
			return read_packet(s, &b, p, e);
		if (read_other(s, &b, e) < 0)
			return SOURCE_ERROR;
		if (f->tap && give(f,
				   (struct file_block) { .type = b.type,
							 .p = b.body - 8,
							 .n = b.len,
							 .swap = f->swap,
							 .ifindex = f->nifs - 1,
							 .if_first = f->first },
				   e) < 0)
			return SOURCE_ERROR;
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
	f->ng = true;
	while (f->nifs == 0 && f->head.n < HEAD_MAX) {
		int rc = block_next(s, &b, e);
		if (rc == SOURCE_END)
			break;
		if (rc < 0)
			return -1;
		if (is_packet(&b))
			return file_damaged(s, e, "a packet comes before any interface");
		if (read_other(s, &b, e) < 0)
			return -1;
		buf_put(&f->head, b.body - 8, b.len);
		if (f->head.failed)
			return err_set(e, ERR_IO, "%s: no memory", s->name);
	}
	return 1;
}
