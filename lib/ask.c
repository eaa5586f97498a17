/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions and their answers, told to the caller. */
#include "play/ask.h"

#include <stdlib.h>
#include <string.h>

#include "dissect/answers.h"
#include "lib/lib.h"
#include "notation/notation.h"

_Static_assert((int)STRATA_VIA_AUTO == ASK_AUTO && (int)STRATA_VIA_LINK == ASK_LINK &&
		       (int)STRATA_VIA_IP == ASK_IP && (int)STRATA_VIA_STREAM == ASK_STREAM &&
		       (int)STRATA_VIA_DATAGRAM == ASK_DATAGRAM,
	       "the public words are ours");

struct teller {
	strata_answer_fn *fn;
	void *ctx;
	struct strata_packet *request, *reply;
};

static int tell(void *ctx, const struct ask_result *r)
{
	struct teller *t = ctx;
	struct strata_answer a = { .probe = r->probe,
				   .attempt = r->attempt,
				   .answers = r->answers,
				   .rtt = r->rtt,
				   .final = r->final };

	switch (r->event) {
	case ASK_ANSWER: a.event = STRATA_ANSWER; break;
	case ASK_SILENT:
		a.event = STRATA_SILENT;
		a.why = r->why;
		break;
	case ASK_FAILED:
		a.event = STRATA_UNSENT;
		a.why = r->why;
		break;
	default: return 0;
	}
	if (!t->fn)
		return 0;
	if (r->request) {
		packet_borrow(t->request, r->request);
		a.request = t->request;
	}
	if (r->event == ASK_ANSWER) {
		packet_borrow(t->reply, r->reply);
		a.reply = t->reply;
		a.error = r->request && answers(r->reply, r->request, NULL) == ANSWER_ERROR;
	}
	return t->fn(t->ctx, &a);
}

int64_t strata_ask(const struct strata *s, const char *text, const struct strata_ask_options *o,
		   strata_answer_fn *fn, void *ctx, struct strata_error *e)
{
	static const struct strata_ask_options plain;
	struct teller t = { .fn = fn, .ctx = ctx };
	struct plan *p = calloc(1, sizeof(*p));
	struct ask_stats st = { 0 };
	struct err why = { 0 };
	int rc = -1;

	o = o ? o : &plain;
	t.request = strata_packet_new(s);
	t.reply = strata_packet_new(s);
	if (!p || !t.request || !t.reply)
		err_set(&why, ERR_IO, "no memory");
	else if (o->via < STRATA_VIA_AUTO || o->via > STRATA_VIA_DATAGRAM)
		err_set(&why, ERR_USAGE, "there is no such way to send: via %d", o->via);
	else if (plan_parse(p, s->reg, text, strlen(text), s->plan_flags, &why) == 0) {
		struct ask_opts ao = { .ifname = o->device,
				       .via = (enum ask_via)o->via,
				       .timeout = o->timeout,
				       .deadline = o->deadline,
				       .retry = o->retry,
				       .rate = rate_packets(o->rate),
				       .seed = lib_seed(o->seed),
				       .all = o->all,
				       .until_answered = o->until_answered,
				       .in_order = o->in_order,
				       .i_may = o->i_may,
				       .stop = o->stop,
				       .tell = tell,
				       .ctx = &t };

		rc = ask(p, &ao, &st, &why);
	}
	strata_packet_free(t.request);
	strata_packet_free(t.reply);
	if (p)
		plan_done(p);
	free(p);
	return rc < 0 ? lib_fail(e, &why) : (int64_t)st.answered;
}
