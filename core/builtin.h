/* SPDX-License-Identifier: BSD-2-Clause */
/* Text files as the build embeds them (cmake/embed.cmake): those of protocols/, in alphabetical
 * order. */
#ifndef STRATA_CORE_BUILTIN_H
#define STRATA_CORE_BUILTIN_H

#include <stddef.h>

struct builtin_file {
	const char *name, *text; /* NULL behind the last one */
	size_t len;
};
extern const struct builtin_file builtin_files[];

#endif
