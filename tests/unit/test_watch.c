/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets held against rules: what each condition counts, when it is told, which packets prove it,
 * and that memory stays where it is. */
#include "tests/unit/watch_help.h"

static void setup(void)
{
	reg = help_registry(NULL);
}
static void teardown(void)
{
	registry_close(reg);
}

#define SCAN                                                                                       \
	"rule scan \"Scan\"\n"                                                                     \
	" about tcp\n"                                                                             \
	" when tcp.flags.syn == 1 && tcp.flags.ack == 0\n"                                         \
	" by from, to\n"                                                                           \
	" distinct tcp.dstport >= 5 within 10s\n"                                                  \
	" until tcp.flags == 0x12 by to, from, tcp.srcport\n"                                      \
	" say \"{from} {to} {n} {time} {values}\"\n"

static void syn(struct seen *s, int64_t when, unsigned from, unsigned port)
{
	comes(s, when, "ip src=10.0.0.%u dst=10.0.0.9 / tcp sport=4000 dport=%u flags=S", from,
	      port);
}

START_TEST(distinct)
{
	struct seen s;

	seen_open(&s, SCAN, 0, false);
	for (unsigned i = 0; i < 4; i++)
		syn(&s, i * SECOND, 1, 80 + i);
	syn(&s, 4 * SECOND, 1, 80); /* again: it is no other one */
	syn(&s, 4 * SECOND, 2, 90); /* somebody else */
	ck_assert_uint_eq(s.n, 0);
	syn(&s, 5 * SECOND, 1, 22);
	/* 80 was seen again at 4 s, by the fifth packet; it is the first one that counts. */
	ck_assert_str_eq(buf_cstr(&s.found),
			 "scan 10.0.0.1 10.0.0.9 5 4.0 s 22, 80-83 [1,2,3,4,7]\n");
	seen_close(&s);
}
END_TEST

START_TEST(distinct_within)
{
	struct seen s;

	seen_open(&s, SCAN, 0, false);
	/* Never five in ten seconds: */
	for (unsigned i = 0; i < 40; i++)
		syn(&s, i * 2501 * MS, 1, 100 + i);
	ck_assert_uint_eq(s.n, 0);
	/* and now, together with three of those before. */
	syn(&s, 40 * 2501 * MS - 2000 * MS, 1, 7);
	ck_assert_uint_eq(s.n, 1);
	seen_close(&s);
}
END_TEST

START_TEST(distinct_until)
{
	struct seen s;

	seen_open(&s, SCAN, 0, false);
	for (unsigned i = 0; i < 30; i++) {
		syn(&s, i * 100 * MS, 1, 80 + i);
		comes(&s, i * 100 * MS + MS,
		      "ip src=10.0.0.9 dst=10.0.0.1 / tcp sport=%u dport=4000 flags=SA", 80 + i);
	}
	ck_assert_uint_eq(s.n, 0); /* all were answered */
	for (unsigned i = 0; i < 5; i++)
		syn(&s, 4 * SECOND, 1, 200 + i);
	ck_assert_uint_eq(s.n, 1);
	seen_close(&s);
}
END_TEST

/* Several lines take back: opened by whoever asked, or refused by who was asked. */
START_TEST(distinct_until_either)
{
	struct seen s;

	seen_open(&s,
		  "rule half \"Half-open\"\n about tcp\n"
		  " when tcp.flags.syn == 1 && tcp.flags.ack == 0\n by to, tcp.dstport\n"
		  " distinct from, tcp.srcport >= 5 within 10s\n"
		  " until tcp.flags == 0x10 by to, tcp.dstport, from, tcp.srcport\n"
		  " until tcp.flags == 0x14 by from, tcp.srcport, to, tcp.dstport\n"
		  " say \"{to} {tcp.dstport} {n}\"\n",
		  0, false);
	for (unsigned i = 0; i < 30; i++) {
		comes(&s, i * 100 * MS,
		      "ip src=10.0.0.1 dst=10.0.0.9 / tcp sport=%u dport=80 flags=S", 4000 + i);
		if (i % 3 == 0)
			comes(&s, i * 100 * MS + MS,
			      "ip src=10.0.0.1 dst=10.0.0.9 / tcp sport=%u dport=80 flags=A",
			      4000 + i);
		else if (i % 3 == 1 || i < 20) /* the last ones are left half-open */
			comes(&s, i * 100 * MS + MS,
			      "ip src=10.0.0.9 dst=10.0.0.1 / tcp sport=80 dport=%u flags=RA",
			      4000 + i);
	}
	ck_assert_uint_eq(s.n, 0); /* of ports 4020, 4023, 4026, 4029 */
	comes(&s, 4 * SECOND, "ip src=10.0.0.1 dst=10.0.0.9 / tcp sport=5000 dport=80 flags=S");
	ck_assert_str_eq(buf_cstr(&s.found), "half 10.0.0.9 80 5 [41,46,51,56,57]\n");
	seen_close(&s);
}
END_TEST

START_TEST(version_6)
{
	struct seen s;

	seen_open(&s, SCAN, 0, false);
	for (unsigned i = 0; i < 5; i++)
		comes(&s, i * MS, "ip6 src=fd00::1 dst=fd00::9 / tcp sport=4000 dport=%u flags=S",
		      80 + i);
	ck_assert_str_eq(buf_cstr(&s.found), "scan fd00::1 fd00::9 5 4 ms 80-84 [1,2,3,4,5]\n");
	seen_close(&s);
}
END_TEST

/* What an ICMP error quotes is not what its sender sent. */
START_TEST(quoted)
{
	struct seen s;

	seen_open(&s, SCAN, 0, false);
	for (unsigned i = 0; i < 9; i++)
		comes(&s, i * MS,
		      "ip src=10.0.0.1 dst=10.0.0.9 / icmp type=dest-unreach code=1 / "
		      "ip src=10.0.0.9 dst=10.0.0.3 / tcp sport=4000 dport=%u flags=S",
		      80 + i);
	ck_assert_uint_eq(s.n, 0);
	seen_close(&s);
}
END_TEST

START_TEST(again)
{
	struct seen s;
	struct watch_counts n;

	seen_open(&s, SCAN " again 60s\n", 0, false);
	for (unsigned i = 0; i < 600; i++)
		syn(&s, i * 100 * MS, 1, 1000 + i);
	/* Told after 0.4 s, and not before a minute is over. */
	ck_assert_uint_eq(s.n, 1);
	watch_counts(s.watch, &n);
	ck_assert_uint_eq(n.repeats, 595);
	ck_assert_uint_eq(n.packets, 600);
	for (unsigned i = 0; i < 9; i++)
		syn(&s, 60400 * MS + i * MS, 1, 1000 + i);
	ck_assert_uint_eq(s.n, 2);
	seen_close(&s);
}
END_TEST

START_TEST(counted)
{
	struct seen s;

	seen_open(&s,
		  "rule pings \"Pings\"\n about icmp\n when icmp.type == 8\n by to\n"
		  " count >= 10 within 800ms\n say \"{to} {n} {time}\"\n",
		  0, false);
	for (unsigned i = 0; i < 50; i++) /* eight in that time, nine at the most */
		comes(&s, i * 100 * MS, "ip dst=10.0.0.9 / icmp");
	for (unsigned i = 0; i < 50; i++)
		comes(&s, i * MS, "ip dst=10.0.0.9 / icmp type=echo-reply");
	ck_assert_uint_eq(s.n, 0);
	for (unsigned i = 0; i < 10; i++)
		comes(&s, 20 * SECOND + i * 80 * MS, "ip dst=10.0.0.9 / icmp");
	ck_assert_str_eq(buf_cstr(&s.found), "pings 10.0.0.9 10 720 ms "
					     "[101,102,103,104,105,106,107,108,109,110]\n");
	seen_close(&s);
}
END_TEST

START_TEST(changed)
{
	struct seen s;
	static const char arp[] =
		"eth src=02:00:00:00:00:0%u / arp op=is-at hwsrc=02:00:00:00:00:0%u "
		"psrc=10.0.0.%u";

	seen_open(&s,
		  "rule arp \"ARP\"\n about arp\n by arp.src.proto_ipv4\n"
		  " changes arp.src.hw_mac within 1m\n again 10s\n"
		  " say \"{arp.src.proto_ipv4} {was} {now}\"\n",
		  0, false);
	comes(&s, 0, arp, 1, 1, 1);
	comes(&s, SECOND, arp, 2, 2, 2);
	comes(&s, 30 * SECOND, arp, 1, 1, 1);
	comes(&s, 40 * SECOND, arp, 3, 3, 1);
	ck_assert_str_eq(buf_cstr(&s.found),
			 "arp 10.0.0.1 02:00:00:00:00:01 02:00:00:00:00:03 [3,4]\n");
	/* Later than a minute: the card was changed. */
	comes(&s, 62 * SECOND, arp, 4, 4, 2);
	ck_assert_uint_eq(s.n, 1);
	/* Told a moment ago; what is said meanwhile is what the next is held against. */
	comes(&s, 45 * SECOND, arp, 1, 1, 1);
	comes(&s, 55 * SECOND, arp, 1, 1, 1);
	ck_assert_uint_eq(s.n, 1);
	comes(&s, 56 * SECOND, arp, 3, 3, 1);
	ck_assert_uint_eq(s.n, 2);
	seen_close(&s);
}
END_TEST

/* Many ports, and of several hosts: each alone has fewer; decoys come in one order. */
START_TEST(also)
{
	struct seen s;
	static const char rule[] =
		"rule many \"Many\"\n about tcp\n when tcp.flags.syn == 1\n by to\n"
		" distinct tcp.dstport >= 30 within 60s\n also from >= 3\n"
		" say \"{to} {n} {values}\"\n";

	seen_open(&s, rule, 0, false);
	for (unsigned i = 0; i < 3000; i++) /* two only */
		syn(&s, i * MS, i % 2, 1 + i % 300);
	ck_assert_uint_eq(s.n, 0);
	seen_close(&s);
	seen_open(&s, rule, 0, false);
	for (unsigned i = 0; i < 30; i++)
		syn(&s, i * MS, i % 3, 1 + i);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&s.found), "many 10.0.0.9 30 1-30 "));
	seen_close(&s);
	seen_open(&s, rule, 0, false);
	for (unsigned i = 0; i < 120; i++)
		syn(&s, i * MS, i % 3, 1 + i / 3);
	ck_assert_uint_eq(s.n, 1);
	seen_close(&s);
}
END_TEST

/* A question makes what was answered before it forgotten. */
START_TEST(changed_until)
{
	struct seen s;
	static const char ask[] = "ip src=10.0.0.1 dst=10.0.0.5 / udp sport=4000 / dns id=7 "
				  "qd=name:example.org+type:A",
			  answer[] =
				  "ip src=10.0.0.5 dst=10.0.0.1 / udp dport=4000 / dns id=7 qr=1 "
				  "qd=name:example.org+type:A "
				  "an=name:example.org+type:A+rdata:192.0.2.%u";

	seen_open(&s,
		  "rule race \"Race\"\n about dns\n when dns.flags.response == 1\n"
		  " by to, udp.dstport, dns.id\n changes dns.a within 5s\n"
		  " until dns.flags.response == 0 by from, udp.srcport, dns.id\n"
		  " say \"{to} {was} {now}\"\n",
		  0, false);
	for (unsigned i = 0; i < 5; i++) {
		comes(&s, i * SECOND, ask);
		comes(&s, i * SECOND + MS, answer, 1 + i);
	}
	ck_assert_uint_eq(s.n, 0);
	comes(&s, 4 * SECOND + 2 * MS, answer, 99);
	ck_assert_str_eq(buf_cstr(&s.found), "race 10.0.0.1 192.0.2.5 192.0.2.99 [10,11]\n");
	seen_close(&s);
}
END_TEST

START_TEST(regular)
{
	struct seen s;
	static const char rule[] = "rule beacon \"Beacon\"\n about tcp\n when tcp.flags.syn == 1\n"
				   " by from\n regular >= 6 within 1h jitter 10\n"
				   " say \"{from} {every} {n}\"\n";

	seen_open(&s, rule, 0, false);
	for (unsigned i = 0; i < 6; i++)
		syn(&s, i * 30 * SECOND + (i % 2) * 900 * MS, 1, 443);
	ck_assert_str_eq(buf_cstr(&s.found), "beacon 10.0.0.1 30 s 6 [1,2,3,4,5,6]\n");
	for (unsigned i = 0; i < 60; i++)
		syn(&s, i * i * 7 * SECOND, 2, 443);
	ck_assert_uint_eq(s.n, 1); /* ever further apart */
	seen_close(&s);
}
END_TEST

START_TEST(unless)
{
	struct seen s;

	seen_open(&s,
		  SCAN "rule slow \"Slow\"\n about tcp\n when tcp.flags.syn == 1\n by from, to\n"
		       " distinct tcp.dstport >= 8 within 1h\n unless scan\n say \"{n}\"\n",
		  0, false);
	for (unsigned i = 0; i < 20; i++)
		syn(&s, i * MS, 1, 100 + i);
	ck_assert_uint_eq(s.n, 1);
	for (unsigned i = 0; i < 8; i++)
		syn(&s, i * 30 * SECOND, 2, 100 + i);
	ck_assert_uint_eq(s.n, 2);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&s.found), "slow 8 "));
	seen_close(&s);
}
END_TEST

START_TEST(overlap)
{
	struct seen s;

	seen_open(&s,
		  "rule cut \"Fragments\"\n about ip\n event overlap\n by from\n say \"{from}\"\n",
		  0, false);
	comes(&s, 0, "ip src=10.0.0.1 dst=10.0.0.2 id=7 flags=MF proto=17 / hex:%032d", 1);
	comes(&s, 1, "ip src=10.0.0.1 dst=10.0.0.2 id=7 frag=1 proto=17 / hex:%016d", 1);
	ck_assert_uint_eq(s.n, 0); /* the same bytes */
	comes(&s, 2, "ip src=10.0.0.1 dst=10.0.0.2 id=8 flags=MF proto=17 / hex:%032d", 1);
	comes(&s, 3, "ip src=10.0.0.1 dst=10.0.0.2 id=8 frag=1 proto=17 / hex:%016d", 22);
	ck_assert_str_eq(buf_cstr(&s.found), "cut 10.0.0.1 [4]\n");
	seen_close(&s);
}
END_TEST

/* What is put together from fragments is looked at too. */
START_TEST(whole)
{
	struct seen s;

	seen_open(&s,
		  "rule port \"Port\"\n about udp\n when udp.dstport == 7777 && udp.length == 24\n"
		  " by from\n say \"{from}\"\n",
		  0, false);
	comes(&s, 0, "ip src=10.0.0.1 dst=10.0.0.2 id=7 frag=1 proto=17 / hex:%032d", 1);
	comes(&s, 1,
	      "ip src=10.0.0.1 dst=10.0.0.2 id=7 flags=MF proto=17 / "
	      "hex:10001e6100180000");
	ck_assert_uint_eq(s.n, 1);
	seen_close(&s);
}
END_TEST

/* A flood in one rule costs what was given, and the other one goes on counting. */
START_TEST(flood)
{
	struct seen s;
	struct watch_counts n;
	uint64_t most = 0;

	seen_open(&s,
		  SCAN "rule each \"Each\"\n about udp\n by from, to, udp.srcport\n"
		       " count >= 1000 within 1h\n say \"{n}\"\n",
		  1u << 20, false);
	for (unsigned i = 0; i < 4; i++)
		syn(&s, 0, 1, 100 + i);
	for (unsigned i = 0; i < 60000; i++) {
		comes(&s, MS, "ip src=10.1.%u.%u dst=10.0.0.9 / udp sport=%u dport=9", i % 256,
		      i / 256, i);
		watch_counts(s.watch, &n);
		most = n.memory > most ? n.memory : most;
	}
	ck_assert_uint_gt(n.forgotten, 50000);
	ck_assert_uint_le(most, 2u << 20);
	syn(&s, 2 * MS, 1, 104);
	ck_assert_uint_eq(s.n, 1);
	seen_close(&s);
}
END_TEST

/* What was taken back needs no room, and what counts no more is no loss. */
START_TEST(forgotten)
{
	struct seen s;
	struct watch_counts n;

	seen_open(&s, SCAN, 64u << 10, false);
	for (unsigned i = 0; i < 5000; i++) {
		syn(&s, i * MS, i % 256, 100 + i / 256);
		comes(&s, i * MS,
		      "ip src=10.0.0.9 dst=10.0.0.%u / tcp sport=%u dport=4000 flags=SA", i % 256,
		      100 + i / 256);
		comes(&s, i * MS, "ip src=10.1.%u.%u dst=10.0.0.9 / tcp dport=9 flags=S", i / 256,
		      i % 256);
		comes(&s, i * MS, "ip src=10.0.0.9 dst=10.1.%u.%u / tcp sport=9 flags=SA", i / 256,
		      i % 256);
	}
	watch_counts(s.watch, &n);
	ck_assert_uint_eq(n.forgotten, 0);
	for (unsigned i = 0; i < 5000; i++)
		comes(&s, i * SECOND, "ip src=10.1.%u.%u dst=10.0.0.9 / tcp dport=9 flags=S",
		      i / 256, i % 256);
	watch_counts(s.watch, &n);
	ck_assert_uint_eq(n.forgotten, 0);
	for (unsigned i = 0; i < 5000; i++)
		comes(&s, 5000 * SECOND + i, "ip src=10.2.%u.%u dst=10.0.0.9 / tcp dport=9 flags=S",
		      i / 256, i % 256);
	watch_counts(s.watch, &n);
	ck_assert_uint_gt(n.forgotten, 4000);
	seen_close(&s);
}
END_TEST

/* What is found in a whole is proved by the packets that it came in, as they came. */
START_TEST(proof_of_whole)
{
	struct seen s;
	struct packet p;

	seen_open(&s,
		  "rule port \"Port\"\n about udp\n when udp.dstport == 7777 && len(udp.payload) "
		  "== 16\n"
		  " by from\n say \"{from}\"\n",
		  0, true);
	comes(&s, 0, "ip src=10.0.0.1 dst=10.0.0.2 id=7 frag=1 proto=17 / hex:%032d", 1);
	comes(&s, 1, "ip src=10.0.0.1 dst=10.0.0.3 / udp dport=9");
	comes(&s, 2,
	      "ip src=10.0.0.1 dst=10.0.0.2 id=7 flags=MF proto=17 / "
	      "hex:10001e6100180000");
	ck_assert_str_eq(buf_cstr(&s.found), "port 10.0.0.1 [1,3]\n");
	ck_assert_int_eq(watch_proof(s.watch, 1, &p), PROOF_HERE);
	ck_assert_uint_eq(p.len, 36);
	ck_assert_int_eq(watch_proof(s.watch, 3, &p), PROOF_HERE);
	ck_assert_uint_eq(p.len, 28);
	ck_assert_int_eq(watch_proof(s.watch, 1, &p), PROOF_AGAIN);
	ck_assert_int_eq(watch_proof(s.watch, 3, &p), PROOF_AGAIN);
	seen_close(&s);
}
END_TEST

/* What was there while it was learnt is usual, after it was written and read, too. */
START_TEST(new)
{
	static const char rule[] = "rule server \"Server\"\n about tcp\n when tcp.flags == 0x12\n"
				   " by from, tcp.srcport\n new\n say \"{from} {tcp.srcport}\"\n",
			  answer[] = "ip src=10.0.0.%u dst=10.0.0.9 / tcp sport=%u flags=SA";
	struct baseline learnt = { 0 }, usual = { 0 };
	struct seen s;
	struct err e = { 0 };
	struct buf text = { 0 };

	seen_baseline(&s, rule, &learnt, true);
	comes(&s, 0, answer, 1, 80);
	comes(&s, 1, answer, 1, 22);
	comes(&s, 2, answer, 1, 80);
	ck_assert_uint_eq(s.n, 0);
	seen_close(&s);
	baseline_print(&learnt, &text);
	ck_assert_msg(strstr(buf_cstr(&text), "\nserver 10.0.0.1, 22\nserver 10.0.0.1, 80\n") !=
			      NULL,
		      "%s", buf_cstr(&text));
	ck_assert_int_eq(baseline_read(&usual, "usual", text.p, text.n, &e), 0);
	ck_assert_uint_eq(usual.n, 2);
	seen_baseline(&s, rule, &usual, false);
	for (unsigned i = 0; i < 3; i++) {
		comes(&s, i * MS, answer, 1, 80);
		comes(&s, i * MS, answer, 1, 81);
		comes(&s, i * MS, answer, 2, 22);
	}
	ck_assert_str_eq(buf_cstr(&s.found), "server 10.0.0.1 81 [2]\nserver 10.0.0.2 22 [3]\n");
	seen_close(&s);
	seen_open(&s, rule, 0, false); /* nothing was learnt: nothing is new */
	comes(&s, 0, answer, 1, 80);
	ck_assert_uint_eq(s.n, 0);
	seen_close(&s);
	ck_assert_int_eq(baseline_read(&usual, "usual", "a b\n\001\n", 6, &e), -1);
	ck_assert_uint_eq(e.lineno, 2);
	baseline_done(&learnt);
	baseline_done(&usual);
	buf_done(&text);
}
END_TEST

/* What is learnt is bounded, and all of it is found again. */
START_TEST(baseline)
{
	struct baseline b = { 0 };
	char line[200];

	for (unsigned i = 0; i < 200000; i++) {
		int n = snprintf(line, sizeof(line), "rule %0100u", i * 7919u);

		ck_assert_int_eq(baseline_add(&b, line, (size_t)n), 0);
		ck_assert_int_eq(baseline_add(&b, line, (size_t)n), 0);
		ck_assert(b.full || baseline_has(&b, line, (size_t)n));
		ck_assert(!baseline_has(&b, line, (size_t)n - 1));
	}
	ck_assert(b.full);
	ck_assert_uint_gt(b.n, 150000);
	ck_assert_uint_le(b.bytes, BASELINE_MOST);
	baseline_done(&b);
}
END_TEST

START_TEST(proof)
{
	struct seen s;
	struct packet p;

	seen_open(&s, SCAN, 0, true);
	for (unsigned i = 0; i < 5; i++)
		syn(&s, i * MS, 1, 80 + i);
	ck_assert_int_eq(watch_proof(s.watch, 3, &p), PROOF_HERE);
	ck_assert_uint_eq(p.len, 40);
	ck_assert_uint_eq(p.data[23], 82);
	ck_assert_int_eq(p.when, 2 * MS);
	ck_assert_int_eq(watch_proof(s.watch, 3, &p), PROOF_AGAIN);
	ck_assert_int_eq(watch_proof(s.watch, 6, &p), PROOF_GONE);
	seen_close(&s);
}
END_TEST

/* The ring of kept packets, against all that were ever put in. */
START_TEST(ring)
{
	struct proof k;
	uint8_t bytes[3000];
	uint64_t lowest = 1;

	ck_assert(proof_open(&k, 10000));
	for (unsigned i = 1; i < 2000; i++) {
		struct packet p = { .data = bytes, .len = i * 7 % 2900 + 1, .number = i }, q;
		bool gone = true;

		memset(bytes, (int)(i % 251), p.len);
		proof_keep(&k, &p);
		proof_keep(&k, &p);
		for (uint64_t n = lowest; n <= i; n++) {
			for (uint32_t at = 0; at < k.n; at++)
				k.v[(k.first + at) % k.cap].given = false;
			if (proof_find(&k, n, &q) == PROOF_GONE) {
				ck_assert(gone); /* the oldest ones go, all before those kept */
				lowest = n + 1;
				continue;
			}
			gone = false;
			ck_assert_uint_eq(q.len, n * 7 % 2900 + 1);
			ck_assert_uint_eq(q.data[0], n % 251);
			ck_assert_uint_eq(q.data[q.len - 1], n % 251);
		}
		ck_assert(!gone);
	}
	proof_done(&k);
}
END_TEST

UNIT_TESTS(watch)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, distinct);
	tcase_add_test(t, distinct_within);
	tcase_add_test(t, distinct_until);
	tcase_add_test(t, distinct_until_either);
	tcase_add_test(t, version_6);
	tcase_add_test(t, quoted);
	tcase_add_test(t, again);
	tcase_add_test(t, counted);
	tcase_add_test(t, changed);
	tcase_add_test(t, also);
	tcase_add_test(t, changed_until);
	tcase_add_test(t, regular);
	tcase_add_test(t, unless);
	tcase_add_test(t, overlap);
	tcase_add_test(t, whole);
	tcase_add_test(t, flood);
	tcase_add_test(t, forgotten);
	tcase_add_test(t, proof_of_whole);
	tcase_add_test(t, new);
	tcase_add_test(t, baseline);
	tcase_add_test(t, proof);
	tcase_add_test(t, ring);
}
