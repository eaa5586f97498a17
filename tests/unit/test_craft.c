/* SPDX-License-Identifier: BSD-2-Clause */
/* Crafting: the description and libnet agree, libnet's wrong sums do not get through, what is said
 * is sent, and a sweep patched in place is the sweep built packet by packet. */
#include "tests/unit/unit.h"

#include "core/bits.h"
#include "craft/craft.h"
#include "craft/say.h"
#include "craft/template.h"
#include "notation/notation.h"

/* Between the network layer and what it carries: nothing that libnet has heard of. */
static const char own_text[] = "protocol own \"Own header\" {\n"
			       "    over    ipproto 253\n"
			       "    carries ipproto by nh\n"
			       "    nh   : u8  = 59\n"
			       "    kind : u8  = 7\n"
			       "    tag  : u48 = 0x112233445566\n"
			       "}\n"
			       "protocol guarded \"Under a CRC\" {\n"
			       "    over ethertype 0x88b5\n"
			       "    seq   : u32   = 0\n"
			       "    where : ip4   = 1.2.3.4\n"
			       "    le    : u16le = 1\n"
			       "    crc   : u32   = crc32(seq..le)\n"
			       "    sum   : u8    = sum8(seq..crc)\n"
			       "}\n";

static struct registry *reg;

static void setup(void)
{
	struct err e = { 0 };

	reg = registry_open();
	if (registry_load_builtins(reg, &e) ||
	    registry_load(reg, "own", own_text, strlen(own_text), false, &e) ||
	    registry_freeze(reg, &e))
		ck_abort_msg("%s:%u: %s", e.name, e.lineno, e.msg);
}

static void teardown(void)
{
	registry_close(reg);
}

static void read_plan(struct plan *p, const char *text)
{
	struct err e = { 0 };

	memset(p, 0, sizeof(*p));
	if (plan_parse(p, reg, text, strlen(text), 0, &e))
		ck_abort_msg("%s: %s (column %u)", text, e.msg, e.col);
}

/* Craft text; the caller frees b. */
static void made(struct build *b, const char *text, struct layout_stats *st)
{
	struct err e = { 0 };
	struct plan p;

	read_plan(&p, text);
	memset(b, 0, sizeof(*b));
	if (craft_with(b, &p, st, &e))
		ck_abort_msg("%s: %s", text, e.msg);
	plan_done(&p);
}

/* RFC 1071, written anew for the tests: the sum of n bytes, padded, not complemented. */
static uint32_t add(const uint8_t *p, size_t n, uint32_t start)
{
	uint64_t s = start;

	for (size_t i = 0; i < n; i++)
		s += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint32_t)s;
}

/* The sum over pseudo header and n bytes of transport at p must be all ones when it is right. */
static uint32_t over_pseudo(const uint8_t *ip, const uint8_t *p, uint32_t n, uint8_t proto)
{
	bool six = ip[0] >> 4 == 6;
	uint8_t tail[4] = { 0, proto, (uint8_t)(n >> 8), (uint8_t)n };
	uint32_t s = six ? add(ip + 8, 32, 0) : add(ip + 12, 8, 0);

	return add(p, n, add(tail, 4, s));
}

/* ---- law 3 ---- */

static const char *const stacks[] = {
	"eth / ip / tcp options=mss:1460,nop,ws:7,sackok / rand:20",
	"eth / ip options=hex:94040000 / udp / rand:33",
	"eth / vlan / ip / udp",
	"eth / vlan / vlan / ip6 / tcp",
	"eth / arp",
	"ip / icmp type=echo-request / rand:9",
	"ip / icmp type=echo-reply",
	"ip / icmp type=dest-unreach / ip / udp / rand:8",
	"ip / icmp type=time-exceeded / ip / tcp",
	"ip / icmp type=redirect / ip / udp",
	"ip / icmp type=timestamp-request",
	"ip / icmp type=address-mask-reply",
	"ip6 / udp / rand:1",
	"ip6 / icmp6 type=echo-request / count:56",
	"ip6 / icmp6 type=1 / ip6 / udp",
	"ip6 / icmp6 type=135 options=src_lladdr:02:00:00:00:00:01",
	"ip6 / icmp6 type=136",
	"ip / igmp type=0x16",
	"ip / gre / ip / udp",
	"ip / gre chksum_present=1 key_present=1 seqnum_present=1 / ip6 / udp",
	"eth / mpls s=0 / mpls s=1 / ip / icmp",
	"ip / udp dport=53 / dns qd=name:example.org",
	"ip / ip6 / ip / udp / text:deep",
	"eth trailer=hex:0000000000 / ip / udp / rand:3",
};

/* Fields that libnet has no argument for: said values are written back after it. */
static bool no_word(const struct field *f)
{
	static const char *const names[] = { "ip.version",  "ip.ihl",       "ip6.version",
					     "tcp.dataofs", "tcp.reserved", "arp.hwlen",
					     "arp.plen" };

	for (int i = 0; i < COUNT(names); i++)
		if (!strcmp(f->qname, names[i]))
			return true;
	return false;
}

static void say_random(struct plan *p, struct plan_layer *y)
{
	const struct record *rec = &y->proto->rec;

	for (unsigned i = 0; i < rec->nfields; i++) {
		const struct field *f = &rec->fields[i];
		unsigned bits = f->type->form != TYPE_LEAF || f->type->ext.form != EXTENT_KIND ? 0
				: f->type->kind->bits ? f->type->kind->bits
						      : f->type->bits;
		uint8_t bytes[16];
		bool told = false;

		for (const struct say *s = y->say; s; s = s->next)
			told |= s->name == f->name;
		if (told || f->structural || f->cond || !bits || bits > 128 || no_word(f) ||
		    random() % 2)
			continue;
		if (f->type->kind->cls == KIND_ADDR) {
			for (unsigned k = 0; k < bits / 8; k++)
				bytes[k] = (uint8_t)random();
			ck_assert_ptr_nonnull(say_addr(p, y, f, bytes, bits / 8));
		} else if (f->type->kind->cls == KIND_NUM && bits <= 64) {
			uint64_t v = (uint64_t)random() << 32 ^ (uint64_t)random();

			v = random() % 8 ? v : 0;
			ck_assert_ptr_nonnull(
				say_num(p, y, f, bits < 64 ? v & ((UINT64_C(1) << bits) - 1) : v));
		}
	}
}

/* Both builders on one packet of random values. */
static void both(const char *text, struct layout_stats *st)
{
	struct build b = { 0 };
	struct buf other = { 0 };
	struct err e = { 0 };
	struct plan p;

	read_plan(&p, text);
	for (unsigned i = 0; i < p.n; i++)
		if (p.layer[i].proto)
			say_random(&p, &p.layer[i]);
	if (build_layers(&b, &p, &e) || build_sums(&b, &p, &e) || layout_bytes(&b, &other, st, &e))
		ck_abort_msg("%s: %s", text, e.msg);
	ck_assert_uint_eq(other.n, b.bytes.n);
	if (memcmp(other.p, b.bytes.p, other.n)) {
		size_t at = 0;

		while (other.p[at] == b.bytes.p[at])
			at++;
		ck_abort_msg("%s: byte %zu is %02x by libnet, %02x by the description", text, at,
			     (uint8_t)other.p[at], (uint8_t)b.bytes.p[at]);
	}
	buf_done(&other);
	build_done(&b);
	plan_done(&p);
}

START_TEST(two_builders_agree)
{
	struct layout_stats st = { 0 };
	int n = getenv("STRATA_LONG") ? 20000 : 20000 / COUNT(stacks) + 1;

	srandom(7 + (unsigned)_i);
	for (int i = 0; i < n; i++)
		both(stacks[_i], &st);
	/* libnet must really have had a hand in it. */
	ck_assert_uint_ge(st.blocks, (unsigned)n);
}
END_TEST

/* Each protocol of the table is built by libnet when its values are ordinary. */
START_TEST(every_row_is_used)
{
	static const struct {
		const char *text;
		unsigned blocks, data;
	} t[] = {
		{ "eth / vlan / ip / udp", 4, 0 },
		{ "eth / arp", 2, 0 },
		{ "ip / tcp options=mss:1460", 2, 0 },
		{ "ip / icmp type=echo-request", 2, 0 },
		{ "ip / icmp type=redirect gw=10.0.0.1 / ip / udp", 4, 0 },
		{ "ip6 / icmp6 type=echo-request", 2, 0 },
		{ "ip6 / icmp6 type=135 tgt=::1", 2, 0 },
		{ "ip / igmp type=0x16", 2, 0 },
		{ "ip / gre key=5 / ip / udp", 4, 0 },
		{ "eth / mpls / ip / icmp", 4, 0 },
		{ "ip / dns qd=name:example.org", 3, 0 },
		{ "ip6 fl=5 / udp", 1, 1 },
		{ "ip6 / ip6_hopopts / udp", 2, 1 },
	};
	struct layout_stats st = { 0 };
	struct build b;

	made(&b, t[_i].text, &st);
	ck_assert_uint_eq(st.blocks, t[_i].blocks);
	ck_assert_uint_eq(st.data, t[_i].data);
	ck_assert_uint_eq(st.overruled, 0);
	build_done(&b);
}
END_TEST

/* ---- libnet's wrong sums ---- */

START_TEST(sum_of_zero_is_all_ones)
{
	static const char *const heads[] = { "ip src=10.0.0.1 dst=10.0.0.2",
					     "ip6 src=fd00::1 dst=fd00::2" };
	static const unsigned ip_len[] = { 20, 40 };
	char text[200];
	struct build b;
	uint16_t sum;

	snprintf(text, sizeof(text), "%s / udp sport=1 dport=2 / hex:0000", heads[_i]);
	made(&b, text, NULL);
	sum = be16((uint8_t *)b.bytes.p + ip_len[_i] + 6);
	build_done(&b);
	/* With its own sum as payload everything adds up to all ones: the sum is zero. */
	snprintf(text, sizeof(text), "%s / udp sport=1 dport=2 / hex:%04x", heads[_i], sum);
	made(&b, text, NULL);
	ck_assert_uint_eq(be16((uint8_t *)b.bytes.p + ip_len[_i] + 6), 0xffff);
	build_done(&b);
}
END_TEST

START_TEST(sums_behind_headers)
{
	static const struct {
		const char *text;
		uint32_t at; /* of the transport header */
		uint8_t proto;
	} t[] = {
		{ "ip6 src=fd00::1 dst=fd00::2 / ip6_hopopts / udp / text:hello", 48, 17 },
		{ "ip6 src=fd00::1 dst=fd00::2 / ip6_dstopts / tcp / text:abc", 48, 6 },
		{ "ip src=10.0.0.1 dst=10.0.0.2 / own / udp / text:hello", 28, 17 },
		{ "ip6 src=fd00::1 dst=fd00::2 / own / tcp", 48, 6 },
		{ "ip6 src=fd00::1 dst=fd00::2 / ip6_hopopts / icmp6 type=echo-request", 48, 58 },
	};
	struct layout_stats st = { 0 };
	struct build b;
	const uint8_t *p;

	made(&b, t[_i].text, &st);
	p = (uint8_t *)b.bytes.p;
	ck_assert_uint_eq(over_pseudo(p, p + t[_i].at, (uint32_t)b.bytes.n - t[_i].at, t[_i].proto),
			  0xffff);
	ck_assert_uint_eq(st.overruled, 0);
	if (strstr(t[_i].text, "own"))
		ck_assert_mem_eq(p + t[_i].at - 6, "\x11\x22\x33\x44\x55\x66", 6);
	build_done(&b);
}
END_TEST

START_TEST(trailers_are_not_summed)
{
	struct build b;
	const uint8_t *p;

	made(&b, "eth trailer=hex:deadbeef00 / ip src=10.0.0.1 dst=10.0.0.2 / udp / text:x", NULL);
	p = (uint8_t *)b.bytes.p;
	ck_assert_uint_eq(b.bytes.n, 14 + 20 + 9 + 5);
	ck_assert_mem_eq(p + b.bytes.n - 5, "\xde\xad\xbe\xef\x00", 5);
	ck_assert_uint_eq(over_pseudo(p + 14, p + 34, 9, 17), 0xffff);
	ck_assert_uint_eq(add(p + 14, 20, 0), 0xffff);
	ck_assert_uint_eq(be16(p + 16), 29);
	build_done(&b);
}
END_TEST

START_TEST(flow_label)
{
	struct build b;

	made(&b, "ip6 tc=0xab fl=0x12345 / udp", NULL);
	ck_assert_mem_eq(b.bytes.p, "\x6a\xb1\x23\x45", 4);
	build_done(&b);
}
END_TEST

START_TEST(largest_datagrams)
{
	static const char *const t[] = { "ip src=10.0.0.1 dst=10.0.0.2 / udp / fill:65507:0xff",
					 "ip6 src=fd00::1 dst=fd00::2 / udp / fill:65527:0xff" };
	static const uint32_t at[] = { 20, 40 };
	struct build b;
	const uint8_t *p;

	made(&b, t[_i], NULL);
	p = (uint8_t *)b.bytes.p;
	ck_assert_uint_eq(b.bytes.n, _i ? 65575 : 65535);
	/* The pseudo header of version 6 has 32 bits of length; below 65,536 they are the same. */
	ck_assert_uint_eq(over_pseudo(p, p + at[_i], (uint32_t)b.bytes.n - at[_i], 17), 0xffff);
	build_done(&b);
}
END_TEST

/* ---- what is said is sent ---- */

START_TEST(said_is_sent)
{
	static const struct {
		const char *text;
		uint32_t at, n;
		const char *bytes;
	} t[] = {
		{ "ip version=5 / udp", 0, 1, "\x55" },
		{ "ip ihl=15 / udp", 0, 1, "\x4f" },
		{ "ip chksum=0 / udp", 10, 2, "\0\0" },
		{ "ip len=4 / udp", 2, 2, "\0\4" },
		{ "ip / udp len=4", 24, 2, "\0\4" },
		{ "ip / udp chksum=0", 26, 2, "\0\0" },
		{ "ip / tcp reserved=7 flags=0x1ff", 32, 2, "\x5f\xff" },
		{ "ip / tcp dataofs=2", 32, 1, "\x20" },
		{ "ip6 version=0 plen=9 / udp", 0, 6, "\0\0\0\0\0\x09" },
		{ "eth src=02:00:00:00:00:01 type=0x1234 / ip", 6, 8, "\2\0\0\0\0\1\x12\x34" },
		{ "eth / arp hwlen=9 plen=1 / hex:00", 18, 2, "\x09\x01" },
	};
	struct build b;

	made(&b, t[_i].text, NULL);
	ck_assert_uint_ge(b.bytes.n, t[_i].at + t[_i].n);
	ck_assert_mem_eq(b.bytes.p + t[_i].at, t[_i].bytes, t[_i].n);
	build_done(&b);
}
END_TEST

START_TEST(bad_is_bad)
{
	struct build b;
	uint16_t sum;

	made(&b, "ip chksum=bad / udp", NULL);
	sum = be16((uint8_t *)b.bytes.p + 10);
	build_done(&b);
	made(&b, "ip / udp", NULL);
	ck_assert_uint_eq(be16((uint8_t *)b.bytes.p + 10) ^ 0x5555, sum);
	build_done(&b);
}
END_TEST

START_TEST(empty_packet)
{
	struct build b;

	made(&b, "hex:", NULL);
	ck_assert_uint_eq(b.bytes.n, 0);
	build_done(&b);
}
END_TEST

/* ---- sweeps in place ---- */

static const struct {
	const char *text;
	bool patches;
} sweeps[] = {
	{ "ip dst=10.0.0.1-10.0.0.9 / tcp dport=1-1024 seq=inc:5+7 flags=S", true },
	{ "ip src=rand:10.0.0.0/8 dst=10.0.0.2 / udp dport=rand:1024-65535 / rand:64", true },
	{ "ip / udp dport=1-5 / rand:3", true },
	{ "ip id=rand ttl=1-30 tos=rand / icmp id=rand seq=inc", true },
	{ "ip6 dst=fd00::1-fd00::ffff fl=rand hlim=1-9 / ip6_hopopts / udp sport=rand", true },
	{ "eth src=rand / vlan vlan=1-4095 prio=rand / ip src=rand / tcp ack=rand window=rand",
	  true },
	{ "ip src=rand / ip6 src=rand / gre chksum_present=1 / ip dst=rand / udp sport=rand",
	  true },
	{ "ip / icmp type=dest-unreach code=1-3 / ip src=rand / udp sport=rand", true },
	{ "eth / guarded seq=inc where=rand le=rand", true },
	{ "ip / udp chksum=rand len=rand", true },
	{ "ip chksum=bad src=rand / udp chksum=bad sport=rand", true },
	{ "ip / tcp options.0.type=mss options.0.value=1-1460", true },
	{ "ip dst=10.0.0.250-10.0.1.5 / udp sport=1-3 dport=7-9 / rand:4", true },
	{ "ip6 dst=fd00::1-fd00::9 / udp sport=inc:65530 dport=1-5", true },
	{ "eth dst=02:00:00:00:00:fe-02:00:00:00:01:03 / ip id=inc:1+3 / udp sport=1,2,3", true },
	{ "eth / guarded seq=1-9 le=inc:65000+700", true },
	{ "ip flags=0-7 / udp", false },
	{ "ip / udp dport=53,54 / dns qd=name:example.org", false },
	{ "ip / gre key_present=0,1 / ip", false },
	{ "ip options=hex:94040000 / udp / each:a,bb,ccc", false },
};

START_TEST(sweep_is_craft)
{
	struct template *t;
	struct build b = { 0 };
	struct err e = { 0 };
	struct plan p;
	const char *why = NULL;
	uint8_t first[200], frame[200];
	bool differs = false;
	unsigned taken = 0;

	read_plan(&p, sweeps[_i].text);
	t = template_open(&p, &e);
	ck_assert_msg(t != NULL, "%s: %s", sweeps[_i].text, e.msg);
	for (uint64_t i = 0; i < 2000; i++) {
		const struct packet *got;

		plan_step(&p, i, 42);
		got = template_next(t, &e);
		ck_assert_msg(got != NULL, "%s: %s", sweeps[_i].text, e.msg);
		if (craft(&b, &p, &e))
			ck_abort_msg("%s: %s", sweeps[_i].text, e.msg);
		ck_assert_uint_eq(got->len, b.bytes.n);
		for (size_t k = 0; k < b.bytes.n; k++)
			ck_assert_msg(got->data[k] == (uint8_t)b.bytes.p[k],
				      "%s: step %d, byte %zu: %02x, built %02x", sweeps[_i].text,
				      (int)i, k, got->data[k], (uint8_t)b.bytes.p[k]);
		ck_assert_uint_ge(sizeof(first), got->len);
		/* The same into a frame that holds the first one. */
		if (i == 0) {
			memcpy(first, got->data, got->len);
			memcpy(frame, got->data, got->len);
		}
		if (template_step(t, (uint64_t)i, 42)) {
			taken++;
			template_put(t, frame);
			ck_assert_mem_eq(frame, got->data, got->len);
		}
		differs |= memcmp(first, got->data, got->len) != 0;
	}
	ck_assert_msg(differs, "%s: every packet was the same", sweeps[_i].text);
	ck_assert_msg(template_patches(t, &why) == sweeps[_i].patches, "%s: patched %d: %s",
		      sweeps[_i].text, !sweeps[_i].patches, why ? why : "");
	ck_assert(sweeps[_i].patches == (why == NULL));
	/* A sum of 8 bits is made by reading the packet. */
	if (sweeps[_i].patches && !strstr(sweeps[_i].text, "guarded"))
		ck_assert_uint_gt(taken, 1900);
	else
		ck_assert_uint_eq(taken, 0);
	template_close(t);
	build_done(&b);
	plan_done(&p);
}
END_TEST

/* Steps in any order, and of any seed. */
START_TEST(steps_are_craft)
{
	struct template *t;
	struct build b = { 0 };
	struct err e = { 0 };
	struct plan p, q;
	uint64_t i = 0, x = 7;

	read_plan(&p, sweeps[_i].text);
	read_plan(&q, sweeps[_i].text);
	t = template_open(&p, &e);
	ck_assert_msg(t != NULL, "%s: %s", sweeps[_i].text, e.msg);
	for (unsigned n = 0; n < 3000; n++) {
		uint64_t seed = n / 1000;
		const struct packet *got = template_at(t, i, seed, &e);

		ck_assert_msg(got != NULL, "%s: %s", sweeps[_i].text, e.msg);
		plan_step(&q, i, seed);
		if (craft(&b, &q, &e))
			ck_abort_msg("%s: %s", sweeps[_i].text, e.msg);
		ck_assert_uint_eq(got->len, b.bytes.n);
		ck_assert_msg(!memcmp(got->data, b.bytes.p, b.bytes.n), "%s: step %llu differs",
			      sweeps[_i].text, (unsigned long long)i);
		x = x * 6364136223846793005u + 1442695040888963407u;
		/* On, but for a jump now and then, near or far, or the same once more. */
		i = x >> 60 ? i + (x >> 59 & 1 || n % 7) : x >> 40 & 1 ? x >> 50 : x;
	}
	template_close(t);
	build_done(&b);
	plan_done(&p);
	plan_done(&q);
}
END_TEST

START_TEST(plans_that_fail)
{
	struct err e = { 0 };
	struct build b = { 0 };
	struct plan p = { .reg = reg };

	/* A value that does not fit: told, and nothing is built. */
	p.link = LINK_RAW;
	ck_assert_ptr_nonnull(plan_push(&p, registry_find(reg, "udp", 3)));
	say_num(&p, &p.layer[0], proto_field(p.layer[0].proto, "sport", 5), 70000);
	ck_assert_int_eq(craft(&b, &p, &e), -1);
	ck_assert_int_ne(e.code, 0);
	ck_assert_ptr_null(template_open(&p, &e));
	build_done(&b);
	plan_done(&p);
}
END_TEST

UNIT_TESTS(craft)
{
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, two_builders_agree, 0, COUNT(stacks));
	tcase_add_loop_test(t, every_row_is_used, 0, 13);
	tcase_add_loop_test(t, sum_of_zero_is_all_ones, 0, 2);
	tcase_add_loop_test(t, sums_behind_headers, 0, 5);
	tcase_add_test(t, trailers_are_not_summed);
	tcase_add_test(t, flow_label);
	tcase_add_loop_test(t, largest_datagrams, 0, 2);
	tcase_add_loop_test(t, said_is_sent, 0, 11);
	tcase_add_test(t, bad_is_bad);
	tcase_add_test(t, empty_packet);
	tcase_add_loop_test(t, sweep_is_craft, 0, COUNT(sweeps));
	tcase_add_loop_test(t, steps_are_craft, 0, COUNT(sweeps));
	tcase_add_test(t, plans_that_fail);
}
