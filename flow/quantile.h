/* SPDX-License-Identifier: BSD-2-Clause */
/* Least, median and greatest of many numbers in 96 bytes: exact up to five of them, then the
 * estimate of Jain and Chlamtac, "The P2 algorithm" (Communications of the ACM 28, 1985). */
#ifndef STRATA_FLOW_QUANTILE_H
#define STRATA_FLOW_QUANTILE_H

#include <stdint.h>

struct quantile { /* zero-initialised is empty */
	uint32_t n;
	uint32_t at[5]; /* ranks of the markers, from 1 */
	int64_t q[5];   /* their heights; the first and the last are exact */
};

void quantile_add(struct quantile *s, int64_t v);
/* 0 where there is none. */
int64_t quantile_median(const struct quantile *s);
static inline int64_t quantile_min(const struct quantile *s)
{
	return s->q[0];
}
static inline int64_t quantile_max(const struct quantile *s)
{
	return s->n == 0 ? 0 : s->q[s->n < 5 ? s->n - 1 : 4];
}

#endif
