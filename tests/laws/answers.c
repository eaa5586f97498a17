/* SPDX-License-Identifier: BSD-2-Clause */
/* Law: what answers what does not hang on the way in which it is found out. With a reason asked for
 * every layer is decoded, without one plain fields are compared as they stand: both say the same.
 * And of whatever is an answer the keys (play/ask_flight.c) lead to its request, so that nothing is
 * missed by looking there alone.
 *
 *   law_answers [-v] FILE...      each packet against the 40 before it and behind it */
#include "tests/laws/law.h"

#include "dissect/answers.h"
#include "play/ask_impl.h"

#define NEAR 40

struct run {
	struct trial law;
	struct asking asking;
	struct buf why;
	uint64_t pairs, answered, anew, keyed;
};

/* A header that is missing from an answer is taken for one that was not captured. Where a live
 * answer has another network header instead (version 4 for version 6), it is none. */
static bool other_net(const struct packet *reply, const struct packet *request)
{
	const struct field *src, *dst;

	for (unsigned i = 0; i < request->nlayers; i++) {
		if (!proto_ends(request->layers[i].proto, END_NET, &src, &dst))
			continue;
		for (unsigned k = 0; k < reply->nlayers; k++)
			if (reply->layers[k].proto == request->layers[i].proto)
				return false;
		return true;
	}
	return false;
}

static void one(struct run *r, const struct packet *reply, const struct packet *request)
{
	struct packet copy = *reply;
	uint32_t keys[ASK_KEYS], key = ask_key(&r->asking, request);
	int with, without, rc;
	bool any, found;
	unsigned n;

	r->why.n = 0;
	with = answers(reply, request, &r->why);
	without = answers(reply, request, NULL);
	r->pairs++;
	if (with != without && law_tell(&r->law, reply))
		printf("answers packet %" PRIu64 ": %d, and %d when asked why\n", request->number,
		       without, with);
	rc = without > 0 ? without : answers_anew(r->law.reg, &copy, request, &r->law.scratch);
	n = ask_keys(&r->asking, reply, keys, &any);
	found = any;
	for (unsigned i = 0; i < n; i++)
		found |= keys[i] == key;
	r->keyed += found && key;
	if (rc <= 0)
		return;
	r->answered++;
	r->anew += without <= 0;
	if (!found && !other_net(reply, request) && law_tell(&r->law, reply))
		printf("answers packet %" PRIu64 ", but no key leads there\n", request->number);
}

static void file(struct run *r, const char *path)
{
	struct law_file f = { 0 };

	law_load(&r->law, path, &f);
	for (size_t i = 0; i < f.n; i++)
		for (size_t k = i > NEAR ? i - NEAR : 0; k < f.n && k <= i + NEAR; k++)
			if (k != i)
				one(r, &f.v[i], &f.v[k]);
	law_unload(&f);
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	int i = 1;

	if (law_start(&r.law) < 0)
		return 1;
	if (i < argc && strcmp(argv[i], "-v") == 0) {
		r.law.verbose = true;
		i++;
	}
	for (; i < argc; i++)
		file(&r, argv[i]);
	printf("%" PRIu64 " pairs, %" PRIu64 " answers, %" PRIu64
	       " of them from elsewhere; %" PRIu64 " pairs have a key in common; %" PRIu64
	       " failures\n",
	       r.pairs, r.answered, r.anew, r.keyed, r.law.bad);
	/* A law about nothing holds, too. */
	if (r.answered < 1000 || r.anew < 2) {
		printf("too few answers to tell\n");
		r.law.bad++;
	}
	buf_done(&r.why);
	law_done(&r.law);
	return r.law.bad != 0;
}
