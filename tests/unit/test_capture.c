/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files in and out, and capture filters: everything that needs no device. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/bpf.h"
#include "capture/devices.h"
#include "capture/sink.h"
#include "capture/source.h"

/* ---- files made byte by byte, in either order ---- */

struct bytes {
	uint8_t p[8192];
	size_t n;
	bool big;
};

static void put(struct bytes *b, uint64_t v, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		b->p[b->n++] = (uint8_t)(v >> 8 * (b->big ? width - 1 - i : i));
}

static void put_mem(struct bytes *b, const void *p, size_t n)
{
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void pcap_head(struct bytes *b, uint32_t magic, unsigned minor, uint32_t link)
{
	put(b, magic, 4);
	put(b, 2, 2);
	put(b, minor, 2);
	put(b, 0, 8);
	put(b, 65535, 4);
	put(b, link, 4);
}

static void pcap_rec(struct bytes *b, uint32_t sec, uint32_t frac, uint32_t cap, uint32_t len)
{
	put(b, sec, 4);
	put(b, frac, 4);
	put(b, cap, 4);
	put(b, len, 4);
}

static char dir[64];

static char *path_of(const char *name)
{
	static char path[4][160];
	static int i;
	char *p = path[i++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static const char *save(const struct bytes *b, const char *name)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(b->p, 1, b->n, f), b->n);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

static struct source *open_ok(const char *path)
{
	struct err e = { 0 };
	struct source *s = source_open_file(path, NULL, &e);

	ck_assert_msg(s != NULL, "%s: %s", path, e.msg);
	return s;
}

static struct source *open_bytes(const struct bytes *b)
{
	return open_ok(save(b, "in"));
}

static void setup(void)
{
	strcpy(dir, "/tmp/strata-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	signal(SIGPIPE, SIG_IGN);
}

static void teardown(void)
{
	char cmd[100];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}

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

/* ---- compressed, pipes, strangers ---- */

/* One pcap with one packet de ad be ef, packed by gzip(1) and zstd(1). */
static const uint8_t gz[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xbb, 0x72,
	0x78, 0xd3, 0x42, 0x26, 0x06, 0x16, 0x06, 0x18, 0xf8, 0xff, 0x9f, 0x81,
	0x81, 0x91, 0x01, 0x82, 0x99, 0x80, 0x98, 0x05, 0x8a, 0xef, 0xad, 0xdd,
	0xf7, 0x1e, 0x00, 0x4b, 0x79, 0xf9, 0x14, 0x2c, 0x00, 0x00, 0x00,
};
static const uint8_t zst[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x0d, 0x01, 0x00, 0xa8, 0xd4, 0xc3,
	0xb2, 0xa1, 0x02, 0x00, 0x04, 0x00, 0xff, 0xff, 0x00, 0x00, 0x01, 0x00,
	0x02, 0x00, 0x00, 0xde, 0xad, 0xbe, 0xef, 0x04, 0x00, 0x20, 0x40, 0xcf,
	0x3b, 0x76, 0xa3, 0x10, 0x80, 0x0b, 0x70, 0x20, 0x8c, 0x17,
};

START_TEST(compressed)
{
	const char *ext = _i ? ".zst" : ".gz";
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };
	size_t whole = _i ? sizeof(zst) : sizeof(gz);

	put_mem(&b, _i ? zst : gz, whole);
	if (!strstr(source_compressions(), ext)) {
		ck_assert_ptr_null(source_open_file(save(&b, "x"), NULL, &e));
		ck_assert_ptr_nonnull(strstr(e.msg, "left out"));
		return;
	}
	struct source *s = open_bytes(&b);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.len, 4);
	ck_assert_mem_eq(p.data, "\xde\xad\xbe\xef", 4);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	ck_assert_ptr_null(source_note(s));
	source_close(s);
	for (size_t n = 0; n < whole; n++) { /* every prefix: never a crash, never two packets */
		b.n = n;
		e = (struct err) { 0 };
		s = source_open_file(save(&b, "x"), NULL, &e);
		unsigned got = 0;
		while (s && source_next(s, &p, &e) == SOURCE_PACKET)
			got++;
		ck_assert_uint_le(got, 1);
		ck_assert_msg(!s || got || source_note(s) || e.code, "%zu bytes: silence", n);
		ck_assert_msg(s || e.code == ERR_IO, "%zu bytes: %d", n, e.code);
		source_close(s);
	}
}
END_TEST

START_TEST(gzip_members)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };

	if (!strstr(source_compressions(), ".gz"))
		return;
	put_mem(&b, gz, sizeof(gz));
	put_mem(&b, "trailing garbage", 16);
	struct source *s = open_bytes(&b);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
	b.n = 0;
	put_mem(&b, gz, sizeof(gz));
	b.p[25] ^= 0xff; /* damaged inside */
	s = source_open_file(save(&b, "x"), NULL, &e);
	int rc = SOURCE_ERROR;
	while (s && (rc = source_next(s, &p, &e)) == SOURCE_PACKET)
		;
	ck_assert_int_eq(rc, SOURCE_ERROR);
	ck_assert_int_eq(e.code, ERR_IO);
	source_close(s);
}
END_TEST

static const struct {
	const char *bytes, *says;
	size_t n;
} strangers[] = {
	{ "", "is empty", 0 },
	{ "hello, world\n", "is text", 13 },
	{ "snoop\0\0\0\0\0\0\2", "snoop", 12 },
	{ "\x7f"
	  "ELF\2\1\1\0",
	  "no capture file", 8 },
	{ "BZh91AY&SY", "bzip2", 10 },
	{ "\xd4\xc3\xb2\xa1\x02\x00\x05\x00", "cut off in its header", 8 },
	{ "\xd4\xc3\xb2\xa1\x02\x00\x05\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "version 2.5", 24 },
};

START_TEST(unknown_file)
{
	struct bytes b = { 0 };
	struct err e = { 0 };

	put_mem(&b, strangers[_i].bytes, strangers[_i].n);
	ck_assert_ptr_null(source_open_file(save(&b, "what"), NULL, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_msg(strstr(e.msg, strangers[_i].says), "said: %s", e.msg);
}
END_TEST

START_TEST(no_file)
{
	struct err e = { 0 };

	ck_assert_ptr_null(source_open_file(path_of("nothing-here"), NULL, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	e = (struct err) { 0 };
	ck_assert_ptr_null(source_open_file(dir, NULL, &e));
	ck_assert_ptr_nonnull(strstr(e.msg, "directory"));
	if (geteuid() != 0) {
		struct bytes b = { 0 };
		pcap_head(&b, 0xa1b2c3d4, 4, 1);
		const char *path = save(&b, "secret");
		chmod(path, 0);
		e = (struct err) { 0 };
		ck_assert_ptr_null(source_open_file(path, NULL, &e));
		ck_assert_int_eq(e.code, ERR_PERM);
	}
}
END_TEST

static void *break_soon(void *s)
{
	struct timespec ts = { 0, 100000000 };

	nanosleep(&ts, NULL);
	source_break(s);
	return NULL;
}

/* A pipe that stays open: source_break ends the wait, without a note. */
START_TEST(break_a_pipe)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };
	int fd[2];
	pthread_t t;

	ck_assert_int_eq(pipe(fd), 0);
	pcap_head(&b, 0xa1b2c3d4, 4, 1);
	pcap_rec(&b, 1, 0, 3, 3);
	put_mem(&b, "abc", 3);
	put(&b, 0, 7); /* half a record header */
	ck_assert_int_eq(write(fd[1], b.p, b.n), (ssize_t)b.n);
	ck_assert_int_eq(dup2(fd[0], STDIN_FILENO), STDIN_FILENO);
	struct source *s = open_ok("-");
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	pthread_create(&t, NULL, break_soon, s);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	pthread_join(t, NULL);
	ck_assert_ptr_null(source_note(s));
	ck_assert_int_eq(e.code, 0);
	source_close(s);
	close(fd[0]);
	close(fd[1]);
}
END_TEST

/* Text, and the packets in it: their bytes in hex, a comma between. */
static const struct {
	const char *text, *packets, *note;
} hexes[] = {
	{ "0a0b0c\n", "0a0b0c", NULL },
	{ "0a0b0c", "0a0b0c", NULL },
	{ "# a comment\n\n0a:0b:0c\n0d 0e\n", "0a0b0c,0d0e", NULL },
	{ "00000000\n0000\n", "00000000,0000", NULL },
	{ "0000  0a 0b 0c 0d   ....\n0004  0e\n", "0a0b0c0d0e", NULL },
	{ "0000  0a 0b\n0000  0c 0d\n\n0000  0e\n", "0a0b,0c0d,0e", NULL },
	{ "12:00 IP x > y\n\t0x0000:  4500 0028 0001  E..(..\n\t0x0006:  ff\n12:01 IP\n\t0x0000:  "
	  "4600\n",
	  "450000280001ff,4600", "2 lines" },
	{ "00000000  0a 0b 0c 0d 0e 0f 10 11  12 13 14 15 16 17 18 19  |................|\n"
	  "00000010  1a                                                |.|\n00000011\n",
	  "0a0b0c0d0e0f101112131415161718191a", NULL },
	{ "000000 0a 0b\n000002\n0c0d\n", "0a0b,0c0d", NULL },
	{ "hello\n", "", "1 lines" },
	{ "", "", NULL },
};

START_TEST(hex_text)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };
	char got[400] = "";
	size_t n = 0;

	put_mem(&b, hexes[_i].text, strlen(hexes[_i].text));
	struct source *s = source_open_file(
		save(&b, "hex"),
		&(struct source_options) { .hex = true, .want_link = true, .link = 101 }, &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	while (source_next(s, &p, &e) == SOURCE_PACKET) {
		ck_assert_uint_eq(p.link, 101);
		ck_assert_uint_eq(p.flags, PACKET_NO_TIME);
		n += (size_t)sprintf(got + n, "%s", n ? "," : "");
		for (uint32_t i = 0; i < p.len; i++)
			n += (size_t)sprintf(got + n, "%02x", p.data[i]);
	}
	ck_assert_int_eq(e.code, 0);
	ck_assert_str_eq(got, hexes[_i].packets);
	ck_assert_msg(!source_note(s) == !hexes[_i].note, "note: %s", source_note(s));
	if (hexes[_i].note)
		ck_assert_ptr_nonnull(strstr(source_note(s), hexes[_i].note));
	source_close(s);
}
END_TEST

/* ---- sinks ---- */

static struct packet packet_of(const void *data, uint32_t n, uint16_t link, int64_t when)
{
	return (struct packet) {
		.data = data, .len = n, .wire_len = n, .link = link, .when = when
	};
}

static void write_ok(struct sink *k, const struct packet *p)
{
	struct err e = { 0 };

	ck_assert_msg(sink_write(k, p, &e) == SINK_OK, "%s", e.msg);
}

static struct sink *sink_ok(const char *path, const struct sink_options *o)
{
	struct err e = { 0 };
	struct sink *k = sink_open(path, o, &e);

	ck_assert_msg(k != NULL, "%s", e.msg);
	return k;
}

/* What we write libpcap reads, and says the same of it. */
START_TEST(sink_read_by_libpcap)
{
	const char *path = path_of(_i ? "out.pcapng" : "out.pcap");
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;
	struct stat st;
	struct err e = { 0 };
	uint8_t big[70000];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	umask(0);
	struct sink *k = sink_ok(path, NULL);
	struct packet a = packet_of("\1\2\3\4\5", 5, LINK_RAW, 1700000000123456789);
	a.wire_len = 1500;
	write_ok(k, &a);
	a = packet_of(big, sizeof(big), LINK_RAW, 4000000000000000001);
	write_ok(k, &a);
	a = packet_of(NULL, 0, LINK_RAW, 0);
	a.wire_len = 9;
	write_ok(k, &a);
	ck_assert_uint_eq(sink_count(k), 3);
	ck_assert_int_eq(sink_close(k, &e), SINK_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);

	pcap_t *p =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, errbuf);
	ck_assert_msg(p != NULL, "%s", errbuf);
	ck_assert_int_eq(pcap_datalink(p), DLT_RAW);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_int_eq(h->ts.tv_sec, 1700000000);
	ck_assert_int_eq(h->ts.tv_usec, 123456789);
	ck_assert_uint_eq(h->caplen, 5);
	ck_assert_uint_eq(h->len, 1500);
	ck_assert_mem_eq(data, "\1\2\3\4\5", 5);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_uint_eq(h->caplen, sizeof(big));
	ck_assert_int_eq(h->ts.tv_usec, 1);
	ck_assert_mem_eq(data, big, sizeof(big));
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
	ck_assert_uint_eq(h->caplen, 0);
	ck_assert_uint_eq(h->len, 9);
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
}
END_TEST

/* A second link type in the middle: the pcap becomes a pcapng that holds all of them. */
START_TEST(sink_becomes_pcapng)
{
	const char *path = path_of("mixed.pcap");
	struct packet p;
	struct err e = { 0 };
	struct stat st;

	struct sink *k = sink_ok(path, NULL);
	for (int i = 0; i < 300; i++) {
		p = packet_of("abcdef", (uint32_t)i % 7, i < 100 ? 1 : i < 200 ? 101 : 1, i);
		p.wire_len = 100;
		p.flags = i % 2 ? PACKET_OUTGOING : 0;
		write_ok(k, &p);
	}
	ck_assert_int_eq(sink_close(k, &e), SINK_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	struct source *s = open_ok(path);
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
		ck_assert_int_eq(p.when, i);
		ck_assert_uint_eq(p.len, (unsigned)i % 7);
		ck_assert_uint_eq(p.wire_len, 100);
		ck_assert_uint_eq(p.link, i < 100 ? 1 : i < 200 ? 101 : 1);
		if (i >= 100) /* a pcap has no room for it */
			ck_assert_uint_eq(p.flags, i % 2 ? PACKET_OUTGOING : 0);
		ck_assert_mem_eq(p.data, "abcdef", p.len);
	}
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
	/* Nothing is left beside it; and who insists on pcap is told. */
	char cmd[120];
	snprintf(cmd, sizeof(cmd), "[ $(ls -A '%s' | wc -l) = 1 ]", dir);
	ck_assert_int_eq(system(cmd), 0);
	k = sink_ok(path, &(struct sink_options) { .format = SINK_PCAP });
	p = packet_of("a", 1, 1, 0);
	write_ok(k, &p);
	p.link = 101;
	ck_assert_int_eq(sink_write(k, &p, &e), SINK_ERROR);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_int_eq(sink_close(k, NULL), SINK_OK);
	s = open_ok(path);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
}
END_TEST

START_TEST(sink_refuses_data)
{
	struct err e = { 0 };
	struct sink *k = sink_ok(path_of("x.pcap"), NULL);
	struct packet p = packet_of("a", 1, LINK_NONE, 0);

	ck_assert_int_eq(sink_write(k, &p, &e), SINK_ERROR);
	ck_assert_ptr_nonnull(strstr(e.msg, "link type"));
	e = (struct err) { 0 };
	p = packet_of("a", 1, 1, -1);
	ck_assert_int_eq(sink_write(k, &p, &e), SINK_ERROR);
	ck_assert_ptr_nonnull(strstr(e.msg, "time"));
	p.when = 0; /* it goes on after that */
	write_ok(k, &p);
	ck_assert_int_eq(sink_close(k, NULL), SINK_OK);
	/* No packet at all is a capture too. */
	k = sink_ok(path_of("empty.pcap"), NULL);
	ck_assert_int_eq(sink_close(k, NULL), SINK_OK);
	struct source *s = open_ok(path_of("empty.pcap"));
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
}
END_TEST

START_TEST(sink_dev_full)
{
	struct err e = { 0 };
	struct packet p = packet_of("abc", 3, 1, 0);
	struct sink *k = sink_ok("/dev/full", NULL);

	write_ok(k, &p);
	ck_assert_int_eq(sink_flush(k, &e), SINK_ERROR);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_str_eq(e.msg,
			 "cannot write /dev/full: No space left on device; 0 packets are safe");
	e = (struct err) { 0 };
	ck_assert_int_eq(sink_write(k, &p, &e), SINK_ERROR);
	ck_assert_int_eq(e.code, ERR_IO);
	e = (struct err) { 0 };
	ck_assert_int_eq(sink_close(k, &e), SINK_ERROR);
	ck_assert_int_eq(e.code, ERR_IO);
}
END_TEST

/* A limit in the middle of a record: the file ends with the last whole one, and the count is right.
 */
START_TEST(sink_limit)
{
	const char *path = path_of("limited.pcap");
	uint8_t data[100] = { 0 };
	struct packet p = packet_of(data, sizeof(data), 1, 0);
	struct err e = { 0 };
	struct stat st;
	int status;
	/* 24 bytes of header, 116 each: 10 whole ones and 50 bytes of the next. */
	struct rlimit lim = { 24 + 10 * 116 + 50, RLIM_INFINITY };

	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &lim);
		struct sink *k = sink_open(path, NULL, &e);
		for (int i = 0; i < 40; i++)
			sink_write(k, &p, &e);
		int rc = sink_flush(k, &e);
		bool said = strstr(e.msg, "10 packets are safe") && sink_safe(k) == 10;
		sink_close(k, NULL);
		_exit(rc == SINK_ERROR && said ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 24 + 10 * 116);
}
END_TEST

START_TEST(sink_pipe_gone)
{
	struct err e = { 0 };
	struct packet p = packet_of("abc", 3, 1, 0);
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	int out = dup(STDOUT_FILENO);
	ck_assert_int_eq(dup2(fd[1], STDOUT_FILENO), STDOUT_FILENO);
	struct sink *k = sink_open("-", NULL, &e);
	dup2(out, STDOUT_FILENO);
	ck_assert_msg(k != NULL, "%s", e.msg);
	close(fd[0]);
	close(fd[1]);
	write_ok(k, &p);
	ck_assert_int_eq(sink_flush(k, &e), SINK_GONE);
	ck_assert_int_eq(sink_write(k, &p, &e), SINK_GONE);
	ck_assert_int_eq(sink_close(k, &e), SINK_GONE);
	ck_assert_int_eq(e.code, 0);
	close(out);
}
END_TEST

/* A pipe that takes little at a time, non-blocking: every byte arrives. */
START_TEST(sink_short_writes)
{
	struct err e = { 0 };
	static uint8_t data[200000];
	struct packet p = packet_of(data, sizeof(data), 1, 0);
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(fd[1]);
		uint8_t buf[777];
		size_t n = 0;
		ssize_t got;
		while ((got = read(fd[0], buf, sizeof(buf))) > 0)
			n += (size_t)got;
		_exit(n == 24 + 20 * (16 + sizeof(data)) ? 0 : 1);
	}
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	int out = dup(STDOUT_FILENO);
	dup2(fd[1], STDOUT_FILENO);
	struct sink *k = sink_open("-", NULL, &e);
	dup2(out, STDOUT_FILENO);
	close(fd[0]);
	close(fd[1]);
	for (int i = 0; i < 20; i++)
		write_ok(k, &p);
	ck_assert_int_eq(sink_close(k, &e), SINK_OK);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(out);
}
END_TEST

START_TEST(sink_due_within_a_second)
{
	struct packet p = packet_of("abc", 3, 1, 0);
	struct timespec ts;
	struct sink *k = sink_ok(path_of("due.pcap"), NULL);

	ck_assert_int_eq(sink_due(k), INT64_MAX);
	write_ok(k, &p);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	int64_t now = ts.tv_sec * 1000000000LL + ts.tv_nsec;
	ck_assert_int_gt(sink_due(k), now);
	ck_assert_int_le(sink_due(k), now + 1000000000);
	ck_assert_uint_eq(sink_safe(k), 0);
	ck_assert_int_eq(sink_flush(k, NULL), SINK_OK);
	ck_assert_uint_eq(sink_safe(k), 1);
	ck_assert_int_eq(sink_due(k), INT64_MAX);
	sink_close(k, NULL);
}
END_TEST

static bool refused(const char *path, const struct sink_options *o, const char *says)
{
	struct err e = { 0 };
	struct sink *k = sink_open(path, o, &e);

	ck_assert_msg(!k, "%s: opened", path);
	ck_assert_msg(strstr(e.msg, says), "%s: said: %s", path, e.msg);
	return true;
}

START_TEST(sink_suspicion)
{
	struct packet p = packet_of("abc", 3, 1, 0);
	struct stat st;
	const char *target = path_of("target"), *link_name = path_of("link");

	/* One's own directory: a link is followed, a file is overwritten, as always. */
	FILE *f = fopen(target, "w");
	fputs("precious", f);
	fclose(f);
	chmod(target, 0644);
	ck_assert_int_eq(symlink("target", link_name), 0);
	struct sink *k = sink_ok(link_name, NULL);
	write_ok(k, &p);
	sink_close(k, NULL);
	ck_assert_int_eq(stat(target, &st), 0);
	ck_assert_int_eq(st.st_size, 24 + 16 + 3);
	ck_assert_int_eq(lstat(link_name, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	refused(target, &(struct sink_options) { .keep = true }, "exists already");
	struct source *s = open_ok(target);
	struct file_id id = source_file_id(s);
	refused(link_name, &(struct sink_options) { .avoid = &id, .navoid = 1 }, "is being read");
	source_close(s);
	ck_assert_int_eq(stat(target, &st), 0);
	ck_assert_int_eq(st.st_size, 24 + 16 + 3); /* untouched by the refusals */

	/* A shared one: no links. */
	ck_assert_int_eq(chmod(dir, 01777), 0);
	refused(link_name, NULL, "symbolic link");
	k = sink_ok(target, NULL); /* one's own file */
	sink_close(k, NULL);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(target, 12345, 12345), 0);
		refused(target, NULL, "somebody else");
	}
	ck_assert_int_eq(chmod(dir, 0700), 0);
	refused(dir, NULL, "directory");
	refused(path_of("no/such/dir"), NULL, "No such file");
}
END_TEST

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

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *su = suite_create("capture");
	TCase *tc = tcase_create("files");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, pcap_form, 0, N(forms));
	tcase_add_loop_test(tc, pcap_version, 0, N(versions));
	tcase_add_test(tc, pcap_every_prefix);
	tcase_add_test(tc, pcap_absurd_length);
	tcase_add_test(tc, pcap_longest);
	tcase_add_loop_test(tc, pcapng_all, 0, 2);
	tcase_add_loop_test(tc, pcapng_time, 0, N(times));
	tcase_add_test(tc, pcapng_simple_packet);
	tcase_add_loop_test(tc, pcapng_harm, 0, N(harms));
	tcase_add_test(tc, files_mutated);
	tcase_add_loop_test(tc, compressed, 0, 2);
	tcase_add_test(tc, gzip_members);
	tcase_add_loop_test(tc, unknown_file, 0, N(strangers));
	tcase_add_test(tc, no_file);
	tcase_add_test(tc, break_a_pipe);
	tcase_add_loop_test(tc, hex_text, 0, N(hexes));
	tcase_add_loop_test(tc, sink_read_by_libpcap, 0, 2);
	tcase_add_test(tc, sink_becomes_pcapng);
	tcase_add_test(tc, sink_refuses_data);
	tcase_add_test(tc, sink_dev_full);
	tcase_add_test(tc, sink_limit);
	tcase_add_test(tc, sink_pipe_gone);
	tcase_add_test(tc, sink_short_writes);
	tcase_add_test(tc, sink_due_within_a_second);
	tcase_add_test(tc, sink_suspicion);
	tcase_add_loop_test(tc, filter_matches, 0, N(filters));
	tcase_add_loop_test(tc, filter_place, 0, N(wrong));
	tcase_add_test(tc, filter_on_file);
	tcase_add_test(tc, link_numbers);
	tcase_add_test(tc, devices_there);
	suite_add_tcase(su, tc);
	SRunner *sr = srunner_create(su);
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
