/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads packets in the notation, one a line, and prints their bytes as hex digits, one a line;
 * "error: ..." where a line cannot be read or built. Both builders make each packet: through
 * libnet, and from the descriptions alone; where they differ the line says so. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "craft/craft.h"
#include "notation/notation.h"

struct work {
	struct registry *reg;
	struct plan plan;
	struct build by_libnet, by_description;
	struct buf hex;
};

static void one_line(struct work *w, const char *line, size_t len)
{
	struct err e = { 0 };
	const struct buf *a = &w->by_libnet.bytes, *b = &w->by_description.bytes;

	if (plan_parse(&w->plan, w->reg, line, len, PLAN_NO_FILES, &e) < 0 ||
	    craft(&w->by_libnet, &w->plan, &e) < 0 || build(&w->by_description, &w->plan, &e) < 0) {
		printf("error: column %" PRIu32 ": %s\n", e.col, e.msg);
		return;
	}
	w->hex.n = 0;
	buf_hex(&w->hex, (const uint8_t *)a->p, a->n);
	if (a->n != b->n || (a->n && memcmp(a->p, b->p, a->n))) {
		buf_str(&w->hex, " from the description: ");
		buf_hex(&w->hex, (const uint8_t *)b->p, b->n);
	}
	printf("%s\n", buf_cstr(&w->hex));
}

int main(int argc, char **argv)
{
	struct work w = { .reg = registry_open() };
	struct err e = { 0 };
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!w.reg || registry_load_builtins(w.reg, &e) < 0)
		goto bad;
	for (int i = 1; i < argc; i++)
		if (registry_load_file(w.reg, argv[i], &e) < 0)
			goto bad;
	if (registry_freeze(w.reg, &e) < 0)
		goto bad;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			n--;
		one_line(&w, line, (size_t)n);
		fflush(stdout);
	}
	free(line);
	plan_done(&w.plan);
	build_done(&w.by_libnet);
	build_done(&w.by_description);
	buf_done(&w.hex);
	registry_close(w.reg);
	return 0;
bad:
	fprintf(stderr, "%s:%" PRIu32 ": %s\n", e.name, e.lineno, e.msg);
	registry_close(w.reg);
	return 1;
}
