/* SPDX-License-Identifier: BSD-2-Clause */
/* The right-hand side of a comparison: one literal, read once for each type that the left may have.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/plan.h"
#include "dissect/filter_impl.h"

#define LEAVES_MAX 64
#define SELECTED_MAX 64 /* values of one range that a name stands for */

/* ---- forms that hang on no field ---- */

static bool plain_number(const char *s, size_t n, uint64_t *v)
{
	char digits[32], *end;
	bool negative;

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (n == 4 && strcasecmp(digits, "true") == 0) {
		*v = 1;
		return true;
	}
	if (n == 5 && strcasecmp(digits, "false") == 0) {
		*v = 0;
		return true;
	}
	negative = digits[0] == '-';
	if (!isdigit((unsigned char)digits[negative]))
		return false;
	*v = strtoull(digits + negative, &end,
		      digits[negative] == '0' && tolower((unsigned char)digits[negative + 1]) == 'x'
			      ? 16
			      : 10);
	if (negative)
		*v = 0 - *v;
	return *end == '\0';
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Hex digits in pairs, between which : - or . may stand; 0x or hex: in front. */
static bool hex_bytes(struct filter *f, struct literal *lit)
{
	const char *s = lit->text, *end = s + lit->len;

	if (lit->len > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	else if (lit->len > 4 && strncasecmp(s, "hex:", 4) == 0)
		s += 4;
	lit->bytes = arena_alloc(&f->mem, lit->len + 1);
	if (!lit->bytes)
		return false;
	while (s < end) {
		if (lit->nbytes && (*s == ':' || *s == '-' || *s == '.'))
			s++;
		if (end - s < 2 || digit(s[0]) < 0 || digit(s[1]) < 0) {
			lit->bytes = NULL;
			return true;
		}
		lit->bytes[lit->nbytes++] = (uint8_t)(digit(s[0]) << 4 | digit(s[1]));
		s += 2;
	}
	return true;
}

static int two(const char *s)
{
	return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1])
		       ? (s[0] - '0') * 10 + s[1] - '0'
		       : -1;
}

static bool fraction(const char *s, size_t n, uint64_t *ns)
{
	uint64_t unit = 100000000;

	*ns = 0;
	for (size_t i = 0; i < n; i++, unit /= 10) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		*ns += (uint64_t)(s[i] - '0') * unit;
	}
	return true;
}

bool filter_time(const char *s, size_t n, uint64_t *ns)
{
	struct tm tm = { .tm_year = 70, .tm_mday = 1 };
	uint64_t part = 0, sec;
	const char *dot = memchr(s, '.', n);
	size_t whole = dot ? (size_t)(dot - s) : n;

	if (n && s[n - 1] == 'Z')
		n--, whole -= dot ? 0 : 1;
	if (dot && !fraction(dot + 1, n - whole - 1, &part))
		return false;
	if (plain_number(s, whole, &sec)) {
		*ns = sec * 1000000000ull + part;
		return sec < 9000000000ull;
	}
	if (whole < 10 || s[4] != '-' || s[7] != '-' || two(s) < 0 || two(s + 2) < 0)
		return false;
	tm.tm_year = two(s) * 100 + two(s + 2) - 1900;
	tm.tm_mon = two(s + 5) - 1;
	tm.tm_mday = two(s + 8);
	if (whole > 10) {
		if (whole < 16 || (s[10] != 'T' && s[10] != ' ') || s[13] != ':')
			return false;
		tm.tm_hour = two(s + 11);
		tm.tm_min = two(s + 14);
		if (whole > 16)
			tm.tm_sec = whole == 19 && s[16] == ':' ? two(s + 17) : -1;
	}
	if (tm.tm_year < 70 || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
	    tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return false;
	*ns = (uint64_t)timegm(&tm) * 1000000000ull + part;
	return true;
}

/* ---- by field ---- */

static bool network(const struct literal *lit, struct reading *r, size_t *host)
{
	const char *slash = memchr(lit->text, '/', lit->len);
	unsigned bits = 0;

	*host = lit->len;
	if (!slash)
		return true;
	*host = (size_t)(slash - lit->text);
	if (slash + 1 == lit->text + lit->len || lit->text + lit->len - slash > 4)
		return false;
	for (const char *s = slash + 1; s < lit->text + lit->len; s++) {
		if (!isdigit((unsigned char)*s))
			return false;
		bits = bits * 10 + (unsigned)(*s - '0');
	}
	if (bits > r->type->kind->bits)
		return false;
	for (unsigned i = 0; i < bits; i++)
		r->mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	r->masked = true;
	return true;
}

static int read_address(struct filter *f, const struct field *fd, const struct literal *lit,
			bool net, struct reading *r, struct err *e)
{
	size_t host = lit->len;
	bool known;

	if (net && !network(lit, r, &host))
		return err_set(e, ERR_USAGE, "'%.*s' is not a network: write ADDRESS/BITS",
			       (int)lit->len, lit->text);
	r->v.p = registry_host(f->reg, lit->text, host, r->type->kind->bits / 8u, &known);
	r->v.len = r->type->kind->bits / 8u;
	if (!r->v.p && value_parse(fd, r->type, lit->text, host, &f->mem, &r->v, e) < 0)
		return -1;
	if (r->v.len > sizeof(r->addr))
		return -1;
	memcpy(r->addr, r->v.p, r->v.len);
	for (unsigned i = 0; r->masked && i < r->v.len; i++)
		r->addr[i] &= r->mask[i];
	r->v.p = NULL; /* addr holds it */
	return 0;
}

/* A number that the field can never hold is a slip, not a test that is always false. */
static bool fits(uint64_t v, const struct type *t)
{
	unsigned bits = t->kind->bits ? t->kind->bits : t->bits;

	return bits == 0 || bits >= 64 || v >> bits == 0;
}

/* Read the literal as one leaf type of one field: 1 done, 0 text and bytes need no reading, -1. */
static int read_leaf(struct filter *f, const struct field *fd, const struct type *t,
		     const struct literal *lit, bool net, struct reading *r, struct err *e)
{
	*r = (struct reading) { .field = fd, .type = t };
	if (t->form != TYPE_LEAF)
		return 0;
	switch (t->kind->cls) {
	case KIND_TEXT:
	case KIND_NAME: return 0;
	case KIND_BYTES:
		if (lit->bytes)
			return 0;
		return err_set(e, ERR_USAGE,
			       "'%.*s' is neither bytes (de:ad:be:ef) nor text in quotes",
			       (int)lit->len, lit->text);
	case KIND_ADDR: return read_address(f, fd, lit, net, r, e) < 0 ? -1 : 1;
	default: break;
	}
	if (value_parse(fd, t, lit->text, lit->len, &f->mem, &r->v, e) == 0)
		return 1;
	for (unsigned i = 0; i < fd->ncases; i++) { /* a word of any of its cases */
		struct field one = *fd;

		one.words = fd->cases[i].words;
		if (value_parse(&one, t, lit->text, lit->len, &f->mem, &r->v, e) == 0)
			return 1;
	}
	if (t->kind->cls == KIND_NUM && lit->has_num && fits(lit->num, t)) {
		r->v.num = lit->num;
		return 1;
	}
	return -1;
}

static int add_reading(struct filter *f, struct literal *lit, const struct reading *r)
{
	struct reading *v = arena_alloc(&f->mem, (lit->nreadings + 1) * sizeof(*v));

	if (!v)
		return -1;
	if (lit->nreadings)
		memcpy(v, lit->reading, lit->nreadings * sizeof(*v));
	v[lit->nreadings++] = *r;
	lit->reading = v;
	return 0;
}

/* Does the field select in this space? */
static bool selects_in(const struct field *fd, const char *space)
{
	const struct proto *p = fd->selects ? fd->rec->proto : NULL;

	for (unsigned i = 0; p && i < p->ncarries; i++) {
		for (unsigned k = 0; k < p->carries[i].nfields; k++) {
			if (p->carries[i].field[k] == fd->index &&
			    strcmp(p->carries[i].space, space) == 0)
				return true;
		}
	}
	return false;
}

/* The name of a protocol, for a field that selects it (dport == http): all its values, as output
 * names them. How many were added, -1 memory. */
static int read_selected(struct filter *f, const struct field *fd, const struct type *t,
			 struct literal *lit)
{
	const struct proto *p = lit->quoted ? NULL : registry_find(f->reg, lit->text, lit->len);
	struct reading r = { .field = fd, .type = t };
	struct binding b;
	int n = 0;

	if (!p || !fd->selects || t->form != TYPE_LEAF || t->kind->cls != KIND_NUM)
		return 0;
	for (unsigned i = 0; registry_binding(f->reg, i, &b); i++) {
		if (b.proto != p || !selects_in(fd, b.space) || b.hi - b.lo >= SELECTED_MAX)
			continue;
		for (uint64_t v = b.lo; v <= b.hi; v++, n++) {
			r.v.num = v;
			if (add_reading(f, lit, &r) < 0)
				return -1;
		}
	}
	return n;
}

/* Everything the literal may mean for the fields of one alternative; how many took it, -1 memory.
 */
static int read_ref(struct filter *f, const struct ref *ref, struct literal *lit, bool net,
		    struct err *e)
{
	const struct type *leaf[LEAVES_MAX];
	const struct type *of =
		ref->form == REF_ALIAS && ref->alias.type ? ref->alias.type : ref->field->type;
	unsigned n = leaf_types(of, leaf, LEAVES_MAX);
	int took = 0;

	for (unsigned i = 0; i < n; i++) {
		struct reading r;
		int rc = read_leaf(f, ref->field, leaf[i], lit, net, &r, e);

		if (rc > 0 && add_reading(f, lit, &r) < 0)
			return -1;
		if (rc < 0) {
			rc = read_selected(f, ref->field, leaf[i], lit);
			if (rc < 0)
				return -1;
			rc -= 1; /* none: not taken */
		}
		took += rc >= 0;
	}
	/* A struct or a list as a whole is its bytes. */
	return n == 0 && lit->bytes ? 1 : took;
}

static int refuse(const struct filter *f, const struct literal *lit, struct err *e, const char *why)
{
	return err_at(e, "", f->text, f->len, lit->at, lit->span, "%s", why);
}

static bool is_bytes_view(const struct ref *r)
{
	return r->form == REF_ALIAS && r->alias.form == ALIAS_VIEW && r->alias.view->bytes;
}

/* A checksum's status in a word. */
static bool read_status(struct literal *lit)
{
	static const char *const words[] = { "bad", "good", "unverified", "not present" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]) && !lit->has_num; i++) {
		lit->has_num = lit->len == strlen(words[i]) &&
			       strncasecmp(lit->text, words[i], lit->len) == 0;
		lit->num = i;
	}
	return lit->has_num;
}

int filter_read(struct filter *f, const struct operand *a, struct literal *lit, bool net,
		struct err *e)
{
	struct err why = { 0 };
	int took = 0;

	lit->has_num = !lit->quoted && plain_number(lit->text, lit->len, &lit->num);
	if (lit->quoted) {
		lit->bytes = (uint8_t *)(uintptr_t)lit->text;
		lit->nbytes = lit->len;
	} else if (!hex_bytes(f, lit)) {
		return err_set(e, ERR_IO, "out of memory");
	}
	if (a->fn == FN_LEN || a->fn == FN_COUNT)
		return lit->has_num ? 0 : refuse(f, lit, e, "a number is expected here");
	if (a->nslices) {
		if (!lit->bytes && lit->has_num && lit->num < 256) {
			lit->bytes = arena_alloc(&f->mem, 1);
			if (!lit->bytes)
				return err_set(e, ERR_IO, "out of memory");
			lit->bytes[0] = (uint8_t)lit->num;
			lit->nbytes = 1;
		}
		if (lit->bytes)
			return 0;
		return refuse(f, lit, e, "bytes are expected here: de:ad:be:ef, or text in quotes");
	}
	for (const struct ref *r = a->ref; r; r = r->next) {
		int n = 0;

		if (r->form == REF_STATUS) {
			n = lit->has_num || read_status(lit);
		} else if (r->word || (r->form == REF_NUMBER && r->number != FRAME_TIME)) {
			n = lit->has_num;
		} else if (r->form == REF_NUMBER) {
			n = filter_time(lit->text, lit->len, &lit->num);
			lit->has_num = n;
		} else if (r->form == REF_ALIAS && !r->field) { /* an inline length, a view */
			n = is_bytes_view(r) ? lit->bytes != NULL : lit->has_num;
		} else if (r->field) {
			n = read_ref(f, r, lit, net, &why);
		} else {
			n = lit->bytes != NULL;
		}
		if (n < 0)
			return err_set(e, ERR_IO, "out of memory");
		took += n;
	}
	if (took)
		return 0;
	if (why.code)
		return refuse(f, lit, e, why.msg);
	if (a->ref && a->ref->form == REF_NUMBER && a->ref->number == FRAME_TIME)
		return refuse(f, lit, e,
			      "a time is expected here: \"2026-11-22 10:38:16\" or seconds");
	if (a->ref && !is_bytes_view(a->ref) &&
	    (a->ref->word || a->ref->form == REF_NUMBER || a->ref->form == REF_STATUS ||
	     a->ref->form == REF_ALIAS))
		return refuse(f, lit, e, "a number is expected here");
	return refuse(f, lit, e, "bytes (de:ad:be:ef) or text in quotes are expected here");
}
