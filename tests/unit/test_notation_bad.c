/* SPDX-License-Identifier: BSD-2-Clause */
/* What the notation refuses: exit code, the column under which the caret stands, and what is said.
 */
#include "tests/unit/unit.h"

#include "tests/unit/notation_help.h"

struct bad {
	const char *text;
	unsigned col, span; /* span 0: not checked */
	const char *says;
};

static const struct bad bad[] = {
	/* layers */
	{ "", 1, 0, "a packet is wanted" },
	{ "   ", 4, 0, "a packet is wanted" },
	{ "tpc", 1, 3, "did you mean 'tcp'" },
	{ "ip / tpc dport=9", 6, 3, "did you mean 'tcp'" },
	{ "eth/ipp/udp", 5, 3, "did you mean 'ip" },
	{ "ip / hello", 6, 5, "for text write text:hello" },
	{ "ip / GET", 6, 3, "for text write text:GET" },
	{ "ip /", 4, 1, "a layer is missing" },
	{ "ip / / udp", 6, 1, "a layer is missing" },
	{ "/ ip", 1, 1, "a layer is missing" },
	{ "ip / + udp", 6, 1, "a layer is missing" },
	{ "dst=10.0.0.2 / tcp", 1, 12, "a layer's name is wanted" },
	{ "ip dst=10.0.0.2 tcp", 17, 3, "before a layer write '/'" },
	{ "udp text:x", 5, 6, "before a payload write '/'" },
	{ "udp / text:x / dns", 16, 3, "nothing stands on payload bytes" },
	{ "udp / text:x dport=4", 14, 7, "'/' and a layer, or the end" },
	{ "ip + ip", 6, 2, "nothing below it" },
	{ "hex:00 + hex:01", 10, 6, "nothing below it" },
	{ "udp/\"x\"", 1, 7, "layers are separated by ' / '" },
	{ "eth / ip/udp=5", 7, 0, "" },
	{ "link=x ip", 6, 1, "link= takes a number" },
	{ "link=70000 ip", 6, 5, "link= takes a number" },
	{ "wire=-1 ip", 6, 2, "wire= takes a number" },
	/* fields */
	{ "tcp flag=S", 5, 4, "tcp has no field 'flag'; did you mean 'flags'?" },
	{ "tcp zzzzzz=S", 5, 6, "tcp has no field 'zzzzzz'" },
	{ "ip / udp dport=53 sport=4 dport=5", 33, 1, "dport was said before" },
	{ "tst list=1 list.0=4", 0, 0, "said" },
	{ "tst list=1 list=2", 17, 1, "list was said before" },
	{ "tst things=num:5 things.0.value=6", 0, 0, "said" },
	{ "tst num", 5, 3, "num needs a value: num=..." },
	{ "tst num=", 5, 4, "num= needs a value" },
	{ "tst name= num=4", 5, 5, "name= needs a value; for empty text write \"\"" },
	{ "tst num.x=4", 9, 1, "num has no fields of its own" },
	{ "tst list.name=4", 10, 4, "list is a list" },
	{ "tst things.kind=num", 12, 4, "things is a list; its items are things.0" },
	{ "tst things.0.knd=num", 14, 3, "did you mean 'kind'" },
	{ "tst num.0=4", 9, 1, "num is no list" },
	{ "tst list.9999=4", 10, 4, "an item's number is between 0 and 4095" },
	{ "tst list.=4", 0, 0, "missing after this dot" },
	{ "tst name.len=x", 14, 1, "len takes a number" },
	{ "tst ?=4", 5, 3, "is no field of tst" },
	/* values */
	{ "tst num=70000", 9, 5, "does not fit" },
	{ "tst num=x", 9, 1, "" },
	{ "tst num=1,,2", 11, 1, "a value is missing" },
	{ "tst num=5-1", 9, 3, "runs backwards" },
	{ "tst num=1-70000", 11, 5, "does not fit" },
	{ "tst op=too-three", 8, 9, "did you mean 'two-three'" },
	{ "tst op=xyzzy", 8, 5, "no word 'xyzzy'" },
	{ "tcp flags=syn,ack", 11, 7, "both in one packet: syn+ack" },
	{ "tst fl=aa,bb", 8, 5, "both in one packet: aa+bb" },
	{ "tst num=bad", 9, 3, "num is not computed" },
	{ "tst name=x num=any", 16, 3, "any is for expectations" },
	{ "tst num=fresh", 9, 5, "no fresh value" },
	{ "tst num=1,auto", 11, 4, "auto stands alone" },
	{ "tst num={syn.seq}", 9, 9, "tests, reactions and edits" },
	{ "ip flags=hex:00", 10, 6, "3 bits wide" },
	{ "tst num=hex:0g", 14, 1, "no hexadecimal digit" },
	{ "tst num=hex:012", 13, 3, "two digits for each byte; here are 3" },
	{ "ip / hex:1", 10, 1, "two digits for each byte; here is 1" },
	{ "udp zzzzzz=1", 5, 6, "udp has no field 'zzzzzz'; it has sport, dport, len, chksum" },
	{ "dns qd.0.zzzzzz=1", 10, 6, "it has name, type, class" },
	{ "dns qd=zzzzzz:1", 8, 6, "an item is written name:VALUE+type:VALUE+class:VALUE" },
	{ "ip dst=10.0.0.300", 8, 10, "not an IPv4 address" },
	{ "ip dst=10.0.0.0/33", 17, 2, "at most 32" },
	{ "ip dst=10.0.0.1-4", 8, 10, "both whole: 10.0.0.1-10.0.0.4" },
	{ "udp / file:/etc/hostname", 7, 18, "a file are written @/etc/hostname" },
	{ "ip dst=10.0.0.0/x", 17, 1, "a number of bits" },
	{ "ip dst=10.0.0.2/tcp dport=80", 16, 1, "before a layer write ' / '" },
	{ "ip dst=inc", 8, 3, "say where to begin" },
	{ "tst num=inc:1+0", 15, 1, "a step is a number above 0" },
	{ "ip6 dst=fe80::1%", 16, 1, "an interface's name is wanted" },
	{ "ip6 src=fe80::1%a dst=fe80::2%b", 30, 2, "another address named a" },
	{ "tst name=\"x", 10, 1, "this quote is not closed" },
	{ "tst name=\"x\"y", 13, 1, "nothing may follow the closing quote" },
	{ "tst name=\"a\\q\"", 12, 2, "unknown escape" },
	{ "tst name=each:a,rand:4", 17, 6, "rand: stands alone" },
	{ "tst blob=fill:x", 15, 1, "a number of bytes" },
	{ "tst blob=fill:3:256", 17, 3, "a byte is 0 to 255" },
	{ "tst blob=fill:999999", 15, 6, "at most 262144" },
	{ "tst blob=@/no/such/file", 11, 13, "cannot open" },
	{ "udp / fill:", 0, 0, "a number of bytes" },
	/* items */
	{ "tst things=nmu:5", 12, 3, "" },
	{ "tst things=num:5,", 0, 0, "missing" },
	{ "tst things=num:", 0, 0, "" },
	{ "tst things=num:5,bogus:7", 18, 5, "" },
	{ "tst things=num:x", 16, 1, "" },
	{ "tst list=1,,2", 12, 1, "an item of list is missing" },
	{ "tst things=pair:5", 17, 1, "" },
	/* conditions */
	{ "tst mode=3 extra=5", 12, 5, "tst has extra only if mode == 4" },
	{ "tst odd=1", 5, 3, "tst has odd only if mode * 2 == 100" },
	{ "icmp type=echo-request nexthopmtu=5", 24, 10, "icmp has nexthopmtu only if type == 3" },
	/* the call form */
	{ "IP(dst=\"10.0.0.2\"", 3, 1, "this ( is not closed" },
	{ "IP(dst=10.0.0.2", 3, 1, "this ( is not closed" },
	{ "IP(\"10.0.0.2\")", 4, 10, "write NAME=VALUE" },
	{ "TCP(dport=[80,443])", 11, 1, "several values are written in the word form" },
	{ "TCP(sport=RandShort())", 20, 1, "one number, word or string" },
	{ "TCP(options=[('MSS',1460)])", 13, 1, "one number, word or string" },
	{ "IP(dts=\"10.0.0.2\")", 4, 3, "did you mean 'dst'" },
	{ "Raw(lod=\"x\")", 5, 3, "raw has no field 'lod'" },
	{ "IP()UDP()", 5, 5, "here '/' and a layer" },
	{ "IP(dst=\"10.0.0.2)", 8, 1, "this quote is not closed" },
};

static int read_and_build(struct plan *p, struct build *b, const struct registry *reg,
			  const char *text, struct err *e)
{
	return plan_parse(p, reg, text, strlen(text), 0, e) || build(b, p, e);
}

/* What is wrong with how row b is refused; NULL: nothing. */
static const char *judge(const struct bad *b, int rc, const struct err *e)
{
	if (!rc)
		return "it was taken";
	if (e->code != (strstr(b->text, "@/") ? ERR_IO : ERR_USAGE))
		return "another exit code";
	if (!strstr(e->msg, b->says))
		return "another sentence";
	if (e->lineno != 1 || (b->col && e->col != b->col))
		return "another column";
	return b->span && e->span != b->span ? "another span" : NULL;
}

START_TEST(refused)
{
	struct registry *reg = open_registry();
	struct plan p = { 0 };
	struct build b = { 0 };
	unsigned wrong = 0;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = { 0 };
		const char *why = judge(&bad[i], read_and_build(&p, &b, reg, bad[i].text, &e), &e);

		if (!why)
			continue;
		wrong++;
		fprintf(stderr, "%s\n  %s: %u+%u %s\n", bad[i].text, why, e.col, e.span, e.msg);
	}
	ck_assert_uint_eq(wrong, 0);
	build_done(&b);
	plan_done(&p);
	registry_close(reg);
}
END_TEST

/* A name with one typo is never another name, and most are recognised. */
START_TEST(typos)
{
	static const char *const words[] = {
		"ip src=1.1.1.1 / udp", "ip dst=1.1.1.1 / tcp",
		"tcp window=5",         "tcp flags=S",
		"tcp options=nop",      "udp chksum=1",
		"udp sport=4",          "ip flags=DF",
		"ip proto=6",           "arp hwsrc=0:0:0:0:0:0",
		"arp op=who-has",       "vlan prio=3",
		"icmp type=echo-reply", "icmp code=4",
		"dns opcode=status",    "dns qd=name:a+type:AAAA",
		"ip6 hlim=3",           "ip6 dst=::1",
		"gre proto=0x800",      "vxlan vni=6",
		"sctp tag=5",           "dhcp xid=7",
		"dhcp yiaddr=1.1.1.1",  "ntp stratum=1",
	};
	struct registry *reg = open_registry();
	struct plan p = { 0 };
	unsigned tried = 0, near = 0;

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *eq = strchr(words[i], '='), *name = eq;
		char text[64];
		size_t n;

		while (name > words[i] && name[-1] != ' ')
			name--;
		n = (size_t)(eq - name);
		if (n < 3)
			continue;
		for (size_t k = 0; k < n; k++) { /* one letter left out, then one changed */
			for (int change = 0; change < 2; change++) {
				struct err e = { 0 };

				snprintf(text, sizeof(text), "%.*s%s%s",
					 (int)(name - words[i] + (long)k), words[i],
					 change ? "q" : "", name + k + 1);
				if (plan_parse(&p, reg, text, strlen(text), 0, &e) == 0)
					continue; /* id for vid: another field of the same layer */
				ck_assert_int_eq(e.code, ERR_USAGE);
				tried++;
				near += strstr(e.msg, "did you mean") != NULL;
			}
		}
	}
	ck_assert_uint_gt(tried, 150);
	ck_assert_msg(near * 10 >= tried * 9, "%u of %u typos were told apart", near, tried);
	plan_done(&p);
	registry_close(reg);
}
END_TEST

UNIT_TESTS(notation_bad)
{
	tcase_add_test(t, refused);
	tcase_add_test(t, typos);
}
