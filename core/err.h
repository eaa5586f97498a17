/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors that a person must read: a sentence and, for anything a user typed, the place in their
 * text. */
#ifndef STRATA_CORE_ERR_H
#define STRATA_CORE_ERR_H

#include <stddef.h>
#include <stdint.h>

enum err_code {
	ERR_NONE = 0,
	ERR_USAGE = 2, /* wrong usage, notation, filter or protocol file */
	ERR_PERM = 3,  /* not permitted: capability, file rights */
	ERR_IO = 4,    /* device, file, network, memory */
};

struct err {
	int code;           /* enum err_code; also the exit code */
	uint32_t lineno;    /* 1-based line in the user's text; 0: no place */
	uint32_t col, span; /* 1-based column (bytes) and width of what is wrong */
	char msg[480];      /* one sentence, no newline, control bytes already escaped */
	char name[256];     /* whose text: a file's name, or "" for the command line */
	char line[512]; /* that line of the text, cut around col if long; a control byte is '?' */
	uint32_t cut; /* bytes of the line cut off before line[0]: col stands at line[col - 1 - cut]
		       */
};

/* Set the error and return -1. e may be NULL. A second error does not overwrite the first. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same with a place: byte offset at and width span within text[0..len). */
int err_at(struct err *e, const char *name, const char *text, size_t len, size_t at, size_t span,
	   const char *fmt, ...) __attribute__((format(printf, 7, 8)));
void err_clear(struct err *e);

#endif
