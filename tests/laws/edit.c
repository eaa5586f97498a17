/* SPDX-License-Identifier: BSD-2-Clause */
/* Law 1, second half: printed lines are made of names, and editing one value in the text changes
 * that field and what depends on it by a rule, nothing else.
 *
 *   law_edit [-n EDITS] [-s SEED] [-v] FILE...      -n: of each packet and form (10)
 *                                                    -v: tell every failure, and why edits were
 *                                                    refused
 *
 * Named: of all header bytes, those in fields that are printed as words, numbers, names; apart are
 * fields that are bytes by their description (random=hex:..), and hex: in place of an encoding.
 *
 * Edited: in full form everything is said, so nothing outside the field's own bits may change. In
 * short form lengths, counts, sums and other computed fields, selectors and padding follow. Behind
 * a field that others' presence, size or choice hang on only what stands before it must stay; only
 * such an edit may be refused. Behind a name values are compared, not places; a name that points at
 * a place (.@30) is what stands there then. */
#include "tests/laws/law.h"

#define PROTOS_MAX 256
/* Percent of the header bytes; pieces of messages (of a certificate, of a chunk) are among them. */
#define HEX_SHARE 2

struct named {
	uint64_t words, bytes, hex; /* bits */
};

struct run {
	struct trial law;
	struct plan plan, again;
	struct build build, edited;
	struct buf text, line, made; /* the text, with the edit, the new value */
	struct buf value, low;
	struct named of[PROTOS_MAX];
	uint64_t packets, edits, refused, structural;
};

/* Print, read and build a packet: r->plan and r->build are of r->text. */
static bool said(struct run *r, const struct packet *p, unsigned flags)
{
	struct err e = { 0 };

	r->text.n = 0;
	if (print_expr(r->law.printer, p, flags, &r->text) < 0 ||
	    plan_parse(&r->plan, r->law.reg, r->text.p, r->text.n, PLAN_NO_FILES, &e) < 0 ||
	    build(&r->build, &r->plan, &e) < 0) {
		if (law_tell(&r->law, p))
			printf("%s\n  %s\n", e.msg, buf_cstr(&r->text));
		return false;
	}
	return true;
}

/* ---- named ---- */

static bool is_bytes(const struct node *n)
{
	return n->type && n->type->form == TYPE_LEAF && n->type->kind &&
	       n->type->kind->cls == KIND_BYTES;
}

/* Is it printed as hex: because there is no better way? Of bytes that is how they are written. */
static bool is_hex(const struct tree *t, uint32_t at)
{
	if (is_bytes(&t->v[at]) && !(t->v[at].flags & (NODE_RAW | NODE_GAP)))
		at = t->v[at].parent;
	for (; at != 0 && at < t->n; at = t->v[at].parent) {
		const struct node *n = &t->v[at];

		if (n->flags & (NODE_RAW | NODE_GAP) || (n->said && n->said->form == SAY_RAW))
			return true;
	}
	return false;
}

static void count_layer(struct named *k, const struct tree *t)
{
	for (uint32_t i = 1; i < t->n; i++) {
		const struct node *n = &t->v[i];

		if (n->next != i + 1)
			continue;
		if (is_hex(t, i))
			k->hex += n->bits;
		else if (is_bytes(n))
			k->bytes += n->bits;
		else
			k->words += n->bits;
	}
}

static void name_packet(struct run *r, const struct packet *p)
{
	unsigned at = 0;

	if (!said(r, p, 0))
		return;
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];
		struct named *k = &r->of[l->proto->id % PROTOS_MAX];

		while (at < r->build.n &&
		       (!r->build.layer[at].proto || r->build.layer[at].off < l->off))
			at++;
		if (at < r->build.n && r->build.layer[at].off == l->off &&
		    r->build.layer[at].proto == l->proto)
			count_layer(k, &r->build.layer[at++].tree);
		else
			k->hex += 8 * (uint64_t)(l->hlen + l->tail);
	}
}

static void tell_named(struct run *r)
{
	struct named sum = { 0 };
	uint64_t all;

	printf("%-16s %9s %9s %9s %9s\n", "protocol", "bytes", "words %", "bytes %", "hex: %");
	for (unsigned i = 0; i <= registry_count(r->law.reg); i++) {
		const struct proto *p =
			i < registry_count(r->law.reg) ? registry_at(r->law.reg, i) : NULL;
		const struct named *k = p ? &r->of[p->id % PROTOS_MAX] : &sum;

		all = k->words + k->bytes + k->hex;
		if (p) {
			sum.words += k->words;
			sum.bytes += k->bytes;
			sum.hex += k->hex;
		}
		if (all)
			printf("%-16s %9" PRIu64 " %9.2f %9.2f %9.2f\n", p ? p->name : "all",
			       all / 8, 100.0 * (double)k->words / (double)all,
			       100.0 * (double)k->bytes / (double)all,
			       100.0 * (double)k->hex / (double)all);
	}
	all = sum.words + sum.bytes + sum.hex;
	if (!all || sum.hex * 100 > all * HEX_SHARE) {
		printf("more than %d %% of the header bytes have no name\n", HEX_SHARE);
		r->law.bad++;
	}
}

/* ---- edited ---- */

static bool computed(const struct field *f)
{
	return f &&
	       (f->rule.form == RULE_LEN || f->rule.form == RULE_COUNT ||
		f->rule.form == RULE_SUM || f->rule.form == RULE_EXPR || f->rule.form == RULE_HEAD);
}

/* Do others hang on it, or on one it is part of? */
static bool structures(const struct tree *t, uint32_t at)
{
	for (; at != 0; at = t->v[at].parent) {
		const struct field *f = t->v[at].field;

		if (f && (f->structural || f->selects || f->bounds_from >= 0 ||
			  f->rule.form == RULE_LEN || f->rule.form == RULE_COUNT))
			return true;
	}
	return false;
}

/* Is the text at the say just this leaf's value, and is it one that may be changed? */
static bool editable(struct run *r, const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	const struct say *s = n->said;
	struct value v = { 0 }, is;
	struct err e = { 0 };
	struct arena mem = { 0 };
	const char *text;
	bool ok = false;

	if (n->next != at + 1 || !n->type || n->type->form != TYPE_LEAF || !n->type->kind || !s ||
	    !n->bits || !s->span || s->at + s->span > r->text.n || is_hex(t, at))
		return false;
	text = r->text.p + s->at;
	if (n->type->kind->cls == KIND_TEXT)
		return s->span == n->bits / 8 - n->head - n->tail && s->span > 2 &&
		       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789") >= s->span;
	if (n->type->kind->cls == KIND_BYTES)
		return s->span > 5 && strncmp(text, "hex:", 4) == 0;
	if (!n->type->kind->parse)
		return false;
	node_value(t, at, &is);
	if (value_parse(n->field, n->type, text, s->span, &mem, &v, &e) == 0)
		ok = n->type->kind->cls == KIND_NAME ? s->span > 1
		     : v.p                           ? v.len == is.len && !memcmp(v.p, is.p, v.len)
						     : v.num == is.num;
	arena_done(&mem);
	return ok;
}

/* A name that this kind of name may be, to r->made. */
static bool another_name(struct run *r, const struct node *n)
{
	static const char *const names[] = { "edited.example", "1.3.6.1.4.1.99", "10.9.0.0/16",
					     "fd09::/48",      "9876543",        "EDITED" };
	struct arena mem = { 0 };
	struct value v = { 0 };
	bool ok = false;

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names) && !ok; i++) {
		ok = value_parse(n->field, n->type, names[i], strlen(names[i]), &mem, &v, NULL) ==
		     0;
		if (ok)
			buf_str(&r->made, names[i]);
	}
	arena_done(&mem);
	return ok;
}

/* Another valid value of the leaf, as text, to r->made. */
static bool another(struct run *r, const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	const struct field *f = n->field;
	struct value v = { .num = law_random(&r->law) ^ law_random(&r->law) << 32 };
	uint8_t bytes[16];
	const char *text = r->text.p + n->said->at;
	size_t i = law_random(&r->law) % n->said->span;

	r->made.n = 0;
	switch (n->type->kind->cls) {
	case KIND_TEXT:
		buf_put(&r->made, text, n->said->span);
		r->made.p[i] = r->made.p[i] == 'q' ? 'x' : 'q';
		return true;
	case KIND_BYTES:
		i = 4 + law_random(&r->law) % (n->said->span - 4);
		buf_put(&r->made, text, n->said->span);
		r->made.p[i] = r->made.p[i] == '7' ? '8' : '7';
		return true;
	case KIND_NAME: return another_name(r, n);
	case KIND_ADDR:
		for (unsigned k = 0; k < 16; k++)
			bytes[k] = (uint8_t)law_random(&r->law);
		v.p = bytes;
		v.len = n->bits / 8;
		break;
	default:
		if (f->words && f->words->n && !f->words->flags && law_random(&r->law) % 2)
			v.num = f->words->v[law_random(&r->law) % f->words->n].value;
		else if (!n->type->kind->bits && !n->type->bits)
			v.num %= 60; /* of variable width */
		else if (n->bits < 64)
			v.num &= (1ull << n->bits) - 1;
		if (n->type->kind == &kind_int && n->bits < 64)
			v.num &= (1ull << (n->bits - 1)) - 1;
	}
	if (v.len > 16)
		return false;
	value_print(f, n->type, &v, &r->made);
	return true;
}

static void tell(struct run *r, const struct packet *p, const struct tree *t, uint32_t at,
		 const char *what)
{
	const struct say *s = t->v[at].said;
	struct buf path = { 0 };

	if (!law_tell(&r->law, p))
		return;
	tree_path(t, at, &path);
	printf("%s.%s=%.*s edited to %s: %s\n  before %s\n  after  %s\n", t->proto->name,
	       buf_cstr(&path), (int)s->span, r->text.p + s->at, buf_cstr(&r->made), what,
	       buf_cstr(&r->text), buf_cstr(&r->line));
	buf_done(&path);
}

/* Does a layer above it ask for a value of it? */
static bool wanted(struct run *r, unsigned layer, const struct field *f)
{
	for (unsigned i = layer + 1; i < r->build.n; i++) {
		const struct proto *p = r->build.layer[i].proto;

		for (unsigned k = 0; p && k < p->nwants; k++) {
			if (p->wants[k].field == f)
				return true;
		}
	}
	return false;
}

static bool follows(struct run *r, unsigned layer, const struct node *n)
{
	if (n->said || !n->field)
		return false;
	return computed(n->field) || n->field->selects || wanted(r, layer, n->field) ||
	       (n->type && n->type->form == TYPE_PAD);
}

/* May this bit of the packet as it was change although leaf `at` of `edited` was? The count of
 * bytes or items in front of what holds the leaf may too. */
static bool may_follow(struct run *r, uint32_t bit, const struct tree *edited, uint32_t at)
{
	for (unsigned i = 0; i < r->build.n; i++) {
		const struct tree *t = &r->build.layer[i].tree;

		for (uint32_t k = 1; r->build.layer[i].proto && k < t->n; k++) {
			const struct node *n = &t->v[k];

			if (bit < n->bit || bit >= n->bit + n->bits)
				continue;
			if (n->next == k + 1 && follows(r, i, n))
				return true;
			if (t == edited && k <= at && at < n->next && bit < n->bit + n->head * 8u)
				return true;
		}
	}
	return false;
}

/* Bytes of the packet as it was whose bits are counted from the low end: parts of little-endian
 * words. */
static void find_low(struct run *r)
{
	r->low.n = 0;
	if (!buf_grow(&r->low, r->build.bytes.n + 1))
		abort();
	memset(r->low.p, 0, r->build.bytes.n);
	for (unsigned i = 0; i < r->build.n; i++) {
		const struct tree *t = &r->build.layer[i].tree;

		for (uint32_t k = 1; r->build.layer[i].proto && k < t->n; k++) {
			const struct node *n = &t->v[k];

			if (n->next == k + 1 && n->type && n->type->le && (n->bit | n->bits) % 8)
				memset(r->low.p + n->bit / 8, 1,
				       (n->bit + n->bits + 7) / 8 - n->bit / 8);
		}
	}
}

/* Bit of b, numbered as the bit `as` of the packet as it was. */
static bool bit_of(const struct run *r, const struct buf *b, uint64_t bit, uint64_t as)
{
	return (uint8_t)b->p[bit / 8] >> (r->low.p[as / 8] ? bit % 8 : 7 - bit % 8) & 1;
}

static bool same_value(struct run *r, const struct tree *a, const struct tree *b, uint32_t at)
{
	const struct node *x = &a->v[at], *y = &b->v[at];
	struct value v = { 0 }, w = { 0 };
	size_t n;

	if (x->field != y->field || x->type != y->type || x->next != y->next)
		return false;
	if (x->next != at + 1 || !x->type || x->type->form != TYPE_LEAF || !x->type->kind ||
	    !x->type->kind->print)
		return true;
	node_value(a, at, &v);
	node_value(b, at, &w);
	r->value.n = 0;
	value_print(x->field, x->type, &v, &r->value);
	n = r->value.n;
	value_print(x->field, x->type, &w, &r->value);
	return r->value.n == 2 * n && !memcmp(r->value.p, r->value.p + n, n);
}

/* Is it a name that ends by pointing at a place (.@30)? It is what stands there. */
static bool points(struct run *r, const struct node *n)
{
	const struct say *s = n->said;

	if (!s || s->at + s->span > r->text.n)
		return false;
	for (uint32_t i = s->at; i + 2 < s->at + s->span; i++) {
		if (r->text.p[i] == '.' && r->text.p[i + 1] == '@' && r->text.p[i + 2] != '-')
			return true;
	}
	return false;
}

/* A name was edited, and others may point at it: compared are values, not places. */
static void compare_values(struct run *r, const struct packet *p, const struct tree *t, uint32_t at)
{
	for (unsigned i = 0; i < r->build.n && i < r->edited.n; i++) {
		const struct tree *a = &r->build.layer[i].tree, *b = &r->edited.layer[i].tree;

		if (r->build.layer[i].proto != r->edited.layer[i].proto || a->n != b->n) {
			tell(r, p, t, at, "the structure changed");
			return;
		}
		for (uint32_t k = 1; r->build.layer[i].proto && k < a->n; k++) {
			if ((a == t && k == at) || follows(r, i, &a->v[k]) || points(r, &a->v[k]) ||
			    same_value(r, a, b, k))
				continue;
			tell(r, p, t, at, "another value changed");
			return;
		}
	}
}

/* The leaf that was said at this place of the text; NULL: none was. */
static const struct node *said_at(const struct build *b, uint32_t place, const struct tree **t)
{
	for (unsigned i = 0; i < b->n; i++) {
		*t = &b->layer[i].tree;
		for (uint32_t k = 1; b->layer[i].proto && k < (*t)->n; k++) {
			const struct node *n = &(*t)->v[k];

			if (n->said && n->said->at == place && n->next == k + 1)
				return n;
		}
	}
	return NULL;
}

/* What others hang on was edited: lengths may have become wider, and what was not said may be
 * another, but all that was said before it in the text stays what it was. */
static bool said_stays(struct run *r, const struct say *edited)
{
	const struct tree *t, *u;

	for (unsigned i = 0; i < r->build.n; i++) {
		const struct tree *a = &r->build.layer[i].tree;

		for (uint32_t k = 1; r->build.layer[i].proto && k < a->n; k++) {
			const struct node *x = &a->v[k], *y;

			if (!x->said || x->said->at >= edited->at || x->next != k + 1)
				continue;
			y = said_at(&r->edited, x->said->at, &u);
			x = said_at(&r->build, x->said->at, &t);
			if (!y || y->field != x->field || y->bits != x->bits)
				return false;
			for (uint64_t b = 0; b < x->bits; b++) {
				if (bit_of(r, &r->build.bytes, x->bit + b, x->bit + b) !=
				    bit_of(r, &r->edited.bytes, y->bit + b, x->bit + b))
					return false;
			}
		}
	}
	return true;
}

/* Compare what was built before and after. */
static void compare(struct run *r, const struct packet *p, const struct tree *t, uint32_t at,
		    bool hangs)
{
	const struct buf *a = &r->build.bytes, *b = &r->edited.bytes;
	const struct node *n = &t->v[at];
	uint64_t nb = (uint64_t)b->n * 8, na = (uint64_t)a->n * 8;

	if (n->type->kind->cls == KIND_NAME) {
		compare_values(r, p, t, at);
		return;
	}
	find_low(r);
	for (uint64_t i = 0; i < n->bit; i++) {
		if ((i >= nb || bit_of(r, a, i, i) != bit_of(r, b, i, i)) &&
		    !may_follow(r, (uint32_t)i, t, at)) {
			if (!hangs || !said_stays(r, n->said))
				tell(r, p, t, at, "something before it changed");
			return;
		}
	}
	if (hangs)
		return;
	for (uint64_t i = 0; i < na - n->bit - n->bits; i++) {
		uint64_t bit = na - 1 - i;

		if ((i >= nb || bit_of(r, a, bit, bit) != bit_of(r, b, nb - 1 - i, bit)) &&
		    !may_follow(r, (uint32_t)bit, t, at)) {
			tell(r, p, t, at, "something behind it changed");
			return;
		}
	}
	if (na == nb && memcmp(a->p, b->p, a->n) == 0)
		tell(r, p, t, at, "nothing changed");
}

/* Edit a value of the packet that said() printed; false: at the place drawn there is none. */
static bool edit(struct run *r, const struct packet *p)
{
	unsigned l = (unsigned)(law_random(&r->law) % r->build.n);
	const struct tree *t = &r->build.layer[l].tree;
	const struct say *s;
	struct err e = { 0 };
	bool hangs;
	uint32_t at;

	if (!r->build.layer[l].proto || t->n < 2)
		return false;
	at = 1 + (uint32_t)(law_random(&r->law) % (t->n - 1));
	if (!editable(r, t, at) || !another(r, t, at))
		return false;
	s = t->v[at].said;
	if (r->made.n == s->span && memcmp(r->made.p, r->text.p + s->at, s->span) == 0)
		return false;
	r->line.n = 0;
	buf_put(&r->line, r->text.p, s->at);
	buf_put(&r->line, r->made.p, r->made.n);
	buf_put(&r->line, r->text.p + s->at + s->span, r->text.n - s->at - s->span);
	hangs = structures(t, at);
	r->edits++;
	r->structural += hangs;
	if (plan_parse(&r->again, r->law.reg, r->line.p, r->line.n, PLAN_NO_FILES, &e) < 0 ||
	    build(&r->edited, &r->again, &e) < 0) {
		r->refused++;
		if (!hangs)
			tell(r, p, t, at, e.msg);
		else if (r->law.verbose)
			printf("refused: %s\n  %s\n", e.msg, buf_cstr(&r->line));
		return true;
	}
	compare(r, p, t, at, hangs);
	return true;
}

/* So many edits, in short and in full form. */
static void edits(struct run *r, const struct packet *p, unsigned want)
{
	law_seed(&r->law, p);
	r->packets++;
	for (unsigned form = 0; form < 2; form++) {
		unsigned made = 0;

		if (!said(r, p, form ? PRINT_FULL : 0) || !r->build.n)
			continue;
		for (unsigned i = 0; i < want * 20 && made < want; i++)
			made += edit(r, p);
	}
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	unsigned want = 10;

	if (!law_options(&r.law, argc, argv, &want))
		return 2;
	if (law_start(&r.law) < 0)
		return 1;
	for (int i = optind; i < argc; i++) {
		struct law_file f;

		law_load(&r.law, argv[i], &f);
		for (size_t k = 0; k < f.n; k++) {
			name_packet(&r, &f.v[k]);
			edits(&r, &f.v[k], want);
		}
		law_unload(&f);
	}
	tell_named(&r);
	printf("edited %" PRIu64 " values of %" PRIu64 " packets: %" PRIu64
	       " that others hang on (%" PRIu64 " refused), %" PRIu64 " changed something else\n",
	       r.edits, r.packets, r.structural, r.refused, r.law.bad);
	if (r.edits < r.packets * want) {
		printf("too few values could be edited\n");
		r.law.bad++;
	}
	plan_done(&r.plan);
	plan_done(&r.again);
	build_done(&r.build);
	build_done(&r.edited);
	buf_done(&r.text);
	buf_done(&r.line);
	buf_done(&r.made);
	buf_done(&r.value);
	buf_done(&r.low);
	law_done(&r.law);
	return r.law.bad || !r.packets;
}
