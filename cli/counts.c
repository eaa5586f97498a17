/* SPDX-License-Identifier: BSD-2-Clause */
/* The counts at the end. */
#include "cli/counts.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "dissect/report.h"

static void as_words(struct buf *b, const struct count *v)
{
	size_t n = strcspn(v->words, "#");

	if (v->quiet || v->unknown)
		return;
	if (b->n && *v->words != ' ')
		buf_str(b, ", ");
	buf_put(b, v->words, n);
	if (v->words[n]) {
		buf_u64(b, v->n);
		buf_str(b, v->words + n + 1);
	}
}

static void as_json(struct buf *b, const struct count *v)
{
	if (!v->key)
		return;
	buf_fmt(b, ",\"%s\":", v->key);
	if (v->unknown)
		buf_str(b, "null");
	else
		buf_u64(b, v->n);
}

void count_losses(struct count v[COUNT_LOSSES], const struct source_stats *st, bool queued)
{
	const struct count rows[COUNT_LOSSES] = {
		{ "dropped_kernel", "# dropped by the kernel", st->dropped, .unknown = !st->known },
		{ NULL, "the kernel's drops are not known", 0, .quiet = st->known },
		{ "dropped_interface", "# by the interface", st->if_dropped,
		  .unknown = !st->if_known },
		{ NULL, "the interface's are not known", 0, .quiet = st->if_known },
		{ "dropped_queue", "# by the queue", st->queue_dropped, .quiet = !queued },
		{ "left", "# not looked at any more", st->left, .quiet = !st->left },
	};

	memcpy(v, rows, sizeof(rows));
}

void say_counts(const struct cli *c, int form, const struct count *v, unsigned n)
{
	bool json = form == REPORT_JSON || form == REPORT_FLAT;
	struct buf b = { 0 };

	if (json)
		buf_str(&b, "{\"v\":1");
	for (unsigned i = 0; i < n; i++)
		(json ? as_json : as_words)(&b, &v[i]);
	if (!json)
		say(c, "%s", buf_cstr(&b));
	else if (!opt_has(&c->opt, OPT_QUIET))
		fprintf(stderr, "%s}\n", buf_cstr(&b));
	buf_done(&b);
}
