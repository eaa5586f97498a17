/* SPDX-License-Identifier: BSD-2-Clause */
/* Is this the answer to that? Right answers, wrong ones with their reasons, waived pairs, quotes,
 * and mirrors. */
#include "tests/unit/dissect_help.h"

#include "core/bits.h"
#include "dissect/answers.h"

/* From a to b. */
#define FROM_A(len, proto) "4500" len " 0001 0000 40" proto "0000 0a000001 0a000002 "
#define FROM_B(len, proto) "4500" len " 0009 0000 40" proto "0000 0a000002 0a000001 "
#define FROM_C(len, proto) "4500" len " 0009 0000 40" proto "0000 0a000003 0a000001 "
#define ECHO(type, id, seq) type "00 0000 " id seq
#define SYN "9c40 0050 00000064 00000000 5002 2000 0000 0000"
#define IP6_A(len, next) "60000000" len next "40 " NET6 "01" NET6 "02 "
#define IP6_B(len, next) "60000000" len next "40 " NET6 "02" NET6 "01 "
#define NET6 "20010db80000000000000000000000"
#define UDP(sport, dport) sport dport "0008 0000"
#define DNS(id, flags) id flags "0001 0000 0000 0000 01 61 00 0001 0001"

struct row {
	const char *what;
	uint16_t reply_link, request_link;
	const char *reply, *request;
	int answer;
	const char *why; /* NULL: any */
};

static const struct row rows[] = {
	{ "echo", 228, 228, FROM_B("001c", "01") ECHO("00", "0007", "0001"),
	  FROM_A("001c", "01") ECHO("08", "0007", "0001"), ANSWER_REPLY, "" },
	{ "another id", 228, 228, FROM_B("001c", "01") ECHO("00", "0008", "0001"),
	  FROM_A("001c", "01") ECHO("08", "0007", "0001"), ANSWER_NO, NULL },
	{ "another host", 228, 228, FROM_C("001c", "01") ECHO("00", "0007", "0001"),
	  FROM_A("001c", "01") ECHO("08", "0007", "0001"), ANSWER_NO,
	  "ip.src is 10.0.0.3, expected 10.0.0.2" },
	{ "the request itself", 228, 228, FROM_A("001c", "01") ECHO("08", "0007", "0001"),
	  FROM_A("001c", "01") ECHO("08", "0007", "0001"), ANSWER_NO, NULL },
	{ "another request", 228, 228, FROM_B("001c", "01") ECHO("08", "0007", "0001"),
	  FROM_A("001c", "01") ECHO("08", "0007", "0001"), ANSWER_NO,
	  "it is not the kind of icmp that answers" },
	{ "an answer is not answered", 228, 228, FROM_B("001c", "01") ECHO("00", "0007", "0001"),
	  FROM_A("001c", "01") ECHO("00", "0007", "0001"), ANSWER_NO,
	  "no icmp answers this request" },
	{ "captured with a link header around it", 1, 228,
	  ETH("0800") FROM_B("001c", "01") ECHO("00", "0007", "0001"),
	  FROM_A("001c", "01") ECHO("08", "0007", "0001"), ANSWER_REPLY, "" },
	{ "a broadcast ping is answered by anybody", 228, 228,
	  FROM_C("001c", "01") ECHO("00", "0007", "0001"),
	  "4500001c 0001 0000 4001 0000 0a000001 ffffffff " ECHO("08", "0007", "0001"),
	  ANSWER_REPLY, "" },
	{ "UDP ports", 228, 228, FROM_B("001c", "11") UDP("2328", "9c40"),
	  FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_REPLY, "" },
	{ "another port", 228, 228, FROM_B("001c", "11") UDP("2328", "9c41"),
	  FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_NO,
	  "udp.dport is 40001, expected 40000" },
	{ "another protocol", 228, 228, FROM_B("001c", "01") ECHO("00", "0007", "0001"),
	  FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_NO, "it holds no udp" },
	{ "SYN, SYN+ACK", 228, 228,
	  FROM_B("0028", "06") "0050 9c40 000003e8 00000065 5012 2000 0000 0000",
	  FROM_A("0028", "06") SYN, ANSWER_REPLY, "" },
	{ "SYN, RST+ACK", 228, 228,
	  FROM_B("0028", "06") "0050 9c40 00000000 00000065 5014 2000 0000 0000",
	  FROM_A("0028", "06") SYN, ANSWER_REPLY, "" },
	{ "an acknowledgment of something else", 228, 228,
	  FROM_B("0028", "06") "0050 9c40 000003e8 00000099 5012 2000 0000 0000",
	  FROM_A("0028", "06") SYN, ANSWER_NO, NULL },
	{ "DNS", 228, 228, FROM_B("002f", "11") "0035 9c40 001b 0000" DNS("1234", "8180"),
	  FROM_A("002f", "11") "9c40 0035 001b 0000" DNS("1234", "0100"), ANSWER_REPLY, "" },
	{ "DNS, another id", 228, 228,
	  FROM_B("002f", "11") "0035 9c40 001b 0000" DNS("1235", "8180"),
	  FROM_A("002f", "11") "9c40 0035 001b 0000" DNS("1234", "0100"), ANSWER_NO,
	  "dns.id is 0x1235, expected 0x1234" },
	{ "ARP", 1, 1,
	  "020000000001 020000000002 0806 0001 0800 06 04 0002 020000000002 0a000002 020000000001 "
	  "0a000001",
	  "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 "
	  "0a000002",
	  ANSWER_REPLY, "" },
	{ "ARP about somebody else", 1, 1,
	  "020000000001 020000000002 0806 0001 0800 06 04 0002 020000000002 0a000003 020000000001 "
	  "0a000001",
	  "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 "
	  "0a000002",
	  ANSWER_NO, NULL },
	{ "port unreachable quotes the request", 228, 228,
	  FROM_C("0038", "01") "0303 0000 00000000 " FROM_A("001c", "11") UDP("9c40", "2328"),
	  FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_ERROR, "" },
	{ "time exceeded from a router quotes 8 bytes", 228, 228,
	  FROM_C("0038", "01") "0b00 0000 00000000 " FROM_A("0028", "06") "9c40 0050 00000064",
	  FROM_A("0028", "06") SYN, ANSWER_ERROR, "" },
	{ "a quote of another port", 228, 228,
	  FROM_C("0038", "01") "0303 0000 00000000 " FROM_A("001c", "11") UDP("9c40", "2329"),
	  FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_NO,
	  "udp.dport is 9001, expected 9000 in the packet that it quotes" },
	{ "a quote of another sequence number", 228, 228,
	  FROM_C("0038", "01") "0b00 0000 00000000 " FROM_A("0028", "06") "9c40 0050 00000065",
	  FROM_A("0028", "06") SYN, ANSWER_NO, NULL },
	{ "a quote of another protocol", 228, 228,
	  FROM_C("0038", "01") "0303 0000 00000000 " FROM_A("001c", "01")
		  ECHO("08", "0007", "0001"),
	  FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_NO, NULL },
	{ "another version of IP with the same ports", 228, 229,
	  FROM_B("001c", "11") UDP("2328", "9c40"), IP6_A("0008", "11") UDP("9c40", "2328"),
	  ANSWER_NO, "it came by ip, the request went by ip6" },
	{ "the other way round, with a link header", 1, 228,
	  ETH("86dd") IP6_B("0008", "11") UDP("2328", "9c40"),
	  FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_NO,
	  "it came by ip6, the request went by ip" },
	{ "its own version", 229, 229, IP6_B("0008", "11") UDP("2328", "9c40"),
	  IP6_A("0008", "11") UDP("9c40", "2328"), ANSWER_REPLY, "" },
	{ "out of a tunnel that the request is in", 228, 229,
	  FROM_B("001c", "11") UDP("2328", "9c40"),
	  IP6_A("001c", "04") FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_REPLY, "" },
	{ "in a tunnel that the request was not in", 229, 228,
	  IP6_B("001c", "04") FROM_B("001c", "11") UDP("2328", "9c40"),
	  FROM_A("001c", "11") UDP("9c40", "2328"), ANSWER_REPLY, "" },
	{ "a tunnel through the other version, refused by a router", 228, 228,
	  FROM_C("004c", "01") "0303 0000 00000000 " FROM_A("0030", "29") IP6_A("0008", "11")
		  UDP("9c40", "2328"),
	  FROM_A("0030", "29") IP6_A("0008", "11") UDP("9c40", "2328"), ANSWER_ERROR, "" },
	{ "a quote of the other version", 228, 229,
	  FROM_C("0038", "01") "0303 0000 00000000 " FROM_A("001c", "11") UDP("9c40", "2328"),
	  IP6_A("0008", "11") UDP("9c40", "2328"), ANSWER_NO, NULL },
	{ "nothing in common", 1, 228, ETH("88b6") "00", FROM_A("001c", "11") UDP("9c40", "2328"),
	  ANSWER_NO, "it has no layer in common with the request" },
};

START_TEST(test_rows)
{
	const struct row *row = &rows[_i];
	struct registry *r = help_registry(NULL);
	struct packet reply, request;
	struct buf why = { 0 };
	int rc;

	help_packet(&reply, row->reply_link, row->reply);
	help_packet(&request, row->request_link, row->request);
	dissect(r, &reply);
	dissect(r, &request);
	rc = answers(&reply, &request, &why);
	ck_assert_msg(rc == row->answer, "%s: %d, %s", row->what, rc, buf_cstr(&why));
	if (row->why)
		ck_assert_msg(strcmp(buf_cstr(&why), row->why) == 0, "%s: '%s', expected '%s'",
			      row->what, buf_cstr(&why), row->why);
	else
		ck_assert_msg(why.n > 0, "%s: no reason was given", row->what);
	ck_assert_int_eq(answers(&reply, &request, NULL), rc);
	buf_done(&why);
	free((void *)(uintptr_t)reply.data);
	free((void *)(uintptr_t)request.data);
	registry_close(r);
}
END_TEST

/* TFTP: from a port of the server's own, so that nothing but the question tells what it is. */
START_TEST(test_anew)
{
#define DATA(dport, block) "c000 " dport " 000e 0000 0003 " block " 6869"
#define ASKED "9c40 0045 0012 0000 0001 6600 6f6374657400"
	static const struct {
		const char *reply;
		int answer;
	} v[] = {
		{ FROM_B("0022", "11") DATA("9c40", "0001"), ANSWER_REPLY },
		{ FROM_B("0022", "11") DATA("9c41", "0001"), ANSWER_NO },
		{ FROM_C("0022", "11") DATA("9c40", "0001"), ANSWER_NO },
		{ FROM_B("0022", "11") DATA("9c40", "0002"), ANSWER_NO },
	};
	struct registry *r = help_registry(NULL);
	struct tree scratch = { 0 };

	for (int i = 0; i < COUNT(v); i++) {
		struct packet reply, request;

		help_packet(&reply, LINK_RAW, v[i].reply);
		help_packet(&request, LINK_RAW, FROM_A("0026", "11") ASKED);
		dissect(r, &reply);
		dissect(r, &request);
		ck_assert_int_eq(request.nlayers, 3);
		ck_assert_int_eq(answers(&reply, &request, NULL), ANSWER_NO);
		ck_assert_int_eq(answers_anew(r, &reply, &request, &scratch), v[i].answer);
		ck_assert_int_eq(reply.nlayers, v[i].answer == ANSWER_REPLY ? 3 : 2);
		free((void *)(uintptr_t)reply.data);
		free((void *)(uintptr_t)request.data);
	}
	tree_done(&scratch);
	registry_close(r);
}
END_TEST

/* A request turned round answers it; turned twice it is itself. */
START_TEST(test_mirror)
{
	static const struct {
		uint16_t link;
		const char *hex;
	} requests[] = {
		{ 228, FROM_A("001c", "01") ECHO("08", "0007", "0001") },
		{ 228, FROM_A("001c", "11") UDP("9c40", "2328") },
		{ 228, FROM_A("002f", "11") "9c40 0035 001b 0000" DNS("1234", "0100") },
		{ 229, IP6("0008", "3a") "8000 0000 0007 0001" },
	};
	struct registry *r = help_registry(NULL);

	for (int i = 0; i < COUNT(requests); i++) {
		struct buf once = { 0 }, twice = { 0 }, why = { 0 };
		struct packet p, m;

		help_packet(&p, requests[i].link, requests[i].hex);
		dissect(r, &p);
		ck_assert_int_eq(mirror(&p, MIRROR_PAIRS, &once), 0);
		m = p;
		m.data = (const uint8_t *)once.p;
		dissect(r, &m);
		ck_assert_int_eq(mirror(&m, MIRROR_PAIRS, &twice), 0);
		ck_assert_uint_eq(twice.n, p.len);
		ck_assert_int_eq(memcmp(twice.p, p.data, p.len), 0);
		ck_assert_int_ne(memcmp(once.p, p.data, p.len), 0);
		once.n = 0;
		ck_assert_int_eq(mirror(&p, MIRROR_ANSWER, &once), 0);
		m.data = (const uint8_t *)once.p;
		dissect(r, &m);
		ck_assert_msg(answers(&m, &p, &why) == ANSWER_REPLY, "%d: %s", i, buf_cstr(&why));
		buf_done(&once);
		buf_done(&twice);
		buf_done(&why);
		free((void *)(uintptr_t)p.data);
	}
	registry_close(r);
}
END_TEST

/* Every prefix of an answer: no report from the sanitizers, and never an answer without the fields
 * that make it one. */
START_TEST(test_prefixes)
{
	struct registry *r = help_registry(NULL);

	for (int i = 0; i < COUNT(rows); i++) {
		struct packet reply, request, cut;

		help_packet(&reply, rows[i].reply_link, rows[i].reply);
		help_packet(&request, rows[i].request_link, rows[i].request);
		dissect(r, &request);
		for (uint32_t n = 0; n < reply.len; n++) {
			uint8_t *exact = malloc(n ? n : 1);

			memcpy(exact, reply.data, n);
			cut = reply;
			cut.data = exact;
			cut.len = n;
			dissect(r, &cut);
			ck_assert_int_ge(answers(&cut, &request, NULL), 0);
			ck_assert_int_ge(answers(&request, &cut, NULL), 0);
			if (n <= 24)
				ck_assert_int_ne(answers(&cut, &request, NULL), ANSWER_ERROR);
			free(exact);
		}
		free((void *)(uintptr_t)reply.data);
		free((void *)(uintptr_t)request.data);
	}
	registry_close(r);
}
END_TEST

UNIT_TESTS(answers)
{
	tcase_add_loop_test(t, test_rows, 0, COUNT(rows));
	tcase_add_test(t, test_anew);
	tcase_add_test(t, test_mirror);
	tcase_add_test(t, test_prefixes);
}
