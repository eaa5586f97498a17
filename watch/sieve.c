/* SPDX-License-Identifier: BSD-2-Clause */
/* Which questions a header answers with no: the one or two bytes of it that tell most, and for each
 * of their values the filters that may hold. Most packets concern no rule. */
#include <stdlib.h>
#include <string.h>

#include "watch/engine.h"

/* For each value of the byte what it leaves of the questions; how many it does not. */
static unsigned fill(const struct watch *w, const struct proto *proto, uint32_t at,
		     struct asked to[256])
{
	unsigned gone = 0;

	memset(to, 0xff, 256 * sizeof(*to));
	for (unsigned i = 0; i < w->nquestions && i < SIEVE_ASKED; i++) {
		const struct filter *f = w->question[i].filter;

		if (!(filter_bytes(f, proto) >> at & 1))
			continue;
		for (unsigned v = 0; v < 256; v++) {
			if (filter_may(f, proto, at, (uint8_t)v))
				continue;
			to[v].v[i / 64] &= ~(UINT64_C(1) << i % 64);
			gone++;
		}
	}
	return gone;
}

/* A byte that tells as much; the last one goes where there is no room for one more. */
static bool add(struct rules_of *of, unsigned score[SIEVE_BYTES], unsigned gone, uint32_t at,
		const struct asked to[256])
{
	unsigned i = 0;
	struct sieve *x;

	while (i < of->nsieves && score[i] >= gone)
		i++;
	if (!gone || i == SIEVE_BYTES)
		return true;
	if (of->nsieves < SIEVE_BYTES && !(of->sieve[of->nsieves++] = malloc(sizeof(*x))))
		return false;
	x = of->sieve[of->nsieves - 1];
	for (unsigned k = of->nsieves - 1; k > i; k--) {
		of->sieve[k] = of->sieve[k - 1];
		score[k] = score[k - 1];
	}
	of->sieve[i] = x;
	score[i] = gone;
	x->at = at;
	memcpy(x->may, to, sizeof(x->may));
	return true;
}

bool sieve_make(struct watch *w, struct rules_of *of, const struct proto *proto)
{
	unsigned score[SIEVE_BYTES] = { 0 };
	struct asked to[256];
	uint64_t bytes = 0;

	for (unsigned i = 0; i < w->nquestions && i < SIEVE_ASKED; i++)
		bytes |= filter_bytes(w->question[i].filter, proto);
	for (; bytes; bytes &= bytes - 1) {
		uint32_t at = (uint32_t)__builtin_ctzll(bytes);

		if (!add(of, score, fill(w, proto, at, to), at, to))
			return false;
	}
	return true;
}

void sieve_rule(struct rule_state *s)
{
	const struct question *q = s->when;
	unsigned bit = q ? q->bit : SIEVE_ASKED;

	s->asks.v[bit / 64] |= UINT64_C(1) << bit % 64;
	for (unsigned k = 0; k < s->rule->nuntil; k++) {
		bit = s->until[k]->bit;
		s->asks.v[bit / 64] |= UINT64_C(1) << bit % 64;
	}
}

void sieve_packet(struct watch *w, const struct packet *p)
{
	memset(&w->may, 0xff, sizeof(w->may));
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		struct rules_of *of = &w->of[l->proto->id];

		if (!of->nsieves)
			continue;
		/* Of several headers of one protocol any may be what a filter asks for. */
		if (of->turn == w->turn) {
			memset(&w->may, 0xff, sizeof(w->may));
			return;
		}
		of->turn = w->turn;
		for (unsigned k = 0; k < of->nsieves; k++) {
			const struct asked *may;

			if (of->sieve[k]->at >= l->hlen)
				continue;
			may = &of->sieve[k]->may[p->data[l->off + of->sieve[k]->at]];
			for (unsigned n = 0; n < SIEVE_WORDS; n++)
				w->may.v[n] &= may->v[n];
		}
	}
}
