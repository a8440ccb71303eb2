#!/bin/bash
# Runs the unit tests of the coverage build and prints, per file of the given folders, which share of its branches they took, the least
# covered first; exits 1 when all together are below LEAST percent (default 95).
#
#   tests/tools/coverage.sh FOLDER…
set -u
cd "$(dirname "$0")/../.." || exit 2
filters=()
for folder in "$@"; do filters+=(--filter "$folder/"); done
find build/cov -name '*.gcda' -delete
export CMOCKA_MESSAGE_OUTPUT=TAP
for test in build/cov/tests/test_*; do
    [ -x "$test" ] && [ ! -d "$test" ] || continue
    TMPDIR=$(mktemp -d /tmp/smogd-test.XXXXXX)
    export TMPDIR
    timeout 300 "$test" >/dev/null 2>&1 </dev/null || echo "$(basename "$test") failed" >&2
    rm -rf "$TMPDIR"
done
gcovr --root . --object-directory build/cov "${filters[@]}" --exclude-unreachable-branches --exclude-throw-branches \
    --exclude-lines-by-pattern '.*assert\(.*' --branches --sort-percentage --fail-under-branch "${LEAST:-95}"
