/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a packet of any link type: printed in every form, and said as text that builds the
 * same bytes. What is done: below 8 that form, from 8 on the notation. */
#include "tests/fuzz/fuzz.h"

#include "dissect/heard.h"
#include "dissect/report.h"
#include "notation/notation.h"

#define FORMS 8        /* one bit of the input; REPORT_NONE of them */
#define BYTES_MAX 4096 /* longer packets only repeat */

_Static_assert(REPORT_NONE <= FORMS, "the input has no room for so many forms");

struct run {
	const struct registry *reg;
	struct printer *printer;
	struct report *report[REPORT_NONE];
	struct tree scratch;
	struct plan plan;
	struct build build;
	struct buf text;
};

static struct run *start(void)
{
	struct run *r = calloc(1, sizeof(*r));
	struct err e = { 0 };

	if (!r)
		abort();
	r->reg = fuzz_registry();
	r->printer = printer_open(r->reg);
	if (!r->printer)
		abort();
	for (int i = 0; i < REPORT_NONE; i++) {
		const struct report_opts o = { .form = (enum report_form)i,
					       .doc = true,
					       .spans = true };

		r->report[i] = report_open(r->reg, &o, &e);
		if (!r->report[i])
			complain("a printer", e.msg, &r->text);
	}
	return r;
}

/* Only newlines and printable ASCII; JSON may hold what is UTF-8 beyond it. A CSV record ends with
 * CRLF (RFC 4180). */
static void look(struct run *r, int form)
{
	if (form == REPORT_CSV && r->text.n > 1 && r->text.p[r->text.n - 2] == '\r')
		r->text.p[r->text.n - 2] = ' ';
	for (size_t i = 0; i < r->text.n; i++) {
		unsigned char c = (unsigned char)r->text.p[i];

		if ((c < 0x20 && c != '\n') || c == 0x7f ||
		    (c >= 0x80 && form != REPORT_JSON && form != REPORT_FLAT))
			complain("a control byte in the output", "", &r->text);
	}
	if (form != REPORT_TREE && form != REPORT_HEX && form != REPORT_TEXT &&
	    memchr(r->text.p, '\n', r->text.n) != r->text.p + r->text.n - 1)
		complain("a newline in a line", "", &r->text);
}

static void say(struct run *r, const struct packet *p)
{
	struct err e = { 0 };

	r->text.n = 0;
	if (print_expr(r->printer, p, 0, &r->text))
		return;
	for (size_t i = 0; i < r->text.n; i++) {
		if (r->text.p[i] < 0x20 || r->text.p[i] > 0x7e)
			complain("a control byte in the notation", e.msg, &r->text);
	}
	if (plan_parse(&r->plan, r->reg, r->text.p, r->text.n, PLAN_NO_FILES, &e) ||
	    build(&r->build, &r->plan, &e))
		complain("printed text is refused", e.msg, &r->text);
	if (r->build.bytes.n != p->len || (p->len && memcmp(r->build.bytes.p, p->data, p->len)) ||
	    r->plan.link != p->link || r->build.pkt.wire_len != p->wire_len)
		complain("printed text rebuilds other bytes", e.msg, &r->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run *r; /* a fuzzer's process does one thing */
	struct packet p;
	struct heard *heard = NULL;
	int what = size > BYTES_MAX ? -1 : fuzz_packet(data, size, &p);

	if (!r)
		r = start();
	if (what < 0)
		return 0;
	dissect_with(r->reg, &p, &r->scratch);
	if (heard_learn(&heard, &p, &r->scratch)) /* its records, by its own templates */
		abort();
	for (int i = 0; i < REPORT_NONE; i++) {
		if (i != what && !fuzz_thorough())
			continue;
		r->text.n = 0;
		report_packet(r->report[i], &p, NULL, &r->text);
		if (r->text.n)
			look(r, i);
	}
	if (what >= FORMS || fuzz_thorough())
		say(r, &p);
	heard_close(heard);
	return 0;
}
