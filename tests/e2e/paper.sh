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
echo "1..$n"
