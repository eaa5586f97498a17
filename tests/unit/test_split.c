/* SPDX-License-Identifier: BSD-2-Clause */
/* Which side sent a packet: each row is a little capture, a line a packet, with what it has to be.
 */
#include "tests/unit/notation_help.h"

#include "dissect/dissect.h"
#include "play/split.h"

#define UP "eth src=02:00:00:00:00:01 dst=02:00:00:00:00:02 / "
#define DOWN "eth src=02:00:00:00:00:02 dst=02:00:00:00:00:01 / "
#define OUT "ip src=10.0.0.1 dst=10.0.0.2 / "
#define BACK "ip src=10.0.0.2 dst=10.0.0.1 / "
#define OUT6 "ip6 src=fd00::1 dst=fd00::2 / "
#define BACK6 "ip6 src=fd00::2 dst=fd00::1 / "

static struct registry *reg;

struct row {
	const char *what, *how;
	const char *want; /* c and s; a second word: without the look before */
	const char *packet[8];
};

static const struct row rows[] = {
	{ "who opened it, not who has the port",
	  NULL,
	  "cscs",
	  { OUT "tcp sport=80 dport=5000 flags=S", BACK "tcp sport=5000 dport=80 flags=SA",
	    OUT "tcp sport=80 dport=5000 flags=PA / text:x",
	    BACK "tcp sport=5000 dport=80 flags=A" } },
	{ "only the answer to the first segment is there",
	  NULL,
	  "sc",
	  { OUT6 "tcp sport=5001 dport=5000 flags=SA",
	    BACK6 "tcp sport=5000 dport=5001 flags=A" } },
	{ "no first segment: a port that is known",
	  NULL,
	  "sc",
	  { OUT "tcp sport=22 dport=40000 flags=PA", BACK "tcp sport=40000 dport=22 flags=A" } },
	{ "no first segment: the low port",
	  NULL,
	  "sc",
	  { OUT "tcp sport=999 dport=40000 flags=PA", BACK "tcp sport=40000 dport=999 flags=A" } },
	{ "nothing but who came first",
	  NULL,
	  "cs",
	  { OUT "tcp sport=40001 dport=40000 flags=PA",
	    BACK "tcp sport=40000 dport=40001 flags=A" } },
	{ "hosts that had their sides before",
	  NULL,
	  "ccss",
	  { OUT "tcp sport=40001 dport=40000 flags=S", OUT "udp sport=40002 dport=69 / tftp",
	    BACK "udp sport=40003 dport=40002 / hex:00030001",
	    BACK "tcp sport=40000 dport=40001 flags=SA" } },
	{ "the other opens one: each connection has its own",
	  NULL,
	  "cscs",
	  { OUT "tcp sport=40001 dport=21 flags=S", BACK "tcp sport=21 dport=40001 flags=SA",
	    BACK "tcp sport=20 dport=40002 flags=S", OUT "tcp sport=40002 dport=20 flags=SA" } },
	{ "a new connection of the same ports, the other way",
	  NULL,
	  "cscs",
	  { OUT "tcp sport=40001 dport=40002 seq=5 flags=S",
	    BACK "tcp sport=40002 dport=40001 seq=7 flags=SA",
	    BACK "tcp sport=40002 dport=40001 seq=900 flags=S",
	    OUT "tcp sport=40001 dport=40002 seq=1700 flags=SA" } },
	{ "questions and answers; an answer first",
	  NULL,
	  "scsc",
	  { OUT "udp sport=53 dport=53 / dns qr=1 qd=name:a",
	    BACK "udp sport=53 dport=53 / dns qd=name:a", OUT "icmp type=echo-reply",
	    BACK "icmp type=echo-request" } },
	{ "tags and tunnels: what they hold",
	  NULL,
	  "cscs",
	  { UP "vlan vlan=5 / " OUT "tcp sport=80 dport=5000 flags=S",
	    DOWN "vlan vlan=5 / " BACK "tcp sport=5000 dport=80 flags=SA",
	    "ip src=192.0.2.9 dst=192.0.2.8 / gre / ip src=10.1.0.1 dst=10.1.0.2 / tcp sport=80 "
	    "dport=5000 flags=S",
	    "ip src=192.0.2.8 dst=192.0.2.9 / gre / ip src=10.1.0.2 dst=10.1.0.1 / tcp sport=5000 "
	    "dport=80 flags=SA" } },
	{ "in one tunnel both sides open",
	  NULL,
	  "cc",
	  { "ip src=192.0.2.9 dst=192.0.2.8 / gre / ip src=10.1.0.1 dst=10.1.0.2 / tcp sport=81 "
	    "dport=5000 flags=S",
	    "ip src=192.0.2.8 dst=192.0.2.9 / gre / ip src=10.1.0.2 dst=10.1.0.1 / tcp sport=82 "
	    "dport=5000 flags=S" } },
	{ "pieces go with their hosts",
	  NULL,
	  "css",
	  { OUT "udp sport=40000 dport=53 / dns qd=name:a",
	    "ip src=10.0.0.2 dst=10.0.0.1 flags=MF / udp sport=53 dport=40000 len=24 / "
	    "hex:0011223344556677",
	    "ip src=10.0.0.2 dst=10.0.0.1 frag=2 proto=17 / hex:0011223344556677" } },
	{ "an error goes to who sent what it quotes",
	  NULL,
	  "csscs",
	  { OUT "tcp sport=40001 dport=80 flags=S", BACK "tcp sport=80 dport=40001 flags=SA",
	    "ip src=10.9.9.9 dst=10.0.0.1 / icmp type=dest-unreach / " OUT
	    "tcp sport=40001 dport=80 flags=A",
	    "ip src=10.8.8.8 dst=10.0.0.2 / icmp type=dest-unreach / " BACK
	    "tcp sport=80 dport=40001 flags=A",
	    BACK "tcp sport=80 dport=40001 flags=A" } },
	{ "no conversation: as its station, which the look before knows",
	  NULL,
	  "scsc ccsc",
	  { DOWN "arp op=who-has psrc=10.0.0.2 pdst=10.0.0.1",
	    UP OUT "tcp sport=40001 dport=80 flags=S",
	    DOWN BACK "tcp sport=80 dport=40001 flags=SA",
	    UP "arp op=is-at psrc=10.0.0.1 pdst=10.0.0.2" } },
	{ "to a group: as its station",
	  NULL,
	  "scs ccs",
	  { "eth src=02:00:00:00:00:02 / ip src=10.0.0.2 dst=10.0.0.255 / udp sport=40009 "
	    "dport=138",
	    UP OUT "tcp sport=40001 dport=80 flags=S",
	    DOWN BACK "tcp sport=80 dport=40001 flags=SA" } },
	{ "nothing tells: a question, an answer, neither",
	  NULL,
	  "csc",
	  { UP "arp op=who-has psrc=10.0.0.1 pdst=10.0.0.2",
	    DOWN "arp op=is-at psrc=10.0.0.2 pdst=10.0.0.1",
	    "eth src=02:00:00:00:00:07 type=0x88b5 / hex:00" } },
	{ "networks of clients",
	  "subnet=10.0.0.2,fd00::2/127",
	  "scscsc",
	  { OUT "tcp sport=40001 dport=80 flags=S", BACK "tcp sport=80 dport=40001 flags=SA",
	    OUT6 "tcp sport=40001 dport=80 flags=S", BACK6 "tcp sport=80 dport=40001 flags=SA",
	    UP "arp psrc=10.0.0.1 pdst=10.0.0.2",
	    "ip src=192.0.2.9 dst=192.0.2.8 / gre / " BACK "tcp sport=80 dport=40001 flags=SA" } },
	{ "ports of servers; the rest by who opened it",
	  "port=40001,7",
	  "scscc",
	  { OUT "tcp sport=40001 dport=80 flags=S", BACK "tcp sport=80 dport=40001 flags=SA",
	    OUT6 "udp sport=7 dport=80", BACK6 "udp sport=80 dport=7",
	    OUT "tcp sport=80 dport=8080 flags=S" } },
};

static void look(struct split *s, const struct row *r, bool learn, char *got)
{
	struct build b = { 0 };
	struct plan plan = { 0 };
	struct tree scratch = { 0 };
	struct err e = { 0 };
	unsigned n = 0;

	for (; n < 8 && r->packet[n]; n++) {
		struct packet p;
		int side;

		if (plan_parse(&plan, reg, r->packet[n], strlen(r->packet[n]), 0, &e) ||
		    build(&b, &plan, &e))
			ck_abort_msg("%s: %s", r->packet[n], e.msg);
		p = b.pkt;
		dissect_with(reg, &p, &scratch);
		side = learn ? split_learn(s, &p) : split_packet(s, &p);
		ck_assert_int_ge(side, 0);
		if (learn && side != SPLIT_LATER && r->want[n] != (side ? 's' : 'c'))
			ck_abort_msg("%s: learnt packet %u otherwise", r->what, n);
		got[n] = side == SPLIT_SERVER ? 's' : 'c';
	}
	got[n] = 0;
	tree_done(&scratch);
	build_done(&b);
	plan_done(&plan);
}

START_TEST(sides_are_as_said)
{
	const struct row *r = &rows[_i];
	size_t n = strcspn(r->want, " ");
	const char *direct = r->want[n] ? r->want + n + 1 : r->want;
	char got[9], want[9];
	struct split_counts told;
	struct err e = { 0 };
	struct split *s = split_open(reg, r->how, &e);

	snprintf(want, sizeof(want), "%.*s", (int)n, r->want);
	ck_assert_msg(s != NULL, "%s", e.msg);
	look(s, r, true, got);
	split_learnt(s, &told);
	look(s, r, false, got);
	ck_assert_msg(!strcmp(got, want), "%s: %s, wanted %s", r->what, got, want);
	/* What was told before is what came. */
	ck_assert_msg(!memcmp(&told, split_counts(s), sizeof(told.packets)), "%s: counts", r->what);
	split_close(s);
	s = split_open(reg, r->how, &e);
	look(s, r, false, got);
	ck_assert_msg(!strcmp(got, direct), "%s: at once %s, wanted %s", r->what, got, direct);
	split_close(s);
}
END_TEST

START_TEST(what_cannot_be_meant)
{
	static const char *const bad[] = { "",
					   "opener=1",
					   "port",
					   "port=",
					   "port=65536",
					   "port=1,",
					   "subnet=",
					   "subnet=10.0.0/8",
					   "subnet=10.0.0.0/33",
					   "net=10.0.0.0/8" };
	struct err e = { 0 };

	ck_assert_ptr_null(split_open(reg, bad[_i], &e));
	ck_assert_int_eq(e.code, ERR_USAGE);
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

UNIT_TESTS(split)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, sides_are_as_said, 0, COUNT(rows));
	tcase_add_loop_test(t, what_cannot_be_meant, 0, 10);
}
