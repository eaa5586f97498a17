/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of the language tells all that there is, and its examples load. */
#include "tests/unit/load_help.h"

#include "core/kinds.h"
#include "core/sum.h"

/* ---- the reference page ---- */

static char *page(void)
{
	FILE *f = fopen(STRATA_SOURCE "/docs/protocol-language.md", "rb");
	char *text = calloc(1, 1 << 20);

	ck_assert(f && text);
	ck_assert_uint_gt(fread(text, 1, (1 << 20) - 1, f), 10000);
	fclose(f);
	return text;
}

/* Every kind, and every checksum, has its place on the page. */
START_TEST(page_names_all)
{
	char *text = page(), want[64];
	const struct sum_algo *a;
	const struct kind *k;

	for (unsigned i = 0; (k = kind_at(i)); i++) {
		if (strlen(k->name) == 1) /* u, i, f: by width */
			continue;
		snprintf(want, sizeof(want), "`%s%s", k->name, k->read || k->bits ? "`" : "[");
		ck_assert_msg(strstr(text, want) != NULL, "the page has no %s", want);
	}
	for (unsigned i = 0; (a = sum_at(i)); i++) {
		snprintf(want, sizeof(want), "`%s`", a->name);
		ck_assert_msg(strstr(text, want) != NULL, "the page has no %s", want);
	}
	free(text);
}
END_TEST

START_TEST(page_examples)
{
	static const char open[] = "```protocol\n";
	char *text = page();
	unsigned n = 0, files;

	for (char *p = text; (p = strstr(p, open)); n++) {
		struct registry *r = registry_open();
		struct err e = { 0 };
		char *end;

		p += strlen(open);
		end = strstr(p, "```");
		ck_assert_ptr_nonnull(end);
		load_folder(r, STRATA_SOURCE "/protocols", &files);
		registry_strict(r);
		ck_assert_msg(registry_load(r, "page", p, (size_t)(end - p), false, &e) == 0 &&
				      registry_freeze(r, &e) == 0,
			      "%s:%u:%u: %s\n%s", e.name, e.lineno, e.col, e.msg, e.line);
		registry_close(r);
		p = end + 3;
	}
	ck_assert_uint_ge(n, 8);
	free(text);
}
END_TEST

START_TEST(page_errors)
{
	char *text = page(), *p = strstr(text, "\n## Errors\n");
	unsigned n = 0;

	ck_assert_ptr_nonnull(p);
	for (; (p = strstr(p, "\n| `")); n++) {
		struct registry *r = registry_open();
		struct err e = { 0 };
		char *says = p + 4, *end = strstr(says, "` | `"), *why = end + 5;

		ck_assert_ptr_nonnull(end);
		*end = 0;
		p = strstr(why, "` |\n");
		ck_assert_ptr_nonnull(p);
		*p++ = 0;
		p += 2;
		if (registry_load(r, "page", why, strlen(why), false, &e) == 0) {
			registry_strict(r);
			ck_assert_msg(registry_freeze(r, &e) == -1, "accepted: %s", why);
		}
		ck_assert_str_eq(e.msg, says);
		registry_close(r);
	}
	ck_assert_uint_ge(n, 120);
	free(text);
}
END_TEST

UNIT_TESTS(language_page)
{
	tcase_add_test(t, page_names_all);
	tcase_add_test(t, page_examples);
	tcase_add_test(t, page_errors);
}
