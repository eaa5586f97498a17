/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture filters through libpcap's compiler, with what it lacks: the place of an error, and no
 * look-up of names behind the user's back. */
#include "capture/bpf_compile.h"
#include "capture/bpf.h"

#include <stdlib.h>
#include <string.h>

#define LINKS 16 /* link types a filter is compiled for at the same time */

struct bpf {
	char *text;
	bool resolve;
	unsigned n;
	struct {
		uint16_t link;
		bool ok; /* false: the filter makes no sense for this link type */
		struct bpf_program prog;
	} by[LINKS];
};

struct bpf *bpf_open(const char *text, uint16_t link, bool resolve, struct err *e)
{
	struct bpf *b = calloc(1, sizeof(*b));

	if (b)
		b->text = strdup(text);
	if (!b || !b->text) {
		err_set(e, ERR_IO, "no memory for the filter");
		return bpf_close(b);
	}
	b->resolve = resolve;
	/* A file without any interface: there is nothing to filter either, but errors are told. */
	b->by[0].link = link == LINK_NONE ? LINK_ETHERNET : link;
	if (bpf_compile(&b->by[0].prog, b->by[0].link, text, resolve, e) < 0)
		return bpf_close(b);
	b->by[0].ok = true;
	b->n = 1;
	return b;
}

bool bpf_match(struct bpf *b, const struct packet *p)
{
	unsigned i = 0;

	while (i < b->n && b->by[i].link != p->link)
		i++;
	if (i == LINKS) { /* more link types than anyone has: make room */
		i = LINKS - 1;
		if (b->by[i].ok)
			pcap_freecode(&b->by[i].prog);
		b->n = i;
	}
	if (i == b->n) {
		b->by[i].link = p->link;
		b->by[i].ok = bpf_compile(&b->by[i].prog, p->link, b->text, b->resolve, NULL) == 0;
		b->n++;
	}
	if (!b->by[i].ok)
		return false;
	struct pcap_pkthdr h = { .caplen = p->len, .len = p->wire_len };
	return pcap_offline_filter(&b->by[i].prog, &h, p->data) != 0;
}

struct bpf *bpf_close(struct bpf *b)
{
	if (!b)
		return NULL;
	for (unsigned i = 0; i < b->n; i++)
		if (b->by[i].ok)
			pcap_freecode(&b->by[i].prog);
	free(b->text);
	free(b);
	return NULL;
}
