/* SPDX-License-Identifier: BSD-2-Clause */
/* How far apart two words are: the restricted Damerau-Levenshtein distance, by rows. */
#include "core/near.h"

#include <string.h>

#define NEAR_MAX 40
#define NEAR_SWAP 3

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

unsigned near_distance(const char *a, size_t na, const char *b, size_t nb, unsigned most)
{
	unsigned row[3][NEAR_MAX + 1], least = 0, before;

	if (na > NEAR_MAX || nb > NEAR_MAX || (na > nb ? na - nb : nb - na) * NEAR_EDIT > most)
		return NEAR_FAR;
	for (size_t j = 0; j <= nb; j++)
		row[0][j] = (unsigned)j * NEAR_EDIT;
	for (size_t i = 1; i <= na; i++) {
		unsigned *cur = row[i % 3], *up = row[(i + 2) % 3], *upup = row[(i + 1) % 3];

		cur[0] = (unsigned)i * NEAR_EDIT;
		before = least;
		least = cur[0];
		for (size_t j = 1; j <= nb; j++) {
			unsigned d = up[j - 1] + (lower(a[i - 1]) != lower(b[j - 1])) * NEAR_EDIT;

			if (up[j] + NEAR_EDIT < d)
				d = up[j] + NEAR_EDIT;
			if (cur[j - 1] + NEAR_EDIT < d)
				d = cur[j - 1] + NEAR_EDIT;
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && upup[j - 2] + NEAR_SWAP < d)
				d = upup[j - 2] + NEAR_SWAP;
			cur[j] = d;
			if (d < least)
				least = d;
		}
		/* A row hangs on the two before it. */
		if (least > most && before > most)
			return NEAR_FAR;
	}
	return row[na % 3][nb] + (na && nb && lower(a[0]) != lower(b[0]));
}

unsigned near_limit(size_t n)
{
	return n < 2 ? 0 : (n < 6 ? 1 : n < 10 ? 2 : 3) * NEAR_EDIT + 1;
}

const char *near_word(const char *word, size_t n, const char *const *list, size_t count)
{
	const char *best = NULL;
	unsigned least = near_limit(n) + 1;

	for (size_t i = 0; i < count; i++) {
		unsigned d = near_distance(word, n, list[i], strlen(list[i]), least - 1);

		if (d < least) {
			least = d;
			best = list[i];
		}
	}
	return best;
}
