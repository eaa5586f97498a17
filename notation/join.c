/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of a command as one text. */
#include "notation/parser.h"

#include <stdlib.h>

/* Does the argument hold blanks and begin with NAME= or text:? Then the shell's quotes meant one
 * value. *from: where the value begins. */
static bool is_solid(const char *a, size_t n, bool first, size_t *from)
{
	size_t i = 0;
	bool blank = false;

	/* A whole printed packet in one argument. */
	if (first && (begins(a, n, "link=") || begins(a, n, "wire=")))
		return false;
	for (size_t k = 0; k < n; k++)
		blank |= is_blank(a[k]);
	if (!blank)
		return false;
	if (begins(a, n, "text:")) {
		*from = 5;
		return true;
	}
	while (i < n && is_name(a[i]))
		i++;
	*from = i + 1;
	return i > 0 && i < n && a[i] == '=';
}

int notation_join(struct joined *j, int argc, char *const *argv, struct err *e)
{
	size_t len = 0, from;

	*j = (struct joined) { 0 };
	for (int i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	j->text = malloc(len + 1);
	j->solid = calloc((size_t)argc + 1, sizeof(*j->solid));
	if (!j->text || !j->solid) {
		joined_done(j);
		return err_set(e, ERR_IO, "out of memory");
	}
	for (int i = 0; i < argc; i++) {
		size_t n = strlen(argv[i]);

		bool solid = is_solid(argv[i], n, !j->len, &from);

		if (j->len)
			j->text[j->len++] = ' ';
		if (solid) {
			j->solid[j->nsolid].from = (uint32_t)(j->len + from);
			j->solid[j->nsolid++].to = (uint32_t)(j->len + n);
		}
		memcpy(j->text + j->len, argv[i], n);
		j->len += n;
	}
	j->text[j->len] = 0;
	return 0;
}

void joined_done(struct joined *j)
{
	free(j->text);
	free(j->solid);
	*j = (struct joined) { 0 };
}
