/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in groups of seven bits, the top bit of a byte saying that another follows: MQTT (5.0
 * section 1.5.5), LEB128 (DWARF 5 section 7.6, protobuf, WebAssembly), its zigzag form for signed
 * numbers, and the same with the high group first (MIDI, BER tags above 30). */
#include "core/kinds.h"
#include "core/bits.h"

#define LEB_BYTES 10 /* 64 bits */
#define MQTT_BYTES 4
#define MQTT_MAX 268435455u

static unsigned groups(uint64_t v)
{
	unsigned n = 1;

	while (v >>= 7)
		n++;
	return n;
}

static int done(struct value *v, const uint8_t *p, uint32_t n)
{
	v->p = p;
	v->len = n;
	v->width = groups(v->num) == n ? 0 : n;
	return (int)n;
}

static int low_read(const uint8_t *p, uint32_t n, uint32_t most, struct value *v)
{
	for (uint32_t i = v->num = 0; i < most && i < n; i++) {
		if (i == LEB_BYTES - 1 && p[i] > 1)
			return -1; /* more than 64 bits */
		v->num |= (uint64_t)(p[i] & 0x7f) << 7 * i;
		if (!(p[i] & 0x80))
			return done(v, p, i + 1);
	}
	return -1;
}

static int low_write(struct buf *out, uint64_t v, unsigned width, unsigned most)
{
	unsigned len = width ? width : groups(v);

	if (len > most || len < groups(v))
		return -1;
	for (unsigned i = 0; i < len; i++)
		buf_char(out, (char)((v >> 7 * i & 0x7f) | (i + 1 < len ? 0x80 : 0)));
	return out->failed ? -1 : 0;
}

static int mqtt_read(const uint8_t *p, uint32_t n, struct value *v)
{
	return low_read(p, n, MQTT_BYTES, v);
}

static int mqtt_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base;
	return low_write(out, v->num, width, MQTT_BYTES);
}

static int mqtt_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		      struct value *v, struct err *e)
{
	(void)type, (void)mem;
	return num_parse(s, n, MQTT_MAX, &v->num, e);
}

static int leb_read(const uint8_t *p, uint32_t n, struct value *v)
{
	return low_read(p, n, LEB_BYTES, v);
}

static int leb_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base;
	return low_write(out, v->num, width, LEB_BYTES);
}

static int num64_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		       struct value *v, struct err *e)
{
	(void)type, (void)mem;
	return num_parse(s, n, UINT64_MAX, &v->num, e);
}

static void num64_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	buf_u64(out, v->num);
}

/* 0, -1, 1, -2 ... are 0, 1, 2, 3 ... */
static int zig_read(const uint8_t *p, uint32_t n, struct value *v)
{
	int used = low_read(p, n, LEB_BYTES, v);

	v->num = v->num >> 1 ^ (0 - (v->num & 1));
	return used;
}

static int zig_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	(void)base;
	return low_write(out, v->num << 1 ^ (0 - (v->num >> 63)), width, LEB_BYTES);
}

static int zig_parse(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e)
{
	(void)type, (void)mem;
	return int_parse(s, n, 64, &v->num, e);
}

static void zig_print(const struct type *type, const struct value *v, struct buf *out)
{
	(void)type;
	buf_i64(out, (int64_t)v->num);
}

static int vlq_read(const uint8_t *p, uint32_t n, struct value *v)
{
	v->num = 0;
	for (uint32_t i = 0; i < LEB_BYTES && i < n; i++) {
		if (v->num >> 57)
			return -1;
		v->num = v->num << 7 | (p[i] & 0x7f);
		if (!(p[i] & 0x80))
			return done(v, p, i + 1);
	}
	return -1;
}

static int vlq_write(struct buf *out, size_t base, const struct value *v, unsigned width)
{
	unsigned len = width ? width : groups(v->num);

	(void)base;
	if (len > LEB_BYTES || len < groups(v->num))
		return -1;
	while (len--)
		buf_char(out,
			 (char)((7 * len < 64 ? v->num >> 7 * len & 0x7f : 0) | (len ? 0x80 : 0)));
	return out->failed ? -1 : 0;
}

const struct kind kind_mqttvar = { .name = "mqttvar",
				   .cls = KIND_NUM,
				   .read = mqtt_read,
				   .write = mqtt_write,
				   .parse = mqtt_parse,
				   .print = num64_print };
const struct kind kind_leb128 = { .name = "leb128",
				  .cls = KIND_NUM,
				  .read = leb_read,
				  .write = leb_write,
				  .parse = num64_parse,
				  .print = num64_print };
const struct kind kind_zigzag = { .name = "zigzag",
				  .cls = KIND_NUM,
				  .read = zig_read,
				  .write = zig_write,
				  .parse = zig_parse,
				  .print = zig_print };
const struct kind kind_vlq = { .name = "vlq",
			       .cls = KIND_NUM,
			       .read = vlq_read,
			       .write = vlq_write,
			       .parse = num64_parse,
			       .print = num64_print };
