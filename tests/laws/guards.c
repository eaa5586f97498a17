/* SPDX-License-Identifier: BSD-2-Clause */
/* A guard tells its protocol from all others: for every layer that stands at a port, in the packets
 * of the files given, every other protocol that is bound to ports of the same kind is asked whether
 * it is one of its own. Where it says yes though its looks are said to be enough (`guess`), that is
 * a failure; where the port decides, too, it is counted, told, and bounded: for all together, and
 * for each. Numbers that are given out once and for all (ethertypes, link types) tell by
 * themselves, and are left out.
 *
 *   law_guards [-v] FILE...
 *
 * Not asked are protocols of the same description file: they are forms of one another; and about
 * layers of which the port alone says what they are (a web request sent to the port of SSH). */
#include "tests/laws/law.h"

#define SHARE_MAX 14 /* of 1000 times that a guard is asked about others, all in all */
#define OTHERS_MAX 2 /* of 100 times that one guard is asked, when nothing is said here: */

/* What little the documents say of the first bytes. */
static const struct weak {
	const char *name;
	uint64_t share; /* of 100 times */
	const char *why;
} weak[] = {
#define RANDOM "what is encrypted, behind a number by chance"
	{ "esp", 60, "RFC 4303: " RANDOM },
	{ "quic_short", 20, "RFC 9000: two bits, and " RANDOM },
	{ "openvpn", 25, "five bits, and " RANDOM },
#define REPLY "the three digits of replies, and words of commands, are those of others, too"
	{ "ftp", 9, "RFC 959: " REPLY },
	{ "smtp", 5, "RFC 5321: " REPLY },
	{ "pop", 3, "RFC 1939: USER, PASS, QUIT are commands of others, and of RESP +OK" },
	{ "resp", 3, "a sign, then anything: +OK of POP, * of IMAP, : of IRC" },
	{ "websocket", 15, "RFC 6455: of two bytes nine bits may be anything" },
	{ "turn_channel", 3, "RFC 8656: a number from 0x4000 on, a length" },
	{ "rtp", 3, "RFC 3550: two bits" },
	{ "ntp", 3, "RFC 5905: small numbers, and none that is always the same" },
	{ "quic_invariant", 3, "RFC 8999: one bit, and two lengths" },
	{ "nbss", 9, "RFC 1002: a zero, 17 bits of length, anything" },
	{ "mysql", 5, "three bytes of length, a zero, a command" },
	{ "mqtt", 5, "a byte, a length, a text: the sequences of ASN.1 are that, too" },
	{ "mqtt5", 5, "a byte, a length, a text: the sequences of ASN.1 are that, too" },
	{ "coap_tcp", 5, "RFC 8323: a byte of lengths, a code" },
	{ "vnc", 3, "RFC 6143: a byte, then places and sizes" },
	{ "vnc_start", 4, "RFC 6143: 16 bytes by chance, or one" },
	{ "lisp_data", 5, "RFC 9300: flags and numbers by chance, and maybe nothing after them" },
};

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

static bool too_many(const struct proto *g, const struct count *c)
{
	uint64_t share = OTHERS_MAX;

	for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++) {
		if (!strcmp(weak[i].name, g->name))
			share = weak[i].share;
	}
	if (c->taken * 100 <= c->asked * share)
		return false;
	printf("%s: more than %" PRIu64 " in 100\n", g->name, share);
	return true;
}

static int tell(struct run *r)
{
	uint64_t asked = 0, taken = 0;
	unsigned guards = 0, sure = 0;
	bool bad = false;

	for (unsigned k = 0; k < registry_count(r->law.reg); k++) {
		const struct proto *g = registry_at(r->law.reg, k);
		const struct count *c = &r->of[g->id];

		if (!g->guard)
			continue;
		bad |= too_many(g, c);
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
	if (!asked || taken * 1000 > asked * SHARE_MAX) {
		printf("more than %d in 1000\n", SHARE_MAX);
		return 1;
	}
	return bad;
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	int bad = 1;

	if (!law_options(&r.law, argc, argv, NULL))
		return 2;
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
