/* SPDX-License-Identifier: BSD-2-Clause */
/* What segments mean to their conversation: a protocol that is nobody's but the user's, a row a
 * segment. */
#include "flow/ladder.h"
#include "flow/quantile.h"
#include "tests/unit/flow_help.h"

static const char wire[] =
	"protocol wire { over link 147\n"
	"  flow from to\n"
	"  segment at seq + (kind & 1) opens kind & 1 closes kind & 2 resets kind & 4"
	" takes kind >> 1 & 1 window room scale wire.shift acks ack if kind & 8\n"
	"  reply kind & 8 != 0\n"
	"  summary \"{from} > {to} kind={kind} seq={seq}{? ack={ack}}\"\n"
	"  kind : u8; from : u8; to : u8; options : wire_option[1]\n"
	"  seq : u16; ack : u16; room : u16; payload }\n"
	"struct wire_option { shift : u8 alias wire.shift }\n";

enum { O = 1, C = 2, R = 4, A = 8 };

struct step {
	int64_t us;
	unsigned side, kind, seq, ack, room, n;
	const char *marks, *states; /* of side 0 and 1, where one of them changed */
};

static void give_step(struct ladder *l, const struct registry *r, const struct step *s,
		      unsigned shift)
{
	uint8_t b[10 + 2000] = { (uint8_t)s->kind, (uint8_t)(s->side + 1), (uint8_t)(2 - s->side),
				 (uint8_t)shift };
	struct packet p = { .data = b,
			    .len = 10 + s->n,
			    .wire_len = 10 + s->n,
			    .link = 147,
			    .when = SECOND + s->us * 1000,
			    .number = ++packet_number };

	put16(b + 4, s->seq);
	put16(b + 6, s->ack);
	put16(b + 8, s->room);
	dissect(r, &p);
	ck_assert_int_eq(ladder_packet(l, &p), 0);
}

static void check_step(const struct ladder *l, unsigned i, const struct step *s)
{
	uint32_t n;
	const struct ladder_arrow *a = ladder_arrows(l, &n);
	struct buf marks = { 0 }, states = { 0 };

	ck_assert_uint_eq(n, i + 1);
	a += i;
	for (unsigned m = 0; m < MARKS; m++) {
		if (a->marks >> m & 1)
			buf_fmt(&marks, "%s%s", marks.n ? "," : "", mark_names[m]);
	}
	ck_assert_msg(strcmp(buf_cstr(&marks), s->marks) == 0, "step %u: marks '%s', expected '%s'",
		      i, buf_cstr(&marks), s->marks);
	if (s->states) {
		buf_fmt(&states, "%s/%s", state_names[a->state[a->side]],
			state_names[a->state[!a->side]]);
		ck_assert_msg(strcmp(buf_cstr(&states), s->states) == 0,
			      "step %u: states %s, expected %s", i, buf_cstr(&states), s->states);
	}
	buf_done(&marks);
	buf_done(&states);
}

static void play(const struct step *s, unsigned n, unsigned shift)
{
	struct registry *r = help_registry(wire);
	struct err e = { 0 };
	struct ladder_opts o = { .reg = r, .most = 100 };
	struct ladder *l = ladder_open(&o, &e);

	ck_assert_msg(l != NULL, "%s", e.msg);
	packet_number = 0;
	for (unsigned i = 0; i < n; i++) {
		give_step(l, r, &s[i], shift);
		check_step(l, i, &s[i]);
	}
	ck_assert_int_eq(ladder_finish(l), 0);
	ladder_close(l);
	registry_close(r);
}
#define PLAY(steps, shift) play(steps, sizeof(steps) / sizeof(*(steps)), shift)

/* From the opening to the end, the numbers wrapping at 16 bits on the way. */
START_TEST(a_whole_conversation)
{
	static const struct step s[] = {
		{ 0, 0, O, 65000, 0, 500, 0, "", "SYN-SENT/" },
		{ 100, 1, O | A, 10, 65001, 500, 0, "", "ESTABLISHED/SYN-RECEIVED" },
		{ 200, 0, A, 65001, 11, 500, 0, "", "ESTABLISHED/ESTABLISHED" },
		{ 300, 0, A, 65001, 11, 500, 1000, "", NULL },
		{ 400, 0, A, 465, 11, 500, 100, "", NULL },
		{ 500, 1, A, 11, 565, 500, 0, "", NULL },
		{ 600, 0, A | C, 565, 11, 500, 0, "", "FIN-WAIT-1/CLOSE-WAIT" },
		{ 700, 1, A, 11, 566, 500, 0, "", "FIN-WAIT-2/CLOSE-WAIT" },
		{ 800, 1, A, 11, 566, 500, 7, "", NULL },
		{ 900, 1, A | C, 18, 566, 500, 0, "", "TIME-WAIT/LAST-ACK" },
		{ 950, 0, A, 566, 19, 500, 0, "", "TIME-WAIT/CLOSED" },
		/* The same ends again, with another number. */
		{ 2000, 0, O, 30000, 0, 500, 0, "port reused", "SYN-SENT/" },
	};

	PLAY(s, 0);
}
END_TEST

/* Joined in the middle, of one side only: the other one's opening is another conversation. */
START_TEST(joined_and_begun_anew)
{
	static const struct step s[] = {
		{ 0, 1, A, 500, 100, 500, 20, "", NULL },
		{ 10, 1, A, 520, 100, 500, 20, "", NULL },
		{ 500, 0, O, 100, 0, 500, 0, "port reused", "SYN-SENT/" },
		{ 510, 1, O | A, 7000, 101, 500, 0, "", "ESTABLISHED/SYN-RECEIVED" },
	};
	/* But an answer that was captured before its question belongs to it. */
	static const struct step early[] = {
		{ 0, 1, O | A, 7000, 101, 500, 0, "", NULL },
		{ 1, 0, O, 100, 0, 500, 0, "", NULL },
		{ 20, 0, A, 101, 7001, 500, 5, "", NULL },
	};

	PLAY(s, 0);
	PLAY(early, 0);
}
END_TEST

START_TEST(both_close_both_open)
{
	static const struct step open[] = {
		{ 0, 0, O, 100, 0, 500, 0, "", "SYN-SENT/" },
		{ 10, 1, O, 200, 0, 500, 0, "", "SYN-SENT/SYN-SENT" },
		{ 20, 0, O | A, 100, 201, 500, 0, "retransmission", "SYN-RECEIVED/ESTABLISHED" },
		{ 30, 1, O | A, 200, 101, 500, 0, "retransmission", "ESTABLISHED/ESTABLISHED" },
	};
	static const struct step close[] = {
		{ 0, 0, A, 100, 200, 500, 5, "", "ESTABLISHED/ESTABLISHED" },
		{ 10, 0, A | C, 105, 200, 500, 0, "", "FIN-WAIT-1/CLOSE-WAIT" },
		{ 20, 1, A, 200, 106, 500, 0, "", "FIN-WAIT-2/CLOSE-WAIT" },
		{ 30, 1, R, 200, 0, 500, 0, "reset", "CLOSED/CLOSED" },
	};

	PLAY(open, 0);
	PLAY(close, 0);
}
END_TEST

/* Joined in the middle: a timer, three duplicates, reordering, an answer to what is not there. */
START_TEST(lost_and_sent_again)
{
	static const struct step s[] = {
		{ 0, 0, A, 100, 50, 500, 10, "", "ESTABLISHED/ESTABLISHED" },
		{ 50, 1, A, 50, 110, 500, 0, "", NULL },
		{ 100, 0, A, 120, 50, 500, 10, "lost before", NULL },
		{ 110, 1, A, 50, 110, 500, 0, "duplicate ack", NULL },
		{ 120, 0, A, 130, 50, 500, 10, "", NULL },
		{ 130, 1, A, 50, 110, 500, 0, "duplicate ack", NULL },
		{ 140, 0, A, 110, 50, 500, 10, "retransmission,fast", NULL },
		{ 150, 1, A, 50, 140, 500, 0, "", NULL },
		{ 160, 0, A, 130, 50, 500, 10, "retransmission,spurious", NULL },
		/* Within 3 ms of what came before it: the way changed its order. */
		{ 200, 0, A, 150, 50, 500, 10, "lost before", NULL },
		{ 210, 0, A, 140, 50, 500, 10, "out of order", NULL },
		{ 500000, 0, A, 150, 50, 500, 10, "retransmission", NULL },
		{ 500100, 1, A, 50, 300, 500, 0, "acks unseen", NULL },
	};

	PLAY(s, 0);
}
END_TEST

START_TEST(no_room)
{
	static const struct step s[] = {
		{ 0, 0, O, 100, 0, 9, 0, "", "SYN-SENT/" },
		{ 10, 1, O | A, 200, 101, 9, 0, "", NULL },
		{ 20, 0, A, 101, 201, 9, 0, "", NULL },
		{ 25, 1, A, 201, 101, 5, 0, "window update", NULL },
		/* 5 << 2 bytes. */
		{ 30, 0, A, 101, 201, 9, 20, "window full", NULL },
		{ 40, 1, A, 201, 121, 0, 0, "zero window", NULL },
		{ 50, 0, A, 121, 201, 9, 1, "zero window probe", NULL },
		{ 60, 1, A, 201, 121, 0, 0, "zero window,zero window probe ack", NULL },
		{ 70, 0, A, 120, 201, 9, 0, "keep-alive", NULL },
		{ 80, 1, A, 201, 121, 0, 0, "zero window", NULL },
		{ 90, 1, A, 201, 121, 7, 0, "window update", NULL },
		{ 100, 0, A, 120, 201, 9, 0, "keep-alive", NULL },
		{ 110, 1, A, 201, 121, 7, 0, "keep-alive ack", NULL },
	};

	PLAY(s, 2);
}
END_TEST

/* A reset whose number is not the one that is due changes nothing (RFC 5961 section 3). */
START_TEST(resets)
{
	static const struct step s[] = {
		{ 0, 0, A, 100, 50, 500, 10, "", NULL },
		{ 10, 1, A, 50, 110, 500, 0, "", "ESTABLISHED/ESTABLISHED" },
		{ 20, 1, R, 9000, 0, 0, 0, "reset,unheeded", "ESTABLISHED/ESTABLISHED" },
		{ 30, 1, R, 50, 0, 0, 0, "reset", "CLOSED/CLOSED" },
	};
	static const struct step refused[] = {
		{ 0, 0, O, 100, 0, 500, 0, "", "SYN-SENT/" },
		{ 10, 1, R | A, 0, 101, 0, 0, "reset", "CLOSED/CLOSED" },
	};

	PLAY(s, 0);
	PLAY(refused, 0);
}
END_TEST

/* Datagrams: what answers what, what is asked again, what nobody answers, told after a minute. */
static unsigned silent[8], nsilent;
static void on_silent(void *arg, uint64_t number, const struct ladder_conv *c)
{
	(void)arg, (void)c;
	ck_assert_uint_lt(nsilent, 8);
	silent[nsilent++] = (unsigned)number;
}

START_TEST(requests)
{
	static const char text[] =
		"protocol ask { over link 147; flow from to\n"
		"  reply op == 2 to op in (1, 3) swap from to, same id silent op == 3\n"
		"  op : u8 = 1; from : u8; to : u8; id : u8 }\n";
	static const struct {
		unsigned s;
		uint8_t b[4];
		uint64_t answers;
		uint32_t marks;
	} v[] = {
		{ 0, { 1, 1, 2, 7 }, 0, 0 },
		{ 1, { 1, 1, 2, 8 }, 0, 0 },
		{ 2, { 2, 2, 1, 8 }, 2, 0 }, /* not in their order */
		{ 3, { 2, 2, 1, 7 }, 1, 0 },
		{ 4, { 1, 1, 2, 9 }, 0, 0 },
		{ 5, { 1, 1, 2, 9 }, 5, 1u << MARK_RETRIED },
		{ 6, { 2, 2, 1, 9 }, 6, 0 },
		{ 7, { 2, 2, 1, 10 }, 0, 0 }, /* nobody asked */
		{ 8, { 1, 1, 2, 11 }, 0, 1u << MARK_UNANSWERED },
		{ 9, { 2, 3, 1, 11 }, 0, 0 },  /* by somebody else */
		{ 10, { 3, 1, 2, 12 }, 0, 0 }, /* nobody misses an answer, */
		{ 11, { 3, 1, 2, 12 }, 0, 0 },
		{ 12, { 3, 1, 2, 13 }, 0, 0 },
		{ 13, { 2, 2, 1, 13 }, 13, 0 }, /* but one that comes is one */
		{ 73, { 1, 3, 4, 1 }, 0, 1u << MARK_UNANSWERED },
	};
	struct registry *r = help_registry(text);
	struct ladder_opts o = { .reg = r, .most = 100, .unanswered = on_silent };
	struct err e = { 0 };
	struct ladder *l = ladder_open(&o, &e);
	const struct ladder_arrow *a;
	uint32_t n;

	nsilent = 0;
	for (int i = 0; i < COUNT(v); i++) {
		struct packet p = { .data = v[i].b,
				    .len = 4,
				    .wire_len = 4,
				    .link = 147,
				    .when = v[i].s * SECOND,
				    .number = (uint64_t)i + 1 };

		dissect(r, &p);
		ck_assert_int_eq(ladder_packet(l, &p), 0);
		ck_assert_uint_eq(nsilent, i == 14); /* a minute after it */
	}
	ck_assert_int_eq(ladder_finish(l), 0);
	a = ladder_arrows(l, &n);
	ck_assert_int_eq((int)n, COUNT(v));
	for (int i = 0; i < COUNT(v); i++) {
		ck_assert_msg(a[i].answers == v[i].answers && a[i].marks == v[i].marks,
			      "%d: answers %d, marks %#x", i, (int)a[i].answers, a[i].marks);
	}
	ck_assert_uint_eq(nsilent, 2);
	ck_assert_uint_eq(silent[0], 9);
	ck_assert_uint_eq(silent[1], 15);
	ladder_close(l);
	registry_close(r);
}
END_TEST

/* What a capture has of a segment's length, and what there was. */
START_TEST(cut_segments)
{
	static const struct {
		unsigned options, payload, pad, captured, sent;
	} v[] = {
		{ 0, 0, 6, 60, 0 }, /* a frame as long as Ethernet wants it: no payload */
		{ 0, 0, 6, 54, 0 }, /* without its padding */
		{ 0, 2, 4, 54, 2 }, /* two bytes, neither of which was captured */
		{ 0, 100, 0, 54, 100 },  { 0, 100, 0, 80, 100 },
		{ 12, 100, 0, 66, 100 }, { 12, 100, 0, 54, 100 }, /* options cut off */
		{ 12, 100, 0, 60, 100 }, { 12, 0, 0, 57, 0 },
	};
	struct registry *r = help_registry(NULL);
	struct ladder_opts o = { .reg = r, .most = 100 };
	struct err e = { 0 };
	struct ladder *l = ladder_open(&o, &e);
	const struct ladder_arrow *a;
	uint32_t n;

	for (int i = 0; i < COUNT(v); i++) {
		uint8_t b[300] = { [12] = 8, [14] = 0x45, [22] = 64, [23] = 6, [47] = 16 };
		unsigned header = 20 + v[i].options;
		struct packet p = { .data = b,
				    .len = v[i].captured,
				    .wire_len = 34 + header + v[i].payload + v[i].pad,
				    .link = LINK_ETHERNET,
				    .number = (uint64_t)i + 1 };

		put16(b + 16, 20 + header + v[i].payload);
		put32(b + 26, 0x0a000001);
		put32(b + 30, 0x0a000002);
		put16(b + 34, 4000 + (unsigned)i);
		put16(b + 36, 53);
		b[46] = (uint8_t)(header / 4 << 4);
		memset(b + 54, 1, v[i].options);
		dissect(r, &p);
		ck_assert_int_eq(ladder_packet(l, &p), 0);
		a = ladder_arrows(l, &n);
		ck_assert_int_eq((int)n, i + 1);
		ck_assert_str_eq(a[i].proto->name, "tcp");
		ck_assert_msg(a[i].len == v[i].sent, "%d: %u bytes", i, a[i].len);
	}
	ladder_close(l);
	registry_close(r);
}
END_TEST

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

START_TEST(quantiles)
{
	static int64_t v[5000];

	for (unsigned n = 0; n <= 5000; n = n < 6 ? n + 1 : n * 7) {
		struct quantile q = { 0 };

		for (unsigned i = 0; i < n; i++)
			quantile_add(&q, v[i] = (int64_t)rnd(1000) * rnd(1000));
		qsort(v, n, sizeof(*v), by_value);
		ck_assert_int_eq(quantile_min(&q), n ? v[0] : 0);
		ck_assert_int_eq(quantile_max(&q), n ? v[n - 1] : 0);
		if (n && n <= 5) {
			ck_assert_int_eq(quantile_median(&q),
					 n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2);
		} else if (n > 100) { /* its rank is right to within a tenth */
			ck_assert_int_ge(quantile_median(&q), v[n * 4 / 10]);
			ck_assert_int_le(quantile_median(&q), v[n * 6 / 10]);
		}
	}
	/* As far apart as times can be. */
	for (unsigned n = 1; n < 12; n++) {
		struct quantile q = { 0 };

		for (unsigned i = 0; i < n; i++)
			quantile_add(&q, i & 1 ? INT64_MAX : INT64_MIN);
		ck_assert_int_lt(quantile_min(&q), 0);
		ck_assert_int_le(quantile_min(&q), quantile_median(&q));
		ck_assert_int_le(quantile_median(&q), quantile_max(&q));
	}
}
END_TEST

/* Ten times the conversations in no more memory; the rows of those that go are told. */
static unsigned gone;
static void on_gone(void *arg, const struct flow_seen *s, const struct ladder_conv *c)
{
	(void)arg, (void)s;
	ck_assert(c->v.side[0].packets == 1 && c->name[0][0] && c->name[1][0]);
	gone++;
}

static int count_one(void *arg, const struct flow_seen *s, const struct ladder_conv *c)
{
	(void)s, (void)c;
	++*(unsigned *)arg;
	return 0;
}

START_TEST(memory_is_bounded)
{
	static const char text[] = "protocol wire { over link 147; flow from to\n"
				   "  reply op == 2 to op == 1 same id\n"
				   "  op : u8 = 1; from : u32; to : u32; id : u16 }\n";
	struct registry *r = help_registry(text);
	struct err e = { 0 };
	struct ladder_opts o = { .reg = r, .over = on_gone, .room = 1 << 20 };
	size_t most[2];

	for (unsigned round = 0; round < 2; round++) {
		struct ladder *l = ladder_open(&o, &e);
		unsigned all = round ? 30000 : 3000, left = 0;
		struct ladder_counts n;

		gone = 0;
		for (unsigned i = 0; i < all; i++) {
			uint8_t b[11] = { 1 };
			struct packet p = {
				.data = b, .len = 11, .wire_len = 11, .link = 147, .number = i + 1
			};

			put32(b + 1, i);
			put32(b + 5, 1u << 31);
			dissect(r, &p);
			ck_assert_int_eq(ladder_packet(l, &p), 0);
		}
		ck_assert_int_eq(ladder_finish(l), 0);
		ladder_counts(l, &n);
		ladder_each(l, count_one, &left);
		ck_assert_uint_eq(gone + left, all);
		ck_assert_uint_gt(gone, 0);
		most[round] = n.flows.most;
		ladder_close(l);
	}
	ck_assert_uint_le(most[0], 1 << 20);
	ck_assert_uint_eq(most[0], most[1]);
	registry_close(r);
}
END_TEST

UNIT_TESTS(verdict)
{
	tcase_add_test(t, a_whole_conversation);
	tcase_add_test(t, joined_and_begun_anew);
	tcase_add_test(t, both_close_both_open);
	tcase_add_test(t, lost_and_sent_again);
	tcase_add_test(t, no_room);
	tcase_add_test(t, resets);
	tcase_add_test(t, requests);
	tcase_add_test(t, cut_segments);
	tcase_add_test(t, quantiles);
	tcase_add_test(t, memory_is_bounded);
}
