/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of capture files for edit and replay: several files in one order, and which packets of
 * them are taken. */
#ifndef STRATA_CLI_CHOICE_H
#define STRATA_CLI_CHOICE_H

#include "capture/bpf.h"
#include "capture/source.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "cli/words.h"
#include "play/rewrite.h"

/* ---- input.c: files as one sequence ---- */

struct input {
	struct source **src;
	struct file_id *ids;
	struct packet *head; /* merging: the next packet of each */
	bool *has;           /* head is there */
	int n, at;           /* files; the one being read */
	bool append, begun;
	bool over;        /* a signal came */
	struct err bad;   /* what the first damaged file said */
	uint64_t earlier; /* packets whose time is before that of the one before them */
	int64_t last;
};

int input_open(struct input *in, int n, char **paths, const struct source_options *so, bool append,
	       struct err *e);
/* The next packet, numbered from 1 over all files: 1, 0 at the end. A damaged file ends there, and
 * the others go on; in->bad says so. */
int input_next(struct input *in, struct packet *p, uint64_t *number);
/* Say what has to be said of each file. */
void input_tell(const struct input *in, const struct cli *c);
void input_close(struct input *in);

/* ---- choice.c ---- */

struct numbers { /* 1-10,20,30- */
	struct {
		uint64_t from, to;
	} * v;
	unsigned n;
};

struct moment { /* a time of the clock, or one after the first packet */
	bool set, after;
	int64_t ns;
};

struct choice { /* --packets, --from, --to, FILTER, --where; and what is changed of them */
	struct cli *c;
	struct showing show; /* --where and patterns */
	struct filter_words filter;
	struct bpf *bpf;
	struct numbers numbers;
	struct moment from, to;
	int64_t first; /* the time of the first packet that has one */
	bool begun;
	struct rewrite *rewrite; /* --set, --map, --anonymise, --sums; NULL: nothing changes */
	uint64_t changed;        /* packets */
};

/* Read the options, and the words behind nfiles files. Zero-initialised. -1: e. */
int choice_options(struct choice *ch, struct cli *c, int nfiles, struct err *e);
/* --segment: an MTU, or where there is an interface its own (mtu), as UINT32_MAX. -1: e. */
int choice_mtu(const struct options *o, bool interface, uint32_t *mtu, struct err *e);
/* After load_registry. link: of what pcap-filter text is about. -1: e. */
int choice_open(struct choice *ch, uint16_t link, struct err *e);
/* None of number n or above is taken: what follows need not be read. */
bool choice_over(const struct choice *ch, uint64_t n);
/* The next packet in order: 1 taken, 0 not, -1 e. It is dissected where that was asked. */
int choice_packet(struct choice *ch, struct packet *p, struct err *e);
/* Change a packet that was taken. 0; -1: e. */
int choice_change(struct choice *ch, struct packet *p, struct err *e);
/* Say what could not be changed. */
void choice_tell(const struct choice *ch);
void choice_close(struct choice *ch);

#endif
