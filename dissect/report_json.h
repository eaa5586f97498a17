/* SPDX-License-Identifier: BSD-2-Clause */
/* Between report_json.c (the packet) and report_json_node.c (its fields). */
#ifndef STRATA_DISSECT_REPORT_JSON_H
#define STRATA_DISSECT_REPORT_JSON_H

#include "dissect/report_impl.h"

struct json {
	struct report *r;
	const struct packet *p;
	unsigned layer;
	const struct tree *t;
	struct buf *out;
	bool comma; /* something stands before the next member */
	bool flat;
	size_t nprefix;
	char prefix[400]; /* flat: what stands before a key */
};

/* The comma, the key and the colon of a member. */
void json_key(struct json *j, const char *name, const char *suffix);
void json_string(struct json *j, const void *s, size_t n);
void json_unsigned(struct json *j, uint64_t v);
/* A node as a member, or (name NULL) as a value in an array. */
void json_node(struct json *j, uint32_t at, const char *name);
/* The members of a record, or the items of a list. */
void json_children(struct json *j, uint32_t at);

#endif
