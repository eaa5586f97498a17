#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The AppArmor profile that ships is one that AppArmor's own parser takes. It is for version 4, the
# first that knows `userns`; an older parser, whose kernels refuse no user namespace, reads the rest.
set -u
PATH=$PATH:/usr/sbin:/sbin
command -v apparmor_parser >/dev/null || { echo "skipped: no apparmor_parser"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sed 's#@STRATA_PROGRAM@#/usr/local/bin/strata#' "${STRATA_SOURCE:-.}/cmake/strata.apparmor.in" >"$tmp/profile"
takes() { # FILE: into no kernel and no cache
	apparmor_parser --skip-kernel-load --skip-cache "$1" >"$tmp/said" 2>&1
}
major=$(apparmor_parser --version | sed -nE 's/.*version ([0-9]+)\..*/\1/p')
if [ "${major:-0}" -lt 4 ]; then
	echo "apparmor_parser $major: without the rule for userns"
	sed -i -e 's#<abi/4.0>#<abi/3.0>#' -e '/^\tuserns,$/d' "$tmp/profile"
	grep -q userns "${STRATA_SOURCE:-.}/cmake/strata.apparmor.in" || { echo "no rule for userns"; exit 1; }
	! grep -q '^	userns' "$tmp/profile" || { echo "the rule for userns stays"; exit 1; }
fi
takes "$tmp/profile" || { cat "$tmp/said"; exit 1; }
# What is wrong is refused: the parser did look.
sed 's#include if exists#include perhaps#' "$tmp/profile" >"$tmp/wrong"
! takes "$tmp/wrong" || { echo "a wrong profile is taken, too"; exit 1; }
