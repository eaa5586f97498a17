/* SPDX-License-Identifier: BSD-2-Clause */
/* A guard tells its protocol from all others: for every layer that stands at a port, in the packets
 * of the files given, every other protocol that is bound to ports of the same kind is asked whether
 * it is one of its own. Where it says yes though its looks are said to be enough (`guess`), that is
 * a failure; where the port decides, too, it is counted, told, and bounded as a whole. Numbers that
 * are given out once and for all (ethertypes, link types) tell by themselves, and are left out.
 *
 *   law_guards [-v] FILE...
 *
 * Not asked are protocols of the same description file: they are forms of one another; and about
 * layers of which the port alone says what they are (a web request sent to the port of SSH). */
#include "tests/laws/law.h"

#define SHARE_MAX 7 /* of 100 times that a guard is asked about others */

struct count {
	uint64_t asked, taken;
	const struct proto *most; /* taken for it last */
};

struct run {
	struct trial law;
	struct count *of; /* by proto->id */
};

static bool is_port(const char *space)
{
	size_t n = space ? strlen(space) : 0;

	return n > 5 && !strcmp(space + n - 5, ".port");
}

/* Can g stand where a layer over low does, for all that the places say? */
static bool place(const struct proto *g, const struct proto *low)
{
	for (unsigned i = 0; low && i < g->nover; i++) {
		for (unsigned k = 0; is_port(g->over[i].space) && k < low->ncarries; k++) {
			if (!strcmp(g->over[i].space, low->carries[k].space))
				return true;
		}
	}
	return false;
}

static bool same_file(const struct proto *a, const struct proto *b)
{
	return a->file && b->file && !strcmp(a->file, b->file);
}

/* Would it be read as g where layer i of p stands, in its layer up? */
static bool read_as(struct run *r, const struct packet *p, unsigned i, unsigned up,
		    const struct proto *g)
{
	struct packet as = *p;

	as.nlayers = (uint8_t)(up + 1);
	as.layers[up].hlen = p->layers[i].off - p->layers[up].off;
	dissect_inside(r->law.reg, &as, g, &r->law.scratch);
	return as.nlayers > up + 1 && as.layers[up + 1].proto == g;
}

static void ask(struct run *r, const struct packet *p, unsigned i, unsigned up,
		const struct proto *g)
{
	const struct layer *l = &p->layers[i];
	struct count *c = &r->of[g->id];
	struct tree *t = &r->law.scratch;

	c->asked++;
	if (!read_as(r, p, i, up, g))
		return;
	c->taken++;
	c->most = l->proto;
	if (r->law.verbose)
		printf("%s packet %" PRIu64 ": %s takes %s\n", r->law.file, p->number, g->name,
		       l->proto->name);
	if (g->guess &&
	    decode_header(t, p, g, l->off, p->layers[up].end - p->layers[up].tail) == 0 &&
	    expr_eval(g->guess, t, 0, NULL) != 0 && law_tell(&r->law, p))
		printf("%s looks like %s\n", l->proto->name, g->name);
}

static void packet(struct run *r, const struct packet *p)
{
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		int up = packet_parent(p, i);
		const struct proto *low = up < 0 ? NULL : p->layers[up].proto;

		if (up < 0 || l->flags & LAYER_CUT || !l->hlen || !l->proto->guard)
			continue;
		for (unsigned k = 0; k < registry_count(r->law.reg); k++) {
			const struct proto *g = registry_at(r->law.reg, k);

			if (g != l->proto && g->guard && !same_file(g, l->proto) && place(g, low))
				ask(r, p, i, (unsigned)up, g);
		}
	}
}

static int tell(struct run *r)
{
	uint64_t asked = 0, taken = 0;
	unsigned guards = 0, sure = 0;

	for (unsigned k = 0; k < registry_count(r->law.reg); k++) {
		const struct proto *g = registry_at(r->law.reg, k);
		const struct count *c = &r->of[g->id];

		if (!g->guard)
			continue;
		guards++;
		sure += !c->taken;
		asked += c->asked;
		taken += c->taken;
		if (c->taken)
			printf("%-20s takes %7" PRIu64 " of %7" PRIu64
			       " layers of others, %s for one\n",
			       g->name, c->taken, c->asked, c->most->name);
	}
	printf("%u protocols with a guard, %u take no layer of any other; %" PRIu64 " of %" PRIu64
	       " times one takes another's\n",
	       guards, sure, taken, asked);
	if (!asked || taken * 100 > asked * SHARE_MAX) {
		printf("more than %d in 100\n", SHARE_MAX);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	int opt, bad = 1;

	while ((opt = getopt(argc, argv, "v")) != -1)
		r.law.verbose = true;
	if (law_start(&r.law) < 0)
		return 1;
	r.of = calloc(registry_count(r.law.reg) + 2, sizeof(*r.of));
	if (r.of) {
		for (int i = optind; i < argc; i++) {
			struct law_file f;

			law_load(&r.law, argv[i], &f);
			for (size_t k = 0; k < f.n; k++)
				packet(&r, &f.v[k]);
			law_unload(&f);
		}
		bad = tell(&r) || r.law.bad;
	}
	printf("%" PRIu64 " failures\n", r.law.bad);
	free(r.of);
	law_done(&r.law);
	return bad;
}
