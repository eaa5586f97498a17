/* SPDX-License-Identifier: BSD-2-Clause */
/* Sums against published check values and against the definition, done bit by bit. */
#include "tests/unit/unit.h"

#include "core/sum.h"

static uint64_t sum_of(const struct sum_algo *a, const void *p, size_t n)
{
	struct sum_state s;

	sum_init(&s, a);
	sum_add(&s, p, n);
	return sum_end(&s);
}

/* "123456789" through each: the CRCs from the CRC RevEng catalogue, Fletcher-16 1ede and Adler-32
 * 091e01de from zlib and the usual pages, inet by hand (3132 + 3334 + 3536 + 3738 + 3900 = 109d4,
 * so 09d5, complement f62a), sum8 0x1dd, xor8 of 31..39 = 31. */
static const struct row {
	const char *name;
	uint64_t want;
} rows[] = {
	{ "inet", 0xf62a },
	{ "crc32", 0xcbf43926 },
	{ "crc32c", 0xe3069283 },
	{ "crc32(mpeg)", 0x0376e6e7 },
	{ "crc24", 0x21cf02 },
	{ "crc24(ble)", 0xc25a56 },
	{ "crc16(ccitt)", 0x29b1 },
	{ "crc16(xmodem)", 0x31c3 },
	{ "crc16(kermit)", 0x2189 },
	{ "crc16(x25)", 0x906e },
	{ "crc16(arc)", 0xbb3d },
	{ "crc16(modbus)", 0x4b37 },
	{ "crc16(dnp)", 0xea82 },
	{ "crc8", 0xf4 },
	{ "crc64(xz)", 0x995dc9bbdf1939fa },
	{ "fletcher16", 0x1ede },
	{ "fletcher32", 0xdf09d509 },
	{ "adler32", 0x091e01de },
	/* of fletcher16's 222 and 30: (8 * 222 - 30) mod 255 = 216, 510 - 222 - 216 = 72 */
	{ "fletcher(iso)", 0xd848 },
	{ "lrc8", 0x23 }, /* "123456789" adds up to 0x1dd */
	{ "sum8", 0xdd },
	{ "xor8", 0x31 },
};

#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

START_TEST(check_value)
{
	const struct sum_algo *a = sum_find(rows[_i].name, strlen(rows[_i].name));

	ck_assert_msg(a, "%s: unknown", rows[_i].name);
	ck_assert_msg(sum_of(a, "123456789", 9) == rows[_i].want, "%s: got %llx want %llx",
		      rows[_i].name, (unsigned long long)sum_of(a, "123456789", 9),
		      (unsigned long long)rows[_i].want);
}
END_TEST

START_TEST(every_algo_has_a_row)
{
	unsigned n = 0;

	while (sum_at(n))
		n++;
	ck_assert_uint_eq(n, ROWS);
	ck_assert_ptr_null(sum_find("crc99", 5));
	ck_assert_ptr_null(sum_find("crc3", 4));
	ck_assert_ptr_eq(sum_find("fletcher", 8), sum_find("fletcher16", 10));
}
END_TEST

/* Widths that are no multiple of 8, from the catalogue: odd ones meet every shift. */
static const struct {
	struct sum_algo a;
	uint64_t want;
} spelled[] = {
	{ { NULL, SUM_CRC, 3, false, false, 0x3, 0, 7 }, 0x4 },        /* CRC-3/GSM */
	{ { NULL, SUM_CRC, 3, true, true, 0x3, 7, 0 }, 0x6 },          /* CRC-3/ROHC */
	{ { NULL, SUM_CRC, 5, true, true, 0x05, 0x1f, 0x1f }, 0x19 },  /* CRC-5/USB */
	{ { NULL, SUM_CRC, 7, false, false, 0x09, 0, 0 }, 0x75 },      /* CRC-7/MMC */
	{ { NULL, SUM_CRC, 10, false, false, 0x233, 0, 0 }, 0x199 },   /* CRC-10/ATM */
	{ { NULL, SUM_CRC, 12, false, true, 0x80f, 0, 0 }, 0xdaf },    /* CRC-12/UMTS */
	{ { NULL, SUM_CRC, 15, false, false, 0x4599, 0, 0 }, 0x059e }, /* CRC-15/CAN */
	{ { NULL, SUM_CRC, 40, false, false, 0x4820009, 0, 0xffffffffff }, 0xd4164fc646 }, /* GSM */
	{ { NULL, SUM_CRC, 64, false, false, 0x42f0e1eba9ea3693, 0, 0 }, 0x6c40df5f0b497347 },
};

START_TEST(spelled_out)
{
	uint64_t got = sum_of(&spelled[_i].a, "123456789", 9);

	ck_assert_msg(got == spelled[_i].want, "row %d: got %llx want %llx", _i,
		      (unsigned long long)got, (unsigned long long)spelled[_i].want);
}
END_TEST

static void noise(uint8_t *p, size_t n, uint32_t seed)
{
	for (; n; n--)
		*p++ = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
}

/* The definition of a reflected 32-bit CRC, a bit at a time: checks all eight sliced tables. */
static uint32_t crc_bitwise(uint32_t rpoly, const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffff;
	int i;

	for (; n; n--)
		for (c ^= *p++, i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? rpoly : 0);
	return ~c;
}

START_TEST(sliced_is_bitwise)
{
	uint8_t p[300];
	size_t n;

	noise(p, sizeof(p), 7);
	for (n = 0; n <= sizeof(p); n++) {
		ck_assert_uint_eq(sum_of(sum_find("crc32", 5), p, n),
				  crc_bitwise(0xedb88320, p, n));
		ck_assert_uint_eq(sum_of(sum_find("crc32c", 6), p, n),
				  crc_bitwise(0x82f63b78, p, n));
	}
	/* RFC 3720 appendix B.4: 32 bytes of zeroes, of ones. */
	memset(p, 0, 32);
	ck_assert_uint_eq(sum_of(sum_find("crc32c", 6), p, 32), 0x8a9136aa);
	memset(p, 0xff, 32);
	ck_assert_uint_eq(sum_of(sum_find("crc32c", 6), p, 32), 0x62a8ab43);
}
END_TEST

START_TEST(pieces_are_the_whole)
{
	uint8_t p[200];
	const struct sum_algo *a = sum_at((unsigned)_i);
	struct sum_state s;
	size_t i, j;

	noise(p, sizeof(p), 3);
	for (i = 0; i <= sizeof(p); i++) {
		j = i + (sizeof(p) - i) / 3;
		sum_init(&s, a);
		sum_add(&s, p, i);
		sum_add(&s, NULL, 0);
		sum_add(&s, p + i, j - i);
		sum_add(&s, p + j, sizeof(p) - j);
		ck_assert_msg(sum_end(&s) == sum_of(a, p, sizeof(p)), "%s cut at %zu and %zu",
			      a->name, i, j);
	}
}
END_TEST

static uint32_t inet_slow(const uint8_t *p, size_t n, uint32_t v)
{
	size_t i;

	for (i = 0; i < n; i++)
		v += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (v >> 16)
		v = (v & 0xffff) + (v >> 16);
	return v;
}

START_TEST(inet)
{
	/* RFC 1071 section 3: these eight bytes sum to ddf2. */
	static const uint8_t rfc[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	uint8_t p[2100];
	size_t n, off;

	ck_assert_uint_eq(sum_inet_partial(rfc, 8, 0), 0xddf2);
	ck_assert_uint_eq(sum_inet_partial(rfc, 0, 0x1ffff), 1);
	noise(p, sizeof(p), 1);
	for (off = 0; off < 9; off++)
		for (n = 0; n + off <= 300; n++)
			ck_assert_uint_eq(sum_inet_partial(p + off, n, 0x1234),
					  inet_slow(p + off, n, 0x1234));
	memset(p, 0xff, sizeof(p));
	ck_assert_uint_eq(sum_inet_partial(p, sizeof(p), 0xffff), 0xffff);
	ck_assert_uint_eq(sum_of(sum_find("inet", 4), p, sizeof(p)), 0);
	memset(p, 0, sizeof(p));
	ck_assert_uint_eq(sum_inet_partial(p, sizeof(p), 0), 0);
	ck_assert_uint_eq(sum_of(sum_find("inet", 4), p, sizeof(p)), 0xffff);
}
END_TEST

/* The published Fletcher-32 values, and sums long enough to wrap if they were not reduced. */
START_TEST(running_sums)
{
	const struct sum_algo *f32 = sum_find("fletcher32", 10), *f16 = sum_find("fletcher16", 10);
	const struct sum_algo *adler = sum_find("adler32", 7);
	size_t n = 262144, i;
	uint8_t *p = malloc(n);
	uint32_t a = 0, b = 0, c = 1, d = 0;

	ck_assert_uint_eq(sum_of(f32, "abcde", 5), 0xf04fc729);
	ck_assert_uint_eq(sum_of(f32, "abcdef", 6), 0x56502d2a);
	ck_assert_uint_eq(sum_of(f32, "abcdefgh", 8), 0xebe19591);
	ck_assert_uint_eq(sum_of(f16, "abcde", 5), 0xc8f0);
	ck_assert_uint_eq(sum_of(f16, "abcdefgh", 8), 0x0627);
	ck_assert_uint_eq(sum_of(adler, "Wikipedia", 9), 0x11e60398);
	ck_assert_ptr_nonnull(p);
	memset(p, 0xff, n);
	for (i = 0; i < n; i++) {
		a = (a + p[i]) % 255;
		b = (b + a) % 255;
		c = (c + p[i]) % 65521;
		d = (d + c) % 65521;
	}
	ck_assert_uint_eq(sum_of(f16, p, n), b << 8 | a);
	ck_assert_uint_eq(sum_of(adler, p, n), d << 16 | c);
	free(p);
}
END_TEST

/* ISO 8473-1 section 6.11: with the two bytes in place, wherever that is, both sums over all are 0
 * modulo 255; neither byte is 0. */
START_TEST(iso_sums_to_zero)
{
	const struct sum_algo *iso = sum_find("fletcher(iso)", 13);
	uint8_t p[300];

	for (unsigned n = 2; n < sizeof(p); n += 7) {
		for (unsigned at = 0; at + 2 <= n; at += 1 + at / 3) {
			uint32_t a = 0, b = 0;
			struct sum_state s;
			uint64_t v;

			for (unsigned i = 0; i < n; i++)
				p[i] = (uint8_t)(i * 37 + n * at);
			sum_init(&s, iso);
			sum_add_but(&s, p, n, at, 2);
			v = sum_end(&s);
			p[at] = (uint8_t)(v >> 8);
			p[at + 1] = (uint8_t)v;
			ck_assert(p[at] && p[at + 1]);
			for (unsigned i = 0; i < n; i++) {
				a = (a + p[i]) % 255;
				b = (b + a) % 255;
			}
			ck_assert_msg(!a && !b, "%u bytes at %u: %u %u", n, at, a, b);
		}
	}
}
END_TEST

/* The field itself counts as zeros, whatever is in it and around it. */
START_TEST(own_is_zero)
{
	const struct sum_algo *a = sum_at((unsigned)_i);
	uint8_t p[64], z[64];

	if (a->form == SUM_FLETCHER_ISO) /* knows where the field is */
		return;
	for (unsigned seed = 0; seed < 300; seed++) {
		unsigned n = 2 + seed % 60, at = seed * 7 % (n - 1), len = 1 + seed % 2;
		struct sum_state s, t;

		noise(p, n, seed);
		if (seed % 5 == 0) /* nothing but the field */
			memset(p, seed % 2 ? 0 : 0xff, n);
		if (seed % 15 == 0)
			p[at] = 9;
		memcpy(z, p, n);
		memset(z + at, 0, len);
		sum_init(&s, a);
		sum_init(&t, a);
		for (unsigned k = 0; k < 2; k++) { /* the second time from where the first ended */
			sum_add_but(&s, p, n, at, len);
			sum_add(&t, z, n);
		}
		ck_assert_msg(sum_end(&s) == sum_end(&t), "%s: %u bytes but %u at %u", a->name, n,
			      len, at);
	}
}
END_TEST

START_TEST(numbers_are_bytes)
{
	const struct sum_algo *a = sum_at((unsigned)_i);
	uint8_t p[8];

	for (unsigned seed = 0; seed < 200; seed++) {
		struct sum_state s, t;

		sum_init(&s, a);
		sum_init(&t, a);
		for (unsigned k = 0; k < 5; k++) {
			unsigned bytes = 1 + (seed * 5 + k * 3) % 8;
			uint64_t v = 0;

			noise(p, sizeof(p), seed + k);
			for (unsigned i = 0; i < bytes; i++)
				v = v << 8 | p[i];
			sum_add_number(&s, bytes < 8 ? v | UINT64_C(0xabcd) << 8 * bytes : v,
				       bytes);
			sum_add(&t, p, bytes);
		}
		ck_assert_msg(sum_end(&s) == sum_end(&t), "%s, seed %u", a->name, seed);
	}
}
END_TEST

UNIT_TESTS(sum)
{
	tcase_add_loop_test(t, check_value, 0, ROWS);
	tcase_add_test(t, every_algo_has_a_row);
	tcase_add_loop_test(t, spelled_out, 0, (int)(sizeof(spelled) / sizeof(spelled[0])));
	tcase_add_test(t, sliced_is_bitwise);
	tcase_add_loop_test(t, pieces_are_the_whole, 0, ROWS);
	tcase_add_test(t, inet);
	tcase_add_test(t, running_sums);
	tcase_add_test(t, iso_sums_to_zero);
	tcase_add_loop_test(t, own_is_zero, 0, ROWS);
	tcase_add_loop_test(t, numbers_are_bytes, 0, ROWS);
}
