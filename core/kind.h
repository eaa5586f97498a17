/* SPDX-License-Identifier: BSD-2-Clause */
/* A kind is a codec between bytes and words: parse beside print, read beside write. Kinds know no
 * protocol. */
#ifndef STRATA_CORE_KIND_H
#define STRATA_CORE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

struct type;

enum kind_class {
	KIND_NUM,   /* value.num; JSON number (i*: two's complement sign-extended to 64 bits in num)
		     */
	KIND_FLOAT, /* value.num holds the IEEE bits (32 or 64) */
	KIND_ADDR,  /* value.p: 4, 6, 8 or 16 bytes; JSON string */
	KIND_TIME,  /* value.num holds the raw bits; printed as a time exactly, or as hex */
	KIND_TEXT,  /* value.p[len]: the text itself (prefix and terminator excluded) */
	KIND_BYTES, /* value.p[len]: the bytes themselves; JSON string of hex digits */
	KIND_NAME,  /* value.p[len]: the encoding; only print makes words of it (DNS names, OIDs) */
};

struct value {
	uint64_t num;
	const uint8_t *p;
	uint32_t len;
	const uint8_t *base; /* KIND_NAME, reading: first byte of the protocol's header, for
				pointers back */
	uint32_t base_len;   /* bytes that may be looked at from base */
	bool exact;     /* KIND_NAME, printing: print so that the very same encoding is rebuilt;
			   writing: p[len] is that encoding */
	uint32_t width; /* codec kinds, set by read: 0 when write(.., 0) gives these bytes again,
			   else how many bytes they took: write(.., width) gives them (X.width=) */
	struct kind_seen *seen; /* KIND_NAME, writing: names written before in this message; NULL:
				   never point back */
	unsigned *work; /* budget of steps left for this packet; a codec that walks decrements it;
			   NULL: none */
};

struct kind {
	const char *name; /* as written in a description, without digits: "u", "mac", "dnsname" */
	enum kind_class cls;
	uint16_t bits; /* fixed width of the encoding; 0: from type->bits, the extent, or the codec
			*/
	bool points;   /* may point back at what was written before, in place of saying it again */

	/* Codec of kinds whose bytes say themselves where they end (extent EXTENT_KIND, bits 0).
	 * read: how many bytes of p[0..n) the encoding takes, -1 when it does not fit or is
	 * malformed; fills v. v->base, base_len and work are set by the caller. Never reads past p
	 * + n (or base + base_len). write: appends the encoding of v to out. base is the offset in
	 * out->p of the protocol's first byte (for names that point back). width: bytes wanted
	 * (X.width=), 0: the shortest. -1: cannot. NULL for kinds of fixed width or with an extent.
	 */
	int (*read)(const uint8_t *p, uint32_t n, struct value *v);
	int (*write)(struct buf *out, size_t base, const struct value *v, unsigned width);

	/* Words to value, which the caller zeroed. v->p points into mem (or at s). -1 with e set:
	 * what would have been accepted. NULL for KIND_TEXT and KIND_BYTES, whose literal form
	 * belongs to the notation.
	 */
	int (*parse)(const struct type *type, const char *s, size_t n, struct arena *mem,
		     struct value *v, struct err *e);
	/* Value to words: exactly what parse takes. Never prints a blank, comma, quote or control
	 * byte. */
	void (*print)(const struct type *type, const struct value *v, struct buf *out);
	/* The same for output that has its own escapes: as UTF-8, whatever is in it. NULL: print.
	 */
	void (*plain)(const struct type *type, const struct value *v, struct buf *out);
};

extern const struct kind kind_uint, kind_int, kind_float, kind_text, kind_bytes;

/* Names written so far in one message: what a later one may point back at. Zero-initialised is
 * empty and valid. Offsets are relative to `base` of write, so one message is one kind_seen. */
struct kind_seen {
	struct kind_seen_at {
		uint32_t hash;
		uint16_t off, older; /* where it stands; the next older of its chain, plus one */
	} * v;
	uint32_t n, cap;
	uint64_t steps;     /* entries and labels looked at; bounded by the message's length */
	uint16_t head[256]; /* newest of each chain, plus one */
};
/* Forget all but the first n, when what was written after them is taken back. 0: a new message. */
void kind_seen_cut(struct kind_seen *s, uint32_t n);
void kind_seen_done(struct kind_seen *s);

/* The kind called name[0..n) ("mac", "ip4", "ip6", "eui64", "unixtime", "ntptime", "qvar",
 * "mqttvar", "berlen", "decimal", "cstr", "line", "dnsname", "dnsname_plain", ...), NULL if there
 * is none; "uint", "int", "float" find u, i, f. u/i/f with digits: see loader. */
const struct kind *kind_find(const char *name, size_t n);
/* Every kind, for the reference and for suggestions; NULL past the end. */
const struct kind *kind_at(unsigned i);

#endif
