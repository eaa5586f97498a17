/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans made by the program itself, as the notation makes them from text. */
#include "craft/addr.h"
#include "craft/say.h"

struct plan_layer *plan_push(struct plan *p, const struct proto *proto)
{
	struct plan_layer *y;

	if (p->n >= PLAN_LAYERS)
		return NULL;
	y = &p->layer[p->n];
	memset(y, 0, sizeof(*y));
	y->proto = proto;
	y->parent = (int16_t)p->n - 1;
	p->n++;
	return y;
}

static struct say *say_new(struct plan *p, struct plan_layer *y, const struct field *f,
			   enum say_form form)
{
	struct say *s = arena_alloc(&p->mem, sizeof(*s));
	struct say **at = &y->say;

	if (!s)
		return NULL;
	s->name = f->name;
	s->form = form;
	s->implied = true;
	while (*at)
		at = &(*at)->next;
	*at = s;
	return s;
}

struct say *say_num(struct plan *p, struct plan_layer *y, const struct field *f, uint64_t v)
{
	struct say *s = say_new(p, y, f, SAY_VALUE);

	if (s)
		s->cur.num = v;
	return s;
}

static struct say *say_bytes(struct plan *p, struct plan_layer *y, const struct field *f,
			     const uint8_t *bytes, uint32_t n, enum say_form form)
{
	uint8_t *copy = arena_alloc(&p->mem, n ? n : 1);
	struct say *s = copy ? say_new(p, y, f, form) : NULL;

	if (!s)
		return NULL;
	memcpy(copy, bytes, n);
	s->cur.p = copy;
	s->cur.len = n;
	return s;
}

struct say *say_addr(struct plan *p, struct plan_layer *y, const struct field *f,
		     const uint8_t *bytes, uint32_t n)
{
	return say_bytes(p, y, f, bytes, n, SAY_VALUE);
}

struct say *say_raw(struct plan *p, struct plan_layer *y, const struct field *f,
		    const uint8_t *bytes, uint32_t n)
{
	return say_bytes(p, y, f, bytes, n, SAY_RAW);
}

const struct field *field_addr(const struct record *rec, unsigned bits)
{
	for (unsigned i = 0; i < rec->nfields; i++)
		if (type_addr(rec->fields[i].type, bits))
			return &rec->fields[i];
	return NULL;
}
