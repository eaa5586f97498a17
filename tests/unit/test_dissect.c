/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes to layers: extents and flags, from real headers written out by hand and from small
 * descriptions that each use one construct. */
#include "tests/unit/dissect_help.h"

#include "core/shape.h"

struct row {
	const char *what;
	uint16_t link;
	const char *hex;
	uint32_t wire_len; /* 0: as many as there are */
	const char *layers;
};

static void run_row(const struct registry *r, const struct row *row)
{
	struct buf got = { 0 };
	struct packet p;

	help_packet(&p, row->link, row->hex);
	if (row->wire_len)
		p.wire_len = row->wire_len;
	dissect(r, &p);
	help_layers(&p, &got);
	ck_assert_msg(strcmp(got.n ? buf_cstr(&got) : "", row->layers) == 0,
		      "%s:\n%s\nexpected\n%s", row->what, got.n ? buf_cstr(&got) : "(nothing)",
		      row->layers);
	buf_done(&got);
	free((void *)(uintptr_t)p.data);
}

/* ---- the built-ins ---- */

#define UDP_EMPTY "9c40 2328 0008 0000"
#define TCP_ACK "9c40 0050 00000001 00000002 5010 2000 0000 0000"

static const struct row builtin_rows[] = {
	{ "a runt: too short to say whether it is Ethernet II or 802.3", 1, "000102030405060708", 0,
	  "eth 0+9..9 header" },
	{ "short, but certainly not IP", 228, "1b5d303b", 0, "" },
	{ "nothing at all", 1, "", 0, "" },
	{ "a link type nobody knows", 9999, "00", 0, "" },
	{ "Ethernet, IPv4, UDP", 1, ETH("0800") IP4("001c", "11") UDP_EMPTY, 0,
	  "eth 0+14..42 / ip 14+20..42 / udp 34+8..42" },
	{ "padding is Ethernet's trailer", 1, ETH("0800") IP4("001c", "11") UDP_EMPTY "00000000", 0,
	  "eth 0+14..46 / ip 14+20..42 / udp 34+8..42" },
	{ "an EtherType nobody is bound to", 1, ETH("88b6") "0102", 0, "eth 0+14..16" },
	{ "IPv4 by link type", 228, IP4("001c", "11") UDP_EMPTY, 0, "ip 0+20..28 / udp 20+8..28" },
	{ "raw: version tells", 101, IP6("0008", "11") UDP_EMPTY, 0,
	  "ip6 0+40..48 / udp 40+8..48" },
	{ "raw: neither version", 101, "10000000", 0, "" },
	{ "TCP with options", 228,
	  IP4("002c", "06") "9c40 0050 00000001 00000000 6002 2000 0000 0000 020405b4", 0,
	  "ip 0+20..44 / tcp 20+24..44" },
	{ "an empty segment on port 443 is no TLS", 228,
	  IP4("0028", "06") "9c40 01bb 00000001 00000002 5010 2000 0000 0000", 0,
	  "ip 0+20..40 / tcp 20+20..40" },
	{ "ARP on Ethernet leaves the padding outside", 1,
	  ETH("0806") "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002 00000000",
	  0, "eth 0+14..46 / arp 14+28..42" },
	{ "VLAN", 1, ETH("8100") "0007 0800" IP4("0014", "ff"), 0,
	  "eth 0+14..38 / vlan 14+4..38 / ip 18+20..38" },
	{ "extension header counted in units of 8", 229,
	  IP6("0010", "00") "11 00 0104 00000000" UDP_EMPTY, 0,
	  "ip6 0+40..56 / ip6_hopopts 40+8..56 / udp 48+8..56" },

	/* lengths that lie, and captures that end early */
	{ "ihl below 5", 228, "4300001c 00010000 4011 0000 0a000001 0a000002" UDP_EMPTY, 0,
	  "ip 0+20..28 length" },
	{ "ihl beyond the packet", 228, "4f000018 00010000 40ff 0000 0a000001 0a000002 01010101", 0,
	  "ip 0+24..24 length" },
	{ "ihl beyond what was captured", 228,
	  "4f00003c 00010000 40ff 0000 0a000001 0a000002 01010101", 60, "ip 0+24..24 cut" },
	{ "total length below the header", 228, IP4("0010", "11") UDP_EMPTY, 0,
	  "ip 0+20..28 length / udp 20+8..28" },
	{ "total length 0: to the end (offload)", 228, IP4("0000", "11") UDP_EMPTY, 0,
	  "ip 0+20..28 / udp 20+8..28" },
	{ "total length beyond the packet", 228, IP4("0040", "11") UDP_EMPTY, 0,
	  "ip 0+20..28 length / udp 20+8..28" },
	{ "total length beyond the capture", 228, IP4("0040", "11") "9c40 2328 002c 0000", 64,
	  "ip 0+20..28 / udp 20+8..28" },
	{ "UDP length below 8", 228, IP4("001c", "11") "9c40 2328 0007 0000", 0,
	  "ip 0+20..28 / udp 20+8..28 length" },
	{ "UDP length beyond IP's", 228, IP4("001c", "11") "9c40 2328 0064 0000", 0,
	  "ip 0+20..28 / udp 20+8..28 length" },
	{ "UDP header cut by the capture", 228, IP4("001c", "11") "9c40 2328", 28,
	  "ip 0+20..24 / udp 20+4..24 cut" },
	{ "UDP header cut by IP's length", 228, IP4("0018", "11") "9c40 2328 ffff ffff", 0,
	  "ip 0+20..24 / udp 20+4..24 header" },
	{ "data offset below 5", 228,
	  IP4("0028", "06") "9c40 0050 00000001 00000002 4010 2000 0000 0000", 0,
	  "ip 0+20..40 / tcp 20+20..40 length" },
	{ "IPv6 payload length beyond the packet", 229, IP6("0100", "11") UDP_EMPTY, 0,
	  "ip6 0+40..48 length / udp 40+8..48" },

	/* pieces */
	{ "a later fragment is opaque", 228,
	  "4500001c 0001 0001 4011 0000 0a000001 0a000002" UDP_EMPTY, 0, "ip 0+20..28 opaque" },
	{ "a first fragment is an excerpt: its lengths are no lie", 228,
	  "4500001c 0001 2000 4011 0000 0a000001 0a000002 9c40 2328 0fa0 0000", 0,
	  "ip 0+20..28 excerpt / udp 20+8..28 excerpt" },
	{ "an ICMP error quotes; what is inside may be short", 228,
	  IP4("0038", "01") "0303 0000 00000000 " IP4("0028", "06") "9c40 0050 00000001", 0,
	  "ip 0+20..56 / icmp 20+8..56 / ip 28+20..56 excerpt quoted / "
	  "tcp 48+8..56 cut excerpt quoted" },
	{ "an echo does not quote", 228, IP4("0030", "01") "0800 0000 0001 0001 " IP4("0014", "11"),
	  0, "ip 0+20..48 / icmp 20+8..48" },

	/* side by side */
	{ "two TLS records in a segment", 228,
	  IP4("0034", "06") "9c40 01bb 00000001 00000002 5018 2000 0000 0000"
			    "15 0303 0001 01 15 0303 0001 02",
	  0, "ip 0+20..52 / tcp 20+20..52 / tls 40+6..46 / tls 46+6..52" },
	{ "a record that goes on in the next segment", 228,
	  IP4("0030", "06") "9c40 01bb 00000001 00000002 5018 2000 0000 0000"
			    "17 0303 0100 aa bb cc",
	  0, "ip 0+20..48 / tcp 20+20..48 / tls 40+8..48 excerpt" },
	{ "port 443 that is not TLS", 228,
	  IP4("002c", "06") "9c40 01bb 00000001 00000002 5018 2000 0000 0000 47455420", 0,
	  "ip 0+20..44 / tcp 20+20..44" },
};

START_TEST(test_builtin)
{
	struct registry *r = help_registry(NULL);

	run_row(r, &builtin_rows[_i]);
	registry_close(r);
}
END_TEST

/* ---- constructs ---- */

static const char constructs[] =
	"protocol base \"Base\" {\n"
	"    over link 147\n"
	"    carries kind by kind\n"
	"    kind : u8 = 0\n"
	"}\n"
	"protocol framed \"Payload between header and tail\" {\n"
	"    over kind 1\n"
	"    len : u8 = len(header + payload)\n"
	"    payload\n"
	"    crc : u16 = 0\n"
	"}\n"
	"protocol padded \"A chunk padded to 4, the padding not counted\" {\n"
	"    over kind 2\n"
	"    beside\n"
	"    type : u8 = 0\n"
	"    rsv  : u8 = 0\n"
	"    len : u16 = len(header + payload)\n"
	"    payload\n"
	"    padding : pad[4]\n"
	"}\n"
	"protocol little \"Little-endian length in units of 2 over all\" {\n"
	"    over kind 3\n"
	"    len : u16le = len(all) / 2\n"
	"    payload\n"
	"}\n"
	"protocol wide \"Length of 32 bits over the payload\" {\n"
	"    over kind 4\n"
	"    carries far by sel\n"
	"    len : u32 = len(payload)\n"
	"    sel : u32 = 0\n"
	"}\n"
	"protocol far_one \"Bound to a value over 16 bits\" {\n"
	"    over far 0x12345678\n"
	"    a : u8 = 0\n"
	"}\n"
	"protocol far_range \"And a range\" {\n"
	"    over far 100000..200000\n"
	"    a : u8 = 0\n"
	"}\n"
	"protocol switched \"Selector that counts only sometimes\" {\n"
	"    over kind 5\n"
	"    carries other by sel if mode == 1\n"
	"    mode : u8 = 1\n"
	"    sel  : u8 = 0\n"
	"}\n"
	"protocol inner_a \"First of two by guard\" {\n"
	"    over other 7\n"
	"    guard a == 1\n"
	"    a : u16 = 1\n"
	"}\n"
	"protocol inner_b \"Second\" {\n"
	"    over other 7\n"
	"    guard a >= 2 && a < 4\n"
	"    a : u16 = 2\n"
	"}\n"
	"protocol guessed \"By guard alone\" {\n"
	"    guard magic == 0xfeed\n"
	"    magic : u16 = 0xfeed show hex\n"
	"}\n"
	"protocol worded \"Text by guard alone\" {\n"
	"    guard verb in (\"GET\", \"GO\", \"PUT\") && verb != \"PUT\"\n"
	"    verb : text[until \" \"]\n"
	"}\n"
	"protocol both \"Word and number by guard alone\" {\n"
	"    guard verb == \"GO\" && n == 7\n"
	"    n    : u8 = 7\n"
	"    verb : text[2]\n"
	"}\n"
	"protocol named \"A long text by guard alone\" {\n"
	"    guard verb == \"a name of more than eight\"\n"
	"    verb : text[25]\n"
	"}\n"
	"protocol wide_looks \"Numbers of several bytes, and what only decoding can tell\" {\n"
	"    guess magic in (0x01020304, 0x01020380..0x010204ff) && small == 0x0a0b && n.0 == n.1\n"
	"    magic : u32 = 0x01020304\n"
	"    small : u16le = 0x0a0b\n"
	"    n     : u8[2]\n"
	"}\n"
	"protocol bound \"On a number of its own, or known by its looks\" {\n"
	"    over other 77\n"
	"    guard n > 1\n"
	"    guess magic == 0xcafe\n"
	"    magic : u16 = 0xcafe show hex\n"
	"    n     : u8 = 2\n"
	"}\n"
	"protocol holder \"Something always follows\" {\n"
	"    over kind 6\n"
	"    x : u8 = 0\n"
	"    payload\n"
	"}\n"
	"protocol item \"Always over holder\" {\n"
	"    over holder\n"
	"    beside\n"
	"    n : u8 = len(data)\n"
	"    data : bytes[n]\n"
	"}\n"
	"protocol tailed \"A trailer alone\" {\n"
	"    over kind 10\n"
	"    payload\n"
	"    sum : u8 = sum8(payload)\n"
	"}\n"
	"protocol in_tailed {\n"
	"    over tailed\n"
	"    a : u8\n"
	"    payload\n"
	"}\n"
	"protocol wrap \"Tells where what follows ends\" {\n"
	"    over kind 11\n"
	"    len : u8 = len(payload)\n"
	"    payload\n"
	"}\n"
	"protocol grain \"Only decoding tells where one ends\" {\n"
	"    over wrap\n"
	"    beside\n"
	"    n : leb128 = len(data)\n"
	"    data : bytes[n]\n"
	"}\n"
	"protocol varies \"Optional words\" {\n"
	"    over kind 8\n"
	"    carries kind by next\n"
	"    bits : u8 = 0\n"
	"    next : u8 = 0\n"
	"    one  : u16 = 0 if bits & 1\n"
	"    two  : u32 = 0 if bits & 2\n"
	"    n    : u8 = len(more) if bits & 4\n"
	"    more : bytes[n] if bits & 4\n"
	"}\n"
	"protocol frame \"Told by what it carries\" {\n"
	"    over kind 12\n"
	"    beside\n"
	"    carries frame.type by type\n"
	"    guard len != 0 through\n"
	"    len  : u8 = len(payload)\n"
	"    type : u8 = 0\n"
	"    payload\n"
	"}\n"
	"protocol in_frame \"Over it by its number\" {\n"
	"    over frame.type 1-2\n"
	"    guard a == 0xabcd\n"
	"    a : u16 = 0xabcd\n"
	"}\n"
	"protocol ever_frame \"Always over it\" {\n"
	"    over frame\n"
	"    guard a.0 == 5\n"
	"    a : u8[..]\n"
	"}\n"
	"protocol shelf \"Looks at what stands on it\" {\n"
	"    over kind 13\n"
	"    guard size > 1 through book && book.pages <= size || leaf.x == 1\n"
	"    size : u8 = len(payload)\n"
	"    payload\n"
	"}\n"
	"protocol book { over shelf; guard pages < 256; pages : u16 = 1; more : u8[..] }\n"
	"protocol leaf { over shelf; guard x <= 1; x : u8 = 1 }\n"
	"protocol nested \"Itself, without end\" {\n"
	"    over kind 9\n"
	"    carries kind by next\n"
	"    next : u8 = 9\n"
	"}\n";

static const struct row construct_rows[] = {
	{ "through: by its number", 147, "0c 03 01 abcd 99", 0,
	  "base 0+1..6 / frame 1+2..6 / in_frame 3+2..5" },
	{ "through: who always stands over it", 147, "0c 02 01 0506", 0,
	  "base 0+1..5 / frame 1+2..5 / ever_frame 3+2..5" },
	{ "through: nobody", 147, "0c 02 01 0606", 0, "base 0+1..5" },
	{ "through: its number is another's", 147, "0c 02 03 abcd", 0, "base 0+1..5" },
	{ "through: the guard itself", 147, "0c 00 01 abcd", 0, "base 0+1..5" },
	{ "through: nothing of it is there", 147, "0c 02 01", 0,
	  "base 0+1..3 / frame 1+2..3 length" },
	{ "through: too little of it is there", 147, "0c 02 01 ab", 0, "base 0+1..4" },
	{ "through: too little was captured", 147, "0c 02 01 ab", 8, "base 0+1..4 / frame 1+2..4" },
	{ "through: the second beside it is nobody's", 147, "0c 02 01 abcd 02 01 1234", 0,
	  "base 0+1..9 / frame 1+2..5 / in_frame 3+2..5" },
	{ "through: and the second is", 147, "0c 02 01 abcd 01 09 05", 0,
	  "base 0+1..8 / frame 1+2..5 / in_frame 3+2..5 / frame 5+2..8 / ever_frame 7+1..8" },
	{ "through: a condition on what is above", 147, "0d 04 0004 0102", 0,
	  "base 0+1..6 / shelf 1+1..6 / book 2+4..6" },
	{ "through: it does not hold", 147, "0d 04 0005 0102", 0, "base 0+1..6" },
	{ "through: it does of the second above", 147, "0d 02 01ff", 0,
	  "base 0+1..4 / shelf 1+1..4 / leaf 2+1..3" },
	{ "side by side up to a told end", 147, "0b 05 02aabb 01cc", 0,
	  "base 0+1..7 / wrap 1+1..7 / grain 2+3..5 / grain 5+2..7" },
	{ "tail before the end", 147, "01 05 aabbccdd beef", 0,
	  "base 0+1..8 / framed 1+1..8 tail=2" },
	{ "tail after a counted payload, rest outside", 147, "01 03 aabb beef 99", 0,
	  "base 0+1..7 / framed 1+1..6 tail=2" },
	{ "no room for the tail", 147, "01 05 aabbccdd", 0, "base 0+1..6 / framed 1+1..6" },
	{ "tail partly captured", 147, "01 05 aabbccdd be", 8,
	  "base 0+1..7 / framed 1+1..7 tail=1" },
	{ "tail not captured", 147, "01 05 aabbcc", 8, "base 0+1..5 / framed 1+1..5" },
	{ "chunks, padding not counted", 147, "02 00000005 aa 000000 00000004", 0,
	  "base 0+1..13 / padded 1+4..9 tail=3 / padded 9+4..13" },
	{ "the last chunk's padding may be missing", 147, "02 00000005 aa", 0,
	  "base 0+1..6 / padded 1+4..6" },
	{ "a chunk shorter than its header", 147, "02 00000003 aa000000", 0,
	  "base 0+1..9 / padded 1+4..9 length" },
	{ "little-endian, scaled", 147, "03 0300 aabbccdd 99", 0, "base 0+1..8 / little 1+2..7" },
	{ "32-bit length, wide selector", 147, "04 00000002 12345678 0102", 0,
	  "base 0+1..11 / wide 1+8..11 / far_one 9+1..10" },
	{ "wide range", 147, "04 00000001 000186a1 01", 0,
	  "base 0+1..10 / wide 1+8..10 / far_range 9+1..10" },
	{ "32-bit length that overflows", 147, "04 ffffffff 00000000 01", 0,
	  "base 0+1..10 / wide 1+8..10 length" },
	{ "carries if: holds, first guard", 147, "05 01 07 0001", 0,
	  "base 0+1..5 / switched 1+2..5 / inner_a 3+2..5" },
	{ "carries if: holds, second guard", 147, "05 01 07 0003", 0,
	  "base 0+1..5 / switched 1+2..5 / inner_b 3+2..5" },
	{ "carries if: holds, no guard", 147, "05 01 07 0009", 0, "base 0+1..5 / switched 1+2..5" },
	{ "carries if: does not hold", 147, "05 00 07 0001", 0, "base 0+1..5 / switched 1+2..5" },
	{ "guessed by guard", 147, "05 00 07 feed", 0,
	  "base 0+1..5 / switched 1+2..5 / guessed 3+2..5 guess" },
	{ "on its own number it needs no looks", 147, "05 01 4d 0000 02", 0,
	  "base 0+1..6 / switched 1+2..6 / bound 3+3..6" },
	{ "known by its looks in its space", 147, "05 00 07 cafe 02", 0,
	  "base 0+1..6 / switched 1+2..6 / bound 3+3..6 guess" },
	{ "looks, but the guard says no", 147, "05 00 07 cafe 01", 0,
	  "base 0+1..6 / switched 1+2..6" },
	{ "looks, but in a layer that carries no space of it", 147, "01 05 cafe02aa beef", 0,
	  "base 0+1..8 / framed 1+1..8 tail=2" },
	{ "guessed by its first word", 147, "05 00 07 47 45 54 20", 0,
	  "base 0+1..7 / switched 1+2..7 / worded 3+4..7 guess" },
	{ "another word of the same first letter", 147, "05 00 07 47 4f 20", 0,
	  "base 0+1..6 / switched 1+2..6 / worded 3+3..6 guess" },
	{ "no such word", 147, "05 00 07 47 41 20", 0, "base 0+1..6 / switched 1+2..6" },
	{ "a word that half of the guard refuses", 147, "05 00 07 50 55 54 20", 0,
	  "base 0+1..7 / switched 1+2..7" },
	{ "guessed by a number before a word", 147, "05 00 07 07 47 4f", 0,
	  "base 0+1..6 / switched 1+2..6 / both 3+3..6 guess" },
	{ "guessed by a long text", 147,
	  "05 00 07 61206e616d65206f66206d6f7265207468616e206569676874", 0,
	  "base 0+1..28 / switched 1+2..28 / named 3+25..28 guess" },
	{ "guessed by wide numbers and equal items", 147, "05 00 07 01020304 0b0a 05 05", 0,
	  "base 0+1..11 / switched 1+2..11 / wide_looks 3+8..11 guess" },
	{ "the last number of a range", 147, "05 00 07 010204ff 0b0a 05 05", 0,
	  "base 0+1..11 / switched 1+2..11 / wide_looks 3+8..11 guess" },
	{ "between the numbers", 147, "05 00 07 01020305 0b0a 05 05", 0,
	  "base 0+1..11 / switched 1+2..11" },
	{ "another first byte", 147, "05 00 07 02020304 0b0a 05 05", 0,
	  "base 0+1..11 / switched 1+2..11" },
	{ "the other byte order", 147, "05 00 07 01020304 0a0b 05 05", 0,
	  "base 0+1..11 / switched 1+2..11" },
	{ "the items differ", 147, "05 00 07 01020304 0b0a 05 06", 0,
	  "base 0+1..11 / switched 1+2..11" },
	{ "a wide number cut short", 147, "05 00 07 010203", 0, "base 0+1..6 / switched 1+2..6" },
	{ "the number alone is not enough", 147, "05 00 07 07 47 41", 0,
	  "base 0+1..6 / switched 1+2..6" },
	{ "always over, side by side, each of its own length", 147, "06 00 02 aabb 00 01 cc", 0,
	  "base 0+1..8 / holder 1+1..8 / item 2+3..5 / item 5+1..6 / item 6+2..8" },
	{ "a trailer without a header", 147, "0a 05 aabb cc", 0,
	  "base 0+1..5 / tailed 1+0..5 tail=1 / in_tailed 1+1..4" },
	{ "not even the trailer is there", 147, "0a", 0, "base 0+1..1" },
	{ "no optional word", 147, "08 00 00", 0, "base 0+1..3 / varies 1+2..3" },
	{ "both words", 147, "08 03 00 0001 00000002 05", 0, "base 0+1..10 / varies 1+8..10" },
	{ "words, then a counted one, then what it carries", 147,
	  "08 07 08 0001 00000002 02 aabb 00 00", 0,
	  "base 0+1..14 / varies 1+11..14 / varies 12+2..14" },
	{ "counted one that says too much", 147, "08 04 08 09 aabb", 0,
	  "base 0+1..6 / varies 1+5..6 length" },
};

START_TEST(test_constructs)
{
	struct registry *r = help_registry(constructs);

	run_row(r, &construct_rows[_i]);
	registry_close(r);
}
END_TEST

START_TEST(test_depth)
{
	struct registry *r = help_registry(constructs);
	uint8_t data[200];
	struct packet p = {
		.data = data, .len = sizeof(data), .wire_len = sizeof(data), .link = 147
	};

	memset(data, 9, sizeof(data));
	dissect(r, &p);
	ck_assert_uint_eq(p.nlayers, PACKET_LAYERS);
	ck_assert(p.flags & PACKET_DEEP);
	ck_assert(p.layers[PACKET_LAYERS - 1].flags & LAYER_DEEP);
	memset(data, 6, sizeof(data));
	memset(data + 2, 0, sizeof(data) - 2); /* items of no bytes but their length */
	dissect(r, &p);
	ck_assert(p.flags & PACKET_DEEP);
	p.len = p.wire_len = 20;
	dissect(r, &p);
	ck_assert(!(p.flags & PACKET_DEEP));
	registry_close(r);
}
END_TEST

/* ---- who is inside whom ---- */

START_TEST(test_extents)
{
	struct registry *r = help_registry(NULL);
	struct packet p;
	uint32_t from, to;

	help_packet(&p, 1, ETH("0800") IP4("0020", "11") "9c40 2328 000a 0000 6869 7a7a ffff");
	dissect(r, &p);
	ck_assert_uint_eq(p.nlayers, 3);
	ck_assert_int_eq(packet_parent(&p, 0), LAYER_NONE);
	ck_assert_int_eq(packet_parent(&p, 2), 1);
	ck_assert(packet_rest(&p, 2, &from, &to) && from == 42 && to == 44);
	ck_assert(packet_rest(&p, 1, &from, &to) && from == 44 && to == 46); /* IP's trailer */
	ck_assert(packet_rest(&p, 0, &from, &to) && from == 46 && to == 48); /* Ethernet's */
	ck_assert(!packet_rest(&p, LAYER_NONE, &from, &to));
	ck_assert(packet_payload(&p, 1, &from, &to) && from == 34 && to == 46);
	ck_assert(packet_carries(&p, 1) && !packet_carries(&p, 2));
	ck_assert_int_eq(packet_layer(&p, registry_find(r, "udp", 3), 1), 2);
	ck_assert_int_eq(packet_layer(&p, registry_find(r, "udp", 3), 2), LAYER_NONE);
	free((void *)(uintptr_t)p.data);
	help_packet(&p, 228, IP4("001c", "11") UDP_EMPTY "cafe"); /* after the outermost layer */
	dissect(r, &p);
	ck_assert(packet_rest(&p, LAYER_NONE, &from, &to) && from == 28 && to == 30);
	free((void *)(uintptr_t)p.data);
	registry_close(r);
}
END_TEST

/* ---- what must hold whatever the bytes ---- */

static void hold_invariants(const struct registry *r, const uint8_t *data, uint32_t len,
			    uint32_t wire, uint16_t link)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct packet p = { .data = exact, .len = len, .wire_len = wire, .link = link };
	struct tree t = { 0 };

	memcpy(exact, data, len);
	dissect(r, &p);
	for (unsigned i = 0; i < p.nlayers; i++) {
		const struct layer *l = &p.layers[i];
		int up = packet_parent(&p, i);

		ck_assert_uint_gt(l->hlen + l->tail, 0);
		ck_assert_uint_le(l->off + l->hlen + l->tail, l->end);
		ck_assert_uint_le(l->end, len);
		ck_assert(i == 0 || l->off >= p.layers[i - 1].off + p.layers[i - 1].hlen);
		if (up >= 0)
			ck_assert_uint_le(l->end, p.layers[up].end - p.layers[up].tail);
		/* The shape and the walker agree on the header's length. */
		if (l->flags || l->proto->shape->head == HEAD_REST || wire > len)
			continue;
		ck_assert_int_eq(decode_header(&t, &p, l->proto, l->off, l->end - l->tail), 0);
		if (t.lflags)
			continue;
		ck_assert_msg(t.hlen == l->hlen, "%s: shape %u, walk %u", l->proto->name, l->hlen,
			      t.hlen);
	}
	tree_done(&t);
	free(exact);
}

START_TEST(test_prefixes)
{
	struct registry *r = help_registry(NULL);

	for (int i = 0; i < COUNT(builtin_rows); i++) {
		struct packet p;

		help_packet(&p, builtin_rows[i].link, builtin_rows[i].hex);
		for (uint32_t n = 0; n <= p.len; n++) {
			hold_invariants(r, p.data, n, n, p.link);
			hold_invariants(r, p.data, n, p.len, p.link);
		}
		free((void *)(uintptr_t)p.data);
	}
	registry_close(r);
}
END_TEST

/* What the tables of a guard say, against decoding and evaluating it. */
static unsigned judge_guard(const struct proto *proto, uint8_t *data, uint32_t n, struct tree *t)
{
	const struct code *g = &proto->shape->cold->guard;
	struct packet p = { .data = data, .len = n, .wire_len = n };
	bool holds;

	ck_assert_int_eq(decode_header(t, &p, proto, 0, n), 0);
	holds = expr_eval(proto->guard, t, 0, NULL) != 0;
	ck_assert_msg(!holds || code_may(g, data, n), "%s: tables refuse what holds", proto->name);
	if (g->v && n >= g->need)
		ck_assert_msg(code_true(g, data, n) == holds, "%s: code differs", proto->name);
	if (g->exact)
		ck_assert_msg(code_may(g, data, n) == holds, "%s: tables differ", proto->name);
	return holds;
}

START_TEST(test_guards)
{
	static const char *const starts[] = { "GET / ", "GO ", "PUT ", "HTTP/1.1 ", "\x07GO", "" };
	struct registry *r = help_registry(_i ? constructs : NULL);
	struct tree t = { 0 };
	uint32_t seed = 7;
	unsigned guards = 0, held = 0;
	const struct proto *proto;

	for (unsigned i = 0; (proto = registry_at(r, i)); i++) {
		guards += proto->guard != NULL;
		for (unsigned k = 0; proto->guard && k < 3000; k++) {
			const char *start = starts[k % COUNT(starts)];
			uint8_t data[80];

			for (unsigned b = 0; b < sizeof(data); b++) {
				seed = seed * 1664525u + 1013904223u;
				data[b] = (uint8_t)(seed >> (k & 1 ? 24 : 29));
			}
			memcpy(data, start, strlen(start));
			held += judge_guard(proto, data, k % 7 ? sizeof(data) : k % 20, &t);
		}
	}
	ck_assert_uint_ge(guards, 5);
	ck_assert_uint_ge(held, 1000);
	tree_done(&t);
	registry_close(r);
}
END_TEST

START_TEST(test_mutations)
{
	struct registry *r = help_registry(_i ? constructs : NULL);
	const struct row *rows = _i ? construct_rows : builtin_rows;
	int n = _i ? COUNT(construct_rows) : COUNT(builtin_rows);
	uint32_t seed = 1;

	for (int i = 0; i < n; i++) {
		struct packet p;

		help_packet(&p, rows[i].link, rows[i].hex);
		for (unsigned k = 0; p.len && k < 400; k++) {
			uint8_t *at = (uint8_t *)(uintptr_t)p.data;
			uint32_t place, old;

			seed = seed * 1664525u + 1013904223u;
			place = (seed >> 8) % p.len;
			old = at[place];
			at[place] = (uint8_t)(seed >> 24);
			hold_invariants(r, at, p.len, p.len, p.link);
			if (k % 4)
				at[place] = (uint8_t)old;
		}
		free((void *)(uintptr_t)p.data);
	}
	registry_close(r);
}
END_TEST

/* A word too many in a description, and all its packets are decoded to be dissected: five times
 * the time, and nothing else shows it. */
START_TEST(test_usual_is_quick)
{
	static const char *const names[] = { "eth", "vlan",  "arp", "ip",  "ip6",   "icmp",
					     "udp", "icmp6", "tcp", "gre", "vxlan", "mpls" };
	struct registry *r = help_registry(NULL);

	for (unsigned i = 0; i < COUNT(names); i++) {
		const struct proto *p = registry_find(r, names[i], strlen(names[i]));
		const uint8_t echo[8] = { strcmp(names[i], "icmp6") ? 8 : 128 };

		ck_assert_msg(p->shape->head <= HEAD_USUAL, "the length of a header of %s",
			      names[i]);
		ck_assert_msg(!(p->shape->flags & SHAPE_COLD) ||
				      (p->shape->flags & SHAPE_SELDOM &&
				       !truth_of(&p->shape->cold->seldom, echo, 8)),
			      "%s is cold", names[i]);
		const struct shape_cold *c = p->shape->cold;
		ck_assert_msg((!c->opaque.expr || c->opaque.v) &&
				      (!c->excerpt.expr || c->excerpt.v) &&
				      (!c->quotes.expr || c->quotes.v),
			      "what %s carries is known by decoding only", names[i]);
	}
	/* Nobody takes a payload of zeros for his. */
	for (unsigned i = 0;
	     i < 256 && registry_shapes(r)->guess[0] && registry_shapes(r)->guess[0][i]; i++) {
		const struct shape *s = &registry_shapes(r)->v[registry_shapes(r)->guess[0][i]];
		const uint8_t zeros[64] = { 0 };

		ck_assert_msg(!code_may(&s->cold->guard, zeros, sizeof(zeros)) ||
				      !code_may(&s->cold->guess, zeros, sizeof(zeros)),
			      "%s may be zeros", s->proto->name);
	}
	registry_close(r);
}
END_TEST

UNIT_TESTS(dissect)
{
	tcase_add_test(t, test_usual_is_quick);
	tcase_add_loop_test(t, test_builtin, 0, COUNT(builtin_rows));
	tcase_add_loop_test(t, test_constructs, 0, COUNT(construct_rows));
	tcase_add_test(t, test_depth);
	tcase_add_test(t, test_extents);
	tcase_add_test(t, test_prefixes);
	tcase_add_loop_test(t, test_guards, 0, 2);
	tcase_add_loop_test(t, test_mutations, 0, 2);
}
