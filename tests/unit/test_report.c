/* SPDX-License-Identifier: BSD-2-Clause */
/* The output forms: that what is wrong with a packet is told by the line as by the judge. */
#include "tests/unit/unit.h"

#include "tests/unit/notation_help.h"

#include "dissect/check.h"
#include "dissect/dissect.h"
#include "dissect/report.h"

static struct registry *reg;
static struct buf out;

static void setup(void)
{
	reg = open_registry();
}

static void teardown(void)
{
	buf_done(&out);
	registry_close(reg);
}

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static bool has_note(const struct check *c, enum note_kind kind)
{
	for (unsigned i = 0; i < c->nnotes; i++) {
		if (c->note[i].kind == kind)
			return true;
	}
	return false;
}

/* The line finds what must not be without decoding; the judge looks at every field. Random bytes
 * under each layer that demands something. */
START_TEST(musts_agree)
{
	static const char *const texts[] = {
		"eth / ip options=nop,nop,nop,eol / tcp options=mss:1460,nop,ws:7",
		"eth / ip / udp dport=7777 / tst things=num:5",
		"eth / ip6 / icmp6 type=neighbour-solicitation",
		"eth / ip6 / icmp6 type=router-advertisement",
		"eth / ip / icmp type=dest-unreach / ip / udp / dns",
		"dot3 / hex:aaaa",
		"eth / ip / tcp dport=1883 / mqtt type=subscribe",
	};
	struct report_opts o = { .form = REPORT_LINE };
	struct report *r = report_open(reg, &o, NULL);
	struct plan plan = { 0 };
	struct build made = { 0 };
	struct check c = { 0 };
	unsigned bad = 0, good = 0;
	uint64_t x = 1;

	for (unsigned i = 0; i < 4000; i++) {
		const char *text = texts[i % (sizeof(texts) / sizeof(texts[0]))];
		struct packet p = { 0 };
		struct err e = { 0 };
		bool want;

		if (plan_parse(&plan, reg, text, strlen(text), 0, &e) || build(&made, &plan, &e))
			ck_abort_msg("%s: %s", text, e.msg);
		for (unsigned k = 0; k < i % 4; k++)
			made.bytes.p[next(&x) % made.bytes.n] ^= (char)(1 << next(&x) % 8);
		p.data = (const uint8_t *)made.bytes.p;
		p.len = p.wire_len = (uint32_t)made.bytes.n;
		p.link = plan.link;
		dissect(reg, &p);
		ck_assert_int_eq(check(&c, &p), 0);
		want = has_note(&c, NOTE_MUST);
		out.n = 0;
		report_packet(r, &p, NULL, &out);
		ck_assert_msg((strstr(buf_cstr(&out), " !must") != NULL) == want, "%u: %s", i,
			      buf_cstr(&out));
		bad += want;
		good += !want;
	}
	ck_assert_uint_gt(bad, 100);
	ck_assert_uint_gt(good, 100);
	report_close(r);
	check_done(&c);
	plan_done(&plan);
	build_done(&made);
}
END_TEST

/* A protocol without a summary shows its first fields: what is said, not what is computed, and at
 * most four. */
START_TEST(line_without_summary)
{
	static const char text[] = "protocol bare {\n over link 147\n"
				   " len : u8 = len(name)\n kind : u8 enum { low = 1, high = 2 }\n"
				   " name : text[len]\n blob : bytes[2]\n peer : ip4\n"
				   " a : u8\n b : u8\n}\n";
	static const struct {
		const char *bytes, *line;
	} v[] = {
		{ "\2\2hi\xff\xff\n\0\0\1\5\6", "bare kind=high name=hi peer=10.0.0.1 a=5\n" },
		{ "\0\0\xff\xff\0\0\0\0\0\6", "bare\n" },
		{ "\0\1\xff\xff\0\0\0\0\7\6", "bare kind=low a=7\n" },
	};
	static const uint32_t n[] = { 12, 10, 10 };
	struct registry *own = registry_open();
	struct report_opts o = { .form = REPORT_LINE, .bare = true };
	struct err e = { 0 };

	ck_assert_int_eq(registry_load(own, "t", text, strlen(text), false, &e), 0);
	ck_assert_msg(registry_freeze(own, &e) == 0, "%s", e.msg);
	struct report *r = report_open(own, &o, &e);
	for (unsigned i = 0; i < 3; i++) {
		struct packet p = { .data = (const uint8_t *)v[i].bytes,
				    .len = n[i],
				    .wire_len = n[i],
				    .link = 147 };

		dissect(own, &p);
		out.n = 0;
		report_packet(r, &p, NULL, &out);
		ck_assert_str_eq(buf_cstr(&out), v[i].line);
	}
	report_close(r);
	registry_close(own);
}
END_TEST

UNIT_TESTS(report)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, musts_agree);
	tcase_add_test(t, line_without_summary);
}
