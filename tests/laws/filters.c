/* SPDX-License-Identifier: BSD-2-Clause */
/* A filter means the same whichever way it is matched: tests that are made directly on a header's
 * bytes, and the same ones made by visiting every value of a decoded layer.
 *
 *   law_filters [-n FILTERS] [-s SEED] [-v] FILE...     -n: of each file (15)
 *
 * Names are those of fields and views of the layers that the file has; values are what packets of
 * the file hold, or the numbers beside it. */
#include "core/alias.h"
#include "dissect/filter_impl.h"
#include "dissect/pick.h"
#include "tests/laws/law.h"

struct run {
	struct trial law;
	struct filter_work work;
	struct buf name, text, value;
	uint64_t filters, direct, matched, packets;
};

/* A name that a layer of the packet has: of one of its fields, or a view. */
static bool choose_name(struct run *r, const struct packet *p)
{
	const struct proto *proto = p->layers[law_random(&r->law) % p->nlayers].proto;
	unsigned n = proto->rec.nfields, k;

	r->name.n = 0;
	if (n + proto->rec.nviews == 0)
		return false;
	k = (unsigned)(law_random(&r->law) % (n + proto->rec.nviews));
	if (k < n)
		buf_fmt(&r->name, "%s.%s", proto->name, proto->rec.fields[k].name);
	else
		buf_str(&r->name, proto->rec.views[k - n].name);
	return true;
}

/* What the packet has there, or a number beside it. */
static bool choose_value(struct run *r, const struct packet *p)
{
	struct err e = { 0 };
	struct pick *k = pick_parse(r->law.reg, NULL, r->name.p, r->name.n, &e);
	uint64_t v;
	bool have = false;

	r->value.n = 0;
	if (k) {
		filter_begin(&r->work);
		if (pick_number(k, p, &r->work, &v) && law_random(&r->law) % 2) {
			v += law_random(&r->law) % 3 - 1;
			buf_fmt(&r->value, "%" PRIu64, v);
			have = true;
		} else {
			have = pick_text(k, p, &r->work, &r->value) && r->value.n > 0 &&
			       r->value.n < 100;
		}
	}
	pick_close(k);
	return have;
}

static void choose_filter(struct run *r, const struct packet *p)
{
	static const char *const cmp[] = { "==", "!=",  "<",   "<=",  ">",
					   ">=", "===", "!==", "in1", "in2" };
	const char *op = cmp[law_random(&r->law) % (sizeof(cmp) / sizeof(cmp[0]))];
	uint64_t how = law_random(&r->law) % 10;

	r->text.n = 0;
	buf_put(&r->text, r->name.p, r->name.n);
	if (how == 0)
		buf_fmt(&r->text, " & %" PRIu64, UINT64_C(1) << law_random(&r->law) % 16);
	if (how == 1 || (how == 0 && law_random(&r->law) % 2) || !choose_value(r, p))
		return;
	if (op[0] != 'i')
		buf_fmt(&r->text, " %s %s", op, buf_cstr(&r->value));
	else if (op[2] == '1')
		buf_fmt(&r->text, " in {%s, 1, 7..9}", buf_cstr(&r->value));
	else
		buf_fmt(&r->text, " in {0..%s}", buf_cstr(&r->value));
}

static void compare(struct run *r, struct filter *f, const struct law_file *file)
{
	bool *first = calloc(file->n, sizeof(*first));

	for (size_t i = 0; first && i < file->n; i++)
		first[i] = filter_match(f, &file->v[i], &r->work);
	for (unsigned i = 0; i < f->ntests; i++) {
		r->direct += f->test[i]->direct != NULL;
		f->test[i]->direct = NULL;
		for (struct ref *x = f->test[i]->a.ref; x; x = x->next)
			x->quick = NULL;
	}
	for (size_t i = 0; first && i < file->n; i++) {
		r->matched += first[i];
		r->packets++;
		if (first[i] == filter_match(f, &file->v[i], &r->work))
			continue;
		if (law_tell(&r->law, &file->v[i]))
			printf("'%s' %s by the header's bytes, and %s by its values\n",
			       buf_cstr(&r->text), first[i] ? "holds" : "does not hold",
			       first[i] ? "does not" : "does");
	}
	free(first);
}

static void try_file(struct run *r, const char *path, unsigned filters)
{
	struct law_file file;

	law_load(&r->law, path, &file);
	for (unsigned i = 0; i < filters && file.n; i++) {
		const struct packet *p;
		struct err e = { 0 };
		struct filter *f;

		if (i == 0)
			law_seed(&r->law, &file.v[0]);
		p = &file.v[law_random(&r->law) % file.n];
		if (!p->nlayers || !choose_name(r, p))
			continue;
		choose_filter(r, p);
		f = filter_parse(r->law.reg, r->text.p, r->text.n, &e);
		if (f) {
			r->filters++;
			compare(r, f, &file);
		}
		filter_close(f);
	}
	law_unload(&file);
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	unsigned filters = 15;
	int c;

	while ((c = getopt(argc, argv, "n:s:v")) != -1) {
		switch (c) {
		case 'n': filters = (unsigned)strtoul(optarg, NULL, 0); break;
		case 's': r.law.salt = strtoull(optarg, NULL, 0); break;
		case 'v': r.law.verbose = true; break;
		default: return 2;
		}
	}
	if (law_start(&r.law) < 0)
		return 1;
	for (int i = optind; i < argc; i++)
		try_file(&r, argv[i], filters);
	printf("%" PRIu64 " filters, %" PRIu64 " tests of them made directly, %" PRIu64
	       " answers, %" PRIu64 " of them yes, %" PRIu64 " differ\n",
	       r.filters, r.direct, r.packets, r.matched, r.law.bad);
	if (!r.direct || !r.matched)
		r.law.bad++;
	filter_work_done(&r.work);
	buf_done(&r.name);
	buf_done(&r.text);
	buf_done(&r.value);
	law_done(&r.law);
	return r.law.bad != 0;
}
