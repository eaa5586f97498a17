/* SPDX-License-Identifier: BSD-2-Clause */
/* Any rules (a pattern and what is done) with any packet: a sentence that says what is wrong, or
 * the same answers each time, in bounded size; nothing is sent, nothing is run. And any bytes as
 * what clients of a server send: where a message ends does not hang on how they come.
 *
 * Input: one byte says what is done (low four bits), then text up to a NUL, then a packet (fuzz.h).
 * Text: the pattern, a line end, what is sent, set or run. */
#include "tests/fuzz/fuzz.h"

#include "play/question.h"
#include "play/react.h"

#define TEXT_MAX 800

/* See fuzz_filter.c. */
static const char *const files[] = { "eth",    "llc",  "vlan",  "ip",  "ip6", "tcp",
				     "udp",    "icmp", "icmp6", "arp", "dns", "http",
				     "modbus", "resp", "tls",   NULL };
static const char *const headers[2] = {
	"ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=1 dport=1 seq=1 ack=1 flags=PA / hex:00",
	"ip6 src=::1 dst=::1 / tcp sport=1 dport=1 seq=1 ack=1 flags=PA / hex:00",
};

struct run {
	const struct registry *reg;
	struct question *question;
	const struct proto *framed[64]; /* with a message rule, and NULL */
	unsigned nframed;
	struct buf all; /* what came of it */
	unsigned done;
};

static struct run *start(void)
{
	static struct run r; /* a fuzzer's process does one thing */
	struct err e = { 0 };

	if (r.reg)
		return &r;
	r.reg = fuzz_registry_of(files);
	r.question = question_open(r.reg, headers, &e);
	hold(r.question != NULL, e.msg);
	for (unsigned i = 0; i < registry_count(r.reg) && r.nframed < 63; i++)
		if (registry_at(r.reg, i)->message)
			r.framed[r.nframed++] = registry_at(r.reg, i);
	r.nframed++;
	return &r;
}

/* ---- rules ---- */

static int deliver(void *ctx, const struct packet *p, const struct packet *answer, struct err *e)
{
	struct run *r = ctx;
	struct packet again = *answer;
	const struct server_message m = { .src = { .family = AF_INET, .b = { 10, 0, 0, 1 } },
					  .sport = 4000 };
	const uint8_t *bytes;
	uint32_t n;

	hold(p->nlayers <= PACKET_LAYERS, "the question is as it was");
	hold(answer->len <= PACKET_MAX, "an answer is a packet");
	buf_fmt(&r->all, "%u ", answer->len);
	buf_hex(&r->all, answer->data, answer->len);
	if (again.link != LINK_NONE)
		dissect(r->reg, &again);
	if (!question_answer(&m, &again, &bytes, &n, e))
		hold(!n || (bytes >= again.data && bytes + n <= again.data + again.len),
		     "what goes into a socket is of the answer");
	r->done++;
	return r->done % 5 == 4 ? (err_set(e, ERR_IO, "not this one"), 1) : 0;
}

static int run_one(void *ctx, const struct packet *p, const char *words, size_t size, unsigned n,
		   struct err *e)
{
	struct run *r = ctx;
	unsigned ends = 0;

	(void)p;
	(void)e;
	hold(size && !words[size - 1], "the last word has its end");
	for (size_t i = 0; i < size; i++)
		ends += !words[i];
	hold(ends == n && n, "as many words as ends");
	buf_put(&r->all, words, size);
	return 0;
}

static void tell(void *ctx, const struct react_told *t)
{
	struct run *r = ctx;

	hold(t->event == REACT_FITS || t->event == REACT_SENT || (t->why && t->why[0]),
	     "what could not be done has a sentence");
	buf_fmt(&r->all, "%d ", (int)t->event);
}

/* By rule the same comes of the same, also when its shape is known by then. */
static void often(struct run *r, struct react *x, const struct packet *p)
{
	size_t n = r->all.n;
	struct err e = { 0 };

	r->done = 0;
	for (unsigned i = 0; i < 6; i++) {
		size_t at = r->all.n;

		r->done = 0;
		hold(react_packet(x, p, &e) == 0, "and again");
		if (i > 1 && r->all.n - at)
			hold(r->all.n - at == at - n &&
				     !memcmp(r->all.p + at, r->all.p + n, at - n),
			     "the same comes of it");
		n = at;
	}
}

/* Twice over the packet, and once over a part of it: no state but the counts. */
static void over_packet(struct run *r, const struct react_opts *o, const struct packet *p,
			struct buf *out)
{
	struct err e = { 0 };
	struct react *x = react_open(o, &e);
	struct react_counts n;
	struct packet part = *p;

	r->all.n = 0;
	r->done = 0;
	if (!x) {
		hold(e.code && e.msg[0], "a refused rule has a sentence");
		buf_str(out, e.msg);
		return;
	}
	hold(react_packet(x, p, &e) == 0, "a packet is taken");
	if (o->rule[0].act[0].what == REACT_REPLY)
		often(r, x, p);
	hold(react_packet(x, p, &e) == 0, "and again");
	part.len /= 2;
	dissect(r->reg, &part);
	hold(react_packet(x, &part, &e) == 0, "and a part of it");
	hold(react_flush(x, &e) == 0, "nothing waits");
	react_counts(x, &n);
	hold(n.seen >= 3 && n.fits <= n.seen, "the counts add up");
	react_close(x);
	buf_put(out, r->all.p, r->all.n);
}

static void rules(struct run *r, unsigned what, char *text, const struct packet *p)
{
	char *does = strchr(text, '\n');
	struct react_rule rule[2] = { { .pattern = text, .n = 2 } };
	struct addr be = { .family = AF_INET, .b = { 10, 0, 0, 2 } };
	struct react_opts o = { .reg = r->reg,
				.rule = rule,
				.nrules = 1,
				.told = what & 1,
				.deliver = deliver,
				.run = run_one,
				.tell = tell,
				.ctx = r };
	struct buf first = { 0 }, second = { 0 };

	if (does)
		*does++ = 0;
	rule[0].act[0].what = what & 8 ? REACT_RUN : what & 2 ? REACT_SEND : REACT_REPLY;
	rule[0].act[0].text = does ? does : what & 10 ? "" : NULL;
	rule[0].act[1].what = REACT_LOG;
	if (what & 4) { /* whatever asks, of us */
		rule[1] = rule[0];
		rule[1].pattern = NULL;
		rule[0].skip = what & 1;
		o.nrules = 2;
		o.be = &be;
		o.nbe = what & 1;
	}
	over_packet(r, &o, p, &first);
	/* A port and the like that a packet is given afresh goes by its number in the run. */
	over_packet(r, &o, p, &second);
	hold(first.n == second.n && (!first.n || !memcmp(first.p, second.p, first.n)),
	     "the same comes of it again");
	buf_done(&first);
	buf_done(&second);
}

/* ---- messages ---- */

static void as_question(struct run *r, const uint8_t *data, uint32_t n)
{
	struct server_message m = { .sport = 4000, .dport = 502, .p = data, .n = n };
	struct err e = { 0 };
	const struct packet *p;

	addr_set(&m.src, (const uint8_t *)"\x0a\0\0\1", 4);
	addr_set(&m.dst, (const uint8_t *)"\x0a\0\0\2", 4);
	p = question_packet(r->question, &m, &e);
	hold(p && p->len == 40 + n, "a message is a packet");
	question_bad(r->question, p);
}

static void messages(struct run *r, const struct proto *proto, const uint8_t *data, uint32_t n)
{
	struct tree scratch = { 0 };
	uint32_t at = 0, need;

	for (unsigned i = 0; at < n && i < 20; i++) {
		int64_t all = server_frame(proto, data + at, n - at, false, false, &need, &scratch);
		int64_t over = server_frame(proto, data + at, n - at, true, true, &need, &scratch);

		hold(all <= (int64_t)(n - at) && over <= (int64_t)(n - at), "of what is there");
		hold(all >= FRAME_LONG && over >= FRAME_LONG, "or a reason");
		hold(all <= 0 || over == all, "an end does not change a message that is whole");
		if (over <= 0)
			break;
		as_question(r, data + at, (uint32_t)over);
		at += (uint32_t)over;
	}
	tree_done(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *r = start();
	const uint8_t *end = size > 1 ? memchr(data + 1, 0, size - 1) : NULL;
	size_t n = end ? (size_t)(end - data) - 1 : 0;
	char text[TEXT_MAX + 1];
	struct packet p;

	if (size > 5000)
		return 0;
	if (size > 2 && data[0] & 0x80) {
		messages(r, r->framed[data[1] % r->nframed], data + 2, (uint32_t)size - 2);
		return 0;
	}
	if (!end || n > TEXT_MAX || memchr(data + 1, '@', n) || /* files */
	    fuzz_packet(end + 1, size - n - 2, &p) < 0)
		return 0;
	memcpy(text, data + 1, n);
	text[n] = 0;
	dissect(r->reg, &p);
	rules(r, data[0] & 15, text, &p);
	return 0;
}
