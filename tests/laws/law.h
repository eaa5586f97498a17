/* SPDX-License-Identifier: BSD-2-Clause */
/* What the laws share: a registry of all protocols, the packets of a file, random numbers that hang
 * on the packet alone, and the telling of failures. */
#ifndef STRATA_TESTS_LAW_H
#define STRATA_TESTS_LAW_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/plan.h"
#include "core/registry.h"
#include "dissect/dissect.h"
#include "dissect/heard.h"
#include "notation/notation.h"

struct trial {
	struct registry *reg; /* built-ins and examples */
	struct printer *printer;
	struct tree scratch;
	const char *file; /* of the packet that is tried, without its folders */
	uint64_t salt;    /* -s: another run of random numbers */
	uint64_t random;
	bool verbose; /* -v: tell every failure, not ten */
	uint64_t bad;
};

struct law_file {
	struct packet *v; /* numbered, dissected, each in a buffer of exactly its size */
	size_t n;
	struct heard *heard; /* what the packets taught of the records of those after them */
};

/* Options that most laws have: -s SALT, -v, and with times -n TIMES. The files begin at optind.
 * false: there is another one. */
bool law_options(struct trial *l, int argc, char **argv, unsigned *times);

/* 0; or -1, and it is told. */
int law_start(struct trial *l);
void law_done(struct trial *l);

/* Read all packets of a file; l->file becomes its name. One that cannot be read is told and counted
 * as bad, and holds nothing. */
void law_load(struct trial *l, const char *path, struct law_file *out);
void law_unload(struct law_file *f);

/* Random numbers anew, from the file's name, the packet's number and the salt: what is tried with a
 * packet does not hang on the other packets and files. */
void law_seed(struct trial *l, const struct packet *p);
uint64_t law_random(struct trial *l);

/* Count a failure and begin to tell it ("file packet 7: "); false: enough was told. */
bool law_tell(struct trial *l, const struct packet *p);

#endif
