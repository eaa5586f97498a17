/* SPDX-License-Identifier: BSD-2-Clause */
/* A figure says how wide each field is: read from the drawing, the widths are those of the fields.
 * Of every protocol, with its defaults. */
#include "tests/unit/notation_help.h"

#include "dissect/dissect.h"
#include "teach/figure.h"

#define ROWS 600

static struct registry *reg;

static void setup(void)
{
	reg = open_registry();
}

static void teardown(void)
{
	registry_close(reg);
}

/* ---- from a drawing back to widths ---- */

struct drawn {
	const char *line[4 * ROWS];
	unsigned nlines;
	uint64_t width[32 * ROWS]; /* bits of each field, in the order in which they begin */
	uint64_t said[32 * ROWS];  /* those that a row of slashes tells; or 0 */
	unsigned n;
	int last;  /* the field at the end of the row before; -1: the row was not full */
	bool open; /* its name is in brackets there */
};

static void split(struct drawn *d, char *text)
{
	for (char *s = strtok(text, "\n"); s; s = strtok(NULL, "\n")) {
		ck_assert_uint_lt(d->nlines, 4 * ROWS);
		d->line[d->nlines++] = s;
	}
}

static bool bracket(const char *row, unsigned from, unsigned to)
{
	for (unsigned i = 2 * from + 1; i < 2 * to; i++)
		if (row[i] != ' ')
			return row[i] == '(';
	return false;
}

static bool edge(const char *row, unsigned c)
{
	return row[2 * c] == '|' || row[2 * c] == '/';
}

/* One row of fields: above[c] is the number of the field above column c. A part belongs to that
 * field where nothing is drawn between them. */
static void read_row(struct drawn *d, const char *border, const char *row, int above[32])
{
	size_t n = strlen(row) / 2, m = strlen(border) / 2;
	int now[32];

	for (unsigned c = 0; c < 32; c++)
		now[c] = -1;
	for (unsigned c = 0, to; c < n; c = to) {
		int id = -1;

		for (to = c + 1; !edge(row, to); to++)
			;
		for (unsigned k = c; k < to && k < m; k++)
			if (border[2 * k + 1] == ' ')
				id = above[k];
		/* The end of one row and the beginning of the next: one of them is in brackets. */
		if (id < 0 && c == 0 && d->last >= 0 && (d->open || bracket(row, c, to)))
			id = d->last;
		if (id < 0)
			id = (int)d->n++;
		d->last = to == 32 ? id : -1;
		d->open = to == 32 && bracket(row, c, to);
		for (unsigned k = c; k < to; k++)
			now[k] = id;
		if (row[0] != '/')
			d->width[id] += to - c;
	}
	/* A row of slashes says how long the whole field is. */
	if (row[0] == '/') {
		const char *size = strrchr(row, '(');

		ck_assert_ptr_nonnull(size);
		d->said[now[0]] = strtoull(size + 1, NULL, 10) * 8;
	}
	memcpy(above, now, sizeof(now));
}

static void read_widths(struct drawn *d)
{
	int above[32];

	d->last = -1;
	for (unsigned i = 2; i + 1 < d->nlines; i++)
		if (d->line[i][0] == '+')
			read_row(d, d->line[i], d->line[i + 1], above);
	for (unsigned i = 0; i < d->n; i++)
		if (d->said[i])
			d->width[i] = d->said[i];
}

/* ---- what they should be ---- */

struct wanted {
	uint64_t from[32 * ROWS], width[32 * ROWS];
	unsigned n;
};

static void leaves(const struct tree *t, uint32_t at, struct wanted *w)
{
	for (uint32_t k = tree_first(t, at); k != NODE_NONE; k = tree_sibling(t, k)) {
		const struct node *n = &t->v[k];
		bool list = n->type && n->type->form == TYPE_LIST && !(n->flags & NODE_RAW);

		if (n->rec && !list) {
			leaves(t, k, w);
		} else if (n->bits) {
			w->from[w->n] = n->bit;
			w->width[w->n++] = n->bits;
		}
	}
}

static void by_place(struct wanted *w)
{
	for (unsigned i = 1; i < w->n; i++)
		for (unsigned k = i; k && w->from[k] < w->from[k - 1]; k--) {
			uint64_t f = w->from[k], b = w->width[k];

			w->from[k] = w->from[k - 1];
			w->width[k] = w->width[k - 1];
			w->from[k - 1] = f;
			w->width[k - 1] = b;
		}
}

static void compare(const char *name, const struct packet *p, unsigned i, bool values)
{
	struct figure_opts o = { .values = values };
	struct drawn *d = calloc(1, sizeof(*d));
	struct wanted *w = calloc(1, sizeof(*w));
	struct tree t = { 0 };
	struct buf out = { 0 };

	ck_assert_int_eq(decode(&t, p, i), 0);
	ck_assert_int_eq(figure(p, i, &t, &o, &out), 0);
	buf_char(&out, '\0');
	split(d, out.p);
	read_widths(d);
	leaves(&t, 0, w);
	by_place(w);
	ck_assert_msg(d->n == w->n, "%s: %u fields drawn, %u there", name, d->n, w->n);
	for (unsigned k = 0; k < d->n; k++)
		ck_assert_msg(d->width[k] == w->width[k],
			      "%s: field %u: %llu bits drawn, %llu there", name, k,
			      (unsigned long long)d->width[k], (unsigned long long)w->width[k]);
	tree_done(&t);
	buf_done(&out);
	free(d);
	free(w);
}

START_TEST(every_protocol)
{
	unsigned n = 0;

	for (unsigned i = 0; i < registry_count(reg); i++) {
		const struct proto *proto = registry_at(reg, i);
		struct plan plan = { 0 };
		struct build b = { 0 };
		struct err e = { 0 };

		if (!plan_parse(&plan, reg, proto->name, strlen(proto->name), 0, &e) &&
		    !build(&b, &plan, &e) && b.pkt.nlayers && b.pkt.layers[0].proto == proto) {
			compare(proto->name, &b.pkt, 0, _i);
			n++;
		}
		build_done(&b);
		plan_done(&plan);
	}
	ck_assert_uint_gt(n, registry_count(reg) * 3 / 4);
}
END_TEST

static const char *const packets[] = {
	"ip options=nop,nop / tcp options=mss:1460,nop,ws:7,sackok,ts / text:hello",
	"eth / ip6 / ip6_frag / udp / dns qd=name:example.org,name:a-much-longer.example.net",
	"eth / arp",
	"ip / icmp / fill:100",
	"ip / udp / fill:1000",
};

START_TEST(packets_of_layers)
{
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };

	if (plan_parse(&plan, reg, packets[_i], strlen(packets[_i]), 0, &e) || build(&b, &plan, &e))
		ck_abort_msg("%s: %s", packets[_i], e.msg);
	for (unsigned i = 0; i < b.pkt.nlayers; i++)
		compare(packets[_i], &b.pkt, i, true);
	build_done(&b);
	plan_done(&plan);
}
END_TEST

/* As RFC 768 draws it. */
START_TEST(as_drawn)
{
	static const char want[] =
		" 0                   1                   2                   3\n"
		" 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n"
		"+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
		"|             sport             |             dport             |\n"
		"|               9               |              53               |\n"
		"+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
		"|              len              |            chksum             |\n"
		"|              10               |            0x0000             |\n"
		"+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
		"|            payload            |\n"
		"+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n";
	static const char text[] = "ip / udp sport=9 dport=53 chksum=0 / text:ab";
	struct figure_opts o = { .values = true, .payload = true };
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct tree t = { 0 };
	struct buf out = { 0 };
	struct err e = { 0 };

	ck_assert(!plan_parse(&plan, reg, text, strlen(text), 0, &e) && !build(&b, &plan, &e));
	ck_assert_int_eq(decode(&t, &b.pkt, 1), 0);
	ck_assert_int_eq(figure(&b.pkt, 1, &t, &o, &out), 0);
	ck_assert_str_eq(buf_cstr(&out), want);
	tree_done(&t);
	buf_done(&out);
	build_done(&b);
	plan_done(&plan);
}
END_TEST

UNIT_TESTS(figure)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_protocol, 0, 2);
	tcase_add_loop_test(t, packets_of_layers, 0, COUNT(packets));
	tcase_add_test(t, as_drawn);
}
