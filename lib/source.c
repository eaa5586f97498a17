/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets from files and devices, and into files. */
#include "capture/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/devices.h"
#include "capture/sink.h"
#include "dissect/dissect.h"
#include "dissect/heard.h"
#include "lib/lib.h"

_Static_assert((int)STRATA_GOT == SOURCE_PACKET && (int)STRATA_NOTHING == SOURCE_NOTHING &&
		       (int)STRATA_FAILED == SOURCE_ERROR && (int)STRATA_END == SOURCE_END &&
		       (int)STRATA_FAILED == SINK_ERROR && (int)STRATA_END == SINK_GONE,
	       "the public results are ours");

struct strata_source {
	struct source *src;
	struct heard *heard;
};

/* Takes src. */
static struct strata_source *wrap(struct source *src, struct strata_error *e, const struct err *why)
{
	struct strata_source *s;

	if (!src) {
		lib_fail(e, why);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (s) {
		s->src = src;
		return s;
	}
	source_close(src);
	return no_memory_at(e);
}

struct strata_source *strata_source_file(const struct strata *s, const char *path,
					 const char *filter, struct strata_error *e)
{
	struct source_options o = { .filter = filter };
	struct err why = { 0 };

	(void)s;
	return wrap(source_open_file(path, &o, &why), e, &why);
}

static int default_device(char name[64], struct err *e)
{
	const struct device *v;
	struct devices d;

	if (devices_list(&d, e) < 0)
		return -1;
	v = devices_default(&d);
	if (v)
		snprintf(name, 64, "%s", v->name);
	devices_done(&d);
	return v ? 0 : err_set(e, ERR_IO, "no network device is up");
}

struct strata_source *strata_source_live(const struct strata *s, const char *device,
					 const char *filter, const struct strata_live_options *o,
					 struct strata_error *e)
{
	static const struct strata_live_options plain;
	struct err why = { 0 };
	char name[64];

	(void)s;
	o = o ? o : &plain;
	if (!device && default_device(name, &why) < 0) {
		lib_fail(e, &why);
		return NULL;
	}
	struct source_options so = { .filter = filter,
				     .promisc = o->promiscuous,
				     .immediate = o->immediate,
				     .direction = o->incoming_only ? SOURCE_IN : SOURCE_BOTH,
				     .snaplen = o->snaplen,
				     .buffer = o->buffer,
				     .timeout_ms = o->delay_ms };
	return wrap(source_open_live(device ? device : name, &so, &why), e, &why);
}

void strata_source_close(struct strata_source *src)
{
	if (!src)
		return;
	source_close(src->src);
	heard_close(src->heard);
	free(src);
}

int strata_next(struct strata_source *src, struct strata_packet *p, int64_t deadline,
		struct strata_error *e)
{
	struct err why = { 0 };
	struct packet pkt;
	const char *name;
	int rc = deadline <= 0 && source_live(src->src)
			 ? source_next(src->src, &pkt, &why)
			 : source_wait(src->src, &pkt, deadline, &why);

	if (rc == SOURCE_ERROR)
		lib_fail(e, &why);
	if (rc != SOURCE_PACKET)
		return rc;
	packet_borrow(p, &pkt);
	dissect_heard(p->reg, &p->pkt, &p->scratch, src->heard);
	if (heard_learn(&src->heard, &p->pkt, &p->scratch) < 0) {
		err_set(&why, ERR_IO, "out of memory");
		lib_fail(e, &why);
		return SOURCE_ERROR;
	}
	name = source_if_name(src->src, pkt.ifindex);
	if (name)
		snprintf(p->device, sizeof(p->device), "%s", name);
	return STRATA_GOT;
}

int strata_fd(const struct strata_source *src)
{
	return source_fd(src->src);
}

void strata_break(struct strata_source *src)
{
	source_break(src->src);
}

void strata_source_counts(struct strata_source *src, struct strata_counts *out)
{
	struct source_stats st;

	source_stats(src->src, &st);
	*out = (struct strata_counts) { .packets = st.packets,
					.filtered = st.filtered,
					.dropped = st.dropped,
					.if_dropped = st.if_dropped,
					.cut = st.cut,
					.known = st.known && st.if_known };
}

const char *strata_source_note(const struct strata_source *src)
{
	return source_note(src->src);
}

/* ---- sinks ---- */

struct strata_sink {
	struct sink *sink;
};

struct strata_sink *strata_sink_open(const char *path, struct strata_error *e)
{
	struct strata_sink *k = calloc(1, sizeof(*k));
	struct sink_options o = { 0 };
	struct err why = { 0 };

	if (!k)
		return no_memory_at(e);
	k->sink = sink_open(path, &o, &why);
	if (k->sink)
		return k;
	lib_fail(e, &why);
	free(k);
	return NULL;
}

int strata_sink_write(struct strata_sink *k, const struct strata_packet *p, struct strata_error *e)
{
	struct err why = { 0 };
	int rc = sink_write(k->sink, &p->pkt, &why);

	if (rc == SINK_ERROR)
		lib_fail(e, &why);
	return rc;
}

int strata_sink_flush(struct strata_sink *k, struct strata_error *e)
{
	struct err why = { 0 };
	int rc = sink_flush(k->sink, &why);

	if (rc == SINK_ERROR)
		lib_fail(e, &why);
	return rc;
}

int strata_sink_close(struct strata_sink *k, struct strata_error *e)
{
	struct err why = { 0 };
	int rc;

	if (!k)
		return 0;
	rc = sink_close(k->sink, &why);
	free(k);
	if (rc == SINK_ERROR)
		lib_fail(e, &why);
	return rc == SINK_ERROR ? -1 : 0;
}
