#!/bin/bash
# Changes one limit of the shipped rule packs at a time (one more in its last digit) and expects a unit test to fail: what survives is a
# number of the law that no test holds. The law is read at run time, so nothing is built again.
#
#   tests/tools/mutate_packs.sh [COUNT [FILE…]]    COUNT limits (default 20) drawn from the files (default station/rules/*.conf)
#
# SEED chooses them. Needs the unit tests in build/asan (make VARIANT=asan tests). Exit status 1 when one survives, after naming it.
set -u
cd "$(dirname "$0")/../.." || exit 2
count=${1:-20}
shift $(($# > 0))
files=("$@")
[ ${#files[@]} -gt 0 ] || files=(station/rules/*.conf)
work=build/mutate-packs
rm -rf "$work"
mkdir -p "$work/station" "$work/sensors" || exit 2
cp -r station/rules "$work/station/" && cp -r sensors/profiles "$work/sensors/" || exit 2
ln -s "$PWD/tests" "$work/tests"
root=$PWD
tests="pack_parameters rules remote free_acceleration_packs lug_down two_speed_idle observer_obd metrology free_acceleration anomaly"

# The value after "a =" of each limit: file:line:from:to
limits() {
    awk '/^ *limit / && match($0, / a = -?[0-9.]+/) {
        value = substr($0, RSTART + 5, RLENGTH - 5)
        digits = index(value, ".") ? length(value) - index(value, ".") : 0
        printf "%s:%d:%s:%.*f\n", FILENAME, FNR, value, digits, value + 10 ^ -digits
    }' "${files[@]}"
}
killer() { # prints the test that fails, nothing where none does
    for t in $tests; do
        (cd "$work" && timeout 120 "$root/build/asan/tests/test_$t" >/dev/null 2>&1) || { echo "$t"; return; }
    done
}

first=$(killer)
[ -z "$first" ] || { echo "test_$first fails before anything is changed"; exit 2; }
survived=0 killed=0
while IFS=: read -r file line from to; do
    [ $((survived + killed)) -lt "$count" ] || break
    sed "${line}s/ a = $from / a = $to /" "$file" >"$work/$file"
    cmp -s "$file" "$work/$file" && { echo "$file:$line: not changed"; exit 2; }
    by=$(killer)
    if [ -n "$by" ]; then
        killed=$((killed + 1))
        echo "killed    $file:$line  $from → $to  by test_$by"
    else
        survived=$((survived + 1))
        echo "SURVIVED  $file:$line  $from → $to"
    fi
    cp "$file" "$work/$file"
done < <(limits | shuf --random-source=<(yes "${SEED:-1}"))
echo "$killed killed, $survived survived"
[ $survived = 0 ]
