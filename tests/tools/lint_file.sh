#!/bin/sh
# clang-tidy and gcc -fanalyzer on one file: tests/tools/lint_file.sh FILE
set -u
cd "$(dirname "$0")/../.." || exit 2
file=$1
# gcc 12 takes for lost what is kept in an array that grows. Leaks of these files are for clang-tidy and for LeakSanitizer, under which the
# unit tests run.
grows=' reports/contents.c reports/neutral.c reports/neutral_rows.c reports/parcel.c reports/rejudge.c '
grows="$grows station/counted.c station/ctl_check.c station/ctl_funnel.c station/roster.c station/vehicle_names.c "
ignore=
case $grows in *" $file "*) ignore=-Wno-analyzer-malloc-leak ;; esac
set -- -std=c11 -D_POSIX_C_SOURCE=200809L '-DSMOGD_VERSION="lint"' -I.
# shellcheck disable=SC2046
set -- "$@" $(pkg-config --cflags pangocairo p11-kit-1 | sed 's/-I/-isystem /g')
[ "$file" = station/core/err.c ] || set -- "$@" -include tests/tools/lint.h
bad=0
clang-tidy --quiet "$file" -- "$@" 2>/dev/null || bad=1
gcc "$@" -O1 -fanalyzer $ignore -Werror -c -o /dev/null "$file" || bad=1
exit $bad
