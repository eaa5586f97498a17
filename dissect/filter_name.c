/* SPDX-License-Identifier: BSD-2-Clause */
/* What a name in a filter stands for: protocols, fields by path, by our name or by another tool's,
 * and either of a pair (tcp.port, ip.addr), which follows from the `reply swap` of a description.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/near.h"
#include "core/walk.h"
#include "dissect/filter_impl.h"

#define TYPE_STACK 32

static bool same(const char *a, const char *s, size_t n)
{
	return strlen(a) == n && strncasecmp(a, s, n) == 0;
}

/* ---- types ---- */

unsigned leaf_types(const struct type *t, const struct type **v, unsigned max)
{
	const struct type *stack[TYPE_STACK];
	unsigned n = 0, depth = 0;

	stack[depth++] = t;
	while (depth) {
		t = stack[--depth];
		if (t->form == TYPE_LEAF || t->form == TYPE_PAD) {
			if (n < max)
				v[n++] = t;
		} else if (t->form == TYPE_LIST && depth < TYPE_STACK) {
			stack[depth++] = t->item;
		} else if (t->form == TYPE_CHOOSE) {
			for (unsigned i = t->narms; i-- > 0 && depth < TYPE_STACK;)
				stack[depth++] = t->arms[i].type;
		}
	}
	return n;
}

/* ---- making refs ---- */

static struct ref *add_ref(struct filter *f, struct ref **list, const struct ref *r)
{
	struct ref *copy, **at = list;

	for (; *at; at = &(*at)->next) {
		const struct ref *o = *at;

		/* A field of the protocol's own record is one place, however it was named. */
		if ((o->form == REF_FIELD || o->form == REF_ANY) &&
		    (r->form == REF_FIELD || r->form == REF_ANY) && o->proto == r->proto &&
		    o->field == r->field && o->nth == r->nth && o->word == r->word &&
		    r->field->rec == &r->proto->rec)
			return *at;
		if (o->form == r->form && o->proto == r->proto && o->field == r->field &&
		    o->nth == r->nth && o->word == r->word && o->number == r->number &&
		    o->nsteps == r->nsteps && o->alias.form == r->alias.form &&
		    o->alias.type == r->alias.type && o->alias.view == r->alias.view)
			return *at;
	}
	copy = arena_alloc(&f->mem, sizeof(*copy));
	f->no_memory |= !copy;
	if (!copy)
		return NULL;
	*copy = *r;
	copy->next = NULL;
	*at = copy;
	return copy;
}

/* May the field be read where it stands, without decoding? Always there, of one width, a number or
 * an address. */
static bool is_fixed(const struct proto *p, const struct field *f)
{
	const struct type *t = f->type;

	if (f->rec != &p->rec || f->fixed_bit < 0 || f->after || f->cond || f->optional ||
	    (f->bound_by && f->bound_by->index < f->index) || t->form != TYPE_LEAF ||
	    t->ext.form != EXTENT_KIND)
		return false;
	if (t->kind->cls == KIND_ADDR)
		return t->kind->bits && f->fixed_bit % 8 == 0;
	return t->kind->cls == KIND_NUM && t->bits >= 1 && t->bits <= 64;
}

static const struct word *flag_word(const struct field *f, const char *s, size_t n)
{
	for (unsigned i = 0; f->words && f->words->flags && i < f->words->n; i++) {
		if (same(f->words->v[i].name, s, n))
			return &f->words->v[i];
	}
	return NULL;
}

/* ---- paths of our own names ---- */

static const struct field *field_among(const struct record *const *rec, unsigned n, const char *s,
				       size_t len)
{
	for (unsigned i = 0; i < n; i++) {
		const struct field *f = record_field(rec[i], s, len);

		if (f)
			return f;
	}
	return NULL;
}

/* Follow path s[0..n) from the root of p: fields, items, at last perhaps a flag. */
static bool by_path(struct filter *f, const struct proto *p, unsigned nth, const char *s, size_t n,
		    struct ref **list)
{
	const struct record *rec[TYPE_STACK] = { &p->rec };
	struct ref r = { .form = REF_FIELD, .proto = p, .nth = nth };
	struct ref_step step[TYPE_STACK];
	unsigned nrec = 1;
	size_t i = 0;

	while (i < n) {
		size_t from = i;
		const struct field *found;

		while (i < n && s[i] != '.')
			i++;
		if (r.nsteps == TYPE_STACK || i == from || r.word)
			return false;
		if (isdigit((unsigned char)s[from]) && r.nsteps) {
			struct ref_step *st = &step[r.nsteps++];

			*st = (struct ref_step) { 0 };
			for (size_t k = from; k < i; k++)
				st->index = st->index * 10 + (uint32_t)(s[k] - '0');
		} else if ((found = field_among(rec, nrec, s + from, i - from))) {
			step[r.nsteps++] = (struct ref_step) { .name = found->name };
			r.field = found;
			nrec = names_inner(found->type, rec, TYPE_STACK);
		} else if (r.field && (r.word = flag_word(r.field, s + from, i - from))) {
			nrec = 0;
		} else {
			return false;
		}
		i++;
	}
	if (!r.nsteps)
		return false;
	r.fixed = r.nsteps == 1 && is_fixed(p, r.field);
	r.step = arena_alloc(&f->mem, r.nsteps * sizeof(*step));
	if (!r.step)
		return false;
	memcpy((void *)(uintptr_t)r.step, step, r.nsteps * sizeof(*step));
	return add_ref(f, list, &r) != NULL;
}

/* ---- other names ---- */

/* Where the fields stand that an expression over fixed ones reads. */
static void quick_extent(struct quick *q, const struct code *c)
{
	uint32_t end = q->bit + q->bits;

	for (unsigned i = 0; i < c->n; i++) {
		const struct code_op *op = &c->v[i];
		uint32_t bit = (uint32_t)(op->num >> 8), width = op->num & 255;

		if (op->op != EX_FIELD)
			continue;
		if (!q->bits || bit < q->bit)
			q->bit = bit;
		if (bit + width > end)
			end = bit + width;
		q->bits = end - q->bit;
	}
}

/* A view that can be read where its fields stand. False: memory is out. */
static bool quick_view(struct filter *f, struct ref *r)
{
	const struct view *v = r->alias.view;
	const struct record *rec = &r->proto->rec;
	struct quick *q;
	unsigned n;
	uint32_t part = record_fixed_part(rec, &n);

	if (r->alias.rec != rec || v->bytes)
		return true;
	q = arena_alloc(&f->mem, sizeof(*q));
	if (!q || (v->cond && code_compile(&f->mem, rec, part, v->cond, false, &q->cond) < 0))
		return false;
	if (v->cond && !q->cond.v)
		return true;
	if (v->expr->op == EX_FIELD && !v->expr->outer_proto) {
		if (!r->field || !is_fixed(r->proto, r->field))
			return true;
		q->need = ((uint32_t)r->field->fixed_bit + leaf_bits(r->field->type) + 7) / 8;
	} else {
		if (code_compile(&f->mem, rec, part, v->expr, false, &q->view) < 0)
			return false;
		if (!q->view.v)
			return true;
		quick_extent(q, &q->view);
		if (!q->bits)
			return true;
		q->need = q->view.need;
	}
	if (q->cond.need > q->need)
		q->need = q->cond.need;
	r->quick = q;
	return true;
}

/* A name that is looked for among the aliases of each record. */
struct named {
	struct filter *f;
	const char *s, *flag; /* flag: what stands behind the last dot; or NULL */
	size_t n, stem, nflag;
	struct ref **list;
};

/* The alias is the whole name, or the name up to a flag of the field. */
static void take_named(const struct proto *p, const struct alias *a, void *arg)
{
	struct named *w = arg;
	struct ref r = { .form = REF_ANY, .proto = p, .field = a->field };
	bool whole = same(a->name, w->s, w->n);

	if (!whole && (!w->stem || a->form != ALIAS_FIELD || !same(a->name, w->s, w->stem)))
		return;
	if (!whole && !(r.word = flag_word(a->field, w->flag, w->nflag)))
		return;
	if (a->form == ALIAS_FIELD) {
		r.fixed = is_fixed(p, a->field);
	} else {
		r.form = REF_ALIAS;
		r.alias = *a;
		if (a->form == ALIAS_PREFIX)
			r.field = NULL;
		if (a->form == ALIAS_VIEW && !quick_view(w->f, &r))
			w->f->no_memory = true;
	}
	add_ref(w->f, w->list, &r);
}

/* Aliases and views anywhere. */
static void by_alias(struct filter *f, const char *s, size_t n, struct ref **list)
{
	const char *dot = memrchr(s, '.', n);
	struct named w = { .f = f, .s = s, .n = n, .list = list };

	if (dot) {
		w.stem = (size_t)(dot - s);
		w.flag = dot + 1;
		w.nflag = n - w.stem - 1;
	}
	if (!f->names) {
		names_all(f->reg, take_named, &w);
		return;
	}
	names_each(f->names, s, n, take_named, &w);
	if (w.stem)
		names_each(f->names, s, w.stem, take_named, &w);
}

/* P.port, P.addr, P.host: either of the fields that a reply exchanges. */
static void by_pair(struct filter *f, const struct proto *p, unsigned nth, const char *s, size_t n,
		    struct ref **list)
{
	bool addr = same("addr", s, n) || same("host", s, n), port = same("port", s, n);

	for (unsigned i = 0; (addr || port) && i < p->nreply; i++) {
		for (unsigned k = 0; k < 2u * p->reply[i].nswap; k++) {
			unsigned at = k % 2 ? p->reply[i].swap[k / 2].b : p->reply[i].swap[k / 2].a;
			const struct field *fd = &p->rec.fields[at];
			struct ref r = { .form = REF_ANY, .proto = p, .nth = nth, .field = fd };

			if (fd->type->form != TYPE_LEAF ||
			    (fd->type->kind->cls == KIND_ADDR) != addr)
				continue;
			r.fixed = is_fixed(p, fd);
			add_ref(f, list, &r);
		}
	}
}

/* An address pair that no reply exchanges (link layers): source and destination by name. */
static void by_ends(struct filter *f, const struct proto *p, unsigned nth, const char *s, size_t n,
		    struct ref **list)
{
	static const char *const end[] = { "src", "dst" };

	if (!same("addr", s, n))
		return;
	for (unsigned i = 0; i < 2; i++) {
		const struct field *fd = record_field(&p->rec, end[i], 3);
		struct ref r = { .form = REF_ANY, .proto = p, .nth = nth, .field = fd };

		if (!fd || fd->type->form != TYPE_LEAF || fd->type->kind->cls != KIND_ADDR)
			continue;
		r.fixed = is_fixed(p, fd);
		add_ref(f, list, &r);
	}
}

static bool by_frame(struct filter *f, const char *s, size_t n, struct ref **list)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = { { "frame.len", FRAME_LEN },
		      { "frame.pkt_len", FRAME_LEN },
		      { "frame.cap_len", FRAME_CAP_LEN },
		      { "frame.number", FRAME_NUMBER },
		      { "frame.time", FRAME_TIME },
		      { "frame.time_epoch", FRAME_TIME },
		      { "frame.interface_id", FRAME_INTERFACE },
		      { "frame.link", FRAME_LINK },
		      { "frame.encap_type", FRAME_LINK },
		      { "data.len", FRAME_DATA_LEN },
		      { "frame.marked", FRAME_MARKED } };
	struct ref r = { .form = REF_FRAME };

	if (same("frame", s, n))
		return add_ref(f, list, &r) != NULL;
	if (same("frame.protocols", s, n) || same("data", s, n) || same("data.data", s, n)) {
		r.form = s[0] == 'f' || s[0] == 'F' ? REF_STACK : REF_DATA;
		return add_ref(f, list, &r) != NULL;
	}
	if (same("frame.interface_name", s, n) || same("frame.comment", s, n)) {
		r.form = n == strlen("frame.comment") ? REF_COMMENT : REF_IFNAME;
		return add_ref(f, list, &r) != NULL;
	}
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (same(names[i].name, s, n)) {
			r.form = REF_NUMBER;
			r.number = names[i].number;
			return add_ref(f, list, &r) != NULL;
		}
	}
	return false;
}

/* CHECKSUM.status of every checksum that s[0..n) leads to. */
static void by_status(struct filter *f, const char *s, size_t n, struct ref **list)
{
	if (n > 7 && same(".status", s + n - 7, 7))
		return;
	for (const struct ref *sum = filter_resolve(f, s, n); sum; sum = sum->next) {
		struct ref r = *sum;

		if ((r.form != REF_FIELD && r.form != REF_ANY) || r.word ||
		    r.field->rule.form != RULE_SUM)
			continue;
		r.form = REF_STATUS;
		r.fixed = false;
		add_ref(f, list, &r);
	}
}

struct ref *filter_resolve(struct filter *f, const char *s, size_t n)
{
	const char *dot = memchr(s, '.', n);
	size_t head = dot ? (size_t)(dot - s) : n, i = head + 1, end = i;
	const struct proto *p;
	struct ref *list = NULL;
	unsigned nth = 0;

	if (by_frame(f, s, n, &list))
		return list;
	p = registry_find(f->reg, s, head);
	while (p && dot && end < n && isdigit((unsigned char)s[end]))
		nth = nth * 10 + (unsigned)(s[end++] - '0');
	if (end >= n || s[end] == '.') /* ip.2.src: the second layer of its kind */
		i = end > i ? end + (end < n) : i;
	else /* ppi.80211-common: a name */
		nth = 0;
	if (p && i >= n) {
		struct ref r = { .form = REF_PROTO, .proto = p, .nth = nth };

		add_ref(f, &list, &r);
		return list;
	}
	if (p)
		by_path(f, p, nth, s + i, n - i, &list);
	by_alias(f, s, n, &list);
	if (p && !list)
		by_pair(f, p, nth, s + i, n - i, &list);
	if (p && !list)
		by_ends(f, p, nth, s + i, n - i, &list);
	if (p && !list && same("payload", s + i, n - i)) {
		struct ref r = { .form = REF_PAYLOAD, .proto = p, .nth = nth };

		add_ref(f, &list, &r);
	}
	if (!list && n > 7 && same(".status", s + n - 7, 7))
		by_status(f, s, n - 7, &list);
	return list;
}

/* ---- did you mean ---- */

struct nearest {
	unsigned distance;
	size_t same; /* so many characters must be the same */
	struct buf *out;
};

static void consider(struct nearest *b, const char *s, size_t n, const char *proto,
		     const char *name)
{
	char full[200];
	size_t len = strlen(proto);
	unsigned d;

	if (len + strlen(name) + 2 > sizeof(full))
		return;
	memcpy(full, proto, len);
	if (*name) {
		full[len++] = '.';
		memcpy(full + len, name, strlen(name));
		len += strlen(name);
	}
	if (len < b->same || memcmp(s, full, b->same))
		return;
	d = near_distance(s, n, full, len, near_limit(n));
	if (d > near_limit(n) || d >= b->distance)
		return;
	b->distance = d;
	b->out->n = 0;
	buf_put(b->out, full, len);
}

struct suggesting {
	struct nearest *b;
	const char *s,
		*proto; /* proto NULL: a struct's names stand for themselves only if dotted */
	size_t n;
};

static bool consider_alias(const struct alias *a, void *arg)
{
	const struct suggesting *g = arg;

	if (strchr(a->name, '.'))
		consider(g->b, g->s, g->n, a->name, "");
	else if (g->proto)
		consider(g->b, g->s, g->n, g->proto, a->name);
	return false;
}

bool filter_suggest(const struct filter *f, const char *s, size_t n, struct buf *out)
{
	struct nearest b = { .distance = 99, .out = out };
	const char *dot = memchr(s, '.', n);
	/* Behind the name of a protocol something of it is meant, not another protocol. */
	bool known = dot && registry_find(f->reg, s, (size_t)(dot - s));

	b.same = known ? (size_t)(dot - s) + 1 : 0;

	for (unsigned i = 0; i < registry_count(f->reg); i++) {
		const struct record *rec[NAMES_RECORDS];
		const struct proto *p = registry_at(f->reg, i);
		unsigned nrec = names_records(p, rec, NAMES_RECORDS);

		if (!known)
			consider(&b, s, n, p->name, "");
		for (const char *const *a = p->names; !known && a && *a; a++)
			consider(&b, s, n, *a, "");
		for (unsigned k = 0; k < nrec; k++) {
			struct suggesting g = { &b, s, k ? NULL : p->name, n };

			for (unsigned j = 0; k == 0 && j < rec[k]->nfields; j++)
				consider(&b, s, n, p->name, rec[k]->fields[j].name);
			alias_each(rec[k], consider_alias, &g);
		}
		if (p->nreply && p->reply->nswap)
			consider(&b, s, n, p->name, "addr");
	}
	return b.distance < 99;
}
