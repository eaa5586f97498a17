#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every C file is as clang-format with the project's .clang-format leaves it.
set -u
cd "${STRATA_SOURCE:-$(dirname "$0")/../..}" || exit 1
command -v clang-format >/dev/null || { echo "skipped: no clang-format"; exit 77; }
mapfile -t files < <(find . \( -name .git -o -name 'build*' -type d \) -prune -o -name '*.[ch]' -print | sort)
[ ${#files[@]} -ge 10 ] || { echo "only ${#files[@]} files found"; exit 1; }
echo "${#files[@]} files"
clang-format --dry-run -Werror --ferror-limit=3 "${files[@]}"
