/* SPDX-License-Identifier: BSD-2-Clause */
/* How far apart two words are, for "did you mean". */
#ifndef STRATA_CORE_NEAR_H
#define STRATA_CORE_NEAR_H

#include <stddef.h>

#define NEAR_FAR 9999
#define NEAR_EDIT 4

/* How far b is from a, case ignored: NEAR_EDIT for each letter to insert, delete or change, a
 * little less for two neighbours that changed places (who means tcp writes tpc, not rpc), a little
 * more when the first letter is another. When it is more than `most`, some number above it (which
 * saves most of the work for a long list). Words of more than 40 letters are never near: NEAR_FAR.
 * Pure, thread-safe. */
unsigned near_distance(const char *a, size_t na, const char *b, size_t nb, unsigned most);
/* How far, in the same measure, a word of n letters may be from the one that was meant. */
unsigned near_limit(size_t n);
/* The nearest of list[0..count) within near_limit(); the first of several; NULL: none is near. */
const char *near_word(const char *word, size_t n, const char *const *list, size_t count);

#endif
