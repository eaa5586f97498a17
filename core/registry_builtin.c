/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading the protocols that are shipped inside the library. They wait until something else is
 * loaded or bound; when nothing is, freezing takes them as the build has frozen them. */
#include "core/load.h"

#include "core/builtin.h"
#include "core/frozen.h"

int registry_load_builtins(struct registry *r, struct err *e)
{
	registry_strict(r);
	r->later = true;
	return frozen_builtins() && !r->nsym ? 0 : registry_load_now(r, e);
}

int registry_load_now(struct registry *r, struct err *e)
{
	if (!r->later)
		return 0;
	r->later = false;
	for (const struct builtin_file *f = builtin_files; f->name; f++) {
		if (registry_load(r, f->name, f->text, f->len, true, e))
			return -1;
	}
	return 0;
}
