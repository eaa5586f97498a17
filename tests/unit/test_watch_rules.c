/* SPDX-License-Identifier: BSD-2-Clause */
/* The language of rules: what it takes, and what it says of what it does not. */
#include "tests/unit/watch_help.h"

static void setup(void)
{
	reg = help_registry(NULL);
}
static void teardown(void)
{
	registry_close(reg);
}

/* What is shipped loads, and printed it loads again as the same. */
START_TEST(builtin)
{
	struct ruleset rs, again;
	struct err e = { 0 };
	struct buf text = { 0 };

	ruleset_init(&rs, reg);
	ruleset_init(&again, reg);
	for (const struct builtin_file *f = builtin_rules; f->name; f++)
		ck_assert_msg(ruleset_read(&rs, f->name, f->text, f->len, &e) == 0, "%s:%u:%u %s",
			      e.name, e.lineno, e.col, e.msg);
	ck_assert_uint_ge(rs.n, 30);
	for (unsigned i = 0; i < rs.n; i++)
		buf_fmt(&text, "%s\n\n", rs.v[i]->source);
	ck_assert_msg(ruleset_read(&again, "again", text.p, text.n, &e) == 0, "%u:%u %s", e.lineno,
		      e.col, e.msg);
	ck_assert_uint_eq(again.n, rs.n);
	for (unsigned i = 0; i < rs.n; i++) {
		ck_assert_str_eq(again.v[i]->name, rs.v[i]->name);
		ck_assert_str_eq(again.v[i]->source, rs.v[i]->source);
		ck_assert_int_eq(again.v[i]->sure, rs.v[i]->sure);
	}
	buf_done(&text);
	ruleset_free(&rs);
	ruleset_free(&again);
}
END_TEST

START_TEST(replaced)
{
	struct seen s;
	struct err e = { 0 };
	static const char one[] = "rule a \"A\"\n about ip\n say \"a\"\n"
				  "rule b \"B\"\n about ip\n unless a\n say \"b\"\n",
			  two[] = "rule a \"A\"\n about ip6\n say \"other\"\n";

	seen_rules(&s, one);
	ck_assert_int_eq(ruleset_read(&s.rules, "two", two, strlen(two), &e), 0);
	ck_assert_uint_eq(s.rules.n, 2);
	ck_assert_str_eq(s.rules.v[0]->about[0]->name, "ip6");
	ck_assert_ptr_eq(s.rules.v[1]->unless, s.rules.v[0]);
	ruleset_free(&s.rules);
}
END_TEST

#define RULE "rule r \"R\"\n about tcp\n"
static const struct {
	const char *text;
	unsigned line, col;
	const char *msg;
} bad[] = {
	{ "about tcp\n", 1, 1, "a rule begins with: rule NAME" },
	{ "rule\n", 1, 5, "a name of letters" },
	{ "rule a/b \"x\"\n", 1, 6, "a name of letters" },
	{ "rule r\n", 1, 7, "a text in double quotes" },
	{ "rule r \"x\n", 1, 8, "this text does not end" },
	{ "rule r \"x\" y\n about ip\n say \"a\"\n", 1, 12, "the end of the line" },
	{ "rule r \"x\"\n say \"a\"\n", 1, 1, "which packets?" },
	{ RULE, 1, 1, "'say' and a sentence are missing" },
	{ RULE " abuot ip\n", 3, 2, "did you mean 'about'?" },
	{ RULE " xyz ip\n", 3, 2, "no line of a rule begins so: about" },
	{ "rule r \"R\"\n about tpc\n", 2, 8, "no protocol has this name" },
	{ RULE " about ip\n", 3, 2, "says this twice" },
	{ RULE " when tcp.flags.sny == 1\n", 3, 7, "" },
	{ RULE " when\n", 3, 6, "a display filter is expected" },
	{ RULE " when tcp.dstport == \"x\n", 3, 22, "" },
	{ RULE " by from,\n", 3, 10, "a name is expected here" },
	{ RULE " by from, tcp.dprot\n", 3, 11, "" },
	{ RULE " by from to\n", 3, 5, "" },
	{ RULE " distinct tcp.dstport > 3 within 1s\n", 3, 36, "'>=' and a number" },
	{ RULE " distinct tcp.dstport >= x within 1s\n", 3, 26, "a number is expected" },
	{ RULE " distinct tcp.dstport >= 0 within 1s\n", 3, 26, "a number from 1 to" },
	{ RULE " distinct tcp.dstport >= 3\n", 3, 27, "'within' and a time" },
	{ RULE " count >= 3 within 1\n", 3, 20, "a time is expected here" },
	{ RULE " count >= 3 within 1 s\n", 3, 20, "a time is expected here" },
	{ RULE " count >= 3 within 400d\n", 3, 20, "a time is expected here" },
	{ RULE " count >= 3 within 1s\n new\n", 4, 5, "has a condition already" },
	{ RULE " until tcp by from\n say \"a\"\n", 1, 1, "'until' takes back" },
	{ RULE " until tcp\n", 3, 11, "'by' and names are expected" },
	{ RULE " by from\n distinct to >= 2 within 1s\n until tcp by from\n say \"a\"\n", 1, 1,
	  "'until ... by' has 1 names; those of 'by' and of 'distinct' are 2" },
	{ RULE " by from\n changes to\n until tcp by from, to\n say \"a\"\n", 1, 1,
	  "'until ... by' has 2 names; those of 'by' are 1" },
	{ RULE " by from\n changes to\n until tcp by from\n until tcp by to, to\n say \"a\"\n", 1,
	  1, "'until ... by' has 2 names; those of 'by' are 1" },
	{ RULE " until tcp by to\n until tcp by to\n until tcp by to\n until tcp by to\n"
	       " until tcp by to\n",
	  7, 8, "more than 4 of these lines" },
	{ RULE " regular >= 3 within 1h\n", 3, 24, "'jitter' and a number" },
	{ RULE " also from >= 3\n say \"a\"\n", 1, 1, "'also' counts beside" },
	{ RULE " distinct to >= 3 within 1s\n also from\n", 4, 11, "'>=' and a number" },
	{ RULE " distinct to >= 3 within 1s\n also from >= 17\n", 4, 15, "a number from 1 to 16" },
	{ RULE " sure very\n", 3, 7, "low, medium or high" },
	{ RULE " unless other\n", 3, 9, "the name of a rule that stands before" },
	{ RULE " unless r\n", 3, 9, "the name of a rule that stands before" },
	{ RULE " say \"a\"\n" RULE " unless r\n", 6, 9, "the name of a rule that stands before" },
	{ RULE " say \"a\"\nrule b \"B\"\n about ip\n say \"b\"\n" RULE " unless b\n say \"c\"\n",
	  7, 1, "rule r takes the place of the one of that name, and b stands behind it" },
	{ RULE " by secret\n", 3, 5, "" },
	{ RULE " event outside\n by from\n changes to\n until tcp by to\n say \"a\"\n", 1, 1,
	  "an event is not taken back" },
	{ "rule r \"R\"\n event overlap\n say \"a\"\n", 1, 1, "which packets?" },
	{ RULE " event fire\n", 3, 8,
	  "an event is expected here: overlap, outside, after-reset, secret" },
	{ RULE " say \"{form} x\"\n", 3, 8, "" },
	{ RULE " say \"a {from\"\n", 3, 9, "this '{' is not closed" },
	{ RULE " look tcp.port == {to\n", 3, 19, "this '{' is not closed" },
};

START_TEST(refused)
{
	struct ruleset rs;
	struct err e = { 0 };

	ruleset_init(&rs, reg);
	ck_assert_int_eq(ruleset_read(&rs, "f.rules", bad[_i].text, strlen(bad[_i].text), &e), -1);
	ck_assert_msg(e.code == ERR_USAGE && e.lineno == bad[_i].line && e.col == bad[_i].col &&
			      strstr(e.msg, bad[_i].msg) && !strcmp(e.name, "f.rules"),
		      "%s: %s:%u:%u %s", bad[_i].text, e.name, e.lineno, e.col, e.msg);
	ruleset_free(&rs);
}
END_TEST

/* Every beginning of the shipped rules is read, or refused, and nothing else. */
START_TEST(beginnings)
{
	const struct builtin_file *f = builtin_rules;

	for (size_t n = 0; n < f->len; n += n < 600 ? 1 : 37) {
		struct ruleset rs;
		struct err e = { 0 };
		char *own = malloc(n + 1);

		ck_assert(own != NULL);
		memcpy(own, f->text, n);
		ruleset_init(&rs, reg);
		if (ruleset_read(&rs, f->name, own, n, &e) < 0)
			ck_assert_int_eq(e.code, ERR_USAGE);
		ruleset_free(&rs);
		free(own);
	}
}
END_TEST

UNIT_TESTS(watch_rules)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, builtin);
	tcase_add_test(t, replaced);
	tcase_add_loop_test(t, refused, 0, COUNT(bad));
	tcase_add_test(t, beginnings);
}
