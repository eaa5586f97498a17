/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a field's value. Pure, thread-safe. value_parse and value_print are in core/plan.h. */
#ifndef STRATA_CORE_VALUE_H
#define STRATA_CORE_VALUE_H

#include <string.h>
#include <strings.h>

#include "core/proto.h"

/* Is s[0..n), n above 0, this name, in letters of either case? Mostly it is another one: the cases
 * differ in one bit alone. */
static inline bool name_is(const char *name, const char *s, size_t n)
{
	return n && !((name[0] ^ s[0]) & ~0x20) && !strncasecmp(name, s, n) && !name[n];
}

/* The enum word of v (the first declared of several), NULL: none, or the field has flags or no
 * words.
 */
const char *word_of(const struct field *f, uint64_t v);

/* The flag words set in a value, in order of declaration. A word is given when all the bits it is
 * about read as it says and no word before it was about any of them. */
struct words_walk {
	const struct words *words;
	uint64_t value;
	uint64_t rest; /* bits of value that no word given so far is about */
	uint64_t taken;
	unsigned i;
};
void words_begin(struct words_walk *w, const struct words *words, uint64_t v);
const struct word *words_next(struct words_walk *w); /* NULL past the last */
/* The words' letters ("SA"); false (and nothing printed) unless every bit of v has a letter, or v
 * is 0. */
bool words_letters(const struct words *words, uint64_t v, struct buf *out);

/* What a text is worth in an expression: of 1 to 8 bytes the number they make, the first one
 * highest; a longer one counts by 56 bits that hardly two texts share, below eight ones. lower: A
 * to Z count as a to z. */
uint64_t text_worth(const uint8_t *p, size_t n, bool lower);
/* Has a text or bytes of fixed size, bytes[4], room for v? */
static inline bool value_fits(const struct type *t, const struct value *v)
{
	return t->ext.form != EXTENT_BYTES || t->ext.expr->op != EX_NUM ||
	       (t->kind->cls != KIND_TEXT && t->kind->cls != KIND_BYTES) ||
	       v->len <= (uint64_t)t->ext.expr->num;
}
#define TEXT_HASHED UINT64_C(0xff00000000000000)

#endif
