/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of a Check program: UNIT_TESTS(name) { tcase_add_test(t, ...); ... } at its end is all
 * that it takes. */
#ifndef STRATA_TESTS_UNIT_H
#define STRATA_TESTS_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define UNIT_SECONDS 120 /* of one test; sanitizers on a busy machine are slow */

/* Exit status of the program. A main() of its own calls it where there is something to do around
 * it. One process for all tests, since sanitizers look for leaks at the end of each; CK_FORK=yes
 * gives each its own, so that a crash names the test. */
static inline int unit_run(const char *name, void (*tests)(TCase *t))
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);
	SRunner *r = srunner_create(s);
	int failed;

	setenv("CK_FORK", "no", 0);
	tcase_set_timeout(t, UNIT_SECONDS);
	tests(t);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_TESTS(name)                                                                           \
	static void unit_tests(TCase *t);                                                          \
	int main(void)                                                                             \
	{                                                                                          \
		return unit_run(#name, unit_tests);                                                \
	}                                                                                          \
	static void unit_tests(TCase *t)

#endif
