/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a packet of any link type: printed in every form, mirrored, and said as text that
 * builds the same bytes.
 *
 * An input is three bytes and the packet: link type (big-endian); in the third, the high four bits
 * are how many hundred bytes more there were on the wire than were captured, the low four what is
 * done: 0 everything, 1 to 8 one form, above those the notation and the mirror (so that a fuzzer's
 * runs are quick). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect/answers.h"
#include "dissect/dissect.h"
#include "dissect/report.h"
#include "notation/notation.h"

#define BYTES_MAX 4096 /* longer packets only repeat */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct registry *reg;
	struct printer *printer;
	struct report *report[REPORT_NONE];
	struct tree scratch;
	struct plan plan;
	struct build build;
	struct buf text, bytes;
};

static void complain(const char *what, const struct err *e, struct buf *text)
{
	fprintf(stderr, "%s: %s\n%s\n", what, e->msg, buf_cstr(text));
	abort();
}

static struct run *start(void)
{
	struct run *r = calloc(1, sizeof(*r));
	struct err e = { 0 };

	if (!r)
		abort();
	r->reg = registry_open();
	if (!r->reg || registry_load_builtins(r->reg, &e) || registry_freeze(r->reg, &e))
		complain("the built-in protocols", &e, &r->text);
	r->printer = printer_open(r->reg);
	if (!r->printer)
		abort();
	for (int i = 0; i < REPORT_NONE; i++) {
		const struct report_opts o = { .form = (enum report_form)i,
					       .doc = true,
					       .spans = true };

		r->report[i] = report_open(r->reg, &o, &e);
		if (!r->report[i])
			complain("a printer", &e, &r->text);
	}
	return r;
}

/* Only newlines and printable ASCII; JSON may hold what is UTF-8 beyond it. A CSV record ends with
 * CRLF (RFC 4180). */
static void look(struct run *r, int form)
{
	struct err e = { 0 };

	if (form == REPORT_CSV && r->text.n > 1 && r->text.p[r->text.n - 2] == '\r')
		r->text.p[r->text.n - 2] = ' ';
	for (size_t i = 0; i < r->text.n; i++) {
		unsigned char c = (unsigned char)r->text.p[i];

		if ((c < 0x20 && c != '\n') || c == 0x7f ||
		    (c >= 0x80 && form != REPORT_JSON && form != REPORT_FLAT))
			complain("a control byte in the output", &e, &r->text);
	}
	if (form != REPORT_TREE && form != REPORT_HEX && form != REPORT_TEXT &&
	    memchr(r->text.p, '\n', r->text.n) != r->text.p + r->text.n - 1)
		complain("a newline in a line", &e, &r->text);
}

static void say(struct run *r, const struct packet *p)
{
	struct err e = { 0 };

	r->text.n = 0;
	if (print_expr(r->printer, p, 0, &r->text))
		return;
	for (size_t i = 0; i < r->text.n; i++) {
		if (r->text.p[i] < 0x20 || r->text.p[i] > 0x7e)
			complain("a control byte in the notation", &e, &r->text);
	}
	if (plan_parse(&r->plan, r->reg, r->text.p, r->text.n, PLAN_NO_FILES, &e) ||
	    build(&r->build, &r->plan, &e))
		complain("printed text is refused", &e, &r->text);
	if (r->build.bytes.n != p->len || (p->len && memcmp(r->build.bytes.p, p->data, p->len)) ||
	    r->plan.link != p->link || r->build.pkt.wire_len != p->wire_len)
		complain("printed text rebuilds other bytes", &e, &r->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run *r; /* a fuzzer's process does one thing */
	struct packet p = { .number = 1 };
	int what;

	if (!r)
		r = start();
	if (size < 3 || size > BYTES_MAX)
		return 0;
	p.link = (uint16_t)(data[0] << 8 | data[1]);
	p.data = data + 3;
	p.len = (uint32_t)size - 3;
	p.wire_len = p.len + (data[2] >> 4) * 100u;
	what = data[2] & 15;
	dissect_with(r->reg, &p, &r->scratch);
	for (int i = 0; i < REPORT_NONE; i++) {
		if (what && i != what - 1)
			continue;
		r->text.n = 0;
		report_packet(r->report[i], &p, NULL, &r->text);
		if (r->text.n)
			look(r, i);
	}
	if (what && what <= REPORT_NONE)
		return 0;
	r->bytes.n = r->text.n = 0;
	mirror(&p, MIRROR_ANSWER, &r->bytes);
	answers(&p, &p, &r->text);
	say(r, &p);
	return 0;
}
