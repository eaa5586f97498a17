/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules that are shipped inside the library (rules/). */
#ifndef STRATA_WATCH_BUILTIN_H
#define STRATA_WATCH_BUILTIN_H

#include "core/builtin.h"

extern const struct builtin_file builtin_rules[];

#endif
