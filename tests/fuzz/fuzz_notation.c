/* SPDX-License-Identifier: BSD-2-Clause */
/* The first line of any text as a packet and a pattern, all of it as a script. What is taken must
 * step, build and print as text that builds the same bytes. */
#include "tests/fuzz/fuzz.h"

#include "notation/notation.h"

#define TEXT_MAX 4096 /* longer texts only repeat */

struct run {
	const struct registry *reg;
	struct printer *printer;
	struct plan plan, again;
	struct build build, rebuilt;
	struct buf text;
};

static struct run *start(void)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->reg = fuzz_registry();
	r->printer = printer_open(r->reg);
	if (!r->printer)
		abort();
	return r;
}

/* A built packet, dissected, printed, read and built again. */
static void print_again(struct run *r)
{
	struct packet pkt = { .data = (const uint8_t *)r->build.bytes.p,
			      .len = (uint32_t)r->build.bytes.n,
			      .wire_len = r->build.pkt.wire_len,
			      .link = r->plan.link };
	struct err e = { 0 };

	dissect(r->reg, &pkt);
	r->text.n = 0;
	if (print_expr(r->printer, &pkt, 0, &r->text))
		return;
	if (plan_parse(&r->again, r->reg, r->text.p, r->text.n, PLAN_NO_FILES, &e) ||
	    build(&r->rebuilt, &r->again, &e))
		complain("printed text is refused", e.msg, &r->text);
	if (r->rebuilt.bytes.n != pkt.len ||
	    (pkt.len && memcmp(r->rebuilt.bytes.p, pkt.data, pkt.len)) ||
	    r->again.link != pkt.link || r->rebuilt.pkt.wire_len != pkt.wire_len)
		complain("printed text rebuilds other bytes", e.msg, &r->text);
}

static void one(struct run *r, const char *text, size_t n)
{
	struct err e = { 0 };

	if (plan_parse(&r->plan, r->reg, text, n, PLAN_NO_FILES, &e)) {
		if (!e.code || !e.msg[0])
			complain("refused without a word", e.msg, &r->text);
		return;
	}
	plan_fresh(&r->plan, &e);
	for (uint64_t i = 0; i < 2; i++) {
		struct err be = { 0 };

		plan_step(&r->plan, i * 1000003, 1);
		if (build(&r->build, &r->plan, &be) == 0)
			print_again(r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run *r;
	const char *text = (const char *)data;
	struct script_line l;
	struct script *s;
	struct err e = { 0 };
	const char *line;
	size_t first;

	if (!r)
		r = start();
	if (size > TEXT_MAX)
		return 0;
	line = memchr(text, '\n', size);
	first = line ? (size_t)(line - text) : size;
	one(r, text, first);
	plan_parse(&r->plan, r->reg, text, first, PLAN_PATTERN | PLAN_NO_FILES, &e);
	err_clear(&e);
	s = script_open(NULL, "fuzz", text, size, &e);
	while (s && script_next(s, &l, &e) == 1) {
		if (script_plan(s, &r->plan, r->reg, PLAN_NO_FILES, &e))
			err_clear(&e);
	}
	script_close(s);
	return 0;
}
