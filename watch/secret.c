/* SPDX-License-Identifier: BSD-2-Clause */
/* Secrets in clear: fields that the descriptions of protocols call so. */
#include "core/secret.h"

#include <stdlib.h>

#include "watch/engine.h"

static bool add(struct watch *w, const struct proto *proto, uint16_t rule)
{
	struct rules_of *of = &w->of[proto->id];
	uint16_t *v = realloc(of->secret, (of->nsecrets + 1u) * sizeof(*v));

	if (!v)
		return false;
	of->secret = v;
	v[of->nsecrets++] = rule;
	return true;
}

bool secret_prepare(struct watch *w, uint16_t i)
{
	const struct ruleset *rs = w->o.rules;
	const struct watch_rule *r = rs->v[i];

	for (unsigned k = 0; k < r->nabout; k++) {
		if (!add(w, r->about[k], i))
			return false;
	}
	for (unsigned k = 0; !r->nabout && k < registry_count(rs->reg); k++) {
		const struct proto *proto = registry_at(rs->reg, k);
		int has = rs->claimed && rs->claimed[proto->id] ? 0 : secret_in(proto);

		if (has < 0 || (has && !add(w, proto, i)))
			return false;
	}
	return true;
}

static int tell(struct watch *w, const struct packet *p, unsigned layer, const struct rules_of *of)
{
	int rc = 0;

	for (unsigned k = 0; k < of->nsecrets && !rc; k++) {
		struct rule_state *s = &w->state[of->secret[k]];

		if (rule_fits(w, s->when, p))
			rc = rule_hit(w, s, p, layer);
	}
	return rc;
}

int secret_look(struct watch *w, const struct packet *p)
{
	int rc = 0;

	for (unsigned i = 0; i < p->nlayers && !(p->layers[i].flags & LAYER_QUOTED) && !rc; i++) {
		const struct rules_of *of = &w->of[p->layers[i].proto->id];
		const struct tree *t;
		uint32_t from = 0, at;

		if (!of->nsecrets || (p->layers[i].flags & LAYER_ABOVE))
			continue;
		t = filter_tree(&w->work, p, i);
		if (!t)
			return -1;
		while (!rc && secret_next(t, &from, &at)) {
			w->secret.n = 0;
			secret_name(t, at, &w->secret);
			rc = w->secret.failed ? -1 : tell(w, p, i, of);
		}
	}
	return rc;
}
