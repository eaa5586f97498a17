/* SPDX-License-Identifier: BSD-2-Clause */
/* Least, median and greatest of many numbers in little room (the P2 algorithm). */
#include "flow/quantile.h"

#define VALUE_MOST (INT64_C(1) << 61) /* so that the difference of two is one, too */

/* Sorted, while there are no more than five. */
static void insert(struct quantile *s, int64_t v)
{
	unsigned i = s->n++;

	for (; i > 0 && s->q[i - 1] > v; i--)
		s->q[i] = s->q[i - 1];
	s->q[i] = v;
	for (unsigned k = 0; s->n == 5 && k < 5; k++)
		s->at[k] = k + 1;
}

/* Marker i one rank on, d is 1 or -1: where a parabola through its neighbours puts it, or on the
 * line to the one there where that would leave the order. */
static void move(struct quantile *s, unsigned i, int d)
{
	double a = s->at[i - 1], b = s->at[i], c = s->at[i + 1];
	double lo = (double)s->q[i - 1], at = (double)s->q[i], hi = (double)s->q[i + 1];
	double v = at +
		   d / (c - a) *
			   ((b - a + d) * (hi - at) / (c - b) + (c - b - d) * (at - lo) / (b - a));

	if (v <= lo || v >= hi)
		v = d > 0 ? at + (hi - at) / (c - b) : at - (at - lo) / (b - a);
	s->q[i] = (int64_t)v;
	s->at[i] += (uint32_t)d;
}

void quantile_add(struct quantile *s, int64_t v)
{
	unsigned k = 0;

	v = v > VALUE_MOST ? VALUE_MOST : v < -VALUE_MOST ? -VALUE_MOST : v;
	if (s->n < 5) {
		insert(s, v);
		return;
	}
	if (s->n == UINT32_MAX) /* it is known well enough */
		return;
	if (v < s->q[0])
		s->q[0] = v;
	if (v > s->q[4])
		s->q[4] = v;
	while (k < 3 && v >= s->q[k + 1])
		k++;
	for (unsigned i = k + 1; i < 5; i++)
		s->at[i]++;
	s->n++;
	for (unsigned i = 1; i < 4; i++) {
		double want = 1 + (double)(s->n - 1) * i / 4;
		double off = want - s->at[i];

		if (off >= 1 && s->at[i + 1] - s->at[i] > 1)
			move(s, i, 1);
		else if (off <= -1 && s->at[i] - s->at[i - 1] > 1)
			move(s, i, -1);
	}
}

int64_t quantile_median(const struct quantile *s)
{
	if (s->n == 0)
		return 0;
	if (s->n >= 5)
		return s->q[2];
	return s->n & 1 ? s->q[s->n / 2]
			: s->q[s->n / 2 - 1] + (s->q[s->n / 2] - s->q[s->n / 2 - 1]) / 2;
}
