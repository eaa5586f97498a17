/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings about sockets at their thresholds; which sockets words choose; which changes are told.
 */
#include "tests/unit/unit.h"

#include <arpa/inet.h>

#include "cli/socket_rules.c"
#include "cli/socket_told.c"
#include "cli/socket_words.c"

static struct {
	unsigned n;
	char rule[8][32], said[8][160];
} told;

static void hear(void *arg, const struct finding *f)
{
	(void)arg;
	ck_assert_uint_lt(told.n, 8);
	snprintf(told.rule[told.n], sizeof(told.rule[0]), "%s", f->rule->name);
	snprintf(told.said[told.n++], sizeof(told.said[0]), "%s", f->said);
}

static struct socket_rules rules_of(void)
{
	struct socket_rules r;

	socket_rules_open(&r, hear, NULL);
	told.n = 0;
	return r;
}

static struct socket_info stream(enum socket_state state)
{
	struct socket_info s = { .kind = SOCKET_STREAM, .version = 4, .state = (uint8_t)state };

	inet_pton(AF_INET, "10.0.0.1", s.local.addr);
	inet_pton(AF_INET, "10.0.0.2", s.remote.addr);
	s.local.port = 4000;
	s.remote.port = 80;
	return s;
}

/* One change, from so many segments that were sent again to so many. */
static void again(struct socket_rules *r, enum socket_state state, uint32_t was, uint32_t now)
{
	struct socket_info s = stream(state);
	struct socket_change c = { .what = SOCKET_RETRANS,
				   .now = &s,
				   .was = { .state = s.state, .retransmits = was } };

	s.retransmits = now;
	socket_rules_change(r, &c);
}

START_TEST(retransmits)
{
	struct socket_rules r = rules_of();

	again(&r, STATE_ESTABLISHED, 0, 7);
	ck_assert_uint_eq(told.n, 0);
	again(&r, STATE_ESTABLISHED, 7, 8);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.rule[0], "socket-retransmits");
	ck_assert_str_eq(told.said[0],
			 "- sent 8 segments again in tcp 10.0.0.1:4000 - 10.0.0.2:80");
	again(&r, STATE_ESTABLISHED, 8, 15);
	ck_assert_uint_eq(told.n, 1);
	again(&r, STATE_ESTABLISHED, 15, 17);
	ck_assert_uint_eq(told.n, 2);
	again(&r, STATE_ESTABLISHED, 17, 100); /* several powers at once are one finding */
	ck_assert_uint_eq(told.n, 3);
	again(&r, STATE_CLOSING, 0, UINT32_MAX);
	ck_assert_uint_eq(told.n, 4);
	socket_rules_done(&r);
}
END_TEST

START_TEST(unanswered)
{
	struct socket_rules r = rules_of();

	again(&r, STATE_SYN_SENT, 1, 2);
	ck_assert_uint_eq(told.n, 0);
	again(&r, STATE_SYN_SENT, 2, 3);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.rule[0], "socket-unanswered");
	ck_assert_str_eq(told.said[0],
			 "- has no answer after 4 attempts: tcp 10.0.0.1:4000 - 10.0.0.2:80");
	again(&r, STATE_SYN_SENT, 3, 4);
	ck_assert_uint_eq(told.n, 2);
	again(&r, STATE_SYN_SENT, 4, 6);
	ck_assert_uint_eq(told.n, 2);
	socket_rules_done(&r);
}
END_TEST

START_TEST(drops)
{
	struct socket_rules r = rules_of();
	struct socket_info s = stream(STATE_ESTABLISHED);
	struct socket_change c = { .what = SOCKET_DROPS, .now = &s };

	s.drops = 1;
	socket_rules_change(&r, &c);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.rule[0], "socket-drops");
	c.was.drops = 2;
	s.drops = 3;
	socket_rules_change(&r, &c);
	ck_assert_uint_eq(told.n, 1);
	s.drops = 4;
	socket_rules_change(&r, &c);
	ck_assert_uint_eq(told.n, 2);
	socket_rules_done(&r);
}
END_TEST

/* ---- half-open connections ---- */

static struct {
	uint16_t port;
	uint32_t n;
} ports[HALF_OPEN_PORTS];
static unsigned nports;

static void hear_many(void *arg, const struct socket_info *one, uint32_t n)
{
	(void)arg;
	ck_assert_uint_lt(nports, HALF_OPEN_PORTS);
	ports[nports].port = one->local.port;
	ports[nports++].n = n;
}

static unsigned count_half(const struct socket_info *v, size_t n)
{
	const struct socket_list l = { .v = (struct socket_info *)(uintptr_t)v, .n = n };

	nports = 0;
	socket_half_open(&l, hear_many, NULL);
	return nports;
}

START_TEST(half_open)
{
	struct socket_info v[64];
	struct socket_rules r = rules_of();

	for (unsigned i = 0; i < 64; i++) {
		v[i] = stream(STATE_SYN_RECV);
		v[i].local.port = i < 16 ? 80 : i < 31 ? 81 : 82;
	}
	ck_assert_uint_eq(count_half(v, 15), 0);
	ck_assert_uint_eq(count_half(v, 16), 1);
	ck_assert_uint_eq(count_half(v, 31), 1); /* 15 of port 81 */
	ck_assert_uint_eq(count_half(v, 64), 2);
	ck_assert_uint_eq(ports[0].port, 80);
	ck_assert_uint_eq(ports[0].n, 16);
	ck_assert_uint_eq(ports[1].port, 82);
	ck_assert_uint_eq(ports[1].n, 33);
	/* One that an event tells of is closed; a state of datagrams is none of streams. */
	v[3].gone = true;
	ck_assert_uint_eq(count_half(v, 16), 0);
	v[3].gone = false;
	v[4].kind = SOCKET_DATAGRAM;
	ck_assert_uint_eq(count_half(v, 16), 0);
	/* The same port is told once a minute. */
	socket_rules_half_open(&r, &v[0], 16, 5000000000);
	socket_rules_half_open(&r, &v[0], 17, 64999999999);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.rule[0], "socket-half-open");
	ck_assert_str_eq(told.said[0], "16 half-open connections at tcp 10.0.0.1:80");
	socket_rules_half_open(&r, &v[40], 33, 64999999999);
	socket_rules_half_open(&r, &v[0], 16, 65000000000);
	ck_assert_uint_eq(told.n, 3);
	socket_rules_done(&r);
}
END_TEST

/* ---- which ---- */

static bool wants(const char *text, const struct socket_info *s, const char *process)
{
	struct socket_change c = { .now = s, .was = { .state = s->state } };
	struct socket_words w;
	char copy[200], *argv[20];
	struct err e = { 0 };
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *p = strtok(copy, " "); p; p = strtok(NULL, " "))
		argv[argc++] = p;
	ck_assert_msg(socket_words(&w, argc, argv, &e) == 0, "%s: %s", text, e.msg);
	if (process) {
		c.owner.pid = 7;
		snprintf(c.owner.name, sizeof(c.owner.name), "%.15s", process);
	}
	return socket_wanted(&w, &c);
}

START_TEST(words_choose)
{
	struct socket_info s = stream(STATE_ESTABLISHED), six = s,
			   frames = { .kind = SOCKET_PACKET };

	six.version = 6;
	inet_pton(AF_INET6, "fd00::1", six.local.addr);
	inet_pton(AF_INET6, "::ffff:10.0.0.2", six.remote.addr);
	ck_assert(wants("", &s, NULL));
	ck_assert(wants("tcp estab", &s, NULL));
	ck_assert(wants("TCP Established", &s, NULL));
	ck_assert(!wants("listening", &s, NULL));
	ck_assert(wants("listening established", &s, NULL));
	ck_assert(wants("host 10.0.0.1", &s, NULL));
	ck_assert(wants("host 10.0.0.9 host 10.0.0.2", &s, NULL));
	ck_assert(!wants("host 10.0.0.9", &s, NULL));
	ck_assert(wants("host fd00:0::1", &six, NULL));
	ck_assert(wants("host 10.0.0.2", &six, NULL));
	ck_assert(wants("host ::ffff:10.0.0.2", &s, NULL));
	ck_assert(!wants("host 0.0.0.0", &frames, NULL));
	ck_assert(!wants("process nginx", &s, NULL));
	ck_assert(wants("process nginx", &s, "nginx"));
	ck_assert(!wants("process ngin", &s, "nginx"));
	/* The kernel keeps fifteen letters of it. */
	ck_assert(wants("process systemd-resolved", &s, "systemd-resolved"));
	ck_assert(wants("pid 7 port 80", &s, "nginx"));
	ck_assert(!wants("pid 8 port 80", &s, "nginx"));
}
END_TEST

START_TEST(worth_telling)
{
	struct socket_info s = { .kind = SOCKET_DATAGRAM, .version = 4 };
	struct socket_change c = { .what = SOCKET_OPENED | SOCKET_CLOSED, .now = &s };

	ck_assert(!socket_worth(&c));
	s.local.port = 4000;
	ck_assert(socket_worth(&c));
	s.local.port = 0;
	c.what = SOCKET_OPENED;
	ck_assert(socket_worth(&c));
	c.what = SOCKET_QUEUE;
	ck_assert(!socket_worth(&c));
}
END_TEST

UNIT_TESTS(socket_rules)
{
	tcase_add_test(t, retransmits);
	tcase_add_test(t, unanswered);
	tcase_add_test(t, drops);
	tcase_add_test(t, half_open);
	tcase_add_test(t, words_choose);
	tcase_add_test(t, worth_telling);
}
