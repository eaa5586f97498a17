/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets with holes: what is patched in place is what would be built anew, of packets of any size;
 * values that a packet has not; mistakes and their places. */
#include "tests/unit/notation_help.h"

#include "craft/craft.h"
#include "dissect/dissect.h"
#include "play/fill.h"

static struct registry *reg;

/* The packet that a text means, dissected. */
static void made(const char *text, struct plan *plan, struct build *b, struct packet *p)
{
	struct err e = { 0 };

	ck_assert_msg(!plan_parse(plan, reg, text, strlen(text), 0, &e), "%s: %s", text, e.msg);
	ck_assert_msg(!craft(b, plan, &e), "%s: %s", text, e.msg);
	*p = b->pkt;
	dissect(reg, p);
}

static const struct row {
	const char *fill, *packet, *wanted;
} rows[] = {
	{ "ip src={ip.dst} dst={ip.src} / icmp type=echo-reply id={icmp.id} seq={icmp.seq} / "
	  "{payload}",
	  "ip src=10.0.0.1 dst=10.0.0.2 / icmp id=7 seq=65535 / text:abcdefgh",
	  "ip src=10.0.0.2 dst=10.0.0.1 / icmp type=echo-reply id=7 seq=65535 / text:abcdefgh" },
	{ "ip src={ip.dst} dst={ip.src} / icmp type=echo-reply id={icmp.id} seq={icmp.seq} / "
	  "{payload}",
	  "ip src=10.0.0.1 dst=10.0.0.2 / icmp id=7 seq=1", /* nothing in it */
	  "ip src=10.0.0.2 dst=10.0.0.1 / icmp type=echo-reply id=7 seq=1" },
	{ "ip6 src={ip6.dst} dst={ip6.src} / udp sport={udp.dport} dport={udp.sport} / {payload}",
	  "ip6 src=fd77::1 dst=fd77::2 / udp sport=1000 dport=7 / text:odd",
	  "ip6 src=fd77::2 dst=fd77::1 / udp sport=7 dport=1000 / text:odd" },
	/* sums, which begin again where the field ends */
	{ "ip src={ip.dst} dst={ip.src} / tcp sport={tcp.dport} dport={tcp.sport} seq=9 "
	  "ack={tcp.seq+1} flags=SA",
	  "ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=5 dport=80 seq=4294967295 flags=S",
	  "ip src=10.0.0.2 dst=10.0.0.1 / tcp sport=80 dport=5 seq=9 ack=0 flags=SA" },
	{ "ip src={ip.dst} dst={ip.src} ttl={ip.ttl-1} / udp dport={ 9000 + udp.sport - 5 }",
	  "ip src=10.0.0.1 dst=10.0.0.2 ttl=7 / udp sport=6",
	  "ip src=10.0.0.2 dst=10.0.0.1 ttl=6 / udp dport=9001" },
	/* a field on which the structure hangs */
	{ "ip src={ip.dst} dst={ip.src} / icmp type={icmp.type} id={icmp.id}",
	  "ip src=10.0.0.1 dst=10.0.0.2 / icmp type=timestamp-request id=3 seq=0",
	  "ip src=10.0.0.2 dst=10.0.0.1 / icmp type=timestamp-request id=3" },
	/* link addresses, also where the kind of an address is chosen by another field */
	{ "eth dst={eth.src} src=02:00:00:00:00:09 / arp op=is-at hwsrc=02:00:00:00:00:09 "
	  "psrc={arp.pdst} hwdst={arp.hwsrc} pdst={arp.psrc}",
	  "eth src=02:00:00:00:00:01 dst=ff:ff:ff:ff:ff:ff / arp hwsrc=02:00:00:00:00:01 "
	  "psrc=10.0.0.1 pdst=10.0.0.9",
	  "eth dst=02:00:00:00:00:01 src=02:00:00:00:00:09 / arp op=is-at "
	  "hwsrc=02:00:00:00:00:09 psrc=10.0.0.9 hwdst=02:00:00:00:00:01 pdst=10.0.0.1" },
	/* texts of any length and content; a list's item; names, which have to be read anew */
	{ "ip dst={ip.src} / udp dport={udp.sport} / tst name={tst.name} num={tst.num}",
	  "ip src=10.0.0.1 dst=10.0.0.2 / udp sport=1 / tst name=\"a \\\"b\\\" / c\" num=77",
	  "ip dst=10.0.0.1 / udp dport=1 / tst name=\"a \\\"b\\\" / c\" num=77" },
	{ "ip dst={ip.src} / udp sport=53 dport={udp.sport} / dns id={dns.id} qr=1 "
	  "qd=name:{dns.qry.name}",
	  "ip src=10.0.0.1 dst=10.0.0.2 / udp sport=5000 dport=53 / dns id=9 "
	  "qd=name:www.example.org",
	  "ip dst=10.0.0.1 / udp sport=53 dport=5000 / dns id=9 qr=1 qd=name:www.example.org" },
	/* in quotes it is a text */
	{ "ip dst={ip.src} / udp / \"{ip.src}\"", "ip src=10.0.0.1 dst=10.0.0.2 / udp",
	  "ip dst=10.0.0.1 / udp / \"{ip.src}\"" },
};

static void equal(const struct packet *got, const struct packet *want, const char *what)
{
	ck_assert_msg(got->len == want->len && !memcmp(got->data, want->data, want->len), "%s",
		      what);
}

START_TEST(t_filled)
{
	const struct row *x = &rows[_i];
	struct plan *plan = calloc(2, sizeof(*plan));
	struct build *b = calloc(2, sizeof(*b));
	struct filter_work w = { 0 };
	struct packet p, want;
	struct err e = { 0 };
	struct fill *f = fill_open(reg, NULL, x->fill, strlen(x->fill), &e);

	ck_assert_msg(f != NULL, "%s: %s", x->fill, e.msg);
	made(x->packet, &plan[0], &b[0], &p);
	made(x->wanted, &plan[1], &b[1], &want);
	/* Several times: the first few are built both ways. */
	for (unsigned i = 0; i < 8; i++) {
		const struct packet *got;

		filter_begin(&w);
		ck_assert_msg(fill_in(f, &p, &w, &e) == FILL_DONE, "%s: %s", x->fill, e.msg);
		got = fill_packet(f, &e);
		ck_assert_msg(got != NULL, "%s: %s", x->fill, e.msg);
		equal(got, &want, x->fill);
	}
	fill_close(f);
	filter_work_done(&w);
	for (unsigned i = 0; i < 2; i++) {
		build_done(&b[i]);
		plan_done(&plan[i]);
	}
	free(b);
	free(plan);
}
END_TEST

/* Payloads of many sizes through one: each has what stands in it, and right sums. */
START_TEST(t_sizes)
{
	static const char text[] = "ip src={ip.dst} dst={ip.src} / udp sport={udp.dport} "
				   "dport={udp.sport} / {payload}";
	struct plan *plan = calloc(2, sizeof(*plan));
	struct build *b = calloc(2, sizeof(*b));
	struct filter_work w = { 0 };
	struct packet p, want;
	struct err e = { 0 };
	struct fill *f = fill_open(reg, NULL, text, sizeof(text) - 1, &e);
	char line[400];

	ck_assert_msg(f != NULL && fill_stays(f), "%s", e.msg);
	for (unsigned i = 0; i < 400; i++) {
		unsigned n = i * 7 % 23;
		const struct packet *got;

		snprintf(line, sizeof(line),
			 "ip src=10.0.0.1 dst=10.0.0.2 / udp sport=%u dport=7000 / hex:%.*s", i + 1,
			 (int)n * 2 + 2, "0123456789abcdef0123456789abcdef0123456789abcdef");
		made(line, &plan[0], &b[0], &p);
		snprintf(line, sizeof(line),
			 "ip src=10.0.0.2 dst=10.0.0.1 / udp sport=7000 dport=%u / hex:%.*s", i + 1,
			 (int)n * 2 + 2, "0123456789abcdef0123456789abcdef0123456789abcdef");
		made(line, &plan[1], &b[1], &want);
		filter_begin(&w);
		ck_assert_int_eq(fill_in(f, &p, &w, &e), FILL_DONE);
		got = fill_packet(f, &e);
		ck_assert_msg(got != NULL, "%s", e.msg);
		equal(got, &want, line);
	}
	fill_close(f);
	filter_work_done(&w);
	for (unsigned i = 0; i < 2; i++) {
		build_done(&b[i]);
		plan_done(&plan[i]);
	}
	free(b);
	free(plan);
}
END_TEST

static const struct bad {
	const char *fill;
	uint32_t col, span;
	const char *why;
} bad[] = {
	{ "ip dst={ip.scr} / icmp", 9, 6, "scr" },
	{ "ip dst={ip.src / icmp", 8, 1, "no }" },
	{ "ip dst={} / icmp", 9, 1, "expected" },
	{ "ip dst={ip.src} tll={ip.ttl} / icmp", 17, 3, "tll" },
	{ "ip dst={ip.src} / icmq", 19, 4, "icmq" },
	{ "udp sport={1+2+3+4+5}", 20, 1, "four" },
	{ "tcp ack={tcp.seq+}", 18, 1, "expected" },
};

START_TEST(t_bad)
{
	const struct bad *x = &bad[_i];
	struct err e = { 0 };

	ck_assert_ptr_null(fill_open(reg, NULL, x->fill, strlen(x->fill), &e));
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_msg(strstr(e.msg, x->why) != NULL, "%s: %s", x->fill, e.msg);
	ck_assert_msg(e.col == x->col && e.span == x->span, "%s: at %u, %u wide: %s", x->fill,
		      e.col, e.span, e.msg);
}
END_TEST

static const char *const unfit[][2] = {
	{ "ip dst={ip.src} / udp dport={tcp.sport}", "ip src=10.0.0.1 / udp" },
	{ "ip dst={ip6.src} / icmp", "ip6 src=fd77::1 / udp" },
	{ "ip dst={udp.sport} / icmp", "ip / udp" },
};

START_TEST(t_unfit)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct build *b = calloc(1, sizeof(*b));
	struct filter_work w = { 0 };
	struct packet p;
	struct err e = { 0 };
	struct fill *f = fill_open(reg, NULL, unfit[_i][0], strlen(unfit[_i][0]), &e);

	/* Some are told before any packet comes. */
	if (f) {
		made(unfit[_i][1], plan, b, &p);
		filter_begin(&w);
		ck_assert_int_eq(fill_in(f, &p, &w, &e), FILL_ABSENT);
	}
	ck_assert_int_eq(e.code, ERR_USAGE);
	fill_close(f);
	filter_work_done(&w);
	build_done(b);
	plan_done(plan);
	free(b);
	free(plan);
}
END_TEST

static void setup(void)
{
	reg = open_registry();
}

static void teardown(void)
{
	registry_close(reg);
}

UNIT_TESTS(fill)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, t_filled, 0, COUNT(rows));
	tcase_add_test(t, t_sizes);
	tcase_add_loop_test(t, t_bad, 0, COUNT(bad));
	tcase_add_loop_test(t, t_unfit, 0, COUNT(unfit));
}
