/* SPDX-License-Identifier: BSD-2-Clause */
/* The notation's printer: what a packet looks like as text, and that the text rebuilds it, for
 * every protocol there is, whole and broken. */
#include "tests/unit/unit.h"

#include "tests/unit/notation_help.h"

#include "dissect/dissect.h"

static struct registry *reg;
static struct printer *pr;
static struct plan plan;
static struct build made;
static struct buf out;

static void setup(void)
{
	reg = open_registry();
	pr = printer_open(reg);
}

static void teardown(void)
{
	plan_done(&plan);
	build_done(&made);
	buf_done(&out);
	printer_close(pr);
	registry_close(reg);
}

static void craft(const char *text)
{
	struct err e = { 0 };

	if (plan_parse(&plan, reg, text, strlen(text), 0, &e) || build(&made, &plan, &e))
		ck_abort_msg("%s\n%u: %s", text, e.col, e.msg);
}

/* Print pkt, read it back, and compare bytes, link type and length. */
static void prove(const struct packet *pkt, unsigned flags)
{
	struct err e = { 0 };

	out.n = 0;
	ck_assert_int_eq(print_expr(pr, pkt, flags, &out), 0);
	if (plan_parse(&plan, reg, out.p, out.n, PLAN_NO_FILES, &e) || build(&made, &plan, &e))
		ck_abort_msg("%s\n%u: %s", buf_cstr(&out), e.col, e.msg);
	ck_assert_msg(made.bytes.n == pkt->len &&
			      (!pkt->len || !memcmp(made.bytes.p, pkt->data, pkt->len)),
		      "other bytes: %s", buf_cstr(&out));
	ck_assert_uint_eq(made.pkt.wire_len, pkt->wire_len);
	ck_assert_uint_eq(plan.link, pkt->link);
}

/* A copy of what was made, in a buffer of its very size, dissected. */
static uint8_t *take(struct packet *pkt)
{
	uint8_t *p = malloc(made.bytes.n ? made.bytes.n : 1);

	ck_assert_ptr_nonnull(p);
	if (made.bytes.n)
		memcpy(p, made.bytes.p, made.bytes.n);
	*pkt = (struct packet) { .data = p,
				 .len = (uint32_t)made.bytes.n,
				 .wire_len = (uint32_t)made.bytes.n,
				 .link = plan.link };
	dissect(reg, pkt);
	return p;
}

START_TEST(canonical)
{
	static const struct {
		const char *text, *prints;
	} rows[] = {
		{ "ip", "ip" },
		/* One of 150 forms that an attribute may have. */
		{ "ip / udp / radius attributes.0.type=WLAN-HESSID attributes.0.value=x "
		  "attributes.1.type=Vendor-Specific attributes.1.value.vendor_id=Cisco",
		  "ip / udp / radius attributes=WLAN-HESSID:x,Vendor-Specific:Cisco" },
		{ "IP(dst=\"10.0.0.2\")/TCP(dport=80,flags=\"SA\")",
		  "ip dst=10.0.0.2 / tcp flags=syn+ack" },
		{ "ip / udp dport=9000 / text:hello", "ip / udp dport=9000 / text:hello" },
		{ "ip / udp dport=9000 / \"two words\\n\"",
		  "ip / udp dport=9000 / \"two words\\n\"" },
		{ "ip / udp dport=9000 / hex:00FF", "ip / udp dport=9000 / hex:00ff" },
		{ "ip / udp sport=53 dport=4000 / dns", "ip / udp sport=53 dport=4000 / dns" },
		{ "ip / dns qd=name:example.org+type:AAAA",
		  "ip / udp / dns qd=name:example.org+type:AAAA" },
		{ "ip chksum=1 ttl=5 / icmp id=7", "ip ttl=5 chksum=0x0001 / icmp id=7" },
		{ "ip len=99 / udp / text:x", "ip len=99 / udp / text:x" },
		{ "ip proto=99", "ip proto=99" },
		{ "eth trailer=hex:0000 / ip / udp", "eth trailer=hex:0000 / ip / udp" },
		{ "eth / vlan vlan=7 / vlan vlan=8 / ip", "eth / vlan vlan=7 / vlan vlan=8 / ip" },
		{ "ip / tcp options=mss:1460,nop,ws:7,sackok / text:x",
		  "ip / tcp options=mss:1460,nop,ws:7,sackok,eol / text:x" },
		{ "ip / tcp options=nop,nop,sack:left:1+right:2+left:3+right:4",
		  "ip / tcp options=nop,nop,sack:left:1+right:2+left:3+right:4" },
		{ "ip / tcp options=hex:02040000", "ip / tcp options=mss:0" },
		{ "ip / sctp / sctp_chunk tsn=1 / text:abc",
		  "ip / sctp / sctp_chunk tsn=1 / text:abc" },
		{ "ip / udp / tst + tst num=4", "ip / udp / tst / hex:000300" },
		{ "ip / udp / tst name=\"a b\"", "ip / udp / tst name=\"a b\"" },
		{ "ip / udp / tst name=hex:00ff blob=hex:414243444546",
		  "ip / udp / tst name=\"\\x00\\xff\" blob=hex:414243444546" },
		{ "ip / udp / tst fl=wide+aa op=two-three",
		  "ip / udp / tst op=two-three fl=aa+wide" },
		{ "ip / udp / tst list=1,2 things=num:5,word:\"a,b\",pair:left:1",
		  "ip / udp / tst list=1,2 things=num:5,word:\"a,b\",pair:left:1" },
		{ "ip / udp / netflow version=9 sets.0.body.0.template_fields="
		  "fieldType:IPV4_SRC_ADDR,fieldType:IN_BYTES,fieldType:TOS+fieldLength:1",
		  "ip / udp / netflow version=9 sets.0.body=template_fields:fieldType:IPV4_SRC_ADDR"
		  "+fieldType:IN_BYTES+fieldType:TOS+fieldLength:1" },
		{ "ip / udp / tst mode=4 extra=9", "ip / udp / tst mode=4 extra=9" },
		{ "ip / icmp type=dest-unreach / ip / udp dport=7 / text:x",
		  "ip / icmp type=dest-unreach / ip / udp dport=7 / text:x" },
		{ "link=1 hex:", "link=1 hex:" },
		{ "link=147 hex:0102", "link=147 hex:0102" },
		{ "link=228 ip / udp", "link=228 ip / udp" },
	};
	struct packet pkt;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *p;

		craft(rows[i].text);
		p = take(&pkt);
		prove(&pkt, 0);
		/* Side by side without a length of its own is the first one's payload. */
		if (rows[i].prints && !strstr(rows[i].text, "tst + tst"))
			ck_assert_str_eq(buf_cstr(&out), rows[i].prints);
		ck_assert_msg(strstr(rows[i].text, "link=1") || printer_rung(pr) <= RUNG_SAID,
			      "%s: rung %d", buf_cstr(&out), printer_rung(pr));
		free(p);
	}
}
END_TEST

static bool is_there(const struct packet *pkt, const struct proto *proto)
{
	for (unsigned i = 0; i < pkt->nlayers; i++) {
		if (pkt->layers[i].proto == proto)
			return true;
	}
	return false;
}

/* A packet of proto as crafted by default, from a link type on which it is recognised. */
static uint8_t *packet_of(const struct proto *proto, struct packet *pkt)
{
	static const char *const below[] = { "dot3", "eth", "ip", "null", "sll", "radiotap" };
	const struct proto *mid[4];
	char text[64];
	uint8_t *p;

	for (unsigned i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		const struct proto *base = registry_find(reg, below[i], strlen(below[i]));

		if (registry_link(reg, proto) >= 0)
			snprintf(text, sizeof(text), "%s", proto->name);
		else if (base && registry_path(reg, base, proto, mid, 4) >= 0)
			snprintf(text, sizeof(text), "%s / %s", below[i], proto->name);
		else
			continue;
		craft(text);
		p = take(pkt);
		if (is_there(pkt, proto))
			return p;
		free(p);
	}
	return NULL;
}

static uint64_t next(uint64_t *x)
{
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return *x * UINT64_C(2685821657736338717);
}

START_TEST(every_protocol)
{
	unsigned found = 0;
	uint64_t seed = 1;

	for (unsigned i = 0; i < registry_count(reg); i++) {
		const struct proto *proto = registry_at(reg, i);
		struct packet pkt, bad;
		uint8_t *p = packet_of(proto, &pkt), *q;

		if (!p)
			continue;
		found++;
		prove(&pkt, 0);
		ck_assert_msg(printer_rung(pr) <= RUNG_SAID, "%s: rung %d: %s", proto->name,
			      printer_rung(pr), buf_cstr(&out));
		prove(&pkt, PRINT_FULL);
		for (unsigned k = 0; k < 200 && pkt.len; k++) {
			uint32_t n = k < 100 ? pkt.len : (uint32_t)(next(&seed) % (pkt.len + 1));

			q = malloc(n ? n : 1);
			if (n)
				memcpy(q, p, n);
			for (unsigned m = 0; n && m <= k % 4; m++)
				q[next(&seed) % n] = (uint8_t)next(&seed);
			bad = (struct packet) {
				.data = q, .len = n, .wire_len = k % 3 ? n : n + 7, .link = pkt.link
			};
			dissect(reg, &bad);
			prove(&bad, k % 7 ? 0 : PRINT_FULL);
			free(q);
		}
		free(p);
	}
	ck_assert_uint_gt(found, 40);
}
END_TEST

START_TEST(full)
{
	struct packet pkt;
	uint8_t *p;

	craft("ip / udp / text:x");
	p = take(&pkt);
	prove(&pkt, PRINT_FULL);
	ck_assert_str_eq(
		buf_cstr(&out),
		"ip version=4 ihl=5 tos=0x00 len=29 id=0x0001 flags=0 frag=0 ttl=64 proto=17 "
		"chksum=0x7ccd src=127.0.0.1 dst=127.0.0.1 options=none / udp sport=53124 "
		"dport=9 len=9 chksum=0xba4b / text:x");
	free(p);
}
END_TEST

START_TEST(payloads)
{
	static const struct {
		const char *bytes;
		unsigned n;
		const char *prints;
	} rows[] = {
		{ "hello", 5, "text:hello" },
		{ "a b", 3, "\"a b\"" },
		{ "", 0, "hex:" },
		{ "\0", 1, "hex:00" },
		{ "\r\n", 2, "\"\\r\\n\"" },
		{ "a\"b\\", 4, "\"a\\\"b\\\\\"" },
		{ "\x80", 1, "hex:80" },
		{ "\x1b[2J", 4, "hex:1b5b324a" },
		{ "#x", 2, "\"#x\"" },
		{ "a;b", 3, "\"a;b\"" },
		{ "$(x)", 4, "\"$(x)\"" },
		{ "/a?b=c&d", 8, "\"/a?b=c&d\"" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		out.n = 0;
		print_payload((const uint8_t *)rows[i].bytes, rows[i].n, &out);
		ck_assert_str_eq(buf_cstr(&out), rows[i].prints);
	}
}
END_TEST

/* Times, directions and lengths of a whole script come back. */
START_TEST(script_lines)
{
	static const int64_t when[] = { INT64_C(1795343896773907123),
					INT64_C(1795343896786907124),
					INT64_C(1795343896786907124),
					INT64_C(1795343896000000000),
					-1500000000,
					INT64_C(9000000000000000000),
					INT64_MIN,
					0 };
	static const char first[] =
		"at=2026-11-22T10:38:16.773907123Z ip / udp / text:x\n+0.013000001 > wire=30 ip";
	struct buf text = { 0 };
	struct err e = { 0 };
	struct script_line l;
	struct script *s;
	struct packet pkt;
	int64_t now = 0;
	uint8_t *p;

	craft("ip / udp / text:x");
	p = take(&pkt);
	for (unsigned i = 0; i < 8; i++) {
		pkt.when = when[i];
		pkt.wire_len = pkt.len + i;
		ck_assert_int_eq(print_script_line(pr, &pkt, i % 2 ? PRINT_SENT : 0, &text), 0);
	}
	ck_assert_int_eq(strncmp(text.p, first, strlen(first)), 0);
	s = script_open(NULL, "", text.p, text.n, &e);
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_int_eq(script_next(s, &l, &e), 1);
		now = l.time == SCRIPT_AT ? l.when : now + l.when;
		ck_assert_int_eq(now, when[i]);
		ck_assert_int_eq(l.dir, i % 2 ? '>' : 0);
		ck_assert_int_eq(script_plan(s, &plan, reg, 0, &e), 0);
		ck_assert_int_eq(build(&made, &plan, &e), 0);
		ck_assert_uint_eq(made.pkt.wire_len, pkt.len + i);
		ck_assert_int_eq(memcmp(made.bytes.p, p, pkt.len), 0);
	}
	ck_assert_int_eq(script_next(s, &l, &e), 0);
	script_close(s);
	buf_done(&text);
	free(p);
}
END_TEST

UNIT_TESTS(notation_print)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, canonical);
	tcase_add_test(t, every_protocol);
	tcase_add_test(t, full);
	tcase_add_test(t, payloads);
	tcase_add_test(t, script_lines);
}
