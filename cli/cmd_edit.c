/* SPDX-License-Identifier: BSD-2-Clause */
/* strata edit: capture files into other ones: chosen, merged, cut, moved in time, converted. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"
#include "cli/privs.h"
#include "cli/rotate.h"
#include "cli/seal.h"
#include "core/said.h"
#include "dissect/dissect.h"

__extension__ typedef __int128 wide;

static const char *const examples[] = {
	"edit big.pcapng -w small.pcapng --packets 1-100",
	"the first hundred packets; names, comments, secrets stay",
	"edit a.pcap b.pcapng -w both.pcapng",
	"merged by time",
	"edit old.pcap -w new.pcapng.zst",
	"another format, compressed",
	"edit a.pcap -w dns.pcap --where dns --from +10s --to +20s",
	"what the filter wants, of ten seconds",
	"edit a.pcap -w slow.pcap --shift -1h --scale 10",
	"an hour earlier, ten times as slow",
	"edit a.pcap -w part.pcap --split 1000",
	"part_00001.pcap and so on, of a thousand packets each",
	"edit a.pcap -w b.pcap --set 'ip ttl=9' --map 10.0.0.0/24=10.9.9.0/24",
	"fields and addresses, with the checksums over them",
	"edit a.pcap -w shared.pcap --anonymise 'a secret of mine'",
	"other addresses in all its layers, the same ones in every file",
	"edit a.pcapng -w b.pcapng --comment '7:here it went wrong'",
	"a note for the next reader",
	NULL,
};
static const enum option_id options[] = { OPT_WRITE,   OPT_PACKETS, OPT_FROM,  OPT_TO,
					  OPT_WHERE,   OPT_COUNT,   OPT_DEDUP, OPT_APPEND,
					  OPT_SNAPLEN, OPT_SHIFT,   OPT_SCALE, OPT_LINK,
					  OPT_COMMENT, OPT_SPLIT,   OPT_HEX,   OPT_RESOLVE,
					  OPT_SET,     OPT_MAP,     OPT_SUMS,  OPT_ANONYMISE,
					  OPT_SEGMENT, OPT_NONE };

/* ---- a packet ---- */

/* 1 taken, 0 not, -1 e. */
static int choose(struct editing *ed, struct packet *p, struct err *e)
{
	int rc = choice_packet(&ed->choice, p, e);

	if (rc > 0 && ed->dedup) {
		int seen = dedup_seen(ed->dedup, p);
		if (seen < 0)
			return err_set(e, ERR_IO, "no memory");
		ed->duplicates += seen > 0;
		return !seen;
	}
	return rc;
}

/* Begin with the first layer that the link type can begin with. False: there is none. */
static bool change_link(struct editing *ed, struct packet *p)
{
	struct packet q;

	if (p->link == ed->change.link)
		return true;
	dissect_with(ed->c->reg, p, &ed->choice.show.scratch);
	for (unsigned i = 0; i < p->nlayers; i++) {
		if (p->layers[i].flags & LAYER_QUOTED)
			break;
		q = packet_part(p, i, ed->change.link);
		dissect_with(ed->c->reg, &q, &ed->choice.show.scratch);
		if (!q.nlayers || q.layers[0].proto != p->layers[i].proto ||
		    (q.layers[0].flags & LAYER_GUESS))
			continue;
		*p = q;
		return true;
	}
	return false;
}

/* False: no file has room for that time. */
static bool change_time(const struct editing *ed, struct packet *p)
{
	wide t = (wide)p->when - ed->choice.first;

	t = t * ed->scale_num;
	t = (t >= 0 ? t + ed->scale_den / 2 : t - ed->scale_den / 2) / ed->scale_den;
	t += (wide)ed->choice.first + ed->shift;
	if (t < 0 || t > INT64_MAX)
		return false;
	p->when = (int64_t)t;
	return true;
}

/* Append the remarks of this packet to what its file says of it. */
static void remark(struct editing *ed, struct packet *p, struct packet_said *said)
{
	bool any = false;

	for (unsigned i = 0; i < ed->nremarks; i++) {
		struct remark *r = &ed->remark[i];

		if (r->number != p->number)
			continue;
		if (!any) {
			ed->said.n = 0;
			*said = p->said ? *p->said : (struct packet_said) { 0 };
			buf_put(&ed->said, said->options, said->len);
		}
		any = r->used = true;
		said_put(&ed->said, said->swap, SAID_COMMENT, r->text, strlen(r->text));
	}
	if (!any)
		return;
	said->options = (const uint8_t *)ed->said.p;
	said->len = (uint32_t)ed->said.n;
	p->said = said;
}

/* What was chosen and changed: enum sink_result. */
static int finish(struct editing *ed, struct packet *p, struct err *e)
{
	struct packet_said said;

	if (ed->change.has_link && !change_link(ed, p)) {
		ed->no_link++;
		return SINK_OK;
	}
	if (p->len > ed->snaplen)
		p->len = (uint32_t)ed->snaplen;
	if (ed->change.retime && !(p->flags & PACKET_NO_TIME) && !change_time(ed, p)) {
		ed->too_far++;
		return SINK_OK;
	}
	remark(ed, p, &said);
	if (ed->said.failed)
		return err_set(e, ERR_IO, "no memory");
	return sink_write(ed->sink, p, e);
}

static int part(void *ctx, const struct packet *p)
{
	struct editing *ed = ctx;
	struct packet q = *p;

	ed->part_rc = finish(ed, &q, &ed->bad);
	return ed->part_rc != SINK_OK;
}

/* In parts that fit, where that was asked for. */
static int in_parts(struct editing *ed, struct packet *p, struct err *e)
{
	uint32_t room = ed->mtu;
	struct err why = { 0 };
	int n;

	if (p->len > room)
		room += segment_front(ed->segmenter, p);
	if (p->len <= room)
		return finish(ed, p, e);
	n = segment(ed->segmenter, p, room, part, ed, &why);
	if (n < 0)
		return err_set(e, ERR_IO, "%s", why.msg);
	if (n > 0) {
		ed->cut++;
		if (ed->part_rc != SINK_OK)
			*e = ed->bad;
		return ed->part_rc;
	}
	if (!ed->uncut++)
		say(ed->c, "packet %" PRIu64 " stays as long as it is: %s", p->number, why.msg);
	return finish(ed, p, e);
}

/* enum sink_result. */
static int edit_packet(struct editing *ed, struct packet *p, struct err *e)
{
	int rc = choose(ed, p, e);

	if (rc <= 0)
		return rc < 0 ? SINK_ERROR : SINK_OK;
	if (choice_change(&ed->choice, p, e) < 0)
		return SINK_ERROR;
	return ed->segmenter ? in_parts(ed, p, e) : finish(ed, p, e);
}

/* ---- all of them ---- */

static int edit_all(struct editing *ed, struct err *e)
{
	struct packet p = { 0 };
	int rc = SINK_OK;

	while (rc == SINK_OK && (!ed->most || sink_count(ed->sink) < ed->most) &&
	       !choice_over(&ed->choice, ed->read + 1) && input_next(&ed->in, &p, &ed->read))
		rc = edit_packet(ed, &p, e);
	return rc;
}

static void tell(const struct editing *ed)
{
	char line[300];
	const struct {
		uint64_t n;
		const char *what;
	} v[] = { { ed->choice.changed, "changed" },
		  { ed->cut, "cut up" },
		  { ed->uncut, "too long, and not to be cut" },
		  { ed->duplicates, "duplicates left out" },
		  { ed->no_link, "left out: nothing in them can begin with that link type" },
		  { ed->too_far, "left out: no file has room for their time" },
		  { ed->dedup ? dedup_forgot(ed->dedup) : 0,
		    "forgotten before the window was over: there may be more duplicates" } };
	int n = snprintf(line, sizeof(line), "%" PRIu64 " read, %" PRIu64 " written", ed->read,
			 sink_safe(ed->sink));

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (v[i].n && n < (int)sizeof(line))
			n += snprintf(line + n, sizeof(line) - (size_t)n, ", %" PRIu64 " %s",
				      v[i].n, v[i].what);
	if (sink_files(ed->sink) > 1 && n < (int)sizeof(line))
		snprintf(line + n, sizeof(line) - (size_t)n, ", in %u files", sink_files(ed->sink));
	input_tell(&ed->in, ed->c);
	choice_tell(&ed->choice);
	say(ed->c, "%s", line);
	for (unsigned i = 0; i < ed->nremarks; i++)
		if (!ed->remark[i].used)
			say(ed->c, "packet %" PRIu64 " was not written, nor its comment",
			    ed->remark[i].number);
	if (ed->mixed)
		say(ed->c, "%s is a pcapng: its packets are of several link types",
		    ed->c->opt.v[OPT_WRITE]);
	tell_lost(ed->c, ed->sink);
}

static int open_all(struct editing *ed, int n, struct err *e)
{
	const struct options *o = &ed->c->opt;
	uint64_t link = LINK_ETHERNET;
	struct source_options so = { .hex = opt_has(o, OPT_HEX), .want_link = true };
	struct privs_opts po = { .keep_uid = !getenv("SUDO_UID") };

	if (so.hex && opt_u64(o, OPT_LINK, 0xfffe, &link, e) < 0)
		return -1;
	so.link = (uint16_t)link;
	if (input_open(&ed->in, n, ed->c->argv, &so, opt_has(o, OPT_APPEND), e) < 0 ||
	    choice_open(&ed->choice, source_link(ed->in.src[0]), e) < 0)
		return -1;
	if (opt_has(o, OPT_SEGMENT) && !(ed->segmenter = segmenter_open(ed->c->reg, e)))
		return -1;
	struct sink_options ko = { .avoid = ed->in.ids,
				   .navoid = (unsigned)n,
				   .late = true,
				   .one_section = !ed->in.append };
	ko.link = ed->change.has_link ? ed->change.link : source_link(ed->in.src[0]);
	ko.has_link = ko.link != LINK_NONE;
	/* Known now, it need not be found out half-way. */
	for (int i = 1; i < n && !ed->change.has_link; i++)
		if (source_link(ed->in.src[i]) != source_link(ed->in.src[0]))
			ko.format = SINK_PCAPNG;
	ed->mixed = ko.format == SINK_PCAPNG && !strstr(o->v[OPT_WRITE], ".pcapng");
	if (opt_rotate(o, OPT_SPLIT, &ko.rotate, e) < 0 || privs_drop(&po, e) < 0)
		return -1;
	ed->sink = sink_open(o->v[OPT_WRITE], &ko, e);
	if (!ed->sink)
		return -1;
	/* Names, comments and secrets of the files would say what is to be forgotten. */
	for (int i = 0; i < n && !opt_has(o, OPT_ANONYMISE); i++)
		if (sink_attach(ed->sink, ed->in.src[i], &ed->change, e) < 0)
			return -1;
	return 0;
}

static int run_edit(struct cli *c)
{
	struct editing ed = { .c = c };
	struct err e = { 0 };
	int rc = -1, n;

	if (c->argc == 0)
		return fail(c, ERR_USAGE, "which file? strata edit FILE... [FILTER] -w OUT");
	n = words_files(c->argc, c->argv);
	if (choice_options(&ed.choice, c, n, &e) < 0 || edit_options(&ed, &e) < 0 ||
	    load_registry(c, &e) < 0 || open_all(&ed, n, &e) < 0)
		goto out;
	/* Everything is open: what follows looks at strangers' bytes, without any right. */
	seal(&(struct seal_opts) { .write_path = c->opt.v[OPT_WRITE] });
	rc = edit_all(&ed, &e);
	/* What is told to be written is. */
	if (rc == SINK_OK)
		rc = sink_flush(ed.sink, &e);
	tell(&ed);
out:
	if (sink_close(ed.sink, rc == SINK_ERROR ? NULL : &e) == SINK_ERROR)
		rc = SINK_ERROR;
	if (rc != SINK_ERROR && ed.in.bad.code) {
		e = ed.in.bad;
		rc = SINK_ERROR;
	}
	choice_close(&ed.choice);
	input_close(&ed.in);
	dedup_close(ed.dedup);
	segmenter_close(ed.segmenter);
	buf_done(&ed.said);
	free(ed.remark);
	if (rc == SINK_ERROR)
		return print_err(c, &e);
	return ed.too_far ? EXIT_LOST : EXIT_DONE;
}

const struct command cmd_edit = {
	.name = "edit",
	.line = "choose, merge, convert capture files",
	.usage = "FILE... [FILTER] -w OUT",
	.example = examples,
	.option = options,
	.run = run_edit,
	.more = "Several files are merged by time, unless --append. OUT is pcap or pcapng, "
		"compressed if its\nname ends in .gz or .zst. In this order: --packets (numbers "
		"count over all files), --from,\n--to, FILTER, --where, --dedup, --set, --map, "
		"--anonymise and --sums, --segment, --link,\n--snaplen, --shift and --scale, "
		"--comment. What is not changed is written as it was;\nwhat OUT has no place for "
		"is told.",
};
