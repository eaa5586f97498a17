/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file is told but has no place for: counted, and put into words. */
#include <inttypes.h>

#include "capture/sink_impl.h"

void lost_packet(struct sink *s, const struct packet *p)
{
	struct said_option o;
	uint32_t at = 0;

	s->lost[LOST_NO_TIME] += (p->flags & PACKET_NO_TIME) && p->said;
	while (p->said && said_next(p->said, &at, &o))
		s->lost[o.code == SAID_COMMENT ? LOST_COMMENT : LOST_OPTION]++;
}

/* Options of a block from byte `at` of its body on: comments, and how many others but for those
 * named. */
static uint64_t options_in(struct sink *s, const struct file_block *b, uint32_t at, uint16_t but1,
			   uint16_t but2)
{
	uint32_t n = b->n - 12;
	struct packet_said list = { b->p + 8 + at, n > at ? n - at : 0, b->swap, NULL };
	struct said_option o;
	uint64_t others = 0;

	at = 0;
	while (said_next(&list, &at, &o)) {
		s->lost[LOST_COMMENT] += o.code == SAID_COMMENT;
		others += o.code != SAID_COMMENT && o.code != but1 && o.code != but2;
	}
	return others;
}

void lost_block(struct sink *s, const struct file_block *b)
{
	if (b->pcap)
		return;
	switch (b->type) {
	case BLOCK_SECTION: s->lost[LOST_SECTION] += options_in(s, b, 16, 0, 0) != 0; break;
	case BLOCK_INTERFACE:
		s->lost[LOST_INTERFACE] += options_in(s, b, 8, IF_TSRESOL, IF_TSOFFSET) != 0;
		break;
	case BLOCK_NAMES: s->lost[LOST_NAMES]++; break;
	case BLOCK_SECRETS: s->lost[LOST_SECRETS]++; break;
	case BLOCK_STATISTICS: s->lost[LOST_STATISTICS]++; break;
	default: s->lost[LOST_OTHER]++;
	}
}

void sink_lost(const struct sink *s, struct buf *out)
{
	static const struct {
		const char *one, *many;
	} words[LOST_KINDS] = {
		[LOST_COMMENT] = { "comment", "comments" },
		[LOST_OPTION] = { "option of a packet (direction, hash, drops)",
				  "options of packets (direction, hash, drops)" },
		[LOST_INTERFACE] = { "interface's name and settings",
				     "interfaces' names and settings" },
		[LOST_NAMES] = { "list of host names", "lists of host names" },
		[LOST_SECRETS] = { "block of decryption secrets", "blocks of decryption secrets" },
		[LOST_STATISTICS] = { "interface's statistics", "interfaces' statistics" },
		[LOST_SECTION] = { "section's hardware, system and program",
				   "sections' hardware, system and program" },
		[LOST_OTHER] = { "other block", "other blocks" },
		[LOST_NO_TIME] = { "packet without a time (it has one now)",
				   "packets without a time (they have one now)" },
		[LOST_FRACTION] = { "time's nanoseconds", "times' nanoseconds" },
		[LOST_ORDER] = { "value of unknown kind from a file of other byte order (kept as "
				 "its bytes were)",
				 "values of unknown kind from a file of other byte order (kept as "
				 "their bytes were)" },
	};
	bool any = false;

	for (int i = 0; i < LOST_KINDS; i++) {
		if (!s->lost[i])
			continue;
		buf_fmt(out, "%s%" PRIu64 " %s", any ? ", " : "", s->lost[i],
			s->lost[i] == 1 ? words[i].one : words[i].many);
		any = true;
	}
}
