/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams, and messages out of them: in any order, with holes, twice, and not the same twice. */
#include "tests/unit/flow_help.h"

/* ---- streams ---- */

static unsigned segments(struct seg *s, unsigned side, uint32_t isn, const uint8_t *data,
			 uint32_t n)
{
	unsigned k = 0;

	for (uint32_t off = 0; off < n; k++) {
		uint32_t len = 1 + rnd(rnd(3) ? 30 : 900), back = rnd(5) ? 0 : rnd(40);

		if (back > off)
			back = off;
		if (len > n - off)
			len = n - off;
		/* Some overlap what was sent before. */
		s[k] = (struct seg) { .side = side,
				      .seq = isn + 1 + off - back,
				      .n = len + back,
				      .flags = off + len == n,
				      .from = data + off - back };
		off += len;
	}
	return k;
}

START_TEST(streams_in_any_order)
{
	static uint8_t data[2][30000];
	static struct seg s[70000];

	for (unsigned round = 0; round < 200; round++) {
		struct heard h;
		struct flows *f;
		uint32_t isn[2], n[2];
		unsigned k = 0, m;

		state = round + 77;
		isn[0] = rnd(2) ? 0xffffff00u - rnd(4000) : rnd(1u << 31);
		isn[1] = rnd(1u << 31) * 2;
		f = open_flows(reg, &data_ops, &h, NULL);
		give_seg(f, &(struct seg) { .side = 0, .seq = isn[0], .flags = 2 });
		give_seg(f, &(struct seg) {
				    .side = 1, .seq = isn[1], .flags = 18, .ack = isn[0] + 1 });
		for (unsigned side = 0; side < 2; side++) {
			n[side] = 1 + rnd(sizeof(data[0]));
			fill(data[side], n[side]);
			k += segments(s + k, side, isn[side], data[side], n[side]);
		}
		m = rnd(30); /* and again */
		for (unsigned i = 0; i < m; i++)
			s[k + i] = s[rnd(k)];
		shuffle(s, k + m, sizeof(*s));
		for (unsigned i = 0; i < k + m; i++)
			give_seg(f, &s[i]);
		for (unsigned side = 0; side < 2; side++) {
			ck_assert_uint_eq(h.side[side].n, n[side]);
			ck_assert(memcmp(h.side[side].p, data[side], n[side]) == 0);
		}
		ck_assert_uint_eq(h.missing + h.conflicts, 0);
		flows_close(f);
		heard_done(&h);
	}
}
END_TEST

START_TEST(streams_with_holes)
{
	struct heard h;
	struct flow_counts n;
	struct flows *f = open_flows(reg, &data_ops, &h, NULL);

	SEG(.seq = 99, .flags = 2);
	SEG(.seq = 100, BYTES("abc"), .flags = 16);
	SEG(.seq = 106, BYTES("ghi"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abc");
	SEG(.side = 1, .seq = 1, .flags = 16,
	    .ack = 103); /* not yet acknowledged: may still come */
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abc");
	SEG(.side = 1, .seq = 1, .flags = 16, .ack = 109);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abc???ghi");
	SEG(.seq = 103, BYTES("def"), .flags = 16); /* too late */
	SEG(.seq = 112, BYTES("mno"), .flags = 16);
	ck_assert_int_eq(flows_end(f), 0);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abc???ghi???mno");
	flows_counts(f, &n);
	ck_assert_uint_eq(n.missing, 6);
	ck_assert_uint_eq(n.gaps, 2);
	ck_assert_uint_eq(n.again, 3);
	flows_close(f);
	heard_done(&h);
}
END_TEST

START_TEST(streams_odd_ones)
{
	struct heard h;
	struct flows *f = open_flows(reg, &data_ops, &h, NULL);

	/* Joined in the middle; keep-alive, with and without a byte; a window probe. */
	SEG(.seq = 500, BYTES("abc"), .flags = 16);
	SEG(.seq = 502, .flags = 16);
	SEG(.seq = 502, BYTES("c"), .flags = 16);
	SEG(.seq = 503, BYTES("d"), .flags = 16);
	SEG(.seq = 503, BYTES("def"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abcdef");
	/* The first who waited counts, and the difference is told. */
	SEG(.seq = 509, BYTES("jkl"), .flags = 16);
	SEG(.seq = 506, BYTES("ghiJKLm"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abcdefghijklm");
	ck_assert_uint_eq(h.conflicts, 1);
	/* A reset that nobody would believe, then one in place. */
	SEG(.seq = 9, .flags = 4);
	SEG(.seq = 513, BYTES("n"), .flags = 16);
	SEG(.seq = 514, .flags = 4);
	SEG(.seq = 514, BYTES("o"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abcdefghijklmn");
	/* One that says why (RFC 9293 section 3.5.3). */
	h.side[0].n = 0;
	SEG(.seq = 77, BYTES("no such port"), .flags = 4, .port = 4001);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "no such port");
	/* The same ports again. */
	h.side[0].n = 0;
	ck_assert_uint_eq(h.number, 1);
	SEG(.seq = 7000, .flags = 2);
	SEG(.seq = 7000, .flags = 2);
	SEG(.side = 1, .seq = 1, .flags = 18);
	SEG(.seq = 7001, BYTES("new"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "new");
	ck_assert_uint_eq(h.number, 2);
	flows_close(f);
	heard_done(&h);
}
END_TEST

START_TEST(streams_keep_the_limit)
{
	static uint8_t data[1400];
	struct flow_opts o = { .streams_max = 4u << 20 };
	struct flow_counts n;
	struct heard h;
	struct flows *f = open_flows(reg, &any_ops, &h, &o);

	/* One with a hole that never closes, then many of them. */
	SEG(.seq = 0, .flags = 2);
	for (uint32_t i = 0; i < 6000; i++) {
		SEG(.seq = 101 + i * 1400, .from = data, .n = sizeof(data), .flags = 16);
		flows_counts(f, &n);
		ck_assert_uint_le(n.memory, (4u << 20) + (5u << 18));
	}
	ck_assert_uint_eq(h.missing, 100);
	for (uint32_t i = 0; i < 30000; i++) {
		SEG(.seq = 0, .flags = 2, .port = (uint16_t)(i + 5000));
		SEG(.seq = 2, .from = data, .n = 50, .flags = 16, .port = (uint16_t)(i + 5000));
		flows_counts(f, &n);
		ck_assert_uint_le(n.memory, (4u << 20) + 4000000);
	}
	flows_close(f);
	heard_done(&h);
}
END_TEST

/* ---- the same again, and not the same ---- */

START_TEST(streams_that_say_otherwise)
{
	struct heard h;
	struct flow_counts n;
	struct flows *f = open_flows(reg, &clash_ops, &h, NULL);

	SEG(.seq = 99, .flags = 2);
	SEG(.seq = 100, BYTES("abcdef"), .flags = 16);
	SEG(.seq = 100, BYTES("abcdef"), .flags = 16); /* as it should be */
	SEG(.seq = 102, BYTES("cd"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.clash), "");
	SEG(.seq = 100, BYTES("abXdYf"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.clash), "2:XdY ");
	SEG(.seq = 104, BYTES("eZgh"), .flags = 16); /* what is new of it is handed on */
	ck_assert_str_eq(buf_cstr(&h.clash), "2:XdY 5:Z ");
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abcdefgh");
	SEG(.seq = 107, BYTES("\0"), .flags = 16);  /* a probe holds anything */
	SEG(.seq = 98, BYTES("12ab"), .flags = 16); /* before the first byte there is none */
	ck_assert_str_eq(buf_cstr(&h.clash), "2:XdY 5:Z ");
	SEG(.seq = 98, BYTES("12aB"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.clash), "2:XdY 5:Z 1:B ");
	/* What waits behind a hole; across the hole nothing is known. */
	SEG(.seq = 112, BYTES("mno"), .flags = 16);
	SEG(.seq = 112, BYTES("mNo"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.clash), "2:XdY 5:Z 1:B 12:mNo ");
	h.conflicts = 0; /* told with the piece, too */
	SEG(.side = 1, .seq = 1, .flags = 16, .ack = 115);
	ck_assert_str_eq(buf_cstr(&h.side[0]), "abcdefgh????mno");
	ck_assert_uint_eq(h.conflicts, 1);
	SEG(.seq = 106, BYTES("GHijklMno"), .flags = 16);
	ck_assert_str_eq(buf_cstr(&h.clash), "2:XdY 5:Z 1:B 12:mNo 12:M ");
	/* The other side has a past of its own. */
	SEG(.side = 1, .seq = 1, BYTES("abX"), .flags = 16);
	SEG(.side = 1, .seq = 1, BYTES("abX"), .flags = 16);
	flows_counts(f, &n);
	ck_assert_uint_eq(n.conflicts, 5);
	ck_assert_uint_eq(h.number, 0);
	flows_close(f);
	heard_done(&h);
}
END_TEST

/* 64 KiB are remembered, wherever the ring begins. */
START_TEST(streams_remember)
{
	static uint8_t data[200000];
	struct heard h;
	struct flows *f = open_flows(reg, &clash_ops, &h, NULL);
	uint32_t at = 0;

	state = 4;
	fill(data, sizeof(data));
	SEG(.seq = 99, .flags = 2);
	while (at < sizeof(data)) {
		uint32_t n = 1 + rnd(1400), back = rnd(65000);

		if (n > sizeof(data) - at)
			n = (uint32_t)sizeof(data) - at;
		SEG(.seq = 100 + at, .from = data + at, .n = n, .flags = 16);
		at += n;
		/* Somewhere in what was sent, the same and not the same. */
		if (back >= at || back < 100)
			continue;
		SEG(.seq = 100 + at - back, .from = data + at - back, .n = 50, .flags = 16);
		ck_assert_uint_eq(h.clash.n, 0);
		data[at - back + 7] ^= 0x20;
		SEG(.seq = 100 + at - back, .from = data + at - back, .n = 50, .flags = 16);
		data[at - back + 7] ^= 0x20;
		ck_assert_uint_eq(strtoul(buf_cstr(&h.clash), NULL, 10), at - back + 7);
		h.clash.n = 0;
	}
	data[sizeof(data) - 65537] ^= 1; /* just forgotten */
	SEG(.seq = 100 + sizeof(data) - 65537, .from = data + sizeof(data) - 65537, .n = 50,
	    .flags = 16);
	ck_assert_uint_eq(h.clash.n, 0);
	data[sizeof(data) - 65536] ^= 1; /* and just not */
	SEG(.seq = 100 + sizeof(data) - 65537, .from = data + sizeof(data) - 65537, .n = 50,
	    .flags = 16);
	ck_assert_uint_eq(strtoul(buf_cstr(&h.clash), NULL, 10), sizeof(data) - 65536);
	flows_close(f);
	heard_done(&h);
}
END_TEST

/* What is remembered of many takes no more than its share, and what is put in order goes first. */
START_TEST(streams_remember_within_the_limit)
{
	static uint8_t data[1400];
	static const struct flow_ops ops = { .clash = on_clash };
	struct flow_opts o = { .streams_max = 4u << 20 };
	struct flow_counts n;
	struct heard h;
	struct flows *f = open_flows(reg, &ops, &h, &o);

	for (uint32_t i = 0; i < 60 * 50; i++) {
		SEG(.seq = 1 + i / 50 * 1400, .from = data, .n = sizeof(data), .flags = 16,
		    .port = (uint16_t)(5000 + i % 50));
		flows_counts(f, &n);
		ck_assert_uint_le(n.memory, (4u << 20) + 4000000);
	}
	ck_assert_uint_le(f->past_spent, 1u << 20);
	ck_assert_uint_gt(f->past_spent, 1u << 19);
	ck_assert_uint_eq(n.forgotten + n.missing + n.conflicts, 0);
	SEG(.seq = 1 + 59 * 1400, BYTES("else"), .flags = 16, .port = 5000);
	ck_assert_str_eq(buf_cstr(&h.clash), "82600:else ");
	flows_close(f);
	heard_done(&h);
}
END_TEST

/* ---- messages ---- */

static void dns_stream(uint8_t *out, uint32_t *n, unsigned k)
{
	static const uint8_t query[] = { 0, 29,  0,   7,   1,   0,   0,   1,   0,   0,   0,
					 0, 0,   0,   7,   'e', 'x', 'a', 'm', 'p', 'l', 'e',
					 3, 'c', 'o', 'm', 0,   0,   1,   0,   1 };

	for (*n = 0; k--; *n += sizeof(query))
		memcpy(out + *n, query, sizeof(query));
}

START_TEST(messages_over_segments)
{
	uint8_t data[1000];
	uint32_t n;
	struct heard h;

	for (unsigned round = 0; round < 200; round++) {
		struct flows *f = open_flows(reg, &whole_ops, &h, NULL);
		struct flow_counts c;
		unsigned k = 3 + rnd(20), spread = 0;

		state = round + 5;
		dns_stream(data, &n, k);
		give_seg(f, &(struct seg) { .side = 1, .seq = 9, .flags = 2 });
		for (uint32_t off = 0, len; off < n; off += len) {
			len = 1 + rnd(90);
			if (len > n - off)
				len = n - off;
			/* What does not begin and end in one segment as its first message. */
			for (unsigned m = 0; m < k; m++)
				spread += (m + 1) * 31 > off && (m + 1) * 31 <= off + len &&
					  m * 31 < off;
			give_seg(f, &(struct seg) { .side = 1,
						    .seq = 10 + off,
						    .n = len,
						    .flags = 16,
						    .from = data + off });
		}
		flows_counts(f, &c);
		ck_assert_uint_ge(h.wholes, spread);
		ck_assert_uint_le(h.wholes, k);
		if (h.wholes) {
			ck_assert_uint_eq(h.whole.n, 31);
			ck_assert(memcmp(h.whole.p, data, 31) == 0);
			ck_assert_str_eq(buf_cstr(&h.layers), "dns_tcp/dns");
		}
		flows_close(f);
		heard_done(&h);
	}
}
END_TEST

/* A protocol that is nobody's but the user's has streams with the same rights. */
START_TEST(own_protocol)
{
	static const char text[] = "protocol wire { over link 147; carries wire.what by what\n"
				   "  flow from to; segment at seq opens kind == 1; what : u8 = 7; "
				   "kind : u8; from : u8; to : u8\n"
				   "  seq : u16le; payload }\n"
				   "protocol note { over wire.what 7; message length 1 + size; "
				   "size : u8 = len(words)\n"
				   "  words : text[..] }\n";
	struct registry *r = help_registry(text);
	struct heard h;
	struct flows *f = open_flows(r, &whole_ops, &h, NULL);
	struct buf again = { 0 };

	packet_number = 0;
	give(f, r, 147,
	     (const uint8_t *)"\7\0\1\2\xfe\xff"
			      "\5he",
	     9);
	give(f, r, 147,
	     (const uint8_t *)"\7\0\2\1\0\0"
			      "\1",
	     7);
	give(f, r, 147,
	     (const uint8_t *)"\7\0\1\2\3\0"
			      "o\2",
	     8);
	ck_assert_uint_eq(h.wholes, 0);
	give(f, r, 147,
	     (const uint8_t *)"\7\0\1\2\1\0"
			      "ll",
	     8); /* its number wrapped at 16 bits */
	ck_assert_uint_eq(h.wholes, 1);
	ck_assert_str_eq(buf_cstr(&h.whole), "\5hello");
	ck_assert_str_eq(buf_cstr(&h.from), "1,4,3");
	give(f, r, 147,
	     (const uint8_t *)"\7\0\1\2\5\0"
			      "ok",
	     8);
	ck_assert_uint_eq(h.wholes, 2);
	ck_assert_str_eq(buf_cstr(&h.layers), "note");
	proto_print(registry_find(r, "wire", 4), &again);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&again), "    flow from to\n"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&again), "    segment at seq opens kind == 1\n"));
	buf_done(&again);
	flows_close(f);
	heard_done(&h);
	registry_close(r);
}
END_TEST

/* A message longer than what is kept of one is told by its first part, and the next one is found
 * behind it; also where a piece of the rest was never captured. */
START_TEST(messages_that_are_long)
{
	static const char text[] = "protocol wire { over link 147; carries wire.what by what\n"
				   "  flow from to; segment at seq opens kind == 1; what : u8 = 7; "
				   "kind : u8; from : u8; to : u8\n"
				   "  seq : u32; payload }\n"
				   "protocol note { over wire.what 7; message length 4 + size; "
				   "size : u32 = len(words)\n"
				   "  words : text[..] }\n";
	enum { SIZE = 400000, STEP = 50000, KEPT = PACKET_MAX - 4096 };
	static uint8_t data[4 + SIZE + 6], b[8 + STEP];
	struct registry *r = help_registry(text);
	struct heard h;
	struct flows *f = open_flows(r, &whole_ops, &h, NULL);
	struct flow_counts n;

	put32(data, SIZE);
	memset(data + 4, 'x', SIZE);
	memcpy(data + 4 + SIZE, "\0\0\0\2hi", 6);
	for (uint32_t off = 0; off < sizeof(data); off += STEP) {
		uint32_t k = sizeof(data) - off < STEP ? (uint32_t)sizeof(data) - off : STEP;

		if (_i && off == 6 * STEP)
			continue;
		memcpy(b, "\7\0\1\2", 4);
		put32(b + 4, off);
		memcpy(b + 8, data + off, k);
		give(f, r, 147, b, 8 + k);
		if (off < KEPT - STEP)
			ck_assert_uint_eq(h.wholes, 0);
		else if (off < SIZE)
			ck_assert_uint_eq(h.wholes, 1);
		if (off == 7 * STEP)
			ck_assert_uint_eq(h.whole.n, KEPT);
	}
	ck_assert_int_eq(flows_end(f), 0);
	ck_assert_uint_eq(h.wholes, 2);
	ck_assert_uint_eq(h.whole.n, 6);
	ck_assert(memcmp(h.whole.p, "\0\0\0\2hi", 6) == 0);
	flows_counts(f, &n);
	ck_assert_uint_eq(n.missing, _i ? STEP : 0);
	flows_close(f);
	heard_done(&h);
	registry_close(r);
}
END_TEST

UNIT_TESTS(flow_stream)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, streams_in_any_order);
	tcase_add_test(t, streams_with_holes);
	tcase_add_test(t, streams_odd_ones);
	tcase_add_test(t, streams_keep_the_limit);
	tcase_add_test(t, streams_that_say_otherwise);
	tcase_add_test(t, streams_remember);
	tcase_add_test(t, streams_remember_within_the_limit);
	tcase_add_test(t, messages_over_segments);
	tcase_add_loop_test(t, messages_that_are_long, 0, 2);
	tcase_add_test(t, own_protocol);
}
