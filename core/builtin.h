/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of protocols/ as the build embeds them, in alphabetical order. */
#ifndef STRATA_CORE_BUILTIN_H
#define STRATA_CORE_BUILTIN_H

#include <stddef.h>

struct builtin_file {
	const char *name, *text;
	size_t len;
};
extern const struct builtin_file builtin_files[];
extern const unsigned builtin_nfiles;

#endif
