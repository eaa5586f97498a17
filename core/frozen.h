/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in protocols as they stand after freezing, written out while the library is built
 * (core/freeze/freeze.c) so that a program need not load them at each start. */
#ifndef STRATA_CORE_FROZEN_H
#define STRATA_CORE_FROZEN_H

struct registry;

/* NULL: this build has none. All that it points to is constant data of the program. */
extern const struct registry *const frozen_builtins;

#endif
