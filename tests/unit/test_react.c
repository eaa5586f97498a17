/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers by reply rules: of a shape that was met often they are what they are when each is made
 * for itself, whatever the values. */
#include "tests/unit/notation_help.h"

#include "dissect/dissect.h"
#include "play/react.h"

static struct registry *reg;

static const struct row {
	const char *packet; /* swept: each step is a question */
	const char *sets;
} rows[] = {
	{ "ip src=rand: dst=10.0.0.9 ttl=rand: tos=rand: id=rand: / icmp id=rand: seq=rand: / "
	  "count:56",
	  NULL },
	{ "ip src=rand: dst=10.0.0.9 flags=each:DF,MF frag=0,3 / icmp id=rand: / count:9", NULL },
	{ "eth src=02:00:00:00:00:01 dst=02:00:00:00:00:02,ff:ff:ff:ff:ff:ff / ip id=rand: / icmp "
	  "seq=rand: / count:9",
	  "ip ttl={ip.ttl}" },
	{ "eth / vlan vlan=rand: / ip6 src=rand: fl=rand: / icmp6 type=echo-request id=rand:",
	  NULL },
	{ "ip id=rand: / udp sport=rand: / sensor name=a,bb,temperature id=rand: flags=rand:",
	  "sensor value=21500" },
	{ "ip id=rand: / udp sport=rand: / sensor name=temp id=rand:",
	  "sensor value={sensor.id+1}\nip ttl=9" },
	{ "ip / udp sport=rand: chksum=0,7 / sensor id=rand: checksum=0,7", NULL },
	{ "ip len=46,50 / udp len=26,9 / sensor id=rand: length=7,3", NULL },
	{ "eth / arp op=who-has psrc=rand: pdst=rand: hwsrc=02:00:00:00:00:01",
	  "arp hwsrc=02:00:00:00:00:09 hwdst={arp.hwsrc}" },
	{ "ip options=router_alert:0 / udp sport=rand: / sensor id=rand:", NULL },
	{ "ip / tcp dport=80 flags=S seq=rand: window=rand: options=mss:1460", "tcp flags=RA" },
	{ "ip / udp sport=rand: / dns id=rand: qd=name:a.b", "dns rcode=3" },
	{ "ip / ip src=rand: / icmp id=rand:", NULL },
};

struct answers {
	struct buf last;
	unsigned n;
};

static int deliver(void *ctx, const struct packet *p, const struct packet *answer, struct err *e)
{
	struct answers *x = ctx;

	(void)p;
	(void)e;
	x->last.n = 0;
	buf_put(&x->last, answer->data, answer->len);
	x->n++;
	return 0;
}

static struct react *opened(struct react_opts *o, struct answers *x)
{
	struct err e = { 0 };
	struct react *r;

	o->ctx = x;
	r = react_open(o, &e);
	ck_assert_msg(r != NULL, "%s", e.msg);
	return r;
}

START_TEST(shapes)
{
	const struct row *row = &rows[_i];
	struct react_rule rule = { .pattern = NULL, .n = 1 };
	struct react_opts o = { .reg = reg, .rule = &rule, .nrules = 1, .deliver = deliver };
	struct answers often = { 0 }, once = { 0 };
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };
	struct react *r;

	rule.act[0].what = REACT_REPLY;
	rule.act[0].text = row->sets;
	r = opened(&o, &often);
	ck_assert_msg(!plan_parse(&plan, reg, row->packet, strlen(row->packet), 0, &e), "%s",
		      e.msg);
	for (unsigned i = 0; i < 120; i++) {
		struct react *fresh = opened(&o, &once);
		struct packet p;

		plan_step(&plan, i, 5);
		ck_assert_msg(!build(&b, &plan, &e), "%s", e.msg);
		p = b.pkt;
		p.number = i + 1;
		dissect(reg, &p);
		/* react_open keeps o: who is told is said anew. */
		o.ctx = &often;
		ck_assert(!react_packet(r, &p, &e));
		o.ctx = &once;
		ck_assert(!react_packet(fresh, &p, &e));
		ck_assert_uint_eq(often.n, once.n);
		ck_assert_uint_eq(often.last.n, once.last.n);
		if (once.n)
			ck_assert_mem_eq(often.last.p, once.last.p, once.last.n);
		react_close(fresh);
	}
	ck_assert_uint_ge(once.n, 60);
	react_close(r);
	plan_done(&plan);
	build_done(&b);
	buf_done(&often.last);
	buf_done(&once.last);
}
END_TEST

UNIT_TESTS(react)
{
	struct err e = { 0 };

	reg = registry_open();
	if (registry_load_builtins(reg, &e) ||
	    registry_load_file(reg, STRATA_SOURCE "/examples/sensor.protocol", &e) ||
	    registry_freeze(reg, &e))
		fprintf(stderr, "%s\n", e.msg);
	tcase_add_loop_test(t, shapes, 0, COUNT(rows));
}
