#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Reads every file of a folder in every output form with a tool built under the sanitizers.
#
#   STRATA=build/sanitize/strata tests/peers/sanitize_all.sh [-j JOBS] [-t SECONDS] DIR [FORM...]
#
# What counts as a finding: a report of a sanitizer, a signal, an exit code that is none of ours, or
# more than SECONDS (60) for one file. Each is named with the command that repeats it. Files that
# are no captures are refused by the tool, which is fine.
set -u
jobs=1 limit=60
while getopts j:t: opt; do
	case $opt in
	j) jobs=$OPTARG ;;
	t) limit=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { echo "no folder of captures was given"; exit 77; }
dir=$1
shift
forms=("$@")
[ $# -gt 0 ] || forms=(line tree json flat csv hex raw text expr)
: "${STRATA:?the tool, built under the sanitizers}"
grep -q __asan_init "$STRATA" || { echo "$STRATA is not built under the sanitizers"; exit 2; }

export STRATA LIMIT=$limit
export ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export WORK=$work

one() { # FORM FILE
	local err rc
	err=$(timeout -k 5 "$LIMIT" "$STRATA" read --as "$1" "$2" 2>&1 >/dev/null)
	rc=$?
	case $rc in
	[0-5]) [[ $err != *Sanitizer* && $err != *"runtime error"* ]] && { echo "$rc"; return; } ;;
	esac
	echo "finding"
	{
		echo "exit code $rc: $STRATA read --as $1 $2"
		grep -m3 -E 'Sanitizer|runtime error|^    #[0-4]' <<<"$err" | cut -c1-200
	} >>"$WORK/findings.$BASHPID"
}
export -f one

total=0 bad=0
for form in "${forms[@]}"; do
	from=$SECONDS
	find "$dir" -type f -print0 | nice -n 19 xargs -0 -P "$jobs" -I{} \
		bash -c 'one "$@"' one "$form" {} >"$work/out"
	n=$(wc -l <"$work/out") found=$(grep -c finding "$work/out")
	printf '%-5s %5d files, %d findings, %d s; exit codes %s\n' "$form" "$n" "$found" \
		$((SECONDS - from)) "$(sort "$work/out" | uniq -c | awk '{ printf "%s:%s ", $2, $1 }')"
	total=$((total + n)) bad=$((bad + found))
done
cat "$work"/findings.* 2>/dev/null
[ "$total" -gt 0 ] && [ "$bad" -eq 0 ]
