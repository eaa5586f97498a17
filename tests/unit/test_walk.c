/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over a description in both directions: what was said to bytes, bytes to fields. The
 * bytes of every row were worked out by hand from the description beside it. */
#include "tests/unit/walk_help.h"

struct row {
	const char *text;   /* the description; its protocol is t, over link 147 */
	const char *say;    /* the notation */
	const char *hex;    /* what it makes */
	const char *fields; /* what is read from that: --fields of the flat form, or NULL */
};

#define FIT                                                                                        \
	P("n : u8 = len(v)\n v : choose fit { bytes[0] a b bytes }\n")                             \
	"struct a { x : u4; y : u4 }\nstruct b { x : u12; y : u4 }\n"

#define OPTIONS                                                                                    \
	P("v : o[while d != 15]\n c : text[0xff ..] optional\n")                                   \
	"struct o {\n d : u4\n l : u4\n"                                                           \
	" n : wide d { 13 -> u8 + 13, 14 -> u16 + 269 } = path since prior"                        \
	" enum { a = 1, path = 11, block = 27, big = 2049 }\n"                                     \
	" s : wide l { 13 -> u8 + 13, 14 -> u16 + 269 } = len(x)\n"                                \
	" x : choose n { path -> text[s] block -> uint[s] else -> bytes[s] }\n}\n"

static const struct row rows[] = {
	/* bit fields, byte order, signs */
	{ P("a : u3 = 5\n b : u13 = 1\n c : u16le = 0x1234\n d : i8 = -2\n"), "t", "a0013412fe",
	  "\"t.a\":5,\"t.b\":1,\"t.c\":4660,\"t.d\":-2" },
	{ P("a : u24 = 0x010203\n b : u24le = 0x010203\n c : u64 = 18446744073709551615\n"), "t",
	  "010203030201ffffffffffffffff",
	  "\"t.a\":66051,\"t.b\":66051,\"t.c\":\"18446744073709551615\"" },
	/* defaults of bytes and texts, also where a choice decides what they are */
	{ P("a : bytes[4] = hex:deadbeef\n b : bytes[3] = \"hi\"\n c : text[4] = hex:4142\n"), "t",
	  "deadbeef68690041420000", "\"t.a\":\"deadbeef\",\"t.b\":\"686900\",\"t.c\":\"AB" },
	{ P("k : u8 = 1\n a : choose k {\n 1 -> bytes[2]\n else -> bytes[..]\n } = hex:0a0b\n"),
	  "t", "010a0b", "\"t.k\":1,\"t.a\":\"0a0b\"" },
	/* a length over later fields; over the header; over header and payload */
	{ P("n : u8 = len(x..y)\n x : text[u8] = \"hi\"\n y : u16 = 7\n"), "t",
	  "05026869"
	  "0007",
	  "\"t.n\":5,\"t.x\":\"hi\",\"t.y\":7" },
	{ P("n : u8 = len(header) / 4\n o : bytes[..]\n p : pad[4]\n payload\n"),
	  "t o=hex:aabb / hex:ff", "01aabb00ff", "\"t.n\":1,\"t.o\":\"aabb00\"" },
	{ P("n : u16 = len(header + payload)\n payload\n"), "t / hex:0102", "00040102",
	  "\"t.n\":4" },
	/* what is said is sent, and changes its own bytes only */
	{ P("n : u8 = len(x)\n x : text[n]\n"), "t n=9 x=abc", "09616263",
	  "\"t.n\":9,\"t.x\":\"abc\"" },
	{ P("n : u8 = len(x)\n x : text[n]\n"), "t n=bad x=abc", "04616263", NULL },
	/* conditions, optional tails */
	{ P("k : u8 = 0\n a : u16 = 1 if k & 1\n b : u8 = 9\n"), "t", "0009", NULL },
	{ P("k : u8 = 0\n a : u16 = 1 if k & 1\n b : u8 = 9\n"), "t a=5", "01000509",
	  "\"t.k\":1,\"t.a\":5,\"t.b\":9" },
	{ P("k : u8 = 1\n o : u16 = 3 optional\n"), "t", "01", "\"t.k\":1" },
	{ P("k : u8 = 1\n o : u16 = 3 optional\n"), "t o=3", "010003", "\"t.k\":1,\"t.o\":3" },
	/* lists: counted, by bytes, prefixed, until, to the end; a raw last item */
	{ P("n : u8 = count(v)\n v : u16[n]\n"), "t v=1,2,3", "03000100020003", NULL },
	{ P("n : u8 = len(v)\n v : s[n bytes]\n") "struct s {\n a : u8\n b : u8\n}\n",
	  "t v.0.a=1 v.0.b=2 v.1.a=3", "0401020300",
	  "\"t.n\":4,\"t.v.0.a\":1,\"t.v.0.b\":2,\"t.v.1.a\":3,\"t.v.1.b\":0" },
	{ P("v : s[u16 bytes]\n") "struct s {\n a : u8\n b : u8\n}\n",
	  "t v.0.a=1 v.0.b=2 v.1=hex:09", "0003010209",
	  "\"t.v.0.a\":1,\"t.v.0.b\":2,\"t.v.1_raw\":\"09\"" },
	{ P("v : u8[u8 count]\n"), "t v=7,8", "020708", NULL },
	{ P("v : u8[until item & 0x80 == 0]\n z : u8 = 1\n"), "t v=0x81,0x82,3", "81820301", NULL },
	{ P("v : s[until k == 0]\n z : bytes[..]\n") "struct s {\n k : u8\n}\n",
	  "t v.0.k=4 v.1.k=0 z=hex:ee", "0400ee", "\"t.v.0.k\":4,\"t.v.1.k\":0,\"t.z\":\"ee\"" },
	/* type-length-value; an arm that does not fill its bound gives way to else */
	{ P("v : o[..]\n") "struct o {\n k : u8\n n : u8 = len(v)\n v : choose k {\n 1 -> ip4\n 2 "
			   "-> u16le\n"
			   " else -> bytes[n]\n }\n}\n",
	  "t v.0.k=1 v.0.v=10.0.0.1 v.1.k=2 v.1.v=258 v.2.k=1 v.2.v=hex:0a00",
	  "01040a000001"
	  "02020201"
	  "01020a00",
	  "\"t.v.0.k\":1,\"t.v.0.n\":4,\"t.v.0.v\":\"10.0.0.1\",\"t.v.1.k\":2,\"t.v.1.n\":2,\"t.v."
	  "1.v\":258,"
	  "\"t.v.2.k\":1,\"t.v.2.n\":2,\"t.v.2.v\":\"0a00\"" },
	{ P("v : o[..]\n") "struct o {\n k : u8\n n : u8 = len(all)\n v : bytes[..]\n}\n",
	  "t v.0.k=5 v.0.v=hex:aa v.1.k=6 v.1.v=hex:bbcc",
	  "0503aa"
	  "0604bbcc",
	  NULL },
	/* texts */
	{ P("a : text[until \" \"]\n b : line\n c : text[4] = \"x\"\n d : cstr = \"q\"\n"),
	  "t a=GET b=one",
	  "47455420"
	  "6f6e650d0a"
	  "78000000"
	  "7100",
	  "\"t.a\":\"GET\",\"t.b\":\"one\",\"t.c\":\"x\",\"t.d\":\"q\"" },
	{ P("h : s[lines until \"\"]\n b : u8 = 1\n") "struct s {\n k : text[until \": \"]\n v : "
						      "text[..]\n}\n",
	  "t h.0.k=A h.0.v=b h.1.k=C h.1.v=d",
	  "413a20620d0a"
	  "433a20640d0a"
	  "0d0a"
	  "01",
	  "\"t.h.0.k\":\"A\",\"t.h.0.v\":\"b\",\"t.h.1.k\":\"C\",\"t.h.1.v\":\"d\",\"t.b\":1" },
	/* numbers of their own width: the length grows and what follows moves (X.690 8.1.3) */
	{ P("n : berlen = len(x)\n x : bytes[n]\n z : u8 = 9\n"), "t x=fill:130:0x41",
	  "8182"
	  "4141414141414141414141414141414141414141414141414141414141414141414141414141414141414141"
	  "414141414141"
	  "4141414141414141414141414141414141414141414141414141414141414141414141414141414141414141"
	  "414141414141"
	  "414141414141414141414141414141414141414141414141414141414141"
	  "09",
	  NULL },
	{ P("n : mqttvar = len(x)\n x : bytes[n]\n"), "t n.width=2 x=hex:aa", "8100aa", NULL },
	/* pieces of little-endian words: 0x1235 is seq 0x123, frag 5; 0x2c4d3 in 24 bits with 5 of
	   1 */
	{ P("frag : u4le\n seq : u12le\n a : u1le = 1\n b : u18le\n c : u5le\n z : u8 = 9\n"),
	  "t frag=5 seq=0x123 b=0x1a5c3 c=0x11",
	  "3512"
	  "874b8b"
	  "09",
	  "\"t.frag\":5,\"t.seq\":291,\"t.a\":1,\"t.b\":107971,\"t.c\":17,\"t.z\":9" },
	{ P("a : i3le = -2\n b : u8le = 0xff\n c : u5le\n m : macle = 02:00:00:00:00:01\n e : "
	    "eui64le\n"),
	  "t c=1 e=00:12:4b:00:01:02:03:04",
	  "fe0f"
	  "010000000002"
	  "04030201004b1200",
	  "\"t.a\":-2,\"t.b\":255,\"t.c\":1,\"t.m\":\"02:00:00:00:00:01\",\"t.e\":\"00:12:4b:"
	  "00:01:02:03:04\"" },
	/* UTF-16: prefixed, of fixed size, in a list of items; a character of two units */
	{ P("a : utf16le[u8]\n b : utf16be[6]\n v : s[..]\n") "struct s {\n n : u8 = len(t)\n t : "
							      "utf16le[n]\n}\n",
	  "t a=\"a b\" b=\xe2\x82\xac v.0.t=x v.1.t=\"y,\xf0\x9f\x98\x80\"",
	  "06610020006200"
	  "20ac00000000"
	  "027800"
	  "0879002c003dd800de",
	  "\"t.a\":\"a b\",\"t.b\":\"\xe2\x82\xac\",\"t.v.0.n\":2,\"t.v.0.t\":\"x\"" },
	{ P("p : prefix4 = 10.0.0.0/8\n q : prefix6\n v : prefix4[..]\n"),
	  "t q=2001:db8::/32 v.0=192.0.2.0/24 v.1=0.0.0.0/0",
	  "080a"
	  "2020010db8"
	  "18c0000200",
	  "\"t.p\":\"10.0.0.0/8\",\"t.q\":\"2001:db8::/32\",\"t.v.0\":\"192.0.2.0/24\"" },
	{ P("n : nbname = SRV<20>\n d : bcd[2] = 1234\n i : tbcd[u8] = 26201\n w : unixms48 = "
	    "1970-01-01T00:00:01.5Z\n l : leb128 = 300\n z : zigzag = -2\n y : vlq = 128\n"),
	  "t",
	  "20464446434647434143414341434143414341434143414341434143414341434100"
	  "1234"
	  "036202f1"
	  "0000000005dc"
	  "ac02"
	  "03"
	  "8100",
	  "\"t.n\":\"SRV<20>\",\"t.d\":\"1234\",\"t.i\":\"26201\"" },
	/* a length in bits takes the byte that holds the last of them (RFC 4364 section 4.3.4) */
	{ P("v : s[..]\n") "struct s {\n plen : u8 = 8 * len(label..addr)\n label : u24\n addr : "
			   "bytes[..]\n}\n",
	  "t v.0.plen=42 v.0.label=1 v.0.addr=hex:0a0bc0 v.1.label=2",
	  "2a0000010a0bc0"
	  "18000002",
	  "\"t.v.0.plen\":42,\"t.v.0.label\":1,\"t.v.0.addr\":\"0a0bc0\",\"t.v.1.plen\":24" },
	/* texts: up to one of several bytes; long ones compared; whatever their case */
	{ P("a : text[before \" ;\"]\n b : text[1]\n c : text[before \";\"]\n s : text[1] = "
	    "\";\"\n d : u8 = 1 if c == "
	    "\"longer than eight\"\n e : u8 = 2 if lower(a) == \"get\"\n"),
	  "t a=GeT b=\" \" c=rest", "47655420726573743b02",
	  "\"t.a\":\"GeT\",\"t.b\":\" \",\"t.c\":\"rest\"" },
	{ P("a : text[before \" \"]\n b : text[while \" -\"] = \" \"\n c : text[while \"=\"]\n d : "
	    "u8 "
	    "= 1\n"),
	  "t a=220 b=\" - \"", "323230202d2001",
	  "\"t.a\":\"220\",\"t.b\":\" - \",\"t.c\":\"\",\"t.d\":1" },
	{ P("h : s[lines ..]\n") "struct s {\n k : text[until \"=\"]\n v : choose k {\n \"o\" -> "
				 "n\n "
				 "else -> text[..]\n }\n}\nstruct n {\n a : text[until \" "
				 "\"]\n b : decimal\n}\n",
	  "t h=x:0 h.1.k=o h.1.v.a=x h.1.v.b=7 h.2.k=a h.2.v=hex:31",
	  "783d300d0a"
	  "6f3d7820370d0a"
	  "613d310d0a",
	  "\"t.h.0.v\":\"0\",\"t.h.1.k\":\"o\",\"t.h.1.v.a\":\"x\",\"t.h.1.v.b\":7,\"t.h.2.k\":"
	  "\"a\",\"t.h.2.v\":\"1\"" },
	{ P("c : text[u8]\n d : choose c {\n \"Content-Length\" -> decimal\n else -> bytes[..]\n "
	    "}\n"
	    "guard lower(c) in (\"content-length\", \"x\")\n"),
	  "t c=Content-Length d=12", "0e436f6e74656e742d4c656e6774683132",
	  "\"t.c\":\"Content-Length\",\"t.d\":12" },
	/* a condition on a text is met by saying what hangs on it */
	{ P("m : text[until \" \"] = \"GET\"\n u : text[until \" \"] = \"/\" if !(m in "
	    "(\"HTTP/1.1\", "
	    "\"HTTP/1.0\"))\n s : decimal[until \" \"] = 200 if m in (\"HTTP/1.1\", "
	    "\"HTTP/1.0\")\n"),
	  "t s=404", "485454502f312e312034303420", "\"t.m\":\"HTTP/1.1\",\"t.s\":404" },
	/* addresses of which only the first bytes are there (RFC 5340 section A.4.1) */
	{ P("v : s[..]\n") "struct s {\n len : u8\n a : choose len {\n 0 -> bytes[0]\n 1..32 -> "
			   "ip6part[4]\n 33..64 -> ip6part[8]\n else -> ip6part[16]\n }\n}\n",
	  "t v.0.len=32 v.0.a=2001:db8:: v.1.len=48 v.1.a=2001:db8:1:: v.2.len=0",
	  "2020010db8"
	  "3020010db800010000"
	  "00",
	  "\"t.v.0.len\":32,\"t.v.0.a\":\"2001:db8::\",\"t.v.1.len\":48,\"t.v.1.a\":\"2001:db8:1::"
	  "\"" },
	/* items that begin with a text are written by it */
	{ P("h : s[lines until \"\"]\n") "struct s {\n name : text[until \": \"]\n value : "
					 "text[..]\n}\n",
	  "t h=Host:a.b,Content-Type:\"x, y\"",
	  "486f73743a20612e620d0a"
	  "436f6e74656e742d547970653a20782c20790d0a"
	  "0d0a",
	  "\"t.h.0.name\":\"Host\",\"t.h.0.value\":\"a.b\",\"t.h.1.name\":\"Content-Type\"" },
	/* lists of lists, of structs that hold lists, of lists of structs */
	{ P("a : u16[2][2]\n b : text[u8][u8 count][u8 count]\n c : s[u8 bytes][u8 "
	    "count]\n") "struct s {\n k : u8\n n : u8 = count(v)\n v : ip4[n]\n}\n",
	  "t a=1+2,3+4 b=\"x,\"+y,z c.0.0.k=1 c.0.0.v=10.0.0.1,10.0.0.2 c.0.1.k=2 c.1.0.k=3",
	  "0001000200030004"
	  "02020278"
	  "2c0179"
	  "01017a"
	  "020c01020a0000010a0000020200"
	  "020300",
	  "\"t.a.0.0\":1,\"t.a.0.1\":2,\"t.a.1.0\":3,\"t.a.1.1\":4,\"t.b.0.0\":\"x,\",\"t.b."
	  "0.1\":\"y\"" },
	/* marks: a tag and a length before the data, one pair inside the other (X.690 section 8) */
	{ P("a : int[2 berlen] = 1\n b : text[4 berlen] = \"public\"\n c : oid[6 berlen]\n"),
	  "t a=300 c=1.3.6.1.2.1",
	  "0202012c"
	  "04067075626c6963"
	  "06052b06010201",
	  "\"t.a\":300,\"t.b\":\"public\",\"t.c\":\"1.3.6.1.2.1\"" },
	{ P("a : int[2 berlen]\n b : int[2 berlen]\n c : int[2 berlen]\n d : int[2 u16]\n"),
	  "t a=0 b=-1 c=128 d=-128",
	  "020100"
	  "0201ff"
	  "02020080"
	  "02000180",
	  "\"t.a\":0,\"t.b\":-1,\"t.c\":128,\"t.d\":-128" },
	{ P("a : text[0xa1 berlen 0x1b berlen] = \"X\"\n b : u8 = 7\n"), "t a=EXAMPLE",
	  "a1091b074558414d504c4507", "\"t.a\":\"EXAMPLE\",\"t.b\":7" },
	{ P("a : int[0x80 berlen] optional\n b : int[0x81 berlen] optional\n c : u8 = 3\n"),
	  "t b=9", "81010903", "\"t.b\":9,\"t.c\":3" },
	{ P("v : s[0x30 berlen bytes]\n z : u8 = 1\n") "struct s {\n a : int[2 berlen]\n}\n",
	  "t v.0.a=1 v.1.a=2",
	  "3006020101020102"
	  "01",
	  "\"t.v.0.a\":1,\"t.v.1.a\":2,\"t.z\":1" },
	{ P("v : b[..]\n") "struct b {\n tag : u8\n len : berlen = len(value)\n value : choose tag "
			   "{\n 2 -> int[..]\n 0x30 -> b[..]\n else -> bytes[..]\n }\n}\n",
	  "t v.0.tag=0x30 v.0.value.0.tag=2 v.0.value.0.value=-5 v.0.value.1.tag=0x30 "
	  "v.0.value.1.value.0.tag=4 v.0.value.1.value.0.value=hex:aa",
	  "3008"
	  "0201fb"
	  "3003"
	  "0401aa",
	  "\"t.v.0.value.0.tag\":2,\"t.v.0.value.0.len\":1,\"t.v.0.value.0.value\":-5" },
	/* numbers in digits, ended by a text */
	{ P("a : decimal[until \" \"] = 200\n b : hexnum[until \"\\r\\n\"]\n c : u8 = 1\n"),
	  "t b=26",
	  "32303020"
	  "31610d0a"
	  "01",
	  "\"t.a\":200,\"t.b\":26,\"t.c\":1" },
	/* align, a field after the payload, an own CRC-32 (IEEE 802.3; of 31323334 it is 9be3e0a3)
	 */
	{ P("a : u8 = 1\n b : u32 = 2 align 4\n"), "t", "0100000000000002", NULL },
	{ P("a : u8 = 1\n payload\n fcs : u16 = 0xbeef\n"), "t / hex:00112233", "0100112233beef",
	  "\"t.a\":1,\"t.fcs\":48879" },
	{ P("m : text[4] = \"1234\"\n c : u32 = crc32(m)\n"), "t", "313233349be3e0a3",
	  "\"t.m\":\"1234\",\"t.c\":2615402659,\"t.c_ok\":true" },
	/* RFC 1071 section 3: 0001 f203 f4f5 f6f7 sums to ddf2, its complement is 220d */
	{ P("d : bytes[8] = hex:0001f203f4f5f6f7\n c : u16 = inet(d)\n"),
	  "t d=hex:0001f203f4f5f6f7", "0001f203f4f5f6f7220d", NULL },
	/* a length over the beginning says nothing of a field after what it covers */
	{ P("n : u8 = len(n..v)\n m : u8 = len(w)\n v : bytes[..]\n w : bytes[m]\n"),
	  "t v=hex:aabb w=hex:cc", "0401aabbcc",
	  "\"t.n\":4,\"t.m\":1,\"t.v\":\"aabb\",\"t.w\":\"cc\"" },
	/* blocks, each with a sum that the length does not count; the first one has a header */
	{ P("n : u8 = len(h..v) - 1 - count(v)\n h : u8 = 7\n v : s[blocks 4]\n z : u8 = "
	    "9\n") "struct s {\n a : u8 = 5 if index == 0\n d : bytes[.. - 1]\n c : u8 = "
		   "sum8(a..d)\n}\n",
	  "t v.0.d=hex:0102 v.1.d=hex:030405 v.2.d=hex:06",
	  "0707"
	  "05010208"
	  "0304050c"
	  "0606"
	  "09",
	  "\"t.n\":7,\"t.h\":7,\"t.v.0.a\":5,\"t.v.0.d\":\"0102\",\"t.v.0.c\":8,\"t.v.0.c_ok\":"
	  "true,\"t.v.1.d\":\"030405\",\"t.v.1.c\":12,\"t.v.1.c_ok\":true,\"t.v.2.d\":\"06\"" },
	/* a list that ends before the first item of another kind */
	{ P("v : s[while k != 9]\n k : u8 = 9\n z : u8 = 1\n") "struct s {\n k : u8\n d : u8\n}\n",
	  "t v.0.k=1 v.0.d=2 v.1.k=3", "010203000901",
	  "\"t.v.0.k\":1,\"t.v.0.d\":2,\"t.v.1.k\":3,\"t.v.1.d\":0,\"t.k\":9,\"t.z\":1" },
	/* what stands behind a payload whose end is said takes the rest; 0 says that nothing does
	 */
	{ P("k : u8 = 1\n n : u8 = len(payload) / 2 zero end if k == 1\n payload\n x : s optional "
	    "if k == 1\n") "struct s {\n a : u8 = 7\n c : u8 = sum8(all)\n d : bytes[..]\n}\n",
	  "t x.d=hex:aabb / hex:01020304",
	  "01020102030407"
	  "6caabb",
	  "\"t.k\":1,\"t.n\":2,\"t.x.a\":7,\"t.x.c\":108,\"t.x.c_ok\":true,\"t.x.d\":\"aabb\"" },
	{ P("k : u8 = 1\n n : u8 = len(payload) / 2 zero end if k == 1\n payload\n x : u8[..] "
	    "optional if k == 1\n"),
	  "t / hex:0102", "01000102", "\"t.k\":1,\"t.n\":0" },
	{ P("k : u8 = 1\n n : u8 = len(payload) / 2 zero end if k == 1\n payload\n x : u8[..] "
	    "optional if k == 1\n"),
	  "t k=2 / hex:0102", "020102", "\"t.k\":2" },
	/* a length that is only written up to some number of bytes; 0 says that all is the payload
	 */
	{ P("n : u8 = len(payload) zero over 3\n payload\n x : u8 = 9\n"), "t / hex:010203",
	  "0301020309", "\"t.n\":3,\"t.x\":9" },
	{ P("n : u8 = len(payload) zero over 3\n payload\n x : u8 = 9\n"), "t / hex:01020304",
	  "000102030409", "\"t.n\":0,\"t.x\":9" },
	/* padding at the end, whose size stands in the header */
	{ P("n : u8 = len(p)\n payload\n p : bytes[n]\n"), "t p=hex:0000 / hex:010203",
	  "020102030000", "\"t.n\":2,\"t.p\":\"0000\"" },
	/* the same, counted by a length that covers all of it (RFC 9113 section 6.1) */
	{ P("l : u8 = len(n..end + payload + p)\n n : u8 = len(p)\n payload\n p : bytes[n]\n"),
	  "t p=hex:0000 / hex:010203",
	  "0602"
	  "010203"
	  "0000",
	  "\"t.l\":6,\"t.n\":2,\"t.p\":\"0000\"" },
	/* choose fit: no arm whose length no packet has */
	{ P("n : u8 = len(v)\n v : choose fit {\n s[..]\n bytes[n]\n }\n") "struct s {\n k : u24 = "
									   "len(d)\n d : "
									   "bytes[..]\n}\n",
	  "t v=hex:ffffff01", "04ffffff01", "\"t.n\":4,\"t.v\":\"ffffff01\"" },
	/* choose fit: the first arm that ends exactly on its bound */
	{ P("n : u8 = len(v)\n v : choose fit {\n s[..]\n bytes[n]\n }\n") "struct s {\n a : u8\n "
									   "b : u8 = len(c)\n c : "
									   "bytes[b]\n}\n",
	  "t v.0.a=1 v.0.c=hex:ff", "030101ff",
	  "\"t.n\":3,\"t.v.0.a\":1,\"t.v.0.b\":1,\"t.v.0.c\":\"ff\"" },
	/* numbers whose head is an earlier field, counted from the item before; a mark before the
	 * rest */
	{ OPTIONS, "t v=path:abc,path:d",
	  "b361626301"
	  "64",
	  "\"t.v.0.d\":11,\"t.v.0.l\":3,\"t.v.0.n\":11,\"t.v.0.n_name\":\"path\",\"t.v.0.s\":3,\"t."
	  "v.0.x\":\"abc\","
	  "\"t.v.1.d\":0,\"t.v.1.l\":1,\"t.v.1.n\":11,\"t.v.1.n_name\":\"path\",\"t.v.1.s\":1,\"t."
	  "v.1.x\":\"d\"" },
	{ OPTIONS, "t v=a:hex:05,block:10,block:300 c=hi",
	  "11"
	  "05"
	  "d10d0a"
	  "02012c"
	  "ff6869",
	  "\"t.v.1.d\":13,\"t.v.1.l\":1,\"t.v.1.n\":27,\"t.v.1.n_name\":\"block\",\"t.v.1.s\":1,"
	  "\"t.v.1.x\":10,"
	  "\"t.v.2.d\":0,\"t.v.2.l\":2,\"t.v.2.n\":27,\"t.v.2.n_name\":\"block\",\"t.v.2.s\":2,\"t."
	  "v.2.x\":300,"
	  "\"t.c\":\"hi\"" },
	{ OPTIONS, "t v=path:abcdefghijklm,big",
	  "bd00"
	  "6162636465666768696a6b6c6d"
	  "e006e9",
	  "\"t.v.0.l\":13,\"t.v.0.n\":11,\"t.v.0.n_name\":\"path\",\"t.v.0.s\":13" },
	{ OPTIONS, "t v.0.d=13 v.0.n=27 v.0.x=1 v.1.d=1", "d10e0110",
	  "\"t.v.0.n\":27,\"t.v.0.n_name\":\"block\",\"t.v.0.s\":1,\"t.v.0.x\":1,\"t.v.1.d\":1,\"t."
	  "v.1.l\":0,\"t.v.1.n\":28" },
	{ OPTIONS, "t v.0.l=14 v.0.x=ab",
	  "be0000"
	  "6162",
	  NULL },
	{ OPTIONS, "t v.0.l=1 v.0.x=ab", "b16162", NULL },
	{ P("f : u1 = 1\n l : u7\n n : wide l {\n 126 -> u16\n 127 -> u64\n } = len(x)\n k : "
	    "bytes[2] "
	    "if f\n x : text[n]\n y : u8 = 9\n"),
	  "t k=hex:0102 x=hello", "85010268656c6c6f09",
	  "\"t.f\":1,\"t.l\":5,\"t.n\":5,\"t.k\":\"0102\",\"t.x\":\"hello\",\"t.y\":9" },
	{ P("f : u1 = 1\n l : u7\n n : wide l {\n 126 -> u16\n 127 -> u64\n } = len(x)\n x : "
	    "text[n]\n"),
	  "t l=127 x=hello", "ff000000000000000568656c6c6f",
	  "\"t.l\":127,\"t.n\":5,\"t.x\":\"hello\"" },
	{ P("l : u8\n n : wide l {\n 254 -> u16le\n } = 300\n"), "t", "fe2c01",
	  "\"t.l\":254,\"t.n\":300" },
	{ P("v : s[..]\n") "struct s {\n k : leb128 since prior\n}\n", "t v=3,5,5,200",
	  "030200c301", "\"t.v.0.k\":3,\"t.v.1.k\":5,\"t.v.2.k\":5,\"t.v.3.k\":200" },
	/* choose fit: the smallest of several structs that holds what is said, in either form */
	{ FIT, "t v=x:1+y:2", "0112", "\"t.n\":1,\"t.v.x\":1,\"t.v.y\":2" },
	{ FIT, "t v=y:2+x:300", "0212c2", "\"t.n\":2,\"t.v.x\":300,\"t.v.y\":2" },
	{ FIT, "t v.y=2 v.x=300", "0212c2", "\"t.n\":2,\"t.v.x\":300,\"t.v.y\":2" },
	{ FIT, "t", "00", "\"t.n\":0,\"t.v\":\"\"" },
	{ FIT, "t v=hex:0a0b0c", "030a0b0c", "\"t.n\":3,\"t.v\":\"0a0b0c\"" },
	/* hex: in place of a number's encoding; of a text's bytes, whose length is still computed
	 */
	{ P("a : u16 = 1\n b : text[u8] = \"x\"\n"), "t a=hex:0102 b=hex:05", "01020105", NULL },
};

START_TEST(test_both_ways)
{
	const struct row *row = &rows[_i];
	struct registry *r = own(row->text);
	struct report_opts flat = { .form = REPORT_FLAT };
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct buf hex = { 0 }, out = { 0 };
	struct err e = { 0 };
	struct report *rep;
	struct packet p;

	ck_assert_msg(!plan_parse(&plan, r, row->say, strlen(row->say), 0, &e) &&
			      !build(&b, &plan, &e),
		      "%s: %s", row->say, e.msg);
	buf_hex(&hex, (const uint8_t *)b.bytes.p, b.bytes.n);
	ck_assert_str_eq(buf_cstr(&hex), row->hex);
	if (row->fields) {
		rep = report_open(r, &flat, &e);
		view(&p, (const uint8_t *)b.bytes.p, b.bytes.n);
		dissect(r, &p);
		report_packet(rep, &p, NULL, &out);
		ck_assert_msg(strstr(buf_cstr(&out), row->fields) != NULL, "%s\nhas no %s",
			      buf_cstr(&out), row->fields);
		report_close(rep);
	}
	buf_done(&hex);
	buf_done(&out);
	build_done(&b);
	plan_done(&plan);
	registry_close(r);
}
END_TEST

/* Bytes that are odd in some way, and how they are said. */
static const struct row odd[] = {
	/* a length and a number in more bytes than they need (BER allows both) */
	{ P("a : int[2 berlen] = 1\n"), "t a=5 a.len=2", "02020005", NULL },
	{ P("a : int[2 berlen] = 1\n"), "t a=5 a.width=2", "02810105", NULL },
	{ P("a : int[2 berlen] = 1\n"), "t a=-129", "0202ff7f", NULL },
	{ P("a : int[2 berlen] = 1\n"), "t a=0 a.len=0", "0200", NULL },
	{ P("a : text[4 berlen]\n"), "t a=hi a.width=3", "048200026869", NULL },
	{ P("v : u8[0x30 berlen bytes]\n"), "t v=1,2 v.width=2", "3081020102", NULL },
	{ P("a : u16[2][2]\n b : text[u8][..][..]\n"), "t a=1+2,3+4 b=\"x,\"+y",
	  "0001000200030004"
	  "02782c0179",
	  NULL },
	/* options that end early: the rest of the header is padding, and kept */
	{ P("n : u8 = len(header) / 4\n o : s[until k == 0]\n p : pad[4]\n payload\n") "struct s "
										       "{\n k : u8 "
										       "= 1\n}\n",
	  "t o=1,0 p=hex:0000000000", "0201000000000000", NULL },
	/* what no shorthand says is said by paths, and no more than that */
	{ P("v : b[..]\n") "struct b {\n tag : u8\n len : berlen = len(value)\n value : choose tag "
			   "{\n 2 -> int[..]\n 0x30 -> b[..]\n else -> bytes[..]\n }\n}\n",
	  "t v.0.tag=48 v.0.value.0.tag=2 v.0.value.0.value=5", "3003020105", NULL },
	/* a block that its fields do not fill, and the next one */
	{ P("v : s[blocks 3]\n") "struct s {\n a : u8\n b : u8 = index\n}\n",
	  "t v.0=hex:010203 v.1.a=4 v.1.b=5", "0102030405", NULL },
	/* an item whose struct is empty is its word alone */
	{ P("o : o[..]\n") "struct o { k : u8 = f enum { f = 1, g = 2 }; n : u8 = len(v); v : "
			   "choose k "
			   "{ f -> s, g -> s } }\nstruct s { q : uint[..] }\n",
	  "t o=f,g:5", "0100020105", NULL },
	{ P("n : hexnum[until \"\\r\\n\"]\n"), "t n=26 n.width=4", "303031610d0a", NULL },
	{ P("n : hexnum[until \"\\r\\n\"]\n"), "t n=hex:41420d0a", "41420d0a", NULL },
};

START_TEST(test_odd)
{
	const struct row *row = &odd[_i];
	struct registry *r = own(row->text);
	struct printer *pr = printer_open(r);
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct buf hex = { 0 }, text = { 0 };
	struct err e = { 0 };
	struct packet p;

	ck_assert_msg(!plan_parse(&plan, r, row->say, strlen(row->say), 0, &e) &&
			      !build(&b, &plan, &e),
		      "%s: %s", row->say, e.msg);
	buf_hex(&hex, (const uint8_t *)b.bytes.p, b.bytes.n);
	ck_assert_str_eq(buf_cstr(&hex), row->hex);
	view(&p, (const uint8_t *)b.bytes.p, b.bytes.n);
	dissect(r, &p);
	ck_assert_int_eq(print_expr(pr, &p, 0, &text), 0);
	ck_assert_msg(strstr(buf_cstr(&text), row->say) != NULL, "%s\nis not %s", buf_cstr(&text),
		      row->say);
	buf_done(&hex);
	buf_done(&text);
	build_done(&b);
	plan_done(&plan);
	printer_close(pr);
	registry_close(r);
}
END_TEST

/* Any byte of a row's packet changed to any other: what is read is said, and builds the same. */
START_TEST(test_mutations)
{
	const struct row *row = &rows[_i];
	struct registry *r = own(row->text);
	struct printer *pr = printer_open(r);
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };
	size_t n = strlen(row->hex) / 2;
	uint8_t *bytes = malloc(n ? n : 1);
	uint64_t seed = 88172645463325252u + (unsigned)_i;

	for (unsigned round = 0; n && round < 300; round++) {
		struct buf text = { 0 };
		struct packet p;

		for (size_t i = 0; i < n; i++) {
			char digits[3] = { row->hex[2 * i], row->hex[2 * i + 1], 0 };

			bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
		}
		for (unsigned k = 0; k <= round % 3; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			bytes[seed % n] = (uint8_t)(seed >> 32 & (round & 4 ? 0xff : 0x83));
		}
		view(&p, bytes, n);
		dissect(r, &p);
		ck_assert_int_eq(print_expr(pr, &p, 0, &text), 0);
		ck_assert_msg(!plan_parse(&plan, r, text.p, text.n, 0, &e) && !build(&b, &plan, &e),
			      "%s: %s", buf_cstr(&text), e.msg);
		ck_assert_msg(b.bytes.n == n && !memcmp(b.bytes.p, bytes, n), "%s",
			      buf_cstr(&text));
		buf_done(&text);
	}
	free(bytes);
	build_done(&b);
	plan_done(&plan);
	printer_close(pr);
	registry_close(r);
}
END_TEST

/* Every prefix, in a buffer of exactly its size: decoded in bounds (the sanitizers watch), printed,
 * built again. */
START_TEST(test_prefixes)
{
	const struct row *row = &rows[_i];
	struct registry *r = own(row->text);
	struct printer *pr = printer_open(r);
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };
	size_t whole = strlen(row->hex) / 2;

	for (size_t n = 0; n <= whole; n++) {
		uint8_t *bytes = malloc(n ? n : 1);
		struct buf text = { 0 };
		struct packet p;

		for (size_t i = 0; i < n; i++) {
			char digits[3] = { row->hex[2 * i], row->hex[2 * i + 1], 0 };

			bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
		}
		view(&p, bytes, n);
		dissect(r, &p);
		ck_assert_int_eq(print_expr(pr, &p, 0, &text), 0);
		ck_assert_msg(!plan_parse(&plan, r, text.p, text.n, 0, &e) && !build(&b, &plan, &e),
			      "%s: %s", buf_cstr(&text), e.msg);
		ck_assert_msg(b.bytes.n == n && !memcmp(n ? b.bytes.p : "", bytes, n),
			      "%zu bytes: %s", n, buf_cstr(&text));
		buf_done(&text);
		free(bytes);
	}
	build_done(&b);
	plan_done(&plan);
	printer_close(pr);
	registry_close(r);
}
END_TEST

/* Numbers of free width, bytes and times are drawn anew for each packet, and again by the seed. */
START_TEST(test_fresh)
{
	struct registry *r =
		own(P("a : int[2 berlen] fresh\n b : bytes[8] fresh\n c : ntptime fresh\n"));
	struct plan plan = { 0 };
	struct build b = { 0 };
	struct err e = { 0 };
	uint8_t first[22] = { 0 }, other[22];

	ck_assert_int_eq(plan_parse(&plan, r, "t", 1, 0, &e), 0);
	ck_assert_int_eq(plan_fresh(&plan, &e), 3);
	for (unsigned seed = 1; seed < 4; seed++) {
		ck_assert(!plan_step(&plan, 0, seed % 2) && !build(&b, &plan, &e));
		ck_assert_uint_eq(b.bytes.n, 22);
		ck_assert_mem_eq(b.bytes.p, "\x02\x04", 2); /* four bytes, not negative */
		ck_assert_uint_eq((uint8_t)b.bytes.p[2] & 0xc0, 0x40);
		if (seed == 2) {
			memcpy(other, b.bytes.p, 22);
			ck_assert_mem_ne(other, first, 6);
			ck_assert_mem_ne(other + 6, first + 6, 8);
			ck_assert_mem_ne(other + 14, first + 14, 8);
		} else if (seed == 3) {
			ck_assert_mem_eq(b.bytes.p, first, 22);
		}
		if (seed == 1)
			memcpy(first, b.bytes.p, 22);
	}
	build_done(&b);
	plan_done(&plan);
	registry_close(r);
}
END_TEST

UNIT_TESTS(walk)
{
	tcase_add_loop_test(t, test_both_ways, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(t, test_odd, 0, (int)(sizeof(odd) / sizeof(odd[0])));
	tcase_add_loop_test(t, test_mutations, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(t, test_prefixes, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_fresh);
}
