/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables as text, JSON (an object a row) or CSV, by the form that was asked for. */
#ifndef STRATA_CLI_TABLE_H
#define STRATA_CLI_TABLE_H

#include "cli/show.h"

#define TABLE_CELLS 20

enum cell_form { CELL_TEXT, CELL_NUMBER, CELL_SECONDS };

struct table_column {
	const char *name; /* the key of JSON and the head of CSV; NULL: the last one was before */
	const char *head; /* of the text */
	enum cell_form form;
	int width; /* of the text */
};

struct table_cell {
	const char *text;
	uint64_t num; /* seconds: nanoseconds; UINT64_MAX: not known */
};

/* Is a table printed in this form? */
bool table_form(int form);
void table_heads(struct showing *show, const struct table_column *c);
/* enum show_result. */
int table_row(struct showing *show, const struct table_column *c, const struct table_cell *v,
	      struct err *e);
/* The width of a column that had `have` once text stands in it; what is very long does not count.
 */
int table_width(int have, const char *text);

#endif
