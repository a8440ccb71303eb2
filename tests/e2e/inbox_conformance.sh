#!/bin/bash
# Conformance mode: smogpush passes it, senders that do wrong do not and are told why.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
PACKAGES_MANY=8
# shellcheck source=tests/e2e/inbox_lib.sh
. "$ROOT/tests/e2e/inbox_lib.sh"
sh "$ROOT/tests/shift/keys.sh" keys >/dev/null || exit 1
db() { sqlite3 state/smogd.db "$1"; }

# ---- our own sender ----
own_inbox() {
    "$BIN_ASAN/smoginbox" --listen 127.0.0.1:0 --cert keys/inbox.pem --key keys/inbox.key --client-ca keys/ca.pem \
        --receipt-key keys/inbox.key --store own "$@" >report 2>>inbox.log &
    inbox=$!
    ends_with_script $inbox
    wait_for 20 grep -q '^listening on ' report || { cat inbox.log; exit 1; }
    cat >smogd.conf <<C
station { id = "652301-0007"  name = "长丰路联合执法站"  kind = joint  region = "652301"  state = "state" }
rules = {"hj845-2017"}   limit-class = a
outlet police { kind = package-rest  url = "https://$(sed -n 's/^listening on //p' report)/packages"  receipt-key = "keys/inbox.pem"
                ca = "keys/ca.pem"  cert = "keys/push.pem"  key = "keys/push.key" }
seal { key = "keys/seal.key"  cert = "keys/seal.pem" }
C
}
verdict() { # of a report: exit status of the inbox
    kill -TERM $inbox
    wait $inbox
}
# what makes it wait for a minute (a person must act) comes in a run of its own
script="lost 429:1 cut-before wrong-hash get-503:1 503:1 409 bad-signature cut-after get-cut-after garbage huge drip:10 slow:300 500 422 10%503 seed:7"
(cd "$ROOT" && build/asan/tests/make_cases "$TMPDIR/state" 1 16) >made
echo "$script" >script
own_inbox --conformance script
"$BIN/smogpush" -c smogd.conf 2>push.log &
push=$!
ends_with_script $push
settled() { [ "$(db "SELECT count(*) FROM delivery WHERE state IN ('sent', 'refused')")" = 16 ]; }
wait_for 90 settled
ok "every package came to an end" $?
kill -TERM $push
wait $push
verdict
is "smogpush behaves: exit 0" 0 $?
says "says the report" report '^conformance: the sender behaves'
is "rule by rule" 8 "$(grep -c '^ok ' report)"
is "the whole script was played" 0 "$(grep -c 'left over' report)"
is "one was refused" 1 "$(db "SELECT count(*) FROM delivery WHERE state = 'refused'")"
is "the inbox holds the others, each once" 15 "$(sqlite3 own/inbox.db 'SELECT count(*) FROM package')"

(cd "$ROOT" && build/asan/tests/make_cases "$TMPDIR/state" 17 3) >made
own_inbox --awkward "401,403,302" --office 127.0.0.1:0
for _ in 1 2 3 4 5 6; do # an operator says: again
    "$BIN/smogpush" -c smogd.conf --once 2>>push.log && break
    read -r -t 0.4 <> <(:) # no operator is quicker; the sender is judged by its pace
    db "UPDATE delivery SET next_ms = 0 WHERE state IN ('retry', 'unknown')"
done
curl -s -b officer=023456 -o page "http://$(sed -n 's/^office on //p' report)/view/$(db "SELECT sha256 FROM package ORDER BY case_id LIMIT 1")"
says "the page of a package from a station has its chain of custody" page '<th scope="row">\(车辆通过\|检测结束\)</th>'
verdict
is "not let in, sent elsewhere: smogpush behaves" 0 $?
is "all three came at last" 18 "$(sqlite3 own/inbox.db 'SELECT count(*) FROM package')"

# ---- senders that do wrong ----
wrong() { # SCRIPT RULE: after a sender's run, the report names the rule
    verdict
    is "$2: exit 1" 1 $?
    says "$2: it is named" report "^FAIL $2 "
}
watch() {
    rm -rf store
    INBOX_MORE="--awkward $1" start
    ln -sf listening report
}
watch lost
post client p/1.asice >status
post client p/1.asice >status
wrong lost asks-first
says "and how" report 'was sent again without a question'
watch 429:60
post client p/1.asice >status
is "Retry-After is given" 1 "$(grep -c '^Retry-After: 60' headers)"
post client p/1.asice >status
wrong 429 retry-after
watch 422
post client p/1.asice >status
post client p/1.asice >status
wrong 422 refused
watch ok
post client p/1.asice >status
post client p/1.asice >status
wrong ok once
watch 100%500
url=https://$address/packages # as fast as it goes, over one connection
as client -H "Content-Type: application/vnd.etsi.asic-e+zip" -H "Content-Digest: sha-256=:$(digest p/1.asice):" \
    -H "Idempotency-Key: \"$(hex p/1.asice)\"" --data-binary @p/1.asice "$url" "$url" "$url" "$url" "$url" "$url" "$url" "$url" >status
wrong 500 pace
watch wrong-hash
is "a receipt for another package" "201 0000000000000000000000000000000000000000000000000000000000000000" \
    "$(post client p/1.asice) $(jq -r .package_sha256 body)"
wrong wrong-hash arrives
watch bad-signature
post client p/1.asice >status
sed -n 's/^Receipt-Signature: //p' headers | tr -d '\r' | base64 -d >signature
openssl x509 -in server.pem -pubkey -noout >server.pub
openssl dgst -sha256 -verify server.pub -signature signature body >/dev/null
is "a signature that is none" 1 $?
wrong bad-signature arrives
watch 302
post client p/1.asice >status
as client "https://$address$(sed -n 's/^Location: //p' headers | tr -d '\r')" >status
wrong 302 redirect
watch ok
post client p/1.asice nonsense >status
wrong ok idempotency-key
is "no sanitizer spoke" 0 "$(cat log inbox.log | grep -c 'Sanitizer\|runtime error')"
"$BIN_ASAN/smoginbox" --listen 127.0.0.1:0 --cert server.pem --key server.key --client-ca tls-ca.pem --store store --awkward "lost, 42" 2>err
is "a script that is wrong: exit 2" 2 $?
says "the item is named" err "'42' is not understood"
echo "1..$n"
