/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kind*.c files and value.c share. Not for use outside core/. */
#ifndef STRATA_CORE_KINDS_H
#define STRATA_CORE_KINDS_H

#include "core/kind.h"

extern const struct kind kind_mac, kind_ip4, kind_ip6, kind_eui64;
extern const struct kind kind_unixtime, kind_unixtime64, kind_ntptime, kind_ntptime32;
extern const struct kind kind_qvar, kind_mqttvar, kind_berlen, kind_decimal, kind_cstr, kind_line;
extern const struct kind kind_dnsname, kind_dnsname_plain, kind_oid;
extern const struct kind kind_leb128, kind_zigzag, kind_vlq, kind_hexnum, kind_lenenc, kind_len255;
extern const struct kind kind_prefix4, kind_prefix6, kind_bcd, kind_tbcd, kind_nbname;
extern const struct kind kind_ip4part, kind_ip6part;
/* The kind of address of which k holds the first bits: how many says a number in front of them
 * (*counted), or they are all the bytes there are. NULL: k holds none. */
const struct kind *kind_part_of(const struct kind *k, bool *counted);
extern const struct kind kind_utf16le, kind_utf16be;
extern const struct kind kind_unixms, kind_unixms48, kind_unixus, kind_unixns, kind_filetime;
extern const struct kind kind_daytime, kind_hpacktext;

static inline uint64_t bits_mask(unsigned width)
{
	return width >= 64 || !width ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

/* At most 60 bytes of what the user wrote, for "%.*s". */
static inline int quoted(size_t n)
{
	return n < 60 ? (int)n : 60;
}

enum num_result { NUM_OK, NUM_NOT, NUM_BIG };
/* [-] decimal, 0x hex or 0b binary digits, all of s[0..n). *neg: a minus stood before them. */
enum num_result num_scan(const char *s, size_t n, bool *neg, uint64_t *v);
/* A number of at most max as KIND_NUM kinds read it. -1 with e set. */
int num_parse(const char *s, size_t n, uint64_t max, uint64_t *v, struct err *e);
/* A signed number of width bits, sign-extended; 0x and 0b give the bits themselves. */
int int_parse(const char *s, size_t n, unsigned width, uint64_t *v, struct err *e);

/* RFC 3339 in UTC, or a number (the raw bits). ntp: seconds since 1900 and 2^-32 fractions when
 * width is 64, else seconds since 1970. */
int time_parse(const char *s, size_t n, bool ntp, unsigned width, uint64_t *v, struct err *e);
void time_print(uint64_t v, bool ntp, unsigned width, struct buf *out);
/* The date of seconds since 1970 (to 9999), without fraction and zone. */
void date_print(int64_t sec, struct buf *out);
/* RFC 3339: seconds since 1970, and the fraction num / 10^digits (at most 18). False: it is none.
 */
bool date_scan(const char *s, size_t n, int64_t *sec, uint64_t *num, unsigned *digits);

#endif
