/* SPDX-License-Identifier: BSD-2-Clause */
/* protocols --check FILE: does it load, and do the laws hold for what is in it? */
#include <stdio.h>
#include <string.h>

#include "cli/out.h"
#include "cli/protocol_table.h"
#include "play/laws.h"

/* Lines of one protocol; how many laws failed. */
static unsigned check_one(struct cli *c, const struct proto *p, uint64_t seed, struct buf *b)
{
	struct law_result r[LAWS];
	struct laws_opts o = { .seed = seed };
	struct err e = { 0 };
	unsigned failed = 0;

	buf_fmt(b, "%s: %u field%s\n", p->name, p->rec.nfields, p->rec.nfields == 1 ? "" : "s");
	if (laws_try(c->reg, p, &o, r, &e) < 0) {
		buf_fmt(b, "  failed  %s\n", e.msg);
		return 1;
	}
	for (unsigned i = 0; i < LAWS; i++) {
		if (!r[i].failed) {
			buf_fmt(b, "  ok      %s (%u)\n", law_names[i], r[i].tried);
			continue;
		}
		failed++;
		buf_fmt(b, "  failed  %s: %u of %u\n          %s\n", law_names[i], r[i].failed,
			r[i].tried, r[i].why);
	}
	return failed;
}

int check_protocol_file(struct cli *c, const char *path)
{
	struct out out = { 0 };
	struct err e = { 0 };
	uint64_t seed = 1;
	unsigned found = 0, failed = 0;

	if (opt_u64(&c->opt, OPT_SEED, UINT64_MAX, &seed, &e) < 0)
		return print_err(c, &e);
	if (load_with(c, path, NULL, &e) < 0)
		return print_err(c, &e);
	for (unsigned i = 0; i < registry_count(c->reg); i++) {
		const struct proto *p = registry_at(c->reg, i);
		if (p->builtin || !p->file || strcmp(p->file, path) != 0)
			continue;
		found++;
		failed += check_one(c, p, seed, &out.b);
	}
	if (!found)
		buf_fmt(&out.b, "%s loads; it holds no protocol\n", path);
	int rc = out_flush(&out, &e) < 0 && !out.gone ? print_err(c, &e)
		 : failed                             ? EXIT_NO
						      : EXIT_DONE;
	out_done(&out);
	return rc;
}
