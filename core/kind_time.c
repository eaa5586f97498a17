/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time, printed as RFC 3339 in UTC with just enough digits that reading them gives the
 * very same bits; as hex where they name no such time. NTP: RFC 5905 section 6, eras by RFC 4330
 * section 3. */
#include "core/kinds.h"
#include "core/proto.h"

#define NTP_UNIX 2208988800ll             /* seconds from 1900 to 1970 */
#define YEAR_9999 253402300799ll          /* 9999-12-31T23:59:59Z */
#define NTP_FIRST (-61505152ll)           /* 1968-01-20T03:14:08Z: top bit set, era 0 */
#define NTP_LAST (NTP_FIRST + 4294967295) /* 2104-02-26T09:42:23Z */

__extension__ typedef unsigned __int128 u128;

/* Days since 1970-01-01 in the Gregorian calendar, years from 1 March, whose eras of 400 years have
 * 146,097 days. */
static int64_t days_from(int64_t y, unsigned m, unsigned d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, unsigned *y, unsigned *m, unsigned *d)
{
	int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*d = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*m = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*y = (unsigned)(yoe + era * 400 + (*m <= 2));
}

/* Fraction num / 10^digits as 2^-32 parts, rounded; may be 2^32. */
static uint64_t parts_of(uint64_t num, unsigned digits)
{
	uint64_t ten = 1;

	while (digits--)
		ten *= 10;
	return (uint64_t)((((u128)num << 32) + ten / 2) / ten);
}

static void print_fraction(uint32_t frac, struct buf *out)
{
	uint64_t ten = 1, num;
	unsigned digits;
	char tmp[12];
	int i;

	for (digits = 0; digits <= 10; digits++, ten *= 10) {
		num = (uint64_t)(((u128)frac * ten + (1u << 31)) >> 32);
		if (num < ten && parts_of(num, digits) == frac)
			break;
	}
	if (!digits)
		return;
	for (i = (int)digits; i > 0; i--, num /= 10)
		tmp[i] = (char)('0' + num % 10);
	tmp[0] = '.';
	buf_put(out, tmp, digits + 1);
}

void date_print(int64_t sec, struct buf *out)
{
	unsigned y, m, d, left = (unsigned)((sec % 86400 + 86400) % 86400);

	date_of((sec - left) / 86400, &y, &m, &d);
	buf_fmt(out, "%04u-%02u-%02uT%02u:%02u:%02u", y, m, d, left / 3600, left / 60 % 60,
		left % 60);
}

void time_print(uint64_t v, bool ntp, unsigned width, struct buf *out)
{
	uint32_t frac = ntp && width == 64 ? (uint32_t)v : 0;
	uint64_t raw = ntp && width == 64 ? v >> 32 : v;
	int64_t sec = (int64_t)raw;

	if (ntp)
		sec = (int64_t)(uint32_t)raw - NTP_UNIX + (raw & 0x80000000 ? 0 : 4294967296ll);
	if (v == 0 && ntp) { /* RFC 5905: unknown or unsynchronised, not a date in 2036 */
		buf_char(out, '0');
		return;
	}
	if (!ntp && raw > YEAR_9999) {
		buf_str(out, "0x");
		buf_x64(out, v, width / 4);
		return;
	}
	date_print(sec, out);
	print_fraction(frac, out);
	buf_char(out, 'Z');
}

/* n digits at s[*i], then the byte `then` (0: nothing). */
static bool take(const char *s, size_t n, size_t *i, unsigned digits, const char *then, unsigned *v)
{
	for (*v = 0; digits; digits--, (*i)++) {
		if (*i >= n || s[*i] < '0' || s[*i] > '9')
			return false;
		*v = *v * 10 + (unsigned)(s[*i] - '0');
	}
	if (!*then)
		return true;
	if (*i >= n)
		return false;
	for (; *then; then++)
		if (s[*i] == *then) {
			(*i)++;
			return true;
		}
	return false;
}

static bool take_zone(const char *s, size_t n, size_t i, int64_t *sec)
{
	unsigned h, m;
	bool west;

	if (n - i == 1)
		return s[i] == 'Z' || s[i] == 'z';
	if (n - i != 6 || (s[i] != '+' && s[i] != '-'))
		return false;
	west = s[i++] == '-';
	if (!take(s, n, &i, 2, ":", &h) || !take(s, n, &i, 2, "", &m) || h > 23 || m > 59)
		return false;
	*sec += (west ? 60 : -60) * (int64_t)(h * 60 + m);
	return true;
}

bool date_scan(const char *s, size_t n, int64_t *sec, uint64_t *num, unsigned *digits)
{
	static const unsigned char days[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned y, mo, d, h, mi, se;
	size_t i = 0;

	*num = *digits = 0;
	if (!take(s, n, &i, 4, "-", &y) || !take(s, n, &i, 2, "-", &mo) ||
	    !take(s, n, &i, 2, "Tt_ ", &d) || !take(s, n, &i, 2, ":", &h) ||
	    !take(s, n, &i, 2, ":", &mi) || !take(s, n, &i, 2, "", &se))
		return false;
	if (mo < 1 || mo > 12 || d < 1 || d > days[mo - 1] || h > 23 || mi > 59 || se > 59)
		return false;
	if (mo == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400)))
		return false;
	if (i < n && s[i] == '.') {
		for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++, ++*digits)
			if (*digits < 18)
				*num = *num * 10 + (unsigned)(s[i] - '0');
		if (!*digits || *digits > 18)
			return false;
	}
	*sec = days_from(y, mo, d) * 86400 + (int64_t)(h * 3600 + mi * 60 + se);
	return i < n && take_zone(s, n, i, sec);
}

int time_parse(const char *s, size_t n, bool ntp, unsigned width, uint64_t *v, struct err *e)
{
	uint64_t parts, num;
	unsigned digits;
	int64_t sec;
	bool neg;

	if (num_scan(s, n, &neg, &num) != NUM_NOT)
		return num_parse(s, n, bits_mask(width), v, e);
	if (!date_scan(s, n, &sec, &num, &digits))
		return err_at(
			e, "", s, n, 0, n,
			"'%.*s' is not a time: write 2026-11-22T10:38:16Z, or the bits as a number",
			quoted(n), s);
	parts = parts_of(num, digits);
	if (parts && !(ntp && width == 64))
		return err_at(e, "", s, n, 0, n, "this time is kept in whole seconds");
	if (parts >> 32) {
		sec++;
		parts = 0;
	}
	if (ntp && (sec < NTP_FIRST || sec > NTP_LAST))
		return err_at(e, "", s, n, 0, n,
			      "a time from 1968-01-20T03:14:08Z to 2104-02-26T09:42:23Z fits here");
	if (!ntp && (sec < 0 || (uint64_t)sec > bits_mask(width)))
		return err_at(e, "", s, n, 0, n, "a time from 1970-01-01T00:00:00Z%s fits here",
			      width == 32 ? " to 2106-02-07T06:28:15Z" : "");
	*v = (uint64_t)sec;
	if (ntp)
		*v = (uint64_t)(sec + NTP_UNIX) & UINT32_MAX;
	if (ntp && width == 64)
		*v = *v << 32 | parts;
	return 0;
}

static unsigned width_of(const struct type *type)
{
	return type && type->kind && type->kind->bits ? type->kind->bits : 64;
}

static int unix_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		      struct value *v, struct err *e)
{
	(void)mem;
	return time_parse(s, n, false, width_of(type), &v->num, e);
}

static void unix_print(const struct type *type, const struct value *v, struct buf *out)
{
	time_print(v->num, false, width_of(type), out);
}

static int ntp_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e)
{
	(void)mem;
	return time_parse(s, n, true, width_of(type), &v->num, e);
}

static void ntp_print(const struct type *type, const struct value *v, struct buf *out)
{
	time_print(v->num, true, width_of(type), out);
}

const struct kind kind_unixtime = {
	.name = "unixtime", .cls = KIND_TIME, .bits = 32, .parse = unix_parse, .print = unix_print
};
const struct kind kind_unixtime64 = {
	.name = "unixtime64", .cls = KIND_TIME, .bits = 64, .parse = unix_parse, .print = unix_print
};
const struct kind kind_ntptime = {
	.name = "ntptime", .cls = KIND_TIME, .bits = 64, .parse = ntp_parse, .print = ntp_print
};
const struct kind kind_ntptime32 = {
	.name = "ntptime32", .cls = KIND_TIME, .bits = 32, .parse = ntp_parse, .print = ntp_print
};
