#!/bin/sh
# The rules of the house that a compiler does not see: what the top level holds, which folder may include which, what the pure
# units must not use, and no mutable statics in them. Prints file:line for each breach and exits 1.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0
breach() {
    echo "house: $1" >&2
    bad=1
}
for entry in *; do
    case "$entry" in
    station | sensors | protocols | reports | systemd | tests | build | Makefile | README.md) ;;
    *) breach "$entry does not belong to the top level" ;;
    esac
done
# Programs' main files join everything; all other files obey the arrows.
mains='station/smogd.c station/smogctl.c reports/smogpush.c reports/smoginbox.c reports/smogverify.c reports/smogwitness.c sensors/sim/smogsim.c'
files=$(find protocols sensors reports station -name '*.[ch]' 2>/dev/null | sort)
for file in $files; do
    case " $mains " in *" $file "*) continue ;; esac
    case "$file" in
    protocols/*) allowed='protocols/' ;;
    station/core/*) allowed='station/core/' ;;
    sensors/*) allowed='protocols/|station/core/|sensors/' ;;
    # a verdict is recomputed from the wire by the verifier: reports may replay drivers, but not open links
    reports/*) allowed='station/core/|reports/|sensors/[a-z_0-9]*\.h' ;;
    station/*) allowed='' ;;
    esac
    [ -n "$allowed" ] || continue
    out=$(grep -nE '^#include "' "$file" | grep -vE "\"($allowed)")
    [ -z "$out" ] || breach "$file may not include: $out"
done
pure=$(find protocols station/core sensors/drivers -name '*.[ch]' 2>/dev/null; ls sensors/*.[ch] 2>/dev/null)
for file in $pure; do
    out=$(grep -nE '^#include <(unistd|time|sys/.*|sqlite3|fcntl|signal|pthread|errno|modbus.*|systemd/.*|openssl/.*|curl/.*|jansson)\.?h?>' "$file")
    [ -z "$out" ] || breach "$file is pure and may not include: $out"
    out=$(grep -nE '\b(malloc|calloc|realloc|free|printf|fprintf|fopen|getenv|time|clock)\(' "$file" | grep -v '^[0-9]*: *\*')
    [ -z "$out" ] || breach "$file is pure and may not call: $out"
    out=$(grep -nE '^(static )?[a-z][a-z_0-9 *]* [*]?[a-z_0-9]+(\[[^]]*\])*( = .*)?;$' "$file" | grep -vE '\b(const|typedef|extern|return|enum [a-z_]+;|struct [a-z_]+;)')
    [ -z "$out" ] || breach "$file is pure and may not hold mutable file-level data: $out"
    out=$(grep -nE '^[[:space:]]+static ' "$file" | grep -v const)
    [ -z "$out" ] || breach "$file is pure and may not hold mutable statics: $out"
done
for file in $files; do
    out=$(grep -nE '(^|[^a-z_0-9>.])(sprintf|strcpy|strcat|strtok|atoi|atol|atof|gmtime|localtime|system|popen|rand)\(' "$file")
    [ -z "$out" ] || breach "$file: banned call: $out"
    out=$(grep -nE '#include "\.\.?/' "$file")
    [ -z "$out" ] || breach "$file: includes are root-relative: $out"
done
exit $bad
