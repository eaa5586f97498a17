/* SPDX-License-Identifier: BSD-2-Clause */
/* Freezing: after the last file is loaded, all names are resolved, the laws are checked, and the
 * registry becomes read-only. */
#include "core/load.h"

#include "core/frozen.h"
#include "core/shape.h"

int registry_freeze(struct registry *r, struct err *e)
{
	static int (*const steps[])(struct registry * r, struct err * e) = {
		freeze_find,  freeze_names, freeze_resolve, freeze_rules,  freeze_check,
		freeze_shape, freeze_facts, freeze_graph,   shape_compile,
	};
	struct err own = { 0 };

	if (r->frozen)
		return err_set(e, ERR_USAGE, "the protocols are frozen already");
	if (r->later && frozen_builtins() && !r->nsym) {
		struct host_names hosts = r->hosts;

		*r = *frozen_builtins();
		r->hosts = hosts;
		return 0;
	}
	if (registry_load_now(r, e) < 0)
		return -1;
	r->frozen = true;
	for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		if (steps[i](r, e ? e : &own))
			return -1;
	}
	return 0;
}
