/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a display filter, or behind a '/' as a pattern: a sentence that says what is wrong,
 * or something that can be held against packets, twice with the same answer. */
#include "tests/fuzz/fuzz.h"

#include "dissect/filter.h"
#include "dissect/pattern.h"
#include "notation/notation.h"

#define TEXT_MAX 1024 /* longer texts only repeat */

static const char *const lines[] = {
	"eth / ip dst=10.0.0.2 / udp / dns id=7 qd=name:example.org+type:AAAA",
	"eth / vlan vlan=7 / ip dst=10.0.0.2 / tcp flags=SA options=mss:1460,nop,ws:7 / text:hello",
	"eth / ip6 dst=fe80::2 / icmp6 type=echo-request / count:56",
	"eth dst=ff:ff:ff:ff:ff:ff / arp op=who-has pdst=10.0.0.5",
	"ip dst=10.0.0.2 / gre / ip dst=10.9.9.9 / icmp type=3 / ip dst=10.0.0.2 / udp dport=9",
	"wire=400 ip dst=10.0.0.2 / tcp dport=80 / \"GET / HTTP/1.1\"",
	"link=147 hex:0011",
};
/* Some of the built-ins: a name that is not known is held against all there are, and that would be
 * nearly all that happens. */
static const char *const files[] = { "eth",  "llc",   "vlan", "ip",  "ip6", "tcp",  "udp",
				     "icmp", "icmp6", "arp",  "gre", "dns", "sctp", NULL };
#define PACKETS (sizeof(lines) / sizeof(lines[0]))

struct run {
	const struct registry *reg;
	struct packet packet[PACKETS];
	struct filter_work work;
	struct plan pattern;
	struct buf why;
};

static void make_packet(struct run *r, unsigned i)
{
	struct err e = { 0 };
	struct build b = { 0 };
	uint8_t *data;

	if (plan_parse(&r->pattern, r->reg, lines[i], strlen(lines[i]), 0, &e) ||
	    build(&b, &r->pattern, &e))
		complain(lines[i], e.msg, NULL);
	data = malloc(b.bytes.n);
	hold(data != NULL, "memory");
	memcpy(data, b.bytes.p, b.bytes.n);
	r->packet[i] = (struct packet) { .number = i + 1,
					 .link = r->pattern.link,
					 .data = data,
					 .len = (uint32_t)b.bytes.n,
					 .wire_len = b.pkt.wire_len };
	dissect(r->reg, &r->packet[i]);
	build_done(&b);
}

static struct run *start(void)
{
	static struct run r; /* a fuzzer's process does one thing */

	if (r.reg)
		return &r;
	r.reg = fuzz_registry_of(files);
	for (unsigned i = 0; i < PACKETS; i++)
		make_packet(&r, i);
	return &r;
}

static void as_filter(struct run *r, const char *text, size_t n)
{
	struct err e = { 0 };
	struct filter *f = filter_parse(r->reg, text, n, &e);

	hold(f || (e.code && e.msg[0]), "a refused filter has a sentence");
	for (unsigned i = 0; f && i < PACKETS; i++) {
		bool is = filter_match(f, &r->packet[i], &r->work);

		hold(is == filter_match(f, &r->packet[i], &r->work), "a filter answers the same");
	}
	filter_close(f);
}

static void as_pattern(struct run *r, const char *text, size_t n)
{
	struct err e = { 0 };

	if (plan_parse(&r->pattern, r->reg, text, n, PLAN_PATTERN | PLAN_NO_FILES, &e)) {
		hold(e.code && e.msg[0], "a refused pattern has a sentence");
		return;
	}
	for (unsigned i = 0; i < PACKETS; i++) {
		int is;

		r->why.n = 0;
		is = pattern_match(&r->pattern, &r->packet[i], &r->why);
		hold(is == 1 || (is == 0 && r->why.n), "what does not fit has a sentence");
		hold(is == pattern_match(&r->pattern, &r->packet[i], NULL),
		     "a pattern answers the same");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *r = start();

	if (size > TEXT_MAX)
		return 0;
	if (size && data[0] == '/')
		as_pattern(r, (const char *)data + 1, size - 1);
	else
		as_filter(r, (const char *)data, size);
	return 0;
}
