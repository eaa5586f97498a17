/* SPDX-License-Identifier: BSD-2-Clause */
/* What a packet made to be dear costs to print as text: counted in steps, so that the machine does
 * not matter, and in CPU time against a smaller one of its kind, so that nothing goes uncounted. */
#include "tests/unit/unit.h"

#include "tests/unit/notation_help.h"

#include <time.h>

#include "core/bits.h"
#include "core/kind.h"
#include "core/proto.h"
#include "dissect/dissect.h"

#define SMALL 1400
#define LARGE 60000

static struct registry *reg;
static struct printer *pr;
static struct buf out;
static uint8_t packet[65536];

static void setup(void)
{
	reg = open_registry();
	pr = printer_open(reg);
}

static void teardown(void)
{
	buf_done(&out);
	printer_close(pr);
	registry_close(reg);
}

/* IPv4, UDP between these ports, `head`, then `item` over and over: size bytes and a few more. */
struct crowd {
	const char *name;
	uint16_t sport, dport;
	const char *head;
	size_t nhead;
	const char *item;
	size_t nitem;
	int count; /* where in head 16 bits count the items; -1: nowhere */
};

#define BYTES(s) s, sizeof(s) - 1
#define X10(s) s s s s s s s s s s
#define ZEROS X10(X10("\0"))

static const struct crowd crowds[] = {
	{ "questions for one name", 53, 4000,
	  BYTES("\0\1\x80\0\0\0\0\0\0\0\0\0\x3e" X10("123456") "12\x3e" X10(
		  "\0\1\2\3\4\5") "12\0\0\1\0\1"),
	  BYTES("\xc0\x0c\0\1\0\1"), 4 },
	{ "names that are not compressed further", 53, 4000,
	  BYTES("\0\1\x80\0\0\0\0\0\0\0\0\0\x3e" X10("123456") "12\0\0\1\0\1"),
	  BYTES("\1y\xc0\x0c\0\1\0\1"), 4 },
	{ "questions for the root", 53, 4000, BYTES("\0\1\x80\0\0\0\0\0\0\0\0\0"),
	  BYTES("\0\0\1\0\1"), 4 },
	{ "pads of DHCP", 68, 67,
	  BYTES("\1\1\6\0" ZEROS ZEROS X10("\0\0\0") "\0\0\x63\x82\x53\x63"), BYTES("\0"), -1 },
	{ "options of no data", 68, 67,
	  BYTES("\1\1\6\0" ZEROS ZEROS X10("\0\0\0") "\0\0\x63\x82\x53\x63"), BYTES("\x0c\0"), -1 },
	{ "our own: short items", 9, 7777, BYTES("\0\3\0\1\0\0\0\0\0\0\xff\xff"), BYTES("\3\0"),
	  -1 },
	{ "our own: items that do not fit", 9, 7777, BYTES("\0\3\0\1\0\0\0\0\0\0\xff\xff"),
	  BYTES("\1\2\0\1\4\1"), -1 },
};

static struct packet make(const struct crowd *c, uint32_t size)
{
	uint32_t n = size / (uint32_t)c->nitem, len;
	uint8_t *p = packet + 28;
	struct packet pkt = { .data = packet, .link = 101 };

	memcpy(p, c->head, c->nhead);
	p += c->nhead;
	for (uint32_t i = 0; i < n; i++, p += c->nitem)
		memcpy(p, c->item, c->nitem);
	if (c->count >= 0)
		bits_put(packet + 28 + c->count, 0, 16, n + (c->nhead > 12));
	len = (uint32_t)(p - packet);
	memset(packet, 0, 28);
	packet[0] = 0x45;
	packet[8] = 64;
	packet[9] = 17;
	bits_put(packet + 2, 0, 16, len);
	bits_put(packet + 20, 0, 16, c->sport);
	bits_put(packet + 22, 0, 16, c->dport);
	bits_put(packet + 24, 0, 16, len - 20);
	pkt.len = pkt.wire_len = len;
	dissect(reg, &pkt);
	return pkt;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Printed twice, the quicker counts. */
static double cost(const struct packet *pkt)
{
	double best = 1e9;

	for (unsigned i = 0; i < 3; i++) {
		double from = seconds();

		out.n = 0;
		ck_assert_int_eq(print_expr(pr, pkt, 0, &out), 0);
		from = seconds() - from;
		best = from < best ? from : best;
	}
	return best;
}

START_TEST(bounded)
{
	const struct crowd *c = &crowds[_i];
	double each[2];
	unsigned k = 0;

	for (uint32_t size = SMALL; size <= LARGE; size += LARGE - SMALL, k++) {
		struct packet pkt = make(c, size);
		struct plan plan = { 0 };
		struct build b = { 0 };
		struct err e = { 0 };

		ck_assert_uint_ge(pkt.nlayers, 3);
		each[k] = cost(&pkt) / pkt.len;
		ck_assert_msg(printer_work(pr) <= 3 * (40960 + (uint64_t)24 * pkt.len),
			      "%s: %llu for %u bytes", c->name,
			      (unsigned long long)printer_work(pr), pkt.len);
		if (plan_parse(&plan, reg, out.p, out.n, PLAN_NO_FILES, &e) || build(&b, &plan, &e))
			ck_abort_msg("%s: %.200s\n%u: %s", c->name, buf_cstr(&out), e.col, e.msg);
		ck_assert_uint_eq(b.bytes.n, pkt.len);
		ck_assert_mem_eq(b.bytes.p, pkt.data, pkt.len);
		plan_done(&plan);
		build_done(&b);
	}
	/* A byte of a large packet costs about what one of a small packet does. */
	ck_assert_msg(each[1] < 8 * each[0] + 100e-9, "%s: %.0f ns a byte, then %.0f", c->name,
		      each[0] * 1e9, each[1] * 1e9);
}
END_TEST

/* ---- names ---- */

static void write_name(struct buf *b, struct kind_seen *seen, const char *name)
{
	const struct kind *k = kind_find("dnsname", 7);
	struct arena mem = { 0 };
	struct value v = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(k->parse(NULL, name, strlen(name), &mem, &v, &e), 0);
	v.seen = seen;
	ck_assert_int_eq(k->write(b, 0, &v, 0), 0);
	arena_done(&mem);
}

/* The same name written in full thousands of times leaves one trace, not a chain of them that each
 * later name walks. */
START_TEST(names_repeated)
{
	struct kind_seen seen = { 0 };
	struct buf b = { 0 };
	uint32_t n = 0;

	for (unsigned i = 0; i < 4000; i++) {
		write_name(&b, &seen, i % 2 ? "www.example.org" : "www.example.org.@-");
		if (i == 1)
			n = seen.n;
	}
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(seen.n, n);
	ck_assert_uint_le(seen.steps, 4000 * 64);
	kind_seen_done(&seen);
	buf_done(&b);
}
END_TEST

/* Thousands of different names cost a bounded number of steps, and are still found. */
START_TEST(names_different)
{
	struct kind_seen seen = { 0 };
	struct buf b = { 0 };
	char name[64];
	size_t at;

	for (unsigned i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "%x.%x.%x.%x.%x.%x.%x.%x", i, i + 1, i + 2, i + 3,
			 i * 7, i * 5, i * 3, i);
		write_name(&b, &seen, name);
		ck_assert_uint_le(seen.steps, 4096 + 64 * b.n + 1024);
	}
	at = b.n;
	write_name(&b, &seen, "0.1.2.3.0.0.0.0");
	ck_assert_uint_eq(b.n - at, 2);
	kind_seen_done(&seen);
	buf_done(&b);
}
END_TEST

UNIT_TESTS(print_work)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, bounded, 0, sizeof(crowds) / sizeof(crowds[0]));
	tcase_add_test(t, names_repeated);
	tcase_add_test(t, names_different);
}
