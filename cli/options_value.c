/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of options: numbers, sizes, times, rates, words. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "core/near.h"

static int wants(const struct options *o, enum option_id id, const char *what, struct err *e)
{
	return err_set(e, ERR_USAGE, "'--%s %s': %s", opt_name(id), o->v[id], what);
}

int opt_range(const struct options *o, enum option_id id, uint64_t least, uint64_t most,
	      uint64_t *out, struct err *e)
{
	const char *s = o->v[id];
	char *end, what[80];

	if (!s)
		return 0;
	errno = 0;
	unsigned long long v = strtoull(s, &end, 0);
	if (!isdigit((unsigned char)*s) || *end || errno || v < least || v > most) {
		snprintf(what, sizeof(what), "wants a number from %llu to %llu",
			 (unsigned long long)least, (unsigned long long)most);
		return wants(o, id, what, e);
	}
	*out = v;
	return 0;
}

/* In the largest unit that leaves no rest. */
static const char *size_words(uint64_t n, char out[32])
{
	static const char *const units[] = { "", "KiB", "MiB", "GiB" };
	unsigned i = 0;

	for (; i < 3 && n && n % 1024 == 0; i++)
		n /= 1024;
	snprintf(out, 32, "%llu%s", (unsigned long long)n, units[i]);
	return out;
}

int opt_size(const struct options *o, enum option_id id, uint64_t least, uint64_t most,
	     uint64_t *out, struct err *e)
{
	const char *s = o->v[id];
	char *end, room[2][32], what[120];

	if (!s)
		return 0;
	errno = 0;
	unsigned long long v = strtoull(s, &end, 10);
	const char *unit = *end ? strchr("kmg", tolower((unsigned char)*end)) : NULL;
	unsigned shift = !unit ? 0 : *unit == 'k' ? 10 : *unit == 'm' ? 20 : 30;
	end += unit != NULL;
	if (strcmp(end, "B") == 0 || (unit && strcmp(end, "iB") == 0))
		end += strlen(end);
	if (!isdigit((unsigned char)*s) || errno || *end)
		return wants(o, id, "wants a number of bytes such as 512k or 8MiB", e);
	if (v > most >> shift || v << shift < least) {
		snprintf(what, sizeof(what), "wants from %s to %s bytes",
			 size_words(least, room[0]), size_words(most, room[1]));
		return wants(o, id, what, e);
	}
	*out = v << shift;
	return 0;
}

int opt_time(const struct options *o, enum option_id id, int64_t *out, struct err *e)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 }, { "s", 1e9 },  { "ms", 1e6 },  { "us", 1e3 },
		      { "ns", 1 }, { "m", 60e9 }, { "h", 3600e9 } };
	const char *s = o->v[id];
	char *end;

	if (!s)
		return 0;
	double v = strtod(s, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (isdigit((unsigned char)*s) && strcmp(end, units[i].unit) == 0 &&
		    v * units[i].ns < 9e18) {
			*out = (int64_t)(v * units[i].ns + 0.5);
			return 0;
		}
	return wants(o, id, "wants a time such as 2s, 500ms or 10us", e);
}

int opt_rate(const struct options *o, enum option_id id, struct rate *out, struct err *e)
{
	static const struct {
		const char *unit;
		enum rate_form form;
		double by;
	} units[] = {
		{ "", RATE_PACKETS, 1 },       { "pps", RATE_PACKETS, 1 },
		{ "/s", RATE_PACKETS, 1 },     { "k", RATE_PACKETS, 1e3 },
		{ "kpps", RATE_PACKETS, 1e3 }, { "M", RATE_PACKETS, 1e6 },
		{ "Mpps", RATE_PACKETS, 1e6 }, { "bit", RATE_BITS, 1 },
		{ "kbit", RATE_BITS, 1e3 },    { "mbit", RATE_BITS, 1e6 },
		{ "Mbit", RATE_BITS, 1e6 },    { "gbit", RATE_BITS, 1e9 },
		{ "Gbit", RATE_BITS, 1e9 },    { "kbps", RATE_BITS, 1e3 },
		{ "Mbps", RATE_BITS, 1e6 },    { "Gbps", RATE_BITS, 1e9 },
		{ "x", RATE_TIMES, 1 },
	};
	const char *s = o->v[id];
	char *end;

	if (!s)
		return 0;
	if (strcmp(s, "max") == 0) {
		*out = (struct rate) { RATE_MAX, 0 };
		return 0;
	}
	double v = strtod(s, &end);
	for (size_t i = 0; isdigit((unsigned char)*s) && i < sizeof(units) / sizeof(units[0]);
	     i++) {
		double got = v * units[i].by;

		if (strcmp(end, units[i].unit) || !(got > 0) ||
		    got > (units[i].form == RATE_BITS ? 1e13 : 1e9))
			continue;
		*out = (struct rate) { units[i].form, got };
		return 0;
	}
	return wants(o, id,
		     "wants packets a second such as 1000 or 10kpps, bits a second such as 10mbit, "
		     "or max (replay: 2x, too)",
		     e);
}

int opt_word(const struct options *o, enum option_id id, const char *const *list, int *out,
	     struct err *e)
{
	const char *s = o->v[id];
	char what[200];
	size_t n = 0, count = 0;

	if (!s)
		return 0;
	for (int i = 0; list[i]; i++, count++)
		if (strcmp(list[i], s) == 0) {
			*out = i;
			return 0;
		}
	const char *near = near_word(s, strlen(s), list, count);
	if (near) {
		snprintf(what, sizeof(what), "did you mean '%s'?", near);
		return wants(o, id, what, e);
	}
	n += (size_t)snprintf(what, sizeof(what), "known are ");
	for (size_t i = 0; i < count && n < sizeof(what); i++)
		n += (size_t)snprintf(what + n, sizeof(what) - n, "%s%s", i ? ", " : "", list[i]);
	return wants(o, id, what, e);
}
