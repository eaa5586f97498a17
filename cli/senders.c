/* SPDX-License-Identifier: BSD-2-Clause */
/* --sender: the ways into the kernel by name, and which of them there are. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cli/privs.h"
#include "cli/wire.h"

int sender_options(const struct options *o, bool *has_way, enum tx_way *way, int *via,
		   struct err *e)
{
	const char *words[TX_WAYS + 3] = { "auto" };
	int k = 1, i = -1;

	while (k < TX_WAYS) {
		words[k] = tx_way_name((enum tx_way)k);
		k++;
	}
	words[k++] = "raw";
	words[k] = "list";
	if (opt_word(o, OPT_SENDER, words, &i, e) < 0)
		return -1;
	if (opt_has(o, OPT_LIBNET) && i >= 0 && i != TX_LIBNET)
		return err_set(e, ERR_USAGE, "'--libnet' and '--sender %s': one of them", words[i]);
	if (opt_has(o, OPT_LIBNET))
		*way = TX_LIBNET;
	if (i < 0 || i == TX_AUTO)
		return 0;
	if (i < TX_WAYS) {
		*way = (enum tx_way)i;
		*has_way = true;
	}
	if (i < TX_WAYS && i != TX_LIBNET && *via == VIA_WORD_IP)
		return err_set(e, ERR_USAGE,
			       "'--sender %s' sends frames, '--via ip' packets without one",
			       words[i]);
	if (i == TX_WAYS && *via == VIA_WORD_LINK && !opt_has(o, OPT_VIA))
		return err_set(e, ERR_USAGE,
			       "'--sender raw' sends packets without a link header, and here it "
			       "is frames that are sent");
	if ((i == TX_WAYS && *via == VIA_WORD_LINK) || *via >= VIA_WORD_STREAM)
		return err_set(e, ERR_USAGE, "'--sender %s' and '--via %s' do not go together",
			       words[i], o->v[OPT_VIA]);
	if (i == TX_WAYS)
		*via = VIA_WORD_IP;
	return 0;
}

/* The MTU does not matter where nothing is sent. */
static bool can(enum tx_way way, const char *ifname, struct err *e)
{
	struct tx_opts o = {
		.way = way, .ifindex = (int)if_nametoindex(ifname), .name = ifname, .mtu = 1500
	};
	struct tx *t = tx_open(&o, e);

	tx_close(t);
	return t != NULL;
}

static void row(const char *name, const char *line, bool have, const struct err *e)
{
	printf("%-9s %-3s  %s%s%s\n", name, have ? "yes" : "no", line, have ? "" : ": ",
	       have ? "" : e->msg);
}

int list_senders(struct cli *c, const char *ifname)
{
	struct err e = { 0 };

	if (!ifname)
		ifname = "lo";
	if (!if_nametoindex(ifname))
		return fail(c, ERR_IO, "no interface %.40s", ifname);
	for (int i = TX_AUTO + 1; i < TX_WAYS; i++) {
		bool have = can((enum tx_way)i, ifname, &e);

		row(tx_way_name((enum tx_way)i), tx_way_line((enum tx_way)i), have, &e);
		err_clear(&e);
	}
	err_set(&e, ERR_PERM, "sending raw packets needs CAP_NET_RAW");
	row("raw", "raw IP socket, the kernel writes the frame", privs_raw(), &e);
	return EXIT_DONE;
}
