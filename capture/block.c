/* SPDX-License-Identifier: BSD-2-Clause */
/* pcapng blocks (draft-ietf-opsawg-pcapng) in the other byte order, and times in the units of
 * their interface. */
#include "capture/block.h"

__extension__ typedef __int128 wide;

#define NS 1000000000

int64_t units_to_ns(const struct file_units *u, uint64_t units)
{
	wide ns = (wide)units;
	unsigned r = u->tsresol & 0x7f;

	if (u->tsresol & 0x80) {
		/* units * 10^9 needs 94 bits. */
		ns = ns * NS >> r;
	} else {
		for (; r < 9; r++)
			ns *= 10;
		for (; r > 9; r--)
			ns /= 10;
	}
	ns += (wide)u->tsoffset * NS;
	return ns > INT64_MAX ? INT64_MAX : ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

bool units_from_ns(const struct file_units *u, int64_t ns, uint64_t *units)
{
	wide v = (wide)ns - (wide)u->tsoffset * NS;
	unsigned r = u->tsresol & 0x7f;

	if (v < 0)
		return false;
	if (u->tsresol & 0x80) {
		v = ((v << r) + NS - 1) / NS; /* the least one that is read as ns */
	} else {
		for (; r < 9; r++)
			v /= 10;
		for (; r > 9 && v <= UINT64_MAX; r--)
			v *= 10;
	}
	if (v > UINT64_MAX)
		return false;
	*units = (uint64_t)v;
	return units_to_ns(u, *units) == ns;
}

bool block_at(const struct buf *blocks, size_t *at, struct file_block *b)
{
	if (*at >= blocks->n)
		return false;
	b->ifindex += b->type == BLOCK_INTERFACE;
	b->p = (const uint8_t *)blocks->p + *at;
	if (memcmp(b->p, "\x0a\x0d\x0d\x0a", 4) == 0)
		b->swap = said_u32(false, b->p + 8) != ORDER_MAGIC;
	b->type = said_u32(b->swap, b->p);
	b->n = said_u32(b->swap, b->p + 4);
	if (b->type == BLOCK_SECTION)
		b->if_first = b->ifindex;
	*at += b->n;
	return true;
}

/* ---- byte order ---- */

static void put_swapped(struct buf *out, const uint8_t *p, size_t n, unsigned width)
{
	for (size_t i = 0; i + width <= n; i += width) {
		for (unsigned k = width; k-- > 0;)
			buf_char(out, (char)p[i + k]);
	}
	buf_put(out, p + n / width * width, n % width);
}

/* Options whose values are numbers: of how many bytes. */
static const struct {
	uint32_t block;
	uint16_t code;
	uint8_t width;
} numbers[] = {
	{ BLOCK_INTERFACE, 8, 8 },           /* if_speed */
	{ BLOCK_INTERFACE, 10, 4 },          /* if_tzone */
	{ BLOCK_INTERFACE, IF_TSOFFSET, 8 }, /* if_tsoffset */
	{ BLOCK_INTERFACE, 16, 8 },          /* if_txspeed */
	{ BLOCK_INTERFACE, 17, 8 },          /* if_rxspeed */
	{ BLOCK_PACKET, SAID_FLAGS, 4 },     /* epb_flags */
	{ BLOCK_PACKET, SAID_DROPS, 8 },     /* epb_dropcount */
	{ BLOCK_PACKET, 5, 8 },              /* epb_packetid */
	{ BLOCK_PACKET, 6, 4 },              /* epb_queue */
	{ BLOCK_OLD_PACKET, SAID_FLAGS, 4 }, /* pack_flags */
	{ BLOCK_STATISTICS, 2, 4 },          /* isb_starttime: two halves */
	{ BLOCK_STATISTICS, 3, 4 },          /* isb_endtime */
	{ BLOCK_STATISTICS, 4, 8 },          /* isb_ifrecv */
	{ BLOCK_STATISTICS, 5, 8 },          /* isb_ifdrop */
	{ BLOCK_STATISTICS, 6, 8 },          /* isb_filteraccept */
	{ BLOCK_STATISTICS, 7, 8 },          /* isb_osdrop */
	{ BLOCK_STATISTICS, 8, 8 },          /* isb_usrdeliv */
};

/* The highest option of each block that is known; above it nobody can tell numbers from text. */
static uint16_t last_known(uint32_t block)
{
	switch (block) {
	case BLOCK_SECTION:
	case BLOCK_NAMES: return 4;
	case BLOCK_INTERFACE: return 18;
	case BLOCK_OLD_PACKET: return 3;
	case BLOCK_PACKET: return 7;
	case BLOCK_STATISTICS: return 8;
	default: return 1;
	}
}

static bool is_custom(uint16_t code)
{
	return code == 2988 || code == 2989 || code == 19372 || code == 19373;
}

void options_swap(uint32_t type, const struct packet_said *from, struct buf *out, uint64_t *kept)
{
	struct said_option o;
	uint32_t at = 0;

	while (said_next(from, &at, &o)) {
		unsigned width = 1;
		uint16_t head[2] = { o.code, o.len };

		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			if (numbers[i].block == type && numbers[i].code == o.code)
				width = numbers[i].width;
		if (o.code > last_known(type) && !is_custom(o.code))
			++*kept;
		for (int i = 0; !from->swap && i < 2; i++)
			head[i] = __builtin_bswap16(head[i]);
		buf_put(out, head, 4);
		if (is_custom(o.code) && o.len >= 4) { /* whose it is, then theirs */
			put_swapped(out, o.p, 4, 4);
			buf_put(out, o.p + 4, o.len - 4u);
		} else {
			put_swapped(out, o.p, o.len, width);
		}
		buf_put(out, "\0\0\0", (4 - o.len % 4u) % 4);
	}
}

/* The records of a block of names, as far as they are whole: how many bytes they took. */
static uint32_t names_swap(const uint8_t *p, uint32_t n, bool swap, struct buf *out)
{
	uint32_t at = 0;

	while (n - at >= 4) {
		uint16_t type = said_u16(swap, p + at), len = said_u16(swap, p + at + 2);
		uint32_t all = 4 + ((len + 3u) & ~3u);

		if (n - at < all)
			break;
		put_swapped(out, p + at, 4, 2);
		buf_put(out, p + at + 4, all - 4);
		at += all;
		if (type == 0)
			break;
	}
	return at;
}

/* The bytes of the body that are numbers in front of the options: how many; the widths in out. */
static uint32_t body_swap(const struct file_block *b, const uint8_t *p, uint32_t n, struct buf *out,
			  uint64_t *kept)
{
	uint32_t data, head = 0;

	switch (b->type) {
	case BLOCK_SECTION:
		if (n < 16)
			break;
		put_swapped(out, p, 4, 4);
		put_swapped(out, p + 4, 4, 2);
		put_swapped(out, p + 8, 8, 8);
		return 16;
	case BLOCK_INTERFACE:
		if (n < 8)
			break;
		put_swapped(out, p, 4, 2);
		put_swapped(out, p + 4, 4, 4);
		return 8;
	case BLOCK_NAMES: return names_swap(p, n, b->swap, out);
	case BLOCK_STATISTICS:
		head = n < 12 ? n : 12;
		put_swapped(out, p, head, 4);
		return head;
	case BLOCK_SECRETS:
		if (n < 8)
			break;
		data = said_u32(b->swap, p + 4);
		put_swapped(out, p, 8, 4);
		data = data > n - 8 ? n - 8 : (data + 3) & ~3u;
		data = data > n - 8 ? n - 8 : data;
		buf_put(out, p + 8, data);
		return 8 + data;
	case BLOCK_CUSTOM:
	case BLOCK_CUSTOM_KEPT:
		if (n < 4)
			break;
		put_swapped(out, p, 4, 4); /* whose it is */
		buf_put(out, p + 4, n - 4);
		return n;
	case BLOCK_JOURNAL: break; /* text */
	default: ++*kept;
	}
	buf_put(out, p, n);
	return n;
}

void block_swap(const struct file_block *b, struct buf *out, uint64_t *kept)
{
	const uint8_t *body = b->p + 8;
	uint32_t n = b->n - 12, all;
	size_t from = out->n;

	put_swapped(out, b->p, 8, 4);
	uint32_t head = body_swap(b, body, n, out, kept);
	if (head < n) {
		struct packet_said o = { body + head, n - head, b->swap, NULL };
		options_swap(b->type, &o, out, kept);
		buf_put(out, "\0\0\0\0", 4); /* the end of the list */
	}
	/* A list that did not end well has another length now. */
	all = (uint32_t)(out->n - from) + 4;
	if (!b->swap)
		all = __builtin_bswap32(all);
	buf_put(out, &all, 4);
	if (!out->failed)
		memcpy(out->p + from + 4, &all, 4);
}
