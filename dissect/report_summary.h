/* SPDX-License-Identifier: BSD-2-Clause */
/* A compiled `summary` template. Between report_summary.c and report_line.c. */
#ifndef STRATA_DISSECT_REPORT_SUMMARY_H
#define STRATA_DISSECT_REPORT_SUMMARY_H

#include "dissect/report_impl.h"

enum op_form {
	OP_TEXT,
	OP_UINT,
	OP_HEX,
	OP_IP4,
	OP_LETTERS,
	OP_WORD,
	OP_FIXED,
	OP_PATH,
	OP_COUNT,
	OP_GROUP,
	OP_END
};

struct op {
	uint8_t form;
	uint8_t width; /* bits, of fields at a fixed place */
	bool le;
	bool child; /* OP_PATH: the field itself, not something within it */
	uint16_t len;
	uint32_t bit;
	const struct field *field;
	const char *text; /* OP_TEXT, OP_PATH, OP_COUNT: within the template */
};

struct must_fast { /* FIELD [& mask] CMP num, of a field at a fixed place */
	uint32_t bit;
	uint8_t width; /* bits */
	bool le;
	enum expr_op op;
	uint64_t mask, num;
};

struct summary {
	struct op *op;
	unsigned nops;
	char *own;               /* the template, where it is not the description's; or NULL */
	bool alone;              /* left out where the layer stands first and something follows */
	const struct expr *cond; /* or NULL: always */
	struct summary *other;   /* where cond does not hold; or NULL */
	uint32_t min;            /* bytes of header that the fixed reads need */
	struct {
		const struct field *field;
		bool fixed;
	} sum[8];
	unsigned nsums;
	struct must_fast *must;
	unsigned nmusts;
	bool must_slow; /* others, for which the layer has to be decoded */
	bool must_deep; /* those of structs, which stand behind the fixed fields: */
	uint32_t fixed; /* bytes of fields at a fixed place */
};

/* The lines of a protocol, compiled at the first use; NULL: memory is out. */
const struct summary *summary_of(struct report *r, const struct proto *p);
/* Does every word have a letter? */
bool words_have_letters(const struct words *w);

#endif
