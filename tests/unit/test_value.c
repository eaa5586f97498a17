/* SPDX-License-Identifier: BSD-2-Clause */
/* Values by their words, and how often "did you mean" is right. */
#include "tests/unit/unit.h"

#include "core/near.h"
#include "core/plan.h"
#include "core/value.h"

static const struct word kinds_v[] = {
	{ "request", 1, 0, 0, NULL }, { "reply", 2, 0, 0, NULL }, { "who-has", 3, 0, 0, NULL },
	{ "answer", 2, 0, 0, NULL },  { "6in4", 41, 0, 0, NULL },
};
static const struct words kinds = { NULL, kinds_v, COUNT(kinds_v), false };

static const struct word tcp_v[] = {
	{ "fin", 1, 1, 'F', NULL },   { "syn", 2, 2, 'S', NULL },   { "rst", 4, 4, 'R', NULL },
	{ "psh", 8, 8, 'P', NULL },   { "ack", 16, 16, 'A', NULL }, { "urg", 32, 32, 'U', NULL },
	{ "ece", 64, 64, 'E', NULL },
};
static const struct words tcp = { NULL, tcp_v, COUNT(tcp_v), true };

/* Two bits that are one pattern beside a plain flag, and one that overlaps it. */
static const struct word ecn_v[] = {
	{ "not-ect", 0, 3, 0, NULL }, { "ect1", 1, 3, 0, NULL }, { "ect0", 2, 3, 0, NULL },
	{ "ce", 3, 3, 0, NULL },      { "low", 1, 1, 0, NULL },  { "evil", 0x80, 0x80, 0, NULL },
};
static const struct words ecn = { NULL, ecn_v, COUNT(ecn_v), true };

static const struct row {
	const char *kind;
	unsigned bits;
	const struct words *words;
	enum show show;
	const char *in, *out; /* out NULL: in */
	uint64_t num;
} good[] = {
	{ "u", 8, &kinds, SHOW_DEFAULT, "request", NULL, 1 },
	{ "u", 8, &kinds, SHOW_DEFAULT, "REQUEST", "request", 1 },
	{ "u", 8, &kinds, SHOW_DEFAULT, "answer", "reply", 2 }, /* the first name is printed */
	{ "u", 8, &kinds, SHOW_DEFAULT, "2", "reply", 2 },
	{ "u", 8, &kinds, SHOW_DEFAULT, "0x9", "9", 9 },
	{ "u", 8, &kinds, SHOW_HEX, "9", "0x09", 9 },
	{ "u", 8, &kinds, SHOW_HEX, "1", "request", 1 },
	{ "u", 8, &kinds, SHOW_DEFAULT, "6in4", NULL, 41 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "syn+ack", NULL, 18 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "ack+SYN", "syn+ack", 18 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "SA", "syn+ack", 18 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "S", "syn", 2 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "fin+PA", "fin+psh+ack", 25 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "syn+0x100", NULL, 258 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "0x180", NULL, 384 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "18", "syn+ack", 18 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "0", NULL, 0 },
	{ "u", 9, &tcp, SHOW_DEFAULT, "", "0", 0 },
	{ "u", 9, &tcp, SHOW_HEX, "SA", "syn+ack", 18 },
	{ "u", 8, &ecn, SHOW_DEFAULT, "ce", NULL, 3 },
	{ "u", 8, &ecn, SHOW_DEFAULT, "low", "ect1", 1 },
	{ "u", 8, &ecn, SHOW_DEFAULT, "ce+evil+0x40", NULL, 0xc3 },
	{ "u", 8, &ecn, SHOW_DEFAULT, "not-ect", "0", 0 },
	{ "u", 16, NULL, SHOW_HEX, "255", "0x00ff", 255 },
	{ "u", 13, NULL, SHOW_HEX, "255", "0x00ff", 255 },
	{ "u", 4, NULL, SHOW_BIN, "5", "0b0101", 5 },
	{ "u", 4, NULL, SHOW_BITS, "5", "0b0101", 5 },
	{ "u", 4, NULL, SHOW_DEC, "0xf", "15", 15 },
	{ "u", 32, NULL, SHOW_TIME, "2026-11-22T10:38:16Z", NULL, 1795343896 },
	{ "i", 8, NULL, SHOW_HEX, "-1", "0xff", UINT64_MAX },
	{ "i", 8, NULL, SHOW_DEFAULT, "-1", NULL, UINT64_MAX },
	{ "unixtime", 0, NULL, SHOW_HEX, "7", "0x00000007", 7 },
	{ "qvar", 0, NULL, SHOW_HEX, "300", "0x12c", 300 },
	{ "f", 32, NULL, SHOW_HEX, "1.5", "0x3fc00000", 0x3fc00000 },
};

static void describe(const struct row *r, struct type *t, struct field *f)
{
	const struct kind *k = kind_find(r->kind, strlen(r->kind));

	*t = (struct type) { .form = TYPE_LEAF,
			     .kind = k,
			     .bits = (uint16_t)(r->bits ? r->bits : k->bits) };
	*f = (struct field) {
		.name = "type", .type = t, .words = r->words, .show = (uint8_t)r->show
	};
}

START_TEST(reads_and_prints)
{
	const struct row *r = &good[_i];
	const char *want = r->out ? r->out : r->in;
	struct value v, again;
	struct arena mem = { 0 };
	struct buf out = { 0 };
	struct err e = { 0 };
	struct field f;
	struct type t;

	describe(r, &t, &f);
	ck_assert_msg(!value_parse(&f, &t, r->in, strlen(r->in), &mem, &v, &e), "%s: %s", r->in,
		      e.msg);
	ck_assert(v.num == r->num);
	value_print(&f, &t, &v, &out);
	ck_assert_str_eq(buf_cstr(&out), want);
	ck_assert_int_eq(value_parse(&f, &t, out.p, out.n, &mem, &again, &e), 0);
	ck_assert(again.num == v.num);
	buf_done(&out);
	arena_done(&mem);
}
END_TEST

static const struct {
	unsigned bits;
	const struct words *words;
	const char *in, *msg;
	unsigned col, span;
} bad[] = {
	{ 8, &kinds, "requst", "no word 'requst' for type; did you mean 'request'?", 1, 6 },
	{ 8, &kinds, "zzzzzz", "write request, reply, who-has", 1, 6 },
	{ 8, &kinds, "256", "0 to 255", 1, 3 },
	{ 9, &tcp, "syn,ack", "both in one packet: syn+ack", 1, 7 },
	{ 9, &tcp, "syn+akc", "did you mean 'ack'?", 5, 3 },
	{ 9, &tcp, "syn+", "no word ''", 5, 1 },
	{ 9, &tcp, "SAX", "no word 'SAX'", 1, 3 },
	{ 9, &tcp, "syn+0x200", "0 to 511", 5, 5 },
	{ 9, &tcp, "syn+12q", "'12q' is not a number", 5, 3 },
};

START_TEST(refuses)
{
	struct row r = { "u", bad[_i].bits, bad[_i].words, SHOW_DEFAULT, NULL, NULL, 0 };
	struct arena mem = { 0 };
	struct err e = { 0 };
	struct value v;
	struct field f;
	struct type t;

	describe(&r, &t, &f);
	ck_assert_int_eq(value_parse(&f, &t, bad[_i].in, strlen(bad[_i].in), &mem, &v, &e), -1);
	ck_assert_msg(strstr(e.msg, bad[_i].msg), "%s: %s", bad[_i].in, e.msg);
	ck_assert_uint_eq(e.col, bad[_i].col);
	ck_assert_uint_eq(e.span, bad[_i].span);
	arena_done(&mem);
}
END_TEST

/* Every value of a byte, with words that overlap, leave gaps and come in patterns. */
START_TEST(flags_are_exact)
{
	static const struct words *const tables[] = { &tcp, &ecn, &kinds, NULL };
	struct arena mem = { 0 };
	struct buf out = { 0 };
	unsigned i, show;
	uint64_t n;

	for (i = 0; i < 4; i++)
		for (show = SHOW_DEFAULT; show <= SHOW_BITS; show++)
			for (n = 0; n < 256; n++) {
				struct row r = { "u", 8, tables[i], show, NULL, NULL, 0 };
				struct value v = { .num = n }, again = { 0 };
				struct field f;
				struct type t;

				describe(&r, &t, &f);
				out.n = 0;
				value_print(&f, &t, &v, &out);
				ck_assert_msg(
					!value_parse(&f, &t, out.p, out.n, &mem, &again, NULL) &&
						again.num == n,
					"%s for %u", buf_cstr(&out), (unsigned)n);
			}
	buf_done(&out);
	arena_done(&mem);
}
END_TEST

START_TEST(text_is_literal)
{
	struct type t = { .form = TYPE_LEAF, .kind = &kind_text };
	struct field f = { .name = "name", .type = &t, .words = &kinds };
	struct arena mem = { 0 };
	struct value v;

	ck_assert_int_eq(value_parse(&f, &t, "request,\0 x", 11, &mem, &v, NULL), 0);
	ck_assert_uint_eq(v.len, 11);
	ck_assert_mem_eq(v.p, "request,\0 x", 11);
	t.form = TYPE_STRUCT;
	ck_assert_int_eq(value_parse(&f, &t, "x", 1, &mem, &v, NULL), -1);
}
END_TEST

START_TEST(words_and_letters)
{
	struct field f = { .words = &kinds };
	struct buf out = { 0 };
	struct words_walk w;

	ck_assert_str_eq(word_of(&f, 2), "reply");
	ck_assert_ptr_null(word_of(&f, 7));
	f.words = &tcp;
	ck_assert_ptr_null(word_of(&f, 2));
	ck_assert_ptr_null(word_of(NULL, 2));
	words_begin(&w, &tcp, 0x112);
	ck_assert_str_eq(words_next(&w)->name, "syn");
	ck_assert_str_eq(words_next(&w)->name, "ack");
	ck_assert_ptr_null(words_next(&w));
	ck_assert_ptr_null(words_next(&w));
	ck_assert(w.rest == 0x100);
	ck_assert(words_letters(&tcp, 18, &out));
	ck_assert_str_eq(buf_cstr(&out), "SA");
	ck_assert(!words_letters(&tcp, 0x112, &out));
	ck_assert(!words_letters(&ecn, 3, &out));
	ck_assert_str_eq(buf_cstr(&out), "SA");
	buf_done(&out);
}
END_TEST

/* ---- one slip of the finger ---- */

static const char *const names[] = {
	"sport",    "dport",    "seq",    "ack",     "dataofs",      "reserved",   "flags",
	"window",   "chksum",   "urgptr", "options", "version",      "ihl",        "tos",
	"len",      "id",       "frag",   "ttl",     "proto",        "src",        "dst",
	"padding",  "hwtype",   "ptype",  "hwlen",   "plen",         "op",         "hwsrc",
	"psrc",     "hwdst",    "pdst",   "type",    "code",         "gateway",    "mtu",
	"request",  "reply",    "error",  "urgent",  "more",         "length",     "checksum",
	"name",     "value",    "magic",  "hops",    "qdcount",      "ancount",    "rcode",
	"opcode",   "question", "answer", "class",   "rdata",        "xid",        "ciaddr",
	"yiaddr",   "siaddr",   "giaddr", "chaddr",  "sname",        "file",       "ethernet",
	"vlan",     "icmp",     "icmp6",  "udp",     "tcp",          "dns",        "dhcp",
	"mqtt",     "sctp",     "geneve", "vxlan",   "echo-request", "echo-reply", "time-exceeded",
	"redirect",
};

/* The key's neighbours on a keyboard: where a finger lands. */
static const char *beside(char c)
{
	static const char *const rows[] = { "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890" };
	static const char *const near_keys[] = {
		"wa",  "qes", "wrd", "etf", "ryg", "tuh", "yij", "uok", "ipl", "ol",  "qsz", "adw",
		"sfe", "dgr", "fht", "gjy", "hku", "jli", "kop", "xas", "zcs", "xvd", "cbf", "vng",
		"bmh", "njk", "2",   "13",  "24",  "35",  "46",  "57",  "68",  "79",  "80",  "9"
	};
	unsigned i, at = 0;

	for (i = 0; i < 4; i++) {
		const char *p = strchr(rows[i], c);

		if (c && p)
			return near_keys[at + (unsigned)(p - rows[i])];
		at += (unsigned)strlen(rows[i]);
	}
	return "";
}

static unsigned tried, right;

static void try_typo(const char *typo, const char *meant)
{
	const char *got;
	unsigned i;

	for (i = 0; i < COUNT(names); i++)
		if (strcmp(names[i], typo) == 0)
			return; /* another name: no typo to be seen */
	got = near_word(typo, strlen(typo), names, COUNT(names));
	tried++;
	right += got && strcmp(got, meant) == 0;
}

/* Letters left out, doubled, swapped with the next, or the key beside hit instead. */
START_TEST(suggestions_are_right)
{
	unsigned i, k, n, j;
	const char *b;
	char t[64];

	for (i = 0; i < COUNT(names); i++) {
		n = (unsigned)strlen(names[i]);
		for (k = 0; k < n; k++) {
			memcpy(t, names[i], k);
			strcpy(t + k, names[i] + k + 1);
			if (n > 2)
				try_typo(t, names[i]);
			strcpy(t + k + 1, names[i] + k);
			t[k] = names[i][k];
			try_typo(t, names[i]);
			strcpy(t, names[i]);
			if (k + 1 < n && t[k] != t[k + 1]) {
				t[k] = names[i][k + 1];
				t[k + 1] = names[i][k];
				try_typo(t, names[i]);
			}
			strcpy(t, names[i]);
			for (b = beside(names[i][k]), j = 0; b[j]; j++) {
				t[k] = b[j];
				try_typo(t, names[i]);
			}
		}
	}
	ck_assert_uint_gt(tried, 1500);
	ck_assert_msg(right * 10 >= tried * 9, "%u of %u", right, tried);
}
END_TEST

START_TEST(suggestions_stay_silent)
{
	static const char *const far[] = { "xyzzy", "hello", "", "q", "foo", "wireshark" };
	unsigned i;

	for (i = 0; i < COUNT(far); i++)
		ck_assert_ptr_null(near_word(far[i], strlen(far[i]), names, COUNT(names)));
}
END_TEST

UNIT_TESTS(value)
{
	tcase_add_loop_test(t, reads_and_prints, 0, COUNT(good));
	tcase_add_loop_test(t, refuses, 0, COUNT(bad));
	tcase_add_test(t, flags_are_exact);
	tcase_add_test(t, text_is_literal);
	tcase_add_test(t, words_and_letters);
	tcase_add_test(t, suggestions_are_right);
	tcase_add_test(t, suggestions_stay_silent);
}
