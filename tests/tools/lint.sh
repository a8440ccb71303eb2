#!/bin/sh
# Static analysis of everything: house rules, format, clang with the same warnings, cppcheck, and each file by tests/tools/lint_file.sh.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0
tests/tools/house.sh || bad=1
sources=$(find protocols sensors reports station tests/unit tests/support tests/fuzz -name '*.c' 2>/dev/null | sort)
headers=$(find protocols sensors reports station tests/support tests/fuzz -name '*.h' 2>/dev/null | sort)
# shellcheck disable=SC2086
clang-format --dry-run -Werror $sources $headers || bad=1
make --no-print-directory -s -j2 CC=clang VARIANT=clang programs tests || bad=1
libraries=$(pkg-config --cflags pangocairo p11-kit-1)
for header in $headers; do
    # shellcheck disable=SC2086
    printf '#include "%s"\n' "$header" |
        gcc -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -I. $libraries -fsyntax-only -x c - || bad=1
done
product=$(echo "$sources" | grep -v '^tests/')
# shellcheck disable=SC2086
cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 -I. -j2 $product || bad=1
echo "$product" | xargs -P 2 -n 1 tests/tools/lint_file.sh || bad=1
[ $bad = 0 ] && echo "lint: clean"
exit $bad
