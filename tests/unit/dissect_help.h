/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of dissect/ share: registries, packets from hex digits, layers as text. */
#ifndef STRATA_TESTS_DISSECT_HELP_H
#define STRATA_TESTS_DISSECT_HELP_H

#include "tests/unit/unit.h"

#include <ctype.h>

#include "core/registry.h"
#include "dissect/dissect.h"

/* The built-ins, or one text; ends the test when it does not load. */
static inline struct registry *help_registry(const char *text)
{
	struct registry *r = registry_open();
	struct err e = { 0 };
	int rc = text ? registry_load(r, "test", text, strlen(text), false, &e)
		      : registry_load_builtins(r, &e);

	if (rc == 0)
		rc = registry_freeze(r, &e);
	ck_assert_msg(rc == 0, "%s:%u:%u %s\n%s", e.name, e.lineno, e.col, e.msg, e.line);
	return r;
}

/* A packet of the bytes in hex (blanks ignored), in a buffer of exactly its size. Free p->data. */
static inline void help_packet(struct packet *p, uint16_t link, const char *hex)
{
	uint8_t *data = malloc(strlen(hex) / 2 + 1), *exact;
	uint32_t n = 0;
	int high = -1;

	for (; *hex; hex++) {
		int d = isdigit((unsigned char)*hex)    ? *hex - '0'
			: isxdigit((unsigned char)*hex) ? tolower((unsigned char)*hex) - 'a' + 10
							: -1;

		if (d < 0)
			continue;
		if (high < 0) {
			high = d;
		} else {
			data[n++] = (uint8_t)(high << 4 | d);
			high = -1;
		}
	}
	ck_assert_int_lt(high, 0);
	exact = malloc(n ? n : 1);
	memcpy(exact, data, n);
	free(data);
	*p = (struct packet) { .data = exact, .len = n, .wire_len = n, .link = link };
}

/* "eth 0+14..42 / ip 14+20..42 cut": every layer with offset, header bytes, end, tail, flags. */
static inline void help_layers(const struct packet *p, struct buf *out)
{
	static const char *const flag[] = { "cut",    "length", "opaque", "excerpt",
					    "header", "deep",   "guess",  "quoted" };

	out->n = 0;
	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct layer *l = &p->layers[i];

		buf_fmt(out, "%s%s %u+%u..%u", i ? " / " : "", l->proto->name, l->off, l->hlen,
			l->end);
		if (l->tail)
			buf_fmt(out, " tail=%u", l->tail);
		for (unsigned k = 0; k < 8; k++) {
			if (l->flags >> k & 1)
				buf_fmt(out, " %s", flag[k]);
		}
	}
}

/* Ethernet, IPv4 and IPv6 in front of what follows, addresses 10.0.0.1 > 10.0.0.2 and ::1 > ::2. */
#define ETH(type) "020000000002 020000000001 " type
#define IP4(len, proto) "4500" len " 0001 0000 40" proto "0000 0a000001 0a000002 "
#define IP6(len, nh)                                                                               \
	"60000000 " len nh "40 00000000000000000000000000000001 00000000000000000000000000000002 "

#endif
