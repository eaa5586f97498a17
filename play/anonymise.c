/* SPDX-License-Identifier: BSD-2-Clause */
/* A walk down the tree of all addresses: at each node a keyed function of the bits so far says
 * whether the two branches change places. Where a branch leads to a network that has to keep its
 * place, they never do. */
#include "play/anonymise.h"

#include <stdlib.h>
#include <string.h>

#include "flow/siphash.h"
#include "play/net.h"

#define SLOTS 32768u /* answers remembered */
#define LOW 24u      /* bits at the end of a long address that go by themselves */

struct slot {
	uint8_t from[16], to[16];
	uint8_t width, bits; /* 0: empty */
};

struct anonymise {
	uint64_t key[2];
	struct slot slot[SLOTS];
};

struct place { /* a network that keeps its place */
	uint8_t width, bits;
	bool all; /* its addresses stay as they are */
	uint8_t b[16];
};

static const struct place places[] = {
	/* RFC 6890, RFC 5771; masks stand in 240.0.0.0/4 */
	{ 32, 8, true, { 0 } },
	{ 32, 8, true, { 127 } },
	{ 32, 3, true, { 224 } },
	{ 32, 8, false, { 10 } },
	{ 32, 10, false, { 100, 64 } },
	{ 32, 16, false, { 169, 254 } },
	{ 32, 12, false, { 172, 16 } },
	{ 32, 16, false, { 192, 168 } },
	/* RFC 4291, RFC 4193 */
	{ 128, 104, true, { 0 } },
	{ 128, 8, true, { 0xff } },
	{ 128, 3, false, { 0x20 } },
	{ 128, 7, false, { 0xfc } },
	{ 128, 64, false, { 0xfe, 0x80 } },
	/* nobody, and what IANA gives to protocols (RFC 7042) */
	{ 48, 48, true, { 0 } },
	{ 48, 24, true, { 0x00, 0x00, 0x5e } },
};

/* Long addresses whose last 32 bits are a short one: mapped, and translated (RFC 6052). */
static const uint8_t embeds[][12] = {
	{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff },
	{ 0, 0x64, 0xff, 0x9b },
};

struct anonymise *anonymise_open(const char *seed, struct err *e)
{
	static const uint64_t first[2] = { 0x737472617461u, 0x616e6f6e796d6973u };
	struct anonymise *a;
	struct flow_id key;

	if (!*seed) {
		err_set(e, ERR_USAGE,
			"'--anonymise': wants a seed, any text: whoever knows it can undo it");
		return NULL;
	}
	a = calloc(1, sizeof(*a));
	if (!a) {
		err_set(e, ERR_IO, "out of memory");
		return NULL;
	}
	key = siphash(first, (const uint8_t *)seed, strlen(seed));
	a->key[0] = key.a;
	a->key[1] = key.b;
	return a;
}

void anonymise_close(struct anonymise *a)
{
	free(a);
}

/* Do the branches change places behind the first n bits of p? kind: of the tree. */
static bool turned(const struct anonymise *a, uint8_t kind, const uint8_t *p, unsigned n)
{
	uint8_t text[18] = { kind, (uint8_t)n };

	memcpy(text + 2, p, n / 8);
	if (n % 8)
		text[2 + n / 8] = (uint8_t)(p[n / 8] & 0xff << (8 - n % 8));
	return siphash(a->key, text, 2 + (n + 7) / 8).a & 1;
}

/* Does a network that keeps its place lie below this node? all: it is one whose addresses stay. */
static bool kept(const uint8_t *p, unsigned width, unsigned n, bool *all)
{
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place *k = &places[i];

		if (k->width != width || !net_same(p, k->b, n < k->bits ? n : k->bits))
			continue;
		if (n < k->bits)
			return true;
		*all |= k->all;
	}
	return *all;
}

static void walk(const struct anonymise *a, const uint8_t *p, unsigned width, unsigned bits,
		 uint8_t *to)
{
	bool all = false;

	for (unsigned n = 0; n < bits; n++) {
		/* A card's address says in its first byte whether it is a group, and whose choice.
		 */
		if ((width == 48 || width == 64) && (n == 6 || n == 7))
			continue;
		if (!kept(p, width, n, &all) && turned(a, (uint8_t)width, p, n))
			to[n / 8] ^= (uint8_t)(0x80 >> n % 8);
	}
}

/* The last 24 bits of a long address, which its group and the group's card address repeat. */
static void walk_low(const struct anonymise *a, const uint8_t *p, unsigned bits, uint8_t *to)
{
	for (unsigned n = 0; n < bits; n++)
		if (turned(a, LOW, p, n))
			to[n / 8] ^= (uint8_t)(0x80 >> n % 8);
}

static void walk_long(const struct anonymise *a, const uint8_t *p, unsigned bits, uint8_t *to)
{
	static const uint8_t solicited[13] = { 0xff, 2, [11] = 1, [12] = 0xff };
	const unsigned high = 128 - LOW;
	bool all = false;

	for (unsigned i = 0; bits > 96 && i < sizeof(embeds) / sizeof(embeds[0]); i++)
		if (!memcmp(p, embeds[i], 12)) {
			walk(a, p + 12, 32, bits - 96, to + 12);
			return;
		}
	walk(a, p, 128, bits < high ? bits : high, to);
	kept(p, 128, high, &all);
	if (bits > high && (!all || !memcmp(p, solicited, sizeof(solicited))))
		walk_low(a, p + high / 8, bits - high, to + high / 8);
}

static void walk_card(const struct anonymise *a, const uint8_t *p, unsigned bits, uint8_t *to)
{
	static const uint8_t solicited[3] = { 0x33, 0x33, 0xff };

	if (!(p[0] & 1))
		walk(a, p, 48, bits, to);
	else if (!memcmp(p, solicited, sizeof(solicited)) && bits > LOW)
		walk_low(a, p + 3, bits - 24, to + 3);
}

bool anonymise(struct anonymise *a, uint8_t *p, unsigned width, unsigned bits)
{
	unsigned n = (bits + 7) / 8;
	uint8_t from[16] = { 0 };
	uint32_t h = 2166136261u ^ width ^ bits << 8;
	struct slot *s;
	bool other;

	if ((width != 32 && width != 48 && width != 64 && width != 128) || !bits || bits > width)
		return false;
	memcpy(from, p, n);
	for (unsigned i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	s = &a->slot[(h ^ h >> 15) % SLOTS];
	if (s->width != width || s->bits != bits || memcmp(s->from, from, sizeof(from)) != 0) {
		s->width = (uint8_t)width;
		s->bits = (uint8_t)bits;
		memcpy(s->from, from, sizeof(from));
		memcpy(s->to, from, sizeof(from));
		if (width == 128)
			walk_long(a, from, bits, s->to);
		else if (width == 48)
			walk_card(a, from, bits, s->to);
		else
			walk(a, from, width, bits, s->to);
	}
	other = memcmp(p, s->to, n) != 0;
	memcpy(p, s->to, n);
	return other;
}
