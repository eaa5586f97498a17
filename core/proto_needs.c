/* SPDX-License-Identifier: BSD-2-Clause */
/* Which structs and word tables a protocol's description leans on. */
#include "core/proto_print.h"

#include <stdlib.h>

static int add(const void ***v, unsigned *n, unsigned *cap, const void *p)
{
	for (unsigned i = 0; i < *n; i++) {
		if ((*v)[i] == p)
			return 0;
	}
	if (*n == *cap) {
		unsigned c = *cap ? *cap * 2 : 16;
		const void **q = realloc(*v, c * sizeof(*q));

		if (!q)
			return -1;
		*v = q;
		*cap = c;
	}
	(*v)[(*n)++] = p;
	return 0;
}

static int from_type(const struct type *t, struct needs *n)
{
	while (t->form == TYPE_LIST)
		t = t->item;
	if (t->form == TYPE_STRUCT)
		return add((const void ***)&n->rec, &n->nrec, &n->rec_cap, t->rec);
	for (unsigned i = 0; t->form == TYPE_CHOOSE && i < t->narms; i++) {
		if (from_type(t->arms[i].type, n))
			return -1;
	}
	return 0;
}

static int from_record(const struct record *rec, struct needs *n)
{
	for (unsigned i = 0; i < rec->nfields; i++) {
		const struct words *w = rec->fields[i].words;

		if (from_type(rec->fields[i].type, n))
			return -1;
		if (w && w->name && add((const void ***)&n->words, &n->nwords, &n->words_cap, w))
			return -1;
	}
	return 0;
}

int needs_of(const struct proto *p, struct needs *n)
{
	int rc;

	*n = (struct needs) { 0 };
	rc = from_record(&p->rec, n);
	for (unsigned i = 0; rc == 0 && i < n->nrec; i++)
		rc = from_record(n->rec[i], n);
	if (rc)
		needs_done(n);
	return rc;
}

void needs_done(struct needs *n)
{
	free(n->rec);
	free(n->words);
	*n = (struct needs) { 0 };
}
