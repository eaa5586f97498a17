/* SPDX-License-Identifier: BSD-2-Clause */
/* What capture files hold beside packets, on its way through: read, kept, passed on, told when it
 * is lost; compressed files written. */
#include "tests/unit/capture_help.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/sink.h"
#include "core/said.h"

/* ---- blocks ---- */

static void text(struct bytes *b, const char *s, size_t n)
{
	memcpy(b->p + b->n, s, n);
	b->n += n;
	while (b->n % 4)
		b->p[b->n++] = 0;
}

static void option(struct bytes *b, unsigned code, const char *s)
{
	put(b, code, 2);
	put(b, strlen(s), 2);
	text(b, s, strlen(s));
}

static void number(struct bytes *b, unsigned code, uint64_t v, unsigned width)
{
	put(b, code, 2);
	put(b, width, 2);
	put(b, v, width);
	while (b->n % 4)
		put(b, 0, 1);
}

static void begin(struct bytes *b, uint32_t type)
{
	b->block = b->n;
	put(b, type, 4);
	put(b, 0, 4);
}

static void end(struct bytes *b)
{
	struct bytes len = { .big = b->big };

	put(&len, b->n + 4 - b->block, 4);
	memcpy(b->p + b->block + 4, len.p, 4);
	put(b, b->n + 4 - b->block, 4);
}

static void section(struct bytes *b, const char *comment)
{
	begin(b, 0x0a0d0d0a);
	put(b, 0x1a2b3c4d, 4);
	put(b, 1, 2);
	put(b, 0, 2);
	put(b, UINT64_MAX, 8);
	option(b, 1, comment);
	option(b, 2, "a machine");
	option(b, 3, "a system");
	put(b, 0, 4);
	end(b);
}

static void interface(struct bytes *b, uint16_t link, const char *name, uint8_t tsresol)
{
	begin(b, 1);
	put(b, link, 2);
	put(b, 0, 2);
	put(b, 65535, 4);
	option(b, 2, name);
	option(b, 3, "what it is for");
	number(b, 8, 1000000000, 8); /* if_speed */
	number(b, 9, tsresol, 1);
	option(b, 11, "\x01not the real thing");
	number(b, 13, 4, 1);
	number(b, 14, 1700000000, 8);
	option(b, 0x8123, "local use");
	put(b, 0, 4);
	end(b);
}

/* comment NULL: no options at all. */
static void packet(struct bytes *b, uint32_t id, uint64_t units, const char *data,
		   const char *comment, unsigned way)
{
	begin(b, 6);
	put(b, id, 4);
	put(b, units >> 32, 4);
	put(b, units & 0xffffffff, 4);
	put(b, strlen(data), 4);
	put(b, 1500, 4);
	text(b, data, strlen(data));
	if (comment) {
		option(b, 1, comment);
		number(b, 2, 0x80 | way, 4);
		option(b, 1, "a second comment");
		number(b, 4, 77, 8); /* dropped before it */
		number(b, 5, 0x1122334455667788, 8);
		option(b, 2988, "\x01\x02\x03\x04 theirs");
		put(b, 0, 4);
	}
	end(b);
}

/* Two link types, names, comments, blocks of every kind; then the same in the other order. */
static void everything_of(struct bytes *b, uint16_t second)
{
	for (int i = 0; i < 2; i++, b->big = !b->big) {
		section(b, i ? "second" : "first");
		begin(b, 4); /* names */
		put(b, 1, 2);
		put(b, 9, 2);
		text(b, "\x0a\0\0\x01host", 9);
		put(b, 0, 4);
		end(b);
		interface(b, 1, i ? "eth1" : "eth0", 9);
		interface(b, second, "tun0", 6);
		packet(b, 0, 5, "an Ethernet frame", "look here", 1);
		begin(b, 10); /* secrets */
		put(b, 0x544c534b, 4);
		put(b, 5, 4);
		text(b, "a key", 5);
		end(b);
		packet(b, 1, 7000001, "E-raw", NULL, 0);
		begin(b, 3); /* simple */
		put(b, 6, 4);
		text(b, "simple", 6);
		end(b);
		begin(b, 2); /* the old kind */
		put(b, 1, 2);
		put(b, 3, 2);
		put(b, 0, 4);
		put(b, 9000000, 4);
		put(b, 3, 4);
		put(b, 3, 4);
		text(b, "old", 3);
		number(b, 2, 2, 4);
		put(b, 0, 4);
		end(b);
		begin(b, 9); /* journal */
		text(b, "A=b\n", 4);
		end(b);
		begin(b, 0xbad); /* custom */
		put(b, 32473, 4);
		text(b, "whatever", 8);
		end(b);
		begin(b, 0x77777777); /* known to nobody */
		text(b, "??????", 6);
		end(b);
		begin(b, 5); /* statistics */
		put(b, 1, 4);
		put(b, 0, 4);
		put(b, 9000000, 4);
		number(b, 4, 12345, 8);
		put(b, 0, 4);
		end(b);
	}
}

static void everything(struct bytes *b)
{
	everything_of(b, 101);
}

static size_t load(const char *path, uint8_t *p, size_t cap)
{
	FILE *f = fopen(path, "rb");

	ck_assert_ptr_nonnull(f);
	size_t n = fread(p, 1, cap, f);
	fclose(f);
	return n;
}

/* All packets of `from` into `to`; what was lost, as words, into lost. */
static unsigned copy(const char *from, const char *to, const struct sink_change *c,
		     struct buf *lost)
{
	struct err e = { 0 };
	struct source *s = open_ok(from);
	struct sink *k = sink_open(to, NULL, &e);
	struct packet p;
	unsigned n = 0;
	int rc;

	ck_assert_msg(k != NULL, "%s", e.msg);
	ck_assert_int_eq(sink_attach(k, s, c, &e), 0);
	while ((rc = source_next(s, &p, &e)) == SOURCE_PACKET) {
		if (c && c->has_link)
			p.link = c->link;
		if (c && c->retime)
			p.when += 1;
		ck_assert_msg(sink_write(k, &p, &e) == SINK_OK, "%s", e.msg);
		n++;
	}
	ck_assert_msg(rc == SOURCE_END, "%s", e.msg);
	if (lost)
		sink_lost(k, lost);
	source_close(s);
	ck_assert_msg(sink_close(k, &e) == SINK_OK, "%s", e.msg);
	return n;
}

/* ---- the tests ---- */

START_TEST(said)
{
	struct bytes b = { .big = _i };
	struct packet p;
	struct err e = { 0 };
	const char *t;
	uint32_t at = 0, n;

	everything(&b);
	struct source *s = open_ok(save(&b, "in"));
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert(said_comment(&p, &at, &t, &n));
	ck_assert_uint_eq(n, 9);
	ck_assert_mem_eq(t, "look here", 9);
	ck_assert(said_comment(&p, &at, &t, &n));
	ck_assert_uint_eq(n, 16);
	ck_assert(!said_comment(&p, &at, &t, &n));
	ck_assert_uint_eq(p.flags, PACKET_INCOMING);
	ck_assert_str_eq(p.ifname, "eth0");
	ck_assert_int_eq(p.when, 1700000000000000005);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_ptr_null(p.said);
	ck_assert_str_eq(p.ifname, "tun0");
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.flags, PACKET_NO_TIME);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.flags, PACKET_OUTGOING);
	source_close(s);
}
END_TEST

static const char *const ways[] = { "out.pcapng", "out", "out.pcapng.gz", "out.pcapng.zst" };

/* Nothing was changed: not a byte is another one, whatever the order of bytes. */
START_TEST(kept_whole)
{
	struct bytes b = { .big = _i & 1 };
	uint8_t again[20000];
	struct buf lost = { 0 };
	const char *way = path_of(ways[_i / 2]), *plain = path_of("plain.pcapng");

	everything(&b);
	ck_assert_uint_eq(copy(save(&b, "in"), way, &(struct sink_change) { .whole = true }, &lost),
			  8);
	ck_assert_uint_eq(lost.n, 0);
	if (_i / 2 >= 2) { /* unpacked by a second copy */
		ck_assert_uint_lt(load(way, again, sizeof(again)), b.n);
		copy(way, plain, &(struct sink_change) { .whole = true }, NULL);
		way = plain;
	}
	ck_assert_uint_eq(load(way, again, sizeof(again)), b.n);
	ck_assert_mem_eq(again, b.p, b.n);
}
END_TEST

/* Type 0 is reserved, and no reason to take the block for something else. */
START_TEST(kept_reserved)
{
	struct bytes b = { .big = _i };
	struct buf lost = { 0 };
	uint8_t again[1000];

	section(&b, "with nothing");
	begin(&b, 0);
	end(&b);
	interface(&b, 1, "eth0", 9);
	packet(&b, 0, 5, "a frame", NULL, 0);
	ck_assert_uint_eq(copy(save(&b, "in"), path_of("out.pcapng"),
			       &(struct sink_change) { .whole = true }, NULL),
			  1);
	ck_assert_uint_eq(load(path_of("out.pcapng"), again, sizeof(again)), b.n);
	ck_assert_mem_eq(again, b.p, b.n);
	ck_assert_uint_eq(copy(path_of("in"), path_of("out.pcap"), NULL, &lost), 1);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&lost), "1 other block"));
	buf_done(&lost);
}
END_TEST

/* The pcap of one file keeps the form that it had. */
START_TEST(kept_pcap)
{
	static const uint32_t magic[] = { 0xa1b2c3d4, 0xa1b23c4d };
	struct bytes b = { .big = _i & 1 };
	uint8_t again[200];

	put(&b, magic[_i / 2], 4);
	put(&b, 2, 2);
	put(&b, 4, 2);
	put(&b, 3600, 4); /* a time zone */
	put(&b, 0, 4);
	put(&b, 96, 4);
	put(&b, 0x24000001, 4); /* Ethernet with an FCS of 4 bytes */
	for (unsigned i = 0; i < 3; i++) {
		put(&b, 1700000000 + i, 4);
		put(&b, 999999, 4);
		put(&b, 4, 4);
		put(&b, 60, 4);
		text(&b, "abcd", 4);
	}
	ck_assert_uint_eq(copy(save(&b, "in"), path_of("out.pcap"), NULL, NULL), 3);
	ck_assert_uint_eq(load(path_of("out.pcap"), again, sizeof(again)), b.n);
	ck_assert_mem_eq(again, b.p, b.n);
}
END_TEST

START_TEST(lost_is_told)
{
	struct bytes b = { 0 };
	struct buf lost = { 0 };

	everything_of(&b, 1);
	ck_assert_uint_eq(copy(save(&b, "in"), path_of("out.pcap"), NULL, &lost), 8);
	ck_assert_str_eq(buf_cstr(&lost),
			 "6 comments, 10 options of packets (direction, hash, drops), 4 "
			 "interfaces' names and settings, 2 lists of host names, 2 blocks of "
			 "decryption secrets, 2 interfaces' statistics, 2 sections' hardware, "
			 "system and program, 6 other blocks, 2 packets without a time (they have "
			 "one now)");
	buf_done(&lost);
}
END_TEST

/* Another time and another link type: the interfaces say so, and keep all else. */
START_TEST(changed)
{
	struct bytes b = { 0 };
	struct packet p;
	struct err e = { 0 };
	struct sink_change c = { .retime = true, .has_link = true, .link = 147 };
	const char *t;
	uint32_t at = 0, n;

	everything(&b);
	copy(save(&b, "in"), path_of("out.pcapng"), &c, NULL);
	struct source *s = open_ok(path_of("out.pcapng"));
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
		ck_assert_int_eq(p.when, 1700000000000000006);
		ck_assert_uint_eq(p.link, 147);
		ck_assert_str_eq(p.ifname, i ? "eth1" : "eth0");
		at = 0;
		ck_assert(said_comment(&p, &at, &t, &n));
		ck_assert_mem_eq(t, "look here", 9);
		ck_assert_uint_eq(p.flags, PACKET_INCOMING);
		ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
		ck_assert_int_eq(p.when, 1700000007000001001);
		ck_assert_str_eq(p.ifname, "tun0");
		ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
		ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
		ck_assert_int_eq(p.when, 1700000009000000001);
		ck_assert_uint_eq(p.flags, PACKET_OUTGOING);
	}
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	source_close(s);
}
END_TEST

/* Packets of two files in turns, of different byte order: one section of ours, every number in it
 * the right way round. */
START_TEST(merged)
{
	struct bytes b[2] = { { .big = false }, { .big = true } };
	struct source *s[2];
	struct packet p;
	struct err e = { 0 };
	struct buf lost = { 0 };
	struct said_option o;
	uint8_t out[40000];
	uint32_t at;
	struct sink *k = sink_open(path_of("out.pcapng"),
				   &(struct sink_options) { .one_section = true }, &e);

	for (int i = 0; i < 2; i++) {
		everything(&b[i]);
		s[i] = open_ok(save(&b[i], i ? "b" : "a"));
		ck_assert_int_eq(sink_attach(k, s[i], NULL, &e), 0);
	}
	for (int n = 0; n < 16; n++) {
		ck_assert_int_eq(source_next(s[n & 1], &p, &e), SOURCE_PACKET);
		ck_assert_int_eq(sink_write(k, &p, &e), SINK_OK);
	}
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(source_next(s[i], &p, &e), SOURCE_END);
		source_close(s[i]);
	}
	sink_lost(k, &lost);
	ck_assert_str_eq(buf_cstr(&lost),
			 "2 comments, 4 sections' hardware, system and program, 3 packets without "
			 "a time (they have one now), 6 values of unknown kind from a file of "
			 "other byte order (kept as their bytes were)");
	buf_done(&lost);
	ck_assert_int_eq(sink_close(k, &e), SINK_OK);

	size_t n = load(path_of("out.pcapng"), out, sizeof(out));
	ck_assert_mem_eq(out, "\x0a\x0d\x0d\x0a", 4);
	ck_assert_ptr_null(memmem(out + 4, n - 4, "\x0a\x0d\x0d\x0a", 4));
	ck_assert_ptr_nonnull(memmem(out, n, "first", 5));
	struct source *m = open_ok(path_of("out.pcapng"));
	for (int i = 0; i < 16; i++) {
		ck_assert_int_eq(source_next(m, &p, &e), SOURCE_PACKET);
		bool tun = i / 2 % 2; /* every second one of a file */
		ck_assert_uint_eq(p.ifindex, (i >= 8) * 4u + (i % 2) * 2u + tun);
		ck_assert_str_eq(p.ifname, tun ? "tun0" : i < 8 ? "eth0" : "eth1");
		if (i % 8 > 1)
			continue;
		ck_assert_int_eq(p.when, 1700000000000000005);
		at = 0;
		ck_assert(said_next(p.said, &at, &o) && o.code == 1 && o.len == 9);
		ck_assert(said_next(p.said, &at, &o) && said_u32(p.said->swap, o.p) == 0x81);
		ck_assert(said_next(p.said, &at, &o));
		uint64_t v;
		ck_assert(said_next(p.said, &at, &o) && o.code == 4);
		memcpy(&v, o.p, 8);
		ck_assert_uint_eq(v, 77);
		ck_assert(said_next(p.said, &at, &o) && o.code == 5);
		memcpy(&v, o.p, 8);
		ck_assert_uint_eq(v, 0x1122334455667788);
	}
	ck_assert_int_eq(source_next(m, &p, &e), SOURCE_END);
	source_close(m);
}
END_TEST

/* A compressed file that could not be written to its end is whole as far as it goes. */
START_TEST(packed_limit)
{
	static uint8_t noise[4096];
	struct packet p = { .data = noise, .len = sizeof(noise), .wire_len = 4096, .link = 1 };
	struct err e = { 0 };
	struct rlimit limit = { 3 << 20, 3 << 20 };
	const char *path = path_of(_i ? "out.pcap.zst" : "out.pcap.gz");
	struct sink *k = sink_open(path, NULL, &e);
	uint32_t seed = 1;
	uint64_t safe, got = 0;

	ck_assert_msg(k != NULL, "%s", e.msg);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 4000 && !e.code; i++) {
		for (size_t j = 0; j < sizeof(noise); j++)
			noise[j] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
		sink_write(k, &p, &e);
	}
	ck_assert_int_eq(e.code, ERR_IO);
	safe = sink_safe(k);
	ck_assert_uint_gt(safe, 200);
	ck_assert_int_eq(sink_close(k, NULL), SINK_ERROR);
	struct source *s = open_ok(path);
	while (source_next(s, &p, &e) == SOURCE_PACKET)
		got++;
	ck_assert_uint_eq(got, safe);
	ck_assert_ptr_null(source_note(s));
	source_close(s);
}
END_TEST

UNIT_TESTS(capture_keep)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, said, 0, 2);
	tcase_add_loop_test(t, kept_whole, 0, 8);
	tcase_add_loop_test(t, kept_reserved, 0, 2);
	tcase_add_loop_test(t, kept_pcap, 0, 4);
	tcase_add_test(t, lost_is_told);
	tcase_add_test(t, changed);
	tcase_add_test(t, merged);
	tcase_add_loop_test(t, packed_limit, 0, 2);
}
