/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses: IEEE 802 (48 and 64 bits), IPv4, IPv6 (text by RFC 4291 section 2.2, printed by RFC
 * 5952). */
#include "core/kinds.h"
#include "core/bits.h"
#include "core/proto.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

/* The bytes of an address, the last one first where its type says so (macle: Bluetooth,
 * IEEE 802.15.4). */
static void turn(const struct type *type, uint8_t *to, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		to[i] = p[type && type->le ? n - 1 - i : i];
}

static int give(const struct type *type, struct arena *mem, struct value *v, const uint8_t *p,
		uint32_t n, struct err *e)
{
	uint8_t *copy = arena_alloc(mem, n);

	if (!copy)
		return err_set(e, ERR_IO, "out of memory");
	turn(type, copy, p, n);
	v->p = copy;
	v->len = n;
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'         ? c - '0'
	       : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10
					    : -1;
}

/* groups pairs of digits (a lone digit counts) with ':' or '-' between, all the same. */
static bool scan_groups(const char *s, size_t n, uint8_t *p, unsigned groups)
{
	size_t i = 0;
	unsigned g;
	char sep = 0;

	for (g = 0; g < groups; g++) {
		int hi, lo;

		if (g) {
			if (i >= n || (s[i] != ':' && s[i] != '-') || (sep && s[i] != sep))
				return false;
			sep = s[i++];
		}
		if (i >= n || (hi = hex_digit(s[i])) < 0)
			return false;
		i++;
		if (i < n && (lo = hex_digit(s[i])) >= 0) {
			hi = hi << 4 | lo;
			i++;
		}
		p[g] = (uint8_t)hi;
	}
	return i == n;
}

static void print_groups(const uint8_t *p, unsigned groups, struct buf *out)
{
	char *o;

	if (out->cap - out->n < 3 * groups && !buf_grow(out, 3 * groups))
		return;
	o = out->p + out->n;
	for (unsigned g = 0; g < groups; g++, o += 3) {
		memcpy(o, buf_hex_of + 2 * p[g], 2);
		o[2] = ':';
	}
	out->n += 3 * groups - 1;
}

static int mac_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e)
{
	uint8_t p[6];

	if (!scan_groups(s, n, p, 6))
		return err_at(
			e, "", s, n, 0, n,
			"'%.*s' is not a hardware address: write six bytes, 02:00:00:00:00:01",
			quoted(n), s);
	return give(type, mem, v, p, 6, e);
}

static void mac_print(const struct type *type, const struct value *v, struct buf *out)
{
	uint8_t p[6];

	if (v->len < sizeof(p))
		return;
	if (type && type->le) {
		turn(type, p, v->p, sizeof(p));
		print_groups(p, 6, out);
	} else {
		print_groups(v->p, 6, out);
	}
}

static int eui64_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		       struct value *v, struct err *e)
{
	uint8_t p[8];

	if (!scan_groups(s, n, p, 8))
		return err_at(e, "", s, n, 0, n,
			      "'%.*s' is not an EUI-64: write eight bytes, 02:00:00:ff:fe:00:00:01",
			      quoted(n), s);
	return give(type, mem, v, p, 8, e);
}

static void eui64_print(const struct type *type, const struct value *v, struct buf *out)
{
	uint8_t p[8];

	if (v->len < sizeof(p))
		return;
	turn(type, p, v->p, sizeof(p));
	print_groups(p, 8, out);
}

/* Four decimal numbers; a leading zero is refused, since some read it as octal. */
static bool scan_quad(const char *s, size_t n, uint8_t p[4])
{
	size_t i = 0, from;
	unsigned g, d;

	for (g = 0; g < 4; g++) {
		if (g && (i >= n || s[i++] != '.'))
			return false;
		for (from = i, d = 0; i < n && s[i] >= '0' && s[i] <= '9' && i - from < 3; i++)
			d = d * 10 + (unsigned)(s[i] - '0');
		if (i == from || d > 255 || (s[from] == '0' && i - from > 1))
			return false;
		p[g] = (uint8_t)d;
	}
	return i == n;
}

static int ip4_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e)
{
	uint8_t p[4];

	if (!scan_quad(s, n, p))
		return err_at(e, "", s, n, 0, n,
			      "'%.*s' is not an IPv4 address: write four numbers, 192.0.2.1",
			      quoted(n), s);
	return give(type, mem, v, p, 4, e);
}

static char *put_octet(char *o, unsigned d)
{
	if (d >= 100)
		*o++ = (char)('0' + d / 100);
	if (d >= 10) {
		memcpy(o, buf_decimal_of + d % 100 * 2, 2);
		return o + 2;
	}
	*o++ = (char)('0' + d);
	return o;
}

static void quad_print(const uint8_t *p, struct buf *out)
{
	char *o;

	if (out->cap - out->n < 16 && !buf_grow(out, 16))
		return;
	o = out->p + out->n;
	for (unsigned i = 0; i < 4; i++) {
		o = put_octet(o, p[i]);
		*o++ = '.';
	}
	out->n = (size_t)(o - out->p) - 1;
}

static void ip4_print(const struct type *type, const struct value *v, struct buf *out)
{
	uint8_t p[4];

	if (v->len < sizeof(p))
		return;
	if (type && type->le) {
		turn(type, p, v->p, sizeof(p));
		quad_print(p, out);
	} else {
		quad_print(v->p, out);
	}
}

/* A zone (fe80::1%eth0) is where to send, not part of the address: it is left to who sends, and
 * accepted only where one makes sense (RFC 4007: link-local and small multicast scopes). */
static bool scan_ip6(const char *s, size_t n, uint8_t p[16])
{
	const char *zone = memchr(s, '%', n);
	size_t len = zone ? (size_t)(zone - s) : n, i;
	char tmp[INET6_ADDRSTRLEN];

	if (!len || len >= sizeof(tmp) || memchr(s, 0, len))
		return false;
	memcpy(tmp, s, len);
	tmp[len] = 0;
	if (inet_pton(AF_INET6, tmp, p) != 1)
		return false;
	if (!zone)
		return true;
	if (!(p[0] == 0xfe && (p[1] & 0xc0) == 0x80) && !(p[0] == 0xff && (p[1] & 15) <= 2))
		return false;
	for (i = len + 1; i < n; i++)
		if (!isgraph((unsigned char)s[i]) || s[i] == '%' || s[i] == '/')
			return false;
	return n > len + 1 && n - len - 1 < 16;
}

static int ip6_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e)
{
	uint8_t p[16];

	if (!n || !scan_ip6(s, n, p))
		return err_at(e, "", s, n, 0, n, "'%.*s' is not an IPv6 address: write 2001:db8::1",
			      quoted(n), s);
	return give(type, mem, v, p, 16, e);
}

static void ip6_print(const struct type *type, const struct value *v, struct buf *out)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	unsigned i, run, best = 8, best_len = 1; /* a single zero group is not shortened */
	uint8_t p[16];

	if (v->len < sizeof(p))
		return;
	turn(type, p, v->p, sizeof(p));
	if (memcmp(p, mapped, 12) == 0) {
		buf_str(out, "::ffff:");
		quad_print(p + 12, out);
		return;
	}
	for (i = 0; i < 8; i += run ? run : 1) {
		for (run = 0; i + run < 8 && be16(p + 2 * (i + run)) == 0;)
			run++;
		if (run > best_len) {
			best = i;
			best_len = run;
		}
	}
	for (i = 0; i < 8;) {
		if (i == best) {
			buf_str(out, "::");
			i += best_len;
			continue;
		}
		if (i && i != best + best_len)
			buf_char(out, ':');
		buf_x64(out, be16(p + 2 * i), 1);
		i++;
	}
}

const struct kind kind_mac = {
	.name = "mac", .cls = KIND_ADDR, .bits = 48, .parse = mac_parse, .print = mac_print
};
const struct kind kind_eui64 = {
	.name = "eui64", .cls = KIND_ADDR, .bits = 64, .parse = eui64_parse, .print = eui64_print
};
const struct kind kind_ip4 = {
	.name = "ip4", .cls = KIND_ADDR, .bits = 32, .parse = ip4_parse, .print = ip4_print
};
const struct kind kind_ip6 = {
	.name = "ip6", .cls = KIND_ADDR, .bits = 128, .parse = ip6_parse, .print = ip6_print
};
