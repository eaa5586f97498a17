/* SPDX-License-Identifier: BSD-2-Clause */
/* What edit is asked for, from its options. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"

/* A decimal factor as num / den. */
static int scale_parse(struct editing *ed, const char *text, struct err *e)
{
	const char *s = text;
	bool dot = false;

	ed->scale_num = ed->scale_den = 1;
	if (!text)
		return 0;
	ed->scale_num = 0;
	for (; isdigit((unsigned char)*s) || (*s == '.' && !dot); s++) {
		if (*s == '.') {
			dot = true;
			continue;
		}
		if (ed->scale_num > INT64_MAX / 100 || ed->scale_den > INT64_MAX / 100)
			break;
		ed->scale_num = ed->scale_num * 10 + (*s - '0');
		ed->scale_den *= dot ? 10 : 1;
	}
	if (*s || s == text || ed->scale_num == 0)
		return err_set(e, ERR_USAGE,
			       "'--scale %s': wants a factor above 0, such as 2 or 0.5", text);
	return 0;
}

static int shift_parse(struct editing *ed, const char *text, struct err *e)
{
	struct options o = { 0 };

	if (!text)
		return 0;
	bool minus = text[0] == '-';
	o.v[OPT_SHIFT] = text + (minus || text[0] == '+');
	if (opt_time(&o, OPT_SHIFT, &ed->shift, NULL) < 0)
		return err_set(e, ERR_USAGE, "'--shift %s': wants a time such as 1h or -0.5s",
			       text);
	ed->shift = minus ? -ed->shift : ed->shift;
	return 0;
}

static int link_parse(struct editing *ed, struct err *e)
{
	const char *text = ed->c->opt.v[OPT_LINK];
	uint64_t link = 0;

	if (!text || opt_has(&ed->c->opt, OPT_HEX))
		return 0;
	if (strcmp(text, "raw") == 0)
		link = LINK_RAW;
	else if (opt_u64(&ed->c->opt, OPT_LINK, 0xfffe, &link, e) < 0)
		return -1;
	ed->change.has_link = true;
	ed->change.link = (uint16_t)link;
	return 0;
}

static int remarks_parse(struct editing *ed, struct err *e)
{
	const struct options *o = &ed->c->opt;

	ed->nremarks = o->n[OPT_COMMENT];
	ed->remark = calloc(ed->nremarks + 1, sizeof(*ed->remark));
	if (!ed->remark)
		return err_set(e, ERR_IO, "no memory");
	for (unsigned i = 0; i < ed->nremarks; i++) {
		struct remark *r = &ed->remark[i];
		const char *text = o->list[OPT_COMMENT][i];
		char *end;

		r->number = strtoull(text, &end, 10);
		r->text = end + 1;
		if (!isdigit((unsigned char)*text) || *end != ':' || !end[1])
			return err_set(e, ERR_USAGE,
				       "'--comment %s': wants the number of a packet and a text: "
				       "7:look here",
				       text);
		if (strlen(r->text) > UINT16_MAX)
			return err_set(e, ERR_USAGE, "a comment has %u bytes at most", UINT16_MAX);
	}
	return 0;
}

int edit_options(struct editing *ed, struct err *e)
{
	const struct options *o = &ed->c->opt;

	if (!opt_has(o, OPT_WRITE))
		return err_set(e, ERR_USAGE, "where to? strata edit FILE... -w OUT");
	if (choice_mtu(o, false, &ed->mtu, e) < 0)
		return -1;
	ed->snaplen = PACKET_MAX;
	if (opt_u64(o, OPT_COUNT, UINT64_MAX, &ed->most, e) < 0 ||
	    opt_range(o, OPT_SNAPLEN, 1, PACKET_MAX, &ed->snaplen, e) < 0 ||
	    shift_parse(ed, o->v[OPT_SHIFT], e) < 0 || scale_parse(ed, o->v[OPT_SCALE], e) < 0 ||
	    link_parse(ed, e) < 0 || remarks_parse(ed, e) < 0)
		return -1;
	if (opt_has(o, OPT_DEDUP) && !(ed->dedup = dedup_open(o->v[OPT_DEDUP], e)))
		return -1;
	ed->change.retime = ed->shift || ed->scale_num != ed->scale_den;
	/* Nothing is left out nor made longer: lengths of sections stay true. */
	static const enum option_id less[] = { OPT_PACKETS, OPT_FROM,      OPT_TO,      OPT_WHERE,
					       OPT_COUNT,   OPT_DEDUP,     OPT_LINK,    OPT_SNAPLEN,
					       OPT_COMMENT, OPT_SPLIT,     OPT_SET,     OPT_MAP,
					       OPT_SUMS,    OPT_ANONYMISE, OPT_SEGMENT, OPT_NONE };
	ed->change.whole = !ed->change.retime && !ed->choice.filter.text;
	for (unsigned i = 0; less[i] != OPT_NONE; i++)
		ed->change.whole &= !opt_has(o, less[i]);
	return 0;
}
