/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds that have an encoding of their own: bytes to values and back. */
#include "tests/unit/kind_help.h"

/* Bytes a codec reads: what they are worth, how many it takes (-1: none), the width it must be told
 * to write them again. The qvar rows are RFC 9000 appendix A.1, the berlen ones X.690 8.1.3.5. */
static const struct codec_row {
	const char *kind, *bytes;
	unsigned n;
	int taken;
	uint64_t num;
	unsigned width;
} codecs[] = {
	{ "qvar", "\xc2\x19\x7c\x5e\xff\x14\xe8\x8c", 8, 8, 151288809941952652, 0 },
	{ "qvar", "\x9d\x7f\x3e\x7d", 4, 4, 494878333, 0 },
	{ "qvar", "\x7b\xbd\xee", 3, 2, 15293, 0 },
	{ "qvar", "\x25", 1, 1, 37, 0 },
	{ "qvar", "\x40\x25", 2, 2, 37, 2 },
	{ "qvar", "\xc0\0\0\0\0\0\0\x01", 8, 8, 1, 8 },
	{ "qvar", "\x80\x01\x02", 3, -1, 0, 0 },
	{ "qvar", "", 0, -1, 0, 0 },
	{ "mqttvar", "\x00", 1, 1, 0, 0 },
	{ "mqttvar", "\xff\xff\xff\x7f", 4, 4, 268435455, 0 },
	{ "mqttvar", "\x80\x01", 2, 2, 128, 0 },
	{ "mqttvar", "\x80\x00", 2, 2, 0, 2 },
	{ "mqttvar", "\x80\x80\x80\x80\x01", 5, -1, 0, 0 },
	{ "mqttvar", "\x80", 1, -1, 0, 0 },
	{ "berlen", "\x26", 1, 1, 38, 0 },
	{ "berlen", "\x81\xc9", 2, 2, 201, 0 },
	{ "berlen", "\x81\x26", 2, 2, 38, 2 },
	{ "berlen", "\x84\0\0\x01\x02", 5, 5, 258, 5 },
	{ "berlen", "\x88\xff\xff\xff\xff\xff\xff\xff\xff", 9, 9, UINT64_MAX, 0 },
	{ "berlen", "\x80", 1, -1, 0, 0 },
	{ "berlen", "\x82\x01", 2, -1, 0, 0 },
	{ "berlen", "\x89\0\0\0\0\0\0\0\0\x01", 10, -1, 0, 0 },
	{ "decimal", "120\r\n", 5, 3, 120, 0 },
	{ "decimal", "0", 1, 1, 0, 0 },
	{ "decimal", "0042", 4, 4, 42, 4 },
	{ "decimal", "18446744073709551616", 20, -1, 0, 0 },
	{ "decimal", "x", 1, -1, 0, 0 },
	/* 624485 and -123456 are the examples of the DWARF standard's and Wikipedia's pages. */
	{ "leb128", "\xe5\x8e\x26", 3, 3, 624485, 0 },
	{ "leb128", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, 10, UINT64_MAX, 0 },
	{ "leb128", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, -1, 0, 0 },
	{ "leb128", "\x81\x80\x00", 3, 3, 1, 3 },
	{ "leb128", "\x80", 1, -1, 0, 0 },
	/* protobuf, "Encoding", signed integers: 0 0, -1 1, 1 2, -2 3 */
	{ "zigzag", "\x00", 1, 1, 0, 0 },
	{ "zigzag", "\x01", 1, 1, UINT64_MAX, 0 },
	{ "zigzag", "\x02", 1, 1, 1, 0 },
	{ "zigzag", "\x03", 1, 1, UINT64_MAX - 1, 0 },
	{ "zigzag", "\x83\x00", 2, 2, UINT64_MAX - 1, 2 },
	/* MIDI 1.0, the table of variable-length quantities */
	{ "vlq", "\x81\x00", 2, 2, 128, 0 },
	{ "vlq", "\xff\x7f", 2, 2, 16383, 0 },
	{ "vlq", "\x81\x80\x00", 3, 3, 16384, 0 },
	{ "vlq", "\x80\x01", 2, 2, 1, 2 },
	{ "vlq", "\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10, -1, 0, 0 },
	/* MySQL Source Code Documentation, Integer Types: length-encoded */
	{ "lenenc", "\xfa", 1, 1, 250, 0 },
	{ "lenenc", "\xfc\xfb\x00", 3, 3, 251, 0 },
	{ "lenenc", "\xfc\x05\x00", 3, 3, 5, 3 },
	{ "lenenc", "\xfd\x01\x02\x03", 4, 4, 0x030201, 0 },
	{ "lenenc", "\xfe\x01\x02\x03\x04\x05\x06\x07\x08", 9, 9, 0x0807060504030201, 0 },
	{ "lenenc", "\xfd\x01\x02", 3, -1, 0, 0 },
	{ "lenenc", "\xfb\x01\x02", 3, -1, 0, 0 },
	{ "lenenc", "\xff\x01\x02", 3, -1, 0, 0 },
	{ "len255", "\xfe", 1, 1, 254, 0 },
	{ "len255", "\xff\x00\xff", 3, 3, 255, 0 },
	{ "len255", "\xff\xff\xff", 3, 3, 65535, 0 },
	{ "len255", "\xff\x00\x05", 3, 3, 5, 3 },
	{ "len255", "\xff\x00", 2, -1, 0, 0 },
	{ "hexnum", "1a\r\n", 4, 2, 26, 0 },
	{ "hexnum", "001A;", 5, 4, 26, 4 },
	{ "hexnum", "10000000000000000", 17, -1, 0, 0 },
	{ "hexnum", "g", 1, -1, 0, 0 },
	{ "prefix4", "\x08\x0a", 2, 2, 0, 0 },
	{ "prefix4", "\x00", 1, 1, 0, 0 },
	{ "prefix4", "\x09\x0a", 2, -1, 0, 0 },
	{ "prefix4", "\x21\x0a\0\0\0\0", 6, -1, 0, 0 },
	{ "prefix6", "\x14\x20\x01\x0d", 4, 4, 0, 0 },
	{ "cstr", "ab\0c", 4, 3, 0, 0 },
	{ "cstr", "\0", 1, 1, 0, 0 },
	{ "cstr", "ab", 2, -1, 0, 0 },
	{ "line", "ab\r\nc", 5, 4, 0, 0 },
	{ "line", "ab\nc", 4, 3, 0, 3 },
	{ "line", "\n", 1, 1, 0, 1 },
	{ "line", "\r\n", 2, 2, 0, 0 },
	{ "line", "a\r\r\n", 4, 4, 0, 0 },
	{ "line", "ab\r", 3, -1, 0, 0 },
};

/* What read took, write gives back. p is a copy of exactly n bytes, for the sanitizer. */
static void check_codec(const struct kind *k, const uint8_t *bytes, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);
	struct value v = { 0 };
	struct buf out = { 0 };
	int taken;

	ck_assert_ptr_nonnull(p);
	memcpy(p, bytes, n);
	v.base = p;
	v.base_len = (uint32_t)n;
	taken = k->read(p, (uint32_t)n, &v);
	if (taken >= 0) {
		ck_assert_int_gt(taken, 0);
		ck_assert_uint_le(taken, n);
		ck_assert_int_eq(k->write(&out, 0, &v, v.width), 0);
		ck_assert_uint_eq(out.n, taken);
		if (strcmp(k->name, "hexnum") == 0) /* written in lower case */
			ck_assert_int_eq(strncasecmp(out.p, (char *)p, (size_t)taken), 0);
		else
			ck_assert_mem_eq(out.p, p, taken);
		if (v.width && k->cls == KIND_NUM) { /* and the shortest is another */
			out.n = 0;
			ck_assert_int_eq(k->write(&out, 0, &v, 0), 0);
			ck_assert_uint_lt(out.n, v.width);
			if (out.n > 1)
				ck_assert_int_eq(k->write(&out, 0, &v, (unsigned)out.n - 1), -1);
		}
	}
	buf_done(&out);
	free(p);
}

START_TEST(codec)
{
	const struct codec_row *r = &codecs[_i];
	const struct kind *k = kind_find(r->kind, strlen(r->kind));
	struct value v = { 0 };

	ck_assert_int_eq(k->read((const uint8_t *)r->bytes, r->n, &v), r->taken);
	if (r->taken >= 0) {
		if (k->cls == KIND_NUM)
			ck_assert(v.num == r->num);
		ck_assert_uint_eq(v.width, r->width);
	}
	check_codec(k, (const uint8_t *)r->bytes, r->n);
}
END_TEST

/* Every codec on noise, biased towards the bytes that mean something to one. */
START_TEST(codec_noise)
{
	static const uint8_t hot[] = { 0,    1,    2,   3,   0x80, 0x81, 0x84,
				       0xc0, 0xff, '0', '9', '\r', '\n' };
	const struct kind *k;
	unsigned i, round, j, n;
	uint8_t p[24];

	for (i = 0; (k = kind_at(i)); i++) {
		if (!k->read || k->cls == KIND_NAME)
			continue;
		for (round = 0; round < 5000; round++) {
			n = noise() % sizeof(p);
			for (j = 0; j < n; j++)
				p[j] = noise() & 1 ? hot[noise() % sizeof(hot)] : (uint8_t)noise();
			check_codec(k, p, n);
		}
	}
}
END_TEST

START_TEST(codec_refuses)
{
	struct buf out = { 0 };
	struct value v = { .num = 300, .p = (const uint8_t *)"a\0b\nc", .len = 5 };

	ck_assert_int_eq(kind_find("qvar", 4)->write(&out, 0, &v, 1), -1);
	ck_assert_int_eq(kind_find("qvar", 4)->write(&out, 0, &v, 3), -1);
	ck_assert_int_eq(kind_find("mqttvar", 7)->write(&out, 0, &v, 5), -1);
	ck_assert_int_eq(kind_find("berlen", 6)->write(&out, 0, &v, 2), -1);
	ck_assert_int_eq(kind_find("berlen", 6)->write(&out, 0, &v, 10), -1);
	ck_assert_int_eq(kind_find("lenenc", 6)->write(&out, 0, &v, 1), -1);
	ck_assert_int_eq(kind_find("lenenc", 6)->write(&out, 0, &v, 2), -1);
	ck_assert_int_eq(kind_find("len255", 6)->write(&out, 0, &v, 1), -1);
	ck_assert_int_eq(kind_find("len255", 6)->write(&out, 0, &v, 2), -1);
	v.num = 65536;
	ck_assert_int_eq(kind_find("len255", 6)->write(&out, 0, &v, 0), -1);
	ck_assert_int_eq(kind_find("decimal", 7)->write(&out, 0, &v, 2), -1);
	ck_assert_int_eq(kind_find("cstr", 4)->write(&out, 0, &v, 0), -1);
	ck_assert_int_eq(kind_find("line", 4)->write(&out, 0, &v, 0), -1);
	v.num = UINT64_MAX;
	ck_assert_int_eq(kind_find("qvar", 4)->write(&out, 0, &v, 0), -1);
	ck_assert_int_eq(kind_find("mqttvar", 7)->write(&out, 0, &v, 0), -1);
	ck_assert_uint_eq(out.n, 0);
	v = (struct value) { 0 }; /* nothing said: the empty text */
	ck_assert_int_eq(kind_find("cstr", 4)->write(&out, 0, &v, 0), 0);
	ck_assert_int_eq(kind_find("line", 4)->write(&out, 0, &v, 0), 0);
	ck_assert_uint_eq(out.n, 3);
	ck_assert_mem_eq(out.p, "\0\r\n", 3);
	buf_done(&out);
}
END_TEST

UNIT_TESTS(kind_codec)
{
	tcase_add_loop_test(t, codec, 0, COUNT(codecs));
	tcase_add_test(t, codec_noise);
	tcase_add_test(t, codec_refuses);
}
