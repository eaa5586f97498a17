/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads packets written as hex text: one packet a line (`read --as raw`), or dumps with offsets in
 * front, as tcpdump -x, xxd and hexdump -C make them. Offset 0 begins a packet. */
#include "capture/impl.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST (2 * PACKET_MAX + 4096) /* bytes of a line, separators included */

struct hex_text {
	uint8_t *data; /* the packet so far */
	uint32_t n;
	bool open; /* a dump that may go on */
	uint64_t lineno, passed;
	bool cut;
};

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static size_t digits(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && digit(*p) >= 0)
		p++;
	return (size_t)(p - s);
}

/* n digits, 16 at most. */
static uint64_t number(const char *s, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 4 | (unsigned)digit(s[i]);
	return v;
}

static void add_byte(struct hex_text *h, int hi, int lo)
{
	if (h->n < PACKET_MAX)
		h->data[h->n++] = (uint8_t)(hi << 4 | lo);
	else
		h->cut = true;
}

/* "0000", "0x0000:", "00000010:" in front of a dump's line; *at: what follows. */
static bool take_offset(const char *s, const char *end, uint64_t *offset, const char **at)
{
	const char *p = s;
	bool marked = end - p > 2 && p[0] == '0' && p[1] == 'x';

	if (marked)
		p += 2;
	size_t n = digits(p, end);
	if (n < 3 || n > 16)
		return false;
	*offset = number(p, n);
	p += n;
	if (p < end && *p == ':') {
		marked = true;
		p++;
	}
	*at = p;
	return marked || (p < end && isspace((unsigned char)*p));
}

/* The bytes of a dump's line, up to the characters beside them. A group has two or four digits. */
static void take_dump(struct hex_text *h, const char *s, const char *end)
{
	unsigned blanks;

	for (;;) {
		for (blanks = 0; s < end && (*s == ' ' || *s == '\t'); s++)
			blanks++;
		size_t n = digits(s, end);
		/* hexdump -C has two blanks in the middle, xxd two before the characters. */
		if ((n != 2 && n != 4) || (s + n < end && !isspace((unsigned char)s[n])) ||
		    blanks > 4)
			return;
		for (size_t i = 0; i < n; i += 2)
			add_byte(h, digit(s[i]), digit(s[i + 1]));
		s += n;
	}
}

/* A line of nothing but digits and separators; false: it is something else. */
static bool take_plain(struct hex_text *h, const char *s, const char *end)
{
	int hi = -1;

	for (const char *p = s; p < end; p++)
		if (digit(*p) < 0 && (!*p || !strchr(" \t:.-", *p)))
			return false;
	if (digits(s, end) == 0)
		return false;
	for (; s < end; s++) {
		int d = digit(*s);
		if (d < 0) {
			if (hi >= 0) { /* a digit alone is a byte: "0:1a:2b" */
				add_byte(h, 0, hi);
				hi = -1;
			}
		} else if (hi < 0) {
			hi = d;
		} else {
			add_byte(h, hi, d);
			hi = -1;
		}
	}
	if (hi >= 0)
		add_byte(h, 0, hi);
	return true;
}

/* What a line does to the packets: 1 one is complete without it (look at the line again), 2 one is
 * complete with it, 0 go on. */
static int take_line(struct hex_text *h, const char *s, const char *end)
{
	const char *at;
	uint64_t offset;

	while (s < end && isspace((unsigned char)*s))
		s++;
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	if (s == end || *s == '#') {
		bool done = h->open;
		h->open = false;
		return done ? 2 : 0;
	}
	if (take_offset(s, end, &offset, &at) && at < end &&
	    (offset == 0 || (h->open && offset == h->n))) {
		if (offset == 0 && h->open && h->n) {
			h->open = false;
			return 1;
		}
		h->open = true;
		take_dump(h, at, end);
		return 0;
	}
	if (h->open) { /* the offset of its end, which hexdump and od tell, belongs to a dump */
		h->open = false;
		size_t all = digits(s, end);
		return all == (size_t)(end - s) && all <= 16 && number(s, all) == h->n ? 2 : 1;
	}
	if (take_plain(h, s, end))
		return 2;
	h->passed++;
	return 0;
}

static int hex_next(struct source *s, struct packet *p, struct err *e)
{
	struct source_file *f = &s->file;
	struct hex_text *h = f->hex;
	size_t have, n;
	int done = 0;

	h->n = 0;
	h->cut = false;
	while (!done) {
		const char *line = (const char *)stream_peek(&f->st, 512, &have, e);
		if (!line)
			return SOURCE_ERROR;
		const char *nl = memchr(line, '\n', have);
		if (!nl && have == 512) {
			line = (const char *)stream_peek(&f->st, LINE_MOST, &have, e);
			if (!line)
				return SOURCE_ERROR;
			nl = memchr(line, '\n', have);
			if (!nl && have == LINE_MOST)
				return file_damaged(s, e, "line %" PRIu64 " is too long",
						    h->lineno + 1);
		}
		if (have == 0) {
			if (!h->open || f->st.woken)
				break;
			h->open = false;
			done = 2;
			break;
		}
		n = nl ? (size_t)(nl - line) + 1 : have;
		done = take_line(h, line, line + n);
		if (done == 1)
			break;
		h->lineno++;
		stream_skip(&f->st, n, e);
	}
	if (!done) {
		if (h->passed)
			snprintf(s->note, sizeof(s->note),
				 "%" PRIu64 " lines without hex were passed over", h->passed);
		return SOURCE_END;
	}
	p->when = 0;
	p->flags = PACKET_NO_TIME;
	s->stats.cut += h->cut;
	file_packet(s, p, h->data, h->n, h->n, 0);
	return SOURCE_PACKET;
}

int file_hex_open(struct source *s, uint16_t link, struct err *e)
{
	struct file_if *fi = file_add_if(s, e);
	struct hex_text *h = calloc(1, sizeof(*h));

	if (h)
		h->data = malloc(PACKET_MAX);
	s->file.hex = h;
	if (!fi || !h || !h->data)
		return err_set(e, ERR_IO, "%s: no memory", s->name);
	fi->link = s->link = link;
	fi->snaplen = PACKET_MAX;
	s->file.next = hex_next;
	return 1;
}

void file_hex_close(struct source *s)
{
	if (s->file.hex)
		free(s->file.hex->data);
	free(s->file.hex);
}
