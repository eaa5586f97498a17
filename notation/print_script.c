/* SPDX-License-Identifier: BSD-2-Clause */
/* A dissected packet as a line of a script: when, on which side, and what. */
#include "notation/printer.h"

#include <time.h>

static void print_fraction(uint64_t ns, struct buf *out)
{
	char digits[16];
	int n = snprintf(digits, sizeof(digits), "%09u", (unsigned)ns);

	while (n > 0 && digits[n - 1] == '0')
		n--;
	if (n) {
		buf_char(out, '.');
		buf_put(out, digits, (size_t)n);
	}
}

/* The time in UTC where a calendar has it, else in seconds. */
static void print_when(int64_t when, struct buf *out)
{
	int64_t sec = when / 1000000000, frac = when % 1000000000;
	time_t t;
	struct tm tm;
	char text[32];

	if (frac < 0) {
		frac += 1000000000;
		sec--;
	}
	t = (time_t)sec;
	buf_str(out, "at=");
	if (sec >= 0 && gmtime_r(&t, &tm) && tm.tm_year <= 360 &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm)) {
		buf_str(out, text);
		print_fraction((uint64_t)frac, out);
		buf_char(out, 'Z');
		return;
	}
	buf_fmt(out, "-%llu", (unsigned long long)(0 - (uint64_t)when) / 1000000000);
	print_fraction((0 - (uint64_t)when) % 1000000000, out);
}

static void print_time(struct printer *pr, int64_t when, struct buf *out)
{
	int64_t d;

	if (!pr->have_time || __builtin_sub_overflow(when, pr->last, &d) || d == INT64_MIN) {
		print_when(when, out);
	} else {
		uint64_t abs = d < 0 ? (uint64_t)-d : (uint64_t)d;

		buf_char(out, d < 0 ? '-' : '+');
		buf_u64(out, abs / 1000000000);
		print_fraction(abs % 1000000000, out);
	}
	buf_char(out, ' ');
	pr->have_time = true;
	pr->last = when;
}

void printer_after(struct printer *pr, bool have_time, int64_t when)
{
	pr->have_time = have_time;
	pr->last = when;
}

int print_script_line(struct printer *pr, const struct packet *pkt, unsigned flags, struct buf *out)
{
	if (!(flags & PRINT_NO_TIME) && !(pkt->flags & PACKET_NO_TIME))
		print_time(pr, pkt->when, out);
	if (flags & (PRINT_SENT | PRINT_EXPECT))
		buf_str(out, flags & PRINT_EXPECT ? "< " : "> ");
	if (pkt->ifindex)
		buf_fmt(out, "if=%u ", pkt->ifindex);
	if (print_expr(pr, pkt, flags & PRINT_EXPECT ? flags | PRINT_FULL : flags, out))
		return -1;
	buf_char(out, '\n');
	return out->failed ? -1 : 0;
}
