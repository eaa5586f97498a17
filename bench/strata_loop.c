/* SPDX-License-Identifier: BSD-2-Clause */
/* All layers of every packet of a capture file, found by the descriptions. */
#include <stdio.h>

#include "capture/source.h"
#include "core/registry.h"
#include "core/tree.h"
#include "dissect/dissect.h"

int main(int argc, char **argv)
{
	struct err e = { 0 };
	struct registry *r = registry_open();
	struct source *s = NULL;
	struct packet p;
	struct tree t = { 0 };
	unsigned long packets = 0, layers = 0;

	if (argc > 1 && r && registry_load_builtins(r, &e) == 0 && registry_freeze(r, &e) == 0)
		s = source_open_file(argv[1], NULL, &e);
	while (s && source_next(s, &p, &e) == SOURCE_PACKET) {
		dissect_with(r, &p, &t);
		packets++;
		layers += p.nlayers;
	}
	if (e.code)
		fprintf(stderr, "%s\n", e.msg);
	source_close(s);
	tree_done(&t);
	registry_close(r);
	printf("%lu packets, %lu layers\n", packets, layers);
	return e.code != 0 || !packets;
}
