/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that are marked `secret`, looked for in a layer. */
#include "core/secret.h"

#include <stdlib.h>
#include <string.h>

#include "core/alias.h"
#include "core/proto_print.h"

int secret_in(const struct proto *p)
{
	struct needs n;
	int found = p->rec.nsecrets > 0;

	if (found)
		return 1;
	if (needs_of(p, &n))
		return -1;
	for (unsigned i = 0; i < n.nrec && !found; i++)
		found = n.rec[i]->nsecrets > 0;
	needs_done(&n);
	return found;
}

static const struct secret *mark_of(const struct field *f)
{
	for (unsigned i = 0; f && i < f->rec->nsecrets; i++) {
		if (f->rec->secrets[i].field == f->index)
			return &f->rec->secrets[i];
	}
	return NULL;
}

bool secret_next(const struct tree *t, uint32_t *from, uint32_t *at)
{
	while (*from < t->n) {
		const struct node *n = &t->v[*from];
		const struct secret *x = n->flags & NODE_ITEM ? NULL : mark_of(n->field);

		*at = *from;
		*from += 1;
		if (!x || n->bits / 8 <= (uint32_t)n->head + n->tail ||
		    (x->cond && !expr_eval(x->cond, t, n->parent, NULL)))
			continue;
		*from = n->next > *from ? n->next : *from; /* once, whatever is in it */
		return true;
	}
	return false;
}

static const char *view_of(const struct tree *t, uint32_t at)
{
	const struct node *n = &t->v[at];
	const struct record *rec = n->field->rec;

	for (unsigned i = 0; i < rec->nviews; i++) {
		const struct view *v = &rec->views[i];
		struct view_value got;

		if (view_read(v, t, n->parent, &got) && got.node == at)
			return v->name;
	}
	return NULL;
}

/* Another name that it has here, with a dot in it: a short one is as good as its own. */
static const char *alias_here(const struct node *n)
{
	const struct type *type = n->field->type;

	for (unsigned i = 0; type->form == TYPE_CHOOSE && i < type->narms; i++) {
		if (type->arms[i].type == n->type && type->arms[i].alias)
			return type->arms[i].alias[0];
	}
	for (unsigned i = 0; n->field->alias && n->field->alias[i]; i++) {
		if (strchr(n->field->alias[i], '.'))
			return n->field->alias[i];
	}
	return NULL;
}

void secret_name(const struct tree *t, uint32_t at, struct buf *out)
{
	const char *name = view_of(t, at);
	size_t n = out->n;
	char *path;

	if (!name)
		name = alias_here(&t->v[at]);
	if (name) {
		buf_str(out, name);
		return;
	}
	/* Its path, without the numbers of items. */
	tree_path(t, at, out);
	buf_char(out, 0);
	if (out->failed)
		return;
	path = strdup(out->p + n);
	out->n = n;
	buf_str(out, t->proto->name);
	for (const char *p = path; p && *p; p += n + (p[n] == '.')) {
		n = strcspn(p, ".");
		if (*p >= '0' && *p <= '9')
			continue;
		buf_char(out, '.');
		buf_put(out, p, n);
	}
	free(path);
}
