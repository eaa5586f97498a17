/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets held against patterns in the notation. */
#include "tests/unit/dissect_help.h"

#include "dissect/pattern.h"
#include "notation/notation.h"

#define SYNACK                                                                                     \
	ETH("0800")                                                                                \
	"4500002c 0001 4000 40 06 0000 0a000002 0a000001 0050 9c40 000003e8 00000065 6012 2000"    \
	" 0000 0000 020405b4"
#define HELLO                                                                                      \
	ETH("0800")                                                                                \
	"45000021 0001 0000 40 11 66c9 0a000001 0a000002 9c40 2328 000d 0000 "                     \
	"68656c6c6f"
#define QUERY                                                                                      \
	ETH("0800")                                                                                \
	"45000039 1234 4000 40 11 0000 0a000001 0a0000fe 9c40 0035 0025 0000"                      \
	"abcd 0100 0001 0000 0000 0000 07 6578616d706c65 03 6f7267 00 001c 0001"

static const struct row {
	const char *pattern, *packet;
	int fits;
	const char *why; /* part of the sentence; NULL: none */
} rows[] = {
	{ "tcp", SYNACK, 1, NULL },
	{ "ip / tcp", SYNACK, 1, NULL },
	{ "eth / tcp flags=SA", SYNACK, 1, NULL },
	{ "tcp flags=RA", SYNACK, 0, "tcp.flags is syn+ack, expected RA" },
	{ "tcp flags=each:SA,RA", SYNACK, 1, NULL },
	{ "tcp flags=each:R,RA", SYNACK, 0, "tcp.flags is syn+ack" },
	{ "tcp sport=80,443 dport=1024-65535", SYNACK, 1, NULL },
	{ "tcp sport=1-79", SYNACK, 0, "tcp.sport is 80, expected 1-79" },
	{ "ip src=10.0.0.0/24 / tcp", SYNACK, 1, NULL },
	{ "ip src=10.0.1.0/24 / tcp", SYNACK, 0, "ip.src is 10.0.0.2" },
	{ "tcp seq=any ack=101", SYNACK, 1, NULL },
	{ "tcp options=mss:1460", SYNACK, 1, NULL },
	/* what kind of option it is was not said: whichever stands there */
	{ "tcp options.0.value=1460", SYNACK, 1, NULL },
	{ "tcp options.0.value=any", SYNACK, 1, NULL },
	{ "tcp options.0.value=1400", SYNACK, 0, "tcp.options.0.value is 1460, expected 1400" },
	{ "udp", SYNACK, 0, "there is no udp" },
	{ "tcp / ip", SYNACK, 0, "there is no ip after that" },
	{ "ip chksum=auto / udp", HELLO, 1, NULL },
	{ "ip chksum=bad / udp", HELLO, 0, "ip.chksum" },
	{ "ip chksum=auto / tcp", SYNACK, 0, "ip.chksum" },
	{ "udp dport=9000 / text:hello", HELLO, 1, NULL },
	{ "udp / text:hullo", HELLO, 0, "payload is hex:68656c6c6f, expected text:hullo" },
	{ "udp / hex:68656c6c6f", HELLO, 1, NULL },
	{ "dns qd.0.name=example.org", QUERY, 1, NULL },
	{ "udp dport=53 / dns id=0xabcd qd.0.type=AAAA", QUERY, 1, NULL },
	{ "dns qd.0.name=example.com", QUERY, 0, "dns.qd.0.name is example.org" },
	{ "dns an=none", QUERY, 1, NULL },
	{ "ip src=hex:0a000002 / tcp", SYNACK, 1, NULL },
	{ "ip src=hex:0a000003 / tcp", SYNACK, 0, "ip.src is 10.0.0.2" },
	{ "udp / each:text:hullo,text:hello", HELLO, 1, NULL },
	{ "udp / each:text:a,text:b", HELLO, 0, "payload is" },
	{ "ip len=auto ihl=auto / tcp", SYNACK, 1, NULL },
	{ "tcp options=mss:1460-1470", SYNACK, 1, NULL },
	{ "dns qd=none", QUERY, 0, "dns.qd" },
	{ "dns an.0.ttl=5", QUERY, 0, "absent" },
};

START_TEST(test_rows)
{
	const struct row *row = &rows[_i];
	struct registry *r = help_registry(NULL);
	struct plan plan = { 0 };
	struct err e = { 0 };
	struct buf why = { 0 };
	struct packet p;
	int rc = plan_parse(&plan, r, row->pattern, strlen(row->pattern), PLAN_PATTERN, &e);

	ck_assert_msg(rc == 0, "%s: %s at %u", row->pattern, e.msg, e.col);
	help_packet(&p, LINK_ETHERNET, row->packet);
	dissect(r, &p);
	rc = pattern_match(&plan, &p, &why);
	ck_assert_msg(rc == row->fits, "%s: %d (%s)", row->pattern, rc, buf_cstr(&why));
	if (row->why)
		ck_assert_msg(strstr(buf_cstr(&why), row->why) != NULL,
			      "%s: '%s' does not hold '%s'", row->pattern, buf_cstr(&why),
			      row->why);
	else
		ck_assert_msg(why.n == 0, "%s: '%s'", row->pattern, buf_cstr(&why));
	ck_assert_int_eq(pattern_match(&plan, &p, NULL), row->fits);
	for (; p.len; p.len--) { /* cut short: no report, no crash */
		dissect(r, &p);
		ck_assert_int_ge(pattern_match(&plan, &p, &why), 0);
	}
	buf_done(&why);
	plan_done(&plan);
	free((void *)(uintptr_t)p.data);
	registry_close(r);
}
END_TEST

UNIT_TESTS(pattern)
{
	tcase_add_loop_test(t, test_rows, 0, COUNT(rows));
}
