/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes compressed, through pipes, as hex text, or is no capture at all. */
#include "tests/unit/capture_help.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* The last line has no newline, and the window holds what stood there before behind it. */
START_TEST(hex_last_line)
{
	struct source_options o = { .hex = true };
	struct packet p;
	struct err e = { 0 };
	char line[102];
	FILE *f = fopen(path_of("long"), "wb");

	ck_assert_ptr_nonnull(f);
	memset(line, '1', sizeof(line));
	line[0] = '#';
	line[100] = '\n';
	for (int i = 0; i < 4000; i++)
		fwrite(line, 101, 1, f);
	fwrite("45\0"
	       "00\n",
	       6, 1, f); /* NUL parts no digits */
	fputs("0000 4500\n0002", f);
	fclose(f);
	struct source *s = source_open_file(path_of("long"), &o, &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_PACKET);
	ck_assert_uint_eq(p.len, 2);
	ck_assert_int_eq(source_next(s, &p, &e), SOURCE_END);
	ck_assert_str_eq(source_note(s), "1 lines without hex were passed over");
	source_close(s);
}
END_TEST

UNIT_TESTS(capture_odd)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, compressed, 0, 2);
	tcase_add_test(t, gzip_members);
	tcase_add_loop_test(t, unknown_file, 0, COUNT(strangers));
	tcase_add_test(t, no_file);
	tcase_add_test(t, break_a_pipe);
	tcase_add_loop_test(t, hex_text, 0, COUNT(hexes));
	tcase_add_test(t, hex_last_line);
}
