/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads the protocol files given as arguments, freezes, and prints the error with a caret, or each
 * description as text. -s: every space and lower protocol must be there; -q: print nothing.
 * gcc -std=c11 -D_GNU_SOURCE -g -I. -o /tmp/loadcheck tests/tools/loadcheck.c $(ls core/[a-z]*.c |
 * grep -v builtin)
 */
#include <stdio.h>
#include <string.h>

#include "core/registry.h"

static int complain(const struct err *e)
{
	if (!e->lineno) {
		fprintf(stderr, "%s\n", e->msg);
		return e->code;
	}
	fprintf(stderr, "%s:%u:%u: %s\n%s\n", e->name, e->lineno, e->col, e->msg, e->line);
	for (unsigned i = 1; i + e->cut < e->col; i++)
		fputc(e->line[i - 1] == '\t' ? '\t' : ' ', stderr);
	for (unsigned i = 0; i < e->span && e->col - e->cut + i <= strlen(e->line) + 1; i++)
		fputc('^', stderr);
	fputc('\n', stderr);
	return e->code;
}

int main(int argc, char **argv)
{
	struct registry *r = registry_open();
	struct err e = { 0 };
	struct buf out = { 0 };
	int quiet = 0;

	for (int i = 1; r && i < argc; i++) {
		if (!strcmp(argv[i], "-q"))
			quiet = 1;
		else if (!strcmp(argv[i], "-s"))
			registry_strict(r);
		else if (registry_load_file(r, argv[i], &e))
			return complain(&e);
	}
	if (!r || registry_freeze(r, &e))
		return complain(&e);
	for (unsigned i = 0; registry_redefined(r, i); i++)
		fprintf(stderr, "%s\n", registry_redefined(r, i));
	for (unsigned i = 0; i < registry_count(r) && !quiet; i++) {
		out.n = 0;
		proto_print(registry_at(r, i), &out);
		fwrite(out.p, 1, out.n, stdout);
		putchar('\n');
	}
	fprintf(stderr, "%u protocols\n", registry_count(r));
	buf_done(&out);
	registry_close(r);
	return 0;
}
