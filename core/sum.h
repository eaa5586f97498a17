/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that sums: RFC 1071 Internet checksum, CRCs of any width, Fletcher, Adler-32, sum8,
 * xor8. */
#ifndef STRATA_CORE_SUM_H
#define STRATA_CORE_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sum_form {
	SUM_INET,
	SUM_CRC,
	SUM_FLETCHER16,
	SUM_FLETCHER32,
	SUM_FLETCHER_ISO, /* two bytes chosen so that both sums over all come out as 0 */
	SUM_SUM8,
	SUM_LRC8, /* what brings sum8 to 0 */
	SUM_XOR8,
	SUM_ADLER32
};

struct sum_algo {
	const char *name; /* "inet", "crc32c", ...; NULL: crc(width=..) spelled out */
	enum sum_form form;
	uint8_t width; /* bits of the result; CRC: 1..64 */
	bool refin, refout;
	uint64_t poly, init, xorout;
};

struct sum_state {
	const struct sum_algo *algo;
	uint64_t a, b;
	uint64_t n, own; /* fletcher(iso): bytes so far, and before the field itself */
	bool odd;        /* an odd number of bytes so far (inet, fletcher32) */
};

const struct sum_algo *sum_find(const char *name,
				size_t n); /* "inet" "crc32" "crc32c" "crc16(ccitt)" ... */
extern const struct sum_algo sum_algos[];
const struct sum_algo *sum_at(unsigned i); /* every named one; NULL past the end */
void sum_init(struct sum_state *s, const struct sum_algo *algo);
void sum_add(struct sum_state *s, const uint8_t *p, size_t n);
/* p[0..n), where p[at..at + len) is the field itself: zeros are summed in its place. */
void sum_add_but(struct sum_state *s, const uint8_t *p, size_t n, size_t at, size_t len);
/* A number of 1 to 8 bytes, big-endian. */
void sum_add_number(struct sum_state *s, uint64_t v, unsigned bytes);
/* As it stands in the field. inet: complemented; 0 stays 0 (the caller knows whether 0 means none).
 */
uint64_t sum_end(const struct sum_state *s);

/* RFC 1071 over p[0..n) in one go, as a folded 16-bit sum, not complemented. */
uint32_t sum_inet_partial(const uint8_t *p, size_t n, uint32_t start);

#endif
