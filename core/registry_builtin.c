/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading the protocols that are shipped inside the library. */
#include "core/load.h"

#include "core/builtin.h"

int registry_load_builtins(struct registry *r, struct err *e)
{
	for (unsigned i = 0; i < builtin_nfiles; i++) {
		const struct builtin_file *f = &builtin_files[i];

		if (registry_load(r, f->name, f->text, f->len, true, e))
			return -1;
	}
	registry_strict(r);
	return 0;
}
