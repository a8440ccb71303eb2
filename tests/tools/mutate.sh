#!/bin/bash
# Changes one comparison, limit or sign of the pure core at a time and expects a unit test to fail: what survives is a line that no
# test holds.
#
#   tests/tools/mutate.sh [COUNT [FILE…]]    COUNT mutants (default 20) drawn from the files (default station/core/*.c)
#
# SEED chooses them. A mutant that does not compile is not counted. Exit status 1 when one survives, after naming it. Works on a copy in
# build/mutate and changes nothing else.
set -u
cd "$(dirname "$0")/../.." || exit 2
count=${1:-20}
shift $(($# > 0))
files=("$@")
[ ${#files[@]} -gt 0 ] || files=(station/core/*.c)
work=build/mutate
rm -rf "$work"
mkdir -p "$work/station/core" "$work/obj" || exit 2
cp station/core/*.[ch] "$work/station/core" || exit 2
cc="${CC:-gcc} -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -w -ffp-contract=off -I$work -I."
# Tests that need nothing but the core: one for each of its files, and those of several, the slower ones last.
known=() alone=()
for t in $(basename -s .c -a station/core/*.c) bessel snap zero_check observer_obd two_speed_idle lug_down free_acceleration_packs \
    free_acceleration; do
    [ -f "tests/unit/test_$t.c" ] && [[ " ${known[*]} " != *" $t "* ]] && known+=("$t")
done

# file:line:column:from:to of every place that can be changed. Comments, preprocessor lines and for-loops over arrays are left out.
places() {
    awk -v q="'" '
        function put(from, to, at) { print FILENAME ":" FNR ":" at ":" from ":" to }
        FNR == 1 { comment = 0 }
        /^ *\/\*/ || comment { comment = !/\*\//; next }
        /^#/ || /for \(size_t/ || /_Static_assert|static_assert|assert\(/ { next }
        {
            line = $0
            sub(/\/\*.*/, "", line)
            gsub(/"[^"]*"/, "\"\"", line)
            if (line !~ /^ /) next
            n = split("<= >= == != < >", ops, " ")
            m = split("< > != == <= >=", tos, " ")
            for (i = 1; i <= n; i++) {
                at = index($0, " " ops[i] " ")
                if (at && index(line, " " ops[i] " ")) put(ops[i], tos[i], at + 1)
            }
            if ((at = index($0, " && ")) && index(line, " && ")) put("\\&\\&", "||", at + 1)
            if ((at = index($0, " || ")) && index(line, " || ")) put("||", "\\&\\&", at + 1)
            if ((at = index($0, " + ")) && index(line, " + ")) put("+", "-", at + 1)
        }' "${files[@]}"
}
compile() { # source file of the copy
    $cc -c "$work/$1" -o "$work/obj/$(basename "$1" .c).o" 2>>"$work/make.log"
}
link_and_test() { # 0 survived, 1 killed
    for t in "${known[@]}"; do
        ${CC:-gcc} -o "$work/test_$t" "$work/obj/test_$t.x" "$work"/obj/*.o -lcmocka -lm 2>>"$work/make.log" || return 2
        timeout 120 "$work/test_$t" >"$work/test.log" 2>&1 || { killer=$t; return 1; }
    done
}

for file in station/core/*.c; do compile "$file" || exit 2; done
for support in law truck script; do $cc -c "tests/support/$support.c" -o "$work/obj/support_$support.o" || exit 2; done
for t in "${known[@]}"; do
    $cc -c "tests/unit/test_$t.c" -o "$work/obj/test_$t.x" || exit 2
    ${CC:-gcc} -o "$work/test_$t" "$work/obj/test_$t.x" "$work"/obj/*.o -lcmocka -lm 2>/dev/null && alone+=("$t")
done
known=("${alone[@]}")
link_and_test
case $? in
2) tail -n 5 "$work/make.log"; echo "the tests do not build"; exit 2 ;;
1) echo "test_$killer fails before anything is changed"; exit 2 ;;
esac
survived=0 killed=0
while IFS=: read -r file line column from to; do
    [ $((survived + killed)) -lt "$count" ] || break
    before=$(sed -n "${line}p" "$file")
    head=${before:0:column - 1}
    tail=${before:column - 1}
    plain=${from//\\/}
    after=$head${to//\\/}${tail:${#plain}}
    awk -v n="$line" -v text="${after//\\/\\\\}" 'NR == n { print text; next } { print }' "$file" >"$work/$file"
    if compile "$file"; then link_and_test; else (exit 2); fi
    case $? in
    0) survived=$((survived + 1)); printf 'SURVIVED  %s:%s  %s → %s\n          %s\n' "$file" "$line" "$plain" "${to//\\/}" "${before#"${before%%[! ]*}"}" ;;
    1) killed=$((killed + 1)); printf 'killed    %s:%s  %s → %s  by test_%s\n' "$file" "$line" "$plain" "${to//\\/}" "$killer" ;;
    esac
    cp "$file" "$work/$file"
    compile "$file"
done < <(places | shuf --random-source=<(yes "${SEED:-1}"))
echo "$killed killed, $survived survived"
[ $survived = 0 ]
