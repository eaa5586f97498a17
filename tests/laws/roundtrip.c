/* SPDX-License-Identifier: BSD-2-Clause */
/* Law 1: a packet printed is a packet that can be crafted. Every packet of the files given, its
 * prefixes and random mutations are printed as notation, read back and built: bytes, link type,
 * original length and (as a script) time must be the same.
 *
 *   law_roundtrip [-m MUTATIONS] [-s SEED] [-p] [-v] FILE...
 *   -m: of all packets together (20,000)   -p: no prefixes   -v: tell every failure, not ten
 *
 * Every packet stands in a buffer of exactly its size, so that the sanitizers see a read past it.
 */
#include "tests/laws/law.h"

#define RUNGS (RUNG_PACKET + 1)
#define PREFIX_ALL 700  /* every prefix up to here, bytes; */
#define PREFIX_STEP 131 /* beyond it only some: super-frames of offload have thousands */

struct run {
	struct trial law;
	struct plan plan;
	struct build build;
	struct buf text;
	uint64_t done, rung[RUNGS];
	uint64_t right; /* sums that are so at once */
	const char *mode;
};

static void tell(struct run *r, const struct packet *p, const char *what)
{
	if (!law_tell(&r->law, p))
		return;
	printf("(%s, %" PRIu32 " of %" PRIu32 " bytes, link %u): %s\n  bytes ", r->mode, p->len,
	       p->wire_len, p->link, what);
	for (uint32_t i = 0; i < p->len && i < 400; i++)
		printf("%02x", p->data[i]);
	printf("\n  text  %s\n", buf_cstr(&r->text));
}

static void compare(struct run *r, const struct packet *p)
{
	uint32_t wire = r->plan.wire_len ? r->plan.wire_len : (uint32_t)r->build.bytes.n;
	char why[128];

	if (r->build.bytes.n != p->len) {
		snprintf(why, sizeof(why), "%zu bytes were built", r->build.bytes.n);
		tell(r, p, why);
		return;
	}
	for (uint32_t i = 0; i < p->len; i++) {
		if ((uint8_t)r->build.bytes.p[i] == p->data[i])
			continue;
		snprintf(why, sizeof(why), "byte %" PRIu32 " is %02x", i,
			 (uint8_t)r->build.bytes.p[i]);
		tell(r, p, why);
		return;
	}
	if (r->plan.link != p->link)
		tell(r, p, "another link type");
	else if (wire != p->wire_len)
		tell(r, p, "another original length");
}

/* A sum that is right at once is right when it is looked at closely. */
static void sums(struct run *r, const struct packet *p)
{
	struct tree *t = &r->law.scratch;

	for (unsigned i = 0; i < p->nlayers; i++) {
		const struct record *rec = &p->layers[i].proto->rec;

		for (unsigned k = 0; k < rec->nfields; k++) {
			const struct field *f = &rec->fields[k];
			uint64_t want = 0;
			uint32_t at;

			if (f->rule.form != RULE_SUM || !sum_right(p, i, f))
				continue;
			r->right++;
			at = decode(t, p, i) == 0 ? tree_child(t, 0, f->index) : NODE_NONE;
			if (at == NODE_NONE || sum_value(p, i, t, at, &want) != 0 ||
			    t->v[at].num % 0xffff != want % 0xffff)
				tell(r, p, "a sum is right at once, but is not");
		}
	}
}

/* p->data lies in a buffer of exactly p->len bytes. */
static void round_trip(struct run *r, struct packet *p)
{
	const struct layouts *learnt = p->learnt; /* from the packets before it */
	struct err e = { 0 };
	char why[700];

	r->done++;
	dissect_with(r->law.reg, p, &r->law.scratch);
	p->learnt = learnt;
	sums(r, p);
	r->text.n = 0;
	if (print_expr(r->law.printer, p, 0, &r->text) < 0) {
		tell(r, p, "cannot be printed");
		return;
	}
	r->rung[printer_rung(r->law.printer)]++;
	if (plan_parse(&r->plan, r->law.reg, r->text.p, r->text.n, PLAN_NO_FILES, &e) < 0) {
		snprintf(why, sizeof(why), "cannot be read: column %" PRIu32 ": %s", e.col, e.msg);
		tell(r, p, why);
	} else if (build(&r->build, &r->plan, &e) < 0) {
		snprintf(why, sizeof(why), "cannot be built: column %" PRIu32 ": %s", e.col, e.msg);
		tell(r, p, why);
	} else {
		compare(r, p);
	}
}

static void round_trip_copy(struct run *r, const struct packet *like, const uint8_t *data,
			    uint32_t len, uint32_t wire_len)
{
	struct packet p = *like;
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	p.data = copy;
	p.len = len;
	p.wire_len = wire_len;
	round_trip(r, &p);
	free(copy);
}

/* Both kinds: cut when captured, and short on the wire. */
static void prefixes(struct run *r, const struct packet *p)
{
	for (uint32_t n = 0; n < p->len; n += n < PREFIX_ALL ? 1 : PREFIX_STEP) {
		r->mode = "cut";
		round_trip_copy(r, p, p->data, n, p->wire_len);
		r->mode = "short";
		round_trip_copy(r, p, p->data, n, n);
	}
}

static uint32_t mutate(struct run *r, uint8_t *data, uint32_t len, uint32_t cap)
{
	uint32_t at = len ? (uint32_t)(law_random(&r->law) % len) : 0;
	uint32_t n = 1 + (uint32_t)(law_random(&r->law) % 8);

	switch (law_random(&r->law) % 7) {
	case 0:
		if (len)
			data[at] ^= (uint8_t)(1u << law_random(&r->law) % 8);
		break;
	case 1:
		if (len)
			data[at] = (uint8_t)law_random(&r->law);
		break;
	case 2:
		if (len)
			data[at] = law_random(&r->law) & 1 ? 0xff : 0;
		break;
	case 3: /* bytes go */
		if (n > len - at)
			n = len - at;
		memmove(data + at, data + at + n, len - at - n);
		return len - n;
	case 4: /* bytes come */
		if (len + n > cap)
			break;
		memmove(data + at + n, data + at, len - at);
		for (uint32_t i = 0; i < n; i++)
			data[at + i] = (uint8_t)law_random(&r->law);
		return len + n;
	case 5: /* a piece is copied over another */
		if (len > n) {
			uint32_t from = (uint32_t)(law_random(&r->law) % (len - n));

			memmove(data + at % (len - n), data + from, n);
		}
		break;
	default: /* two bytes as a small or large number: lengths and counts */
		if (at + 1 < len) {
			data[at] = law_random(&r->law) & 1 ? 0xff : 0;
			data[at + 1] = (uint8_t)law_random(&r->law);
		}
	}
	return len;
}

static void mutations(struct run *r, const struct packet *p, uint64_t count)
{
	uint32_t cap = p->len + 64;
	uint8_t *data = malloc(cap);

	if (!data)
		abort();
	law_seed(&r->law, p);
	r->mode = "mutated";
	while (count--) {
		uint32_t len = p->len;
		unsigned times = 1 + (unsigned)(law_random(&r->law) % 4);

		memcpy(data, p->data, len);
		while (times--)
			len = mutate(r, data, len, cap);
		round_trip_copy(r, p, data, len,
				law_random(&r->law) % 8
					? len
					: len + (uint32_t)(law_random(&r->law) % 2000));
	}
	free(data);
}

/* The whole file as a script: times too. */
static void as_script(struct run *r, const struct law_file *f)
{
	/* A printer of its own: it remembers the time of the line before. */
	struct printer *printer = printer_open(r->law.reg);
	struct script *s;
	struct script_line line;
	struct buf text = { 0 };
	struct err e = { 0 };
	int64_t now = 0;
	size_t i = 0;
	int rc = 0;

	r->mode = "script";
	for (size_t k = 0; k < f->n; k++) {
		if (!printer || print_script_line(printer, &f->v[k], 0, &text) < 0)
			tell(r, &f->v[k], "cannot be printed as a line");
	}
	s = script_open(NULL, r->law.file, text.p, text.n, &e);
	for (; s && i < f->n && (rc = script_next(s, &line, &e)) == 1; i++) {
		r->text.n = 0;
		buf_put(&r->text, line.text, line.len);
		now = line.time == SCRIPT_AT ? line.when : now + line.when;
		if (script_plan(s, &r->plan, r->law.reg, PLAN_NO_FILES, &e) < 0 ||
		    build(&r->build, &r->plan, &e) < 0) {
			tell(r, &f->v[i], e.msg);
			err_clear(&e);
			continue;
		}
		compare(r, &f->v[i]);
		if (!(f->v[i].flags & PACKET_NO_TIME) && now != f->v[i].when)
			tell(r, &f->v[i], "another time");
	}
	if (i != f->n) {
		printf("%s: as a script it has %zu of %zu packets: %s\n", r->law.file, i, f->n,
		       e.msg);
		r->law.bad++;
	}
	r->done += f->n;
	script_close(s);
	printer_close(printer);
	buf_done(&text);
}

static void summary(const struct run *r, const char *what, uint64_t done, uint64_t bad,
		    const uint64_t *rung)
{
	printf("%-9s %9" PRIu64 " packets, %" PRIu64 " came back different; rungs", what,
	       r->done - done, r->law.bad - bad);
	for (unsigned i = 0; i < RUNGS; i++)
		printf(" %" PRIu64, r->rung[i] - rung[i]);
	printf("\n");
}

/* One of the four ways of trying the packets of a file. */
static void pass(struct run *r, int which, const struct law_file *f, uint64_t mutated)
{
	if (which == 1)
		as_script(r, f);
	for (size_t i = 0; i < f->n && which != 1; i++) {
		r->mode = "whole";
		if (which == 0)
			round_trip_copy(r, &f->v[i], f->v[i].data, f->v[i].len, f->v[i].wire_len);
		else if (which == 2)
			prefixes(r, &f->v[i]);
		else
			mutations(r, &f->v[i], mutated);
	}
}

int main(int argc, char **argv)
{
	static const char *const name[] = { "whole", "script", "prefixes", "mutated" };
	struct run r = { 0 };
	uint64_t want = 20000, done, bad, rung[RUNGS], total = 0;
	bool with_prefixes = true;
	struct law_file *f;
	int opt;

	while ((opt = getopt(argc, argv, "m:s:pv")) >= 0) {
		if (opt == 'm')
			want = strtoull(optarg, NULL, 0);
		else if (opt == 's')
			r.law.salt = strtoull(optarg, NULL, 0);
		else if (opt == 'p')
			with_prefixes = false;
		else if (opt == 'v')
			r.law.verbose = true;
		else
			return 2;
	}
	f = calloc((size_t)argc, sizeof(*f));
	if (!f || law_start(&r.law) < 0)
		return 1;
	for (int i = optind; i < argc; i++) {
		law_load(&r.law, argv[i], &f[i]);
		total += f[i].n;
	}
	for (int p = 0; p < 4; p++) {
		if (p == 2 && !with_prefixes)
			continue;
		done = r.done;
		bad = r.law.bad;
		memcpy(rung, r.rung, sizeof(rung));
		for (int i = optind; i < argc; i++) {
			r.law.file = argv[i];
			pass(&r, p, &f[i], total ? want / total + 1 : 0);
		}
		summary(&r, name[p], done, bad, rung);
		fflush(stdout);
	}
	printf("%" PRIu64 " checksums were right at once\n", r.right);
	for (int i = optind; i < argc; i++)
		law_unload(&f[i]);
	free(f);
	plan_done(&r.plan);
	build_done(&r.build);
	buf_done(&r.text);
	law_done(&r.law);
	return r.law.bad || !total;
}
