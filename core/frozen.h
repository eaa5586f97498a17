/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in protocols as they stand after freezing, written out while the library is built
 * (core/freeze/freeze.c) so that a program need not load them at each start. They are full of
 * pointers to each other, which hold at one address, FROZEN_AT: a program that asks for them has
 * their pages moved there, untouched, and reads from the file what it uses. Pointers in position
 * independent code would have to be relocated at each start, all of them. */
#ifndef STRATA_CORE_FROZEN_H
#define STRATA_CORE_FROZEN_H

#include <stddef.h>
#include <stdint.h>

/* Far from where kernels put programs, libraries, heap and stack, and sanitizers their shadows. */
#define FROZEN_AT (UINTPTR_MAX > UINT32_MAX ? (uintptr_t)3 << 44 : 0)
#define FROZEN_PAGE 0x10000 /* the largest of any machine */

struct registry;

/* A word of the image that holds an address in the program. */
struct frozen_ref {
	uint32_t word; /* in words from the start */
	uint16_t target, add;
};

struct frozen {
	unsigned char *image; /* whole pages, NULL: this build has none */
	size_t n;
	size_t root; /* where in it the struct registry is */
	const struct frozen_ref *ref;
	size_t nref;
	const void *const *target;
};

/* What the build has made. */
extern const struct frozen frozen_image;

/* The frozen registry, constant as long as the program runs; NULL: there is none, or no room at its
 * address. Any thread. */
const struct registry *frozen_builtins(void);

#endif
