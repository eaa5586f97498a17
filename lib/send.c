/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets onto the wire. */
#include <stdlib.h>
#include <string.h>

#include "craft/aim.h"
#include "craft/pace.h"
#include "craft/sender.h"
#include "craft/template.h"
#include "lib/lib.h"
#include "notation/notation.h"
#include "play/careful.h"

struct strata_sender {
	const struct strata *s;
	struct sender *sender;
	struct strata_send_options o;
	bool has_device;
	uint64_t seed, sent;
	struct tree scratch;
	struct plan plan; /* of the text being sent */
	struct aim *aim;
	struct template *tmpl;
	int checked; /* interface that the rules of care have been asked about */
	struct sent last;
};

struct strata_sender *strata_sender_open(const struct strata *s,
					 const struct strata_send_options *o,
					 struct strata_error *e)
{
	static const struct strata_send_options plain;
	static const enum sender_via vias[] = { VIA_AUTO, VIA_LINK, VIA_IP };
	struct strata_sender *sd = calloc(1, sizeof(*sd));
	struct err why = { 0 };

	if (!sd)
		return no_memory_at(e);
	sd->s = s;
	sd->o = o ? *o : plain;
	sd->seed = lib_seed(sd->o.seed);
	if (sd->o.via < STRATA_VIA_AUTO || sd->o.via > STRATA_VIA_IP) {
		err_set(&why, ERR_USAGE,
			"a sender is for raw packets: STRATA_VIA_AUTO, _LINK or _IP");
	} else {
		struct sender_opts so = { .reg = s->reg,
					  .ifname = sd->o.device,
					  .via = vias[sd->o.via],
					  .stop = sd->o.stop };

		sd->sender = sender_open(&so, &why);
	}
	/* The name is the caller's and need not live longer. */
	sd->has_device = sd->o.device != NULL;
	sd->o.device = NULL;
	if (sd->sender)
		return sd;
	lib_fail(e, &why);
	strata_sender_close(sd);
	return NULL;
}

void strata_sender_close(struct strata_sender *sd)
{
	if (!sd)
		return;
	sender_close(sd->sender);
	tree_done(&sd->scratch);
	plan_done(&sd->plan);
	free(sd);
}

/* The rules of care, asked once for each interface. build NULL: a packet as it is. */
static int careful(struct strata_sender *sd, const struct iface *dev, uint64_t total, struct err *e)
{
	struct careful_facts f = { .dev = dev, .packets = total, .rate = rate_packets(sd->o.rate) };
	char why[240];

	if (sd->o.i_may || sd->checked == dev->index)
		return 0;
	if (sd->tmpl) {
		f.build = template_build(sd->tmpl);
		f.spoofed = aim_spoofs(sd->aim);
		f.destinations = careful_destinations(&sd->plan);
	} else {
		f.replay = true;
	}
	if (careful_check(&f, why) != CAREFUL_FINE)
		return err_set(e, ERR_USAGE, "%s", why);
	sd->checked = dev->index;
	return 0;
}

static int send_step(struct strata_sender *sd, uint64_t i, uint64_t total, struct err *e)
{
	const struct packet *p;
	const struct hop *hop;

	plan_step(&sd->plan, i, sd->seed);
	if (aim_step(sd->aim, true, e))
		return -1;
	hop = aim_hop(sd->aim);
	p = template_next(sd->tmpl, e);
	if (!p || careful(sd, &hop->route.dev, total, e) ||
	    sender_ready(sd->sender, hop, p->link, e) ||
	    sender_send_by(sd->sender, hop, p, &sd->last, e))
		return -1;
	sd->sent++;
	return 0;
}

static int send_all(struct strata_sender *sd, struct err *e)
{
	uint64_t total = plan_count(&sd->plan);
	struct pace pace;

	pace_init(&pace, rate_packets(sd->o.rate));
	for (uint64_t i = 0; i < total; i++) {
		if (!pace_wait(&pace, pace_next(&pace, 0), sd->o.stop))
			return 0;
		if (send_step(sd, i, total, e))
			return -1;
	}
	return 0;
}

int64_t strata_send(struct strata_sender *sd, const char *text, struct strata_error *e)
{
	struct plan *p = &sd->plan;
	uint64_t before = sd->sent;
	struct err why = { 0 };
	int rc = -1;

	/* Each call has fresh values of its own. */
	sd->seed++;
	sd->checked = 0;
	if (plan_parse(p, sd->s->reg, text, strlen(text), sd->s->plan_flags, &why) == 0 &&
	    plan_fresh(p, &why) >= 0) {
		plan_step(p, 0, sd->seed);
		sd->aim = aim_open(p, sd->sender, &why);
		sd->tmpl = sd->aim ? template_open(p, &why) : NULL;
		if (sd->tmpl)
			rc = send_all(sd, &why);
	}
	template_close(sd->tmpl);
	aim_close(sd->aim);
	sd->tmpl = NULL;
	sd->aim = NULL;
	return rc < 0 ? lib_fail(e, &why) : (int64_t)(sd->sent - before);
}

int strata_send_packet(struct strata_sender *sd, const struct strata_packet *p,
		       struct strata_error *e)
{
	const struct packet *pkt = &p->pkt;
	struct addr src, dst;
	struct err why = { 0 };
	const struct hop *hop = NULL;
	bool bare = pkt->link == LINK_RAW || pkt->link == LINK_IPV4 || pkt->link == LINK_IPV6;

	sd->checked = 0;
	/* A whole frame needs no next hop where the device was said. */
	if ((bare || !sd->has_device) && packet_ends(pkt, &sd->scratch, &src, &dst) >= 0 &&
	    dst.family)
		hop = sender_hop(sd->sender, &dst, &src, bare ? HOP_MAC : HOP_ANY, &why);
	else if (bare)
		err_set(&why, ERR_USAGE, "the packet names no destination");
	else
		hop = sender_hop(sd->sender, NULL, NULL, HOP_ANY, &why);
	if (!hop || careful(sd, &hop->route.dev, 1, &why) ||
	    sender_ready(sd->sender, hop, pkt->link, &why) ||
	    sender_send_by(sd->sender, hop, pkt, &sd->last, &why))
		return lib_fail(e, &why);
	sd->sent++;
	return 0;
}

uint64_t strata_sender_sent(const struct strata_sender *sd)
{
	return sd->sent;
}

const char *strata_sender_note(const struct strata_sender *sd)
{
	return sd->last.note;
}
