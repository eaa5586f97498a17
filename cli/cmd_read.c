/* SPDX-License-Identifier: BSD-2-Clause */
/* strata read: capture files, taken apart. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source.h"
#include "cli/crew.h"
#include "cli/follow.h"
#include "cli/privs.h"
#include "cli/seal.h"
#include "cli/show.h"
#include "cli/signals.h"
#include "cli/threads.h"
#include "cli/words.h"

static const char *const examples[] = {
	"read file.pcap",
	"one line a packet",
	"read file.pcap tcp port 80",
	"pcap-filter, as in tcpdump",
	"read file.pcap tcp dport=80 flags=S",
	"a pattern in the notation of packets",
	"read file.pcap --where 'dns.qr == 1 && ip.ttl < 64'",
	"a display filter over every field",
	"read file.pcap --as expr",
	"each packet as the text that crafts it",
	"read a.pcap b.pcapng.gz --as json --fields ip.src,tcp.dport",
	"fields for a program",
	"read --hex --link 101 dump.txt",
	"bytes as text: a packet a line, or a dump with offsets",
	"read file.pcap udp -w udp.pcap",
	"write the chosen ones",
	"read file.pcap --reassemble",
	"also what was cut into fragments or segments, whole",
	"read file.pcap --follow tcp:0",
	"what both sides of the first TCP connection said",
	"read file.pcap --stats conv",
	"a table of conversations; or of hosts, protocols, time",
	"read file.pcap --notes",
	"what is wrong: checksums, lengths, rules; where, and how often",
	NULL,
};
static const enum option_id options[] = { OPT_AS,       OPT_FIELDS,  OPT_DOC,   OPT_SPANS,
					  OPT_WHERE,    OPT_COUNT,   OPT_WRITE, OPT_RESOLVE,
					  OPT_SNAPLEN,  OPT_HEX,     OPT_LINK,  OPT_REASSEMBLE,
					  OPT_FOLLOW,   OPT_STATS,   OPT_NOTES, OPT_OVERLAP,
					  OPT_INTERVAL, OPT_THREADS, OPT_NONE };

struct reading {
	struct cli *c;
	struct showing show;
	struct following follow;
	struct filter_words filter;
	struct crew *crew; /* several threads; NULL */
	struct source **src;
	struct file_id *ids;
	int n;
	uint64_t most; /* -c */
};

static int open_files(struct reading *r, char **paths, struct err *e)
{
	uint64_t snaplen = 0, link = LINK_ETHERNET;
	struct source_options so = { .resolve = opt_has(&r->c->opt, OPT_RESOLVE) };

	if (opt_range(&r->c->opt, OPT_SNAPLEN, 1, PACKET_MAX, &snaplen, e) < 0 ||
	    opt_u64(&r->c->opt, OPT_LINK, 0xfffe, &link, e) < 0)
		return -1;
	so.hex = opt_has(&r->c->opt, OPT_HEX);
	so.want_link = true;
	so.link = (uint16_t)link;
	so.snaplen = (unsigned)snaplen;
	so.filter = r->filter.pattern ? NULL : r->filter.text;
	r->src = calloc((size_t)r->n, sizeof(*r->src));
	r->ids = calloc((size_t)r->n, sizeof(*r->ids));
	if (!r->src || !r->ids)
		return err_set(e, ERR_IO, "no memory");
	for (int i = 0; i < r->n; i++) {
		r->src[i] = source_open_file(paths[i], &so, e);
		if (!r->src[i])
			return -1;
		r->ids[i] = source_file_id(r->src[i]);
	}
	return 0;
}

/* SHOW_OK: on to the next file. */
static int read_file(struct reading *r, struct source *src, struct err *e)
{
	struct packet p;
	bool shown;
	int got, rc = SHOW_OK;

	signals_watch(src);
	while (rc == SHOW_OK && (got = source_next(src, &p, e)) == SOURCE_PACKET) {
		const char *ifname = source_if_name(src, p.ifindex);

		if (r->crew) {
			rc = crew_packet(r->crew, &p, ifname, e);
			continue;
		}
		rc = follow_packet(&r->follow, &p, ifname, &shown, e);
		if (rc == SHOW_OK && shown && r->most && r->show.chosen >= r->most)
			rc = SHOW_END;
	}
	signals_watch(NULL);
	if (rc == SHOW_OK && r->crew) /* before the names of its interfaces are gone */
		rc = crew_drain(r->crew, got == SOURCE_ERROR ? NULL : e);
	if (rc == SHOW_OK && got == SOURCE_ERROR)
		rc = SHOW_ERROR;
	if (source_note(src))
		say(r->c, "%s: %s", source_name(src), source_note(src));
	return rc == SHOW_OK && signals_stop ? SHOW_END : rc;
}

static int read_all(struct reading *r, struct err *e)
{
	int rc = SHOW_OK;

	for (int i = 0; i < r->n && rc == SHOW_OK; i++) {
		struct source_stats st;
		rc = read_file(r, r->src[i], e);
		source_stats(r->src[i], &st);
		if (st.cut)
			say(r->c, "%s: %" PRIu64 " packets are longer than %u bytes: cut there",
			    source_name(r->src[i]), st.cut, PACKET_MAX);
		if (st.odd)
			say(r->c,
			    "%s: %" PRIu64
			    " packets have an original length below the captured one",
			    source_name(r->src[i]), st.odd);
		r->src[i] = source_close(r->src[i]);
	}
	return rc;
}

/* ---- several threads ---- */

/* What takes one packet after the other is not shared: counting and writing chosen ones, streams,
 * and times that count from the last one chosen. What comes through a pipe is told as it comes. */
static int open_crew(struct reading *r, const struct show_opts *so, char **paths, struct err *e)
{
	unsigned n;

	if (threads_for(r->c, paths, r->ids, r->n, &n, e) < 0)
		return -1;
	if (n < 2 || r->most || r->follow.mode != FOLLOW_NOT || r->show.sink ||
	    (r->show.form == FORM_EXPR && (r->show.where || r->show.has_pattern)))
		return 0;
	r->crew = crew_open(&r->show, so, n, e);
	return r->crew ? 0 : -1;
}

static int run_read(struct cli *c)
{
	struct reading r = { .c = c };
	struct err e = { 0 };
	bool missing;
	int rc = -1;

	if (c->argc == 0)
		return fail(c, ERR_USAGE, "which file? strata read FILE... [FILTER]");
	r.n = words_files(c->argc, c->argv);
	if (opt_u64(&c->opt, OPT_COUNT, UINT64_MAX, &r.most, &e) < 0 ||
	    filter_words(&r.filter, c->argc - r.n, c->argv + r.n, &e) < 0 ||
	    follow_mode(&r.follow, c, &e) < 0 || load_registry(c, &e) < 0 ||
	    filter_hosts(&r.filter, c->reg, &e) < 0)
		goto out;
	struct show_opts so = { .form = r.follow.mode == FOLLOW_STREAM ? REPORT_TEXT : REPORT_LINE,
				.script = true,
				.quiet_file = r.follow.mode <= FOLLOW_REASSEMBLE,
				.layers = r.follow.mode != FOLLOW_NOT,
				.pattern = r.filter.pattern ? r.filter.text : NULL };
	/* nobody could not write where root wants the file; who called sudo can. */
	struct privs_opts po = { .keep_uid = opt_has(&c->opt, OPT_WRITE) && !getenv("SUDO_UID") };
	if (show_open(&r.show, c, &so, &e) < 0 || open_files(&r, c->argv, &e) < 0 ||
	    privs_drop(&po, &e) < 0 || follow_open(&r.follow, &r.show, &e) < 0 ||
	    (r.follow.mode != FOLLOW_STREAM &&
	     show_sink(&r.show, r.ids, (unsigned)r.n, source_link(r.src[0]), &e) < 0))
		goto out;
	for (int i = 0; i < r.n && r.show.sink; i++)
		if (sink_attach(r.show.sink, r.src[i], NULL, &e) < 0)
			goto out;
	/* Everything is open: what follows looks at strangers' bytes, without any right. */
	struct seal_opts seals = { .write_path = c->opt.v[OPT_WRITE] };
	seal_files(&seals);
	if (open_crew(&r, &so, c->argv, &e) < 0)
		goto out;
	seal_calls(&seals);
	rc = read_all(&r, &e);
	if (rc == SHOW_OK || (rc == SHOW_END && !r.show.out.gone))
		rc = follow_end(&r.follow, &e);
	show_tell(&r.show);
	tell_lost(c, r.show.sink);
out:
	missing = r.follow.missing;
	follow_done(&r.follow);
	crew_close(r.crew);
	if (show_close(&r.show, &e) == SHOW_ERROR)
		rc = -1;
	for (int i = 0; i < r.n && r.src; i++)
		source_close(r.src[i]);
	free(r.src);
	free(r.ids);
	filter_words_done(&r.filter);
	return rc == SHOW_ERROR ? print_err(c, &e) : missing ? EXIT_NO : EXIT_DONE;
}

const struct command cmd_read = {
	.name = "read",
	.line = "take capture files apart",
	.usage = "FILE... [FILTER]",
	.example = examples,
	.option = options,
	.run = run_read,
	.more = "Files: pcap and pcapng, also compressed; '-' is standard input. FILTER is in the "
		"syntax of\npcap-filter(7); with NAME= in it, it is a pattern in the notation of "
		"packets.\n"
		"--reassemble, --follow, --stats and --notes remember at most 32 MiB of fragments\n"
		"(60 s each), 256 MiB of streams and 128 MiB of conversations; the oldest are\n"
		"forgotten first.",
};
