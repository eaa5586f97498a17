/* SPDX-License-Identifier: BSD-2-Clause */
/* Between kind_name.c (domain names as words and bytes) and kind_name_write.c (compressing them).
 */
#ifndef STRATA_CORE_KIND_NAME_H
#define STRATA_CORE_KIND_NAME_H

#include "core/kinds.h"

#define DOMAIN_MAX 255 /* bytes, the root's included */
#define POINTER_MAX 0x3fff

struct flat_name {
	uint8_t p[DOMAIN_MAX]; /* every label, and the root's zero byte: no pointers */
	unsigned n;
	unsigned own;   /* bytes of labels that stand before the first pointer */
	unsigned steps; /* labels and pointers that were looked at */
	int pointer;    /* where that points; -1: none */
};

/* The name at p[0..n). Returns the bytes the encoding takes, -1: malformed. work: a step for each
 * label, or NULL. */
int name_flatten(const uint8_t *p, uint32_t n, const uint8_t *base, uint32_t base_len,
		 unsigned *work, struct flat_name *f);
/* kind.write of dnsname and of dnsname_plain. */
int name_write(struct buf *out, size_t base, const struct value *v, unsigned width);
int name_write_plain(struct buf *out, size_t base, const struct value *v, unsigned width);

#endif
