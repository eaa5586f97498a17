/* SPDX-License-Identifier: BSD-2-Clause */
/* What is put together from the packets of a capture file, a line each: the number of the packet
 * that completed it, "stream:side" or "-", the numbers of its packets, the protocol it begins with,
 * and its bytes. Exit status 2: the file cannot be read. */
#include <inttypes.h>
#include <stdio.h>

#include "capture/source.h"
#include "core/registry.h"
#include "dissect/dissect.h"
#include "flow/flow.h"

static int on_whole(void *arg, struct packet *p)
{
	const struct origin *o = p->origin;
	unsigned first = 0;

	(void)arg;
	while (first < p->nlayers && (p->layers[first].flags & LAYER_ABOVE))
		first++;
	printf("%" PRIu64 " ", p->number);
	if (o->proto)
		printf("%s:%u%c ", o->proto->name, o->stream, "ab"[o->side]);
	else
		printf("- ");
	for (uint32_t i = 0; i < o->nfrom; i++)
		printf("%s%" PRIu64, i ? "," : "", o->from[i]);
	printf(" %s ", first < p->nlayers ? p->layers[first].proto->name : "-");
	for (uint32_t i = p->layers[first - 1].off + p->layers[first - 1].hlen; i < p->len; i++)
		printf("%02x", p->data[i]);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct flow_ops ops = { .whole = on_whole };
	struct err e = { 0 };
	struct registry *reg = registry_open();
	struct source_options so = { 0 };
	struct source *src = NULL;
	struct flow_opts fo = { .reg = reg, .ops = &ops };
	struct flows *f = NULL;
	struct tree scratch = { 0 };
	struct packet p;
	int rc = 2;

	if (argc != 2 || registry_load_builtins(reg, &e) || registry_freeze(reg, &e) ||
	    !(src = source_open_file(argv[1], &so, &e)) || !(f = flows_open(&fo, &e)))
		goto out;
	while (source_next(src, &p, &e) == SOURCE_PACKET) {
		dissect_with(reg, &p, &scratch);
		if (flows_packet(f, &p))
			goto out;
	}
	rc = flows_end(f) ? 2 : 0;
out:
	if (rc)
		fprintf(stderr, "%s\n", e.msg[0] ? e.msg : "failed");
	flows_close(f);
	source_close(src);
	tree_done(&scratch);
	registry_close(reg);
	return rc;
}
