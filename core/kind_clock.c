/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time counted in parts of a second: since 1970 in milli-, micro- and nanoseconds, since
 * 1601 in units of 100 ns (MS-DTYP section 2.3.3), and milliseconds since midnight (RFC 792). All
 * are unsigned, printed as RFC 3339 with the digits of their unit, or as hex beyond the year 9999.
 */
#include "core/kinds.h"
#include "core/proto.h"

#define YEAR_9999 253402300799ll /* 9999-12-31T23:59:59Z */
#define FROM_1601 11644473600ll  /* seconds from 1601 to 1970 */
#define DAY_MS 86400000u

struct clock {
	unsigned digits; /* of a second */
	int64_t epoch;   /* seconds from 1970 back to it */
};

static struct clock clock_of(const struct type *type)
{
	const struct kind *k = type ? type->kind : NULL;

	if (k == &kind_filetime)
		return (struct clock) { 7, FROM_1601 };
	return (struct clock) { k == &kind_unixus ? 6 : k == &kind_unixns ? 9 : 3, 0 };
}

static uint64_t power(unsigned digits)
{
	uint64_t ten = 1;

	while (digits--)
		ten *= 10;
	return ten;
}

/* As few digits as tell it. */
static void put_part(uint64_t part, unsigned digits, struct buf *out)
{
	char tmp[20];
	unsigned n = digits;

	for (unsigned i = digits; i-- > 0; part /= 10)
		tmp[i] = (char)('0' + part % 10);
	while (n && tmp[n - 1] == '0')
		n--;
	if (n)
		buf_char(out, '.');
	buf_put(out, tmp, n);
}

static void clock_print(const struct type *type, const struct value *v, struct buf *out)
{
	struct clock c = clock_of(type);
	uint64_t unit = power(c.digits);
	int64_t sec = (int64_t)(v->num / unit) - c.epoch;

	if (!v->num && c.epoch) { /* "not set" */
		buf_char(out, '0');
		return;
	}
	if (v->num / unit > (uint64_t)(YEAR_9999 + c.epoch)) {
		buf_str(out, "0x");
		buf_x64(out, v->num, 1);
		return;
	}
	date_print(sec, out);
	put_part(v->num % unit, c.digits, out);
	buf_char(out, 'Z');
}

static int clock_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		       struct value *v, struct err *e)
{
	struct clock c = clock_of(type);
	unsigned width = type && type->kind && type->kind->bits ? type->kind->bits : 64, digits;
	uint64_t num, unit = power(c.digits);
	int64_t sec;
	bool neg;

	(void)mem;
	if (num_scan(s, n, &neg, &num) != NUM_NOT)
		return num_parse(s, n, bits_mask(width), &v->num, e);
	if (!date_scan(s, n, &sec, &num, &digits))
		return err_at(e, "", s, n, 0, n,
			      "'%.*s' is not a time: write 2026-11-22T10:38:16.5Z, or a number",
			      quoted(n), s);
	for (; digits > c.digits && num % 10 == 0; digits--)
		num /= 10;
	if (digits > c.digits)
		return err_at(e, "", s, n, 0, n,
			      "this time is kept with %u digits behind the point", c.digits);
	num *= power(c.digits - digits);
	sec += c.epoch;
	if (sec < 0 || (uint64_t)sec > (bits_mask(width) - num) / unit)
		return err_at(e, "", s, n, 0, n, "this time does not fit in %u bits from %s", width,
			      c.epoch ? "1601-01-01" : "1970-01-01");
	v->num = (uint64_t)sec * unit + num;
	return 0;
}

static void daytime_print(const struct type *type, const struct value *v, struct buf *out)
{
	uint64_t sec = v->num / 1000;

	(void)type;
	if (v->num >= DAY_MS) { /* RFC 792: the top bit says that it is another unit */
		buf_str(out, "0x");
		buf_x64(out, v->num, 1);
		return;
	}
	buf_fmt(out, "%02u:%02u:%02u", (unsigned)(sec / 3600), (unsigned)(sec / 60 % 60),
		(unsigned)(sec % 60));
	put_part(v->num % 1000, 3, out);
}

/* Two digits at s[*i], below most; then `then`. */
static bool two(const char *s, size_t n, size_t *i, unsigned most, char then, unsigned *v)
{
	*v = 0;
	for (unsigned k = 0; k < 2; k++, (*i)++) {
		if (*i >= n || s[*i] < '0' || s[*i] > '9')
			return false;
		*v = *v * 10 + (unsigned)(s[*i] - '0');
	}
	if (then && (*i >= n || s[(*i)++] != then))
		return false;
	return *v < most;
}

static int daytime_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
			 struct value *v, struct err *e)
{
	unsigned h, m, sec, ms = 0, unit = 100;
	uint64_t num;
	size_t i = 0;
	bool neg;

	(void)type, (void)mem;
	if (num_scan(s, n, &neg, &num) != NUM_NOT)
		return num_parse(s, n, UINT32_MAX, &v->num, e);
	if (!two(s, n, &i, 24, ':', &h) || !two(s, n, &i, 60, ':', &m) ||
	    !two(s, n, &i, 60, 0, &sec))
		goto bad;
	if (i < n && s[i] == '.' && i + 1 < n)
		for (i++; i < n && unit && s[i] >= '0' && s[i] <= '9'; i++, unit /= 10)
			ms += (unsigned)(s[i] - '0') * unit;
	if (i < n)
		goto bad;
	v->num = ((uint64_t)h * 3600 + m * 60 + sec) * 1000 + ms;
	return 0;
bad:
	return err_at(e, "", s, n, 0, n, "'%.*s' is not a time of day: write 10:38:16.125",
		      quoted(n), s);
}

#define CLOCK(NAME, BITS)                                                                          \
	const struct kind kind_##NAME = { .name = #NAME,                                           \
					  .cls = KIND_TIME,                                        \
					  .bits = BITS,                                            \
					  .parse = clock_parse,                                    \
					  .print = clock_print }
CLOCK(unixms, 64);
CLOCK(unixms48, 48);
CLOCK(unixus, 64);
CLOCK(unixns, 64);
CLOCK(filetime, 64);

const struct kind kind_daytime = { .name = "daytime",
				   .cls = KIND_TIME,
				   .bits = 32,
				   .parse = daytime_parse,
				   .print = daytime_print };
