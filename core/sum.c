/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that sums: RFC 1071 Internet checksum, CRCs of any width by the parameters of
 * Williams' "A Painless Guide to CRC Error Detection Algorithms", Fletcher, Adler-32 (RFC 1950),
 * sum8, xor8. */
#include "core/sum.h"
#include "core/bits.h"

#include <endian.h>
#include <string.h>

/* Names and parameters are those of the CRC RevEng catalogue; "ccitt" is what programs mostly mean
 * by it (init 0xffff, not reflected: CRC-16/IBM-3740). */
const struct sum_algo sum_algos[] = {
	{ "inet", SUM_INET, 16, false, false, 0, 0, 0 },
	{ "crc32", SUM_CRC, 32, true, true, 0x04c11db7, 0xffffffff, 0xffffffff },
	{ "crc32c", SUM_CRC, 32, true, true, 0x1edc6f41, 0xffffffff, 0xffffffff },
	{ "crc32(mpeg)", SUM_CRC, 32, false, false, 0x04c11db7, 0xffffffff, 0 },
	{ "crc24", SUM_CRC, 24, false, false, 0x864cfb, 0xb704ce, 0 },
	{ "crc24(ble)", SUM_CRC, 24, true, true, 0x00065b, 0x555555, 0 },
	{ "crc16(ccitt)", SUM_CRC, 16, false, false, 0x1021, 0xffff, 0 },
	{ "crc16(xmodem)", SUM_CRC, 16, false, false, 0x1021, 0, 0 },
	{ "crc16(kermit)", SUM_CRC, 16, true, true, 0x1021, 0, 0 },
	{ "crc16(x25)", SUM_CRC, 16, true, true, 0x1021, 0xffff, 0xffff },
	{ "crc16(arc)", SUM_CRC, 16, true, true, 0x8005, 0, 0 },
	{ "crc16(modbus)", SUM_CRC, 16, true, true, 0x8005, 0xffff, 0 },
	{ "crc16(dnp)", SUM_CRC, 16, true, true, 0x3d65, 0, 0xffff },
	{ "crc8", SUM_CRC, 8, false, false, 0x07, 0, 0 },
	{ "crc64(xz)", SUM_CRC, 64, true, true, 0x42f0e1eba9ea3693, UINT64_MAX, UINT64_MAX },
	{ "fletcher16", SUM_FLETCHER16, 16, false, false, 0, 0, 0 },
	{ "fletcher32", SUM_FLETCHER32, 32, false, false, 0, 0, 0 },
	{ "fletcher(iso)", SUM_FLETCHER_ISO, 16, false, false, 0, 0, 0 },
	{ "adler32", SUM_ADLER32, 32, false, false, 0, 0, 0 },
	{ "sum8", SUM_SUM8, 8, false, false, 0, 0, 0 },
	{ "lrc8", SUM_LRC8, 8, false, false, 0, 0, 0 },
	{ "xor8", SUM_XOR8, 8, false, false, 0, 0, 0 },
};

const struct sum_algo *sum_at(unsigned i)
{
	return i < sizeof(sum_algos) / sizeof(sum_algos[0]) ? &sum_algos[i] : NULL;
}

static bool named(const char *name, size_t n, const char *want)
{
	return n == strlen(want) && memcmp(name, want, n) == 0;
}

const struct sum_algo *sum_find(const char *name, size_t n)
{
	const struct sum_algo *a;
	unsigned i;

	if (named(name, n, "fletcher"))
		return sum_find("fletcher16", 10);
	if (named(name, n, "crc24(openpgp)"))
		return sum_find("crc24", 5);
	for (i = 0; (a = sum_at(i)); i++)
		if (named(name, n, a->name))
			return a;
	return NULL;
}

/* ---- Internet checksum ---- */

uint32_t sum_inet_partial(const uint8_t *p, size_t n, uint32_t start)
{
	uint64_t lo = 0, hi = 0, w[4];
	uint16_t last;

	/* One's-complement addition does not care about byte order or word size (RFC 1071
	 * section 2): add native words, swap once at the end. 2^32 words cannot overflow. */
	for (; n >= 32; p += 32, n -= 32) {
		memcpy(w, p, 32);
		lo += (w[0] & 0xffffffff) + (w[1] & 0xffffffff);
		hi += (w[0] >> 32) + (w[1] >> 32);
		lo += (w[2] & 0xffffffff) + (w[3] & 0xffffffff);
		hi += (w[2] >> 32) + (w[3] >> 32);
	}
	for (; n >= 8; p += 8, n -= 8) {
		memcpy(w, p, 8);
		lo += w[0] & 0xffffffff;
		hi += w[0] >> 32;
	}
	for (; n >= 2; p += 2, n -= 2) {
		memcpy(&last, p, 2);
		lo += last;
	}
	if (n)
		lo += htobe16((uint16_t)(*p << 8));
	lo = (lo & 0xffffffff) + (lo >> 32) + (hi & 0xffffffff) + (hi >> 32);
	lo = (lo & 0xffff) + (lo >> 16 & 0xffff) + (lo >> 32);
	lo = (lo & 0xffff) + (lo >> 16);
	lo = (lo & 0xffff) + (lo >> 16);
	lo = (uint64_t)be16toh((uint16_t)lo) + (start & 0xffff) + (start >> 16);
	lo = (lo & 0xffff) + (lo >> 16);
	return (uint32_t)((lo & 0xffff) + (lo >> 16));
}

static void add_inet(struct sum_state *s, const uint8_t *p, size_t n)
{
	if (s->odd && n) { /* the second byte of the word that the last piece began */
		s->a += *p++;
		n--;
		s->odd = false;
	}
	if (n <= 16 && n % 2 == 0) { /* an address, a number of a pseudo header */
		for (; n; p += 2, n -= 2)
			s->a += (uint32_t)p[0] << 8 | p[1];
		s->a = (s->a & 0xffff) + (s->a >> 16);
		return;
	}
	s->a = sum_inet_partial(p, n, (uint32_t)((s->a & 0xffff) + (s->a >> 16)));
	s->odd ^= n & 1;
}

/* ---- CRC ---- */

/* A CRC table is linear: an entry is the xor of the entries of its bits. Row k, bit i below is
 * the polynomial stepped 8 * k + 7 - i times; k > 0 are the tables of slicing by eight (Kounavis
 * and Berry, 2005). */
#define BIT(n, i, k) ((n) >> (i)&1 ? (k) : 0)
#define ENTRY(n, a, b, c, d, e, f, g, h)                                                           \
	(BIT(n, 0, a) ^ BIT(n, 1, b) ^ BIT(n, 2, c) ^ BIT(n, 3, d) ^ BIT(n, 4, e) ^ BIT(n, 5, f) ^ \
	 BIT(n, 6, g) ^ BIT(n, 7, h))
#define E4(n, ...)                                                                                 \
	ENTRY((n), __VA_ARGS__), ENTRY((n) + 1, __VA_ARGS__), ENTRY((n) + 2, __VA_ARGS__),         \
		ENTRY((n) + 3, __VA_ARGS__)
#define E16(n, ...)                                                                                \
	E4(n, __VA_ARGS__), E4((n) + 4, __VA_ARGS__), E4((n) + 8, __VA_ARGS__),                    \
		E4((n) + 12, __VA_ARGS__)
#define E64(n, ...)                                                                                \
	E16(n, __VA_ARGS__), E16((n) + 16, __VA_ARGS__), E16((n) + 32, __VA_ARGS__),               \
		E16((n) + 48, __VA_ARGS__)
#define ROW(...)                                                                                   \
	{                                                                                          \
		E64(0, __VA_ARGS__), E64(64, __VA_ARGS__), E64(128, __VA_ARGS__),                  \
			E64(192, __VA_ARGS__)                                                      \
	}
/* clang-format off */
static const uint32_t table_crc32[8][256] = {
	ROW(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832,
	    0x1db71064, 0x3b6e20c8, 0x76dc4190, 0xedb88320),
	ROW(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08,
	    0x4ac21251, 0x958424a2, 0xf0794f05, 0x3b83984b),
	ROW(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8,
	    0x1c26a370, 0x384d46e0, 0x709a8dc0, 0xe1351b80),
	ROW(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef,
	    0x5019579f, 0xa032af3e, 0x9b14583d, 0xed59b63b),
	ROW(0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1,
	    0x60e09782, 0xc1c12f04, 0x58f35849, 0xb1e6b092),
	ROW(0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d,
	    0x03d6029b, 0x07ac0536, 0x0f580a6c, 0x1eb014d8),
	ROW(0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67,
	    0x67de9cce, 0xcfbd399c, 0x440b7579, 0x8816eaf2),
	ROW(0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5,
	    0x7cbb312b, 0xf9766256, 0x299dc2ed, 0x533b85da)
};
static const uint32_t table_crc32c[8][256] = {
	ROW(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf,
	    0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
	ROW(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8,
	    0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
	ROW(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5,
	    0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
	ROW(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6,
	    0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
	ROW(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91,
	    0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
	ROW(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f,
	    0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
	ROW(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53,
	    0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
	ROW(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da,
	    0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664)
};
/* clang-format on */

static uint32_t add_sliced(const uint32_t t[8][256], uint32_t c, const uint8_t *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8) {
		uint32_t lo, hi;

		memcpy(&lo, p, 4);
		memcpy(&hi, p + 4, 4);
		lo = le32toh(lo) ^ c;
		hi = le32toh(hi);
		c = t[7][lo & 0xff] ^ t[6][lo >> 8 & 0xff] ^ t[5][lo >> 16 & 0xff] ^
		    t[4][lo >> 24] ^ t[3][hi & 0xff] ^ t[2][hi >> 8 & 0xff] ^
		    t[1][hi >> 16 & 0xff] ^ t[0][hi >> 24];
	}
	while (n--)
		c = t[0][(c ^ *p++) & 0xff] ^ c >> 8;
	return c;
}

static uint64_t mask_of(unsigned width)
{
	return width >= 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

static uint64_t reflect(uint64_t v, unsigned width)
{
	uint64_t r = 0;

	for (; width; width--, v >>= 1)
		r = r << 1 | (v & 1);
	return r;
}

/* The register stands at the low end when reflected, else at the high end of 64 bits, so that
 * widths below 8 need nothing of their own. */
static uint64_t crc_init(const struct sum_algo *a)
{
	uint64_t init = a->init & mask_of(a->width);

	return a->refin ? reflect(init, a->width) : init << (64 - a->width);
}

static void add_crc(struct sum_state *s, const uint8_t *p, size_t n)
{
	const struct sum_algo *a = s->algo;
	uint64_t poly = a->poly & mask_of(a->width), t[16], c = s->a;
	unsigned i, k;

	if (a->refin && a->width == 32 && poly == 0x04c11db7) {
		s->a = add_sliced(table_crc32, (uint32_t)c, p, n);
		return;
	}
	if (a->refin && a->width == 32 && poly == 0x1edc6f41) {
		s->a = add_sliced(table_crc32c, (uint32_t)c, p, n);
		return;
	}
	poly = a->refin ? reflect(poly, a->width) : poly << (64 - a->width);
	for (i = 0; i < 16; i++) {
		t[i] = a->refin ? i : (uint64_t)i << 60;
		for (k = 0; k < 4; k++)
			if (a->refin)
				t[i] = t[i] >> 1 ^ (t[i] & 1 ? poly : 0);
			else
				t[i] = t[i] << 1 ^ (t[i] >> 63 ? poly : 0);
	}
	for (; n; n--, p++) {
		if (a->refin) {
			c ^= *p;
			c = c >> 4 ^ t[c & 15];
			c = c >> 4 ^ t[c & 15];
		} else {
			c ^= (uint64_t)*p << 56;
			c = c << 4 ^ t[c >> 60];
			c = c << 4 ^ t[c >> 60];
		}
	}
	s->a = c;
}

static uint64_t end_crc(const struct sum_state *s)
{
	const struct sum_algo *a = s->algo;
	uint64_t v = a->refin ? s->a : s->a >> (64 - a->width);

	if (a->refin != a->refout)
		v = reflect(v, a->width);
	return (v ^ a->xorout) & mask_of(a->width);
}

/* ---- two running sums ---- */

/* Each turn takes few enough bytes that b, which grows with their square, stays below 2^64. */
#define TURN ((size_t)4096)

static void add_bytes_mod(struct sum_state *s, const uint8_t *p, size_t n, unsigned mod)
{
	while (n) {
		size_t k = n < TURN ? n : TURN;

		for (n -= k; k; k--) {
			s->a += *p++;
			s->b += s->a;
		}
		s->a %= mod;
		s->b %= mod;
	}
}

/* 16-bit words, the first byte the low one: what the published values ("abcde": f04fc729) are for.
 */
static void add_fletcher32(struct sum_state *s, const uint8_t *p, size_t n)
{
	while (n) {
		size_t k = n < TURN ? n : TURN;

		for (n -= k; k; k--, s->odd = !s->odd) {
			s->a += (uint64_t)*p++ << (s->odd ? 8 : 0);
			if (s->odd)
				s->b += s->a;
		}
		s->a %= 65535;
		s->b %= 65535;
	}
}

/* ISO 8473-1 annex C (RFC 905 annex B): the field's own place decides what its two bytes must be.
 * 0 is written as 255, as OSPF and IS-IS do (RFC 2328 section 12.1.7: 0 means "not computed"). */
static uint64_t end_iso(const struct sum_state *s)
{
	uint64_t after = s->n - s->own, x, y;

	if (after < 2) /* the field is not in what it covers */
		return s->b << 8 | s->a;
	x = ((after - 1) % 255 * s->a + 255 - s->b) % 255;
	y = (2 * 255 - s->a - x) % 255;
	return (x ? x : 255) << 8 | (y ? y : 255);
}

/* ---- the face ---- */

void sum_init(struct sum_state *s, const struct sum_algo *algo)
{
	*s = (struct sum_state) { .algo = algo };
	if (algo->form == SUM_CRC)
		s->a = crc_init(algo);
	else if (algo->form == SUM_ADLER32)
		s->a = 1;
}

void sum_add(struct sum_state *s, const uint8_t *p, size_t n)
{
	size_t i;

	if (!n)
		return;
	switch (s->algo->form) {
	case SUM_INET: add_inet(s, p, n); break;
	case SUM_CRC: add_crc(s, p, n); break;
	case SUM_FLETCHER16: add_bytes_mod(s, p, n, 255); break;
	case SUM_FLETCHER_ISO:
		s->n += n;
		add_bytes_mod(s, p, n, 255);
		break;
	case SUM_FLETCHER32: add_fletcher32(s, p, n); break;
	case SUM_ADLER32: add_bytes_mod(s, p, n, 65521); break;
	case SUM_SUM8:
	case SUM_LRC8:
		for (i = 0; i < n; i++)
			s->a += p[i];
		break;
	case SUM_XOR8:
		for (i = 0; i < n; i++)
			s->a ^= p[i];
		break;
	}
}

void sum_add_but(struct sum_state *s, const uint8_t *p, size_t n, size_t at, size_t len)
{
	static const uint8_t zero[8];

	if (s->algo->form == SUM_INET && len == 2 && at % 2 == 0 && !s->odd) {
		/* All of it, and the word taken away again. 0xffff: the others may all be zero. */
		uint32_t a = sum_inet_partial(p, n, (uint16_t)~be16(p + at));

		if (a != 0xffff) {
			s->a += a;
			s->odd = n & 1;
			return;
		}
	}
	sum_add(s, p, at);
	s->own = s->n;
	sum_add(s, zero, len > 8 ? 8 : len);
	sum_add(s, p + at + len, n - at - len);
}

void sum_add_number(struct sum_state *s, uint64_t v, unsigned bytes)
{
	uint8_t b[8];

	if (bytes < 8)
		v &= (UINT64_C(1) << 8 * bytes) - 1;
	if (s->algo->form == SUM_INET) {
		v = (v & 0xffff) + (v >> 16 & 0xffff) + (v >> 32 & 0xffff) + (v >> 48);
		s->odd ^= bytes & 1;
		s->a += s->odd ? v << 8 : v; /* the last byte is the upper half of a word */
		s->a = (s->a & 0xffff) + (s->a >> 16);
		return;
	}
	bits_put(b, 0, 8 * bytes, v);
	sum_add(s, b, bytes);
}

uint64_t sum_end(const struct sum_state *s)
{
	uint64_t a = s->a, b = s->b;

	switch (s->algo->form) {
	case SUM_INET: a = (a & 0xffff) + (a >> 16); return ~((a & 0xffff) + (a >> 16)) & 0xffff;
	case SUM_CRC: return end_crc(s);
	case SUM_FLETCHER16: return b << 8 | a;
	case SUM_FLETCHER32:
		if (s->odd) /* the last word is padded with a zero byte */
			b = (b + a) % 65535;
		return b << 16 | a;
	case SUM_ADLER32: return b << 16 | a;
	case SUM_FLETCHER_ISO: return end_iso(s);
	case SUM_SUM8: return a & 0xff;
	case SUM_LRC8: return (0 - a) & 0xff;
	case SUM_XOR8: return a & 0xff;
	}
	return 0;
}
