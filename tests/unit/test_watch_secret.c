/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that are marked `secret`: which ones are told, by which name, by which rule. */
#include "core/secret.h"
#include "tests/unit/watch_help.h"

#define DOOR                                                                                       \
	"protocol door \"Door\" {\n"                                                               \
	" over udp.port 4711\n"                                                                    \
	" kind : u8 = 1 enum { open = 1, say = 2, list = 3 }\n"                                    \
	" code : text[u8] = \"1234\" if kind == open secret\n"                                     \
	" text : text[u8] if kind == say alias talk, door.talk secret if quiet\n"                  \
	" quiet : u8 = 0 if kind == say\n"                                                         \
	" items : door_item[..] if kind == list\n"                                                 \
	" view door.pin = code if kind == open\n"                                                  \
	"}\n"                                                                                      \
	"struct door_item { id : u8; key : bytes[2] secret if id > 4; }\n"                         \
	"protocol gate \"Gate\" { over udp.port 4712; word : text[..] secret }\n"                  \
	"protocol lawn { over udp.port 4713; word : text[..] }\n"

static void setup(void)
{
	struct err e = { 0 };

	reg = registry_open();
	ck_assert(registry_load_builtins(reg, &e) == 0);
	ck_assert_msg(registry_load(reg, "door", DOOR, strlen(DOOR), true, &e) == 0, "%u:%u %s",
		      e.lineno, e.col, e.msg);
	ck_assert(registry_freeze(reg, &e) == 0);
}
static void teardown(void)
{
	registry_close(reg);
}

#define ANY                                                                                        \
	"rule any \"Any\"\n event secret\n by from, secret\n again 1ms\n"                          \
	" say \"{from} {secret} {protocol} {door.kind}\"\n look {secret} && {from}\n"

static const char up[] = "ip src=10.0.0.1 dst=10.0.0.2 / udp sport=9";

START_TEST(told)
{
	static const struct {
		const char *layer, *want;
	} v[] = {
		{ "dport=4711 / door", "any 10.0.0.1 door.pin Door open [1]\n" },
		{ "dport=4711 / door code=\"\"", "" }, /* it says nothing */
		{ "dport=4711 / door kind=say text=hello", "" },
		{ "dport=4711 / door kind=say text=hello quiet=1",
		  "any 10.0.0.1 door.talk Door say [1]\n" },
		{ "dport=4711 / door kind=list items=id:4+key:hex:0102", "" },
		/* Each of them, under one name. */
		{ "dport=4711 / door kind=list items=id:4+key:hex:0102,id:5+key:hex:0304",
		  "any 10.0.0.1 door.items.key Door list [1]\n" },
		{ "dport=4713 / lawn word=hello", "" },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct seen s;

		seen_open(&s, ANY, 0, false);
		comes(&s, SECOND, "%s %s", up, v[i].layer);
		ck_assert_msg(!strcmp(buf_cstr(&s.found), v[i].want), "%s: %s", v[i].layer,
			      buf_cstr(&s.found));
		seen_close(&s);
	}
}
END_TEST

/* What one rule is about, the one about all leaves alone, in whatever order they stand; and also
 * when that one is not there any more. */
START_TEST(claimed)
{
	struct seen s;
	static const char rules[] =
		"rule any \"Any\"\n event secret\n by from\n say \"{secret}\"\n"
		"rule gate \"Gate\"\n about gate\n event secret\n when gate.word == \"key\"\n"
		" by from\n say \"gate\"\n";

	seen_open(&s, rules, 0, false);
	comes(&s, 1, "%s dport=4712 / gate word=key", up);
	comes(&s, 2, "%s dport=4712 / gate word=other", up);
	comes(&s, 3, "%s dport=4711 / door", up);
	ck_assert_str_eq(buf_cstr(&s.found), "gate gate [1]\nany door.pin [3]\n");
	seen_close(&s);
}
END_TEST

/* In a quote nobody sends it. */
START_TEST(quoted)
{
	struct seen s;

	seen_open(&s, ANY, 0, false);
	comes(&s, 1, "ip / icmp type=dest-unreach code=3 / %s dport=4711 / door", up);
	ck_assert_uint_eq(s.n, 0);
	seen_close(&s);
}
END_TEST

/* Marked are those of the shipped protocols that say a password as it is; and these alone. */
START_TEST(shipped)
{
	static const char *const with[] = { "ftp",  "pop",  "imap", "smtp", "http",  "ldap",
					    "snmp", "mqtt", "resp", "irc",  "socks", "pap",
					    "amqp", "ospf", "rip",  "door", "gate" },
				 *const without[] = { "tcp", "dns", "ssh", "tls", "chap", "lawn" };

	for (unsigned i = 0; i < sizeof(with) / sizeof(*with); i++)
		ck_assert_msg(secret_in(registry_find(reg, with[i], strlen(with[i]))) == 1, "%s",
			      with[i]);
	for (unsigned i = 0; i < sizeof(without) / sizeof(*without); i++)
		ck_assert_msg(secret_in(registry_find(reg, without[i], strlen(without[i]))) == 0,
			      "%s", without[i]);
}
END_TEST

UNIT_TESTS(watch_secret)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, told);
	tcase_add_test(t, claimed);
	tcase_add_test(t, quoted);
	tcase_add_test(t, shipped);
}
