/* SPDX-License-Identifier: BSD-2-Clause */
/* libstrata: craft, send, capture and take apart packets whose protocols are text files.
 *
 * What has a life is an opaque handle with an open and a close; what is read is a plain struct that
 * the caller provides. Every close accepts NULL. Times are nanoseconds: `when` since the epoch,
 * deadlines on CLOCK_MONOTONIC (strata_now(), strata_in()). Strings are UTF-8 or ASCII, ended by a
 * zero byte.
 *
 * Errors: a function that fails returns -1 or NULL and fills the caller's struct strata_error,
 * which may be NULL and need not be initialised; on success it is left alone. Packets never cause
 * errors: a malformed one is data, flagged on its layers.
 *
 * Threads: a struct strata never changes after strata_open() and is used by any number of threads
 * at a time. Every other handle is used by one thread at a time, whichever it is; different handles
 * are independent. Exceptions are named at their functions. A handle is closed before the struct
 * strata it was made from. The library prints nothing, exits never, installs no signal handler,
 * starts no thread and keeps no global state. */
#ifndef STRATA_STRATA_H
#define STRATA_STRATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0". Any thread. */
const char *strata_version(void);

/* ---- errors ---- */

enum strata_error_code {
	STRATA_USAGE = 2,      /* wrong notation, filter, name or protocol file */
	STRATA_PERMISSION = 3, /* not permitted: CAP_NET_RAW, file rights */
	STRATA_IO = 4,         /* device, file, network, memory */
};

struct strata_error {
	int code;          /* enum strata_error_code */
	unsigned lineno;   /* line of the text that was given, from 1; 0: the error has no place */
	unsigned column;   /* byte of that line, from 1 */
	unsigned span;     /* bytes that are wrong, from there */
	unsigned caret;    /* where that column stands in line[], which may be an excerpt */
	char message[480]; /* one sentence */
	char name[256];    /* whose text: a file's name, "filter", or "" */
	char line[512];    /* the line, control bytes replaced */
};

/* The sentence and, where there is one, the line with carets under what is wrong, into buf[0..n),
 * always ended by a zero byte when n > 0. Returns the bytes that the whole text has, without the
 * zero. Any thread. */
size_t strata_error_text(const struct strata_error *e, char *buf, size_t n);

/* What the calls that hand over something return. */
enum strata_result {
	STRATA_GOT = 1,
	STRATA_NOTHING = 0, /* the deadline passed; the field is absent */
	STRATA_FAILED = -1,
	STRATA_END = -2, /* end of the file; strata_break(); the reader of a pipe went away */
};

/* ---- time ---- */

#define STRATA_AT_ONCE INT64_C(0) /* a deadline that has passed: never block */
#define STRATA_FOREVER INT64_C(0x7fffffffffffffff)

/* CLOCK_MONOTONIC in nanoseconds; that plus ns, saturating. Any thread. */
int64_t strata_now(void);
int64_t strata_in(int64_t ns);

/* ---- protocols ---- */

struct strata;

struct strata_options {                    /* zero-initialised: the built-in protocols alone */
	const char *const *protocol_files; /* *.protocol files, in this order */
	size_t nprotocol_files;
	const char *const *protocol_texts; /* the same as text in memory */
	size_t nprotocol_texts;
	const char *const *decode_as; /* "SPACE=VALUE:PROTOCOL": udp.port=5353:dns */
	size_t ndecode_as;
	bool user_folder;     /* also ~/.config/strata/protocols and $STRATA_PROTOCOLS, as the
				 command-line tool does */
	bool no_files;        /* packet texts cannot read files (@path): for texts of strangers */
	uint64_t reserved[6]; /* zero */
};

/* Load the built-in protocols and n files of one's own; later ones may redefine earlier ones. NULL:
 * e, with file, line and column. Any thread. */
struct strata *strata_open(const char *const *protocol_files, size_t n, struct strata_error *e);
/* The same with options; NULL options: the built-in protocols alone. */
struct strata *strata_open_with(const struct strata_options *o, struct strata_error *e);
void strata_close(struct strata *s);
/* A sentence for the i-th built-in protocol that a file redefined; NULL past the end. Any thread.
 */
const char *strata_redefined(const struct strata *s, size_t i);

struct strata_protocol {   /* strings live as long as the struct strata */
	const char *name;  /* "udp" */
	const char *title; /* "User Datagram Protocol"; or NULL, as all below */
	const char *doc;
	const char *reference; /* "RFC 768" */
	const char *file;      /* where it was loaded from */
	size_t nfields;
	bool builtin;
	uint64_t reserved[4];
};

struct strata_field_about {
	const char *name; /* "ttl" */
	const char *doc;  /* or NULL */
	unsigned bits;    /* width; 0: it varies, or is no plain field */
	int kind;         /* enum strata_kind */
	bool optional;    /* present under a condition, or where there is room */
	bool computed;    /* a length, count, checksum or other rule fills it in */
	uint64_t reserved[4];
};

/* How many protocols; the i-th one; the one called name (aliases too, case ignored). 1: *out is
 * filled, 0: there is none. Any thread. */
size_t strata_protocols(const struct strata *s);
int strata_protocol_at(const struct strata *s, size_t i, struct strata_protocol *out);
int strata_protocol_find(const struct strata *s, const char *name, struct strata_protocol *out);
/* The i-th field of a protocol: 1, else 0. Any thread. */
int strata_protocol_field(const struct strata *s, const char *protocol, size_t i,
			  struct strata_field_about *out);
/* Can a packet have a field of this name ("dns.qd.0.name", "ip.2.src")? 1; or -1 and e, with the
 * nearest name. Any thread. */
int strata_field_known(const struct strata *s, const char *name, struct strata_error *e);

/* ---- packets ---- */

struct strata_packet; /* bytes and their layers; reused from packet to packet */

/* NULL: no memory. */
struct strata_packet *strata_packet_new(const struct strata *s);
void strata_packet_free(struct strata_packet *p);

#define STRATA_LINK_ETHERNET 1
#define STRATA_LINK_RAW 101 /* begins with an IPv4 or IPv6 header */

/* Take bytes apart. data[0..len) is borrowed: it lives until p is given something else. wire_len:
 * bytes there were, 0: as many. link: a LINKTYPE_ number (https://www.tcpdump.org/linktypes.html),
 * up to 65535. -1: more than 262144 bytes. */
int strata_dissect(struct strata_packet *p, const void *data, size_t len, size_t wire_len,
		   unsigned link, struct strata_error *e);
/* Copy the borrowed bytes, so that p no longer needs whoever gave them. What its source knew of
 * earlier packets is not copied: records by a template that another packet told are bytes from then
 * on. -1: no memory. */
int strata_keep(struct strata_packet *p, struct strata_error *e);

enum strata_packet_flag {
	STRATA_NO_TIME = 1,  /* `when` says nothing */
	STRATA_OUTGOING = 2, /* sent by this machine (live capture) */
	STRATA_LIVE = 4,     /* captured live: checksums may not be filled in yet (offload) */
	STRATA_TOO_DEEP = 8, /* more layers than are looked into (32) */
};

struct strata_info {
	int64_t when;    /* nanoseconds since the epoch */
	uint64_t number; /* from 1, as its source counted; 0: none */
	const uint8_t *data;
	uint32_t len;      /* bytes we have */
	uint32_t wire_len; /* bytes there were */
	uint32_t link;     /* LINKTYPE_ number; 0xffff: none (bytes of a socket) */
	uint32_t nlayers;
	uint32_t flags;     /* enum strata_packet_flag */
	const char *device; /* where it was captured; "" if not told */
	uint64_t reserved[4];
};
void strata_packet_info(const struct strata_packet *p, struct strata_info *out);
/* Set time and number, for strata_sink_write() and the printed forms. */
void strata_packet_stamp(struct strata_packet *p, int64_t when, uint64_t number);

enum strata_layer_flag {
	STRATA_LAYER_CUT = 1,         /* the capture ends inside this header */
	STRATA_LAYER_BAD_LENGTH = 2,  /* a length field says what cannot be */
	STRATA_LAYER_OPAQUE = 4,      /* payload not looked into (fragments) */
	STRATA_LAYER_EXCERPT = 8,     /* payload is only a piece */
	STRATA_LAYER_BAD_HEADER = 16, /* the bytes do not fit the description */
	STRATA_LAYER_DEEP = 32,       /* the limit of depth or work was reached */
	STRATA_LAYER_GUESS = 64,      /* chosen by its looks alone */
	STRATA_LAYER_QUOTED = 128,    /* inside a quote of another packet */
};

struct strata_layer {
	const char *name;  /* "ip" */
	const char *title; /* or NULL */
	unsigned nth;      /* 1; the second of its kind: 2 ("ip.2") */
	uint32_t off;      /* first byte of the header */
	uint32_t hlen;     /* bytes of header */
	uint32_t end;      /* first byte after its payload and trailer */
	uint32_t flags;    /* enum strata_layer_flag */
	uint64_t reserved[4];
};
/* Layer i, outermost first: 1, else 0. */
int strata_packet_layer(const struct strata_packet *p, size_t i, struct strata_layer *out);
/* The number of the layer of this name ("tcp", "ip.2"); -1: it has none. */
int strata_layer_find(const struct strata_packet *p, const char *name);
/* The payload of layer i, whatever is inside it; i < 0: the innermost bytes that no layer took. 1,
 * or 0 when there are none. Points into the packet's bytes. */
int strata_payload(const struct strata_packet *p, int i, const uint8_t **data, size_t *n);

/* ---- fields by name ----
 *
 * A name is a layer's and a field's: "ip.ttl", "ip.2.src" for the second ip header, list items by
 * number from 0: "dns.an.1.name", one flag of several: "tcp.flags.syn". Aliases are read too. They
 * return 1 and the value, 0 when this packet has no such field (or it is cut off), -1 when no
 * packet has: an unknown layer or field, a value of another sort, or no memory. */

/* A number, times as their raw bits; signed ones are sign-extended; a list's is its length. */
int strata_number(struct strata_packet *p, const char *name, uint64_t *v);
/* A floating-point field. */
int strata_real(struct strata_packet *p, const char *name, double *v);
/* The bytes of a field, in the packet; of text and bytes the value alone, without length prefix or
 * terminator. A field that is not of whole bytes: -1. A layer's name alone: its header. */
int strata_bytes(struct strata_packet *p, const char *name, const uint8_t **data, size_t *n);
/* In words: "10.0.0.1", "syn+ack", "example.org"; control bytes are escaped (\n, \x1b), safe for a
 * terminal. NULL: absent, unknown, a list or a struct. Lives until p is given another packet. */
const char *strata_text(struct strata_packet *p, const char *name);

enum strata_kind {
	STRATA_NUMBER,
	STRATA_REAL,
	STRATA_ADDRESS,
	STRATA_TIME,
	STRATA_TEXT,
	STRATA_BYTES,
	STRATA_NAME, /* a name with an encoding of its own (DNS, object identifiers) */
	STRATA_STRUCT,
	STRATA_LIST,
	STRATA_PAD,
};

enum strata_field_flag {
	STRATA_FIELD_CUT = 1,  /* only a first part of it was there */
	STRATA_FIELD_RAW = 2,  /* the bytes do not fit its description */
	STRATA_FIELD_ITEM = 8, /* an item of the list before it */
};

struct strata_field {
	const char *path; /* "ip.ttl", "dns.qd.0.name" */
	const char *text; /* in words, escaped; "" for lists and structs */
	const char *doc;  /* what it means; or NULL */
	uint64_t number;  /* value of numbers and times; items of a list */
	uint64_t bit;     /* where it stands: bits from the packet's first */
	uint64_t bits;    /* its width, length prefix and terminator included */
	unsigned depth;   /* 0: the layer's own fields; inside a struct or list 1, ... */
	int kind;         /* enum strata_kind */
	uint32_t flags;   /* enum strata_field_flag */
	uint64_t reserved[4];
};
/* The i-th field of a layer, every list, struct and item counted, in the order of the bytes: 1,
 * else 0. Strings live until p is given another packet. -1: no memory. */
int strata_field_at(struct strata_packet *p, size_t layer, size_t i, struct strata_field *out);

/* ---- judged and printed ---- */

enum strata_note_kind {
	STRATA_NOTE_LENGTH, /* a length or count says something else than is there */
	STRATA_NOTE_SUM,    /* a checksum is wrong */
	STRATA_NOTE_RULE,   /* another computed field is wrong */
	STRATA_NOTE_MUST,   /* a constraint of the description does not hold */
	STRATA_NOTE_RAW,    /* bytes that the description does not fit */
	STRATA_NOTE_HEADER, /* a header that does not fit */
	STRATA_NOTE_CUT,    /* the capture ends inside this header */
	STRATA_NOTE_DEEP,   /* the limit of depth or work was reached */
};

struct strata_note {
	const char *at;   /* "ip.2.len", or the layer's name */
	const char *text; /* "says 28, 8 present" */
	int kind;         /* enum strata_note_kind */
	unsigned layer;
};
/* Verify every length, count, checksum and constraint. *notes: what is wrong, lives until p is
 * given another packet. Returns how many, -1: no memory. notes may be NULL. */
int strata_check(struct strata_packet *p, const struct strata_note **notes);

enum strata_sum {
	STRATA_SUM_ABSENT, /* the layer has no checksum */
	STRATA_SUM_GOOD,
	STRATA_SUM_NONE,     /* the protocol says that there is none */
	STRATA_SUM_UNKNOWN,  /* cannot be told: cut, or a piece of something longer */
	STRATA_SUM_UNFILLED, /* the card was to fill it in (offload) */
	STRATA_SUM_BAD,
};
/* The worst of a layer's checksums: enum strata_sum, -1: no memory. */
int strata_layer_sum(struct strata_packet *p, size_t layer);

/* The packet in a form of the command-line tool: "line", "tree", "json", "flat", "csv", "hex",
 * "raw", "text", or "expr", which strata_craft() takes. fields: a choice for json, flat and csv
 * ("ip.src,tcp.dport"); NULL: all. No newline at the end. Freed by the caller with free(). NULL: e.
 */
char *strata_print(struct strata_packet *p, const char *form, const char *fields,
		   struct strata_error *e);

/* Is reply the answer to request, by the protocols' own rules? 1 yes, 2 an error that quotes it, 0
 * no, -1: no memory. */
int strata_answers(const struct strata_packet *reply, const struct strata_packet *request);

/* ---- display filters ---- */

struct strata_filter;

/* "dns && ip.src == 10.0.0.1": Wireshark's language over every field. NULL: e, with the place and
 * the nearest name. */
struct strata_filter *strata_filter_open(const struct strata *s, const char *text,
					 struct strata_error *e);
void strata_filter_close(struct strata_filter *f);
bool strata_filter_match(struct strata_filter *f, const struct strata_packet *p);

/* ---- sources: capture files and devices ---- */

struct strata_source;

struct strata_live_options { /* zero-initialised: bulk capture of whole packets */
	bool promiscuous;
	bool immediate;     /* hand over each packet at once, for request and reply */
	bool incoming_only; /* not what this machine sent */
	unsigned snaplen;   /* bytes of each packet; 0: all */
	unsigned buffer;    /* bytes of kernel buffer; 0: 8 MiB */
	unsigned delay_ms;  /* longest time a packet waits in the kernel; 0: 100 */
	uint64_t reserved[4];
};

/* A pcap or pcapng file, also compressed; "-": standard input. filter: pcap-filter(7) text or NULL;
 * names of hosts are never looked up. NULL: e. */
struct strata_source *strata_source_file(const struct strata *s, const char *path,
					 const char *filter, struct strata_error *e);
/* A network device; NULL: the first that is up and no loopback. o may be NULL. Needs CAP_NET_RAW:
 * else STRATA_PERMISSION. NULL: e. */
struct strata_source *strata_source_live(const struct strata *s, const char *device,
					 const char *filter, const struct strata_live_options *o,
					 struct strata_error *e);
void strata_source_close(struct strata_source *src);

/* The next packet into p, taken apart; its bytes are borrowed until the next call on src
 * (strata_keep() copies them). deadline: CLOCK_MONOTONIC ns (strata_in(), STRATA_AT_ONCE,
 * STRATA_FOREVER). STRATA_GOT, STRATA_NOTHING: none came by the deadline, STRATA_FAILED: e,
 * STRATA_END. Regular files never give STRATA_NOTHING. Of a file that is a pipe the deadline is for
 * a packet's first byte; one that is compressed may block past it. src remembers what packets
 * announce of later ones (the ports of a call's sound) and teach of their records (the templates of
 * NetFlow), and takes those apart by it. */
int strata_next(struct strata_source *src, struct strata_packet *p, int64_t deadline,
		struct strata_error *e);
/* A descriptor for poll(): readable when strata_next() may have something; then call it with
 * STRATA_AT_ONCE until it gives STRATA_NOTHING. -1: always ready (files). Any thread. */
int strata_fd(const struct strata_source *src);
/* End it: what had arrived is still handed over, then STRATA_END; a second call ends at once. Any
 * thread, also while another one waits in strata_next(), and in signal handlers. */
void strata_break(struct strata_source *src);

struct strata_counts {
	uint64_t packets;    /* handed over */
	uint64_t filtered;   /* files: not wanted by the filter */
	uint64_t dropped;    /* the kernel had no room for them: we were too slow */
	uint64_t if_dropped; /* lost by the interface or its driver */
	uint64_t cut;        /* longer than 262144 bytes, the rest was left out */
	bool known;          /* the two numbers of dropped ones could be asked */
	uint64_t reserved[4];
};
void strata_source_counts(struct strata_source *src, struct strata_counts *out);
/* What has to be said of a file after STRATA_END ("cut off in packet 7"); NULL: nothing. */
const char *strata_source_note(const struct strata_source *src);

/* ---- crafting: a packet as one line of text ---- */

/* "ip dst=10.0.0.2 / tcp dport=80 flags=S" into p, which owns the bytes, taken apart. Of a sweep
 * the first packet. What is not said is computed or has its default; nothing touches the network.
 * -1: e, with the place in text. */
int strata_craft(struct strata_packet *p, const char *text, struct strata_error *e);

struct strata_plan; /* a sweep: "ip dst=10.0.0.0/24 / tcp dport=22,80" */

/* seed: for `rand`; the same seed gives the same packets. NULL: e. */
struct strata_plan *strata_plan_open(const struct strata *s, const char *text, uint64_t seed,
				     struct strata_error *e);
void strata_plan_close(struct strata_plan *pl);
/* Packets of the whole sweep; 1: there is none. UINT64_MAX: that many or more. */
uint64_t strata_plan_count(const struct strata_plan *pl);
/* The i-th packet into p, borrowed until the next call on pl. i may run past the count: lists start
 * over, rand and inc go on. -1: e. */
int strata_plan_step(struct strata_plan *pl, uint64_t i, struct strata_packet *p,
		     struct strata_error *e);

/* ---- sinks: capture files ---- */

struct strata_sink;

/* Create or overwrite; "-": standard output. pcap with nanoseconds, or pcapng when the name ends so
 * or several link types come. NULL: e. */
struct strata_sink *strata_sink_open(const char *path, struct strata_error *e);
/* 0; STRATA_FAILED: e, the file ends with its last whole packet; STRATA_END: the reader of the pipe
 * went away. A packet is on disk after a second of writing at the latest, or by flush. */
int strata_sink_write(struct strata_sink *k, const struct strata_packet *p, struct strata_error *e);
int strata_sink_flush(struct strata_sink *k, struct strata_error *e);
/* 0, or -1: something could not be written. k is gone anyway. */
int strata_sink_close(struct strata_sink *k, struct strata_error *e);

/* ---- sending and asking ---- */

enum strata_via {
	STRATA_VIA_AUTO,     /* link, or ip for a local destination */
	STRATA_VIA_LINK,     /* packet socket */
	STRATA_VIA_IP,       /* raw IP socket: the kernel routes */
	STRATA_VIA_STREAM,   /* ask only: the layers above TCP through an ordinary socket, no rights
			      */
	STRATA_VIA_DATAGRAM, /* ask only: the same over UDP */
};

struct strata_send_options { /* zero-initialised is fine */
	const char *device;  /* NULL: the routing table decides */
	int via;             /* enum strata_via: AUTO, LINK or IP */
	double rate;         /* packets a second; 0: as fast as possible */
	uint64_t seed;       /* for rand and fresh values; 0: a random one */
	bool i_may; /* skip the rules of care: on an interface with the default route a forged
		       source, forged address messages, more than 256 destinations, more than
		       1,000 packets a second and packets of captures are refused otherwise */
	const volatile int *stop; /* ends a sweep when it becomes nonzero; or NULL */
	uint64_t reserved[4];
};

struct strata_sender;

/* Opens no raw socket yet. o may be NULL. NULL: e. */
struct strata_sender *strata_sender_open(const struct strata *s,
					 const struct strata_send_options *o,
					 struct strata_error *e);
void strata_sender_close(struct strata_sender *sd);
/* Craft text, whole sweeps too, and send it. The source address, the next hop and values marked
 * fresh (ports, ids) are filled in where they were left unsaid. Needs CAP_NET_RAW. Returns how many
 * packets left; -1: e (strata_sender_sent() tells how many had left by then). Blocks for as long as
 * the sweep takes at this rate, and up to a second for each neighbour asked for its address. */
int64_t strata_send(struct strata_sender *sd, const char *text, struct strata_error *e);
/* Send a packet as it is. 0, or -1: e. */
int strata_send_packet(struct strata_sender *sd, const struct strata_packet *p,
		       struct strata_error *e);
/* Packets sent since it was opened. */
uint64_t strata_sender_sent(const struct strata_sender *sd);
/* What the kernel changes on the way of the last packet, in words; "" nothing. Lives until the next
 * call on sd. */
const char *strata_sender_note(const struct strata_sender *sd);

enum strata_ask_event {
	STRATA_ANSWER, /* request, reply, rtt */
	STRATA_SILENT, /* no answer in time, retries included; request */
	STRATA_UNSENT, /* this one could not be sent; why. The others go on */
};

struct strata_answer {                 /* valid during the call */
	int event;                     /* enum strata_ask_event */
	uint64_t probe;                /* from 1, in the order of the sweep */
	unsigned attempt;              /* 0: the first */
	unsigned answers;              /* to this probe so far, this one included */
	struct strata_packet *request; /* may be NULL when unsent */
	struct strata_packet *reply;   /* NULL unless STRATA_ANSWER */
	int64_t rtt;                   /* ns from the send to the reply */
	bool error;                    /* the answer is an error that quotes the request (ICMP) */
	bool final;      /* it comes from where the request went, not from a router on the way */
	const char *why; /* unsent, silent: a sentence, or NULL; else NULL */
	uint64_t reserved[4];
};

/* Nonzero ends the asking. It may use the two packets, but not keep them. */
typedef int strata_answer_fn(void *ctx, const struct strata_answer *a);

struct strata_ask_options { /* zero-initialised: one question, two seconds */
	const char *device;
	int via;             /* enum strata_via */
	int64_t timeout;     /* ns to wait for each answer; 0: 2 s */
	int64_t deadline;    /* CLOCK_MONOTONIC ns at which the whole ends; 0: none */
	unsigned retry;      /* times an unanswered question is sent again */
	double rate;         /* packets a second; 0: 200 */
	uint64_t seed;       /* 0: a random one */
	bool all;            /* wait the whole time and tell every answer */
	bool until_answered; /* one after the other, up to the first final answer: traceroute */
	bool in_order;       /* the next leaves when the one before is answered or given up */
	bool i_may;          /* see strata_send_options */
	const volatile int *stop;
	uint64_t reserved[4];
};

/* Send text, whole sweeps too, recognise the answers and tell each to fn (which may be NULL). Needs
 * CAP_NET_RAW unless via STREAM or DATAGRAM; with these two, request and reply begin above the
 * transport. Blocks until all are answered or given up. Returns how many questions were answered,
 * errors included; -1: e. o may be NULL. */
int64_t strata_ask(const struct strata *s, const char *text, const struct strata_ask_options *o,
		   strata_answer_fn *fn, void *ctx, struct strata_error *e);

#ifdef __cplusplus
}
#endif

#endif
