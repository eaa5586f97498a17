/* SPDX-License-Identifier: BSD-2-Clause */
/* All protocols, loaded in one place: the built-in ones, the user's folder, $STRATA_PROTOCOLS
 * (files and folders, separated by colons), -p; then -d. What comes later may redefine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define NAMES_MOST (1u << 20) /* bytes of a table of names */

/* $STRATA_NAMES, set in a lab: names of hosts that stand for their addresses. */
static int load_names(struct registry *r, struct err *e)
{
	const char *path = getenv("STRATA_NAMES");
	struct buf b = { 0 };
	FILE *f = path && *path ? fopen(path, "re") : NULL;
	size_t n = 1;
	int rc = 0;

	if (!path || !*path)
		return 0;
	if (!f)
		return err_set(e, ERR_IO, "STRATA_NAMES: %s: %s", path, strerror(errno));
	while (n && b.n < NAMES_MOST && buf_grow(&b, 4096)) {
		n = fread(b.p + b.n, 1, 4096, f);
		b.n += n;
	}
	fclose(f);
	rc = b.failed ? err_set(e, ERR_IO, "no memory") : registry_hosts(r, path, b.p, b.n, e);
	buf_done(&b);
	return rc;
}

int load_with(struct cli *c, const char *file, const char *bind, struct err *e)
{
	struct registry *r = c->reg = registry_open();
	const struct options *o = &c->opt;

	if (!r)
		return err_set(e, ERR_IO, "no memory");
	if (registry_load_builtins(r, e) < 0 || registry_load_user(r, e) < 0)
		return -1;
	for (unsigned i = 0; i < o->n[OPT_PROTOCOL]; i++)
		if (registry_load_file(r, o->list[OPT_PROTOCOL][i], e) < 0)
			return -1;
	if (file && registry_load_file(r, file, e) < 0)
		return -1;
	for (unsigned i = 0; i < o->n[OPT_DECODE_AS]; i++)
		if (registry_bind_text(r, o->list[OPT_DECODE_AS][i], e) < 0)
			return -1;
	if (bind && registry_bind_text(r, bind, e) < 0)
		return -1;
	if (load_names(r, e) < 0 || registry_freeze(r, e) < 0)
		return -1;
	const char *why;
	for (unsigned i = 0; (why = registry_redefined(r, i)); i++)
		say(c, "%s", why);
	return 0;
}

int load_registry(struct cli *c, struct err *e)
{
	return load_with(c, NULL, NULL, e);
}
