/* SPDX-License-Identifier: BSD-2-Clause */
/* All protocols, loaded in one place: the built-in ones, the user's folder, $STRATA_PROTOCOLS
 * (files and folders, separated by colons), -p; then -d. What comes later may redefine. */
#include "cli/cli.h"

int load_with(struct cli *c, const char *file, struct err *e)
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
	if (registry_freeze(r, e) < 0)
		return -1;
	const char *why;
	for (unsigned i = 0; (why = registry_redefined(r, i)); i++)
		say(c, "%s", why);
	return 0;
}

int load_registry(struct cli *c, struct err *e)
{
	return load_with(c, NULL, e);
}
