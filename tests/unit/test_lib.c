/* SPDX-License-Identifier: BSD-2-Clause */
/* The public library, through its header alone: what it reads is held against what tshark says of
 * the same captures and against bytes put together here. */
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <strata/strata.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAPTURE(name) STRATA_SOURCE "/captures/" name ".pcap"
#define MS INT64_C(1000000)

static struct strata *S;
static struct strata_packet *P;
static struct strata_error E;

static void setup(void)
{
	S = strata_open(NULL, 0, &E);
	ck_assert_msg(S != NULL, "%s", E.message);
	P = strata_packet_new(S);
	ck_assert_ptr_nonnull(P);
}

static void teardown(void)
{
	strata_packet_free(P);
	strata_close(S);
}

static void craft_ok(const char *text)
{
	ck_assert_msg(strata_craft(P, text, &E) == 0, "%s: %s", text, E.message);
}

static uint64_t number(const char *name)
{
	uint64_t v = 0;

	ck_assert_msg(strata_number(P, name, &v) == 1, "%s is not there", name);
	return v;
}

static void text_is(const char *name, const char *want)
{
	const char *s = strata_text(P, name);

	ck_assert_msg(s && !strcmp(s, want), "%s is '%s', not '%s'", name, s ? s : "(none)", want);
}

/* ---- opening ---- */

START_TEST(open_own_protocols)
{
	static const char *const text[] = {
		"protocol pong \"Ping-pong\" {\n over udp.port 9900\n type : u8 = 1\n"
		" half : f32 = 0\n note : text[u8] = \"\"\n}\n"
	};
	static const char *const as[] = { "udp.port=5999:pong" };
	struct strata_options o = {
		.protocol_texts = text, .nprotocol_texts = 1, .decode_as = as, .ndecode_as = 1
	};
	struct strata_protocol about;
	struct strata_packet *p;
	struct strata *s = strata_open_with(&o, &E);
	double half;

	ck_assert_msg(s != NULL, "%s", E.message);
	ck_assert_uint_eq(strata_protocols(s), strata_protocols(S) + 1);
	ck_assert_int_eq(strata_protocol_find(s, "PONG", &about), 1);
	ck_assert_str_eq(about.title, "Ping-pong");
	ck_assert(!about.builtin);
	ck_assert_uint_eq(about.nfields, 3);
	p = strata_packet_new(s);
	ck_assert_int_eq(
		strata_craft(p, "ip dst=10.0.0.2 / udp dport=5999 / pong half=0.5 note=hi", &E), 0);
	ck_assert_int_eq(strata_layer_find(p, "pong"), 2);
	ck_assert_int_eq(strata_real(p, "pong.half", &half), 1);
	ck_assert(half == 0.5);
	ck_assert_int_eq(strata_real(p, "pong.type", &half), -1);
	ck_assert_str_eq(strata_text(p, "pong.note"), "hi");
	strata_packet_free(p);
	strata_close(s);
}
END_TEST

START_TEST(open_errors)
{
	const char *const missing[] = { "/nonexistent/x.protocol" };
	const char *const bad[] = { "protocol x \"X\" {\n    a : u99\n}\n" };
	const char *const as[] = { "udp.port" };
	struct strata_options o = { .protocol_texts = bad, .nprotocol_texts = 1 };
	char text[1200];

	ck_assert_ptr_null(strata_open(missing, 1, &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_ptr_nonnull(strstr(E.message, "x.protocol"));
	ck_assert_ptr_null(strata_open_with(&o, &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_uint_eq(E.lineno, 2);
	ck_assert_uint_eq(E.column, 9);
	ck_assert_str_eq(E.line, "    a : u99");
	ck_assert_uint_gt(strata_error_text(&E, text, sizeof(text)), strlen(E.message));
	ck_assert_ptr_nonnull(strstr(text, "\n          ^^^"));
	/* Cut, but ended. */
	memset(text, 'x', sizeof(text));
	ck_assert_uint_gt(strata_error_text(&E, text, 5), 5);
	ck_assert_uint_eq(strlen(text), 4);
	o = (struct strata_options) { .decode_as = as, .ndecode_as = 1 };
	ck_assert_ptr_null(strata_open_with(&o, &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_ptr_null(strata_open_with(&o, NULL));
	strata_close(NULL);
	strata_packet_free(NULL);
	strata_source_close(NULL);
	strata_plan_close(NULL);
	strata_filter_close(NULL);
	strata_sender_close(NULL);
	ck_assert_int_eq(strata_sink_close(NULL, NULL), 0);
}
END_TEST

/* Only when asked does the environment say what is loaded. */
START_TEST(open_user_folder)
{
	static const char file[] =
		"protocol mine \"Mine\" {\n over udp.port 9901\n a : u8 = 1\n}\n";
	struct strata_options o = { .user_folder = true };
	char dir[] = "/tmp/strata-lib.XXXXXX", path[100];
	struct strata_protocol about;
	struct strata *s;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/mine.protocol", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(file, f);
	fclose(f);
	setenv("STRATA_PROTOCOLS", dir, 1);
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	s = strata_open(NULL, 0, &E);
	ck_assert_int_eq(strata_protocol_find(s, "mine", &about), 0);
	strata_close(s);
	s = strata_open_with(&o, &E);
	ck_assert_msg(s != NULL, "%s", E.message);
	ck_assert_int_eq(strata_protocol_find(s, "mine", &about), 1);
	strata_close(s);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(protocols_told)
{
	struct strata_field_about f;
	struct strata_protocol about;
	size_t n = strata_protocols(S);

	ck_assert_uint_gt(n, 10);
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(strata_protocol_at(S, i, &about), 1);
		ck_assert(about.builtin);
		for (size_t k = 0; k < about.nfields; k++)
			ck_assert_int_eq(strata_protocol_field(S, about.name, k, &f), 1);
		ck_assert_int_eq(strata_protocol_field(S, about.name, about.nfields, &f), 0);
	}
	ck_assert_int_eq(strata_protocol_at(S, n, &about), 0);
	ck_assert_int_eq(strata_protocol_field(S, "nosuch", 0, &f), 0);
	ck_assert_int_eq(strata_protocol_field(S, "udp", 0, &f), 1);
	ck_assert_str_eq(f.name, "sport");
	ck_assert_uint_eq(f.bits, 16);
	ck_assert_int_eq(strata_protocol_field(S, "udp", 2, &f), 1);
	ck_assert_str_eq(f.name, "len");
	ck_assert(f.computed);
	ck_assert_ptr_null(strata_redefined(S, 0));
	ck_assert_int_eq(strata_field_known(S, "dns.qd.0.name", &E), 1);
	ck_assert_int_eq(strata_field_known(S, "ip.2.src", &E), 1);
	ck_assert_int_eq(strata_field_known(S, "ip.tll", &E), -1);
	ck_assert_ptr_nonnull(strstr(E.message, "ip.ttl"));
	ck_assert_int_eq(strata_field_known(S, "ip.ttl == 1", &E), -1);
	ck_assert_int_eq(strata_field_known(S, "", &E), -1);
}
END_TEST

/* ---- reading ---- */

/* As tshark reads it: frame 1 asks for www.example.org A with id 0xa212, frame 2 answers. */
START_TEST(file_read)
{
	struct strata_source *src = strata_source_file(S, CAPTURE("dns-udp"), NULL, &E);
	struct strata_packet *q = strata_packet_new(S);
	struct strata_counts c;
	struct strata_info info;
	const uint8_t *bytes;
	uint64_t v;
	unsigned n = 2;
	size_t len;
	int rc;

	ck_assert_msg(src != NULL, "%s", E.message);
	ck_assert_int_eq(strata_fd(src), -1);
	ck_assert_int_eq(strata_next(src, q, STRATA_AT_ONCE, &E), STRATA_GOT);
	ck_assert_int_eq(strata_keep(q, &E), 0);
	ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_GOT);
	text_is("dns.qd.0.name", "www.example.org");
	text_is("dns.an.0.name", "www.example.org");
	text_is("dns.an.0.rdata", "10.77.0.80");
	text_is("ip.src", "10.77.0.2");
	ck_assert_uint_eq(number("dns.id"), 0xa212);
	ck_assert_uint_eq(number("dns.an"), 1);
	ck_assert_uint_eq(number("udp.sport"), 53);
	ck_assert_int_eq(strata_number(P, "dns.an.1.name", &v), 0);
	ck_assert_int_eq(strata_number(P, "ip.2.ttl", &v), 0);
	ck_assert_int_eq(strata_number(P, "tcp.seq", &v), 0);
	ck_assert_int_eq(strata_number(P, "tcp.sqe", &v), -1);
	ck_assert_int_eq(strata_number(P, "nosuch.seq", &v), -1);
	ck_assert_int_eq(strata_number(P, "ip.0.ttl", &v), -1);
	ck_assert_int_eq(strata_number(P, "ip.99999999999999999999.ttl", &v), -1);
	ck_assert_int_eq(strata_number(P, "ip.src", &v), -1);
	ck_assert_ptr_null(strata_text(P, "dns.qd"));
	ck_assert_int_eq(strata_bytes(P, "ip.src", &bytes, &len), 1);
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(bytes, "\x0a\x4d\x00\x02", 4);
	ck_assert_int_eq(strata_bytes(P, "udp", &bytes, &len), 1);
	ck_assert_uint_eq(len, 8);
	ck_assert_mem_eq(bytes, "\x00\x35", 2);
	ck_assert_int_eq(strata_bytes(P, "ip.version", &bytes, &len), -1);
	strata_packet_info(P, &info);
	ck_assert_uint_eq(info.number, 2);
	ck_assert_uint_eq(info.len, 91);
	ck_assert_uint_eq(info.link, STRATA_LINK_ETHERNET);
	ck_assert_uint_eq(info.nlayers, 4);
	ck_assert_int_eq(strata_check(P, NULL), 0);
	ck_assert_int_eq(strata_answers(P, q), 1);
	ck_assert_int_eq(strata_answers(q, P), 0);
	while ((rc = strata_next(src, P, STRATA_FOREVER, &E)) == STRATA_GOT)
		n++;
	ck_assert_int_eq(rc, STRATA_END);
	ck_assert_uint_eq(n, 12);
	ck_assert_ptr_null(strata_source_note(src));
	strata_source_counts(src, &c);
	ck_assert_uint_eq(c.packets, 12);
	strata_source_close(src);
	/* What was kept outlives its source. */
	ck_assert_str_eq(strata_text(q, "dns.qd.0.name"), "www.example.org");
	strata_packet_free(q);
}
END_TEST

START_TEST(file_filtered)
{
	struct strata_source *src = strata_source_file(S, CAPTURE("ping"), "icmp", &E);
	struct strata_filter *f = strata_filter_open(S, "icmp.type == 8 && ip.ttl == 64", &E);
	unsigned seen = 0, hits = 0;
	struct strata_counts c;

	ck_assert_msg(src && f, "%s", E.message);
	while (strata_next(src, P, STRATA_FOREVER, &E) == STRATA_GOT) {
		hits += strata_filter_match(f, P);
		seen++;
		ck_assert_int_eq(strata_layer_find(P, "icmp"), 2);
		ck_assert_int_eq(strata_layer_find(P, "arp"), -1);
	}
	strata_source_counts(src, &c);
	ck_assert_uint_gt(seen, 8);
	ck_assert_uint_eq(hits * 2, seen); /* each was answered */
	ck_assert_uint_gt(c.filtered, 1);  /* the two ARP frames in front */
	strata_filter_close(f);
	strata_source_close(src);
}
END_TEST

START_TEST(file_errors)
{
	ck_assert_ptr_null(strata_source_file(S, "/nonexistent.pcap", NULL, &E));
	ck_assert_int_eq(E.code, STRATA_IO);
	ck_assert_ptr_null(strata_source_file(S, STRATA_SOURCE "/LICENSE", NULL, &E));
	ck_assert_ptr_null(strata_source_file(S, CAPTURE("ping"), "icmp or", &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_str_eq(E.name, "filter");
	ck_assert_ptr_null(strata_source_file(S, CAPTURE("ping"), "xyzzy", NULL));
	ck_assert_ptr_null(strata_filter_open(S, "ip.ttl = = 3", &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_uint_eq(E.lineno, 1);
	ck_assert_ptr_null(strata_source_live(S, "nosuch0", NULL, NULL, &E));
	ck_assert_int_ne(E.code, 0);
}
END_TEST

/* A file that is a pipe: the deadline is one, and what comes is seen. */
START_TEST(file_pipe)
{
	static const char bytes[] = /* pcap, raw IP, one packet of 28 bytes */
		"\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x65\0\0\0"
		"\1\0\0\0\0\0\0\0\x1c\0\0\0\x1c\0\0\0"
		"\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2"
		"\0\1\0\2\0\x08\0\0";
	struct strata_source *src;
	char path[40];
	int fd[2];
	int64_t from, took;

	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(write(fd[1], bytes, 24), 24);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd[0]);
	src = strata_source_file(S, path, NULL, &E);
	ck_assert_msg(src != NULL, "%s", E.message);
	ck_assert_int_ge(strata_fd(src), 0);
	for (int i = 0; i < 3; i++) {
		from = strata_now();
		ck_assert_int_eq(strata_next(src, P, strata_in(60 * MS), &E), STRATA_NOTHING);
		took = strata_now() - from;
		ck_assert_int_ge(took, 60 * MS);
		ck_assert_int_lt(took, 1000 * MS);
		ck_assert_int_eq(strata_next(src, P, STRATA_AT_ONCE, &E), STRATA_NOTHING);
		ck_assert_int_eq(write(fd[1], bytes + 24, 44), 44);
		ck_assert_int_eq(strata_next(src, P, strata_in(1000 * MS), &E), STRATA_GOT);
		ck_assert_uint_eq(number("udp.dport"), 2);
	}
	close(fd[1]);
	ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_END);
	strata_source_close(src);
	close(fd[0]);
}
END_TEST

/* Whatever the bytes, every field of every layer is told, inside the packet. */
START_TEST(fields_walked)
{
	static const char *const files[] = { CAPTURE("broken"), CAPTURE("dns-types"),
					     CAPTURE("tls13"), CAPTURE("icmp-errors"),
					     CAPTURE("tcp-options") };
	unsigned fields = 0, quoted = 0;

	for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
		struct strata_source *src = strata_source_file(S, files[k], NULL, &E);

		ck_assert_msg(src != NULL, "%s", E.message);
		while (strata_next(src, P, STRATA_FOREVER, &E) == STRATA_GOT) {
			struct strata_info info;
			struct strata_layer l;
			struct strata_field f;

			strata_packet_info(P, &info);
			for (size_t i = 0; strata_packet_layer(P, i, &l); i++) {
				ck_assert_uint_le(l.off + l.hlen, info.len);
				quoted += (l.flags & STRATA_LAYER_QUOTED) != 0;
				int rc;
				size_t j = 0;

				for (; (rc = strata_field_at(P, i, j, &f)) == 1; j++) {
					ck_assert_uint_le(f.bit + f.bits, UINT64_C(8) * info.len);
					ck_assert_msg(!strncmp(f.path, l.name, strlen(l.name)),
						      "%s", f.path);
					ck_assert_ptr_nonnull(f.text);
				}
				ck_assert_int_eq(rc, 0);
				fields += (unsigned)j;
			}
			ck_assert_int_eq(strata_packet_layer(P, info.nlayers, &l), 0);
			ck_assert_int_eq(strata_packet_layer(P, 255, &l), 0);
			ck_assert_int_ge(strata_check(P, NULL), 0);
		}
		strata_source_close(src);
	}
	ck_assert_uint_gt(fields, 1000);
	ck_assert_uint_gt(quoted, 2);
}
END_TEST

/* A path that the walk tells finds the same field by name. */
START_TEST(fields_by_path)
{
	struct strata_source *src = strata_source_file(S, CAPTURE("icmp-errors"), NULL, &E);
	unsigned numbers = 0;

	ck_assert_ptr_nonnull(src);
	while (strata_next(src, P, STRATA_FOREVER, &E) == STRATA_GOT) {
		struct strata_layer l;
		struct strata_field f;
		uint64_t v;

		for (size_t i = 0; strata_packet_layer(P, i, &l); i++)
			for (size_t j = 0; strata_field_at(P, i, j, &f) == 1; j++) {
				if (f.kind != STRATA_NUMBER || f.flags)
					continue;
				ck_assert_msg(strata_number(P, f.path, &v) == 1, "%s", f.path);
				ck_assert_msg(v == f.number, "%s", f.path);
				ck_assert_str_eq(strata_text(P, f.path), f.text);
				numbers++;
			}
	}
	ck_assert_uint_gt(numbers, 100);
	strata_source_close(src);
}
END_TEST

START_TEST(dissect_bytes)
{
	/* Version 4, 20 bytes, length 32; UDP 1 to 2, length 8 where 12 are; 4 bytes. */
	static const uint8_t bytes[] = { 0x45, 0,  0, 32, 0, 0,  0,   0,   64,  17, 0,
					 0,    10, 0, 0,  1, 10, 0,   0,   2,   0,  1,
					 0,    2,  0, 3,  0, 0,  'a', 'b', 'c', 'd' };
	const struct strata_note *notes;
	struct strata_layer l;
	int n, sums = 0, lengths = 0;

	ck_assert_int_eq(strata_dissect(P, bytes, sizeof(bytes), 0, STRATA_LINK_RAW, &E), 0);
	ck_assert_uint_eq(number("ip.ttl"), 64);
	n = strata_check(P, &notes);
	for (int i = 0; i < n; i++) {
		sums += notes[i].kind == STRATA_NOTE_SUM && !strcmp(notes[i].at, "ip.chksum");
		lengths += notes[i].kind == STRATA_NOTE_LENGTH && !strcmp(notes[i].at, "udp.len");
	}
	ck_assert_int_eq(sums, 1);
	ck_assert_int_eq(lengths, 1);
	ck_assert_int_eq(strata_layer_sum(P, 0), STRATA_SUM_BAD);
	ck_assert_int_eq(strata_layer_sum(P, 9), STRATA_SUM_ABSENT);
	ck_assert_int_eq(strata_packet_layer(P, 1, &l), 1);
	ck_assert(l.flags & STRATA_LAYER_BAD_LENGTH);
	/* Every prefix, in memory of just that size. */
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint8_t *part = malloc(len ? len : 1);
		struct strata_field f;

		memcpy(part, bytes, len);
		ck_assert_int_eq(strata_dissect(P, part, len, sizeof(bytes), STRATA_LINK_RAW, &E),
				 0);
		for (size_t i = 0; strata_packet_layer(P, i, &l); i++)
			for (size_t j = 0; strata_field_at(P, i, j, &f) == 1; j++)
				;
		free(strata_print(P, "json", NULL, &E));
		free(part);
	}
	ck_assert_int_eq(strata_dissect(P, NULL, 0, 0, STRATA_LINK_RAW, &E), 0);
	ck_assert_int_eq(strata_packet_layer(P, 0, &l), 0);
	ck_assert_int_eq(strata_dissect(P, NULL, 1, 0, STRATA_LINK_RAW, &E), -1);
	ck_assert_int_eq(strata_dissect(P, bytes, 262145, 0, STRATA_LINK_RAW, &E), -1);
	ck_assert_int_eq(strata_dissect(P, bytes, 4, 0, 65536, &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
}
END_TEST

/* ---- crafting, printing ---- */

static uint16_t inet_sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i < n; i += 2)
		s += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

START_TEST(craft_one)
{
	const uint8_t *data;
	struct strata_info info;
	char *line, *again;
	size_t n;

	craft_ok("ip src=10.0.0.1 dst=10.0.0.2 / tcp sport=40000 dport=80 flags=S / text:hello");
	strata_packet_info(P, &info);
	ck_assert_uint_eq(info.len, 45);
	ck_assert_uint_eq(info.link, STRATA_LINK_RAW);
	ck_assert(info.flags & STRATA_NO_TIME);
	ck_assert_mem_eq(info.data + 12, "\x0a\0\0\1\x0a\0\0\2\x9c\x40\0\x50", 12);
	ck_assert_uint_eq(inet_sum(info.data, 20), 0xffff);
	ck_assert_int_eq(strata_check(P, NULL), 0);
	ck_assert_int_eq(strata_layer_sum(P, 1), STRATA_SUM_GOOD);
	ck_assert_uint_eq(number("tcp.flags.syn"), 1);
	ck_assert_uint_eq(number("tcp.flags.ack"), 0);
	ck_assert_int_eq(strata_payload(P, -1, &data, &n), 1);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(data, "hello", 5);
	ck_assert_int_eq(strata_payload(P, 0, &data, &n), 1);
	ck_assert_uint_eq(n, 25);
	ck_assert_int_eq(strata_payload(P, 2, &data, &n), 0);
	/* What is printed is what can be crafted. */
	line = strata_print(P, "expr", NULL, &E);
	ck_assert_ptr_nonnull(line);
	craft_ok(line);
	again = strata_print(P, "expr", NULL, &E);
	ck_assert_str_eq(line, again);
	free(line);
	free(again);
	craft_ok("ip / udp / hex:");
	ck_assert_int_eq(strata_payload(P, -1, &data, &n), 0);
}
END_TEST

START_TEST(craft_errors)
{
	struct strata_options o = { .no_files = true };
	struct strata *s = strata_open_with(&o, &E);
	struct strata_packet *p = strata_packet_new(s);

	craft_ok("ip dst=10.0.0.2 / icmp");
	ck_assert_int_eq(strata_craft(P, "ip dst=10.0.0.2 / tcp flag=S", &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_uint_eq(E.column, 23);
	ck_assert_ptr_nonnull(strstr(E.message, "flags"));
	/* What P held is as it was. */
	text_is("ip.dst", "10.0.0.2");
	ck_assert_int_eq(strata_craft(P, "", NULL), -1);
	ck_assert_int_eq(strata_craft(p, "ip / udp / @" STRATA_SOURCE "/LICENSE", &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
	craft_ok("ip / udp / @" STRATA_SOURCE "/LICENSE");
	ck_assert_ptr_null(strata_plan_open(S, "ip dst=nonsense", 0, &E));
	strata_packet_free(p);
	strata_close(s);
}
END_TEST

START_TEST(craft_sweep)
{
	struct strata_plan *pl =
		strata_plan_open(S, "ip dst=10.0.0.1-10.0.0.3 / tcp dport=22,80 flags=S", 7, &E);
	static const char *const want[] = { "10.0.0.1 22", "10.0.0.1 80", "10.0.0.2 22",
					    "10.0.0.2 80", "10.0.0.3 22", "10.0.0.3 80" };
	char got[40];

	ck_assert_msg(pl != NULL, "%s", E.message);
	ck_assert_uint_eq(strata_plan_count(pl), 6);
	for (uint64_t i = 0; i < 6; i++) {
		ck_assert_int_eq(strata_plan_step(pl, i, P, &E), 0);
		snprintf(got, sizeof(got), "%s %u", strata_text(P, "ip.dst"),
			 (unsigned)number("tcp.dport"));
		ck_assert_str_eq(got, want[i]);
		ck_assert_int_eq(strata_check(P, NULL), 0);
	}
	strata_plan_close(pl);
}
END_TEST

START_TEST(print_forms)
{
	static const char *const forms[] = { "line", "tree", "json", "flat", "csv",
					     "hex",  "raw",  "text", "expr" };
	char *s;

	craft_ok("eth / ip dst=10.0.0.2 / udp dport=9 / text:hello");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *only = strcmp(forms[i], "csv") ? NULL : "ip.dst,udp.dport";

		s = strata_print(P, forms[i], only, &E);
		ck_assert_msg(s && *s, "%s", forms[i]);
		ck_assert_int_ne(s[strlen(s) - 1], '\n');
		if (only)
			ck_assert_str_eq(s, "10.0.0.2,9");
		free(s);
	}
	s = strata_print(P, "text", NULL, &E);
	ck_assert_ptr_nonnull(strstr(s, "hello"));
	free(s);
	ck_assert_ptr_null(strata_print(P, "none", NULL, &E));
	ck_assert_ptr_null(strata_print(P, "xml", NULL, &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_ptr_null(strata_print(P, "json", "ip.tll", &E));
	ck_assert_int_eq(E.code, STRATA_USAGE);
}
END_TEST

START_TEST(sink_written)
{
	char path[] = "/tmp/strata-lib.XXXXXX";
	struct strata_source *src;
	struct strata_sink *k;
	struct strata_info info;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	k = strata_sink_open(path, &E);
	ck_assert_msg(k != NULL, "%s", E.message);
	craft_ok("ip dst=10.0.0.2 / icmp id=7");
	strata_packet_stamp(P, INT64_C(1795343896773907123), 1);
	ck_assert_int_eq(strata_sink_write(k, P, &E), 0);
	ck_assert_int_eq(strata_sink_flush(k, &E), 0);
	ck_assert_int_eq(strata_sink_close(k, &E), 0);
	src = strata_source_file(S, path, NULL, &E);
	ck_assert_ptr_nonnull(src);
	ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_GOT);
	strata_packet_info(P, &info);
	ck_assert_int_eq(info.when, INT64_C(1795343896773907123));
	ck_assert_uint_eq(number("icmp.id"), 7);
	ck_assert_int_eq(strata_next(src, P, STRATA_FOREVER, &E), STRATA_END);
	strata_source_close(src);
	unlink(path);
	ck_assert_ptr_null(strata_sink_open("/nonexistent/x.pcap", &E));
	ck_assert_int_eq(E.code, STRATA_IO);
}
END_TEST

/* One struct strata, many threads. */
static void *craft_many(void *arg)
{
	struct strata_packet *p = strata_packet_new(S);
	char text[80];
	uint64_t v;

	for (unsigned i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "ip dst=10.0.%u.2 / dns id=%u qd=name:x.test", i % 250,
			 i);
		if (strata_craft(p, text, NULL) || strata_number(p, "dns.id", &v) != 1 || v != i ||
		    strata_check(p, NULL))
			*(int *)arg = 1;
	}
	strata_packet_free(p);
	return NULL;
}

START_TEST(threads)
{
	pthread_t t[4];
	int bad[4] = { 0 };

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, craft_many, &bad[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		ck_assert_int_eq(bad[i], 0);
	}
}
END_TEST

/* ---- the network, private and on loopback ---- */

static void put_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(path);
		close(fd);
	}
}

/* This process (each test is one) moves into a network of its own. */
static void private_network(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	unsigned uid = getuid(), gid = getgid();
	char line[60];
	int fd;

	ck_assert_int_eq(unshare(CLONE_NEWUSER | CLONE_NEWNET), 0);
	put_line("/proc/self/setgroups", "deny");
	snprintf(line, sizeof(line), "0 %u 1", uid);
	put_line("/proc/self/uid_map", line);
	snprintf(line, sizeof(line), "0 %u 1", gid);
	put_line("/proc/self/gid_map", line);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &r), 0);
	close(fd);
}

/* Answers each message of the sensor protocol with a reading, as its description says: type 2 in
 * the low half of the first byte, the same id, length and sum, the name, four bytes of value. */
static void *responder(void *arg)
{
	int fd = *(int *)arg;
	uint8_t m[256];
	struct sockaddr_in from;
	socklen_t fl = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(fd, m, sizeof(m) - 4, 0, (struct sockaddr *)&from, &fl)) >= 9) {
		uint16_t sum;

		m[0] = 0x12;
		memcpy(m + n, "\x00\x00\x53\xfc", 4); /* 21500 */
		n += 4;
		m[4] = 0;
		m[5] = (uint8_t)(n - 8);
		m[6] = m[7] = 0;
		sum = (uint16_t)~inet_sum(m, (size_t)n);
		m[6] = (uint8_t)(sum >> 8);
		m[7] = (uint8_t)sum;
		sendto(fd, m, (size_t)n, 0, (struct sockaddr *)&from, fl);
	}
	return NULL;
}

struct heard {
	unsigned answers, silent, errors;
	uint64_t value;
	char name[64];
	int64_t rtt;
};

static int hear(void *ctx, const struct strata_answer *a)
{
	struct heard *h = ctx;
	const char *name;

	if (a->event != STRATA_ANSWER) {
		h->silent++;
		ck_assert_ptr_null(a->reply);
		return 0;
	}
	h->rtt = a->rtt;
	if (a->error) {
		h->errors++;
		return 0;
	}
	h->answers++;
	name = strata_text(a->reply, "sensor.name");
	snprintf(h->name, sizeof(h->name), "%s", name ? name : "");
	strata_number(a->reply, "sensor.value", &h->value);
	ck_assert_ptr_nonnull(strata_text(a->request, "sensor.name"));
	return 0;
}

static int serve(pthread_t *t, int *fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9000) };

	*fd = socket(AF_INET, SOCK_DGRAM, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(*fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return pthread_create(t, NULL, responder, fd);
}

START_TEST(ask_own_protocol)
{
	static const char *const files[] = { STRATA_SOURCE "/examples/sensor.protocol" };
	static const int vias[] = { STRATA_VIA_AUTO, STRATA_VIA_DATAGRAM };
	struct strata *s;
	pthread_t t;
	int fd;

	private_network();
	s = strata_open(files, 1, &E);
	ck_assert_msg(s != NULL, "%s", E.message);
	ck_assert_int_eq(serve(&t, &fd), 0);
	for (size_t i = 0; i < 2; i++) {
		struct strata_ask_options o = { .via = vias[i] };
		struct heard h = { 0 };
		int64_t n = strata_ask(s, "ip dst=127.0.0.1 / sensor name=\"living room\"", &o,
				       hear, &h, &E);

		ck_assert_msg(n == 1, "%lld: %s", (long long)n, n < 0 ? E.message : "");
		ck_assert_uint_eq(h.answers, 1);
		ck_assert_uint_eq(h.value, 21500);
		ck_assert_str_eq(h.name, "living room");
		ck_assert_int_gt(h.rtt, 0);
		ck_assert_int_lt(h.rtt, 2000 * MS);
	}
	/* A sweep of five, one callback each; then nobody at that port. */
	struct heard h = { 0 };
	ck_assert_int_eq(strata_ask(s, "ip dst=127.0.0.1 / udp sport=2001-2005 / sensor", NULL,
				    hear, &h, &E),
			 5);
	ck_assert_uint_eq(h.answers, 5);
	h = (struct heard) { 0 };
	ck_assert_int_eq(
		strata_ask(s, "ip dst=127.0.0.2 / udp dport=9009 / sensor", NULL, hear, &h, &E), 1);
	ck_assert_uint_eq(h.errors, 1);
	ck_assert_uint_eq(h.answers, 0);
	/* Wrong before anything leaves. */
	ck_assert_int_eq(strata_ask(s, "ip dst=127.0.0.1 / sensr", NULL, hear, &h, &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
	struct strata_ask_options wrong = { .via = 9 };
	ck_assert_int_eq(strata_ask(s, "ip dst=127.0.0.1 / sensor", &wrong, hear, &h, &E), -1);
	shutdown(fd, SHUT_RD);
	pthread_cancel(t);
	pthread_join(t, NULL);
	close(fd);
	strata_close(s);
}
END_TEST

/* Nobody answers: the timeout of a question and the deadline of the whole are kept. */
START_TEST(ask_deadlines)
{
	static const int vias[] = { STRATA_VIA_AUTO, STRATA_VIA_DATAGRAM };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9000) };
	int fd;

	private_network();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	for (size_t i = 0; i < 2; i++) {
		struct strata_ask_options o = { .via = vias[i], .timeout = 100 * MS };
		struct heard h = { 0 };
		int64_t from = strata_now(), took;

		ck_assert_int_eq(strata_ask(S, "ip dst=127.0.0.1 / udp dport=9000 / text:x", &o,
					    hear, &h, &E),
				 0);
		took = strata_now() - from;
		ck_assert_uint_eq(h.silent, 1);
		ck_assert_int_ge(took, 100 * MS);
		ck_assert_int_lt(took, 1500 * MS);
		o.timeout = 20000 * MS;
		o.deadline = strata_in(150 * MS);
		from = strata_now();
		ck_assert_int_eq(strata_ask(S, "ip dst=127.0.0.1 / udp dport=9000 / text:x", &o,
					    hear, &h, &E),
				 0);
		took = strata_now() - from;
		ck_assert_int_ge(took, 150 * MS);
		ck_assert_int_lt(took, 1500 * MS);
	}
	close(fd);
}
END_TEST

static void *breaker(void *src)
{
	usleep(50000);
	strata_break(src);
	return NULL;
}

START_TEST(live_and_send)
{
	struct strata_live_options lo = { .immediate = true };
	struct strata_send_options wrong = { .via = STRATA_VIA_STREAM };
	struct strata_source *src;
	struct strata_sender *sd;
	struct strata_counts c;
	struct strata_info info;
	unsigned got = 0;
	int64_t from, took;
	pthread_t t;

	private_network();
	src = strata_source_live(S, "lo", "udp port 7777", &lo, &E);
	ck_assert_msg(src != NULL, "%s", E.message);
	ck_assert_int_ge(strata_fd(src), 0);
	/* A deadline is one. */
	from = strata_now();
	ck_assert_int_eq(strata_next(src, P, strata_in(80 * MS), &E), STRATA_NOTHING);
	took = strata_now() - from;
	ck_assert_int_ge(took, 80 * MS);
	ck_assert_int_lt(took, 1000 * MS);
	ck_assert_int_eq(strata_next(src, P, STRATA_AT_ONCE, &E), STRATA_NOTHING);
	sd = strata_sender_open(S, NULL, &E);
	ck_assert_msg(sd != NULL, "%s", E.message);
	ck_assert_msg(strata_send(sd, "ip dst=127.0.0.1 / udp dport=7777 / text:a,b", &E) == 1,
		      "%s", E.message);
	ck_assert_int_eq(
		strata_send(sd, "ip dst=127.0.0.1 / udp sport=1-3 dport=7777 / text:abc", &E), 3);
	craft_ok("ip src=127.0.0.1 dst=127.0.0.1 / udp dport=7777 / text:xyz");
	ck_assert_msg(strata_send_packet(sd, P, &E) == 0, "%s", E.message);
	ck_assert_uint_eq(strata_sender_sent(sd), 5);
	while (got < 5 && strata_next(src, P, strata_in(2000 * MS), &E) == STRATA_GOT) {
		strata_packet_info(P, &info);
		ck_assert(info.flags & STRATA_LIVE);
		ck_assert_str_eq(info.device, "lo");
		ck_assert_uint_eq(number("udp.dport"), 7777);
		ck_assert_int_ne(strata_layer_sum(P, 1), STRATA_SUM_BAD);
		got++;
	}
	ck_assert_uint_ge(got, 5);
	ck_assert_int_eq(strata_send(sd, "udp dport=1", &E), -1);
	ck_assert_int_eq(E.code, STRATA_USAGE);
	ck_assert_int_eq(strata_send(sd, "ip dst=192.0.2.1 / icmp", &E), -1);
	ck_assert_ptr_nonnull(strstr(E.message, "192.0.2.1"));
	strata_sender_close(sd);
	ck_assert_ptr_null(strata_sender_open(S, &wrong, &E));
	/* Another thread ends the waiting. */
	ck_assert_int_eq(pthread_create(&t, NULL, breaker, src), 0);
	int rc;
	while ((rc = strata_next(src, P, strata_in(5000 * MS), &E)) == STRATA_GOT)
		;
	ck_assert_int_eq(rc, STRATA_END);
	pthread_join(t, NULL);
	strata_source_counts(src, &c);
	ck_assert(c.known);
	ck_assert_uint_eq(c.dropped, 0);
	strata_source_close(src);
}
END_TEST

START_TEST(live_not_permitted)
{
	/* In a user namespace of our own, but the network that we came from: no rights there. */
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	ck_assert_ptr_null(strata_source_live(S, "lo", NULL, NULL, &E));
	ck_assert_int_eq(E.code, STRATA_PERMISSION);
	ck_assert_ptr_nonnull(strstr(E.message, "CAP_NET_RAW"));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("lib");
	TCase *t = tcase_create("offline");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, open_own_protocols);
	tcase_add_test(t, open_errors);
	tcase_add_test(t, open_user_folder);
	tcase_add_test(t, protocols_told);
	tcase_add_test(t, file_read);
	tcase_add_test(t, file_filtered);
	tcase_add_test(t, file_errors);
	tcase_add_test(t, file_pipe);
	tcase_add_test(t, fields_walked);
	tcase_add_test(t, fields_by_path);
	tcase_add_test(t, dissect_bytes);
	tcase_add_test(t, craft_one);
	tcase_add_test(t, craft_errors);
	tcase_add_test(t, craft_sweep);
	tcase_add_test(t, print_forms);
	tcase_add_test(t, sink_written);
	tcase_add_test(t, threads);
	suite_add_tcase(s, t);
	t = tcase_create("network");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, ask_own_protocol);
	tcase_add_test(t, ask_deadlines);
	tcase_add_test(t, live_and_send);
	tcase_add_test(t, live_not_permitted);
	suite_add_tcase(s, t);
	return s;
}

/* May a process here have a user and a network namespace? A child tries. */
static bool networks_allowed(void)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) ? 1 : 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	const char *only = getenv("CK_RUN_CASE");
	bool allowed = networks_allowed();
	SRunner *r;
	int failed;

	if (!allowed) {
		puts("skipped: the network tests: no private namespaces here");
		if (only && strcmp(only, "network") == 0)
			return 77;
	}
	r = srunner_create(suite());
	/* The network tests move their process elsewhere: each must have its own. */
	srunner_set_fork_status(r, CK_FORK);
	srunner_run(r, NULL, allowed ? NULL : "offline", CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
