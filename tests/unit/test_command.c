/* SPDX-License-Identifier: BSD-2-Clause */
/* A program's words with values of a packet in them; programs that are run by the helper. */
#include "tests/unit/dissect_help.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "core/clock.h"
#include "notation/notation.h"
#include "play/command.h"
#include "play/runner.h"

static struct registry *reg;

static const struct row {
	const char *text, *words; /* each in <>, or the sentence */
} rows[] = {
	{ "a", "<a>" },
	{ "  a\nb  ", "<a><b>" },
	{ "a 'b  c'd \"\" '{udp.srcport}'", "<a><b  cd><><4000>" },
	{ "a x{ip.src}:{udp.dstport}y", "<a><x10.0.0.1:9y>" },
	{ "a '\"' \"'\"", "<a><\"><'>" },
	{ "a {dns.id}", "1 {dns.id}: the packet has no such value" },
	{ "", "-1 run what? the program is missing" },
	{ "   ", "-1 run what? the program is missing" },
	{ "{ip.src}", "-1 no packet chooses the program: names stand behind it" },
	{ "a 'b", "-1 this quote does not end" },
	{ "a {ip.src", "-1 this { has no }" },
	{ "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a",
	  "-1 no more than 32 words" },
};

START_TEST(words)
{
	static const char packet[] = "ip src=10.0.0.1 dst=10.0.0.2 / udp sport=4000 dport=9";
	const struct row *r = &rows[_i];
	struct err e = { 0 };
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct buf got = { 0 }, out = { 0 };
	struct filter_work w = { 0 };
	struct command_text *c;
	unsigned n = 0;
	int rc = -1;

	ck_assert(!plan_parse(&plan, reg, packet, sizeof(packet) - 1, 0, &e));
	ck_assert(!build(&b, &plan, &e));
	dissect(reg, &b.pkt);
	c = command_open(reg, NULL, r->text, &e);
	filter_begin(&w);
	if (c)
		rc = command_words(c, &b.pkt, &w, &out, &n, &e);
	if (rc)
		buf_fmt(&got, "%d %s", rc, e.msg);
	for (const char *s = out.p; !rc && s < out.p + out.n; s += strlen(s) + 1, n--)
		buf_fmt(&got, "<%s>", s);
	ck_assert_str_eq(buf_cstr(&got), r->words);
	if (!rc)
		ck_assert_uint_eq(n, 0);
	command_close(c);
	filter_work_done(&w);
	buf_done(&out);
	buf_done(&got);
	build_done(&b);
	plan_done(&plan);
}
END_TEST

static int refuse(void *ctx, struct err *e)
{
	(void)ctx;
	return err_set(e, ERR_PERM, "not here");
}

START_TEST(refused)
{
	struct runner_opts o = { .most = 1, .limit = 1000000000, .enter = refuse };
	struct err e = { 0 };

	ck_assert(!runner_open(&o, &e));
	ck_assert_int_eq(e.code, ERR_PERM);
	ck_assert_str_eq(e.msg, "not here");
}
END_TEST

static struct run_result result(struct runner *r)
{
	struct run_result x = { 0 };
	struct err e = { 0 };
	int64_t until = clock_mono() + 20000000000;
	int rc = 0;

	while (rc == 0 && clock_mono() < until)
		rc = runner_next(r, 100, &x, &e);
	ck_assert_int_eq(rc, 1);
	return x;
}

START_TEST(ways_to_end)
{
	static const struct {
		const char *words;
		unsigned n;
		enum run_end end;
		int detail;
	} way[] = {
		{ "true", 1, RUN_EXIT, 0 },
		{ "sh\0-c\0exit 7", 3, RUN_EXIT, 7 },
		{ "sh\0-c\0kill -9 $$", 3, RUN_SIGNAL, SIGKILL },
		{ "sh\0-c\0test \"$(cat)\" = input", 3, RUN_EXIT, 0 },
		{ "sh\0-c\0trap '' TERM; sleep 50 & wait", 3, RUN_LATE, 0 },
		{ "/nowhere", 1, RUN_NOT, ENOENT },
		{ "/", 1, RUN_NOT, EACCES },
	};
	static const size_t size[] = { 5, 13, 17, 28, 36, 9, 2 };
	struct runner_opts o = { .most = 1, .limit = 500000000 };
	struct err e = { 0 };
	struct runner *r = runner_open(&o, &e);

	ck_assert_msg(r != NULL, "%s", e.msg);
	for (unsigned i = 0; i < sizeof(way) / sizeof(way[0]); i++)
		ck_assert_int_eq(runner_run(r, i, way[i].words, size[i], way[i].n, "input", 5, &e),
				 0);
	/* One at a time: in their order. */
	for (unsigned i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
		struct run_result x = result(r);

		ck_assert_uint_eq(x.number, i);
		ck_assert_msg(x.end == way[i].end && x.detail == way[i].detail, "%u: %u %d", i,
			      x.end, x.detail);
	}
	ck_assert_uint_eq(runner_pending(r), 0);
	runner_close(r);
}
END_TEST

START_TEST(bounded)
{
	struct runner_opts o = { .most = 3, .limit = 60000000000 };
	struct err e = { 0 };
	struct runner *r = runner_open(&o, &e);
	static char much[RUNNER_IN + 1];
	int64_t begun = clock_mono();

	for (unsigned i = 0; i < 3 + RUNNER_WAIT; i++)
		ck_assert_int_eq(runner_run(r, i,
					    "sleep\0"
					    "50",
					    9, 2, much, 100, &e),
				 0);
	ck_assert_int_eq(runner_run(r, 99,
				    "sleep\0"
				    "50",
				    9, 2, NULL, 0, &e),
			 1);
	ck_assert_str_eq(e.msg, "3 programs run, 64 wait");
	ck_assert_int_eq(runner_run(r, 99, "true", 5, 1, much, sizeof(much), &e), 1);
	runner_close(r); /* which waits for none of them */
	ck_assert_int_lt(clock_mono() - begun, 20000000000);
}
END_TEST

UNIT_TESTS(command)
{
	struct err e = { 0 };

	reg = registry_open();
	if (registry_load_builtins(reg, &e) || registry_freeze(reg, &e))
		fprintf(stderr, "%s\n", e.msg);
	tcase_add_loop_test(t, words, 0, COUNT(rows));
	tcase_add_test(t, refused);
	tcase_add_test(t, ways_to_end);
	tcase_add_test(t, bounded);
}
