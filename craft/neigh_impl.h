/* SPDX-License-Identifier: BSD-2-Clause */
/* What neigh.c (who is asked, and when) and neigh_question.c (in which words) share. */
#ifndef STRATA_CRAFT_NEIGH_IMPL_H
#define STRATA_CRAFT_NEIGH_IMPL_H

#include "core/buf.h"
#include "core/tree.h"
#include "craft/route.h"

/* The EtherType of questions and answers about addresses of a family. */
uint16_t neigh_ethertype(int family);
/* The question as an Ethernet frame, appended. */
int neigh_question(const struct neigh_ask *n, struct buf *frame, struct err *e);
/* Does a frame tell an address (who, without scope) and where it is (mac)? t: scratch. */
bool neigh_heard(const struct registry *reg, int family, const uint8_t *p, uint32_t len,
		 struct tree *t, struct addr *who, uint8_t mac[8]);

#endif
