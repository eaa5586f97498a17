#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# watch finds nothing in captures of ordinary traffic: in all of captures/ but those that hold what
# should not be there.
set -u
: "${STRATA:=$(dirname "$0")/../../build/debug/strata}"
[ -x "$STRATA" ] || { echo "skipped: no $STRATA"; exit 77; }
cd "${STRATA_SOURCE:-$(dirname "$0")/../..}/captures" || exit 1
# Passwords in clear, old encryption, scans, addresses that move: each has a finding, which
# golden.cli-watch shows.
odd='^(arp-spoof|ftp.*|http-auth|imap|pop|smtp-auth|pppoe-session|redirect|scan-os|scan-protocols|scan-stealth|tls10|vrrp-takeover|amqp|amqp-topic|ldap|ldap-changes|ldap-pages|mqtt|mqtt-refused|resp-pubsub|socks|tacacs)\.'
n=0 bad=0
for f in *.pcap*; do
	[[ $f =~ $odd ]] && continue
	n=$((n + 1))
	"$STRATA" watch -q "$f" || { echo "$f: exit status $?"; bad=1; }
done
echo "$n captures"
[ "$n" -gt 300 ] && [ "$bad" = 0 ]
