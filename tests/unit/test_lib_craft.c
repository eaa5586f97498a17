/* SPDX-License-Identifier: BSD-2-Clause */
/* The library as a stranger sees it: crafting, printing, writing, threads. */
#include "tests/unit/lib_help.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- crafting, printing ---- */

START_TEST(craft_one)
{
	const uint8_t *data;
	struct strata_info info;
	char *line, *again;
	size_t n;

	craft_ok("ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=40000 dport=80 flags=S / text:hello");
	strata_packet_info(P, &info);
	ck_assert_uint_eq(info.len, 45);
	ck_assert_uint_eq(info.link, STRATA_LINK_RAW);
	ck_assert(info.flags & STRATA_NO_TIME);
	ck_assert_mem_eq(info.data + 12, "\x0a\0\0\1\x0a\0\0\2\x9c\x40\0\x50", 12);
	ck_assert_uint_eq(inet_sum(info.data, 20), 0xffff);
	ck_assert_int_eq(strata_check(P, NULL), 0);
	ck_assert_int_eq(strata_layer_sum(P, 1), STRATA_SUM_GOOD);
	ck_assert_uint_eq(number("tcp.flags.syn"), 1);
	ck_assert_uint_eq(number("tcp.flags.ack"), 0);
	ck_assert_int_eq(strata_payload(P, -1, &data, &n), 1);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(data, "hello", 5);
	ck_assert_int_eq(strata_payload(P, 0, &data, &n), 1);
	ck_assert_uint_eq(n, 25);
	ck_assert_int_eq(strata_payload(P, 2, &data, &n), 0);
	/* What is printed is what can be crafted. */
	line = strata_print(P, "expr", NULL, &E);
	ck_assert_ptr_nonnull(line);
	craft_ok(line);
	again = strata_print(P, "expr", NULL, &E);
	ck_assert_str_eq(line, again);
	free(line);
	free(again);
	craft_ok("ip / udp / hex:");
	ck_assert_int_eq(strata_payload(P, -1, &data, &n), 0);
}
END_TEST

START_TEST(craft_errors)
{
	struct strata_options o = { .no_files = true };
	struct strata *s = strata_open_with(&o, &E);
	struct strata_packet *p = strata_packet_new(s);

	craft_ok("ip dst=10.0.0.2 / icmp");
	ck_assert_int_eq(strata_craft(P, "ip dst=10.0.0.2 / tcp flag=S", &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_uint_eq(E.column, 23);
	ck_assert_ptr_nonnull(strstr(E.message, "flags"));
	/* What P held is as it was. */
	text_is("ip.dst", "10.0.0.2");
	ck_assert_int_eq(strata_craft(P, "", NULL), -1);
	ck_assert_int_eq(strata_craft(p, "ip / udp / @" STRATA_SOURCE "/LICENSE", &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
	craft_ok("ip / udp / @" STRATA_SOURCE "/LICENSE");
	ck_assert_ptr_null(strata_plan_open(S, "ip dst=nonsense", 0, &E));
	strata_packet_free(p);
	strata_close(s);
}
END_TEST

START_TEST(craft_sweep)
{
	struct strata_plan *pl =
		strata_plan_open(S, "ip dst=10.0.0.1-10.0.0.3 / tcp dport=22,80 flags=S", 7, &E);
	static const char *const want[] = { "10.0.0.1 22", "10.0.0.1 80", "10.0.0.2 22",
					    "10.0.0.2 80", "10.0.0.3 22", "10.0.0.3 80" };
	char got[40];

	ck_assert_msg(pl != NULL, "%s", E.message);
	ck_assert_uint_eq(strata_plan_count(pl), 6);
	for (uint64_t i = 0; i < 6; i++) {
		ck_assert_int_eq(strata_plan_step(pl, i, P, &E), 0);
		snprintf(got, sizeof(got), "%s %u", strata_text(P, "ip.dst"),
			 (unsigned)number("tcp.dport"));
		ck_assert_str_eq(got, want[i]);
		ck_assert_int_eq(strata_check(P, NULL), 0);
	}
	strata_plan_close(pl);
}
END_TEST

START_TEST(print_forms)
{
	static const char *const forms[] = { "line", "tree", "json", "flat", "csv",
					     "hex",  "raw",  "text", "expr" };
	char *s;

	craft_ok("eth / ip dst=10.0.0.2 / udp dport=9 / text:hello");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *only = strcmp(forms[i], "csv") ? NULL : "ip.dst,udp.dport";

		s = strata_print(P, forms[i], only, &E);
		ck_assert_msg(s && *s, "%s", forms[i]);
		ck_assert_int_ne(s[strlen(s) - 1], '\n');
		if (only)
			ck_assert_str_eq(s, "10.0.0.2,9");
		free(s);
	}
	s = strata_print(P, "text", NULL, &E);
	ck_assert_ptr_nonnull(strstr(s, "hello"));
	free(s);
	ck_assert_ptr_null(strata_print(P, "none", NULL, &E));
	ck_assert_ptr_null(strata_print(P, "xml", NULL, &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_ptr_null(strata_print(P, "json", "ip.tll", &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
}
END_TEST

START_TEST(sink_written)
{
	char path[] = "/tmp/strata-lib.XXXXXX";
	struct strata_source *src;
	struct strata_sink *k;
	struct strata_info info;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	k = strata_sink_open(path, &E);
	ck_assert_msg(k != NULL, "%s", E.message);
	craft_ok("ip dst=10.0.0.2 / icmp id=7");
	strata_packet_stamp(P, INT64_C(1795343896773907123), 1);
	ck_assert_int_eq(strata_sink_write(k, P, &E), 0);
	ck_assert_int_eq(strata_sink_flush(k, &E), 0);
	ck_assert_int_eq(strata_sink_close(k, &E), 0);
	src = strata_source_file(S, path, NULL, &E);
	ck_assert_ptr_nonnull(src);
	ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_GOT);
	strata_packet_info(P, &info);
	ck_assert_int_eq(info.when, INT64_C(1795343896773907123));
	ck_assert_uint_eq(number("icmp.id"), 7);
	ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_END);
	strata_source_close(src);
	unlink(path);
	ck_assert_ptr_null(strata_sink_open("/nonexistent/x.pcap", &E));
	ck_assert_int_eq(E.code, STRATA_IO);
}
END_TEST

/* One struct strata, many threads. */
static void *craft_many(void *arg)
{
	struct strata_packet *p = strata_packet_new(S);
	char text[80];
	uint64_t v;

	for (unsigned i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "ip dst=10.0.%u.2 / dns id=%u qd=name:x.test", i % 250,
			 i);
		if (strata_craft(p, text, NULL) || strata_number(p, "dns.id", &v) != 1 || v != i ||
		    strata_check(p, NULL))
			*(int *)arg = 1;
	}
	strata_packet_free(p);
	return NULL;
}

START_TEST(threads)
{
	pthread_t t[4];
	int bad[4] = { 0 };

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, craft_many, &bad[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		ck_assert_int_eq(bad[i], 0);
	}
}
END_TEST

UNIT_TESTS(lib_craft)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, craft_one);
	tcase_add_test(t, craft_errors);
	tcase_add_test(t, craft_sweep);
	tcase_add_test(t, print_forms);
	tcase_add_test(t, sink_written);
	tcase_add_test(t, threads);
}
