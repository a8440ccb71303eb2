#!/bin/sh
# Static analysis of everything: house rules, format, clang with the same warnings, cppcheck, clang-tidy (one file a run), gcc -fanalyzer.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0
tests/tools/house.sh || bad=1
sources=$(find protocols sensors reports station tests/unit tests/support tests/fuzz -name '*.c' 2>/dev/null | sort)
headers=$(find protocols sensors reports station tests/support tests/fuzz -name '*.h' 2>/dev/null | sort)
# shellcheck disable=SC2086
clang-format --dry-run -Werror $sources $headers || bad=1
make --no-print-directory -s -j2 CC=clang VARIANT=clang programs tests || bad=1
for header in $headers; do
    printf '#include "%s"\n' "$header" | gcc -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -I. -fsyntax-only -x c - || bad=1
done
product=$(echo "$sources" | grep -v '^tests/')
# shellcheck disable=SC2086
cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 -I. -j2 $product || bad=1
echo "$product" | xargs -P 2 -n 1 sh -c 'clang-tidy --quiet "$0" -- -std=c11 -D_POSIX_C_SOURCE=200809L -DSMOGD_VERSION=\"lint\" -I. 2>/dev/null' || bad=1
echo "$product" | xargs -P 2 -n 1 sh -c 'gcc -std=c11 -D_POSIX_C_SOURCE=200809L -DSMOGD_VERSION=\"lint\" -I. -O1 -fanalyzer -Werror -c -o /dev/null "$0"' || bad=1
[ $bad = 0 ] && echo "lint: clean"
exit $bad
