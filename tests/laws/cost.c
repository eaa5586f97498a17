/* SPDX-License-Identifier: BSD-2-Clause */
/* No packet costs much more than its bytes: the packets of the files given, mangled and blown up,
 * take at most 4 ms of CPU for each 1,500 bytes to be dissected and printed, in every form and as
 * notation; 20 under sanitizers, 8 in a build that is not optimised. That is what tells work that
 * grows from work that is much, on a machine that does other things beside it; the figure itself,
 * which is to be under 1 ms, is printed, and looked at on a quiet machine.
 *
 *   law_cost [-n MANGLED] [-s SEED] [-v] FILE...     -n: of each packet (1)
 *
 * Mangled: bytes change, as a stranger would change them to make a dissector work. Blown up: some
 * bytes of the packet, an option or a record by chance, stand in it again and again, and whatever
 * looks like a length of what they stand in says so. */
#include "tests/laws/law.h"

#include <time.h>

#include "dissect/report.h"

#if defined(__SANITIZE_ADDRESS__)
#define LIMIT_NS 20000000u
#define EACH 7 /* only every seventh packet: it takes its time */
#elif !defined(__OPTIMIZE__)
#define LIMIT_NS 8000000u
#define EACH 3
#else
#define LIMIT_NS 4000000u
#define EACH 1
#endif
#define FRAME 1500u
/* A busy machine adds to what a run takes, never the other way: what is near the limit is measured
 * a few times, what is beyond it for as long as a neighbour may need to be done. */
#define TRIES 4
#define TRIES_MORE 60
#define FORMS (REPORT_NONE + 1)
#define LARGE 60000u

static const char *const form_name[FORMS] = { "line", "tree", "json", "flat", "csv",
					      "hex",  "raw",  "text", "expr" };

struct worst {
	uint64_t ns; /* for FRAME bytes */
	char what[96];
};

struct run {
	struct trial law;
	struct report *report[REPORT_NONE];
	struct buf text;
	struct worst worst[FORMS], *proto; /* by form; by id of the innermost layer's protocol */
	uint64_t done;
	const char *mode;
};

static uint64_t cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t once(struct run *r, struct packet *p, unsigned form)
{
	uint64_t t = cpu();

	r->text.n = 0;
	dissect_with(r->law.reg, p, &r->law.scratch);
	if (form < REPORT_NONE)
		report_packet(r->report[form], p, NULL, &r->text);
	else if (print_expr(r->law.printer, p, 0, &r->text) < 0)
		abort();
	return cpu() - t;
}

static void note_worst(struct run *r, struct worst *w, const struct packet *p, unsigned form,
		       uint64_t ns)
{
	if (ns <= w->ns)
		return;
	w->ns = ns;
	snprintf(w->what, sizeof(w->what), "%s packet %" PRIu64 " %s, %" PRIu32 " bytes, %s",
		 r->law.file, p->number, r->mode, p->len, form_name[form]);
}

static void weigh(struct run *r, struct packet *p)
{
	uint32_t frames = p->len < FRAME ? 1000 : p->len * 1000 / FRAME;

	r->done++;
	for (unsigned form = 0; form < FORMS; form++) {
		uint64_t ns = UINT64_MAX, limit = LIMIT_NS;

		for (int i = 0; i < (ns > limit ? TRIES_MORE : TRIES) && ns > limit / 8; i++) {
			uint64_t t = once(r, p, form) * 1000 / frames;

			ns = t < ns ? t : ns;
		}
		note_worst(r, &r->worst[form], p, form, ns);
		if (p->nlayers)
			note_worst(r, &r->proto[p->layers[p->nlayers - 1].proto->id - 1], p, form,
				   ns);
		if (ns <= limit || !law_tell(&r->law, p))
			continue;
		printf("(%s): %.2f ms for %u bytes, %" PRIu32 " of them, as %s\n  ", r->mode,
		       (double)ns / 1e6, FRAME, p->len, form_name[form]);
		for (uint32_t i = 0; r->law.verbose && i < p->len; i++)
			printf("%02x", p->data[i]);
		printf("\n");
	}
}

/* A number of two bytes before `at` that may be a length of what is there from it to the end: it
 * grows with that. */
static void lengths(uint8_t *data, uint32_t at, uint32_t len, uint32_t more)
{
	for (uint32_t i = 0; i + 1 < at; i++) {
		uint32_t v = (uint32_t)data[i] << 8 | data[i + 1], rest = len - i;

		if (v < 4 || v > rest + 8 || v + 48 < rest)
			continue;
		v += more;
		data[i] = (uint8_t)(v >> 8);
		data[i + 1] = (uint8_t)v;
		i++;
	}
}

/* Some bytes of it again and again, up to `size` bytes. */
static uint32_t blow_up(struct run *r, const struct packet *p, uint8_t *data, uint32_t size)
{
	uint32_t n = 1 + (uint32_t)(law_random(&r->law) % (law_random(&r->law) & 1 ? 8 : 40));
	uint32_t at, more;

	if (p->len < 24 || size < p->len)
		return 0;
	at = 20 + (uint32_t)(law_random(&r->law) % (p->len - 20));
	if (n > p->len - at)
		n = p->len - at;
	more = (size - p->len) / n * n;
	memcpy(data, p->data, at);
	for (uint32_t i = 0; i < more; i += n)
		memcpy(data + at + i, p->data + at, n);
	memcpy(data + at + more, p->data + at, p->len - at);
	lengths(data, at, p->len, more);
	return p->len + more;
}

static void change(struct run *r, uint8_t *data, uint32_t len)
{
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xc0, 0xff, '\r', '\n' };

	for (unsigned k = (unsigned)(law_random(&r->law) % 5); k && len; k--) {
		uint32_t at = (uint32_t)(law_random(&r->law) % (len < 400 ? len : 400));

		data[at] = odd[law_random(&r->law) % sizeof(odd)];
	}
}

static void mangle(struct run *r, const struct packet *like, unsigned times)
{
	static const char *const mode[] = { "mangled", "blown up", "blown up much" };
	static const uint32_t size[] = { 0, 1400, LARGE };
	struct packet p = *like;

	law_seed(&r->law, like);
	for (unsigned i = 0; i < times * 3; i++) {
		uint32_t n = size[i % 3] > like->len ? size[i % 3] : like->len;
		uint8_t *data = malloc(n + 1);

		if (!data)
			abort();
		r->mode = mode[i % 3];
		memcpy(data, like->data, like->len);
		if (size[i % 3])
			n = blow_up(r, like, data, n);
		if (law_random(&r->law) & 1 || !size[i % 3])
			change(r, data, n);
		p.data = data;
		p.len = p.wire_len = n;
		if (n)
			weigh(r, &p);
		free(data);
	}
}

static void file(struct run *r, const char *path, unsigned times)
{
	struct law_file f;

	law_load(&r->law, path, &f);
	for (size_t i = 0; i < f.n; i += EACH) {
		r->mode = "whole";
		weigh(r, &f.v[i]);
		mangle(r, &f.v[i], times);
	}
	law_unload(&f);
}

static int start(struct run *r)
{
	if (law_start(&r->law) < 0)
		return -1;
	for (int i = 0; i < REPORT_NONE; i++) {
		const struct report_opts o = { .form = (enum report_form)i };

		r->report[i] = report_open(r->law.reg, &o, NULL);
		if (!r->report[i])
			return -1;
	}
	r->proto = calloc(registry_count(r->law.reg) + 2u, sizeof(*r->proto));
	return r->proto ? 0 : -1;
}

static int by_ns(const void *a, const void *b)
{
	const struct worst *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	unsigned times = 1;

	if (!law_options(&r.law, argc, argv, &times))
		return 2;
	if (start(&r) < 0)
		return 1;
	for (int i = optind; i < argc; i++)
		file(&r, argv[i], times);
	printf("%" PRIu64 " packets in %d forms; ms of CPU for %u bytes at most:\n", r.done, FORMS,
	       FRAME);
	for (unsigned i = 0; i < FORMS; i++)
		printf("  %-5s %.3f  %s\n", form_name[i], (double)r.worst[i].ns / 1e6,
		       r.worst[i].what);
	printf("by the innermost layer:\n");
	for (unsigned i = 0; i < registry_count(r.law.reg); i++) {
		char what[sizeof(r.proto[i].what)];

		memcpy(what, r.proto[i].what, sizeof(what));
		snprintf(r.proto[i].what, sizeof(what), "%-14s %.78s",
			 registry_at(r.law.reg, i)->name, what);
	}
	qsort(r.proto, registry_count(r.law.reg), sizeof(*r.proto), by_ns);
	for (unsigned i = 0; i < 12 && i < registry_count(r.law.reg); i++)
		printf("  %.3f  %s\n", (double)r.proto[i].ns / 1e6, r.proto[i].what);
	for (int i = 0; i < REPORT_NONE; i++)
		report_close(r.report[i]);
	free(r.proto);
	buf_done(&r.text);
	law_done(&r.law);
	return r.law.bad || !r.done;
}
