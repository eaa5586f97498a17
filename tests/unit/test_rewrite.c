/* SPDX-License-Identifier: BSD-2-Clause */
/* What rewriting makes of a packet, in place and by building it anew: both sides of a row are
 * written in the notation, so that the builder says what the bytes have to be. */
#include "tests/unit/notation_help.h"

#include "core/sum.h"
#include "dissect/dissect.h"
#include "play/anonymise.h"
#include "play/rewrite.h"

struct row {
	const char *what;
	const char *set[3], *map[3];
	bool sums;
	const char *before, *after; /* after NULL: nothing changes */
};

#define ENDS "src=10.0.0.1 dst=10.0.0.2 "
#define MAC "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / "

static const struct row rows[] = {
	{ "a number, and the checksum over it",
	  { "ip ttl=9" },
	  { 0 },
	  false,
	  MAC "ip " ENDS "/ udp sport=5 dport=7 / text:hello",
	  MAC "ip ttl=9 " ENDS "/ udp sport=5 dport=7 / text:hello" },
	{ "an address, and the sums above that cover it",
	  { "ip dst=10.9.9.9" },
	  { 0 },
	  false,
	  MAC "ip " ENDS "/ udp sport=5 dport=7 / text:hello",
	  MAC "ip src=10.0.0.1 dst=10.9.9.9 / udp sport=5 dport=7 / text:hello" },
	{ "several fields of several layers, in two sets",
	  { "eth src=aa:bb:cc:00:00:01 / ip id=77", "tcp seq=5 window=6" },
	  { 0 },
	  false,
	  MAC "ip " ENDS "/ tcp sport=5 dport=7 flags=A / text:x",
	  "eth dst=02:00:00:00:00:02 src=aa:bb:cc:00:00:01 / ip id=77 " ENDS
	  "/ tcp sport=5 dport=7 seq=5 window=6 flags=A / text:x" },
	{ "a port, which tells what is above",
	  { "udp dport=5353" },
	  { 0 },
	  false,
	  "ip " ENDS "/ udp sport=5 dport=53 / hex:0102",
	  "ip " ENDS "/ udp sport=5 dport=5353 / hex:0102" },
	{ "a list, and the lengths around it",
	  { "tcp options=mss:99,nop" },
	  { 0 },
	  false,
	  "ip " ENDS "/ tcp sport=5 dport=7 options=ts:val:1+ecr:2,nop,nop / text:x",
	  "ip " ENDS "/ tcp sport=5 dport=7 options=mss:99,nop / text:x" },
	{ "one item of it",
	  { "tcp options.0.value=99" },
	  { 0 },
	  false,
	  "ip " ENDS "/ tcp sport=5 dport=7 options=mss:1460,ws:7 / text:x",
	  "ip " ENDS "/ tcp sport=5 dport=7 options=mss:99,ws:7 / text:x" },
	{ "a longer text",
	  { "http uri=/a/longer/one" },
	  { 0 },
	  false,
	  "ip " ENDS "/ tcp sport=5 dport=80 flags=PA / http uri=/",
	  "ip " ENDS "/ tcp sport=5 dport=80 flags=PA / http uri=/a/longer/one" },
	{ "a tag behind the link header",
	  { "+ vlan vlan=5" },
	  { 0 },
	  false,
	  MAC "ip " ENDS "/ udp sport=5 dport=7 / text:hello",
	  MAC "vlan vlan=5 / ip " ENDS "/ udp sport=5 dport=7 / text:hello" },
	{ "two of them, before the one that is there",
	  { "+ svlan vlan=9 / vlan vlan=8 prio=3" },
	  { 0 },
	  false,
	  MAC "vlan vlan=5 / ip " ENDS "/ udp sport=5 dport=7",
	  MAC "svlan vlan=9 / vlan vlan=8 prio=3 / vlan vlan=5 / ip " ENDS
	      "/ udp sport=5 dport=7" },
	{ "in front of a length",
	  { "+ vlan vlan=5" },
	  { 0 },
	  false,
	  "dot3 / llc / hex:00112233",
	  "eth src=00:00:00:00:00:00 / vlan_dot3 vlan=5 / llc / hex:00112233" },
	{ "tags taken out, not those in a tunnel",
	  { "- vlan" },
	  { 0 },
	  false,
	  MAC "vlan vlan=5 / vlan vlan=6 / ip " ENDS
	      "/ udp sport=5 dport=4789 / vxlan / eth / vlan vlan=7 / arp",
	  MAC "ip " ENDS "/ udp sport=5 dport=4789 / vxlan / eth / vlan vlan=7 / arp" },
	{ "the outer one alone, before a length",
	  { "- svlan" },
	  { 0 },
	  false,
	  "eth / svlan vlan=5 / vlan_dot3 / llc / hex:00112233",
	  "eth / vlan_dot3 / llc / hex:00112233" },
	{ "one for another, and a field of it",
	  { "- vlan", "+ vlan vlan=6", "vlan vlan=7 / ip ttl=3" },
	  { 0 },
	  false,
	  MAC "vlan vlan=5 / ip " ENDS "/ udp sport=5 dport=7",
	  MAC "vlan vlan=7 / ip ttl=3 " ENDS "/ udp sport=5 dport=7" },
	{ "no tag is there",
	  { "- vlan" },
	  { 0 },
	  false,
	  MAC "ip " ENDS "/ udp sport=5 dport=7",
	  NULL },
	{ "what it is already",
	  { "ip ttl=64" },
	  { 0 },
	  false,
	  "ip " ENDS "/ udp sport=5 dport=7",
	  NULL },
	{ "a layer that is not there",
	  { "tcp window=1" },
	  { 0 },
	  false,
	  "ip " ENDS "/ udp sport=5 dport=7",
	  NULL },
	{ "layers in another order",
	  { "udp / ip ttl=3" },
	  { 0 },
	  false,
	  "ip " ENDS "/ udp sport=5 dport=7",
	  NULL },
	{ "the inner one of two",
	  { "ip / ip ttl=3" },
	  { 0 },
	  false,
	  "ip " ENDS "/ ip " ENDS "/ udp sport=5 dport=7",
	  "ip " ENDS "/ ip ttl=3 " ENDS "/ udp sport=5 dport=7" },
	{ "not in what another packet quotes",
	  { "udp dport=9" },
	  { 0 },
	  false,
	  "ip " ENDS "/ icmp type=dest-unreach / ip " ENDS "/ udp sport=5 dport=7",
	  NULL },
	/* ---- checksums ---- */
	{ "a wrong one stays wrong",
	  { "ip ttl=9" },
	  { 0 },
	  false,
	  "ip " ENDS "/ udp sport=5 dport=7 chksum=0x1234 / text:x",
	  "ip ttl=9 " ENDS "/ udp sport=5 dport=7 chksum=0x1234 / text:x" },
	{ "unless all are to be right",
	  { "ip ttl=9" },
	  { 0 },
	  true,
	  "ip " ENDS "/ udp sport=5 dport=7 chksum=0x1234 / text:x",
	  "ip ttl=9 " ENDS "/ udp sport=5 dport=7 / text:x" },
	{ "nothing but them",
	  { 0 },
	  { 0 },
	  true,
	  "ip chksum=1 " ENDS "/ udp sport=5 dport=7",
	  "ip " ENDS "/ udp sport=5 dport=7" },
	{ "none stays none",
	  { "ip dst=10.0.0.9" },
	  { 0 },
	  true,
	  "ip " ENDS "/ udp sport=5 dport=7 chksum=0 / text:x",
	  "ip src=10.0.0.1 dst=10.0.0.9 / udp sport=5 dport=7 chksum=0 / text:x" },
	/* 10.0.0.1 + 10.0.0.2 + 17 + 9 = 0x141d, which the kernel leaves for the card. */
	{ "one that the card was to fill in is filled in",
	  { "ip dst=10.0.0.9" },
	  { 0 },
	  false,
	  "ip " ENDS "/ udp sport=5 dport=7 chksum=0x141d / text:x",
	  "ip src=10.0.0.1 dst=10.0.0.9 / udp sport=5 dport=7 / text:x" },
	{ "a CRC",
	  { "sctp sport=9" },
	  { 0 },
	  false,
	  "ip " ENDS "/ sctp sport=5 dport=7",
	  "ip " ENDS "/ sctp sport=9 dport=7" },
	{ "one that is said",
	  { "ip chksum=0x1111" },
	  { 0 },
	  false,
	  "ip " ENDS "/ udp sport=5 dport=7",
	  "ip chksum=0x1111 " ENDS "/ udp sport=5 dport=7" },
	{ "one that is to be computed",
	  { "ip chksum=auto" },
	  { 0 },
	  false,
	  "ip chksum=0x1111 " ENDS "/ udp sport=5 dport=7",
	  "ip " ENDS "/ udp sport=5 dport=7" },
	/* ---- maps ---- */
	{ "an address, wherever it stands",
	  { 0 },
	  { "10.0.0.1=10.5.5.5" },
	  false,
	  MAC "ip src=10.0.0.1 dst=10.0.0.2 / udp sport=53 dport=5 / dns qr=response "
	      "qd=name:a.b an=name:a.b+type:A+rdata:10.0.0.1",
	  MAC "ip src=10.5.5.5 dst=10.0.0.2 / udp sport=53 dport=5 / dns qr=response "
	      "qd=name:a.b an=name:a.b+type:A+rdata:10.5.5.5" },
	{ "a network, whose hosts keep their numbers",
	  { 0 },
	  { "10.0.0.0/12=172.16.0.0/12" },
	  false,
	  "ip src=10.15.1.1 dst=10.16.0.2 / udp sport=5 dport=7",
	  "ip src=172.31.1.1 dst=10.16.0.2 / udp sport=5 dport=7" },
	{ "version 6",
	  { 0 },
	  { "fd00::/16=2001:db8::/32", "fd00::/16=fe00::/16" },
	  false,
	  NULL,
	  NULL },
	{ "version 6, of one size",
	  { 0 },
	  { "fd00::/16=fe00::/16" },
	  false,
	  "ip6 src=fd00::1 dst=fd00::2 / icmp6 type=echo-request",
	  "ip6 src=fe00::1 dst=fe00::2 / icmp6 type=echo-request" },
	{ "MACs, in ARP too",
	  { 0 },
	  { "02:00:00:00:00:01=aa:bb:cc:dd:ee:ff" },
	  false,
	  "eth dst=02:00:00:00:00:02 src=02:00:00:00:00:01 / arp hwsrc=02:00:00:00:00:01 "
	  "psrc=10.0.0.1 pdst=10.0.0.2",
	  "eth dst=02:00:00:00:00:02 src=aa:bb:cc:dd:ee:ff / arp hwsrc=aa:bb:cc:dd:ee:ff "
	  "psrc=10.0.0.1 pdst=10.0.0.2" },
	{ "ports, both ways",
	  { 0 },
	  { "tcp:80=8080", "tcp:5=6" },
	  false,
	  "ip " ENDS "/ tcp sport=80 dport=5 / text:x",
	  "ip " ENDS "/ tcp sport=8080 dport=6 / text:x" },
	{ "ports of the other protocol stay",
	  { 0 },
	  { "tcp:80=8080" },
	  false,
	  "ip " ENDS "/ udp sport=80 dport=5",
	  NULL },
	{ "the first rule that fits counts",
	  { 0 },
	  { "10.0.0.1=10.0.0.2", "10.0.0.0/8=11.0.0.0/8" },
	  false,
	  "ip " ENDS "/ udp sport=5 dport=7",
	  "ip src=10.0.0.2 dst=11.0.0.2 / udp sport=5 dport=7" },
	{ "a quoted packet that is whole",
	  { 0 },
	  { "10.0.0.1=10.5.5.5" },
	  false,
	  "ip src=10.0.0.9 dst=10.0.0.1 / icmp type=dest-unreach / ip " ENDS
	  "/ udp sport=5 dport=7 / text:abcd",
	  "ip src=10.0.0.9 dst=10.5.5.5 / icmp type=dest-unreach / ip src=10.5.5.5 dst=10.0.0.2 "
	  "/ udp sport=5 dport=7 / text:abcd" },
	{ "inside a tunnel",
	  { 0 },
	  { "10.0.0.1=10.5.5.5" },
	  false,
	  "ip src=1.1.1.1 dst=2.2.2.2 / udp dport=4789 sport=1 / vxlan vni=5 / " MAC "ip " ENDS
	  "/ tcp sport=5 dport=7 / text:abcd",
	  "ip src=1.1.1.1 dst=2.2.2.2 / udp dport=4789 sport=1 / vxlan vni=5 / " MAC
	  "ip src=10.5.5.5 dst=10.0.0.2 / tcp sport=5 dport=7 / text:abcd" },
};

static struct registry *reg;
static struct tree scratch;

/* The bytes of a packet in the notation, as a captured packet. */
static void make(const char *text, struct packet *p, uint8_t **bytes)
{
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };

	if (plan_parse(&plan, reg, text, strlen(text), 0, &e) || build(&b, &plan, &e))
		ck_abort_msg("%s: %s", text, e.msg);
	*bytes = malloc(b.bytes.n);
	memcpy(*bytes, b.bytes.p, b.bytes.n);
	*p = (struct packet) { .data = *bytes,
			       .len = (uint32_t)b.bytes.n,
			       .wire_len = (uint32_t)b.bytes.n,
			       .number = 3,
			       .link = plan.link };
	build_done(&b);
	plan_done(&plan);
}

static unsigned count(const char *const *v)
{
	unsigned n = 0;

	while (n < 3 && v[n])
		n++;
	return n;
}

static void expect(const struct row *row, bool anew)
{
	struct rewrite_opts o = { .reg = reg,
				  .set = row->set,
				  .nset = count(row->set),
				  .map = row->map,
				  .nmap = count(row->map),
				  .anew = anew,
				  .sums = row->sums };
	struct packet before, after;
	uint8_t *from, *to;
	struct err e = { 0 };
	struct rewrite *w = rewrite_open(&o, &e);
	int rc;

	if (!row->before) {
		ck_assert_ptr_null(w);
		ck_assert_int_eq(e.code, ERR_USAGE);
		return;
	}
	ck_assert_msg(w != NULL, "%s: %s", row->what, e.msg);
	make(row->before, &before, &from);
	make(row->after ? row->after : row->before, &after, &to);
	rc = rewrite_packet(w, &before, &e);
	ck_assert_msg(rc == (row->after != NULL), "%s: %d %s", row->what, rc, e.msg);
	if (before.len != after.len || memcmp(before.data, after.data, after.len)) {
		struct buf a = { 0 }, b = { 0 };

		buf_hex(&a, before.data, before.len);
		buf_hex(&b, after.data, after.len);
		ck_abort_msg("%s%s:\n  %s\nnot\n  %s", row->what, anew ? " (anew)" : "",
			     buf_cstr(&a), buf_cstr(&b));
	}
	ck_assert_uint_eq(before.wire_len, after.len);
	rewrite_close(w);
	free(from);
	free(to);
}

START_TEST(rewritten)
{
	for (int i = 0; i < COUNT(rows); i++) {
		expect(&rows[i], false);
		expect(&rows[i], true);
	}
}
END_TEST

/* The eight bytes of a datagram that an ICMP error quotes: its checksum covers more than is there,
 * and must follow all the same, to what it would be over the whole. */
START_TEST(quote_cut)
{
	static const char *const map[] = { "10.0.0.1=10.5.5.5" };
	struct rewrite_opts o = { .reg = reg, .map = map, .nmap = 1 };
	struct packet whole, other, p;
	uint8_t *a, *b, *c;
	char text[300];
	struct err e = { 0 };
	struct rewrite *w = rewrite_open(&o, &e);

	make("ip " ENDS "/ udp sport=5 dport=7 / text:abcdefgh", &whole, &a);
	make("ip src=10.5.5.5 dst=10.0.0.2 / udp sport=5 dport=7 / text:abcdefgh", &other, &b);
	/* Header and eight bytes (RFC 792). */
	char hex[57] = "";
	for (unsigned i = 0; i < 28; i++)
		snprintf(hex + 2 * i, 3, "%02x", whole.data[i]);
	snprintf(text, sizeof(text),
		 "ip src=10.0.0.9 dst=10.0.0.1 / icmp type=dest-unreach / hex:%s", hex);
	make(text, &p, &c);
	ck_assert_int_eq(rewrite_packet(w, &p, &e), 1);
	ck_assert_uint_eq(p.len, 20 + 8 + 28);
	ck_assert_mem_eq(p.data + 28, b, 28);
	/* And the sums around it hold. */
	dissect_with(reg, &p, &scratch);
	ck_assert_uint_ge(p.nlayers, 3);
	rewrite_close(w);
	free(a);
	free(b);
	free(c);
}
END_TEST

/* Cut to n bytes as a capture cuts it; piece: as IP does, a first fragment. */
static void shorten(struct packet *p, uint8_t *b, uint32_t n, bool piece)
{
	uint32_t sum;

	p->len = n;
	if (!piece)
		return;
	p->wire_len = n;
	b[2] = (uint8_t)(n >> 8);
	b[3] = (uint8_t)n;
	b[6] |= 0x20;
	b[10] = b[11] = 0;
	sum = sum_inet_partial(b, 20, 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	b[10] = (uint8_t)(~sum >> 8);
	b[11] = (uint8_t)~sum;
}

/* A checksum over more bytes than are there becomes what it would be over the whole, also where
 * the fields are of those for which a packet is built anew. */
START_TEST(not_all_there)
{
	static const struct {
		const char *before, *set, *after;
		uint32_t len;
	} v[] = {
		{ "ip " ENDS "/ udp sport=5 dport=80 / fill:300", "udp dport=99",
		  "ip " ENDS "/ udp sport=5 dport=99 / fill:300", 100 },
		{ "ip " ENDS "/ udp sport=5 dport=80 / fill:301", "ip src=10.7.7.7 / udp dport=99",
		  "ip src=10.7.7.7 dst=10.0.0.2 / udp sport=5 dport=99 / fill:301", 100 },
		{ "ip " ENDS "/ tcp sport=5 dport=80 seq=1 / fill:300", "tcp dport=99 seq=77",
		  "ip " ENDS "/ tcp sport=5 dport=99 seq=77 / fill:300", 100 },
		{ "ip " ENDS "/ icmp type=echo-request seq=1 / fill:300", "icmp seq=9",
		  "ip " ENDS "/ icmp type=echo-request seq=9 / fill:300", 44 },
		/* 0 would say that there is none (RFC 768) */
		{ "ip " ENDS "/ udp sport=5 dport=0x1000 / hex:dbcd0000", "udp dport=0x1001",
		  "ip " ENDS "/ udp sport=5 dport=0x1001 / hex:dbcd0000", 28 },
	};

	for (int i = 0; i < COUNT(v) * 4; i++) {
		bool piece = i & 1;
		struct rewrite_opts o = {
			.reg = reg, .set = &v[i / 4].set, .nset = 1, .anew = i & 2
		};
		struct packet p, want;
		uint8_t *a, *b;
		uint64_t number;
		struct err e = { 0 };
		struct rewrite *w = rewrite_open(&o, &e);

		ck_assert_msg(w != NULL, "%s", e.msg);
		make(v[i / 4].before, &p, &a);
		make(v[i / 4].after, &want, &b);
		shorten(&p, a, v[i / 4].len, piece);
		shorten(&want, b, v[i / 4].len, piece);
		ck_assert_int_eq(rewrite_packet(w, &p, &e), 1);
		ck_assert_uint_eq(p.len, want.len);
		ck_assert_uint_eq(p.wire_len, want.wire_len);
		ck_assert_mem_eq(p.data, want.data, want.len);
		ck_assert_uint_eq(rewrite_untold(w, &number), 0);
		rewrite_close(w);
		free(a);
		free(b);
	}
}
END_TEST

/* The fragment in a tunnel: the sum around it, all of whose bytes are there, follows. What is said
 * of the checksum itself holds. */
START_TEST(piece_in_a_tunnel)
{
	static const char *const set[] = { "vxlan / udp dport=99",
					   "vxlan / udp dport=99 chksum=7" };
	static const char outer[] =
		"ip " ENDS "/ udp dport=4789 / vxlan vni=7 / eth type=0x800 / hex:";
	struct packet p, want;
	uint8_t *a, *b, *c, *d;
	struct err e = { 0 };

	for (int i = 0; i < 2; i++) {
		struct rewrite_opts o = { .reg = reg, .set = &set[i], .nset = 1 };
		struct rewrite *w = rewrite_open(&o, &e);
		char text[2][400];

		ck_assert_msg(w != NULL, "%s", e.msg);
		make("ip " ENDS "/ udp sport=5 dport=80 / fill:300", &p, &a);
		make("ip " ENDS "/ udp sport=5 dport=99 / fill:300", &want, &b);
		shorten(&p, a, 60, true);
		shorten(&want, b, 60, true);
		if (i) {
			b[26] = 0;
			b[27] = 7;
		}
		for (int m = 0; m < 2; m++) {
			char *to = text[m] + snprintf(text[m], sizeof(text[m]), "%s", outer);

			for (int k = 0; k < 60; k++)
				to += sprintf(to, "%02x", (m ? b : a)[k]);
		}
		make(text[0], &p, &c);
		make(text[1], &want, &d);
		ck_assert_int_eq(rewrite_packet(w, &p, &e), 1);
		ck_assert_uint_eq(p.len, want.len);
		ck_assert_mem_eq(p.data, want.data, want.len);
		rewrite_close(w);
		free(a);
		free(b);
		free(c);
		free(d);
	}
}
END_TEST

/* Of a checksum of another kind the difference does not tell what it becomes. */
START_TEST(untold)
{
	static const char *const set[] = { "sctp dport=99" };
	struct rewrite_opts o = { .reg = reg, .set = set, .nset = 1 };
	struct packet p;
	uint8_t *a;
	uint64_t number;
	struct err e = { 0 };
	struct rewrite *w = rewrite_open(&o, &e);

	make("ip " ENDS "/ sctp sport=5 dport=9 / sctp_chunk / fill:300", &p, &a);
	ck_assert_int_eq(rewrite_packet(w, &p, &e), 1);
	ck_assert_uint_eq(rewrite_untold(w, &number), 0);
	p.data = a;
	p.len = 100;
	ck_assert_int_eq(rewrite_packet(w, &p, &e), 1);
	ck_assert_uint_eq(rewrite_untold(w, &number), 1);
	ck_assert_uint_eq(number, 3);
	rewrite_close(w);
	free(a);
}
END_TEST

/* A field that this packet does not have: told once, and the packet is as it was. */
START_TEST(unfit)
{
	static const char *const set[] = { "icmp gw=10.0.0.9" };
	struct rewrite_opts o = { .reg = reg, .set = set, .nset = 1 };
	struct packet p, q;
	uint8_t *a;
	const char *why;
	uint64_t number;
	struct err e = { 0 };
	struct rewrite *w = rewrite_open(&o, &e);

	make("ip " ENDS "/ icmp type=echo-request", &p, &a);
	q = p;
	ck_assert_int_eq(rewrite_packet(w, &p, &e), 0);
	ck_assert_ptr_eq(p.data, q.data);
	ck_assert_uint_eq(rewrite_unfit(w, &number, &why), 1);
	ck_assert_uint_eq(number, 3);
	ck_assert_ptr_nonnull(strstr(why, "gw"));
	rewrite_close(w);
	free(a);
}
END_TEST

START_TEST(refused)
{
	static const char *const set[] = { "ip dst=10.0.0.1,10.0.0.2",
					   "ip ttl=1-9",
					   "ip",
					   "ip ttl=300",
					   "ip / hex:00",
					   "ipp ttl=1",
					   "ip tll=1",
					   "" };
	static const char *const map[] = { "10.0.0.1",
					   "10.0.0.1=fd00::1",
					   "10.0.0.0/8=10.0.0.0/9",
					   "10.0.0.0/33=10.0.0.0/33",
					   "tcp:80=http",
					   "tcp:80=70000",
					   "ip:1=2",
					   "a=b",
					   "=",
					   "10.0.0.0/=10.0.0.0/" };

	for (int i = 0; i < COUNT(set) + COUNT(map); i++) {
		bool m = i >= COUNT(set);
		const char *text = m ? map[i - COUNT(set)] : set[i];
		struct rewrite_opts o = {
			.reg = reg, .set = &text, .nset = !m, .map = &text, .nmap = m
		};
		struct err e = { 0 };

		ck_assert_msg(!rewrite_open(&o, &e), "accepted: %s", text);
		ck_assert_msg(e.code == ERR_USAGE && e.msg[0], "%s", text);
	}
}
END_TEST

#define APL(a, b)                                                                                  \
	"ip src=10.0.0.9 dst=10.0.0.8 / udp sport=53 / dns qr=1 qd=name:a+type:APL "               \
	"an=APL:ip:" a "/16+ip:" b "+prefix:25+negate:1+name:a+ttl:9 "

/* Addresses without their last bytes are mapped as what they stand for, and become other ones as
 * the whole ones do. */
START_TEST(parts_of_addresses)
{
	static const char *const map[] = { "10.77.0.0/16=10.9.0.0/16" };
	static const char *const small[] = { "10.77.0.0/24=10.9.9.0/24" };
	static const char *const to[] = { APL("10.9.0.0", "10.9.0.128"),
					  APL("10.77.0.0", "10.9.9.128") };

	for (int i = 0; i < 2; i++) {
		struct rewrite_opts o = { .reg = reg, .map = i ? small : map, .nmap = 1 };
		struct packet p, q;
		uint8_t *a, *b;
		const char *why;
		uint64_t number;
		struct err e = { 0 };
		struct rewrite *w = rewrite_open(&o, &e);

		make(APL("10.77.0.0", "10.77.0.128"), &p, &a);
		make(to[i], &q, &b);
		ck_assert_int_eq(rewrite_packet(w, &p, &e), 1);
		ck_assert_uint_eq(p.len, q.len);
		ck_assert_mem_eq(p.data, q.data, q.len);
		/* 10.9.9.0 has no room in the two bytes of 10.77. */
		ck_assert_uint_eq(rewrite_unfit(w, &number, &why), i);
		rewrite_close(w);
		free(a);
		free(b);
	}
}
END_TEST

START_TEST(parts_anonymised)
{
	static const struct {
		const char *text;
		unsigned n, unread;
	} v[] = { { APL("10.77.0.0", "10.77.0.128"), 4, 0 },
		  { "ip " ENDS "/ udp sport=9999 dport=9998 / hex:0000", 2, 0 },
		  { "ip " ENDS "/ udp sport=9999 dport=9998 / hex:000a", 2, 1 } };
	uint8_t host[4] = { 10, 77, 0, 128 };
	struct rewrite_opts o = { .reg = reg, .anonymise = "seed" };
	struct err e = { 0 };
	struct anonymise *other = anonymise_open("seed", &e);

	ck_assert(anonymise(other, host, 32, 32));
	anonymise_close(other);
	for (int i = 0; i < COUNT(v); i++) {
		struct rewrite *w = rewrite_open(&o, &e);
		struct packet p;
		uint8_t *a;
		uint64_t unread;

		make(v[i].text, &p, &a);
		ck_assert_int_eq(rewrite_packet(w, &p, &e), 1);
		/* RFC 3123: family, prefix, bytes, and then the address */
		const uint8_t *item = memmem(p.data, p.len, "\0\1\x18\2", 4);
		ck_assert_int_eq(item != NULL, i == 0);
		ck_assert(!item || !memcmp(item + 4, host, 2));
		ck_assert_int_eq(memmem(p.data, p.len, host, 4) != NULL, i == 0);
		ck_assert_uint_eq(rewrite_anonymised(w, &unread), v[i].n);
		ck_assert_uint_eq(unread, v[i].unread);
		rewrite_close(w);
		free(a);
	}
}
END_TEST

static void open_all(void)
{
	reg = open_registry();
}

static void close_all(void)
{
	tree_done(&scratch);
	scratch = (struct tree) { 0 };
	registry_close(reg);
}

UNIT_TESTS(rewrite)
{
	tcase_add_unchecked_fixture(t, open_all, close_all);
	tcase_add_test(t, rewritten);
	tcase_add_test(t, quote_cut);
	tcase_add_test(t, not_all_there);
	tcase_add_test(t, piece_in_a_tunnel);
	tcase_add_test(t, untold);
	tcase_add_test(t, unfit);
	tcase_add_test(t, refused);
	tcase_add_test(t, parts_of_addresses);
	tcase_add_test(t, parts_anonymised);
}
