/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rules about a protocol a header may concern: the one or two bytes of it that tell most, and
 * for each of their values the rules that may look at such a packet. Most packets concern none. */
#include <stdlib.h>

#include "watch/engine.h"

/* May rule s be about a packet with that value of the byte? */
static bool may(const struct rule_state *s, const struct proto *proto, uint32_t at, uint8_t v)
{
	bool any = !s->when || filter_may(s->when->filter, proto, at, v);

	for (unsigned k = 0; k < s->rule->nuntil; k++)
		any = any || filter_may(s->until[k]->filter, proto, at, v);
	return any;
}

static uint64_t bytes_of(const struct rule_state *s, const struct proto *proto)
{
	uint64_t bytes = s->when ? filter_bytes(s->when->filter, proto) : 0;

	for (unsigned k = 0; s->when && k < s->rule->nuntil; k++)
		bytes |= filter_bytes(s->until[k]->filter, proto);
	return bytes;
}

/* For each value of the byte the rules that it leaves; how often it leaves none. */
static unsigned fill(const struct watch *w, const struct rules_of *of, const struct proto *proto,
		     uint32_t at, uint64_t *to)
{
	unsigned gone = 0;

	for (unsigned v = 0; v < 256; v++) {
		to[v] = UINT64_MAX;
		for (unsigned k = 0; k < of->n && k < 64; k++) {
			const struct rule_state *s = &w->state[of->v[k]];

			if (!(bytes_of(s, proto) >> at & 1) || may(s, proto, at, (uint8_t)v))
				continue;
			to[v] &= ~(UINT64_C(1) << k);
			gone++;
		}
	}
	return gone;
}

bool sieve_make(struct watch *w, struct rules_of *of, const struct proto *proto)
{
	uint64_t bytes = 0, to[256];
	unsigned score[SIEVE_BYTES] = { 0 };

	for (unsigned k = 0; k < of->n && k < 64; k++)
		bytes |= bytes_of(&w->state[of->v[k]], proto);
	for (; bytes; bytes &= bytes - 1) {
		uint32_t at = (uint32_t)__builtin_ctzll(bytes);
		unsigned gone = fill(w, of, proto, at, to), i = 0;
		struct sieve *x;

		while (i < of->nsieves && score[i] >= gone)
			i++;
		if (!gone || i == SIEVE_BYTES)
			continue;
		/* The last one goes, or there is room for one more. */
		if (of->nsieves < SIEVE_BYTES &&
		    !(of->sieve[of->nsieves++] = malloc(sizeof(struct sieve))))
			return false;
		x = of->sieve[of->nsieves - 1];
		for (unsigned k = of->nsieves - 1; k > i; k--) {
			of->sieve[k] = of->sieve[k - 1];
			score[k] = score[k - 1];
		}
		of->sieve[i] = x;
		score[i] = gone;
		x->at = at;
		for (unsigned v = 0; v < 256; v++)
			x->may[v] = to[v];
	}
	return true;
}

/* Of several headers of one protocol any may be what a filter asks for. */
void sieve_packet(struct watch *w, const struct packet *p)
{
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		struct rules_of *of = &w->of[l->proto->id];

		if (!of->n)
			continue;
		if (of->turn == w->turn) {
			of->may = UINT64_MAX;
			continue;
		}
		of->turn = w->turn;
		of->may = UINT64_MAX;
		for (unsigned k = 0; k < of->nsieves; k++) {
			if (of->sieve[k]->at < l->hlen)
				of->may &= of->sieve[k]->may[p->data[l->off + of->sieve[k]->at]];
		}
	}
}
