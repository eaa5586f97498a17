/* SPDX-License-Identifier: BSD-2-Clause */
/* What packets announce of later ones: learnt, found, forgotten, and never more than the guard lets
 * in. */
#include "tests/unit/dissect_help.h"

#include "dissect/heard.h"

static const char text[] =
	"protocol base {\n over link 147\n a : u8\n b : u8\n payload\n carries port by a, b\n}\n"
	"protocol control {\n over port 9\n n : u8 = count(entries)\n entries : entry[n]\n"
	" announces other at port = base.a if n == 0\n}\n"
	"struct entry {\n what : u8\n port : u8\n"
	" announces sound at port = port if what == 1\n"
	" announces other at port = port + 1 if what in (1, 2)\n}\n"
	"protocol sound {\n over port 250\n guard magic == 7\n magic : u8\n payload\n}\n"
	"protocol other {\n over port 251\n guard magic == 8\n magic : u8\n}\n"
	"protocol quote {\n over port 10\n quotes base\n kind : u8\n}\n";

/* The layers, as "base control". Learns. */
static const char *layers(const struct registry *r, struct heard **h, const char *hex, char *out,
			  size_t size)
{
	struct tree scratch = { 0 };
	struct packet p;
	size_t n = 0;

	help_packet(&p, 147, hex);
	dissect_heard(r, &p, &scratch, *h);
	ck_assert_int_eq(heard_learn(h, &p, &scratch), 0);
	out[0] = 0;
	for (unsigned i = 0; i < p.nlayers; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i ? " " : "",
				      p.layers[i].proto->name);
	tree_done(&scratch);
	free((void *)(uintptr_t)p.data);
	return out;
}

START_TEST(in_order)
{
	/* Each packet, and its layers after those before it. */
	static const struct {
		const char *hex, *want;
	} v[] = {
		{ "01 20 07", "base" }, /* nobody has said anything */
		{ "01 09 02 00 20 02 30", "base control" },
		{ "01 20 07", "base" }, /* what was 0: not announced */
		{ "01 30 08", "base" }, /* port + 1, not port */
		{ "01 31 08", "base other" },
		{ "31 01 08", "base other" }, /* either selector */
		{ "01 31 07", "base" },       /* its guard fails */
		{ "01 09 01 01 40", "base control" },
		{ "01 40 07", "base sound" },
		{ "01 40 07 55", "base sound" }, /* its payload is bytes */
		{ "01 41 08", "base other" },
		{ "22 09 00", "base control" }, /* a field of the layer below */
		{ "22 33 08", "base other" },
		{ "01 09 01 01 22", "base control" }, /* a second one for the same value */
		{ "22 33 08", "base other" },
		{ "22 33 07", "base sound" },
		{ "01 09 01 01", "base control" }, /* cut off */
		{ "01 0a 00 01 09 01 01 50", "base quote base control" },
		{ "01 50 07", "base" }, /* quotes announce nothing */
		{ "09 01", "base" },
	};
	struct registry *r = help_registry(text);
	struct heard *h = NULL;
	char got[100];

	for (int i = 0; i < COUNT(v); i++)
		ck_assert_msg(strcmp(layers(r, &h, v[i].hex, got, sizeof(got)), v[i].want) == 0,
			      "%d: %s: %s, expected %s", i, v[i].hex, got, v[i].want);
	heard_close(h);
	registry_close(r);
}
END_TEST

START_TEST(only_when_asked)
{
	struct registry *r = help_registry(text);
	struct heard *h = NULL;
	char got[100];

	ck_assert_str_eq(layers(r, &h, "01 02 07", got, sizeof(got)), "base");
	ck_assert_ptr_null(h); /* nobody spoke: no table */
	heard_close(h);
	registry_close(r);
}
END_TEST

/* Many times more than are kept: the newest are all there, and it stays quick. */
START_TEST(bounded)
{
	static const char wide[] =
		"protocol base {\n over link 147\n a : u32\n payload\n"
		" carries port by a\n}\n"
		"protocol teller {\n over port 9\n at : u32\n"
		" announces sound at port = at\n}\n"
		"protocol sound {\n over port 250\n guard magic == 7\n magic : u8\n}\n";
	struct registry *r = help_registry(wide);
	struct heard *h = NULL;
	char hex[40], got[100];
	unsigned n = 4 * HEARD_MOST, kept = 0;

	for (unsigned i = 0; i < n; i++) {
		snprintf(hex, sizeof(hex), "00000009 %08x", 1000 + i * 7);
		layers(r, &h, hex, got, sizeof(got));
	}
	for (unsigned i = 0; i < n; i++) {
		snprintf(hex, sizeof(hex), "%08x 07", 1000 + i * 7);
		bool found = !strcmp(layers(r, &h, hex, got, sizeof(got)), "base sound");

		kept += found;
		if (n - i <= HEARD_MOST / 16)
			ck_assert_msg(found, "announcement %u of %u is forgotten", i, n);
	}
	ck_assert_uint_le(kept, HEARD_MOST);
	ck_assert_uint_ge(kept, HEARD_MOST / 2);
	heard_close(h);
	registry_close(r);
}
END_TEST

UNIT_TESTS(heard)
{
	tcase_add_test(t, in_order);
	tcase_add_test(t, only_when_asked);
	tcase_add_test(t, bounded);
}
