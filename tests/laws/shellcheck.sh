#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every shell script of the project passes shellcheck.
set -u
cd "${STRATA_SOURCE:-$(dirname "$0")/../..}" || exit 1
command -v shellcheck >/dev/null || { echo "skipped: no shellcheck"; exit 77; }
mapfile -t scripts < <(grep -rlIE '^(#!.*\b(ba)?sh$|# shellcheck shell=)' --exclude-dir=build \
	--exclude-dir='build-*' --exclude-dir=.git . | sort)
[ ${#scripts[@]} -ge 5 ] || { echo "only ${#scripts[@]} scripts found"; exit 1; }
echo "${#scripts[@]} scripts"
shellcheck -x -S warning "${scripts[@]}"
