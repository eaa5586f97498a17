/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets cut up: nothing is wrong with any part, together they say what the whole said, and none
 * is longer than it may be. */
#include "tests/unit/notation_help.h"

#include "dissect/check.h"
#include "dissect/dissect.h"
#include "play/segment.h"

#define MAC "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / "
#define V4 "ip src=10.0.0.1 dst=10.0.0.2 id=0xfffe / "
#define V6 "ip6 src=fd00::1 dst=fd00::2 / "
#define TCP "tcp sport=5 dport=80 seq=0xfffffff0 ack=9 options=nop,nop,ts:val:1+ecr:2 "

static struct registry *reg;

struct row {
	const char *what, *packet;
	uint32_t room;
	unsigned parts;    /* 0: refused */
	const char *flags; /* of the parts of a stream, in order; NULL: fragments */
};

static const struct row rows[] = {
	{ "a stream, version 4", MAC V4 TCP "flags=FPAC / fill:4000", 1514, 3, "AC A FPA" },
	{ "version 6", MAC V6 TCP "flags=PA / fill:4000", 1514, 3, "A A PA" },
	{ "the first one", V4 TCP "flags=SP / fill:100", 112, 2, "S P" },
	{ "a reset", V4 TCP "flags=RA / fill:100", 112, 2, "A RA" },
	{ "to the byte", V4 TCP "flags=A / fill:120", 112, 2, "A A" },
	{ "one byte over", V4 TCP "flags=A / fill:121", 112, 3, "A A A" },
	{ "it fits", V4 TCP "flags=PAC / fill:60", 112, 1, "PAC" },
	{ "tagged twice", MAC "svlan vlan=7 / vlan vlan=8 / " V4 TCP "flags=PA / fill:4000", 1522,
	  3, "A A PA" },
	{ "in a tunnel, with the sum of its datagram",
	  MAC V4 "udp sport=9 dport=4789 / vxlan vni=5 / eth / " V6 TCP "flags=PA / fill:4000",
	  1514, 3, "A A PA" },
	{ "and without it",
	  MAC V6 "udp sport=9 dport=4789 chksum=0 / vxlan vni=5 / eth / " V4 TCP
		 "flags=PA / fill:4000",
	  1514, 3, "A A PA" },
	{ "behind a key", MAC V4 "gre key=7 / " V4 TCP "flags=PA / fill:3000", 1514, 3, "A A PA" },
	{ "a datagram, version 4", MAC V4 "udp sport=5 dport=9 / fill:4000", 1514, 3, NULL },
	{ "version 6", MAC V6 "udp sport=5 dport=9 / fill:4000", 1514, 3, NULL },
	{ "any other", MAC V4 "icmp / fill:2000", 1514, 2, NULL },
	{ "not to be cut", MAC "ip flags=DF / udp sport=5 dport=9 / fill:4000", 1514, 0, NULL },
	{ "the end of it is none of the packet's",
	  MAC "ip len=28 / udp len=8 sport=5 dport=9 chksum=0 / fill:4000", 1514, 0, NULL },
	{ "nothing says how", MAC "arp / fill:4000", 1514, 0, NULL },
	{ "no room for the headers", V4 TCP "flags=A / fill:4000", 24, 0, NULL },
};

struct cutting {
	const struct row *row;
	struct check check;
	struct buf stream; /* what the parts hold, put together */
	struct buf flags;
	unsigned n;
	uint64_t first, id;
};

/* The value of a field of the innermost layer that has it; UINT64_MAX: none has. */
static uint64_t value(const struct check *c, const struct packet *p, const char *proto,
		      const char *name)
{
	for (unsigned i = p->nlayers; i-- > 0;) {
		uint32_t at = !strcmp(p->layers[i].proto->name, proto)
				      ? tree_find(&c->tree[i], name, strlen(name))
				      : NODE_NONE;

		if (at != NODE_NONE)
			return c->tree[i].v[at].num;
	}
	return UINT64_MAX;
}

static unsigned layer_named(const struct packet *p, const char *name)
{
	unsigned i = p->nlayers;

	while (i-- > 0 && strcmp(p->layers[i].proto->name, name))
		;
	return i;
}

/* A fragment stands where it says, and the last one alone says that it is the last. */
static void piece(struct cutting *c, const struct packet *p)
{
	unsigned i = layer_named(p, "ip6_frag");
	bool six = i < p->nlayers;
	uint64_t at = value(&c->check, p, six ? "ip6_frag" : "ip", six ? "offset" : "frag");
	uint64_t more =
		six ? value(&c->check, p, "ip6_frag", "m") : value(&c->check, p, "ip", "flags") & 1;
	uint64_t id = value(&c->check, p, six ? "ip6_frag" : "ip", "id");
	uint32_t from, to;

	if (!c->n)
		c->id = id;
	ck_assert_uint_eq(id, c->id);
	ck_assert_uint_eq(at * 8, c->stream.n);
	ck_assert_uint_eq(more, c->n + 1 < c->row->parts);
	ck_assert(packet_payload(p, six ? i : layer_named(p, "ip"), &from, &to));
	buf_put(&c->stream, p->data + from, to - from);
}

static int take(void *ctx, const struct packet *part)
{
	struct cutting *c = ctx;
	struct packet p = *part;
	struct tree scratch = { 0 };
	struct buf notes = { 0 };
	unsigned i;
	uint32_t from, to;

	ck_assert_uint_le(p.len, c->row->room);
	ck_assert_uint_eq(p.len, p.wire_len);
	dissect_with(reg, &p, &scratch);
	ck_assert_int_eq(check(&c->check, &p), 0);
	notes_put(&c->check, &p, "; ", &notes);
	ck_assert_msg(!notes.n, "%s: part %u: %s", c->row->what, c->n, buf_cstr(&notes));
	buf_done(&notes);
	for (i = 0; i < c->check.nsums; i++)
		ck_assert_int_ne(c->check.sums[i].verdict, SUM_UNFILLED);
	if (!c->row->flags)
		piece(c, &p);
	i = layer_named(&p, "tcp");
	if (c->row->flags) {
		uint64_t seq = value(&c->check, &p, "tcp", "seq"),
			 id = value(&c->check, &p, "ip", "id");
		uint64_t f = value(&c->check, &p, "tcp", "flags");

		if (!c->n) {
			c->first = seq + (f >> 1 & 1);
			c->id = id;
		}
		ck_assert_uint_eq((uint32_t)(seq + (f >> 1 & 1) - c->first), c->stream.n);
		ck_assert(id == UINT64_MAX || id == ((c->id + c->n) & 0xffff));
		ck_assert(packet_payload(&p, i, &from, &to));
		buf_put(&c->stream, p.data + from, to - from);
		buf_fmt(&c->flags, "%s%s%s%s%s%s%s", c->n ? " " : "", f & 1 ? "F" : "",
			f & 2 ? "S" : "", f & 4 ? "R" : "", f & 8 ? "P" : "", f & 16 ? "A" : "",
			f & 128 ? "C" : "");
	}
	c->n++;
	tree_done(&scratch);
	return 0;
}

/* The checksum as a card gets it: the sum over the pseudo header alone is not looked for here; a
 * whole whose sums are right stands for it. */
START_TEST(cut_up)
{
	struct cutting c = { .row = &rows[_i] };
	struct build b = { 0 };
	struct plan plan = { 0 };
	struct err e = { 0 };
	struct segmenter *s = segmenter_open(reg, &e);
	int n;

	ck_assert_ptr_nonnull(s);
	if (plan_parse(&plan, reg, c.row->packet, strlen(c.row->packet), 0, &e) ||
	    build(&b, &plan, &e))
		ck_abort_msg("%s: %s", c.row->packet, e.msg);
	n = segment(s, &b.pkt, c.row->room, take, &c, &e);
	ck_assert_msg(n == (int)c.row->parts && c.n == c.row->parts, "%s: %d parts, %s",
		      c.row->what, n, e.msg);
	ck_assert(c.row->parts || e.msg[0]);
	if (c.row->flags)
		ck_assert_str_eq(buf_cstr(&c.flags), c.row->flags);
	if (c.row->parts) {
		ck_assert_uint_ge(c.stream.n, c.row->flags ? 60 : 2000);
		ck_assert_mem_eq(c.stream.p, b.pkt.data + b.pkt.len - c.stream.n, c.stream.n);
	}
	segmenter_close(s);
	buf_done(&c.stream);
	buf_done(&c.flags);
	check_done(&c.check);
	build_done(&b);
	plan_done(&plan);
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

UNIT_TESTS(segment)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, cut_up, 0, COUNT(rows));
}
