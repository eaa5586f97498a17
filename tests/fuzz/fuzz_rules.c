/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as rules: a sentence that says what is wrong, or rules that printed are read again as
 * the same ones, and that find the same in the same packets twice, in bounded memory. */
#include "tests/fuzz/fuzz.h"

#include "notation/notation.h"
#include "watch/watch.h"

#define TEXT_MAX 2000 /* longer texts only repeat */
#define MEMORY (1u << 20)

static const char *const lines[] = {
	"eth / ip src=10.0.0.1 dst=10.0.0.2 / udp sport=4000 / dns id=7 qd=name:a.b",
	"eth / ip dst=10.0.0.2 / tcp sport=4000 dport=80 flags=S",
	"eth / ip src=10.0.0.2 dst=10.0.0.1 / tcp sport=80 dport=4000 flags=SA",
	"eth / ip dst=10.0.0.2 / tcp dport=80 flags=PA seq=1 / text:hello",
	"eth / ip dst=10.0.0.2 / tcp dport=80 flags=PA seq=1 / text:other",
	"eth / ip6 dst=fe80::2 / icmp6 type=echo-request / count:56",
	"eth dst=ff:ff:ff:ff:ff:ff / arp op=who-has pdst=10.0.0.5",
	"ip dst=10.0.0.2 / icmp type=3 / ip dst=10.0.0.2 / udp dport=9",
	"ip dst=10.0.0.2 id=7 flags=MF proto=17 / hex:00010009002000000001020304050607",
	"ip dst=10.0.0.2 id=7 frag=1 proto=17 / hex:000102030405060708090a0b0c0d0e0f",
	/* A connection, a secret in it, resets with a wrong number and with the right one; it goes
	 * on. */
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4001 dport=21 flags=S seq=1",
	"ip src=10.0.0.2 dst=10.0.0.1 / tcp sport=21 dport=4001 flags=SA seq=1 ack=2",
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4001 dport=21 flags=A seq=2 ack=2",
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4001 dport=21 flags=R seq=900000000",
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4001 dport=21 flags=R seq=2",
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=4001 dport=21 flags=PA seq=2 / ftp command=PASS",
};
#define PACKETS (sizeof(lines) / sizeof(lines[0]))
/* See fuzz_filter.c. */
static const char *const files[] = { "eth",  "llc",   "vlan", "ip",  "ip6", "tcp", "udp",
				     "icmp", "icmp6", "arp",  "dns", "ftp", NULL };

struct run {
	const struct registry *reg;
	struct packet packet[PACKETS];
};

static void make_packet(struct run *r, unsigned i)
{
	struct err e = { 0 };
	struct build b = { 0 };
	struct plan plan = { 0 };
	uint8_t *data;

	if (plan_parse(&plan, r->reg, lines[i], strlen(lines[i]), 0, &e) || build(&b, &plan, &e))
		complain(lines[i], e.msg, NULL);
	data = malloc(b.bytes.n);
	hold(data != NULL, "memory");
	memcpy(data, b.bytes.p, b.bytes.n);
	r->packet[i] = (struct packet) { .link = plan.link,
					 .data = data,
					 .len = (uint32_t)b.bytes.n,
					 .wire_len = (uint32_t)b.bytes.n };
	dissect(r->reg, &r->packet[i]);
	build_done(&b);
	plan_done(&plan);
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

static int found(void *arg, const struct finding *f)
{
	struct buf *all = arg;
	uint64_t before = 0;

	hold(f->npackets > 0 && f->npackets <= WATCH_PROOF, "a finding has its proof");
	hold(f->since <= f->when, "a finding begins before it is one");
	hold(f->n + 1 > f->npackets || f->rule->op == WATCH_EACH || f->rule->op == WATCH_REGULAR,
	     "what is named is counted");
	buf_fmt(all, "%s %s", f->rule->name, f->said);
	for (unsigned i = 0; i < f->npackets; i++) {
		hold(f->packet[i] > before, "packets are in order, each once");
		before = f->packet[i];
		buf_fmt(all, " %llu", (unsigned long long)before);
	}
	buf_char(all, '\n');
	return 0;
}

/* Seconds apart, some faster; each of the packets a few times. */
static void over_packets(struct run *r, const struct ruleset *rs, struct buf *all)
{
	struct err e = { 0 };
	struct baseline usual = { 0 };
	struct watch_opts o = { .rules = rs,
				.found = found,
				.arg = all,
				.memory = MEMORY,
				.baseline = &usual,
				.seed = 7 };
	struct watch *w = watch_open(&o, &e);
	struct watch_counts n;

	hold(w != NULL, "memory");
	for (unsigned i = 0; i < 6 * PACKETS; i++) {
		struct packet *p = &r->packet[i % PACKETS];

		p->number = i + 1;
		p->when = (int64_t)i * (i % 3 ? 1000000 : 1000000000);
		hold(watch_packet(w, p) == 0, "a packet is taken");
	}
	hold(watch_end(w) == 0, "the end is taken");
	watch_counts(w, &n);
	hold(n.packets == 6 * PACKETS, "every packet is counted");
	hold(n.memory <= 2 * MEMORY, "memory is bounded");
	watch_close(w);
	baseline_done(&usual);
}

static void again(const struct run *r, const struct ruleset *rs)
{
	struct ruleset other;
	struct err e = { 0 };
	struct buf text = { 0 };

	for (unsigned i = 0; i < rs->n; i++)
		buf_fmt(&text, "%s\n", rs->v[i]->source);
	ruleset_init(&other, r->reg);
	if (ruleset_read(&other, "again", text.p, text.n, &e))
		complain("rules that were printed", e.msg, &text);
	hold(other.n == rs->n, "as many rules as were printed");
	for (unsigned i = 0; i < rs->n; i++)
		hold(!strcmp(rs->v[i]->source, other.v[i]->source), "printed rules are the same");
	ruleset_free(&other);
	buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *r = start();
	struct ruleset rs;
	struct err e = { 0 };
	struct buf first = { 0 }, second = { 0 };

	if (size > TEXT_MAX || memchr(data, 0, size))
		return 0;
	ruleset_init(&rs, r->reg);
	if (ruleset_read(&rs, "fuzz", (const char *)data, size, &e)) {
		hold(e.code && e.msg[0], "a refused text has a sentence");
	} else if (rs.n) {
		again(r, &rs);
		over_packets(r, &rs, &first);
		over_packets(r, &rs, &second);
		hold(first.n == second.n && (!first.n || !memcmp(first.p, second.p, first.n)),
		     "the same is found again");
	}
	buf_done(&first);
	buf_done(&second);
	ruleset_free(&rs);
	return 0;
}
