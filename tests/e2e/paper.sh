#!/bin/bash
# Papers: what is on the pages (tests/papers/*.txt are their layouts as text), fonts inside, sizes, codes that are read back and verified.
#
#   PAPERS=keep tests/run.sh paper      takes the layouts as they are now: look at them before they are committed
set -u
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$TMPDIR" || exit 1
bad=
(cd "$ROOT" && build/asan/tests/make_papers "$TMPDIR") 2>papers.err
ok "every page is the same when it is drawn again" $?
[ -s papers.err ] && sed 's/^/# /' papers.err

# ---- layouts ----
for pdf in *.pdf; do
    name=${pdf%.pdf}
    pdftotext -layout "$pdf" "$name.txt"
    # digests of what is signed anew each time, wherever they are divided, and the size of it
    sed -i -E 's/[0-9a-f]{16}…/DIGEST…/; s/[0-9a-f]{24,}/DIGEST/g; s/ +/ /g; s/^(证据包字节数) [0-9]+$/\1 SIZE/; s/(log\/proof.json) [0-9]+/\1 SIZE/; /^ *[0-9a-f]+$/d' "$name.txt"
    [ "${PAPERS:-}" = keep ] && cp "$name.txt" "$ROOT/tests/papers/$name.txt"
    diff "$ROOT/tests/papers/$name.txt" "$name.txt" >differs && continue
    bad="$bad $name"
    head -5 differs | sed 's/^/# /'
done
is "the pages say what they said before" "" "$bad"

# ---- words, fonts, sizes ----
says "Chinese can be searched" fail-a5.txt '不合格'
says "English too" fail-a5.txt 'Emission test result'
says "and Uyghur" fail-ug.txt 'نەتىجىسى'
is "every font is inside the page" "" "$(for pdf in *.pdf; do pdffonts "$pdf" | tail -n +3 | awk -v f="$pdf" '$(NF-4) != "yes" {print f}'; done)"
/usr/bin/python3 "$ROOT/tests/support/pdfa.py" ./*.pdf >problems
is "each is PDF/A-2b, as far as can be checked here" "" "$(cat problems)"
head -c "$(($(grep -abo '%%EOF' fail-a5.pdf | head -1 | cut -d: -f1) + 6))" fail-a5.pdf >plain.pdf
is "as cairo alone makes it, it is not" "6.1.3 6.2.11.3.2 6.2.3 6.6.2.1" "$(/usr/bin/python3 "$ROOT/tests/support/pdfa.py" plain.pdf | cut -d' ' -f2 | tr -d : | sort -u | xargs)"
rm plain.pdf
is "nothing in them is out of order" "" "$(for pdf in *.pdf; do qpdf --check "$pdf" >checked 2>&1 || echo "$pdf"; done)"
profile=$(qpdf --show-object="$(qpdf --show-object=trailer fail-a4.pdf | grep -o 'Root [0-9]*' | cut -d' ' -f2)" fail-a4.pdf | grep -o 'DestOutputProfile [0-9]*' | cut -d' ' -f2)
qpdf --show-object="$profile" --filtered-stream-data fail-a4.pdf >srgb.icc
is "their colours are sRGB's" "255 0 0 12 200 100 255 255 255" "$(printf '255 0 0\n12 200 100\n255 255 255\n' | transicc -i srgb.icc -o '*sRGB' -t1 -n 2>/dev/null | awk 'NF == 3 {for (i = 1; i <= 3; i++) printf "%s%.0f", n++ ? " " : "", $i < 0.5 ? 0 : $i}')"
is "no slip has more than 120 KB" "" "$(awk '$3 > 120 * 1024 {print $1}' times)"

# ---- codes ----
for pdf in pass-a5 fail-a4 fail-80mm longest-ug; do
    pdftoppm -r 203 -gray -png "$pdf.pdf" code
    zbarimg -q --raw -Sdisable -Sqrcode.enable -Sbinary code*.png >code.txt 2>/dev/null
    rm -f code*.png
    "$BIN_ASAN/smogverify" --qr code.txt --ca "${pdf%%-*}-seal.pem" --json >verified.json
    is "the code on $pdf is read back and verified" "true 652301-0007-T000042" "$(jq -r '"\(.verified) \(.id)"' verified.json)"
done
zbarimg -q --raw -Sdisable -Sqrcode.enable -Sbinary fail.pbm >code.txt 2>/dev/null
"$BIN_ASAN/smogverify" --qr "$(cat code.txt)" --ca fail-seal.pem >verified.txt
is "so is the printer's picture, its text given as an argument" 0 $?
sed 's/exceeds/within/' code.txt >forged.txt
"$BIN_ASAN/smogverify" --qr forged.txt --ca fail-seal.pem >verified.txt
is "a changed one is not" 1 $?
pdftoppm -r 203 -gray -png passage-a5.pdf code
zbarimg -q --raw -Sdisable -Sqrcode.enable -Sbinary code*.png >code.txt 2>/dev/null
"$BIN_ASAN/smogverify" --qr code.txt --ca fail-seal.pem >verified.txt
is "one that is not signed yet proves nothing" 1 $?
says "and says so" verified.txt 'not countersigned'

# ---- the same by the police's inbox, in a browser without scripts ----
mv code.txt unsigned.txt
zbarimg -q --raw -Sdisable -Sqrcode.enable -Sbinary fail.pbm >code.txt 2>/dev/null
PACKAGES_MANY=
# shellcheck source=tests/e2e/inbox_lib.sh
. "$ROOT/tests/e2e/inbox_lib.sh"
leaf wang "officer wang" tls-ca
printf '023456  officer wang\n' >officers
cp fail-seal.pem p/ca.pem
INBOX_MORE="--officers officers" start
slip() { as wang "https://$address/slip?lang=$1" "${@:2}"; }
is "the inbox asks for a slip's text" 200 "$(slip zh)"
says "under its label" body '<label for="text">'
token=$(grep -o 'name="token" value="[^"]*"' body | cut -d'"' -f4)
is "the code's text is checked" 200 "$(slip zh --data-urlencode "token=$token" --data-urlencode text@code.txt)"
says "it is what the station signed" body '✓ 属实'
says "with the plate and the verdict" body '<bdi>不合格</bdi>'
is "as a browser sends lines" 200 "$(slip en --data-urlencode "token=$token" --data-urlencode "text=$(sed 's/$/\r/' code.txt)")"
says "and in English" body '✓ Genuine'
is "a changed one" 200 "$(slip en --data-urlencode "token=$token" --data-urlencode text@forged.txt)"
says "is not genuine" body '✕ Not genuine'
is "and none of what it says is shown as told" 0 "$(grep -c '<dl>' body)"
is "one that is not signed yet" 200 "$(slip zh --data-urlencode "token=$token" --data-urlencode text@unsigned.txt)"
says "proves nothing" body '? 不能证明'
is "markup" 200 "$(slip zh --data-urlencode "token=$token" --data-urlencode 'text=</textarea><script>alert(1)</script>')"
is "stays text" 0 "$(grep -ci '<script' body)"
is "no script is needed" 0 "$(grep -ciE '<script| on[a-z]+=|javascript:' body)"
is "without the token: 403" 403 "$(slip zh --data-urlencode text@code.txt)"
is "by another page: 403" 403 "$(slip zh --data-urlencode "token=$token" --data-urlencode text@code.txt -H 'Origin: https://evil.example')"
is "bytes that are no text: 400" 400 "$(slip zh -d "token=$token" -d 'text=%FF%FE')"
is "a text of many lines: 403" 403 "$(slip zh -d "token=$token" -d "text=$(printf 'x%.0s' $(seq 9000))")"
is "each check is in the access log" 5 "$(sqlite3 store/inbox.db "SELECT count(*) FROM audit WHERE act = 'slip'")"
stop
is "it ends cleanly" 0 $?
echo "1..$n"
