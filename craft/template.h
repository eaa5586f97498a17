/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet prepared once, of which only what varies is rewritten: for sweeps. No allocation and no
 * libnet call for each packet, unless what varies changes the packet's structure. */
#ifndef STRATA_CRAFT_TEMPLATE_H
#define STRATA_CRAFT_TEMPLATE_H

#include "core/plan.h"

struct template;

/* Crafts p as it stands (its sweeps at some step) and finds out what can be patched. p is borrowed
 * until template_close. */
struct template *template_open(struct plan *p, struct err *e);
void template_close(struct template *t);

/* The packet for the values that p's says hold now. Borrowed until the next call. NULL: e (a value
 * does not fit). */
const struct packet *template_next(struct template *t, struct err *e);

/* plan_step and template_next in one, which is fastest where steps follow each other. The plan's
 * says need not have the values of this step afterwards. */
const struct packet *template_at(struct template *t, uint64_t i, uint64_t seed, struct err *e);

/* The packet of step i into a frame of the caller's that holds any packet of this template:
 * template_step, as above, then template_put. False: plan_step, then template_next. */
bool template_step(struct template *t, uint64_t i, uint64_t seed);
void template_put(struct template *t, uint8_t *frame);

/* False: each packet is built anew, and why (a sentence). */
bool template_patches(const struct template *t, const char **why);
/* May the structure of a packet hang on the value of this field of p? Where it varies, the packet
 * may have to be built anew. */
bool template_hangs(const struct proto *p, const struct field *f);
/* The build behind it: trees, notes. Trees stand for the first packet's structure. */
const struct build *template_build(const struct template *t);

#endif
