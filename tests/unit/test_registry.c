/* SPDX-License-Identifier: BSD-2-Clause */
/* Who rides over whom, what a later file changes, and law 6: every description printed loads to
 * itself. */
#include "tests/unit/load_help.h"

#include "core/shape.h"

/* ---- the registry ---- */

START_TEST(graph)
{
	struct registry *r = load_text(
		"protocol dns { over udp.port 53, tcp.port 53; id : u16 }\n"
		"protocol tcp { over ipproto 6; carries tcp.port by dport; dport : u16 }\n"
		"protocol udp { over ipproto 17; carries udp.port by dport, sport; sport : u16; "
		"dport : u16 }\n"
		"protocol ip { over ethertype 0x800, link 228, ipproto 4; carries ipproto by "
		"proto; "
		"proto : u8 }\n"
		"protocol eth { over link 1; carries ethertype by type; type : u16 }\n"
		"protocol zeb { guard x == 1; x : u8 }\n"
		"protocol alp { guard x == 2; x : u8 }\n"
		"protocol always { over udp; x : u8 }\n");
	const struct proto *dns = proto_named(r, "dns"), *ip = proto_named(r, "ip"),
			   *udp = proto_named(r, "udp"), *eth = proto_named(r, "eth"), *mid[8];
	struct edge e;

	ck_assert_int_eq(registry_path(r, ip, dns, mid, 8), 1);
	ck_assert_ptr_eq(mid[0], udp); /* the first over line decides */
	ck_assert_int_eq(registry_path(r, eth, dns, mid, 8), 2);
	ck_assert_ptr_eq(mid[0], ip);
	ck_assert_ptr_eq(mid[1], udp);
	ck_assert_int_eq(registry_path(r, eth, dns, mid, 1), -1);
	ck_assert_int_eq(registry_path(r, udp, dns, mid, 8), 0);
	ck_assert_int_eq(registry_path(r, ip, ip, mid, 8), 0);
	ck_assert_int_eq(registry_path(r, dns, ip, mid, 8), -1);
	ck_assert_int_eq(registry_path(r, NULL, dns, mid, 8), 2);
	ck_assert_ptr_eq(mid[0], ip);
	ck_assert_int_eq(registry_path(r, NULL, eth, mid, 8), 0);
	ck_assert_int_eq(registry_path(r, ip, proto_named(r, "always"), mid, 8), 1);
	ck_assert(registry_edge(r, udp, dns, 0, &e));
	ck_assert_str_eq(e.space, "udp.port");
	ck_assert_uint_eq(e.lo, 53);
	ck_assert_uint_eq(e.cr->field[0], 1);
	ck_assert(!registry_edge(r, udp, dns, 1, &e));
	ck_assert(!registry_edge(r, ip, dns, 0, &e));
	ck_assert(registry_edge(r, udp, proto_named(r, "always"), 0, &e));
	ck_assert_ptr_null(e.space);
	ck_assert_ptr_eq(registry_bound(r, "ethertype", 0x800, 0), ip);
	ck_assert_ptr_null(registry_bound(r, "ethertype", 0x800, 1));
	ck_assert_ptr_null(registry_bound(r, "ethertype", 0x801, 0));
	ck_assert_ptr_eq(registry_bound(r, "link", 228, 0), ip);
	ck_assert_ptr_eq(registry_always(r, udp, 0), proto_named(r, "always"));
	ck_assert_str_eq(registry_guessed(r, 0)->name, "alp");
	ck_assert_str_eq(registry_guessed(r, 1)->name, "zeb");
	ck_assert_ptr_null(registry_guessed(r, 2));
	ck_assert_int_eq(registry_link(r, eth), 1);
	ck_assert_int_eq(registry_link(r, udp), -1);
	ck_assert_str_eq(registry_suggest(r, "tpc", 3), "tcp");
	ck_assert_ptr_null(registry_suggest(r, "xylophone", 9));
	registry_close(r);
}
END_TEST

static void must_load(struct registry *r, const char *name, const char *text, bool builtin)
{
	struct err e = { 0 };

	ck_assert_msg(registry_load(r, name, text, strlen(text), builtin, &e) == 0, "%s", e.msg);
}

START_TEST(redefining)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	must_load(r, "a.protocol",
		  "protocol a { x : u8 }\nprotocol b { over a; s : st }\n"
		  "struct st { y : u8 if x }",
		  true);
	must_load(r, "mine.protocol", "\nprotocol b { names BB; z : u16 }", false);
	ck_assert_uint_eq(registry_count(r), 2);
	ck_assert_str_eq(registry_at(r, 1)->file, "mine.protocol");
	ck_assert_ptr_nonnull(strstr(registry_redefined(r, 0), "mine.protocol:2"));
	ck_assert_ptr_nonnull(strstr(registry_redefined(r, 0), "built-in protocol 'b'"));
	ck_assert_ptr_null(registry_redefined(r, 1));
	ck_assert_int_eq(registry_load(r, "x", "protocol a { x : u8 }", 21, true, &e), -1);
	err_clear(&e);
	/* The struct that only the old b used names a field that is gone; that is not its fault. */
	ck_assert_msg(registry_freeze(r, &e) == 0, "%s", e.msg);
	ck_assert_int_eq(registry_load(r, "x", "", 0, false, &e), -1);
	registry_close(r);
}
END_TEST

START_TEST(binding)
{
	struct registry *r = registry_open();
	struct err e = { 0 };
	struct binding b;

	must_load(r, "a",
		  "protocol u { carries s by p; p : u8 }\nprotocol a { over s 1; x : u8 }\n"
		  "protocol b { x : u8 }",
		  true);
	ck_assert_int_eq(registry_bind(r, "s", 1, "c", &e), -1);
	err_clear(&e);
	ck_assert_int_eq(registry_bind(r, "t", 1, "b", &e), -1);
	err_clear(&e);
	ck_assert_int_eq(registry_bind(r, "s", 1, "b", &e), 0);
	ck_assert_int_eq(registry_bind(r, "link", 147, "b", &e), 0);
	ck_assert_int_eq(registry_freeze(r, &e), 0);
	ck_assert_str_eq(registry_bound(r, "s", 1, 0)->name, "b");
	ck_assert_str_eq(registry_bound(r, "s", 1, 1)->name, "a");
	ck_assert_int_eq(registry_link(r, proto_named(r, "b")), 147);
	ck_assert(registry_binding(r, 0, &b));
	ck_assert_str_eq(b.proto->name, "b");
	ck_assert(registry_binding(r, 2, &b));
	ck_assert_str_eq(b.proto->name, "a");
	ck_assert(!registry_binding(r, 3, &b));
	registry_close(r);
}
END_TEST

START_TEST(own_structs_first)
{
	struct registry *r = registry_open();
	struct err e = { 0 };

	must_load(r, "a", "protocol a { o : option }\nstruct option { x : u8 }", true);
	must_load(r, "b", "protocol b { o : option }\nstruct option { x : u16 }", false);
	must_load(r, "c", "protocol c { o : option }", false);
	ck_assert_msg(registry_freeze(r, &e) == 0, "%s", e.msg);
	ck_assert_int_eq(proto_named(r, "a")->rec.fixed_bits, 8);
	ck_assert_int_eq(proto_named(r, "b")->rec.fixed_bits, 16);
	ck_assert_int_eq(proto_named(r, "c")->rec.fixed_bits, 8);
	registry_close(r);
}
END_TEST

/* ---- law 6 ---- */

START_TEST(text_is_enough)
{
	struct registry *r = registry_open(), *s = registry_open();
	struct buf text = { 0 }, why = { 0 };
	struct err e = { 0 };
	unsigned n = 0;

	load_folder(r, STRATA_SOURCE "/protocols", &n);
	load_folder(r, STRATA_SOURCE "/examples", &n);
	ck_assert_uint_ge(n, 2);
	registry_strict(r);
	ck_assert_msg(registry_freeze(r, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	for (unsigned i = 0; i < registry_count(r); i++) {
		text.n = 0;
		proto_print(registry_at(r, i), &text);
		ck_assert(!text.failed);
		ck_assert_msg(
			registry_load(s, registry_at(r, i)->name, text.p, text.n, false, &e) == 0,
			"%s:%u:%u: %s\n%s", e.name, e.lineno, e.col, e.msg, e.line);
	}
	registry_strict(s);
	ck_assert_msg(registry_freeze(s, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	for (unsigned i = 0; i < registry_count(r); i++)
		ck_assert_msg(proto_equal(registry_at(r, i), registry_at(s, i), &why), "%s",
			      buf_cstr(&why));
	buf_done(&text);
	buf_done(&why);
	registry_close(r);
	registry_close(s);
}
END_TEST

/* What the library holds is what stands in protocols/. */
START_TEST(builtins)
{
	struct registry *r = registry_open(), *s = registry_open();
	struct buf why = { 0 };
	struct err e = { 0 };
	unsigned n = 0;

	ck_assert_msg(registry_load_builtins(r, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col,
		      e.msg);
	ck_assert_msg(registry_freeze(r, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	load_folder(s, STRATA_SOURCE "/protocols", &n);
	registry_strict(s);
	ck_assert_msg(registry_freeze(s, &e) == 0, "%s:%u:%u: %s", e.name, e.lineno, e.col, e.msg);
	ck_assert_uint_gt(registry_count(r), 20);
	ck_assert_uint_eq(registry_count(r), registry_count(s));
	for (unsigned i = 0; i < registry_count(r); i++) {
		ck_assert(registry_at(r, i)->builtin && !registry_at(s, i)->builtin);
		ck_assert_msg(proto_equal(registry_at(r, i), registry_at(s, i), &why), "%s",
			      buf_cstr(&why));
		ck_assert_mem_eq(registry_at(r, i)->shape, registry_at(s, i)->shape,
				 offsetof(struct shape, next8));
	}
	ck_assert_ptr_null(registry_redefined(r, 0));
	buf_done(&why);
	registry_close(r);
	registry_close(s);
}
END_TEST

/* Alone, the built-ins come frozen as the build made them; with anything else, from their texts. */
START_TEST(frozen)
{
	static const char mine[] = "protocol mine \"Mine\" {\n over udp.port 48009\n a : u8\n}\n";
	struct registry *r[4];
	struct err e = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		r[i] = registry_open();
		if (i == 3) /* there is none yet */
			ck_assert_int_eq(registry_bind(r[i], "udp.port", 48009, "dns", NULL), -1);
		ck_assert_int_eq(registry_load_builtins(r[i], &e), 0);
	}
	ck_assert_msg(!registry_load(r[2], "m", mine, sizeof(mine) - 1, false, &e), "%s", e.msg);
	ck_assert_int_eq(registry_bind(r[3], "udp.port", 48009, "dns", &e), 0);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_msg(registry_freeze(r[i], &e) == 0, "%s", e.msg);
	ck_assert_ptr_nonnull(registry_find(r[0], "udp", 3));
	ck_assert_ptr_eq(registry_find(r[0], "udp", 3), registry_find(r[1], "udp", 3));
	ck_assert_ptr_ne(registry_find(r[0], "udp", 3), registry_find(r[2], "udp", 3));
	ck_assert_ptr_ne(registry_find(r[0], "udp", 3), registry_find(r[3], "udp", 3));
	ck_assert_str_eq(registry_bound(r[2], "udp.port", 48009, 0)->name, "mine");
	ck_assert_str_eq(registry_bound(r[3], "udp.port", 48009, 0)->name, "dns");
	ck_assert_ptr_null(registry_bound(r[0], "udp.port", 48009, 0));
	for (unsigned i = 0; i < 4; i++)
		registry_close(r[i]);
}
END_TEST

/* Every small change must be seen, or equality would prove nothing. */
static const struct {
	const char *from, *to;
} changes[] = {
	{ "u8  = 0 ", "u8  = 1 " },
	{ "must version == 1", "must version <= 1" },
	{ "error = 3", "error = 4" },
	{ "0x40 }", "0x20 }" },
	{ "fresh ", "      " },
	{ "name..end", "name..value" },
	{ "inet(all)", "inet(header)" },
	{ "text[u8]", "text[u16]" },
	{ "\"temp\"", "\"tamp\"" },
	{ "if type == reply", "if type == error" },
	{ "show hex", "show dec" },
	{ "i32", "u32" },
	{ "port 9000", "port 9001" },
	{ "same id", "same flags" },
	{ "Sensor query", "Sensor" },
	{ "Reading", "Value" },
	{ "to type == request", "to type == 1" },
	{ "{type} id", "{type} no" },
	{ "code     :", "kode     :" },
	{ "i32 = 0   ", "i32le = 0 " },
};

START_TEST(changes_are_seen)
{
	struct registry *r = load_text(sensor_text), *s;
	const char *at = strstr(sensor_text, changes[_i].from);
	struct buf text = { 0 }, why = { 0 };

	ck_assert_msg(at != NULL, "%s", changes[_i].from);
	buf_put(&text, sensor_text, (size_t)(at - sensor_text));
	buf_str(&text, changes[_i].to);
	buf_str(&text, at + strlen(changes[_i].from));
	s = load_text(buf_cstr(&text));
	ck_assert_msg(!proto_equal(proto_named(r, "sensor"), proto_named(s, "sensor"), &why), "%s",
		      changes[_i].to);
	ck_assert_uint_gt(why.n, 0);
	ck_assert(proto_equal(proto_named(r, "sensor"), proto_named(r, "sensor"), &why));
	buf_done(&text);
	buf_done(&why);
	registry_close(r);
	registry_close(s);
}
END_TEST

UNIT_TESTS(registry)
{
	tcase_add_test(t, graph);
	tcase_add_test(t, redefining);
	tcase_add_test(t, binding);
	tcase_add_test(t, own_structs_first);
	tcase_add_test(t, text_is_enough);
	tcase_add_test(t, builtins);
	tcase_add_test(t, frozen);
	tcase_add_loop_test(t, changes_are_seen, 0, COUNT(changes));
}
