/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files: pcap and pcapng, in either byte order, cut and spoilt. */
#include "tests/unit/capture_help.h"

#include <inttypes.h>
#include <pcap.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- pcap ---- */

static const struct {
	uint32_t magic, scale;
	unsigned more; /* bytes in a record header beyond 16 */
	bool big;
} forms[] = {
	{ 0xa1b2c3d4, 1000, 0, false }, { 0xa1b2c3d4, 1000, 0, true },
	{ 0xa1b23c4d, 1, 0, false },    { 0xa1b23c4d, 1, 0, true },
	{ 0xa1b2cd34, 1000, 8, true },  { 0xa1b2cd34, 1000, 8, false },
};

START_TEST(pcap_form)
{
	struct bytes b = { .big = forms[_i].big };
	struct packet p;
	struct err e = { 0 };

	pcap_head(&b, forms[_i].magic, 4, 101);
	pcap_rec(&b, 1700000000, 123456, 3, 60);
	put(&b, 0, forms[_i].more);
	put_mem(&b, "abc", 3);
	pcap_rec(&b, 0xffffffff, 0, 0, 0); /* the last second of a pcap, and no bytes */
	put(&b, 0, forms[_i].more);
	struct source *s = open_bytes(&b);
	ck_assert_uint_eq(source_link(s), LINK_RAW);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(p.when, 1700000000000000000 + 123456 * (int64_t)forms[_i].scale);
	ck_assert_uint_eq(p.len, 3);
	ck_assert_uint_eq(p.wire_len, 60);
	ck_assert_uint_eq(p.link, LINK_RAW);
	ck_assert_uint_eq(p.number, 1);
	ck_assert_mem_eq(p.data, "abc", 3);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(p.when, 4294967295000000000);
	ck_assert_uint_eq(p.len, 0);
	ck_assert_uint_eq(p.number, 2);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	ck_assert_ptr_null(source_note(s));
	source_close(s);
}
END_TEST

/* Version 2.2 has the lengths the other way round; 2.3 has them either way; 2.4 as they are now. An
 * original length below the captured one is raised to it, and counted. */
static const struct {
	unsigned minor;
	uint32_t a, b, len, wire, odd;
} versions[] = { { 2, 60, 3, 3, 60, 0 },
		 { 3, 60, 3, 3, 60, 0 },
		 { 3, 3, 60, 3, 60, 0 },
		 { 4, 3, 60, 3, 60, 0 },
		 { 4, 3, 2, 3, 3, 1 } };

START_TEST(pcap_version)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };
	struct source_stats st;

	pcap_head(&b, 0xa1b2c3d4, versions[_i].minor, 1);
	pcap_rec(&b, 1, 0, versions[_i].a, versions[_i].b);
	put_mem(&b, "abc", 3);
	struct source *s = open_bytes(&b);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.len, versions[_i].len);
	ck_assert_uint_eq(p.wire_len, versions[_i].wire);
	source_stats(s, &st);
	ck_assert_uint_eq(st.odd, versions[_i].odd);
	ck_assert_uint_eq(st.packets, 1);
	source_close(s);
}
END_TEST

/* Cut anywhere: the whole packets come, then the end with a note; nothing else ever. */
START_TEST(pcap_every_prefix)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e;
	size_t ends[4];

	pcap_head(&b, 0xa1b2c3d4, 4, 1);
	for (int i = 0; i < 3; i++) {
		ends[i] = b.n;
		pcap_rec(&b, 1, 2, 20, 20);
		put_mem(&b, "01234567890123456789", 20);
	}
	ends[3] = b.n;
	for (size_t n = 0; n <= ends[3]; n++) {
		struct bytes part = b;
		part.n = n;
		e = (struct err) { 0 };
		struct source *s = source_open_file(save(&part, "cut"), NULL, &e);
		if (n < 24) {
			ck_assert_msg(!s, "%zu bytes opened", n);
			ck_assert_int_eq(e.code, ERR_IO);
			continue;
		}
		ck_assert_msg(s != NULL, "%zu: %s", n, e.msg);
		unsigned got = 0, want = 0;
		while (source_next(s, &p, &e) == SOURCE_PACKET)
			got++;
		for (int i = 0; i < 3; i++)
			want += ends[i + 1] <= n;
		ck_assert_uint_eq(got, want);
		ck_assert_int_eq(e.code, 0);
		bool whole = n == ends[0] || n == ends[1] || n == ends[2] || n == ends[3];
		ck_assert_msg(whole == !source_note(s), "%zu: note %d", n, !!source_note(s));
		source_close(s);
	}
}
END_TEST

START_TEST(pcap_absurd_length)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };

	pcap_head(&b, 0xa1b2c3d4, 4, 1);
	pcap_rec(&b, 1, 0, 1, 1);
	put_mem(&b, "x", 1);
	pcap_rec(&b, 1, 0, 0x7fffffff, 60);
	struct source *s = open_bytes(&b);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_ERROR);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, "damaged after 1 packet:"));
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
}
END_TEST

/* A packet longer than PACKET_MAX, where its link type allows it (USBPcap): cut, and counted. */
START_TEST(pcap_longest)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };
	struct source_stats st;
	uint32_t n = PACKET_MAX + 5;
	const char *path;

	pcap_head(&b, 0xa1b2c3d4, 4, 249);
	pcap_rec(&b, 1, 0, n, n);
	path = save(&b, "long");
	FILE *f = fopen(path, "ab");
	for (uint32_t i = 0; i < n; i++)
		fputc((int)(i & 0xff), f);
	struct bytes tail = { 0 };
	pcap_rec(&tail, 2, 0, 1, 1);
	put(&tail, 'x', 1);
	fwrite(tail.p, 1, tail.n, f);
	fclose(f);
	struct source *s = open_ok(path);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.len, PACKET_MAX);
	ck_assert_uint_eq(p.wire_len, n);
	ck_assert_uint_eq(p.data[PACKET_MAX - 1], 0xff);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.len, 1);
	source_stats(s, &st);
	ck_assert_uint_eq(st.cut, 1);
	source_close(s);
}
END_TEST

/* ---- pcapng ---- */

static void ng_block(struct bytes *b, uint32_t type, const struct bytes *body)
{
	uint32_t len = 12 + (((uint32_t)body->n + 3) & ~3u);

	put(b, type, 4);
	put(b, len, 4);
	put_mem(b, body->p, body->n);
	while (b->n % 4)
		put(b, 0, 1);
	put(b, len, 4);
}

static void ng_section(struct bytes *b)
{
	struct bytes body = { .big = b->big };

	put(&body, 0x1a2b3c4d, 4);
	put(&body, 1, 2);
	put(&body, 0, 2);
	put(&body, UINT64_MAX, 8);
	ng_block(b, 0x0a0d0d0a, &body);
}

/* tsresol 0xff and tsoffset 0: without these options. */
static void ng_interface(struct bytes *b, uint16_t link, uint32_t snaplen, uint8_t tsresol,
			 int64_t tsoffset, const char *name)
{
	struct bytes body = { .big = b->big };

	put(&body, link, 2);
	put(&body, 0, 2);
	put(&body, snaplen, 4);
	if (name) {
		put(&body, 2, 2);
		put(&body, strlen(name), 2);
		put_mem(&body, name, strlen(name));
		while (body.n % 4)
			put(&body, 0, 1);
	}
	if (tsresol != 0xff) {
		put(&body, 9, 2);
		put(&body, 1, 2);
		put(&body, tsresol, 1);
		put(&body, 0, 3);
	}
	if (tsoffset) {
		put(&body, 14, 2);
		put(&body, 8, 2);
		put(&body, (uint64_t)tsoffset, 8);
	}
	put(&body, 0, 4);
	ng_block(b, 1, &body);
}

static void ng_packet(struct bytes *b, uint32_t id, uint64_t units, const char *data, uint32_t wire,
		      uint32_t flags)
{
	struct bytes body = { .big = b->big };

	put(&body, id, 4);
	put(&body, units >> 32, 4);
	put(&body, units & 0xffffffff, 4);
	put(&body, strlen(data), 4);
	put(&body, wire, 4);
	put_mem(&body, data, strlen(data));
	while (body.n % 4)
		put(&body, 0, 1);
	if (flags) {
		put(&body, 2, 2);
		put(&body, 4, 2);
		put(&body, flags, 4);
		put(&body, 0, 4);
	}
	ng_block(b, 6, &body);
}

/* What libpcap refuses: two interfaces of different link type and snapshot length, then a second
 * section in the other byte order. */
START_TEST(pcapng_all)
{
	struct bytes b = { .big = _i };
	struct packet p;
	struct err e = { 0 };

	ng_section(&b);
	ng_interface(&b, 1, 65535, 0xff, 0, "eth0");
	ng_interface(&b, 101, 0, 9, 0, NULL);
	ng_packet(&b, 1, 1234567890123456789, "raw", 100, 2);
	ng_block(&b, 0x00000bad, &(struct bytes) { .p = "a custom block", .n = 14 });
	ng_packet(&b, 0, 1500000, "eth", 3, 1);
	b.big = !b.big;
	ng_section(&b);
	ng_interface(&b, 113, 128, 0x80 | 10, -5, "any");
	ng_packet(&b, 0, 10 * 1024 + 512, "", 0, 0);
	struct source *s = open_bytes(&b);
	ck_assert_uint_eq(source_link(s), 1);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(p.when, 1234567890123456789);
	ck_assert_uint_eq(p.link, 101);
	ck_assert_uint_eq(p.wire_len, 100);
	ck_assert_uint_eq(p.ifindex, 1);
	ck_assert_uint_eq(p.flags, PACKET_OUTGOING);
	ck_assert_mem_eq(p.data, "raw", 3);
	ck_assert_ptr_null(source_if_name(s, 1));
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(p.when, 1500000000);
	ck_assert_uint_eq(p.link, 1);
	ck_assert_uint_eq(p.flags, PACKET_INCOMING);
	ck_assert_str_eq(p.ifname, "eth0");
	ck_assert_str_eq(source_if_name(s, p.ifindex), "eth0");
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(p.when, 5500000000);
	ck_assert_uint_eq(p.link, 113);
	ck_assert_uint_eq(p.len, 0);
	ck_assert_uint_eq(p.ifindex, 2);
	ck_assert_str_eq(source_if_name(s, 2), "any");
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	ck_assert_ptr_null(source_note(s));
	source_close(s);
}
END_TEST

/* Units of 10^-n and 2^-n seconds; 10^-6 without the option. */
static const struct {
	uint8_t tsresol;
	int64_t offset;
	uint64_t units;
	int64_t when;
} times[] = {
	{ 0xff, 0, 1, 1000 },
	{ 0, 0, 7, 7000000000 },
	{ 6, 0, 1700000000000001, 1700000000000001000 },
	{ 9, 1, 5, 1000000005 },
	{ 12, 0, 1999, 1 },
	{ 19, 0, 10000000000, 1 },
	{ 0x80, 0, 3, 3000000000 },
	{ 0x80 | 32, 0, 0x180000000, 1500000000 },
	{ 0x80 | 63, 0, UINT64_MAX, 1999999999 },
	{ 0, 0, UINT64_MAX, INT64_MAX }, /* as far as 64 bits go */
	{ 9, INT64_MIN, 0, INT64_MIN },
};

START_TEST(pcapng_time)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };

	ng_section(&b);
	ng_interface(&b, 1, 0, times[_i].tsresol, times[_i].offset, NULL);
	ng_packet(&b, 0, times[_i].units, "x", 1, 0);
	struct source *s = open_bytes(&b);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(p.when, times[_i].when);
	source_close(s);
}
END_TEST

/* Simple packets have no time and are as long as the interface lets them be. */
START_TEST(pcapng_simple_packet)
{
	struct bytes b = { 0 }, body = { 0 };
	struct packet p;
	struct err e = { 0 };

	ng_section(&b);
	ng_interface(&b, 1, 5, 0xff, 0, NULL);
	put(&body, 1000, 4);
	put_mem(&body, "12345", 5);
	ng_block(&b, 3, &body);
	body.n = 0;
	put(&body, 2, 4);
	put_mem(&body, "ab", 2);
	ng_block(&b, 3, &body);
	struct source *s = open_bytes(&b);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.len, 5);
	ck_assert_uint_eq(p.wire_len, 1000);
	ck_assert_uint_eq(p.flags, PACKET_NO_TIME);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.len, 2);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
}
END_TEST

/* One 32-bit word of a good file changed: where, to what, what must be said. */
enum { NG_SHB = 0, NG_IDB = 28, NG_EPB = 28 + 32 };
static const struct {
	size_t at;
	uint32_t v;
	bool opens;
	const char *says;
} harms[] = {
	{ NG_SHB + 4, 24, false, "long" },
	{ NG_SHB + 8, 0x1a2b3c4e, false, "no section header" },
	{ NG_SHB + 12, 2, false, "version 2.0" },
	{ NG_SHB + 24, 32, false, "two different lengths" },
	{ NG_IDB + 4, 8, false, "long" },
	{ NG_IDB + 4, 30, false, "long" },
	{ NG_IDB + 4, 0xfffffffc, false, "long" },
	{ NG_IDB + 16, 0x0001ffff, true, NULL }, /* an unknown option */
	{ NG_IDB + 16, 0xffff0009, true, NULL }, /* an option past the block */
	{ NG_IDB + 20, 20, false, "10^-20" },
	{ NG_IDB + 20, 0x80 | 64, false, "2^-64" },
	{ NG_EPB + 8, 1, true, "interface 1 of 1" },
	{ NG_EPB + 20, 9, true, "9 bytes" },
	{ NG_EPB + 20, 0xffffffff, true, "4294967295 bytes" },
	{ NG_EPB + 4, 16 << 20 | 4, true, "16777220" },
	{ NG_EPB + 4, 0, true, "0 bytes long" },
};

START_TEST(pcapng_harm)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };

	ng_section(&b);
	ng_interface(&b, 1, 0, 9, 0, NULL);
	ck_assert_uint_eq(b.n, NG_EPB);
	ng_packet(&b, 0, 0, "12345678", 8, 0);
	struct bytes word = { 0 };
	put(&word, harms[_i].v, 4);
	memcpy(b.p + harms[_i].at, word.p, 4);
	struct source *s = source_open_file(save(&b, "harm"), NULL, &e);
	ck_assert_msg(!s == !harms[_i].opens, "opened: %d, %s", !!s, e.msg);
	if (s) {
		int rc = source_next(s, &p, &e);
		ck_assert_int_eq(rc, harms[_i].says ? SOURCE_ERROR : SOURCE_PACKET);
	}
	if (harms[_i].says)
		ck_assert_msg(strstr(e.msg, harms[_i].says), "said: %s", e.msg);
	source_close(s);
}
END_TEST

/* Every prefix, and a hundred thousand files with a few bytes changed: bounded, and under the
 * sanitizers without a report. */
START_TEST(files_mutated)
{
	struct bytes good[2] = { 0 };
	uint64_t seed = 88172645463325252u;
	struct packet p;
	unsigned packets = 0, opened = 0;

	ng_section(&good[0]);
	ng_interface(&good[0], 1, 0, 9, 5, "eth0");
	ng_packet(&good[0], 0, 77, "12345678", 8, 1);
	ng_packet(&good[0], 0, 78, "1234567", 80, 0);
	pcap_head(&good[1], 0xa1b2c3d4, 4, 1);
	pcap_rec(&good[1], 1, 2, 5, 6);
	put_mem(&good[1], "abcde", 5);
	pcap_rec(&good[1], 1, 3, 5, 6);
	put_mem(&good[1], "abcde", 5);
	for (unsigned i = 0; i < 20000; i++) {
		struct bytes b = good[i & 1];
		struct err e = { 0 };
		for (int k = 0; k < 1 + (int)(i % 3); k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			b.p[seed % b.n] = (uint8_t)(seed >> 40);
		}
		if (i % 5 == 0)
			b.n = (seed >> 20) % b.n;
		struct source *s = source_open_file(save(&b, "mutated"), NULL, &e);
		opened += s != NULL;
		unsigned n = 0;
		uint8_t sum = 0;
		while (s && source_next(s, &p, &e) == SOURCE_PACKET) {
			for (uint32_t k = 0; k < p.len; k++)
				sum ^= p.data[k];
			ck_assert_uint_le(p.len, p.wire_len);
			ck_assert_uint_le(++n, 10);
		}
		packets += n + (sum & 0);
		source_close(s);
	}
	ck_assert_uint_gt(opened, 5000);
	ck_assert_uint_gt(packets, 5000);
}
END_TEST

UNIT_TESTS(capture)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, pcap_form, 0, COUNT(forms));
	tcase_add_loop_test(t, pcap_version, 0, COUNT(versions));
	tcase_add_test(t, pcap_every_prefix);
	tcase_add_test(t, pcap_absurd_length);
	tcase_add_test(t, pcap_longest);
	tcase_add_loop_test(t, pcapng_all, 0, 2);
	tcase_add_loop_test(t, pcapng_time, 0, COUNT(times));
	tcase_add_test(t, pcapng_simple_packet);
	tcase_add_loop_test(t, pcapng_harm, 0, COUNT(harms));
	tcase_add_test(t, files_mutated);
}
