#!/bin/bash
# A shift at the roadside, played on loopback with simulated instruments and the police inbox; what `make run` runs.
#
#   tests/shift/shift.sh [DIR]       state, keys and logs go to DIR (default build/run, made anew)
#   SHIFT=once tests/shift/shift.sh  plays the shift, ends, and exits 0 only if every step really happened
#
# BIN names the folder of the programs (default build/release/bin).
set -u
cd "$(dirname "$0")/../.." || exit 2
bin=${BIN:-$PWD/build/release/bin}
dir=${1:-build/run}
rm -rf "$dir"
mkdir -p "$dir/dev" "$dir/log" "$dir/inbox" || exit 2
dir=$(cd "$dir" && pwd)
started=()
failures=0
step=0

say() { # what happened, what was seen
    step=$((step + 1))
    printf '%2d  %-42s %s\n' "$step" "$1" "$2"
}
fail() {
    failures=$((failures + 1))
    printf '    \033[31mNOT AS EXPECTED\033[0m  %s\n' "$*"
}
expect() { # what, wanted, got
    [ "$2" = "$3" ] || fail "$1: expected $2, got ${3:-nothing}"
}
cleanup() {
    for pid in "${started[@]}"; do kill -TERM "$pid" 2>/dev/null; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null; done
}
die() {
    printf 'shift: %s\n' "$*" >&2
    tail -n 5 "$dir"/log/*.log >&2
    exit 1
}
trap cleanup EXIT
trap 'echo; echo "ending the shift"; exit 130' INT TERM

start() { # log name, program and its arguments
    local log="$dir/log/$1.log"
    shift
    setsid "$@" >"$log" 2>&1 & # its own session: Ctrl-C is for this script, which then ends all in order
    started+=($!)
}
wait_for() { # seconds, what, command…
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || die "waited in vain for $what"
        read -r -t 0.1 <> <(:)
    done
}
ctl() { "$bin/smogctl" -c "$dir/smogd.conf" "$@"; }
json() { ctl --json "$@"; }
sim() { "$bin/smogsim" --tell "$dir/sim.sock" "$1" || die "the simulator refused: $1"; }

free_port() { # the first one from $1 on that nobody listens at
    local port=$1
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo "$port"
}

# --- one station, one inbox ------------------------------------------------------------------------------------------------------
write_files() {
    sh tests/shift/keys.sh "$dir/keys" || die "cannot make keys"
    cat >"$dir/sim.conf" <<EOF
control = "$dir/sim.sock"
instrument smoke { protocol = modbus-rtu  pty = "$dir/dev/smoke"  unit = 1  reply-ms = 3  baud = 9600 }
instrument rsd   { protocol = jsonl  tcp = 0 }
EOF
    start smogsim "$bin/smogsim" --scenario "$dir/sim.conf"
    wait_for 5 "the simulator" grep -q '^ready' "$dir/log/smogsim.log"
    rsd=$(awk '$1 == "rsd" {print $3}' "$dir/log/smogsim.log")
    start smoginbox "$bin/smoginbox" --listen 127.0.0.1:0 --cert "$dir/keys/inbox.pem" --key "$dir/keys/inbox.key" \
        --client-ca "$dir/keys/ca.pem" --seal-ca "$dir/keys/ca.pem" --store "$dir/inbox"
    wait_for 5 "the police inbox" grep -q 'listening on' "$dir/log/smoginbox.log"
    inbox=$(sed -n 's/.*listening on //p' "$dir/log/smoginbox.log" | head -n 1)
    console=127.0.0.1:$(free_port 8080)
    cat >"$dir/smogd.conf" <<EOF
station { id = "652301-0007"  name = "长丰路联合执法站"  kind = joint  region = "652301"
          state = "$dir/state"  latitude = 44.01  longitude = 87.30 }
rules = {"gb3847-2018", "hj845-2017", "metrology-cn", "alerts-cn"}   limit-class = a
reference filter42 { value = "k=1.71 opacity=52.1"  certificate = "demonstration-F42"  valid-until = 2036-12-31 }   # a neutral filter
link bus0 { kind = modbus-rtu  device = "$dir/dev/smoke"  line = "9600/8n1" }
link gate { kind = tcp  address = "$rsd" }
instrument smoke { driver = modbus  profile = "opacimeter-generic"  link = bus0  unit = 1
                   serial = "SIM-0001"  certificate = "demonstration-0042"  valid-until = 2036-12-31 }
instrument rsd1  { driver = jsonl  profile = "rsd-pinyin"  link = gate
                   serial = "SIM-0002"  certificate = "demonstration-0043"  valid-until = 2036-12-31 }
outlet police { kind = package-rest  url = "https://$inbox/packages"
                ca = "$dir/keys/ca.pem"  cert = "$dir/keys/push.pem"  key = "$dir/keys/push.key" }
seal { key = "$dir/keys/seal.key"  cert = "$dir/keys/seal.pem" }
console { listen = "$console" }
EOF
}

# Two ecology officers, a police officer, a technician; whoever is not registered cannot act from now on.
register_officers() {
    ctl officer add P0042 --name 甲 --role ecology --certificate 执法-0042 >/dev/null &&
        ctl officer add P0043 --name 乙 --role ecology --certificate 执法-0043 >/dev/null &&
        ctl officer add 650012 --name 丙 --role police >/dev/null &&
        ctl officer add M0007 --name 丁 --role technician >/dev/null || die "officers cannot be registered"
    # of this demonstration alone, for the console
    for officer in P0042 P0043 650012 M0007; do
        echo 471108 | ctl officer pin "$officer" >/dev/null || die "no PIN for $officer"
    done
    say "officers registered" "$(json officer list | jq -r '[.officers[] | "\(.number) \(.role)"] | join(", ")')"
}

open_station() {
    start smogd "$bin/smogd" -c "$dir/smogd.conf"
    wait_for 10 "smogd" ctl status
    start smogpush "$bin/smogpush" -c "$dir/smogd.conf"
    wait_for 10 "the analyzers" analyzers_live
    say "station opened" "smogd, smogpush, police inbox on https://$inbox"
    say "analyzers" "$(json instruments | jq -r '[.instruments[] | "\(.name) \(.state)"] | join(", ")')"
}
analyzers_live() { json instruments | jq -e '[.instruments[] | select(.name == "smoke") | .state] == ["live"]'; }

# --- is the opacimeter worth believing today? -------------------------------------------------------------------------------------
daily_check() { # zero|span, what stands in the beam, further words
    sim "truck idle-k=$2"
    # shellcheck disable=SC2086 # the words are several
    check=$(json "$1" smoke $3 --officer P0042)
    expect "the $1 check" pass "$(jq -r .verdict <<<"$check")"
}
play_checks() {
    json test start --plate 新B12345 --colour yellow --method free-acceleration --vehicle fuel=diesel --vehicle class=heavy \
        --vehicle gearbox=manual --officer P0042 >"$dir/log/locked.log" 2>&1 && fail "a test started without the day's checks"
    sim "probe in"
    daily_check zero 0 ""
    daily_check span 1.71 "--filter filter42"
    sim "truck idle-k=0.02"
    wait_for 10 "the lockouts to clear" unlocked
    say "zero and filter of the day" "checked; before it no test could start"
}
unlocked() { json status | jq -e '[.lockouts[] | select(.blocks | length > 0)] == []'; }

# --- free acceleration -----------------------------------------------------------------------------------------------------------
# Does what the prompts ask, as a driver and an officer would; `unplug` as third word pulls the analyzer at the second measured press.
obey() { # test id, what
    json test watch "$1" | while read -r line; do
        case $(jq -r '.prompt // .test.prompt? // .event' <<<"$line") in
        zero-check) sim "probe out" && ctl test confirm "$1" >/dev/null ;;
        insert-probe) sim "probe in" && ctl test confirm "$1" >/dev/null ;;
        purge) sim press ;;
        press)
            [ "$2" = unplug ] && [ "$(jq -r .value <<<"$line")" = 2 ] && sim "unplug smoke"
            [ -S "$dir/sim.sock" ] && sim press
            ;;
        mark) [ -t 1 ] && jq -r '"      \(.mark) \(.number): \(.value // "") \(.unit // "")"' <<<"$line" ;;
        end) break ;;
        esac
    done
}
free_acceleration() { # plate, peak k, what, verdict expected
    sim "truck k=$2 oil=88"
    id=$(json test start --plate "$1" --colour yellow --method free-acceleration --vehicle fuel=diesel --vehicle class=heavy \
        --vehicle gearbox=manual --officer P0042 --officer P0043 --police 650012 | jq -r .test)
    [ -n "$id" ] && [ "$id" != null ] || die "test of $1 did not start"
    obey "$id" "$3"
    shown=$(json test show "$id")
    verdict=$(jq -r .record.verdict.kind <<<"$shown")
    expect "verdict of $1" "$4" "$verdict"
}
word() { # the verdict as it was, in both languages
    case $verdict in
    pass) echo "合格 PASS" ;;
    fail) echo "不合格 FAIL" ;;
    aborted) echo "中止 ABORTED" ;;
    *) echo "$verdict" ;;
    esac
}
value_of() { jq -r '.record.verdict.values[0] | "k = \(.value) \(.unit), limit \(.limit)"' <<<"$shown"; }

play_trucks() {
    free_acceleration 新B12345 0.40 normal pass
    say "truck 新B12345, free acceleration" "$(word)   $(value_of)"
    free_acceleration 新A66T21 1.90 normal fail
    say "truck 新A66T21, free acceleration" "$(word)  $(value_of)"
    failed=$id
    free_acceleration 新C77018 0.50 unplug aborted
    say "truck 新C77018, analyzer unplugged" "$(word)  $(jq -r '.record.verdict.reasons[0]' <<<"$shown")"
    sim "plug smoke"
    wait_for 5 "the analyzer to be found again" analyzers_live
    say "analyzer plugged in again" "found under its own path"
}

# --- remote sensing --------------------------------------------------------------------------------------------------------------
count_passes() { json passes --limit 1000 | jq "[.passes[] | select($1)] | length"; }
all_passes_there() { [ "$(count_passes true)" = 60 ]; }
play_passes() {
    awk -v day="$(date +%Y%m%d)" -f tests/shift/passes.awk >"$dir/passes.jsonl"
    while read -r line; do sim "pass $line"; done <"$dir/passes.jsonl"
    wait_for 20 "60 passages in the journal" all_passes_there
    invalid=$(count_passes '.verdict == "invalid"')
    suspect=$(count_passes '.verdict == "suspect"')
    fails=$(count_passes '.verdict == "fail"')
    expect "invalid passages" 1 "$invalid"
    expect "suspects" 2 "$suspect"
    expect "failed passages" 1 "$fails"
    expect "plate that failed" 新A90718 "$(json passes --limit 1000 | jq -r '.passes[] | select(.verdict == "fail") | .plate')"
    say "60 remote-sensing passages" "$fails failed (新A90718, twice in six months), $suspect suspect, $invalid invalid"
}

# --- two officers look at each case, then it goes ----------------------------------------------------------------------------------
case_of() { json case list | jq -r --arg s "$1" '.cases[] | select(.subject == $s) | .case'; }
state_of() { json case show "$1" | jq -r .state; }
refused() { # what, then a command that must be refused with exit 4
    local what=$1
    shift
    ctl "$@" >"$dir/log/refused.log" 2>&1
    expect "$what" 4 $?
}
review_and_send() { # case
    refused "a technician's review" case review "$1" --officer M0007
    ctl case review "$1" --officer P0042 >/dev/null || fail "first review of $1"
    refused "sending after one review" case send "$1" --officer P0042
    refused "a second review by the same officer" case review "$1" --officer P0042
    why=$(sed 's/^smogctl: case [^:]*: //' "$dir/log/refused.log")
    ctl case review "$1" --officer P0043 >/dev/null || fail "second review of $1"
    ctl case send "$1" --officer P0043 >/dev/null || fail "sending $1"
}
play_reviews() {
    for subject in "$failed" "$(json passes --limit 1000 | jq -r '.passes[] | select(.verdict == "fail") | .id')"; do
        review_and_send "$(case_of "$subject")"
    done
    say "both cases reviewed by two officers, sent" "one officer twice is refused: $why"
}

# --- delivery --------------------------------------------------------------------------------------------------------------------
police_has_it() { [ "$(state_of "$case_id")" = received ]; }
all_sent() { [ "$(json outbox list | jq '[.outbox[] | select(.state == "sent")] | length')" = 2 ]; }
penalised() { [ "$(state_of "$case_id")" = penalised ]; }
check_delivery() {
    wait_for 30 "both packages at the police" all_sent
    say "packages delivered, receipts stored" "$(json outbox list | jq -r '[.outbox[].subject] | join(", ")')"
    case_id=$(json outbox list | jq -r --arg s "$failed" '.outbox[] | select(.subject == $s) | .case')
    ctl package "$case_id" -o "$dir/case.asice" >"$dir/log/package.log" || fail "no package for case $case_id"
    if "$bin/smogverify" "$dir/case.asice" --ca "$dir/keys/ca.pem" >"$dir/log/verify.log" 2>&1; then
        say "package verified by smogverify" "$(grep -c . "$dir/log/verify.log") checks, all good"
    else
        fail "smogverify: $(tail -n 1 "$dir/log/verify.log")"
    fi
    received=$(find "$dir/inbox" -name '*.asice' | wc -l)
    expect "packages at the police" 2 "$received"
    wait_for 5 "the receipt in the journal" police_has_it
    for decision in accepted notified "penalised --number 652301-2026-17"; do
        # shellcheck disable=SC2086 # the words are several
        "$bin/smoginbox" --store "$dir/inbox" --decide "$(json package "$case_id" -o "$dir/case.asice" | jq -r .sha256)" $decision \
            --officer 650012 >"$dir/log/decide.log" 2>&1 || fail "the police cannot decide: $(cat "$dir/log/decide.log")"
    done
    wait_for 120 "the police's decision" penalised # smogpush asks for them once a minute
    say "the police has decided" "$(json case show "$case_id" | jq -r '"\(.state), decision \(.number)"')"
    ctl rejudge "$failed" >"$dir/log/rejudge.log" 2>&1 || fail "rejudge: $(tail -n 1 "$dir/log/rejudge.log")"
    say "verdict recomputed from raw bytes" "the same, bit for bit"
    ctl journal verify >"$dir/log/journal.log" 2>&1 || fail "journal: $(tail -n 1 "$dir/log/journal.log")"
    say "journal verified" "$(head -n 1 "$dir/log/journal.log")"
    ctl slip "$failed" -o "$dir/slip.txt" || fail "no slip"
}

summary() {
    echo
    cat "$dir/slip.txt"
    echo
    echo "state, keys, logs: $dir"
    echo "console: http://$console/    officers P0042 and P0043 (ecology), 650012 (police), M0007 (technician); PIN 471108"
    echo "look around: $bin/smogctl -c $dir/smogd.conf status | passes | plate 新A66T21 | alerts | outbox list"
}

echo "smogd: a shift on loopback (about five minutes)"
write_files
open_station
register_officers
play_checks
play_trucks
play_passes
play_reviews
check_delivery
summary
if [ $failures -gt 0 ]; then
    echo "$failures step(s) not as expected"
    exit 1
fi
echo "every step happened"
[ "${SHIFT:-}" = once ] && exit 0
echo "The station keeps running; Ctrl-C ends it."
while :; do wait -n 2>/dev/null || break; done
