/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture filters, link types and devices. */
#include "tests/unit/capture_help.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/bpf.h"
#include "capture/devices.h"
#include "capture/sink.h"

/* ---- filters ---- */

/* An Ethernet frame: 10.0.0.1 > 10.0.0.2, TCP 1025 > 80. */
static const uint8_t frame[] = {
	2, 0, 0, 0,  0, 2, 2, 0, 0, 0, 0,  1, 8, 0, 0x45, 0, 0, 40, 0, 1,    0, 0, 64, 6, 0, 0, 10,
	0, 0, 1, 10, 0, 0, 2, 4, 1, 0, 80, 0, 0, 0, 0,    0, 0, 0,  0, 0x50, 2, 0, 0,  0, 0, 0, 0,
};

static const struct {
	const char *text;
	bool eth, raw; /* matches the frame; its packet alone */
} filters[] = {
	{ "tcp port 80", true, true },
	{ "host 10.0.0.2 and dst port http", true, true },
	{ "udp", false, false },
	{ "ether src 02:00:00:00:00:01", true, false },
	{ "tcp[tcpflags] & tcp-syn != 0", true, true },
	{ "not net 10.0.0.0/8", false, false },
	{ "ether proto \\ip", true, true },
	{ "ip and not ip", false, false }, /* can never match: no error */
	{ "greater 60", false, false },
	{ "host localhost", false, false },
};

START_TEST(filter_matches)
{
	struct err e = { 0 };
	struct packet eth = packet_of(frame, sizeof(frame), 1, 0);
	struct packet raw = packet_of(frame + 14, sizeof(frame) - 14, 101, 0);
	struct bpf *b = bpf_open(filters[_i].text, 1, false, &e);

	ck_assert_msg(b != NULL, "%s: %s", filters[_i].text, e.msg);
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(bpf_match(b, &eth), filters[_i].eth);
		ck_assert_int_eq(bpf_match(b, &raw), filters[_i].raw);
	}
	bpf_close(b);
}
END_TEST

/* The column (from 1) of the word that is wrong, and a word of the sentence. */
static const struct {
	const char *text;
	unsigned col;
	const char *says;
} wrong[] = {
	{ "tpc port 80", 1, "did you mean 'tcp'" },
	{ "tcp prot 80", 5, "did you mean 'port'" },
	{ "tcp port 80 ad host 10.0.0.1", 13, "did you mean" },
	{ "tcp dport 80", 5, "did you mean" },
	{ "host example.org", 6, "--resolve" },
	{ "src somewhere", 5, "--resolve" },
	{ "host 3com.com", 6, "--resolve" },
	{ "port 80 and and 5", 13, "no sense at 'and'" },
	{ "tcp port 80 or", 15, "too early" },
	{ "(tcp or udp", 12, "too early" },
	{ "tcp port 99999", 10, "99999" },
	{ "host 10.0.0.999", 6, "10.0.0.999" },
	{ "port nosuchservice", 6, "nosuchservice" },
	{ "tcp ) udp", 5, "no sense at ')'" },
};

START_TEST(filter_place)
{
	struct err e = { 0 };

	ck_assert_ptr_null(bpf_open(wrong[_i].text, 1, false, &e));
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_msg(e.col == wrong[_i].col && strstr(e.msg, wrong[_i].says), "%s: column %u, %s",
		      wrong[_i].text, e.col, e.msg);
}
END_TEST

START_TEST(filter_on_file)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };
	struct source_stats st;

	pcap_head(&b, 0xa1b2c3d4, 4, 1);
	for (int i = 0; i < 10; i++) {
		pcap_rec(&b, 1, 0, sizeof(frame), sizeof(frame));
		put_mem(&b, frame, sizeof(frame));
		b.p[b.n - 17] = (uint8_t)(80 + i % 2); /* destination port */
	}
	struct source *s = source_open_file(
		save(&b, "f"), &(struct source_options) { .filter = "dst port 81" }, &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	for (unsigned i = 1; i <= 5; i++) {
		ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
		ck_assert_uint_eq(p.number, 2 * i); /* its place in the file */
	}
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_stats(s, &st);
	ck_assert_uint_eq(st.packets, 5);
	ck_assert_uint_eq(st.filtered, 5);
	source_close(s);
}
END_TEST

START_TEST(link_numbers)
{
	for (unsigned link = 0; link < 400; link++) {
		int dlt = link_to_dlt(link);
		/* 12 is LINKTYPE of nothing: its DLT is what 101 is in files. */
		if (link != DLT_RAW && link != DLT_ATM_RFC1483 && link != DLT_SLIP_BSDOS &&
		    link != DLT_PPP_BSDOS && link != DLT_ATM_CLIP)
			ck_assert_int_eq(link_from_dlt(dlt), (int)link);
	}
	ck_assert_int_eq(link_from_dlt(DLT_RAW), 101);
	ck_assert_int_eq(link_from_dlt(DLT_EN10MB), 1);
	ck_assert_int_eq(link_to_dlt(101), DLT_RAW);
	ck_assert_str_eq(link_name(1), "EN10MB");
	ck_assert_ptr_null(link_name(9999));
}
END_TEST

START_TEST(devices_there)
{
	struct devices d;
	struct err e = { 0 };
	bool lo = false;

	ck_assert_msg(devices_list(&d, &e) == 0, "%s", e.msg);
	for (unsigned i = 0; i < d.n; i++)
		if (d.v[i].loopback && d.v[i].ifindex) {
			lo = true;
			ck_assert_int_eq(d.v[i].link, 1);
			ck_assert_str_eq(devices_suggest(&d, "l0"), d.v[i].name);
		}
	ck_assert(lo);
	devices_done(&d);
}
END_TEST

UNIT_TESTS(capture_filter)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, filter_matches, 0, COUNT(filters));
	tcase_add_loop_test(t, filter_place, 0, COUNT(wrong));
	tcase_add_test(t, filter_on_file);
	tcase_add_test(t, link_numbers);
	tcase_add_test(t, devices_there);
}
