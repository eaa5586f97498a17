/* SPDX-License-Identifier: BSD-2-Clause */
/* What replay.c (when, and how much of it) and replay_way.c (by which way) share. */
#ifndef STRATA_PLAY_REPLAY_IMPL_H
#define STRATA_PLAY_REPLAY_IMPL_H

#include "core/stop.h"
#include "dissect/dissect.h"
#include "play/replay.h"
#include "play/segment.h"

#define ASKED 256 /* neighbours that are asked for at a time, before the first packet */

struct replay {
	struct replay_opts o;
	struct sender *sender[REPLAY_WAYS];
	struct pace pace;
	struct tree tree;
	struct packet part;       /* of a packet whose link header is made anew: what is in it */
	uint8_t *room;            /* a packet that is filled up */
	unsigned way;             /* that the last packet took */
	int checked[REPLAY_WAYS]; /* interface that careful.h was asked about */
	const struct iface *dev;
	int64_t last; /* time of the last packet that had one */
	uint64_t padded, rehopped, cut, parts;
	struct segmenter *segmenter;
	struct err refused; /* why a part could not leave */
	int part_rc;
	bool ahead;
	const struct hop *hop; /* of the parts */
	struct {
		struct addr dst;
		unsigned way;
	} asked[ASKED];
	unsigned nasked;
};

static inline bool replay_stopped(const struct replay *r)
{
	return stop_asked(r->o.stop) > 0;
}

/* As it is, by the interface that was said: *hop. Or to *dst, with a new link header: *out is what
 * leaves, and *hop NULL. *out borrows from p, or is p. enum replay_result. */
int replay_where(struct replay *r, unsigned way, const struct packet **out, const struct hop **hop,
		 struct addr *dst, struct err *e);
/* What leaves, and how. As replay_where. */
int replay_way(struct replay *r, unsigned way, const struct packet **out, const struct hop **hop,
	       struct err *e);

#endif
