/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of a packet that is patched: found out by trying what each piece adds, then kept up
 * without reading the packet. */
#include <stdlib.h>

#include "craft/template_impl.h"

/* The sum of the packet as it stands. False: it cannot be told. */
static bool ask_sum(struct template *t, const struct sum_patch *s, uint64_t *v)
{
	const struct built *y = &t->build.layer[s->layer];

	return sum_value(&t->build.pkt, y->tree.layer, &y->tree, s->node, v) < 2;
}

static bool said_sum(const struct node *v)
{
	return v->said && v->said->form != SAY_AUTO && v->said->form != SAY_BAD &&
	       v->said->form != SAY_ANY;
}

static const char *list_sums(struct template *t)
{
	for (unsigned i = t->build.n; i-- > 0;) {
		const struct built *y = &t->build.layer[i];
		unsigned level = 0;
		uint32_t k = 0;

		while (y->proto && (k = build_sum_next(&y->tree, k, &level)) != NODE_NONE) {
			const struct node *v = &y->tree.v[k];
			struct sum_patch *s = &t->sum[t->nsums];
			uint64_t value;

			if (said_sum(v))
				continue;
			if (t->nsums == SUMS_MAX || t->npieces == PIECES_MAX)
				return "the packet has too many checksums";
			s->layer = i;
			s->node = k;
			if (!ask_sum(t, s, &value))
				continue;
			s->form = v->field->rule.sum->form;
			s->zero_none = v->field->rule.zero_none;
			s->bad = v->said && v->said->form == SAY_BAD;
			s->piece = t->npieces;
			t->piece[t->npieces++] =
				(struct piece) { .bit = v->bit,
						 .bits = v->bits,
						 .from = FROM_SUM,
						 .le = v->type->le && v->bits % 8 == 0 };
			t->nsums++;
		}
	}
	return NULL;
}

static void clear_piece(uint8_t *b, const struct piece *p)
{
	if (p->from == FROM_RUN)
		memset(b + p->bit / 8, 0, p->len);
	else
		bits_put(b, p->bit, p->bits, 0);
}

/* Weight of a piece's lowest bit (of a run: as sum_inet_partial weighs it), modulo 65535. */
static bool try_inet(struct template *t, struct sum_patch *s, unsigned i)
{
	uint8_t *b = (uint8_t *)t->build.bytes.p;
	const struct piece *p = &t->piece[i];
	uint64_t v;
	uint32_t c;

	if (p->from == FROM_RUN)
		b[p->bit / 8] = 1;
	else
		bits_put(b, p->bit, p->bits, 1);
	if (!ask_sum(t, s, &v))
		return false;
	clear_piece(b, p);
	c = (uint32_t)((~v & 0xffff) + 65535 - s->base) % 65535;
	/* A run's first byte is the upper half of a word to sum_inet_partial: 1/256 is 256. */
	if (p->from == FROM_RUN)
		c = c * 256 % 65535;
	if (c) {
		s->coef[s->ndeps] = c;
		s->deps[s->ndeps++] = (uint8_t)i;
	}
	return true;
}

static bool try_crc(struct template *t, struct sum_patch *s, unsigned n)
{
	uint8_t *b = (uint8_t *)t->build.bytes.p;
	unsigned bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += (t->piece[i].bits + 7) / 8;
	if (bytes > TABLE_BYTES) {
		s->anew = true;
		return true;
	}
	s->table = calloc(bytes ? bytes : 1, sizeof(*s->table));
	if (!s->table)
		return false;
	bytes = 0;
	for (unsigned i = 0; i < n; i++) {
		const struct piece *p = &t->piece[i];

		for (unsigned k = 0; k < p->bits; k++) {
			uint64_t(*row)[256] = &s->table[bytes + k / 8];
			uint32_t bit = p->bit + p->bits - 1 - k;
			uint64_t v;

			b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			if (!ask_sum(t, s, &v))
				return false;
			b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			for (unsigned x = 0; x < 256; x++)
				if (x >> k % 8 & 1)
					(*row)[x] ^= v ^ s->base;
		}
		bytes += (p->bits + 7) / 8;
	}
	s->ndeps = n;
	return true;
}

static bool try_sum(struct template *t, struct sum_patch *s)
{
	/* Sums further out come later and cannot be covered by this one. */
	unsigned n = s->piece;
	uint64_t v;

	if (!ask_sum(t, s, &v))
		return false;
	s->base = s->form == SUM_INET ? ~v & 0xffff : v;
	if (s->form == SUM_CRC)
		return try_crc(t, s, n);
	s->anew = s->form != SUM_INET;
	for (unsigned i = 0; s->form == SUM_INET && i < n; i++)
		if (!try_inet(t, s, i))
			return false;
	return true;
}

/* A sum on which nothing that varies hangs stays as it was built. (Its piece stays too: others may
 * cover it.) */
static void drop_constant(struct template *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->nsums; i++) {
		struct sum_patch *s = &t->sum[i];
		struct piece *p = &t->piece[s->piece];

		s->quick = s->form == SUM_INET && !s->bad && !p->le && p->bits == 16 &&
			   p->bit % 8 == 0;
		t->reads |= s->anew;
		if (!s->anew && !s->table && !s->ndeps) {
			p->v = bits_get((uint8_t *)t->build.bytes.p, p->bit, p->bits);
			p->fold = fold33(p->v);
			continue;
		}
		if (n != i) {
			t->sum[n] = *s;
			s->table = NULL;
		}
		n++;
	}
	t->nsums = n;
}

const char *sums_find(struct template *t)
{
	uint8_t *b = (uint8_t *)t->build.bytes.p, *keep;
	const char *why = list_sums(t);

	if (why || !t->nsums)
		return why;
	keep = malloc(t->build.bytes.n);
	if (!keep)
		return "out of memory";
	memcpy(keep, b, t->build.bytes.n);
	for (unsigned i = 0; i < t->npieces; i++)
		clear_piece(b, &t->piece[i]);
	for (unsigned i = 0; i < t->nsums && !why; i++)
		if (!try_sum(t, &t->sum[i]))
			why = "a checksum cannot be told";
	memcpy(b, keep, t->build.bytes.n);
	free(keep);
	drop_constant(t);
	return why;
}

/* ---- for each packet ---- */

static inline uint64_t inet_now(const struct template *t, const struct sum_patch *s)
{
	uint64_t acc = s->base;

	for (unsigned k = 0; k < s->ndeps; k++)
		acc += s->coef[k] * t->piece[s->deps[k]].fold;
	return ~fold16(acc) & 0xffff;
}

static uint64_t crc_now(const struct template *t, const struct sum_patch *s)
{
	uint64_t v = s->base;
	unsigned at = 0;

	for (unsigned i = 0; i < s->ndeps; i++) {
		const struct piece *p = &t->piece[i];

		for (unsigned k = 0; k < (p->bits + 7) / 8; k++) {
			unsigned byte = p->from == FROM_RUN ? p->say->cur.p[p->len - 1 - k]
							    : (uint8_t)(p->v >> k * 8);

			v ^= s->table[at++][byte];
		}
	}
	return v;
}

void sums_put(struct template *t, uint8_t *b)
{
	for (unsigned i = 0; i < t->nsums; i++) {
		struct sum_patch *s = &t->sum[i];
		struct piece *p = &t->piece[s->piece];
		uint64_t v = 0;

		if (s->quick) {
			uint32_t w = (uint32_t)inet_now(t, s);
			uint16_t be;

			w |= w || !s->zero_none ? 0 : 0xffff;
			be = htobe16((uint16_t)w);
			memcpy(b + p->bit / 8, &be, 2);
			p->v = p->fold = w;
			continue;
		}
		if (s->anew)
			ask_sum(t, s, &v);
		else
			v = s->form == SUM_INET ? inet_now(t, s) : crc_now(t, s);
		if (s->zero_none && !v)
			v = p->bits < 64 ? (UINT64_C(1) << p->bits) - 1 : UINT64_MAX;
		if (s->bad)
			v ^= 0x5555;
		if (p->bits < 64)
			v &= (UINT64_C(1) << p->bits) - 1;
		if (p->le)
			v = htobe64(le64toh(v)) >> (64 - p->bits);
		p->v = v;
		p->fold = fold33(v);
		put_bits(b, p->bit, p->bits, v);
	}
}
