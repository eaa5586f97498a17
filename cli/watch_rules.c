/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rules watch has, and what is usual, from text files. */
#include "cli/watch_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/out.h"
#include "watch/builtin.h"

/* ---- which rules ---- */

/* All of a file that is open; 0 or e. */
static int read_all(FILE *f, const char *path, size_t most, struct buf *b, struct err *e)
{
	while (!feof(f) && !ferror(f) && b->n <= most && buf_grow(b, 65536))
		b->n += fread(b->p + b->n, 1, b->cap - b->n, f);
	if (ferror(f) || b->failed)
		return err_set(e, ERR_IO, "%s: %s", path,
			       b->failed ? "no memory" : strerror(errno));
	return b->n > most ? err_set(e, ERR_USAGE, "%s: more than %zu MiB", path, most >> 20) : 0;
}

static FILE *open_file(const char *path, const char *mode, struct err *e)
{
	FILE *f = fopen(path, mode);

	if (!f)
		err_set(e, errno == EACCES ? ERR_PERM : ERR_IO, "%s: %s", path, strerror(errno));
	return f;
}

static int read_rules(struct ruleset *rules, const char *path, struct err *e)
{
	FILE *f = open_file(path, "re", e);
	struct buf b = { 0 };
	int rc = -1;

	if (!f)
		return -1;
	if (read_all(f, path, 1u << 20, &b, e) == 0)
		rc = ruleset_read(rules, path, b.p, b.n, e);
	buf_done(&b);
	fclose(f);
	return rc;
}

struct chosen {
	const char *list;
	bool in; /* those in the list are kept */
};

static bool is_chosen(const struct watch_rule *r, void *arg)
{
	const struct chosen *c = arg;
	size_t n = strlen(r->name);

	for (const char *s = c->list; *s;) {
		size_t len = strcspn(s, ",");

		if (len == n && !strncmp(s, r->name, n))
			return c->in;
		s += len + (s[len] == ',');
	}
	return !c->in;
}

/* Of the rules those that the option names are kept (in), or all others. */
static int choose(struct cli *c, struct ruleset *rules, enum option_id id, bool in, struct err *e)
{
	struct chosen chosen = { c->opt.v[id], in };
	const char *s = chosen.list;

	while (s) {
		size_t len = strcspn(s, ",");
		const char *near;

		if (!ruleset_find(rules, s, len)) {
			near = ruleset_near(rules, s, len);
			return err_set(e, ERR_USAGE, "no rule is called '%.*s'%s%s%s", (int)len, s,
				       near ? "; did you mean '" : "; --rules list shows them",
				       near ? near : "", near ? "'?" : "");
		}
		s = s[len] ? s + len + 1 : NULL;
	}
	if (chosen.list)
		ruleset_keep(rules, is_chosen, &chosen);
	if (!rules->n)
		return err_set(e, ERR_USAGE, "'--%s %s' leaves no rule", opt_name(id), chosen.list);
	return 0;
}

int watch_rules(struct cli *c, struct ruleset *rules, struct err *e)
{
	const struct options *o = &c->opt;

	ruleset_init(rules, c->reg);
	for (const struct builtin_file *b = builtin_rules; b->name; b++) {
		if (ruleset_read(rules, b->name, b->text, b->len, e) < 0)
			return -1;
	}
	for (unsigned i = 0; i < o->n[OPT_RULES]; i++) {
		if (strcmp(o->list[OPT_RULES][i], "list") &&
		    read_rules(rules, o->list[OPT_RULES][i], e) < 0)
			return -1;
	}
	return choose(c, rules, OPT_ONLY, true, e) < 0 ? -1
						       : choose(c, rules, OPT_WITHOUT, false, e);
}

bool watch_rules_wanted(const struct cli *c)
{
	const struct options *o = &c->opt;

	return o->n[OPT_RULES] && !strcmp(o->v[OPT_RULES], "list");
}

int watch_rules_list(struct cli *c)
{
	struct ruleset rules = { 0 };
	struct out out = { 0 };
	struct err e = { 0 };
	int rc = -1;

	if (load_registry(c, &e) == 0 && watch_rules(c, &rules, &e) == 0) {
		for (unsigned i = 0; i < rules.n; i++) {
			buf_put(&out.b, rules.v[i]->source, rules.v[i]->source_len);
			buf_str(&out.b, i + 1 < rules.n ? "\n\n" : "\n");
		}
		rc = out_flush(&out, &e) < 0 && !out.gone ? -1 : 0;
	}
	out_done(&out);
	ruleset_free(&rules);
	return rc < 0 ? print_err(c, &e) : EXIT_DONE;
}

/* ---- what is usual ---- */

int usual_open(struct usual *u, const struct cli *c, struct err *e)
{
	const char *learn = c->opt.v[OPT_LEARN];
	struct buf b = { 0 };
	FILE *f;
	int rc = -1;

	u->path = learn ? learn : c->opt.v[OPT_BASELINE];
	if (!u->path)
		return 0;
	f = open_file(u->path, learn ? "a+e" : "re", e);
	if (!f)
		return -1;
	rewind(f);
	if (read_all(f, u->path, 2u * BASELINE_MOST, &b, e) == 0)
		rc = baseline_read(&u->lines, u->path, b.p, b.n, e);
	buf_done(&b);
	if (learn && rc == 0)
		u->learn = f;
	else
		fclose(f);
	return rc;
}

int usual_write(struct usual *u, const struct cli *c, struct err *e)
{
	struct buf b = { 0 };
	int fd, rc = 0;

	if (!u->learn)
		return 0;
	fd = fileno(u->learn);
	baseline_print(&u->lines, &b);
	if (b.failed)
		rc = err_set(e, ERR_IO, "no memory");
	else if (ftruncate(fd, 0) < 0 || fwrite(b.p, 1, b.n, u->learn) != b.n ||
		 fflush(u->learn) != 0)
		rc = err_set(e, ERR_IO, "cannot write %s: %s", u->path, strerror(errno));
	else
		say(c, "%" PRIu32 " lines of what is usual in %s%s", u->lines.n, u->path,
		    u->lines.full ? "; there is no room for more" : "");
	buf_done(&b);
	return rc;
}

void usual_close(struct usual *u)
{
	baseline_done(&u->lines);
	if (u->learn)
		fclose(u->learn);
}
