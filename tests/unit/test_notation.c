/* SPDX-License-Identifier: BSD-2-Clause */
/* The notation's reader: text to structure, the call form, command arguments, silent misreads. */
#include "tests/unit/unit.h"

#include "tests/unit/notation_help.h"

static struct registry *reg;

static void setup(void)
{
	reg = open_registry();
}

static void teardown(void)
{
	registry_close(reg);
}

struct row {
	const char *text, *plan;
};

static void check_rows(const struct row *rows, unsigned n, unsigned flags)
{
	struct plan p = { 0 };
	struct buf out = { 0 };

	for (unsigned i = 0; i < n; i++) {
		struct err e = { 0 };

		if (plan_parse(&p, reg, rows[i].text, strlen(rows[i].text), flags, &e))
			ck_abort_msg("%s\n%u: %s", rows[i].text, e.col, e.msg);
		out.n = 0;
		dump_plan(&p, &out);
		ck_assert_msg(!strcmp(buf_cstr(&out), rows[i].plan), "%s\nis   %s\nwant %s",
			      rows[i].text, buf_cstr(&out), rows[i].plan);
	}
	buf_done(&out);
	plan_done(&p);
}

#define CHECK(rows, flags) check_rows(rows, sizeof(rows) / sizeof(rows[0]), flags)

START_TEST(layers)
{
	static const struct row rows[] = {
		{ "eth", "eth" },
		{ "ETH", "eth" },
		{ "Ether / IPv4", "eth / ip" },
		{ "eth/ip/udp", "eth / ip / udp" },
		{ "eth /ip/ udp", "eth / ip / udp" },
		{ "eth/ip / udp dport=5", "eth / ip / udp(dport=5)" },
		{ "ip / dns", "ip / +udp / dns" },
		{ "eth / dns", "eth / +ip / +udp / dns" },
		{ "ip6 / dns", "ip6 / +udp / dns" },
		{ "ip / tst", "ip / +udp / tst" },
		{ "ip dst=10.0.0.2 / gre / ip dst=10.9.9.9 / icmp",
		  "ip(dst=0a000002) / gre / ip(dst=0a090909) / icmp" },
		{ "icmp / ip / udp", "icmp / ip / udp" },
		{ "udp / tst + tst num=2", "udp / tst / <0 tst(num=2)" },
		{ "udp / tst / text:a + tst", "udp / tst / \"61\" / <0 tst" },
		{ "udp / tst / text:a + text:b", "udp / tst / \"61\" / <1 \"62\"" },
		{ "ip / sctp / sctp_chunk + sctp_chunk type=sack / hex:00",
		  "ip / sctp / sctp_chunk / <1 sctp_chunk(type=3) / \"00\"" },
		{ "eth trailer=hex:0000 / ip", "eth ...0000 / ip" },
		{ "eth trailer=\"ab\" / ip", "eth ...6162 / ip" },
		{ "link=1 wire=99 hex:", "\"\"" },
		{ "\n ip\t/\nudp ", "ip / udp" },
	};

	CHECK(rows, 0);
}
END_TEST

START_TEST(values)
{
	static const struct row rows[] = {
		{ "tst num=12", "tst(num=12)" },
		{ "tst num=0x12 op=two-three", "tst(num=18 op=2)" },
		{ "tst op=ANY", "tst(op=9)" },
		{ "tst fl=aa+bb", "tst(fl=3)" },
		{ "tst fl=AB small=0", "tst(fl=3 small=0)" },
		{ "tst fl=wide+aa", "tst(fl=49)" },
		{ "tst num=auto sum=bad", "tst(num!auto sum!bad)" },
		{ "tst num=\"7\"", "tst(num=7)" },
		{ "tst num=hex:0102", "tst(num=raw:0102)" },
		{ "tst num=hex:", "tst(num=raw:)" },
		{ "tst name=hello", "tst(name=68656c6c6f)" },
		{ "tst name=a,b", "tst(name=612c62)" },
		{ "tst name=/index.html", "tst(name=2f696e6465782e68746d6c)" },
		{ "tst name=5\"", "tst(name=3522)" },
		{ "tst name=1-5", "tst(name=312d35)" },
		{ "tst name=auto", "tst(name=6175746f)" },
		{ "tst name=\"\"", "tst(name=)" },
		{ "tst name=\"a b\\n\\x00\\\"\\\\\"", "tst(name=6120620a00225c)" },
		{ "tst name=text:hex:00", "tst(name=6865783a3030)" },
		{ "tst blob=hex:00.ff:01", "tst(blob=00ff01)" },
		{ "tst blob=fill:3:0x41", "tst(blob=414141)" },
		{ "tst blob=count:4", "tst(blob=00010203)" },
		{ "tst name=x name.len=9", "tst(name=78{len=9})" },
		{ "tst name.len=9", "tst(name{len=9})" },
		{ "ip dst=10.0.0.2 proto=udp", "ip(dst=0a000002 proto=17)" },
		{ "ip6 dst=fe80::2%eth0", "ip6(dst=fe800000000000000000000000000002)" },
		{ "tcp tcp.dport=9", "tcp(dport=9)" },
		{ "tcp tcp.dstport=9", "tcp(dport=9)" },
	};

	CHECK(rows, 0);
}
END_TEST

START_TEST(lists)
{
	static const struct row rows[] = {
		{ "tst list=1,2", "tst(list{0=1 1=2})" },
		{ "tst list=none", "tst(list!none)" },
		{ "tst list=hex:0001", "tst(list=raw:0001)" },
		{ "tst list=1,hex:0001", "tst(list{0=1 1=raw:0001})" },
		{ "tst list.0=4 list.1=5", "tst(list{0=4 1=5})" },
		{ "tst things=num:5", "tst(things{0{kind=1 value=5}})" },
		{ "tst things=num:5,addr:10.0.0.1,word:hi,none-at-all",
		  "tst(things{0{kind=1 value=5} 1{kind=2 value=0a000001} 2{kind=3 value=6869} "
		  "3{kind=5}})" },
		{ "tst things=word:\"a,b+c\"+size:9",
		  "tst(things{0{kind=3 value=612c622b63 size=9}})" },
		{ "tst things=77:hex:0102", "tst(things{0{kind=77 value=0102}})" },
		{ "tst things=pair:left:1+right:2",
		  "tst(things{0{kind=4 value{left=1 right=2}}})" },
		{ "tst things=size:3", "tst(things{0{size=3}})" },
		{ "tst things.0.kind=pair things.0.value.right=7",
		  "tst(things{0{kind=4 value{right=7}}})" },
		{ "tst things=num:5 things.0.size=9", "tst(things{0{size=9 kind=1 value=5}})" },
		{ "tst things.0=num:5", "tst(things{0{kind=1 value=5}})" },
		{ "tcp options=mss:1460,nop,ws:7,sackok",
		  "tcp(options{0{type=2 value=1460} 1{type=1} 2{type=3 value=7} 3{type=4}})" },
		{ "tcp options=sack:left:1+right:2+left:3+right:4",
		  "tcp(options{0{type=5 value{0{left=1 right=2} 1{left=3 right=4}}}})" },
		{ "tcp options=ts:val:1+ecr:2", "tcp(options{0{type=8 value{val=1 ecr=2}}})" },
		{ "dns qd=name:a+type:AAAA", "dns(qd{0{name=016100 type=28}})" },
		{ "dns qd.0.qname=a qd.1.name=b", "dns(qd{0{name=016100} 1{name=016200}})" },
		{ "dhcp options=message_type:discover,param_req_list:1+3,end",
		  "dhcp(options{0{code=53 value{type=1}} 1{code=55 value{0{code=1} 1{code=3}}} "
		  "2{code=255}} cookie*=1669485411)" },
	};

	CHECK(rows, 0);
}
END_TEST

START_TEST(payloads)
{
	static const struct row rows[] = {
		{ "udp / text:hello", "udp / \"68656c6c6f\"" },
		{ "udp / \"hello / world\\r\\n\"", "udp / \"68656c6c6f202f20776f726c640d0a\"" },
		{ "udp / hex:dead.BEEF", "udp / \"deadbeef\"" },
		{ "udp / fill:3:0x41", "udp / \"414141\"" },
		{ "udp / fill:2", "udp / \"0000\"" },
		{ "udp / count:3", "udp / \"000102\"" },
		{ "udp / none", "udp / \"\"" },
		{ "udp / \"\"", "udp / \"\"" },
		{ "udp / text:a/b", "udp / \"612f62\"" },
		{ "udp / text:a=b@c", "udp / \"613d624063\"" },
		{ "raw load=ab", "\"6162\"" },
		{ "hex:", "\"\"" },
	};

	CHECK(rows, 0);
}
END_TEST

START_TEST(implied)
{
	static const struct row rows[] = {
		{ "tst extra=5", "tst(extra=5 mode*=4)" },
		{ "tst mode=4 extra=5", "tst(mode=4 extra=5)" },
		{ "tst bitty=1", "tst(bitty=1 fl*=2)" },
		{ "tst fl=3 bitty=1", "tst(fl=3 bitty=1)" },
		{ "tst late=1", "tst(late=1 mode*=7)" },
		{ "tst extra=auto", "tst(extra!auto)" },
		{ "gre key=5", "gre(key=5 key_present*=1)" },
		{ "icmp nexthopmtu=1400", "icmp(nexthopmtu=1400 type*=3)" },
		{ "icmp id=7", "icmp(id=7)" },
	};

	CHECK(rows, 0);
}
END_TEST

START_TEST(patterns)
{
	static const struct row rows[] = {
		{ "ip dst=any / tcp flags=SA", "ip(dst!any) / tcp(flags=18)" },
		{ "ip / dns", "ip / dns" },
		{ "tst extra=5", "tst(extra=5)" },
		{ "tst op=any", "tst(op!any)" },
		{ "tst op=ANY", "tst(op=9)" },
		{ "dns qd=any", "dns(qd!any)" },
	};

	CHECK(rows, PLAN_PATTERN);
}
END_TEST

/* Each call form says the same as the word form beside it. */
static const struct row scapy[] = {
	{ "IP()", "ip" },
	{ "Ether()", "eth" },
	{ "IP(dst=\"10.0.0.2\")/TCP(dport=80,flags=\"S\")",
	  "ip dst=10.0.0.2 / tcp dport=80 flags=S" },
	{ "IP(dst='10.0.0.2')/TCP(dport=80, flags='SA')",
	  "ip dst=10.0.0.2 / tcp dport=80 flags=SA" },
	{ "IP(src=\"1.1.1.1\", dst=\"2.2.2.2\", ttl=64)", "ip src=1.1.1.1 dst=2.2.2.2 ttl=64" },
	{ "Ether()/IP()/UDP()", "eth / ip / udp" },
	{ "Ether() / IP() / UDP()", "eth / ip / udp" },
	{ "Ether(dst=\"ff:ff:ff:ff:ff:ff\")/ARP(op=\"who-has\",pdst=\"10.0.0.5\")",
	  "eth dst=ff:ff:ff:ff:ff:ff / arp op=who-has pdst=10.0.0.5" },
	{ "ARP(op=2, hwsrc=\"00:11:22:33:44:55\", psrc=\"10.0.0.1\")",
	  "arp op=2 hwsrc=00:11:22:33:44:55 psrc=10.0.0.1" },
	{ "IP(dst=\"10.0.0.1\")/ICMP()", "ip dst=10.0.0.1 / icmp" },
	{ "IP(dst=\"10.0.0.1\")/ICMP(type=8,code=0,id=1,seq=2)",
	  "ip dst=10.0.0.1 / icmp type=8 code=0 id=1 seq=2" },
	{ "IP(dst=\"10.0.0.1\")/ICMP(type=\"echo-reply\")",
	  "ip dst=10.0.0.1 / icmp type=echo-reply" },
	{ "IP(dst=\"8.8.8.8\")/UDP(sport=1234,dport=53)/DNS(rd=1)",
	  "ip dst=8.8.8.8 / udp sport=1234 dport=53 / dns rd=1" },
	{ "IP()/UDP()/Raw(\"x\")", "ip / udp / text:x" },
	{ "IP()/UDP()/Raw(load=\"hello world\")", "ip / udp / \"hello world\"" },
	{ "IP()/UDP()/Raw(load=b\"\\x00\\x01\")", "ip / udp / hex:0001" },
	{ "IP()/UDP()/\"payload\"", "ip / udp / text:payload" },
	{ "IP()/TCP()/\"GET / HTTP/1.0\\r\\n\\r\\n\"",
	  "ip / tcp / \"GET / HTTP/1.0\\r\\n\\r\\n\"" },
	{ "IP(ttl=1)/UDP(dport=33434)", "ip ttl=1 / udp dport=33434" },
	{ "IP(id=0x1234, flags=\"DF\")", "ip id=0x1234 flags=DF" },
	{ "IP(version=5, ihl=6, chksum=0xdead)", "ip version=5 ihl=6 chksum=0xdead" },
	{ "IP(proto=47)/GRE()", "ip proto=47 / gre" },
	{ "IPv6(dst=\"fe80::1\")", "ip6 dst=fe80::1" },
	{ "IPv6(src=\"::1\",dst=\"::2\",hlim=3)/UDP()", "ip6 src=::1 dst=::2 hlim=3 / udp" },
	{ "IPv6()/ICMPv6()", "ip6 / icmp6" },
	{ "IPv6(fl=7, tc=1)/TCP(sport=1, dport=2)", "ip6 fl=7 tc=1 / tcp sport=1 dport=2" },
	{ "Ether()/Dot1Q(vlan=7)/IP()", "eth / vlan vlan=7 / ip" },
	{ "Ether()/Dot1Q(vlan=7,prio=3)/ARP()", "eth / vlan vlan=7 prio=3 / arp" },
	{ "Ether(src=\"02:00:00:00:00:01\",type=0x88b5)/Raw(\"abc\")",
	  "eth src=02:00:00:00:00:01 type=0x88b5 / text:abc" },
	{ "IP()/TCP(sport=1024,dport=80,seq=100,ack=5,window=512)",
	  "ip / tcp sport=1024 dport=80 seq=100 ack=5 window=512" },
	{ "IP()/TCP(flags=\"FPU\")", "ip / tcp flags=FPU" },
	{ "IP()/TCP(flags=0x12)", "ip / tcp flags=0x12" },
	{ "IP()/UDP(len=4,chksum=0)", "ip / udp len=4 chksum=0" },
	{ "IP()/UDP()/BOOTP(op=1)", "ip / udp / dhcp op=1" },
	{ "IP()/UDP()/NTP(version=4)", "ip / udp / ntp version=4" },
	{ "IP(dst=\"10.0.0.2\",)/UDP(dport=9,)", "ip dst=10.0.0.2 / udp dport=9" },
	{ "IP(\n  dst=\"10.0.0.2\",\n  ttl=3\n)/UDP()", "ip dst=10.0.0.2 ttl=3 / udp" },
	{ "IP(dst=\"10.0.0.2\" , ttl=9 )/ICMP( )", "ip dst=10.0.0.2 ttl=9 / icmp" },
	{ "Ether()/IP(dst=\"10.0.0.2\")/VXLAN(vni=5)", "eth / ip dst=10.0.0.2 / vxlan vni=5" },
	{ "IP(tos=0x10, frag=0)/SCTP(tag=1)", "ip tos=0x10 frag=0 / sctp tag=1" },
	{ "Ether()/IP(dst=\"10.0.0.2\")/udp dport=9", "eth / ip dst=10.0.0.2 / udp dport=9" },
};

START_TEST(call_form)
{
	struct plan a = { 0 }, b = { 0 };
	struct build x = { 0 }, y = { 0 };
	unsigned done = 0;

	for (unsigned i = 0; i < sizeof(scapy) / sizeof(scapy[0]); i++) {
		struct err e = { 0 };
		const char *s = scapy[i].text, *t = scapy[i].plan;

		if (plan_parse(&a, reg, s, strlen(s), 0, &e) || build(&x, &a, &e))
			ck_abort_msg("%s\n%u: %s", s, e.col, e.msg);
		if (plan_parse(&b, reg, t, strlen(t), 0, &e) || build(&y, &b, &e))
			ck_abort_msg("%s\n%u: %s", t, e.col, e.msg);
		ck_assert_msg(x.bytes.n == y.bytes.n && !memcmp(x.bytes.p, y.bytes.p, x.bytes.n),
			      "%s\n%s", s, t);
		done++;
	}
	ck_assert_uint_ge(done, 40);
	plan_done(&a);
	plan_done(&b);
	build_done(&x);
	build_done(&y);
}
END_TEST

/* Bytes that others wrote down: RFC 1071's example is not a packet, so a ping as captured. */
START_TEST(known_bytes)
{
	static const char text[] =
		"ip id=0x55cb flags=DF src=10.77.0.1 dst=10.77.0.2 / icmp id=50 seq=1 / "
		"hex:"
		"831e036b00000000e77f090000000000101112131415161718191a1b1c1d1e1f2021222324252627"
		"28292a2b2c2d2e2f3031323334353637";
	static const char bytes[] = "4500005455cb40004001d0410a4d00010a4d00020800c1f000320001831e03"
				    "6b00000000e77f09000000"
				    "0000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c"
				    "2d2e2f3031323334353637";
	struct plan p = { 0 };
	struct build b = { 0 };
	struct buf hex = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(plan_parse(&p, reg, text, strlen(text), 0, &e), 0);
	ck_assert_int_eq(build(&b, &p, &e), 0);
	buf_hex(&hex, (const uint8_t *)b.bytes.p, b.bytes.n);
	ck_assert_str_eq(buf_cstr(&hex), bytes);
	buf_done(&hex);
	build_done(&b);
	plan_done(&p);
}
END_TEST

/* Shorthand and paths to the same item meet. */
START_TEST(merged)
{
	static const char *const text[] = { "tst things=num:5 things.0.size=9",
					    "tst things.0.size=9 things=num:5",
					    "tst things=num:5+size:9" };
	struct plan p = { 0 };
	struct build b = { 0 };
	struct buf first = { 0 };

	for (unsigned i = 0; i < 3; i++) {
		struct err e = { 0 };

		ck_assert_int_eq(plan_parse(&p, reg, text[i], strlen(text[i]), 0, &e), 0);
		ck_assert_int_eq(build(&b, &p, &e), 0);
		if (!i)
			buf_put(&first, b.bytes.p, b.bytes.n);
		ck_assert_uint_eq(b.bytes.n, first.n);
		ck_assert_int_eq(memcmp(b.bytes.p, first.p, first.n), 0);
	}
	buf_done(&first);
	build_done(&b);
	plan_done(&p);
}
END_TEST

struct args {
	const char *argv[8];
	const char *plan;
};

START_TEST(arguments)
{
	static const struct args rows[] = {
		{ { "udp", "/", "tst", "name=living room" },
		  "udp / tst(name=6c6976696e6720726f6f6d)" },
		{ { "udp", "/", "tst", "name=\"living room\"" },
		  "udp / tst(name=6c6976696e6720726f6f6d)" },
		{ { "udp", "/", "tst", "name=/index.html" },
		  "udp / tst(name=2f696e6465782e68746d6c)" },
		{ { "udp", "/", "tst", "name=a/b", "num=1" }, "udp / tst(name=612f62 num=1)" },
		{ { "udp", "/", "tst", "name=a b / udp" }, "udp / tst(name=612062202f20756470)" },
		{ { "udp", "/", "tst", "name= " }, "udp / tst(name=20)" },
		{ { "udp", "/", "text:a b / c" }, "udp / \"612062202f2063\"" },
		{ { "udp / tst num=4", "name=x" }, "udp / tst(num=4 name=78)" },
		{ { "udp", "/", "\"a / b\"" }, "udp / \"61202f2062\"" },
		{ { "udp", "/", "tst", "blob=hex:aa bb", "num=4" }, "udp / tst(blob=aabb num=4)" },
		{ { "udp/tst" }, "udp / tst" },
		{ { "link=1 wire=9 ip / udp" }, "ip / udp" },
		{ { "tst", "things=word:a b,num:4", "num=1" },
		  "tst(things{0{kind=3 value=612062} 1{kind=1 value=4}} num=1)" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan p = { 0 };
		struct joined j;
		struct buf out = { 0 };
		struct err e = { 0 };
		int n = 0;

		while (n < 8 && rows[i].argv[n])
			n++;
		ck_assert_int_eq(notation_join(&j, n, (char *const *)rows[i].argv, &e), 0);
		if (plan_parse_joined(&p, reg, &j, 0, &e))
			ck_abort_msg("%s\n%u: %s", j.text, e.col, e.msg);
		dump_plan(&p, &out);
		ck_assert_msg(!strcmp(buf_cstr(&out), rows[i].plan), "%s\nis   %s\nwant %s", j.text,
			      buf_cstr(&out), rows[i].plan);
		joined_done(&j);
		buf_done(&out);
		plan_done(&p);
	}
}
END_TEST

START_TEST(scope_and_link)
{
	struct plan p = { 0 };
	struct err e = { 0 };

	ck_assert_int_eq(plan_parse(&p, reg, "ip6 dst=fe80::2%eth0", 20, 0, &e), 0);
	ck_assert_str_eq(p.scope, "eth0");
	ck_assert_int_eq(plan_parse(&p, reg, "eth", 3, 0, &e), 0);
	ck_assert_str_eq(p.scope, "");
	ck_assert_uint_eq(p.link, LINK_ETHERNET);
	ck_assert_int_eq(plan_parse(&p, reg, "ip", 2, 0, &e), 0);
	ck_assert_uint_eq(p.link, LINK_RAW);
	ck_assert_int_eq(plan_parse(&p, reg, "link=228 wire=70 ip", 19, 0, &e), 0);
	ck_assert_uint_eq(p.link, LINK_IPV4);
	ck_assert_uint_eq(p.wire_len, 70);
	ck_assert_int_eq(plan_parse(&p, reg, "hex:", 4, 0, &e), 0);
	ck_assert_uint_eq(p.link, LINK_NONE);
	plan_done(&p);
}
END_TEST

/* Every line in a box of the reference is read and built. */
START_TEST(documented)
{
	FILE *f = fopen(STRATA_SOURCE "/docs/notation.md", "r");
	struct plan p = { 0 };
	struct build b = { 0 };
	char line[512];
	bool inside = false;
	unsigned n = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		struct err e = { 0 };

		if (!strncmp(line, "```", 3)) {
			inside = !strcmp(line, "```packet\n");
			continue;
		}
		if (!inside)
			continue;
		n++;
		if (plan_parse(&p, reg, line, strlen(line), 0, &e) || build(&b, &p, &e))
			ck_abort_msg("%s%u: %s", line, e.col, e.msg);
	}
	ck_assert_uint_ge(n, 20);
	fclose(f);
	build_done(&b);
	plan_done(&p);
}
END_TEST

UNIT_TESTS(notation)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, layers);
	tcase_add_test(t, values);
	tcase_add_test(t, lists);
	tcase_add_test(t, payloads);
	tcase_add_test(t, implied);
	tcase_add_test(t, patterns);
	tcase_add_test(t, call_form);
	tcase_add_test(t, known_bytes);
	tcase_add_test(t, merged);
	tcase_add_test(t, arguments);
	tcase_add_test(t, scope_and_link);
	tcase_add_test(t, documented);
}
