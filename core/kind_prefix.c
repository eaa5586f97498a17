/* SPDX-License-Identifier: BSD-2-Clause */
/* Address prefixes: a byte with the number of bits, then as many bytes as hold them (RFC 4271
 * section 4.3, RFC 4760 section 5). Bits of the last byte beyond that number are kept. */
#include "core/kinds.h"
#include "core/bits.h"
#include "core/proto.h"

#include <string.h>

static uint32_t bytes_of(unsigned bits)
{
	return (bits + 7) / 8;
}

static int prefix_read(const uint8_t *p, uint32_t n, unsigned most, struct value *v)
{
	if (!n || p[0] > most || bytes_of(p[0]) >= n)
		return -1;
	v->p = p;
	v->len = 1 + bytes_of(p[0]);
	return (int)v->len;
}

static int read4(const uint8_t *p, uint32_t n, struct value *v)
{
	return prefix_read(p, n, 32, v);
}

static int read6(const uint8_t *p, uint32_t n, struct value *v)
{
	return prefix_read(p, n, 128, v);
}

/* Nothing said: 0.0.0.0/0. */
static int prefix_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base, (void)width;
	if (v->len)
		buf_put(out, v->p, v->len);
	else
		buf_char(out, 0);
	return out->failed ? -1 : 0;
}

static const struct kind *address_of(unsigned most)
{
	return most == 32 ? &kind_ip4 : &kind_ip6;
}

static int prefix_parse(const char *s, size_t n, unsigned most, struct arena *mem, struct value *v,
			struct err *e)
{
	const char *slash = n ? memrchr(s, '/', n) : NULL;
	size_t len = slash ? (size_t)(slash - s) : n;
	struct value addr = { 0 };
	uint64_t bits = most;
	uint8_t *p;
	bool neg;

	if (slash &&
	    (num_scan(slash + 1, n - len - 1, &neg, &bits) != NUM_OK || neg || bits > most))
		return err_at(e, "", s, n, len, n - len,
			      "a prefix is an address, / and 0 to %u bits: %s", most,
			      most == 32 ? "10.0.0.0/8" : "2001:db8::/32");
	if (address_of(most)->parse(NULL, s, len, mem, &addr, e))
		return -1;
	for (uint32_t i = bytes_of((unsigned)bits); i < most / 8; i++) {
		if (addr.p[i])
			return err_at(
				e, "", s, n, 0, n,
				"the first %u bytes of %.*s go into a /%u, the others must be 0",
				bytes_of((unsigned)bits), quoted(len), s, (unsigned)bits);
	}
	p = arena_alloc(mem, 17);
	if (!p)
		return err_set(e, ERR_IO, "out of memory");
	p[0] = (uint8_t)bits;
	memcpy(p + 1, addr.p, bytes_of((unsigned)bits));
	v->p = p;
	v->len = 1 + bytes_of((unsigned)bits);
	return 0;
}

static int parse4(const struct type *type, const char *s, size_t n, struct arena *mem,
		  struct value *v, struct err *e)
{
	(void)type;
	return prefix_parse(s, n, 32, mem, v, e);
}

static int parse6(const struct type *type, const char *s, size_t n, struct arena *mem,
		  struct value *v, struct err *e)
{
	(void)type;
	return prefix_parse(s, n, 128, mem, v, e);
}

static void prefix_print(const struct value *v, unsigned most, struct buf *out)
{
	uint8_t full[16] = { 0 };
	struct value addr = { .p = full, .len = most / 8 };
	unsigned bits = v->len ? v->p[0] : 0;

	if (v->len > 1 && v->len <= 1 + most / 8)
		memcpy(full, v->p + 1, v->len - 1);
	address_of(most)->print(NULL, &addr, out);
	buf_char(out, '/');
	buf_u64(out, bits);
}

static void print4(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	prefix_print(v, 32, out);
}

static void print6(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	prefix_print(v, 128, out);
}

/* ---- the first bytes of an address, the rest being zero: how many is told elsewhere ---- */

/* Bytes that the brackets of a type say, 0: they do not. */
static uint32_t fixed_size(const struct type *type)
{
	return type && type->ext.form == EXTENT_BYTES && type->ext.expr->op == EX_NUM &&
			       type->ext.expr->num > 0 && type->ext.expr->num <= 16
		       ? (uint32_t)type->ext.expr->num
		       : 0;
}

static int part_parse(const struct type *type, const char *s, size_t n, unsigned most,
		      struct arena *mem, struct value *v, struct err *e)
{
	const char *slash = n ? memrchr(s, '/', n) : NULL;
	size_t len = slash ? (size_t)(slash - s) : n;
	uint64_t bits = fixed_size(type) ? 8 * fixed_size(type) : most;
	uint8_t *raw;
	int64_t bytes;
	bool neg;

	if (n > 2 && s[0] == '0' && s[1] == 'x') {
		raw = arena_alloc(mem, n / 2);
		bytes = raw ? hex_decode(s + 2, n - 2, raw) : 0;
		if (!raw)
			return err_set(e, ERR_IO, "out of memory");
		if (bytes < 0)
			return err_at(e, "", s, n, 0, n, "0x takes two digits for each byte");
		v->p = raw;
		v->len = (uint32_t)bytes;
		return 0;
	}
	if (slash && (num_scan(slash + 1, n - len - 1, &neg, &bits) != NUM_OK || neg ||
		      bits > most || bits % 8))
		return err_at(e, "", s, n, len, n - len,
			      "behind / stands how many bits there are, a multiple of 8 up to %u",
			      most);
	if (address_of(most)->parse(NULL, s, len, mem, v, e))
		return -1;
	for (uint32_t i = (uint32_t)bits / 8; i < v->len; i++) {
		if (v->p[i])
			return err_at(
				e, "", s, n, 0, n,
				"only the first %u bytes of %.*s are sent, the others must be 0",
				(unsigned)bits / 8, quoted(len), s);
	}
	v->len = bits / 8 < v->len ? (uint32_t)bits / 8 : v->len;
	return 0;
}

static void part_print(const struct type *type, const struct value *v, unsigned most,
		       struct buf *out)
{
	uint8_t full[16] = { 0 };
	struct value addr = { .p = full, .len = most / 8 };

	if (v->len > addr.len) {
		buf_str(out, "0x");
		buf_hex(out, v->p, v->len);
		return;
	}
	if (v->len)
		memcpy(full, v->p, v->len);
	address_of(most)->print(NULL, &addr, out);
	if (v->len < addr.len && (!v->len || v->len != fixed_size(type)))
		buf_fmt(out, "/%u", v->len * 8);
}

static int part4(const struct type *type, const char *s, size_t n, struct arena *mem,
		 struct value *v, struct err *e)
{
	return part_parse(type, s, n, 32, mem, v, e);
}

static int part6(const struct type *type, const char *s, size_t n, struct arena *mem,
		 struct value *v, struct err *e)
{
	return part_parse(type, s, n, 128, mem, v, e);
}

static void print_part4(const struct type *type, const struct value *v, struct buf *out)
{
	part_print(type, v, 32, out);
}

static void print_part6(const struct type *type, const struct value *v, struct buf *out)
{
	part_print(type, v, 128, out);
}

const struct kind kind_ip4part = {
	.name = "ip4part", .cls = KIND_NAME, .parse = part4, .print = print_part4
};
const struct kind kind_ip6part = {
	.name = "ip6part", .cls = KIND_NAME, .parse = part6, .print = print_part6
};
const struct kind kind_prefix4 = { .name = "prefix4",
				   .cls = KIND_NAME,
				   .read = read4,
				   .write = prefix_write,
				   .parse = parse4,
				   .print = print4 };
const struct kind kind_prefix6 = { .name = "prefix6",
				   .cls = KIND_NAME,
				   .read = read6,
				   .write = prefix_write,
				   .parse = parse6,
				   .print = print6 };

const struct kind *kind_part_of(const struct kind *k, bool *counted)
{
	*counted = k == &kind_prefix4 || k == &kind_prefix6;
	if (k == &kind_prefix4 || k == &kind_ip4part)
		return &kind_ip4;
	return *counted || k == &kind_ip6part ? &kind_ip6 : NULL;
}
