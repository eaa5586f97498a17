/* SPDX-License-Identifier: BSD-2-Clause */
/* Two ways of rewriting agree: a field that is set in place, with the checksums mended, gives the
 * bytes that building the packet anew gives; and a map there and back again gives the packet.
 *
 *   law_rewrite [-n SETS] [-s SEED] [-v] FILE...    -n: of each packet (4)
 *
 * Left out are packets with checksums that cannot be told (pieces, cut packets): in place they
 * follow what changed, built anew they are said. */
#include "tests/laws/law.h"

#include "core/bits.h"
#include "dissect/check.h"
#include "play/rewrite.h"

struct run {
	struct trial law;
	struct check check;
	struct buf text;
	uint64_t packets, sets, same, refused, maps;
};

/* Can all its sums be told? */
static bool told(struct run *r, const struct packet *p)
{
	if (p->len != p->wire_len || check(&r->check, p) < 0)
		return false;
	for (unsigned i = 0; i < r->check.nsums; i++)
		if (r->check.sums[i].verdict == SUM_UNKNOWN ||
		    r->check.sums[i].verdict == SUM_UNFILLED)
			return false;
	return true;
}

/* "ip ttl=17": some field of some layer, some value. False: it has none that is a number. */
static bool choose(struct run *r, const struct packet *p, struct buf *out)
{
	unsigned i = (unsigned)(law_random(&r->law) % p->nlayers);
	const struct proto *proto = p->layers[i].proto;
	const struct field *f;
	uint8_t room[16];
	struct value v = { .num = law_random(&r->law) };

	if (!proto->rec.nfields)
		return false;
	f = &proto->rec.fields[law_random(&r->law) % proto->rec.nfields];
	if (f->type->form != TYPE_LEAF || f->type->ext.form != EXTENT_KIND ||
	    f->rule.form >= RULE_LEN)
		return false;
	if (f->type->kind->cls == KIND_ADDR) {
		for (unsigned k = 0; k < sizeof(room); k++)
			room[k] = (uint8_t)law_random(&r->law);
		v.p = room;
		v.len = f->type->kind->bits / 8u;
		if (v.len > sizeof(room))
			return false;
	} else if (f->type->kind == &kind_uint && f->type->bits && f->type->bits <= 64) {
		v.num &= f->type->bits < 64 ? (UINT64_C(1) << f->type->bits) - 1 : UINT64_MAX;
	} else {
		return false;
	}
	out->n = 0;
	buf_fmt(out, "%s %s=", proto->name, f->name);
	value_print(f, f->type, &v, out);
	return true;
}

static int apply(struct run *r, const char *set, const char *map, bool anew, struct packet *p,
		 struct rewrite **w)
{
	struct rewrite_opts o = { .reg = r->law.reg,
				  .set = &set,
				  .nset = set != NULL,
				  .map = &map,
				  .nmap = map != NULL,
				  .anew = anew };
	struct err e = { 0 };
	int rc;

	*w = rewrite_open(&o, &e);
	if (!*w)
		return -1;
	rc = rewrite_packet(*w, p, &e);
	return rc < 0 ? -1 : rc;
}

static void tell_both(const char *set, const struct packet *a, const struct packet *b)
{
	uint32_t i = 0;

	while (i < a->len && i < b->len && a->data[i] == b->data[i])
		i++;
	printf("%s: in place (%" PRIu32 " bytes) and built anew (%" PRIu32
	       ") differ from byte %" PRIu32 " on: %02x, %02x\n",
	       set, a->len, b->len, i, i < a->len ? a->data[i] : 0, i < b->len ? b->data[i] : 0);
}

static void try_set(struct run *r, const struct packet *p)
{
	struct packet a = *p, b = *p;
	struct rewrite *wa = NULL, *wb = NULL;
	uint64_t number;
	const char *why;

	if (!choose(r, p, &r->text))
		return;
	r->sets++;
	int x = apply(r, buf_cstr(&r->text), NULL, false, &a, &wa);
	int y = apply(r, buf_cstr(&r->text), NULL, true, &b, &wb);
	if (x < 0 || y < 0 || rewrite_unfit(wb, &number, &why) || rewrite_unfit(wa, &number, &why))
		r->refused++;
	else if (a.len == b.len && a.wire_len == b.wire_len && !memcmp(a.data, b.data, a.len))
		r->same++;
	else if (law_tell(&r->law, p))
		tell_both(buf_cstr(&r->text), &a, &b);
	rewrite_close(wa);
	rewrite_close(wb);
}

/* Its network goes elsewhere, and comes back. */
static void try_map(struct run *r, const struct packet *p)
{
	static const char *const map[] = { "10.0.0.0/8=172.0.0.0/8", "172.0.0.0/8=10.0.0.0/8" };
	struct packet a = *p, b;
	struct rewrite *there = NULL, *back = NULL;

	for (uint32_t i = 0; i + 1 < p->len; i++) /* some address may be there already */
		if (p->data[i] == 172)
			return;
	if (apply(r, NULL, map[0], false, &a, &there) == 1) {
		b = a;
		r->maps++;
		if ((apply(r, NULL, map[1], false, &b, &back) != 1 || b.len != p->len ||
		     memcmp(b.data, p->data, p->len)) &&
		    law_tell(&r->law, p))
			printf("mapped there and back it is another packet\n");
	}
	rewrite_close(there);
	rewrite_close(back);
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	unsigned times = 4;

	if (!law_options(&r.law, argc, argv, &times))
		return 2;
	if (law_start(&r.law) < 0)
		return 1;
	for (int i = optind; i < argc; i++) {
		struct law_file f;

		law_load(&r.law, argv[i], &f);
		for (size_t k = 0; k < f.n; k++) {
			r.packets++;
			law_seed(&r.law, &f.v[k]);
			if (!f.v[k].nlayers || !told(&r, &f.v[k]))
				continue;
			for (unsigned n = 0; n < times; n++)
				try_set(&r, &f.v[k]);
			try_map(&r, &f.v[k]);
		}
		law_unload(&f);
	}
	printf("%" PRIu64 " packets; %" PRIu64 " fields set: %" PRIu64
	       " the same both ways, %" PRIu64 " refused; %" PRIu64 " mapped there and back\n",
	       r.packets, r.sets, r.same, r.refused, r.maps);
	check_done(&r.check);
	buf_done(&r.text);
	law_done(&r.law);
	return r.law.bad || !r.same || !r.maps || r.refused > r.sets / 2;
}
