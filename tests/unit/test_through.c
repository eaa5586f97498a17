/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets on their way through: what comes out is, byte for byte, the packet that is written down
 * beside it, and nothing is wrong with it. */
#include "tests/unit/notation_help.h"

#include "dissect/check.h"
#include "dissect/dissect.h"
#include "play/through.h"

#define V4 "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / ip src=10.0.0.1 dst=10.0.0.2 / "
#define V4B "eth dst=02:00:00:00:00:01 src=02:00:00:00:00:02 / ip src=10.0.0.2 dst=10.0.0.1 / "
#define V6 "ip6 src=fd00::1 dst=fd00::2 / "
#define V6B "ip6 src=fd00::2 dst=fd00::1 / "
#define OUT "tcp sport=5000 dport=80 "
#define BACK "tcp sport=80 dport=5000 "
#define STEPS 24

static struct registry *reg;

struct step {
	unsigned side;
	const char *in, *out; /* out NULL: as it came; "": it is dropped */
};

struct talk {
	const char *name, *set, *map, *replace, *drop, *where;
	struct step step[STEPS];
	uint64_t late, full;
};

static const struct talk talks[] = {
	{ .name = "bytes put into a stream",
	  .replace = "one=eleven",
	  .step = { { 0, V4 OUT "flags=S seq=99", NULL },
		    { 1, V4B BACK "flags=SA seq=499 ack=100", NULL },
		    { 0, V4 OUT "flags=A seq=100 ack=500", NULL },
		    { 0, V4 OUT "flags=PA seq=100 ack=500 / \"say one now\"",
		      V4 OUT "flags=PA seq=100 ack=500 / \"say eleven now\"" },
		    /* Of 14 bytes 11 were sent. */
		    { 1, V4B BACK "flags=A seq=500 ack=114", V4B BACK "flags=A seq=500 ack=111" },
		    { 1, V4B BACK "flags=PA seq=500 ack=114 / \"yes\"",
		      V4B BACK "flags=PA seq=500 ack=111 / \"yes\"" },
		    { 0, V4 OUT "flags=PA seq=111 ack=503 / \"one\"",
		      V4 OUT "flags=PA seq=114 ack=503 / \"eleven\"" },
		    /* Sent again, in other pieces. */
		    { 0, V4 OUT "flags=PA seq=111 ack=503 / \"one\"",
		      V4 OUT "flags=PA seq=114 ack=503 / \"eleven\"" },
		    { 0, V4 OUT "flags=PA seq=111 ack=503 / \"one more\"",
		      V4 OUT "flags=PA seq=114 ack=503 / \"eleven more\"" },
		    { 0, V4 OUT "flags=FA seq=119 ack=503", V4 OUT "flags=FA seq=125 ack=503" },
		    { 1, V4B BACK "flags=FA seq=503 ack=126", V4B BACK "flags=FA seq=503 ack=120" },
		    { 0, V4 OUT "flags=A seq=120 ack=504", V4 OUT "flags=A seq=126 ack=504" } } },
	{ .name = "taken out of one, version 6, where numbers begin again",
	  .replace = "eleven=one",
	  .step = { { 0, V6 OUT "flags=S seq=0xfffffffd", NULL },
		    { 1, V6B BACK "flags=SA seq=7 ack=0xfffffffe", NULL },
		    { 0, V6 OUT "flags=PA seq=0xfffffffe ack=8 / \"eleven men\"",
		      V6 OUT "flags=PA seq=0xfffffffe ack=8 / \"one men\"" },
		    { 1, V6B BACK "flags=A seq=8 ack=5", V6B BACK "flags=A seq=8 ack=8" },
		    { 0, V6 OUT "flags=R seq=8", V6 OUT "flags=R seq=5" } } },
	{ .name = "what has arrived beyond a hole",
	  .replace = "one=eleven",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 / \"one.\"",
		      V4 OUT "flags=PA seq=100 ack=500 / \"eleven.\"" },
		    { 0, V4 OUT "flags=PA seq=104 ack=500 / \"--\"",
		      V4 OUT "flags=PA seq=107 ack=500 / \"--\"" },
		    { 0, V4 OUT "flags=PA seq=106 ack=500 / \"one.\"",
		      V4 OUT "flags=PA seq=109 ack=500 / \"eleven.\"" },
		    { 1, V4B BACK "flags=A seq=500 ack=107 options=nop,nop,sack:left:109+right:116",
		      V4B BACK "flags=A seq=500 ack=104 options=nop,nop,sack:left:106+right:110" },
		    /* A block that ends and begins in the middle of what was put in. */
		    { 1, V4B BACK "flags=A seq=500 ack=107 options=nop,nop,sack:left:114+right:116",
		      V4B BACK "flags=A seq=500 ack=104 options=nop,nop,sack:left:109+right:110" },
		    { 1, V4B BACK "flags=A seq=500 ack=107 options=nop,nop,sack:left:109+right:114",
		      V4B BACK
		      "flags=A seq=500 ack=104 options=nop,nop,sack:left:106+right:108" } } },
	{ .name = "where --set takes away what held a number",
	  .set = "tcp options=nop",
	  .replace = "one=eleven",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 options=nop / \"one.\"",
		      V4 OUT "flags=PA seq=100 ack=500 options=nop / \"eleven.\"" },
		    { 1, V4B BACK "flags=A seq=500 ack=107 options=nop,nop,sack:left:109+right:116",
		      V4B BACK "flags=A seq=500 ack=104 options=nop" } } },
	{ .name = "both ways",
	  .replace = "a=bb",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 / \"a\"",
		      V4 OUT "flags=PA seq=100 ack=500 / \"bb\"" },
		    { 1, V4B BACK "flags=PA seq=500 ack=102 / \"aaa\"",
		      V4B BACK "flags=PA seq=500 ack=101 / \"bbbbbb\"" },
		    { 0, V4 OUT "flags=PA seq=101 ack=506 / \"x\"",
		      V4 OUT "flags=PA seq=102 ack=503 / \"x\"" } } },
	{ .name = "an error that quotes what was sent",
	  .replace = "one=eleven",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 / \"one\"",
		      V4 OUT "flags=PA seq=100 ack=500 / \"eleven\"" },
		    { 0, V4 OUT "flags=PA seq=103 ack=500 / \"two\"",
		      V4 OUT "flags=PA seq=106 ack=500 / \"two\"" },
		    { 1,
		      V4B "icmp type=dest-unreach code=4 / ip src=10.0.0.1 dst=10.0.0.2 / " OUT
			  "flags=PA seq=106 ack=500 / \"two\"",
		      V4B "icmp type=dest-unreach code=4 / ip src=10.0.0.1 dst=10.0.0.2 / " OUT
			  "flags=PA seq=103 ack=500 / \"two\"" } } },
	{ .name = "not for the first time",
	  .replace = "one=eleven",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 / \"on\"", NULL },
		    { 0, V4 OUT "flags=PA seq=102 ack=500 / \"e\"", NULL },
		    { 0, V4 OUT "flags=PA seq=100 ack=500 / \"one\"", NULL } },
	  .late = 1 },
	{ .name = "nothing would be left",
	  .replace = "one=",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 / \"one\"", NULL },
		    { 0, V4 OUT "flags=PA seq=103 ack=500 / \"one two\"",
		      V4 OUT "flags=PA seq=103 ack=500 / \" two\"" } },
	  .full = 1 },
	{ .name = "a datagram",
	  .replace = "\\x6fne=\\x00\\n",
	  .step = { { 0, V4 "udp sport=5000 dport=9 / \"one and one\"",
		      V4 "udp sport=5000 dport=9 / \"\\x00\\n and \\x00\\n\"" },
		    { 0, V6 "udp sport=5000 dport=9 / \"one\"",
		      V6 "udp sport=5000 dport=9 / \"\\x00\\n\"" },
		    { 0, V4 "icmp type=echo-request / \"one\"",
		      V4 "icmp type=echo-request / \"\\x00\\n\"" },
		    /* A piece of one is not looked into. */
		    { 0, V4B "udp sport=9 dport=9 len=3000 chksum=7 / \"o ne\"", NULL } } },
	{ .name = "fields, and those of a message that grows",
	  .set = "tst name=longer",
	  .step = { { 0, V4 "udp sport=7 dport=7777 / tst num=5 name=x",
		      V4 "udp sport=7 dport=7777 / tst num=5 name=longer" },
		    { 0, V4 "udp sport=7 dport=9 / \"x\"", NULL } } },
	{ .name = "a field of a message in a stream that has another size",
	  .set = "http method=OPTIONS",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 / \"GET / HTTP/1.1\\r\\n\\r\\n\"",
		      V4 OUT "flags=PA seq=100 ack=500 / \"OPTIONS / HTTP/1.1\\r\\n\\r\\n\"" },
		    { 1, V4B BACK "flags=A seq=500 ack=122",
		      V4B BACK "flags=A seq=500 ack=118" } } },
	{ .name = "a header put in before a stream that grows",
	  .set = "+ vlan vlan=5",
	  .replace = "one=eleven",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 / \"one\"",
		      "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / vlan vlan=5 / ip "
		      "src=10.0.0.1 dst=10.0.0.2 / " OUT "flags=PA seq=100 ack=500 / \"eleven\"" },
		    { 0, V4 OUT "flags=PA seq=103 ack=500 / \"two\"",
		      "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / vlan vlan=5 / ip "
		      "src=10.0.0.1 dst=10.0.0.2 / " OUT "flags=PA seq=106 ack=500 / \"two\"" } } },
	{ .name = "addresses and ports, and back",
	  .map = "10.0.0.1=10.9.9.9",
	  .replace = "one=eleven",
	  .step = { { 0, V4 OUT "flags=PA seq=100 ack=500 / \"one\"",
		      "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / ip src=10.9.9.9 "
		      "dst=10.0.0.2 / " OUT "flags=PA seq=100 ack=500 / \"eleven\"" },
		    { 1,
		      "eth dst=02:00:00:00:00:01 src=02:00:00:00:00:02 / ip src=10.0.0.2 "
		      "dst=10.9.9.9 / " BACK "flags=PA seq=500 ack=106 / \"one\"",
		      V4B BACK "flags=PA seq=500 ack=103 / \"eleven\"" } } },
	{ .name = "a port of a protocol, and back",
	  .map = "tcp:80=8080",
	  .step = { { 0, V4 OUT "flags=S", V4 "tcp sport=5000 dport=8080 flags=S" },
		    { 1, V4B "tcp sport=8080 dport=5000 flags=SA", V4B BACK "flags=SA" } } },
	{ .name = "addresses of version 6, and back",
	  .map = "fd00::1=fd00::99",
	  .step = { { 0, V6 OUT "flags=S", "ip6 src=fd00::99 dst=fd00::2 / " OUT "flags=S" },
		    { 1, "ip6 src=fd00::2 dst=fd00::99 / " BACK "flags=SA",
		      V6B BACK "flags=SA" } } },
	{ .name = "dropped",
	  .drop = "tcp flags=R",
	  .step = { { 0, V4 OUT "flags=R", "" }, { 1, V4B BACK "flags=A", NULL } } },
	{ .name = "some only",
	  .set = "ip ttl=9",
	  .drop = "udp",
	  .where = "ip.src == 10.0.0.1",
	  .step = { { 0, V4 "udp dport=9", "" },
		    { 1, V4B "udp dport=9", NULL },
		    { 0, V4 OUT "flags=S",
		      "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / ip "
		      "src=10.0.0.1 dst=10.0.0.2 ttl=9 / " OUT "flags=S" },
		    { 1, V4B BACK "flags=SA", NULL } } },
	{ .name = "what is wrong stays wrong",
	  .replace = "one=eleven",
	  .step = { { 0, V4 "udp sport=5 dport=9 chksum=0x1234 / \"one\"",
		      V4 "udp sport=5 dport=9 chksum=0x1234 / \"eleven\"" },
		    { 0, V4 "udp sport=5 dport=9 chksum=0 / \"one\"",
		      V4 "udp sport=5 dport=9 chksum=0 / \"eleven\"" } } },
};

struct crafted {
	struct plan plan;
	struct build build;
};

static void craft_one(struct crafted *c, const char *text)
{
	struct err e = { 0 };

	if (plan_parse(&c->plan, reg, text, strlen(text), 0, &e) || build(&c->build, &c->plan, &e))
		ck_abort_msg("%s: %s", text, e.msg);
}

static void crafted_done(struct crafted *c)
{
	build_done(&c->build);
	plan_done(&c->plan);
}

static void take(struct through *t, const struct talk *k, const struct step *s)
{
	struct crafted in = { 0 }, out = { 0 };
	struct err e = { 0 };
	struct buf a = { 0 }, b = { 0 };
	struct packet p;
	int rc;

	craft_one(&in, s->in);
	p = in.build.pkt;
	rc = through_packet(t, &p, s->side, &e);
	if (s->out && !*s->out) {
		ck_assert_int_eq(rc, THROUGH_DROPPED);
		goto done;
	}
	ck_assert_msg(rc == THROUGH_SAME || (s->out && rc == THROUGH_CHANGED), "%s: %s: %d %s",
		      k->name, s->in, rc, e.msg);
	craft_one(&out, s->out ? s->out : s->in);
	buf_hex(&a, p.data, p.len);
	buf_hex(&b, out.build.pkt.data, out.build.pkt.len);
	ck_assert_msg(!strcmp(buf_cstr(&a), buf_cstr(&b)), "%s: %s:\n%s, wanted\n%s", k->name,
		      s->in, buf_cstr(&a), buf_cstr(&b));
done:
	buf_done(&a);
	buf_done(&b);
	crafted_done(&in);
	crafted_done(&out);
}

START_TEST(talk)
{
	const struct talk *k = &talks[_i];
	struct through_opts o = { .reg = reg,
				  .set = &k->set,
				  .nset = k->set != NULL,
				  .map = &k->map,
				  .nmap = k->map != NULL,
				  .replace = &k->replace,
				  .nreplace = k->replace != NULL,
				  .drop = &k->drop,
				  .ndrop = k->drop != NULL };
	struct through_counts n;
	struct filter *where = NULL;
	struct err e = { 0 };
	struct through *t;

	if (k->where) {
		where = filter_parse(reg, k->where, strlen(k->where), &e);
		ck_assert_msg(where != NULL, "%s", e.msg);
	}
	o.where = where;
	t = through_open(&o, &e);
	ck_assert_msg(t != NULL, "%s: %s", k->name, e.msg);
	for (unsigned i = 0; i < STEPS && k->step[i].in; i++)
		take(t, k, &k->step[i]);
	through_counts(t, &n);
	ck_assert_uint_eq(n.late, k->late);
	ck_assert_uint_eq(n.full, k->full);
	ck_assert(!k->replace || through_replaced(t, 0));
	ck_assert(!k->map || through_mapped(t, 0));
	ck_assert(!k->set || through_fitted(t, 0));
	through_close(t);
	filter_close(where);
}
END_TEST

static const struct {
	const char *set, *map, *replace, *drop, *says;
} wrong[] = {
	{ .replace = "one", .says = "wants OLD=NEW" },
	{ .replace = "=one", .says = "wants OLD=NEW" },
	{ .replace = "a\\q=b", .says = "escape" },
	{ .map = "10.0.0.1", .says = "wants OLD=NEW" },
	{ .map = "10.0.0.0/8=10.0.0.0/9", .says = "same size" },
	{ .set = "ip tll=5", .says = "ttl" },
	{ .drop = "ip tll=5", .says = "ttl" },
	{ .drop = "nosuch", .says = "nosuch" },
};

START_TEST(refused)
{
	struct through_opts o = { .reg = reg,
				  .set = &wrong[_i].set,
				  .nset = wrong[_i].set != NULL,
				  .map = &wrong[_i].map,
				  .nmap = wrong[_i].map != NULL,
				  .replace = &wrong[_i].replace,
				  .nreplace = wrong[_i].replace != NULL,
				  .drop = &wrong[_i].drop,
				  .ndrop = wrong[_i].drop != NULL };
	struct err e = { 0 };

	ck_assert_ptr_null(through_open(&o, &e));
	ck_assert_msg(strstr(e.msg, wrong[_i].says) != NULL, "%s", e.msg);
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

UNIT_TESTS(through)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, talk, 0, COUNT(talks));
	tcase_add_loop_test(t, refused, 0, COUNT(wrong));
}
