/* SPDX-License-Identifier: BSD-2-Clause */
/* A topology as text: what follows from it, and what is wrong with it and where. */
#include "lab/picture.h"
#include "lab/topology.h"
#include "tests/unit/unit.h"

static struct topology *parse(const char *text)
{
	struct err e = { 0 };
	struct topology *t = topology_parse("", text, strlen(text), &e);

	ck_assert_msg(t != NULL, "%s: %s", text, e.msg);
	return t;
}

/* "h1.eth0=10.0.1.1/24 fd00:1::1/64" of a port. */
static const char *port_words(const struct topology *t, const char *node, unsigned number)
{
	static char words[160];
	int v = topology_find(t, node, strlen(node));
	struct buf b = { 0 };

	for (unsigned i = 0; i < 2 * t->nwires; i++)
		for (unsigned f = 0; f < LAB_VERSIONS; f++)
			if ((int)t->port[i].node == v && t->port[i].number == number &&
			    t->port[i].addr[f].len) {
				buf_str(&b, b.n ? " " : "");
				lab_addr_print(&t->port[i].addr[f], true, &b);
			}
	snprintf(words, sizeof(words), "%s", b.n ? buf_cstr(&b) : "");
	buf_done(&b);
	return words;
}

/* Where it sends what is for `to` (a node's first address): "via 10.0.1.254", "link", "nowhere". */
static const char *way_words(const struct topology *t, const char *from, const char *to, unsigned f)
{
	static char words[100];
	int a = topology_find(t, from, strlen(from)), b = topology_find(t, to, strlen(to));
	const struct lab_port *dst = NULL;
	const struct lab_route *best = NULL;
	struct buf out = { 0 };

	for (unsigned i = 2 * t->nwires; i-- > 0;)
		if ((int)t->port[i].node == b)
			dst = &t->port[i];
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		if ((int)t->port[i].node == a && t->port[i].segment == dst->segment)
			return "link";
	for (unsigned i = 0; i < t->nroutes; i++) {
		const struct lab_route *r = &t->route[i];
		unsigned bytes = r->to.prefix / 8;

		if ((int)r->node == a && r->to.len == (f == LAB_V4 ? 4 : 16) &&
		    memcmp(r->to.b, dst->addr[f].b, bytes) == 0 &&
		    (!best || r->to.prefix > best->to.prefix))
			best = r;
	}
	if (!best)
		return "nowhere";
	lab_addr_print(&best->via, false, &out);
	snprintf(words, sizeof(words), "%s", buf_cstr(&out));
	buf_done(&out);
	return words;
}

START_TEST(addresses_come_by_themselves)
{
	struct topology *t =
		parse("h1 -- s1 -- h2, s1 -- r1\nr1 -- h7\nr1--web # a server\nhost web");

	ck_assert_str_eq(port_words(t, "h1", 0), "10.0.1.1/24 fd00:1::1/64");
	ck_assert_str_eq(port_words(t, "h2", 0), "10.0.1.2/24 fd00:1::2/64");
	ck_assert_str_eq(port_words(t, "s1", 0), "");
	ck_assert_str_eq(port_words(t, "r1", 0), "10.0.1.254/24 fd00:1::254/64");
	ck_assert_str_eq(port_words(t, "r1", 1), "10.0.2.254/24 fd00:2::254/64");
	ck_assert_str_eq(port_words(t, "h7", 0), "10.0.2.7/24 fd00:2::7/64");
	ck_assert_str_eq(port_words(t, "web", 0), "10.0.3.1/24 fd00:3::1/64");
	ck_assert_str_eq(way_words(t, "h1", "h2", LAB_V4), "link");
	ck_assert_str_eq(way_words(t, "h1", "web", LAB_V4), "10.0.1.254");
	ck_assert_str_eq(way_words(t, "h1", "web", LAB_V6), "fd00:1::254");
	ck_assert_str_eq(way_words(t, "web", "h7", LAB_V4), "10.0.3.254");
	topology_free(t);
}
END_TEST

START_TEST(addresses_that_are_said)
{
	struct topology *t =
		parse("host web 192.168.5.82/28 2001:db8::50/64 mac=02:00:00:00:00:02\n"
		      "h1 -- s1 -- web\nh300 -- s1\n"
		      "r1(172.16.0.1/30) -- r2\nr1(192.168.5.94/28) -- s1\nr2 -- h2\n"
		      "h3(10.0.5.9/24) -- h4");
	ck_assert_str_eq(port_words(t, "web", 0), "192.168.5.82/28 2001:db8::50/64");
	ck_assert_str_eq(port_words(t, "h1", 0), "192.168.5.81/28 2001:db8::1/64");
	/* No room for its number: what is free. */
	ck_assert_str_eq(port_words(t, "h300", 0), "192.168.5.83/28 2001:db8::300/64");
	ck_assert_str_eq(port_words(t, "r2", 0), "172.16.0.2/30 fd00:2::253/64");
	/* Networks that are said keep the numbers from others. */
	ck_assert_str_eq(port_words(t, "h4", 0), "10.0.5.4/24 fd00:4::4/64");
	ck_assert_str_eq(way_words(t, "h1", "h2", LAB_V4), "192.168.5.94");
	ck_assert_str_eq(way_words(t, "h1", "h4", LAB_V4), "192.168.5.94"); /* r1 will refuse */
	ck_assert_str_eq(way_words(t, "r2", "web", LAB_V4), "172.16.0.1");
	ck_assert_str_eq(way_words(t, "h3", "web", LAB_V4), "nowhere");
	/* The second address is not given to anybody else. */
	for (unsigned i = 0; i < 2 * t->nwires; i++)
		for (unsigned j = 0; j < i; j++)
			ck_assert(memcmp(t->port[i].mac, t->port[j].mac, 6) != 0);
	topology_free(t);
}
END_TEST

START_TEST(the_shortest_way)
{
	/* A ring of five routers with a host at each, and two ways out of one wire. */
	struct topology *t =
		parse("r1 -- r2 -- r3 -- r4 -- r5 -- r1; r1 -- h1; r2 -- h2; r3 -- h3; r4 -- h4\n"
		      "r5 -- h5; s1 -- r1; s1 -- r3; s1 -- h6");

	ck_assert_str_eq(way_words(t, "r1", "h4", LAB_V4), "10.0.5.254"); /* by r5, not r2 */
	ck_assert_str_eq(way_words(t, "r1", "h2", LAB_V4), "10.0.1.253");
	ck_assert_str_eq(way_words(t, "r1", "h3", LAB_V4), "10.0.11.253"); /* over s1 */
	/* h6 has both: the networks behind each go there. */
	ck_assert_str_eq(way_words(t, "h6", "h1", LAB_V4), "10.0.11.254");
	ck_assert_str_eq(way_words(t, "h6", "h3", LAB_V4), "10.0.11.253");
	ck_assert_str_eq(way_words(t, "h6", "h5", LAB_V6), "fd00:11::254");
	topology_free(t);
}
END_TEST

START_TEST(wires_are_told)
{
	struct topology *t =
		parse("h1 -- s1 -- h2 loss=10% delay=20ms jitter=2.5ms reorder=0.5% "
		      "duplicate=1% corrupt=2% rate=1500kbit queue=50 mtu=1400 seed=7");
	const struct lab_wire *w = &t->wire[1];
	struct buf b = { 0 };

	ck_assert_uint_eq(t->nwires, 2);
	ck_assert(w->loss > 0.0999 && w->loss < 0.1001);
	ck_assert_int_eq(w->delay, 20000000);
	ck_assert_int_eq(w->jitter, 2500000);
	ck_assert_uint_eq(w->rate, 1500000);
	ck_assert_uint_eq(w->mtu, 1400);
	ck_assert_uint_eq(w->seed, 7);
	ck_assert(lab_wire_imperfect(w));
	lab_wire_print(w, &b);
	ck_assert_str_eq(buf_cstr(&b),
			 "loss=10% reorder=0.5% duplicate=1% corrupt=2% delay=20ms jitter=2500us "
			 "rate=1500kbit queue=50 mtu=1400 seed=7");
	buf_done(&b);
	topology_free(t);
	t = parse("h1 -- h2 mtu=600");
	ck_assert(!lab_wire_imperfect(&t->wire[0]));
	ck_assert_str_eq(port_words(t, "h1", 0), "10.0.1.1/24"); /* too short for version 6 */
	topology_free(t);
}
END_TEST

/* What is printed of a wire is what was said. */
START_TEST(wires_are_read_again)
{
	static const char *const said[] = { "delay=1.2345678s", "loss=0.1234567% jitter=1.5us",
					    "rate=1234567bit queue=7", "delay=59m mtu=68 seed=0",
					    "reorder=33.3% duplicate=100% corrupt=0.0001%" };

	for (int i = 0; i < COUNT(said); i++) {
		struct buf b = { 0 }, once = { 0 };
		struct topology *t, *again;

		buf_fmt(&b, "h1 -- h2 %s", said[i]);
		t = parse(buf_cstr(&b));
		b.n = 0;
		buf_str(&b, "h1 -- h2 ");
		lab_wire_print(&t->wire[0], &b);
		again = parse(buf_cstr(&b));
		lab_wire_print(&again->wire[0], &once);
		ck_assert_str_eq(buf_cstr(&b) + strlen("h1 -- h2 "), buf_cstr(&once));
		ck_assert_int_eq(t->wire[0].delay, again->wire[0].delay);
		ck_assert_uint_eq(t->wire[0].rate, again->wire[0].rate);
		buf_done(&once);
		topology_free(t);
		topology_free(again);
		buf_done(&b);
	}
}
END_TEST

START_TEST(steps_are_told)
{
	struct topology *t = parse("h1 -- web; host web\n"
				   "start web: python3 -m http.server 80, ; # all of it\n"
				   "run h1 after web:80 : curl -s http://web/\n"
				   "run h1 after web:80: a\nwait 2s\nwait web:443\nstop web\n");

	ck_assert_uint_eq(t->nsteps, 6);
	ck_assert_str_eq(t->step[0].command, "python3 -m http.server 80, ; # all of it");
	ck_assert_int_eq(t->step[0].kind, LAB_START);
	ck_assert_uint_eq(t->step[1].port, 80);
	ck_assert_uint_eq(t->step[1].lineno, 3);
	ck_assert_str_eq(t->node[t->step[1].port_node].name, "web");
	ck_assert_str_eq(t->step[2].command, "a");
	ck_assert_int_eq(t->step[3].time, 2000000000);
	ck_assert_uint_eq(t->step[4].port, 443);
	ck_assert_int_eq(t->step[5].kind, LAB_STOP);
	topology_free(t);
}
END_TEST

static const struct bad {
	const char *text;
	unsigned line, col, span;
	const char *msg;
} bad[] = {
	{ "h1 -- web", 1, 7, 3, "what is 'web'? say 'host web'" },
	{ "host server\nh1 -- sever", 2, 7, 5, "did you mean 'server'?" },
	{ "h1 --", 1, 6, 1, "a name is wanted" },
	{ "h1 --- h2", 1, 6, 1, "two dashes" },
	{ "h1 - h2", 1, 4, 1, "two dashes" },
	{ "h1 -- h1", 1, 7, 2, "from h1 to itself" },
	{ "h1 -- h2 h3", 1, 10, 2, "no option 'h3'" },
	{ "h1 -- h2 los=10%", 1, 10, 7, "did you mean 'loss='?" },
	{ "h1 -- h2 color=red", 1, 10, 9, "a wire has loss=" },
	{ "h1 -- h2 loss=10", 1, 15, 2, "a share is wanted" },
	{ "h1 -- h2 loss=101%", 1, 15, 4, "a share is wanted" },
	{ "h1 -- h2 loss=", 1, 15, 1, "a share is wanted" },
	{ "h1 -- h2 delay=20", 1, 16, 2, "a time is wanted" },
	{ "h1 -- h2 delay=2h", 1, 16, 2, "a time is wanted" },
	{ "h1 -- h2 rate=10", 1, 15, 2, "a rate is wanted" },
	{ "h1 -- h2 mtu=20", 1, 14, 2, "a number from 68 to 65535" },
	{ "h1 loss=10%", 1, 4, 8, "a second name" },
	{ "host h1\nhost h1", 2, 6, 2, "h1 is declared twice" },
	{ "host h1 10.0.1.5", 1, 9, 8, "no address with its network" },
	{ "host h1 10.0.1.5/33", 1, 18, 2, "a number from 1 to 32" },
	{ "host h1 10.0.1.0/24\nh1--h2", 1, 9, 11, "the network itself" },
	{ "host h1 10.0.1.255/24\nh1--h2", 1, 9, 13, "the broadcast address" },
	{ "host h1 224.0.0.1/24\nh1--h2", 1, 9, 12, "no host can have" },
	{ "host h1 fe80::1/64\nh1--h2", 1, 9, 10, "come by themselves" },
	{ "host h1 10.0.1.5/24", 1, 9, 11, "has no wire" },
	{ "host h1 10.0.1.5/24 10.0.1.6/24", 1, 21, 11, "a second address" },
	{ "host h1 h2 10.0.1.5/24", 1, 12, 11, "for 2 at once" },
	{ "host h1 10.0.1.5/24\nhost h2 10.0.1.5/24\nh1--h2", 2, 9, 11, "h1 has this address" },
	{ "host h1 10.0.1.5/24\nhost h2 10.0.2.5/24\nh1--h2", 2, 9, 11, "is 10.0.1.0/24 already" },
	{ "h1(10.0.1.5/24)--h2, h3(10.0.1.6/24)--h4", 1, 25, 11, "on another wire" },
	{ "host h1 mac=02:00:00:00:00:05\nhost h2 mac=02:00:00:00:00:05\nh1--h2", 2, 9, 21,
	  "h1 has this hardware address" },
	{ "host h1 mac=03:00:00:00:00:05", 1, 13, 17, "of one station" },
	{ "host h1 mac=2", 1, 13, 1, "of one station" },
	{ "h1(10.0.1.5/24 -- h2", 1, 3, 1, "not closed" },
	{ "h1(10.0.1.1/30) -- s1 -- h2, s1 -- h3", 1, 36, 2, "no address is left for h3" },
	{ "host h1 tree=on", 1, 9, 7, "tree is for switches" },
	{ "switch s1 10.0.1.5/24", 1, 11, 11, "a switch has no address" },
	{ "host h1 mac=02:00:00:00:00:50", 1, 9, 21, "h1 has no wire" },
	{ "host h1 fd00::5/64", 1, 9, 10, "h1 has no wire" },
	{ "switch s1 tree=yes", 1, 11, 8, "did you mean 'tree='?" },
	{ "s1 -- s2 -- s3 -- s1", 1, 13, 8, "closes a loop of switches" },
	{ "s1 -- s2\ns1 -- s2", 2, 1, 8, "switch s2 tree=on" },
	{ "h1 -- h2 mtu=600\nhost h1 fd00:5::1/64", 2, 9, 12, "needs an mtu of 1280" },
	{ "host", 1, 5, 1, "a name is wanted: host web" },
	{ "router r.1", 1, 9, 1, "a name is a letter" },
	{ "h1 -- run", 1, 7, 3, "a word of the language" },
	{ "h1 -- a23456789012345x", 1, 7, 16, "at most 15 characters" },
	{ "h1 -- h2-", 1, 7, 3, "does not end with '-'" },
	{ "h1 -- h_2", 1, 8, 1, "a name is a letter" },
	{ "run h1 ping", 1, 8, 4, "'after HOST:PORT'" },
	{ "run h1:", 1, 8, 1, "a command is wanted" },
	{ "run h1 after h2: x", 1, 14, 2, "a host and its port" },
	{ "run h1 after h2:70000 : x", 1, 14, 8, "a host and its port" },
	{ "wait soon", 1, 6, 4, "a host and its port" },
	{ "wait 2", 1, 6, 1, "a time is wanted" },
	{ "stop h1 h2", 1, 9, 1, "the end of the line" },
	{ "# nothing", 0, 0, 0, "the smallest network is: h1 -- h2" },
};

START_TEST(errors_say_where)
{
	const struct bad *b = &bad[_i];
	struct err e = { 0 };
	struct topology *t = topology_parse("", b->text, strlen(b->text), &e);

	ck_assert_msg(!t, "'%s' was taken", b->text);
	ck_assert_msg(strstr(e.msg, b->msg) != NULL, "'%s': %s", b->text, e.msg);
	ck_assert_msg(e.lineno == b->line && e.col == b->col && (!b->span || e.span == b->span),
		      "'%s': %u:%u (%u): %s", b->text, e.lineno, e.col, e.span, e.msg);
	ck_assert_int_eq(e.code, ERR_USAGE);
}
END_TEST

START_TEST(a_spanning_tree_allows_loops)
{
	struct topology *t = parse("switch s1 s2 tree=on\ns1 -- s2 -- s3 -- s1 -- h1; s3 -- h2");

	ck_assert_uint_eq(t->nsegments, 1);
	ck_assert(t->node[topology_find(t, "s2", 2)].tree);
	ck_assert(!t->node[topology_find(t, "s3", 2)].tree);
	topology_free(t);
}
END_TEST

START_TEST(as_many_as_there_may_be)
{
	struct buf b = { 0 };
	struct err e = { 0 };
	struct topology *t;

	for (unsigned i = 1; i < LAB_NODES; i++)
		buf_fmt(&b, "s1 -- h%u\n", i);
	t = topology_parse("", b.p, b.n, &e);
	ck_assert_msg(t != NULL, "%s", e.msg);
	ck_assert_str_eq(port_words(t, "h249", 0), "10.0.1.249/24 fd00:1::249/64");
	topology_free(t);
	buf_fmt(&b, "s1 -- more; host more\n");
	t = topology_parse("", b.p, b.n, &e);
	ck_assert(!t);
	ck_assert(strstr(e.msg, "more than 250 hosts") != NULL);
	b.n = 0;
	err_clear(&e);
	for (unsigned i = 0; i <= LAB_WIRES; i++)
		buf_fmt(&b, "r1 -- r2\n");
	t = topology_parse("", b.p, b.n, &e);
	ck_assert(!t);
	ck_assert(strstr(e.msg, "more than 500 wires") != NULL);
	err_clear(&e);
	while (b.n <= LAB_TEXT)
		buf_str(&b, "# much to say\n");
	t = topology_parse("", b.p, b.n, &e);
	ck_assert(!t);
	ck_assert(strstr(e.msg, "at most 60000 bytes") != NULL);
	buf_done(&b);
}
END_TEST

START_TEST(places_are_found)
{
	struct topology *t = parse("h1 -- s1 -- h2; s1 -- r1; r1 -- h3");
	struct err e = { 0 };
	unsigned port = 99;

	ck_assert_int_eq(topology_port(t, "h1", &port, &e), 0);
	ck_assert_uint_eq(port, 0);
	ck_assert_int_eq(topology_port(t, "r1.eth1", &port, &e), 0);
	ck_assert_uint_eq(port, 6);
	ck_assert_int_eq(topology_port(t, "h2--s1", &port, &e), 0);
	ck_assert_uint_eq(port, 3);
	ck_assert_int_eq(topology_port(t, "s1--h2", &port, &e), 0);
	ck_assert_uint_eq(port, 2);
	ck_assert_int_eq(topology_port(t, "h1--h2", &port, &e), -1);
	ck_assert(strstr(e.msg, "with h1, s1, h2, r1, h3") != NULL);
	err_clear(&e);
	ck_assert_int_eq(topology_port(t, "h1.eth7", &port, &e), -1);
	err_clear(&e);
	ck_assert_int_eq(topology_port(t, "h9", &port, &e), -1);
	topology_free(t);
}
END_TEST

/* No card of a picture stands on another or outside, and wires end at the sides of cards. */
static void check_picture(const struct topology *t, const char *text)
{
	struct picture p;

	picture_make(t, &p);
	ck_assert(!p.failed);
	for (unsigned i = 0; i < t->nnodes; i++) {
		const struct picture_card *a = &p.card[i];

		ck_assert_msg(a->x >= 0 && a->y >= 0 && a->x + a->w <= p.width &&
				      a->y + a->h <= p.height,
			      "%s: %s stands outside", text, t->node[i].name);
		for (unsigned j = 0; j < i; j++) {
			const struct picture_card *b = &p.card[j];

			ck_assert_msg(a->x + a->w <= b->x || b->x + b->w <= a->x ||
					      a->y + a->h <= b->y || b->y + b->h <= a->y,
				      "%s: %s stands on %s", text, t->node[i].name,
				      t->node[j].name);
		}
	}
	for (unsigned i = 0; i < 2 * t->nwires; i++) {
		const struct picture_card *c = &p.card[t->port[i].node];
		int apart = c->column - p.card[t->port[i ^ 1].node].column;

		ck_assert_int_eq(p.end[i].x, p.end[i].side > 0 ? c->x + c->w : c->x);
		ck_assert(p.end[i].y > c->y && p.end[i].y < c->y + c->h);
		ck_assert(apart >= -1 && apart <= 1);
		ck_assert(apart == 0 || p.end[i].side == -apart);
	}
	picture_done(t, &p);
}

START_TEST(pictures)
{
	static const char *const some[] = {
		"h1",
		"h1 -- h2",
		"h1; h2; h3 -- h4",
		"h1 -- s1 -- h2, s1 -- r1 -- h3 loss=10% delay=20ms",
		"r1 -- r2 -- r3 -- r1; h1 -- r1; r3 -- h3; r2 -- s1 -- h4; s1 -- h5 delay=5ms",
		"h1 -- r1; h1 -- r1; h1 -- r1 delay=2ms",
		"h1 -- r1 -- r2 -- r3 -- r4 -- r5 -- r1; r2 -- r5; r3 -- h3",
	};
	unsigned state = 1;

	for (unsigned i = 0; i < sizeof(some) / sizeof(*some); i++) {
		struct topology *t = parse(some[i]);

		check_picture(t, some[i]);
		topology_free(t);
	}
	for (unsigned round = 0; round < 200; round++) { /* routers, wired at random */
		struct buf b = { 0 };
		struct topology *t;
		unsigned nodes = 2 + round % 30;

		for (unsigned w = 0; w < nodes + nodes / 4; w++) {
			unsigned x, y;

			state = state * 1103515245 + 12345;
			x = state >> 16 & 0x7fff;
			state = state * 1103515245 + 12345;
			y = state >> 16 & 0x7fff;
			if (x % nodes != y % nodes)
				buf_fmt(&b, "r%u -- r%u%s\n", x % nodes, y % nodes,
					x & 4 ? "" : " loss=1%");
		}
		buf_str(&b, "h1 -- r0\n");
		t = parse(buf_cstr(&b));
		check_picture(t, buf_cstr(&b));
		topology_free(t);
		buf_done(&b);
	}
}
END_TEST

UNIT_TESTS(topology)
{
	tcase_add_test(t, pictures);
	tcase_add_test(t, addresses_come_by_themselves);
	tcase_add_test(t, addresses_that_are_said);
	tcase_add_test(t, the_shortest_way);
	tcase_add_test(t, wires_are_told);
	tcase_add_test(t, wires_are_read_again);
	tcase_add_test(t, steps_are_told);
	tcase_add_loop_test(t, errors_say_where, 0, COUNT(bad));
	tcase_add_test(t, a_spanning_tree_allows_loops);
	tcase_add_test(t, as_many_as_there_may_be);
	tcase_add_test(t, places_are_found);
}
