#!/bin/bash
# smoginbox in a browser's place: who sees what, pictures, forms and their guards, hostile packages, the log of who looked.
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
# shellcheck source=tests/e2e/inbox_lib.sh
. "$ROOT/tests/e2e/inbox_lib.sh"
leaf other 652301-0008 tls-ca
leaf officer officer tls-ca
leaf wang "officer wang" tls-ca
base64 -d >front.jpg <<'B'
/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAARCAABAAEDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAAAP/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AJ+AB//Z
B
echo '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>' >evil.svg
mkdir t && (cd "$ROOT" && build/asan/tests/make_truck "$TMPDIR/t" "$TMPDIR/front.jpg" "$TMPDIR/evil.svg") || exit 1
cat p/seal.pem t/*/seal.pem >p/ca.pem # their authorities have one name: each seal is trusted by itself
printf '# who may decide\n\n023456  officer wang   # until 2027\n023457\t-\n' >officers
INBOX_MORE="--officers officers --office 127.0.0.1:0" start
office=$(sed -n 's/^office on //p' listening)
for f in p/1.asice p/2.asice t/truck.asice t/hostile.asice; do post client $f; echo; done >posted
is "four packages are accepted" 4 "$(grep -c 201 posted)"
truck=$(hex t/truck.asice) hostile=$(hex t/hostile.asice)
page() { as "$1" "https://$address$2" "${@:3}"; }

# ---- one package ----
is "an officer opens a package" 200 "$(page wang "/view/$truck")"
for words in '✕ 不合格' '光吸收系数 <bdi>1.90 1/m' '限值 <bdi>≤ 1.20 1/m' '新B12345' 'JJG976-2026-0042' '<svg viewBox' 'class="limit"' '检验全部通过' '? 1 项待证' '已由本平台签名' '采纳并录入'; do
    says "it shows: $words" body "$words"
done
is "each time as people read it, as it was written for programs alone" "0 1" \
    "$(sed 's/ datetime="[^"]*"//g' body | grep -cE '[0-9]T[0-9]{2}:[0-9]{2}') $(grep -cF '<dd><time datetime="2026-07-01T09:30:00.000+08:00"><bdi>2026-07-01 09:30:00</bdi> 北京时间</time></dd>' body)"
is "no script, no style of its own, no handler" 0 "$(grep -ciE '<script|<style| style=| on[a-z]+=|javascript:' body)"
is "every field has a label" 0 "$(grep -oE '<(input|select) id="[^"]*"' body | sed 's/.*id="//; s/"//' | while read -r id; do grep -q "<label for=\"$id\"" body || echo "$id"; done | wc -l)"
is "in English" 200 "$(page wang "/view/$truck?lang=en")"
says "the verdict" body '✕ FAIL'
says "and the language is told to the reader" body '<html lang="en" dir="ltr">'
is "a picture" 200 "$(page wang "/view/$truck/file/photos/front.jpg")"
cmp -s body front.jpg
ok "byte for byte" $?
says "as what it is" headers '^Content-Type: image/jpeg'
says "and nothing else" headers '^X-Content-Type-Options: nosniff'
is "a drawing that could run" 200 "$(page wang "/view/$truck/file/photos/evil.svg")"
says "is only saved" headers '^Content-Disposition: attachment; filename="evil.svg"'
says "never shown" headers '^Content-Type: application/octet-stream'
is "an entry that is not there: 404" 404 "$(page wang "/view/$truck/file/photos/none.jpg")"
is "a path that climbs: 404" 404 "$(page wang "/view/$truck/file/../../inbox.db" --path-as-is)"
is "the sender sees its own" 200 "$(page client "/view/$truck")"
says "but may not decide" body '当前身份只可查阅'
is "another sender does not" 404 "$(page other "/view/$truck")"
is "nor its pictures" 404 "$(page other "/view/$truck/file/photos/front.jpg")"

# ---- a hostile package ----
is "a package full of markup is shown" 200 "$(page wang "/view/$hostile")"
says "as text" body '&lt;img src=x onerror=alert(3)&gt;'
is "none of it is markup" 0 "$(grep -ciE '<script|<img src=x|" onerror=' body)"
is "marks that turn a line about are gone" 0 "$(grep -c $'\342\200\256' body)"
is "a search for markup" 200 "$(page wang "/?plate=%22%3E%3Cscript%3E")"
is "comes back as text" 0 "$(grep -c '<script' body)"

# ---- searching ----
rows() { page wang "$1" >status && grep -c '<th scope="row"' body; }
is "by a part of the plate" 4 "$(rows '/?plate=B1234')"
is "by another plate" 0 "$(rows '/?plate=X')"
is "by station" 4 "$(rows '/?station=652301-0007')"
is "by state" 4 "$(rows '/?state=waiting')"
is "by day" 0 "$(rows '/?to=2020-01-01')"
is "the time is told" 4 "$(grep -c '2026-07-01 09:30' <(page wang '/' >status; cat body))"

# ---- deciding ----
token() { page "$1" "/view/$truck" >status && grep -o 'name="token" value="[^"]*"' body | head -1 | cut -d'"' -f4; }
act() { page "$1" "/view/$truck/decide" -d "token=$token" "${@:2}"; }
token=$(token wang)
is "a penalty before anything was accepted: 409" 409 "$(act wang -d decision=penalised -d number=1 -d officer=023456)"
is "another officer's number: 403" 403 "$(act wang -d decision=accepted -d officer=023457)"
is "from another page: 403" 403 "$(act wang -d decision=accepted -d officer=023456 -H 'Origin: https://evil.example')"
is "by another page's script: 403" 403 "$(act wang -d decision=accepted -d officer=023456 -H 'Sec-Fetch-Site: cross-site')"
is "without officer: 4xx" 403 "$(act wang -d decision=accepted)"
is "a return without ground: 400" 400 "$(act wang -d decision=returned -d officer=023456)"
is "a ground that is none: 400" 400 "$(act wang -d decision=returned -d ground=9 -d officer=023456)"
is "a note that is too long: 400" 400 "$(act wang -d decision=accepted -d officer=023456 -d "note=$(printf 'x%.0s' $(seq 300))")"
is "a note with a control character: 400" 400 "$(act wang -d decision=accepted -d officer=023456 -d 'note=a%1Bb')"
is "a note that is no UTF-8: 400" 400 "$(act wang -d decision=accepted -d officer=023456 -d 'note=%FF')"
is "a huge form: 403" 403 "$(act wang -d decision=accepted -d officer=023456 -d "note=$(printf 'x%.0s' $(seq 9000))")"
is "the viewer may not: 403" 403 "$(act officer -d decision=accepted -d officer=023456)"
token=0000000000000000000000000000000000000000000000000000000000000000
is "a wrong token: 403" 403 "$(act wang -d decision=accepted -d officer=023456)"
token=$(token wang)
is "nothing of that was kept" 0 "$(sqlite3 store/inbox.db 'SELECT count(*) FROM decision')"
is "accepted: back to the page" 303 "$(act wang -d decision=accepted -d officer=023456 -d 'note=%E5%9B%BE%E5%83%8F%E6%B8%85%E6%99%B0+%26+%22ok%22' -H "Origin: https://$address")"
is "twice: 409" 409 "$(act wang -d decision=accepted -d officer=023456)"
is "notified" 303 "$(act wang -d decision=notified -d officer=023456)"
is "penalised" 303 "$(act wang -d decision=penalised -d officer=023456 -d number=652301-2026-17 -d amount=200)"
is "paid" 303 "$(act wang -d decision=paid -d officer=023456)"
is "the sender is told" "accepted 图像清晰 & \"ok\" notified penalised paid" \
    "$(as client "https://$address/packages/decisions?after=0" >status && jq -r '.decisions[] | .decision, .note // empty' body | xargs -d '\n')"
page wang "/view/$truck" >status
says "the page shows it" body '652301-2026-17'
says "and what is left to decide" body 'value="rectified"'
is "no more" 1 "$(grep -c 'name="decision"' body)"

# ---- the officers' own listener ----
local_page() { curl -s --max-time 30 -o body -D headers -w '%{http_code}' "http://$office$1" "${@:2}"; }
is "at this machine: first the number" 200 "$(local_page "/view/$truck")"
says "is asked for" body '请输入警号'
entry=$(grep -o 'name="token" value="[^"]*"' body | cut -d'"' -f4)
is "one that is not in the list: 400" 400 "$(local_page /enter -d "token=$entry" -d officer=099999)"
is "without the token: 403" 403 "$(local_page /enter -d officer=023457)"
is "one that is" 303 "$(local_page /enter -d "token=$entry" -d officer=023457)"
says "is remembered for this browser alone" headers '^Set-Cookie: officer=023457; Path=/; HttpOnly; SameSite=Strict'
is "and sees the list" 200 "$(local_page / -b officer=023457)"
says "by number" body '023457'
is "a name that means this machine by accident: 403" 403 "$(local_page / -b officer=023457 -H 'Host: evil.example')"
is "packages are not taken without a certificate: 405" 405 "$(local_page /packages --data-binary @p/1.asice)"
"$BIN_ASAN/smoginbox" --listen 127.0.0.1:0 --cert server.pem --key server.key --client-ca tls-ca.pem --store store --office 0.0.0.0:0 2>err
is "it does not leave the machine: exit 2" 2 $?

# ---- who has looked ----
is "who looked is on record" 200 "$(page wang /audit)"
says "with the officer's number" body '023456'
is "each look" 1 "$(sqlite3 store/inbox.db "SELECT count(*) > 3 FROM audit WHERE act = 'look' AND officer = '023456'")"
is "each picture" 1 "$(sqlite3 store/inbox.db "SELECT count(*) FROM audit WHERE act = 'picture' AND detail = 'photos/front.jpg'")"
is "each search" 2 "$(sqlite3 store/inbox.db "SELECT count(DISTINCT detail) FROM audit WHERE act = 'search' AND detail <> 'X'")"
is "each decision" 4 "$(sqlite3 store/inbox.db "SELECT count(*) FROM audit WHERE act = 'decide'")"
is "a download" 200 "$(as wang "https://$address/packages/$truck.asice")"
is "is counted" 1 "$(sqlite3 store/inbox.db "SELECT downloads FROM package WHERE sha256 = '$truck'")"
is "a sender does not see the log: 403" 403 "$(page client /audit)"

# ---- an altered file is no evidence ----
printf X | dd of="store/packages/${truck:0:2}/$truck.asice" bs=1 seek=5000 conv=notrunc 2>dd.log
is "a file that was altered on the disk is not shown" 503 "$(page wang "/view/$truck")"
says "it says why" body '与接收时不一致'
is "nor its pictures" 503 "$(page wang "/view/$truck/file/photos/front.jpg")"
stop
is "SIGTERM: exit 0" 0 $?
is "no sanitizer spoke" 0 "$(grep -c 'Sanitizer\|runtime error' log)"
printf '023456\n' >officers
"$BIN_ASAN/smoginbox" --listen 127.0.0.1:0 --cert server.pem --key server.key --client-ca tls-ca.pem --store store --officers officers 2>err
is "a list of officers that is wrong: exit 2" 2 $?
says "file and line" err 'officers:1: a number'
echo "1..$n"
