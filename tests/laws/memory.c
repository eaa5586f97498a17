/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory may run out at any allocation: what was asked for then ends with an error that says so (or
 * with the very same result), frees what it had, and nothing crashes.
 *
 *   law_memory [-v] [-m MOST] [-o NAME] FILE...   -m: at most so many of a scenario's allocations
 *                                                 (800), spread evenly   -o: this scenario alone
 *                                                 -v: and where (under sanitizers)
 *
 * The linker puts the functions below in place of malloc() and its kind and of arena_alloc(), for
 * our own files; what other libraries allocate never fails here. */
#include "tests/laws/law.h"

#include <errno.h>
#include <stdarg.h>

#include "capture/sink.h"
#include "capture/source.h"
#include "core/arena.h"
#include "core/builtin.h"
#include "craft/craft.h"
#include "dissect/answers.h"
#include "dissect/check.h"
#include "dissect/filter.h"
#include "dissect/pattern.h"
#include "dissect/report.h"

/* ---- allocations ---- */

static long fail_at; /* this one fails, counted from 1; 0: none */
static long calls;   /* since the scenario began */
static long live;    /* blocks not freed */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__real_arena_alloc(struct arena *a, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_asprintf(char **out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void *__wrap_arena_alloc(struct arena *a, size_t n);

static bool trace; /* -v: tell where it failed */

void __sanitizer_print_stack_trace(void) __attribute__((weak));

static bool fails(void)
{
	if (++calls != fail_at)
		return false;
	if (trace && __sanitizer_print_stack_trace)
		__sanitizer_print_stack_trace();
	errno = ENOMEM;
	return true;
}

static void *counted(void *p)
{
	live += p != NULL;
	return p;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	void *q;

	if (fails())
		return NULL;
	q = __real_realloc(p, n);
	live += !p && q;
	return q;
}

void __wrap_free(void *p)
{
	live -= p != NULL;
	__real_free(p);
}

char *__wrap_strndup(const char *s, size_t n)
{
	char *p;

	n = strnlen(s, n);
	p = __wrap_malloc(n + 1);
	if (p) {
		memcpy(p, s, n);
		p[n] = '\0';
	}
	return p;
}

char *__wrap_strdup(const char *s)
{
	return __wrap_strndup(s, strlen(s));
}

int __wrap_asprintf(char **out, const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*out = __wrap_strdup(text);
	return *out ? n : -1;
}

void *__wrap_arena_alloc(struct arena *a, size_t n)
{
	long before = calls;
	void *p;

	if (fails())
		return NULL;
	p = __real_arena_alloc(a, n); /* a new block is not counted once more */
	if (calls != before + 1 && fail_at > before + 1 && fail_at <= calls)
		return NULL;
	return p;
}

/* ---- scenarios ---- */

struct run {
	struct trial law;
	const struct packet *pkt;
	const char *path; /* of a file, or a text */
	struct buf out;   /* the result: must be the same or an error */
	int form;
};

static int out_of_memory(struct err *e)
{
	return err_set(e, ERR_IO, "out of memory (said without a sentence)");
}

static int load_text(struct run *r, struct err *e)
{
	struct registry *reg = registry_open();
	int rc = reg ? registry_load(reg, "test", r->path, strlen(r->path), false, e)
		     : out_of_memory(e);

	if (rc == 0)
		rc = registry_freeze(reg, e);
	for (unsigned i = 0; rc == 0 && i < registry_count(reg); i++)
		proto_print(registry_at(reg, i), &r->out);
	registry_close(reg);
	return rc;
}

/* As texts, which a build does once. */
static int load_builtins(struct run *r, struct err *e)
{
	struct registry *reg = registry_open();
	int rc = reg ? 0 : out_of_memory(e);

	for (const struct builtin_file *f = builtin_files; rc == 0 && f->name; f++)
		rc = registry_load(reg, f->name, f->text, f->len, true, e);
	if (rc == 0)
		rc = registry_freeze(reg, e);
	if (rc == 0)
		buf_u64(&r->out, registry_count(reg));
	registry_close(reg);
	return rc;
}

static int open_builtins(struct run *r, struct err *e)
{
	struct registry *reg = registry_open();
	int rc = reg ? registry_load_builtins(reg, e) : out_of_memory(e);

	if (rc == 0)
		rc = registry_freeze(reg, e);
	if (rc == 0)
		buf_u64(&r->out, registry_count(reg));
	registry_close(reg);
	return rc;
}

static int do_dissect(struct run *r, struct err *e)
{
	struct check c = { 0 };
	struct packet p = *r->pkt;
	struct buf why = { 0 };
	int rc = 0;

	dissect(r->law.reg, &p);
	for (unsigned i = 0; i < p.nlayers; i++)
		buf_fmt(&r->out, "%s %u..%u %x/", p.layers[i].proto->name, p.layers[i].off,
			p.layers[i].end, p.layers[i].flags);
	if (check(&c, &p) < 0 || mirror(&p, MIRROR_ANSWER, &r->out) < 0 ||
	    answers(&p, r->pkt, &why) < 0)
		rc = out_of_memory(e);
	else
		buf_fmt(&r->out, "%u notes", c.nnotes);
	buf_done(&why);
	check_done(&c);
	return rc;
}

static int do_report(struct run *r, struct err *e)
{
	const struct report_opts o = { .form = (enum report_form)r->form,
				       .doc = true,
				       .spans = true };
	struct report *rep = report_open(r->law.reg, &o, e);

	if (!rep)
		return -1;
	report_begin(rep, &r->out);
	report_packet(rep, r->pkt, "veth0", &r->out);
	report_close(rep);
	return 0;
}

static int do_columns(struct run *r, struct err *e)
{
	const struct report_opts o = { .form = REPORT_CSV,
				       .fields = "n,time,ip.src,tcp.dport,dns.qd,udp.chksum" };
	struct report *rep = report_open(r->law.reg, &o, e);

	if (!rep)
		return -1;
	report_begin(rep, &r->out);
	report_packet(rep, r->pkt, NULL, &r->out);
	report_close(rep);
	return 0;
}

static int do_expr(struct run *r, struct err *e)
{
	struct printer *pr = printer_open(r->law.reg);
	int rc = pr ? print_script_line(pr, r->pkt, 0, &r->out) : -1;

	printer_close(pr);
	return rc < 0 ? out_of_memory(e) : 0;
}

static int do_craft(struct run *r, struct err *e)
{
	struct plan plan = { 0 };
	struct build by = { 0 };
	int rc = plan_parse(&plan, r->law.reg, r->path, strlen(r->path), PLAN_NO_FILES, e);

	if (rc == 0 && plan_fresh(&plan, e) < 0)
		rc = -1;
	for (unsigned i = 0; rc == 0 && i < 2; i++) {
		rc = plan_step(&plan, i, 1) || (i ? build(&by, &plan, e) : craft(&by, &plan, e));
		if (rc == 0)
			buf_hex(&r->out, (const uint8_t *)by.bytes.p, by.bytes.n);
	}
	build_done(&by);
	plan_done(&plan);
	return rc ? -1 : 0;
}

static int do_script(struct run *r, struct err *e)
{
	struct script *s = script_open(NULL, "test", r->path, strlen(r->path), e);
	struct script_line l;
	struct plan plan = { 0 };
	int rc = s ? 1 : -1;

	while (rc == 1 && (rc = script_next(s, &l, e)) == 1) {
		if (script_plan(s, &plan, r->law.reg, PLAN_NO_FILES, e) < 0)
			rc = -1;
		buf_u64(&r->out, plan.n);
	}
	plan_done(&plan);
	script_close(s);
	return rc;
}

static int do_filter(struct run *r, struct err *e)
{
	struct filter_work w = { 0 };
	struct filter *f = filter_parse(r->law.reg, r->path, strlen(r->path), e);

	if (!f)
		return -1;
	buf_u64(&r->out, filter_match(f, r->pkt, &w));
	filter_work_done(&w);
	filter_close(f);
	return 0;
}

static int do_pattern(struct run *r, struct err *e)
{
	struct plan plan = { 0 };
	int rc = plan_parse(&plan, r->law.reg, r->path, strlen(r->path),
			    PLAN_PATTERN | PLAN_NO_FILES, e);

	if (rc == 0) {
		rc = pattern_match(&plan, r->pkt, &r->out);
		buf_u64(&r->out, rc == 1);
		rc = rc < 0 ? out_of_memory(e) : 0;
	}
	plan_done(&plan);
	return rc;
}

/* A capture is opened, filtered, read, and written again. */
static int do_capture(struct run *r, struct err *e)
{
	const struct source_options o = { .filter = r->form ? "ip or ip6" : NULL,
					  .hex = strstr(r->path, ".txt") != NULL };
	const struct sink_options so = { .format = r->form ? SINK_PCAP : SINK_PCAPNG };
	struct source *s = source_open_file(r->path, &o, e);
	struct sink *k = s ? sink_open("/dev/null", &so, e) : NULL;
	struct packet p;
	int rc = k ? SOURCE_PACKET : SOURCE_ERROR;

	while (rc == SOURCE_PACKET && (rc = source_next(s, &p, e)) == SOURCE_PACKET) {
		if (sink_write(k, &p, e) != SINK_OK)
			rc = SOURCE_ERROR;
		buf_u64(&r->out, p.len);
	}
	if (k && sink_close(k, e) != SINK_OK)
		rc = SOURCE_ERROR;
	source_close(s);
	return rc == SOURCE_END ? 0 : -1;
}

/* ---- trying ---- */

static unsigned most = 800;
static const char *only;

static int once(struct run *r, int (*scenario)(struct run *, struct err *), long n, struct err *e)
{
	int rc;

	err_clear(e);
	calls = 0;
	fail_at = n;
	rc = scenario(r, e);
	fail_at = 0;
	if (rc == 0 && r->out.failed)
		rc = out_of_memory(e);
	return rc;
}

static void complain(struct run *r, const char *name, long n, const char *what, const char *more)
{
	if (++r->law.bad <= 10 || r->law.verbose)
		printf("%s: allocation %ld fails: %s%s%s\n", name, n, what, *more ? ": " : "",
		       more);
}

static void try_scenario(struct run *r, const char *name,
			 int (*scenario)(struct run *, struct err *))
{
	struct buf want = { 0 };
	struct err e = { 0 };
	long total, step, errors = 0, same = 0;

	if (only && strcmp(only, name) != 0)
		return;
	buf_done(&r->out);
	if (once(r, scenario, 0, &e) < 0) {
		complain(r, name, 0, "without a failure", e.msg);
		return;
	}
	total = calls;
	step = total / most + 1;
	want = r->out;
	r->out = (struct buf) { 0 };
	for (long n = 1; n <= total; n += step) {
		uint64_t bad = r->law.bad;
		long before = live;

		if (once(r, scenario, n, &e) < 0) {
			errors++;
			if (!e.code || !strstr(e.msg, "memory"))
				complain(r, name, n, "another error", e.msg);
		} else if (r->out.n != want.n ||
			   (want.n && memcmp(r->out.p, want.p, want.n) != 0)) {
			complain(r, name, n, "another result", "");
		} else {
			same++;
		}
		buf_done(&r->out);
		if (live != before)
			complain(r, name, n, "memory is not freed", "");
		if (r->law.bad == bad || !r->law.verbose)
			continue;
		trace = true;
		once(r, scenario, n, &e);
		trace = false;
		buf_done(&r->out);
	}
	printf("%-10s %6ld allocations, %ld errors, %ld went on; step %ld\n", name, total, errors,
	       same, step);
	buf_done(&want);
}

static const char language[] =
	"endian little\n"
	"words kinds { a = 1 \"one\", b = 2 }\n"
	"protocol one \"The first\" {\n"
	"    ref \"RFC 1\"\n"
	"    names uno\n"
	"    over udp.port 7777, 8000-8003\n"
	"    carries one.kind by kind\n"
	"    kind : u8 words kinds\n"
	"    fl : u8 = 0 flags { aa A = 1, bb B = 2, wide = 0x30 / 0xf0 }\n"
	"    size : u16 = len(all)\n"
	"    n : u8 = count(list)\n"
	"    list : thing[n]\n"
	"    extra : u32 = 7 if kind == 1 && fl & 2 == 2\n"
	"    name : text[u8] = \"x\"  \"what it is called\"\n"
	"    sum : u16 = inet(header + payload) must sum != 9\n"
	"    summary \"one {kind}{? {name}} {#list}\"\n"
	"    reply kind == request.kind\n"
	"    payload\n"
	"}\n"
	"struct thing {\n"
	"    t : u8 = 1 enum { num = 1, word = 2 }\n"
	"    v : choose t { num -> u16 word -> text[u8] else -> bytes[2] }\n"
	"}\n"
	"protocol two \"The second\" {\n    over one.kind 1\n    id : u16\n}\n";

static const char *const lines[] = {
	"eth / ip src=10.0.0.1 dst=10.0.0.2 / tcp dport=80 flags=SA options=mss:1460,nop,ws:7 / "
	"text:hello",
	"ip src=10.0.0.1 dst=10.0.0.1-10.0.0.9 ttl=1-3 / udp dport=rand:1-9 / dns id=fresh "
	"qd=name:a.example.org+type:AAAA,name:b.example.org / fill:20:0x41",
	"ip6 src=fe80::1 dst=fe80::2 / icmp6 type=echo-request / count:56",
	"ip src=10.0.0.1 dst=10.0.0.1-10.0.0.3 / sensor name=temp",
	"wire=900 eth / vlan vlan=7 / ip src=10.0.0.1 dst=10.0.0.2 / gre / ip src=1.2.3.4 "
	"dst=10.9.9.9 / icmp chksum=bad / hex:dead.beef",
};

static const char script[] =
	"# two\n+0.1 > ip src=10.0.0.1 dst=10.0.0.2 / udp dport=9 / text:a ; x\n"
	"+0.2 if=eth0 < ip / icmp\n";

static const char *const filters[] = {
	"ip.addr == 10.0.0.0/8 or tcp.port in {80, 443, 8000..8100}",
	"frame contains \"http\" || dns.qry.name matches \"a.*b\" && not arp",
	"eth[0:3] == 00:01:02 && len(udp.payload) > 3 && count(ip.src) < 3",
};

static const char *const patterns[] = { "ip / tcp flags=each:SA,RA seq=any",
					"ip dst=10.0.0.0/8 / udp / dns qd.0.name=example.org" };

#define EACH(i, v) for (size_t i = 0; i < sizeof(v) / sizeof((v)[0]); i++)

static void texts(struct run *r)
{
	r->path = language;
	try_scenario(r, "language", load_text);
	try_scenario(r, "builtins", load_builtins);
	try_scenario(r, "open", open_builtins);
	EACH(i, lines)
	{
		r->path = lines[i];
		try_scenario(r, "craft", do_craft);
	}
	r->path = script;
	try_scenario(r, "script", do_script);
}

static void packets(struct run *r)
{
	static const char *const form[] = { "line", "tree", "json", "flat",
					    "csv",  "hex",  "raw",  "text" };

	try_scenario(r, "dissect", do_dissect);
	for (r->form = 0; r->form < REPORT_NONE; r->form++)
		try_scenario(r, form[r->form], do_report);
	try_scenario(r, "columns", do_columns);
	try_scenario(r, "expr", do_expr);
	EACH(i, filters)
	{
		r->path = filters[i];
		try_scenario(r, "filter", do_filter);
	}
	EACH(i, patterns)
	{
		r->path = patterns[i];
		try_scenario(r, "pattern", do_pattern);
	}
}

static void captures(struct run *r)
{
	static const char *const names[] = { "big.pcap",    "gz.pcap.gz", "hex.txt",
					     "little.pcap", "ng.pcapng",  "sections.pcapng",
					     "zst.pcap.zst" };
	char path[4096];

	EACH(i, names)
	{
		snprintf(path, sizeof(path), STRATA_SOURCE "/tests/fuzz/corpus/capture/%s",
			 names[i]);
		r->path = path;
		for (r->form = 0; r->form < 2; r->form++)
			try_scenario(r, "capture", do_capture);
	}
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	int opt;

	while ((opt = getopt(argc, argv, "m:o:v")) >= 0) {
		if (opt == 'm')
			most = (unsigned)strtoul(optarg, NULL, 0);
		else if (opt == 'o')
			only = optarg;
		else if (opt == 'v')
			r.law.verbose = true;
		else
			return 2;
	}
	setlinebuf(stdout); /* in order with what sanitizers say */
	if (!most || law_start(&r.law) < 0)
		return 1;
	texts(&r);
	captures(&r);
	for (int i = optind; i < argc; i++) {
		struct law_file f;

		/* The forms of some packets; more would only repeat. */
		if (!strstr(argv[i], "dns-edns") && !strstr(argv[i], "icmp6-errors") &&
		    !strstr(argv[i], "http.") && !strstr(argv[i], "tls13"))
			continue;
		law_load(&r.law, argv[i], &f);
		r.pkt = f.n ? &f.v[f.n / 2] : NULL;
		if (r.pkt)
			packets(&r);
		law_unload(&f);
	}
	buf_done(&r.out);
	law_done(&r.law);
	return r.law.bad != 0;
}
