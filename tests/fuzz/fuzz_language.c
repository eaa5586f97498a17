/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a protocol file: an error with a place, or a description that prints as text which
 * loads to the same description, and a graph that can be asked. Some of those that load alone are
 * loaded beside the built-in protocols too, which takes a thousand times as long. */
#include "tests/fuzz/fuzz.h"

static void same_again(const struct registry *r)
{
	struct registry *again = registry_open();
	struct buf text = { 0 }, why = { 0 };
	struct err e = { 0 };

	for (unsigned i = 0; again && i < registry_count(r); i++) {
		text.n = 0;
		proto_print(registry_at(r, i), &text);
		if (registry_load(again, registry_at(r, i)->name, text.p, text.n, false, &e))
			complain("printed text does not load", e.msg, &text);
	}
	if (again && registry_freeze(again, &e))
		complain("printed text does not freeze", e.msg, &text);
	for (unsigned i = 0; again && i < registry_count(r); i++) {
		if (!proto_equal(registry_at(r, i), registry_at(again, i), &why)) {
			text.n = 0;
			proto_print(registry_at(r, i), &text);
			complain("printed text differs", buf_cstr(&why), &text);
		}
	}
	registry_close(again);
	buf_done(&text);
	buf_done(&why);
}

static void ask(const struct registry *r)
{
	const struct proto *mid[8];
	struct edge edge;
	struct binding b;

	for (unsigned i = 0; i < registry_count(r) && i < 8; i++) {
		const struct proto *p = registry_at(r, i);

		if (registry_find(r, p->name, strlen(p->name)) != p)
			abort();
		for (unsigned k = 0; k < registry_count(r) && k < 8; k++) {
			registry_edge(r, registry_at(r, k), p, 0, &edge);
			registry_path(r, registry_at(r, k), p, mid, 8);
		}
		registry_path(r, NULL, p, mid, 8);
		registry_suggest(r, p->name, strlen(p->name));
	}
	for (unsigned i = 0; i < 8 && registry_binding(r, i, &b); i++)
		registry_bound(r, b.space, b.lo, 0);
}

static void among_builtins(const char *text, size_t size)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	if (r && registry_load_builtins(r, &e) == 0 &&
	    registry_load(r, "fuzz", text, size, false, &e) == 0 && registry_freeze(r, &e) == 0)
		ask(r);
	else
		hold(e.msg[0], "an error has a sentence");
	registry_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct registry *r = registry_open();
	struct err e = { 0 };
	unsigned sum = 0;

	if (!r)
		return 0;
	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	if (registry_load(r, "fuzz", (const char *)data, size, false, &e) == 0 &&
	    registry_freeze(r, &e) == 0) {
		same_again(r);
		ask(r);
		if (sum % 1024 == 0 || fuzz_thorough())
			among_builtins((const char *)data, size);
	} else {
		hold(e.msg[0], "an error has a sentence");
	}
	registry_close(r);
	return 0;
}
