/* SPDX-License-Identifier: BSD-2-Clause */
/* Compile descriptions to shapes. */
#include "core/shape.h"

#include <stdlib.h>
#include <string.h>

#include "core/plan.h"

struct maker {
	struct shapes *s;
	const struct registry *r;
	struct shape_cold **cold; /* [id] */
};

/* A number that may be loaded as it stands: always there, at a fixed place in the fixed part. */
static bool plain(const struct field *f, uint32_t part)
{
	return f->fixed_bit >= 0 && !f->cond && !f->optional && f->type->form == TYPE_LEAF &&
	       f->type->kind == &kind_uint && f->type->ext.form == EXTENT_KIND &&
	       f->type->bits >= 1 && f->type->bits <= 64 &&
	       (uint32_t)f->fixed_bit + f->type->bits <= part * 8;
}

/* ---- the end ---- */

/* Which end the spans of a length rule tell. */
static enum end_form end_of(const struct record *rec, const struct spans *s, int *from)
{
	bool header = false, payload = false, tail = rec->npre == rec->nfields;

	*from = -1;
	for (unsigned i = 0; i < s->n; i++) {
		const struct span *sp = &s->v[i];

		switch (sp->form) {
		case SPAN_ALL: return END_LAYER;
		case SPAN_HEADER: header = true; break;
		case SPAN_PAYLOAD: payload = true; break;
		case SPAN_PSEUDO: return END_NONE;
		case SPAN_FIELDS:
			if (sp->to + 1 == rec->npre)
				*from = sp->from;
			else if (sp->from == rec->npre && sp->to + 1 == rec->nfields)
				tail = true;
			else
				return END_NONE;
		}
	}
	if (!payload)
		return END_NONE;
	if (header)
		return tail && rec->npre < rec->nfields ? END_LAYER : END_PAYLOAD;
	if (*from >= 0 && tail && rec->npre < rec->nfields)
		return END_WHOLE;
	return *from < 0 ? END_AFTER : END_PAYLOAD;
}

static void find_ends(const struct shape *s, struct shape_cold *c)
{
	const struct record *rec = &s->proto->rec;

	for (unsigned i = 0; i < rec->npre && c->nend < 4; i++) {
		const struct field *f = &rec->fields[i];
		struct end_rule e = { .field = f, .fixed = plain(f, s->min) };
		int from;

		if (f->rule.form != RULE_LEN || f->rule.m == 0 || f->rule.n == 0)
			continue;
		e.form = (uint8_t)end_of(rec, &f->rule.spans, &from);
		if (e.form == END_NONE)
			continue;
		if ((e.form == END_PAYLOAD || e.form == END_WHOLE) && from >= 0) {
			if (rec->fields[from].fixed_bit < 0)
				e.start = UINT32_MAX; /* only the decoded header knows */
			else
				e.start = (uint32_t)rec->fields[from].fixed_bit / 8;
		}
		c->end[c->nend++] = e;
	}
	if (!c->nend && s->proto->message)
		c->end[c->nend++] =
			(struct end_rule) { .form = END_MESSAGE, .fixed = c->message.v != NULL };
}

/* Can the hot loop read this end with one 16-bit load? */
static void choose_bound(struct shape *s, const struct shape_cold *c)
{
	const struct end_rule *e = &c->end[0];
	const struct rule *r;
	int64_t add;

	if (!c->nend)
		return;
	s->bound = BOUND_COLD;
	if (c->nend > 1 || !e->fixed || !e->field || e->start == UINT32_MAX)
		return;
	r = &e->field->rule;
	if (e->field->type->bits != 16 || e->field->type->le || e->field->fixed_bit % 8 ||
	    e->field->fixed_bit / 8 > UINT8_MAX || r->m != r->n)
		return;
	if (e->form == END_AFTER && s->head != HEAD_CONST)
		return;
	add = (e->form == END_AFTER ? (int64_t)s->min : (int64_t)e->start) - r->k;
	if (add < -60000 || add > 60000)
		return;
	s->bound = BOUND_BE16;
	s->t_off = (uint8_t)(e->field->fixed_bit / 8);
	s->t_add = (uint32_t)add;
	s->t_min = s->min;
	if (r->zero_rest) {
		s->flags |= SHAPE_ZERO_REST;
		if (add >= s->min) /* else 0 is too small anyway */
			s->t_min = (uint16_t)(add + 1);
	}
}

/* ---- the header ---- */

/* The field whose length rule covers just the header; NULL: none. */
static const struct field *header_rule(const struct shape *s)
{
	const struct record *rec = &s->proto->rec;

	for (unsigned i = 0; i < rec->npre; i++) {
		const struct field *f = &rec->fields[i];
		const struct spans *sp = &f->rule.spans;

		if (f->rule.form == RULE_LEN && sp->n == 1 && sp->v[0].form == SPAN_HEADER &&
		    plain(f, s->min) && f->rule.m > 0 && f->rule.n > 0 && !f->rule.zero_rest)
			return f;
	}
	return NULL;
}

/* hlen = ((be16 & mask) * mul >> 16) + add, when it can be said so. */
static bool scaled(struct shape *s, const struct field *f)
{
	uint32_t first = (uint32_t)f->fixed_bit / 8;
	unsigned w = f->type->bits, shift;
	uint64_t mul;

	if (w > 16 || s->min < 2 || f->type->le)
		return false;
	if (first + 2u > s->min)
		first = s->min - 2u;
	if ((uint32_t)f->fixed_bit + w > first * 8 + 16 || first > UINT8_MAX)
		return false;
	shift = first * 8 + 16 - ((uint32_t)f->fixed_bit + w);
	mul = (uint64_t)f->rule.n << 16;
	if (f->rule.n > 65536 || mul % ((uint64_t)f->rule.m << shift))
		return false;
	mul /= (uint64_t)f->rule.m << shift;
	s->h_mask = (uint16_t)(((1u << w) - 1) << shift);
	if (mul * s->h_mask > UINT32_MAX || f->rule.k < -60000 || f->rule.k > 60000)
		return false;
	s->h_off = (uint8_t)first;
	s->h_mul = (uint32_t)mul;
	s->h_add = (uint32_t)-f->rule.k;
	s->head = HEAD_SCALED;
	return true;
}

static int odd_header_rule(struct shapes *all, const struct shape *s, struct shape_cold *c,
			   const struct field *f)
{
	struct size_step *v = arena_alloc(all->mem, sizeof(*v));
	struct code *code = arena_alloc(all->mem, sizeof(*code));
	struct path_part *path = arena_alloc(all->mem, sizeof(*path));
	struct expr *x = arena_alloc(all->mem, sizeof(*x));

	if (!v || !code || !path || !x)
		return -1;
	path->name = f->name;
	*x = (struct expr) { .op = EX_FIELD, .path = path, .npath = 1, .local = (int16_t)f->index };
	if (code_compile(all->mem, &s->proto->rec, s->min, x, false, code) < 0)
		return -1;
	if (!code->v)
		return 0;
	*v = (struct size_step) {
		.op = SIZE_TO, .code = code, .k = f->rule.k, .m = f->rule.m, .div = f->rule.n
	};
	c->steps = v;
	c->nsteps = 1;
	return 0;
}

/* Does the header end by taking all there is? */
static bool takes_rest(const struct shape_cold *c)
{
	for (unsigned i = 0; i + 1 < c->nsteps; i++) {
		if (c->steps[i].op != SIZE_ADD)
			return false;
	}
	return c->nsteps && c->steps[c->nsteps - 1].op == SIZE_REST;
}

/* The header as it is built when nothing is said of it: what most are like. */
static void find_usual(const struct registry *r, struct shape *s, struct shape_cold *c)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct build *b = calloc(1, sizeof(*b));
	struct err e = { 0 };

	if (plan && b) {
		plan->reg = r;
		plan->n = 1;
		plan->layer[0].proto = s->proto;
		plan->layer[0].parent = -1;
		if (build_layers(b, plan, &e) == 0 && b->n && b->layer[0].hlen < SIZE_UNKNOWN &&
		    size_usual(c, s->min, (const uint8_t *)b->bytes.p + b->layer[0].off,
			       b->layer[0].hlen, &s->h_off))
			s->head = HEAD_USUAL;
	}
	if (b)
		build_done(b);
	free(b);
	free(plan);
}

static int choose_head(const struct maker *m, struct shape *s, struct shape_cold *c,
		       unsigned nfixed)
{
	struct shapes *all = m->s;
	const struct record *rec = &s->proto->rec;
	const struct field *f = header_rule(s);
	bool leaf = !(s->flags & (SHAPE_PAYLOAD | SHAPE_BESIDE)); /* has all there is */
	int made = 0;

	s->h_add = s->min;
	if (nfixed == rec->npre) {
		s->head = HEAD_CONST;
		return 0;
	}
	if (f && scaled(s, f))
		return 0;
	if (f ? odd_header_rule(all, s, c, f) < 0
	      : size_compile(all->mem, rec, s->min, nfixed, c) < 0)
		return -1;
	if (c->nsteps && !takes_rest(c))
		made = size_table(all->mem, c, s->min, &s->h_off);
	if (made < 0)
		return -1;
	if (takes_rest(c))
		s->head = HEAD_REST;
	else if (made)
		s->head = HEAD_TABLE;
	else if (c->nsteps)
		s->head = HEAD_STEPS;
	else
		s->head = leaf ? HEAD_REST : HEAD_WALK;
	if (s->head == HEAD_STEPS)
		find_usual(m->r, s, c);
	if (leaf && !c->nsteps)
		s->flags |= SHAPE_TOLD;
	return 0;
}

static void find_tail(const struct shape *s, struct shape_cold *c)
{
	const struct record *rec = &s->proto->rec;
	int64_t bits = 0;

	if (rec->npre + 1 == rec->nfields && rec->fields[rec->npre].type->form == TYPE_PAD &&
	    !rec->fields[rec->npre].cond) {
		c->tail_pad = rec->fields[rec->npre].type->bits;
		return;
	}
	for (unsigned i = rec->npre; i < rec->nfields; i++) {
		const struct field *f = &rec->fields[i];
		int64_t w = type_fixed_bits(f->type);

		if (w < 0 || f->cond || f->optional)
			c->tail_walk = true;
		bits += w;
	}
	if (!c->tail_walk && bits / 8 <= UINT16_MAX)
		c->tail = (uint16_t)((bits + 7) / 8);
}

/* Values of one byte for which the fields may be there whose rules tell the end. False: no byte
 * tells that, or another than t is about. */
static bool end_truth(struct maker *m, const struct record *rec, uint32_t part,
		      const struct end_rule *e, struct truth *t, bool first)
{
	struct code c;

	if (!e->field || !e->field->cond ||
	    code_compile(m->s->mem, rec, part, e->field->cond, false, &c) < 0)
		return false;
	code_tables(rec, part, &c);
	for (unsigned i = 0; i < c.tables; i++) {
		if (!first && c.truth[i].byte != t->byte)
			continue;
		t->byte = c.truth[i].byte;
		for (unsigned k = 0; k < 4; k++)
			t->of[k] |= c.truth[i].of[k];
		return true;
	}
	return false;
}

/* Is the long way needed only where such a field is there? Without it the fields after the payload
 * are absent or empty. */
static void find_seldom(struct maker *m, struct shape *s, struct shape_cold *c)
{
	const struct record *rec = &s->proto->rec;

	if (s->bound != BOUND_COLD || !c->nend || s->head >= HEAD_STEPS || s->min < 2 || c->tail ||
	    c->tail_pad || (s->flags & SHAPE_BESIDE))
		return;
	for (unsigned i = rec->npre; i < rec->nfields; i++) {
		const struct type *t = rec->fields[i].type;

		if (!rec->fields[i].optional &&
		    (type_fixed_bits(t) >= 0 || t->ext.form == EXTENT_BYTES))
			return;
	}
	for (unsigned i = 0; i < c->nend; i++) {
		if (!end_truth(m, rec, s->min, &c->end[i], &c->seldom, i == 0))
			return;
	}
	s->flags |= SHAPE_SELDOM;
}

/* ---- what follows ---- */

static int choose_key(struct maker *m, struct shape *s, struct shape_cold *c)
{
	const struct proto *p = s->proto;
	const struct carries *ca = p->carries;
	const struct field *f[2] = { NULL, NULL };

	if (!p->ncarries)
		return 0;
	c->carries = arena_alloc(m->s->mem, p->ncarries * sizeof(*c->carries));
	c->carries_cond = arena_alloc(m->s->mem, p->ncarries * sizeof(*c->carries_cond));
	if (!c->carries || !c->carries_cond)
		return -1;
	for (unsigned i = 0; i < p->ncarries; i++) {
		c->carries[i] = space_named(m->s, ca[i].space);
		if (c->carries[i])
			s->key = KEY_COLD;
		if (code_compile(m->s->mem, &p->rec, s->min, ca[i].cond, false,
				 &c->carries_cond[i]) < 0)
			return -1;
	}
	if (p->ncarries > 1 || ca->cond || !c->carries[0] || ca->nfields > 2)
		return 0;
	for (unsigned i = 0; i < ca->nfields; i++) {
		f[i] = &p->rec.fields[ca->field[i]];
		if (!plain(f[i], s->min) || f[i]->type->le || f[i]->fixed_bit % 8 ||
		    f[i]->fixed_bit / 8 > UINT8_MAX ||
		    (f[i]->type->bits != 16 && (f[i]->type->bits != 8 || ca->nfields > 1)))
			return 0;
	}
	s->k_off = (uint8_t)(f[0]->fixed_bit / 8);
	s->key = f[0]->type->bits == 8 ? KEY_U8 : KEY_U16;
	if (s->key == KEY_U8)
		s->next8 = c->carries[0]->t8;
	else
		s->next16 = c->carries[0]->t16;
	if (f[1]) {
		s->key = KEY_EITHER;
		s->k2_off = (uint8_t)(f[1]->fixed_bit / 8);
	}
	return 0;
}

static int find_always(struct maker *m, struct shape *s, struct shape_cold *c)
{
	unsigned n = 0;
	uint16_t *v;

	while (registry_always(m->r, s->proto, n))
		n++;
	if (!n)
		return 0;
	v = arena_alloc(m->s->mem, (n + 1) * sizeof(*v));
	if (!v)
		return -1;
	for (unsigned i = 0; i < n; i++)
		v[i] = registry_always(m->r, s->proto, i)->id;
	c->always = v;
	s->flags |= SHAPE_PAYLOAD | SHAPE_MORE;
	return 0;
}

static int make_shape(struct maker *m, const struct proto *p)
{
	struct shape *s = &m->s->v[p->id];
	struct shape_cold *c = arena_alloc(m->s->mem, sizeof(*c));
	const struct proto *quoted;
	uint32_t part;
	unsigned nfixed;

	if (!c)
		return -1;
	m->cold[p->id] = c;
	part = record_fixed_part(&p->rec, &nfixed);
	*s = (struct shape) { .min = (uint16_t)part, .id = p->id, .proto = p, .cold = c };
	if (p->has_payload || p->quotes)
		s->flags |= SHAPE_PAYLOAD;
	if (p->beside)
		s->flags |= SHAPE_BESIDE;
	if (find_always(m, s, c) < 0 || shape_conditions(m->s->mem, s, c) < 0 ||
	    choose_head(m, s, c, nfixed) < 0 || choose_key(m, s, c) < 0)
		return -1;
	find_tail(s, c);
	find_ends(s, c);
	choose_bound(s, c);
	if (c->tail || c->tail_pad || c->tail_walk || s->bound == BOUND_COLD || p->message ||
	    s->head >= HEAD_STEPS || s->min < 2)
		s->flags |= SHAPE_COLD;
	find_seldom(m, s, c);
	if ((s->flags & SHAPE_PAYLOAD) || s->bound != BOUND_NONE)
		s->flags |= SHAPE_FILLS;
	if (s->min < 2) /* too short for the loop's 16-bit loads */
		s->flags |= SHAPE_GUARD;
	if (s->key == KEY_COLD)
		s->flags |= SHAPE_MORE;
	if (!(s->flags & SHAPE_GUARD) && s->g_mask)
		s->flags |= SHAPE_COMPARE;
	if (s->s_mask || (s->flags & SHAPE_ASK))
		s->flags |= SHAPE_STOPS;
	quoted = p->quotes_proto ? registry_find(m->r, p->quotes_proto, strlen(p->quotes_proto))
				 : NULL;
	c->quoted = quoted ? quoted->id : 0;
	((struct proto *)p)->shape = s;
	return 0;
}

/* The bit of a space for guesses; 0: no protocol is guessed there. *next: the lowest bit that is
 * not taken, or NULL. Bit 0 stands for anything at all. */
static uint64_t guess_bit(struct shapes *s, const char *name, uint64_t *next)
{
	for (uint32_t i = 0; i < s->nspaces; i++) {
		struct space *sp = &s->space[i];

		if (strcmp(sp->name, name) != 0)
			continue;
		if (!sp->guess && next) {
			sp->guess = *next;
			*next <<= 1; /* 0 after 64: no more are guessed in */
		}
		return sp->guess;
	}
	return 0;
}

/* Who may be guessed in what. */
static void find_looks(struct maker *m)
{
	const struct proto *p;
	uint64_t next = 2;

	for (unsigned i = 0; (p = registry_guessed(m->r, i)); i++) {
		for (unsigned k = 0; k < p->nover; k++) {
			if (p->over[k].space)
				m->cold[p->id]->looks |= guess_bit(m->s, p->over[k].space, &next);
		}
		if (!p->nover)
			m->cold[p->id]->looks = 1;
	}
	for (unsigned i = 0; (p = registry_at(m->r, i)); i++) {
		m->cold[p->id]->holds = 1;
		for (unsigned k = 0; k < p->ncarries; k++)
			m->cold[p->id]->holds |= guess_bit(m->s, p->carries[k].space, NULL);
	}
}

/* May the layer begin with this byte? */
static bool may_begin(const struct code *c, uint8_t first)
{
	for (unsigned i = 0; i < c->tables; i++) {
		if (c->truth[i].byte == 0 && !truth_of(&c->truth[i], &first, 1))
			return false;
	}
	return true;
}

/* Those that may be known by their looks, by the first byte that they may have. */
static int find_guesses(struct maker *m)
{
	const struct proto *p;
	unsigned n = 0;

	find_looks(m);
	while (registry_guessed(m->r, n))
		n++;
	for (unsigned first = 0; n && first < 256; first++) {
		uint16_t *v = NULL;
		unsigned k = 0;

		for (unsigned i = 0; (p = registry_guessed(m->r, i)); i++) {
			const struct shape_cold *c = m->cold[p->id];

			if (!may_begin(&c->guard, (uint8_t)first) ||
			    !may_begin(&c->guess, (uint8_t)first))
				continue;
			if (!v && !(v = arena_alloc(m->s->mem, (n + 1) * sizeof(*v))))
				return -1;
			v[k++] = p->id;
			m->s->guess_in[first] |= c->looks;
		}
		m->s->guess[first] = v;
	}
	return 0;
}

int shape_compile(struct registry *r, struct err *e)
{
	struct arena *mem = registry_memory(r);
	struct shapes *s = arena_alloc(mem, sizeof(*s));
	struct maker m = { .s = s, .r = r };
	unsigned n = registry_count(r), top = 0;
	char *v;

	for (unsigned i = 0; i < n; i++)
		top = registry_at(r, i)->id > top ? registry_at(r, i)->id : top;
	v = arena_alloc(mem, (top + 2) * sizeof(*s->v));
	m.cold = arena_alloc(mem, (top + 1) * sizeof(struct shape_cold *));
	if (!s || !v || !m.cold)
		goto fail;
	s->mem = mem;
	s->n = (uint16_t)top;
	s->v = (struct shape *)(void *)(v +
					-(uintptr_t)v % sizeof(*s->v)); /* one cache line each */
	if (spaces_compile(s, r) < 0)
		goto fail;
	for (unsigned i = 0; i < n; i++) {
		if (make_shape(&m, registry_at(r, i)) < 0)
			goto fail;
	}
	if (find_guesses(&m) < 0)
		goto fail;
	s->mem = NULL;
	registry_set_shapes(r, s);
	return 0;
fail:
	return err_set(e, ERR_IO, "out of memory");
}
