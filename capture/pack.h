/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressing what a sink writes. Internal to capture/. */
#ifndef STRATA_CAPTURE_PACK_H
#define STRATA_CAPTURE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct packer;

/* How a file of this name is compressed: by its end, .gz or .zst. NULL without e: not at all; with
 * e: this build cannot. */
struct packer *pack_open(const char *path, struct err *e);
/* Compress all of p[0..n) as a gzip member or a Zstandard frame of its own, so that the file is
 * whole after each. put returns 0 to go on; what else it returns is returned. -1 when the library
 * fails. */
int pack_write(struct packer *k, const uint8_t *p, size_t n,
	       int (*put)(void *arg, const uint8_t *p, size_t n), void *arg);
void pack_close(struct packer *k); /* NULL is fine */
/* The length of a file's name without .gz or .zst. */
size_t pack_bare_name(const char *path);

#endif
