/* SPDX-License-Identifier: BSD-2-Clause */
/* What check says of right packets and of wrong ones. The sums in the bytes were computed by RFC
 * 1071 apart from this project. */
#include "tests/unit/dissect_help.h"

#include "dissect/check.h"

#define GOOD_IP(len, proto, sum) "4500" len " 0001 0000 40" proto sum " 0a000001 0a000002 "
#define GOOD_UDP "9c40 2328 0008 2c73"
#define GOOD_TCP(sum) "9c40 0050 00000001 00000002 5010 2000 " sum " 0000"

struct row {
	const char *what;
	const char *hex; /* from IPv4 on, but for those that say eth */
	uint32_t wire_len;
	uint8_t flags;
	bool eth;
	const char *sums;  /* a letter for each layer: - g n u o b (o: not filled in) */
	const char *notes; /* "place: text; ..." */
};

static const struct row rows[] = {
	{ "all right", GOOD_IP("001c", "11", "66ce") GOOD_UDP, 0, 0, false, "gg", "" },
	{ "an odd number of bytes", GOOD_IP("001d", "11", "66cd") "9c40 2328 0009 c470 68", 0, 0,
	  false, "gg", "" },
	{ "a line that the segment cuts is no damage where no line has to follow",
	  "450000360000000040067cc07f0000017f000001006e15b30000000000000000"
	  "50182000aeea00002b4f4b20780d0a6162630d0a6465",
	  0, 0, false, "gg-", "" },
	{ "IP sum wrong", GOOD_IP("001c", "11", "66cf") GOOD_UDP, 0, 0, false, "bg",
	  "ip.chksum: says 0x66cf, should be 0x66ce" },
	{ "UDP sum wrong", GOOD_IP("001c", "11", "66ce") "9c40 2328 0008 2c74", 0, 0, false, "gb",
	  "udp.chksum: says 0x2c74, should be 0x2c73" },
	{ "no UDP sum", GOOD_IP("001c", "11", "66ce") "9c40 2328 0008 0000", 0, 0, false, "gn",
	  "" },
	{ "a UDP sum of 0 is sent as all ones",
	  GOOD_IP("001e", "11", "66cc") "9c40 2328 000a ffff 2c6f", 0, 0, false, "gg", "" },
	{ "and as 0 there is none", GOOD_IP("001e", "11", "66cc") "9c40 2328 000a 0000 2c6f", 0, 0,
	  false, "gn", "" },
	/* Sent by Linux; the data is not covered, so it may be anything. */
	{ "a sum over the first bytes",
	  "4500003d4f2840004088d6740a4d00010a4d0002 9c49233100082b2f"
	  "766f6963652c206f66207768696368"
	  "20736f6d65206d61792062652077726f6e67",
	  0, 0, false, "gg", "" },
	{ "other data is as good",
	  "4500003d4f2840004088d6740a4d00010a4d0002 9c49233100082b2f"
	  "ffff6963652c206f66207768696368"
	  "20736f6d65206d61792062652077726f6e67",
	  0, 0, false, "gg", "" },
	{ "the data that is covered is not",
	  "4500003d4f2940004088d6730a4d00010a4d0002 9c4923310014e82b"
	  "766f6963652c206f66217768696368"
	  "20736f6d65206d61792062652077726f6e67",
	  0, 0, false, "gb", "udplite.chksum: says 0xe82b, should be 0xe82a" },
	{ "TCP sum right", GOOD_IP("0028", "06", "66cd") GOOD_TCP("df3e"), 0, 0, false, "gg", "" },
	{ "TCP sum not filled in (offload)", GOOD_IP("0028", "06", "66cd") GOOD_TCP("141d"), 0,
	  PACKET_LIVE, false, "go", "" },
	{ "TCP sum wrong, live", GOOD_IP("0028", "06", "66cd") GOOD_TCP("141e"), 0, PACKET_LIVE,
	  false, "gb", "tcp.chksum: says 0x141e, should be 0xdf3e" },
	{ "TCP header cut: nothing to be told", GOOD_IP("0028", "06", "66cd") "9c40 0050 00000001",
	  40, 0, false, "g-", "tcp: cut after 8 bytes" },
	{ "payload cut: the header's own sum can be told",
	  GOOD_IP("001e", "11", "66cc") "9c40 2328 000a c405 68", 30, 0, false, "gu", "" },
	{ "a length that says more", GOOD_IP("001c", "11", "66ce") "9c40 2328 0009 2c73", 0, 0,
	  false, "gb", "udp.len: says 9, 8 present; udp.chksum: says 0x2c73, should be 0x2c72" },
	{ "a length below its header", GOOD_IP("001c", "11", "66ce") "9c40 2328 0004 2c77", 0, 0,
	  false, "gg", "udp.len: says 4, 8 present; udp.len: must len >= 8" },
	{ "constraints are marks", "4500001c 0001 8000 4011 e6cd 0a000001 0a000002" GOOD_UDP, 0, 0,
	  false, "gg", "ip.flags: must (flags & 4) == 0" },
	{ "in a quote nothing is held against what is missing",
	  GOOD_IP("0038", "01", "66c2") "0303 606b 00000000" GOOD_IP("0028", "06",
								     "66cd") "9c40 0050 00000001",
	  0, 0, false, NULL, NULL },
	{ "padding of Ethernet is not summed",
	  ETH("0800") GOOD_IP("001c", "11", "66ce") GOOD_UDP "ffff", 0, 0, true, "-gg", "" },
};

static void all_notes(const struct check *c, const struct packet *p, struct buf *out)
{
	for (unsigned i = 0; i < c->nnotes; i++) {
		if (i)
			buf_str(out, "; ");
		note_place(c, p, &c->note[i], out);
		buf_fmt(out, ": %s", c->note[i].text);
	}
}

START_TEST(test_rows)
{
	const struct row *row = &rows[_i];
	struct registry *r = help_registry(NULL);
	struct check c = { 0 };
	struct buf notes = { 0 }, sums = { 0 };
	struct packet p;

	help_packet(&p, row->eth ? LINK_ETHERNET : LINK_IPV4, row->hex);
	if (row->wire_len)
		p.wire_len = row->wire_len;
	p.flags = row->flags;
	dissect(r, &p);
	ck_assert_int_eq(check(&c, &p), 0);
	for (unsigned i = 0; i < p.nlayers; i++)
		buf_char(&sums, "-gnuob"[c.sum[i]]);
	all_notes(&c, &p, &notes);
	if (row->sums)
		ck_assert_msg(strcmp(buf_cstr(&sums), row->sums) == 0, "%s: sums %s (%s)",
			      row->what, buf_cstr(&sums), buf_cstr(&notes));
	if (row->notes)
		ck_assert_msg(strcmp(buf_cstr(&notes), row->notes) == 0,
			      "%s: notes\n%s\nexpected\n%s", row->what, buf_cstr(&notes),
			      row->notes);
	else /* a quote: no length and no cut may be held against it */
		ck_assert_msg(!strstr(buf_cstr(&notes), "present") &&
				      !strstr(buf_cstr(&notes), "cut"),
			      "%s", buf_cstr(&notes));
	buf_done(&notes);
	buf_done(&sums);
	check_done(&c);
	free((void *)(uintptr_t)p.data);
	registry_close(r);
}
END_TEST

/* Flip any bit that a sum covers: some sum or note must say so. */
START_TEST(test_any_bit)
{
	static const char *const hex[] = {
		GOOD_IP("001e", "11", "66cc") "9c40 2328 000a c405 6869",
		GOOD_IP("0028", "06", "66cd") GOOD_TCP("df3e"),
		GOOD_IP("001c", "01", "66de") "0800 f7f7 0007 0001",
	};
	struct registry *r = help_registry(NULL);
	struct check c = { 0 };

	for (int i = 0; i < COUNT(hex); i++) {
		struct packet p;
		uint8_t *at;

		help_packet(&p, LINK_IPV4, hex[i]);
		at = (uint8_t *)(uintptr_t)p.data;
		dissect(r, &p);
		ck_assert_int_eq(check(&c, &p), 0);
		ck_assert_uint_eq(c.nnotes, 0);
		for (uint32_t bit = 0; bit < p.len * 8; bit++) {
			bool told = false;

			at[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			dissect(r, &p);
			ck_assert_int_eq(check(&c, &p), 0);
			told = c.nnotes || !p.nlayers;
			for (unsigned k = 0; k < p.nlayers; k++)
				told |= p.layers[k].flags != 0;
			/* The protocol number decides who sums the rest; IP's own sum covers it. */
			ck_assert_msg(told, "packet %d bit %u: nothing was said", i, bit);
			at[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		}
		free(at);
	}
	check_done(&c);
	registry_close(r);
}
END_TEST

START_TEST(test_names)
{
	struct registry *r = help_registry(NULL);
	struct check c = { 0 };
	struct buf b = { 0 };
	struct packet p;

	help_packet(&p, LINK_IPV4,
		    GOOD_IP("0030", "04", "66c7") GOOD_IP("001c", "11", "66ce") GOOD_UDP);
	dissect(r, &p);
	ck_assert_uint_eq(p.nlayers, 3);
	ck_assert_int_eq(check(&c, &p), 0);
	layer_name(&p, 0, &b);
	ck_assert_str_eq(buf_cstr(&b), "ip");
	b.n = 0;
	layer_name(&p, 1, &b);
	ck_assert_str_eq(buf_cstr(&b), "ip.2");
	buf_done(&b);
	check_done(&c);
	free((void *)(uintptr_t)p.data);
	registry_close(r);
}
END_TEST

UNIT_TESTS(check)
{
	tcase_add_loop_test(t, test_rows, 0, COUNT(rows));
	tcase_add_test(t, test_any_bit);
	tcase_add_test(t, test_names);
}
