/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes pcapng (draft-ietf-opsawg-pcapng): what comes from a pcapng file as it stood there, block
 * by block, as long as nothing of it was changed; the rest with interfaces of our own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capture/impl.h"
#include "capture/sink_impl.h"

#define IFS_MAX 65536u

/* ---- blocks of our own ---- */

int ng_begin(struct sink *s, uint32_t type, uint32_t body, struct err *e)
{
	uint32_t options = s->nsaid + (uint32_t)s->scratch.n;
	uint32_t len = 12 + body + (options ? options + 4 : 0);
	int rc = s->scratch.failed ? err_set(e, ERR_IO, "%s: no memory", s->f.path)
				   : sink_room(s, len, 1, e);

	if (rc != SINK_OK) {
		s->nsaid = 0;
		return rc;
	}
	s->block = s->n;
	sink_put32(s, type);
	sink_put32(s, len);
	return SINK_OK;
}

void ng_end(struct sink *s, bool packet)
{
	if (s->nsaid || s->scratch.n) {
		if (s->nsaid)
			sink_put(s, s->said, s->nsaid);
		if (s->scratch.n)
			sink_put(s, s->scratch.p, s->scratch.n);
		sink_put32(s, 0); /* opt_endofopt */
	}
	s->nsaid = 0;
	sink_put32(s, (uint32_t)(s->n + 4 - s->block));
	sink_end_record(s, packet);
}

/* ---- sections ---- */

static void new_section(struct sink *s, bool swap)
{
	for (uint32_t i = 0; i < s->nifs; i++)
		free(s->ifs[i].name);
	s->nifs = 0;
	s->section++;
	s->swap = swap;
}

/* The comments of the sections that the sources begin with, since they become one. */
static void gather_comments(struct sink *s)
{
	for (struct feed *f = s->one_section ? s->feeds : NULL; f; f = f->next) {
		struct file_block b = { 0 };
		struct said_option o;
		size_t first = 0;
		uint32_t at = 0;

		/* The source's head is gone once it was read. */
		if (!block_at(f->kept.n ? &f->kept : &f->src->file.head, &first, &b) ||
		    b.type != BLOCK_SECTION)
			continue;
		struct packet_said list = { b.p + 24, b.n - 28, b.swap, NULL };
		while (said_next(&list, &at, &o))
			if (o.code == SAID_COMMENT)
				said_put(&s->scratch, false, SAID_COMMENT, o.p, o.len);
	}
}

int ng_start(struct sink *s, struct err *e)
{
	s->scratch.n = 0;
	gather_comments(s);
	said_put(&s->scratch, false, 4, "strata", 6); /* shb_userappl */
	new_section(s, false);
	int rc = ng_begin(s, BLOCK_SECTION, 16, e);
	if (rc != SINK_OK)
		return rc;
	sink_put32(s, ORDER_MAGIC);
	sink_put16(s, 1);
	sink_put16(s, 0);
	sink_put32(s, UINT32_MAX); /* length of the section: not said */
	sink_put32(s, UINT32_MAX);
	ng_end(s, false);
	return SINK_OK;
}

static int put_section(struct sink *s, struct feed *f, const struct file_block *b, struct err *e)
{
	if (s->one_section) {
		uint64_t comments = s->lost[LOST_COMMENT];

		lost_block(s, b);
		if (f->sections++ == 0) /* those were gathered */
			s->lost[LOST_COMMENT] = comments;
		return SINK_OK;
	}
	int rc = sink_room(s, b->n, 1, e);
	if (rc != SINK_OK)
		return rc;
	new_section(s, b->swap);
	sink_put(s, b->p, b->n);
	if (!f->change.whole) /* its length will be another one */
		memset(s->buf + s->n - b->n + 16, 0xff, 8);
	sink_end_record(s, false);
	return SINK_OK;
}

/* ---- interfaces ---- */

static struct out_if *add_if(struct sink *s, struct err *e)
{
	if (s->nifs == IFS_MAX) {
		err_set(e, ERR_IO, "%s: more than %u interfaces", s->f.path, IFS_MAX);
		return NULL;
	}
	if (s->nifs == s->cap_ifs) {
		uint32_t cap = s->cap_ifs ? s->cap_ifs * 2 : 4;
		struct out_if *v = realloc(s->ifs, cap * sizeof(*v));
		if (!v) {
			err_set(e, ERR_IO, "%s: no memory", s->f.path);
			return NULL;
		}
		s->ifs = v;
		s->cap_ifs = cap;
	}
	s->ifs[s->nifs] = (struct out_if) { 0 };
	return &s->ifs[s->nifs++];
}

/* An interface for packets of this link type that bring none: nanoseconds, any length. */
int64_t ng_interface(struct sink *s, uint16_t link, const char *name, struct err *e)
{
	for (uint32_t i = 0; i < s->nifs; i++)
		if (s->ifs[i].ours && s->ifs[i].link == link &&
		    !strcmp(s->ifs[i].name ? s->ifs[i].name : "", name ? name : ""))
			return i;
	size_t n = name ? strlen(name) : 0;
	s->scratch.n = 0;
	if (n)
		said_put(&s->scratch, s->swap, IF_NAME, name, n);
	said_put(&s->scratch, s->swap, IF_TSRESOL, &(uint8_t) { 9 }, 1);
	struct out_if *o = add_if(s, e);
	if (!o)
		return -1;
	*o = (struct out_if) { .link = link, .ours = true, .units = { 9, 0 } };
	o->snaplen = PACKET_MAX;
	o->name = n ? strdup(name) : NULL;
	s->scratch.failed |= n && !o->name;
	if (ng_begin(s, BLOCK_INTERFACE, 8, e) != SINK_OK) {
		free(o->name);
		s->nifs--;
		return -1;
	}
	sink_put16(s, link);
	sink_put16(s, 0);
	sink_put32(s, PACKET_MAX);
	ng_end(s, false);
	return s->nifs - 1;
}

int ng_first_link(struct sink *s, struct err *e)
{
	return ng_interface(s, s->link, s->opt.live ? source_name(s->opt.live) : NULL, e) < 0
		       ? SINK_ERROR
		       : SINK_OK;
}

/* An interface block with what the change makes of it, in the byte order it has. */
static int change_interface(struct sink *s, const struct feed *f, const struct file_block *b,
			    struct buf *out)
{
	struct packet_said list = { b->p + 16, b->n - 20, b->swap, NULL };
	struct said_option o;
	uint32_t at = 0, len;

	(void)s;
	buf_put(out, b->p, 16);
	if (f->change.retime)
		said_put(out, b->swap, IF_TSRESOL, &(uint8_t) { 9 }, 1);
	while (said_next(&list, &at, &o))
		if (!f->change.retime || (o.code != IF_TSRESOL && o.code != IF_TSOFFSET))
			said_put(out, b->swap, o.code, o.p, o.len);
	buf_put(out, "\0\0\0\0", 4);
	if (out->failed)
		return -1;
	len = (uint32_t)out->n + 4;
	len = b->swap ? __builtin_bswap32(len) : len;
	buf_put(out, &len, 4);
	if (out->failed)
		return -1;
	memcpy(out->p + 4, &len, 4);
	if (f->change.has_link) {
		uint16_t link = b->swap ? __builtin_bswap16(f->change.link) : f->change.link;
		memcpy(out->p + 8, &link, 2);
	}
	return 0;
}

static bool map_interface(struct sink *s, struct feed *f, uint32_t from)
{
	if (from >= f->nmap) {
		uint32_t n = from + 16;
		void *v = realloc(f->map, n * sizeof(*f->map));
		if (!v)
			return false;
		f->map = v;
		memset(f->map + f->nmap, 0, (n - f->nmap) * sizeof(*f->map));
		f->nmap = n;
	}
	f->map[from].section = s->section;
	f->map[from].id = s->nifs - 1;
	return true;
}

/* A block as it is, or in the byte order of the section. *raw: where its bytes begin in s->buf. */
static int put_block(struct sink *s, const struct file_block *b, uint8_t **raw, struct err *e)
{
	const void *p = b->p;
	size_t n = b->n;

	if (b->swap != s->swap) {
		s->scratch.n = 0;
		block_swap(b, &s->scratch, &s->lost[LOST_ORDER]);
		if (s->scratch.failed)
			return err_set(e, ERR_IO, "%s: no memory", s->f.path);
		p = s->scratch.p;
		n = s->scratch.n;
	}
	int rc = sink_room(s, n, 1, e);
	if (rc != SINK_OK)
		return rc;
	*raw = s->buf + s->n;
	sink_put(s, p, n);
	sink_end_record(s, false);
	return SINK_OK;
}

static int put_interface(struct sink *s, struct feed *f, const struct file_block *b, struct err *e)
{
	const struct file_if *from = &f->src->file.ifs[b->ifindex];
	struct file_block mine = *b;
	struct buf changed = { 0 };
	uint8_t *raw;
	int rc = SINK_OK;

	if (f->change.retime || f->change.has_link) {
		if (change_interface(s, f, b, &changed) < 0)
			rc = err_set(e, ERR_IO, "%s: no memory", s->f.path);
		mine.p = (const uint8_t *)changed.p;
		mine.n = (uint32_t)changed.n;
	}
	if (rc == SINK_OK)
		rc = put_block(s, &mine, &raw, e);
	buf_done(&changed);
	if (rc != SINK_OK)
		return rc;
	struct out_if *o = add_if(s, e);
	if (!o || !map_interface(s, f, b->ifindex))
		return err_set(e, ERR_IO, "%s: no memory", s->f.path);
	o->link = f->change.has_link ? f->change.link : from->link;
	o->units = f->change.retime ? (struct file_units) { 9, 0 } : from->units;
	o->snaplen = from->snaplen;
	return SINK_OK;
}

/* What an interface of the source is in this section; -1: nothing. */
static int64_t mapped(const struct sink *s, const struct feed *f, uint32_t from)
{
	return from < f->nmap && f->map[from].section == s->section ? (int64_t)f->map[from].id : -1;
}

static int put_statistics(struct sink *s, struct feed *f, const struct file_block *b, struct err *e)
{
	uint32_t id = b->n < 24 ? UINT32_MAX : said_u32(b->swap, b->p + 8);
	int64_t to = id > UINT32_MAX - b->if_first ? -1 : mapped(s, f, b->if_first + id);
	uint8_t *raw;

	/* Of packets with other times they would tell times of before. */
	if (to < 0 || f->change.retime) {
		s->lost[LOST_STATISTICS]++;
		return SINK_OK;
	}
	int rc = put_block(s, b, &raw, e);
	if (rc == SINK_OK) {
		uint32_t v = s->swap ? __builtin_bswap32((uint32_t)to) : (uint32_t)to;
		memcpy(raw + 8, &v, 4);
	}
	return rc;
}

int ng_block(struct sink *s, struct feed *f, const struct file_block *b, struct err *e)
{
	uint8_t *raw;

	if (b->pcap)
		return SINK_OK;
	switch (b->type) {
	case BLOCK_SECTION: return put_section(s, f, b, e);
	case BLOCK_INTERFACE: return put_interface(s, f, b, e);
	case BLOCK_STATISTICS: return put_statistics(s, f, b, e);
	default: return put_block(s, b, &raw, e);
	}
}

/* ---- packets ---- */

/* The block as it stood in its file, but for the interface's number. False: it cannot stay. */
static bool put_as_it_was(struct sink *s, const struct packet_record *r, uint32_t id)
{
	if (r->swap != s->swap || record_feed(r)->change.retime ||
	    (r->type == BLOCK_SIMPLE_PACKET && id != 0) ||
	    (r->type == BLOCK_OLD_PACKET && id > UINT16_MAX))
		return false;
	uint8_t *p = s->buf + s->n;
	sink_put(s, r->raw, r->n);
	if (r->type == BLOCK_PACKET) {
		id = s->swap ? __builtin_bswap32(id) : id;
		memcpy(p + 8, &id, 4);
	} else if (r->type == BLOCK_OLD_PACKET) {
		uint16_t v = s->swap ? __builtin_bswap16((uint16_t)id) : (uint16_t)id;
		memcpy(p + 8, &v, 2);
	}
	return true;
}

/* The options of p in the byte order of the section: those that may stay as they are into s->said,
 * the others into s->scratch. */
static void gather_options(struct sink *s, const struct packet *p, const struct packet_record *r)
{
	uint32_t at = 0, way = p->flags & PACKET_OUTGOING ? 2 : p->flags & PACKET_INCOMING ? 1 : 0;
	struct said_option o;

	s->scratch.n = 0;
	s->nsaid = 0;
	while (p->said && said_next(p->said, &at, &o))
		if (o.code == SAID_FLAGS)
			way = 0; /* it is there */
	if (p->said && p->said->swap != s->swap)
		options_swap(BLOCK_PACKET, p->said, &s->scratch, &s->lost[LOST_ORDER]);
	else if (p->said)
		s->said = p->said->options, s->nsaid = at;
	way = s->swap ? __builtin_bswap32(way) : way;
	if (way)
		said_put(&s->scratch, s->swap, SAID_FLAGS, &way, 4);
	if (r && r->type == BLOCK_OLD_PACKET && said_u16(r->swap, r->raw + 10) != UINT16_MAX) {
		uint64_t drops = said_u16(r->swap, r->raw + 10);
		drops = s->swap ? __builtin_bswap64(drops) : drops;
		said_put(&s->scratch, s->swap, SAID_DROPS, &drops, 8);
	}
}

static int put_packet(struct sink *s, const struct packet *p, uint32_t id, uint64_t units,
		      struct err *e)
{
	uint32_t padded = (p->len + 3) & ~3u;
	int rc = ng_begin(s, BLOCK_PACKET, 20 + padded, e);

	if (rc != SINK_OK)
		return rc;
	sink_put32(s, id);
	sink_put32(s, (uint32_t)(units >> 32));
	sink_put32(s, (uint32_t)units);
	sink_put32(s, p->len);
	sink_put32(s, p->wire_len > p->len ? p->wire_len : p->len);
	sink_put(s, p->data, p->len);
	sink_put(s, "\0\0\0", padded - p->len);
	ng_end(s, true);
	return SINK_OK;
}

int ng_put(struct sink *s, const struct packet *p, struct err *e)
{
	bool same;
	const struct packet_record *r = sink_record(s, p, &same);
	int64_t id = r ? mapped(s, record_feed(r), p->ifindex) : -1;
	uint64_t units = 0;

	if (id >= 0 && s->ifs[id].link != p->link)
		id = -1;
	if (id >= 0 && same) {
		int rc = sink_room(s, r->n, 1, e);
		if (rc != SINK_OK)
			return rc;
		if (put_as_it_was(s, r, (uint32_t)id)) {
			sink_end_record(s, true);
			return SINK_OK;
		}
	}
	bool timeless = p->flags & PACKET_NO_TIME;
	if (id < 0 || (!timeless && !units_from_ns(&s->ifs[id].units, p->when, &units))) {
		if (p->when < 0)
			return err_set(e, ERR_IO, "%s: pcapng has no time before 1970", s->f.path);
		id = ng_interface(s, p->link, p->ifname, e);
		if (id < 0)
			return s->f.gone ? SINK_GONE : SINK_ERROR;
		units = (uint64_t)p->when;
	}
	s->lost[LOST_NO_TIME] += timeless && p->said;
	gather_options(s, p, r);
	return put_packet(s, p, (uint32_t)id, units, e);
}
