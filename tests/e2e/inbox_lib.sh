# shellcheck shell=bash
# Sourced by the end-to-end scripts of the inbox, in their TMPDIR: packages, certificates, the server, requests.
mkdir p && (cd "$ROOT" && build/asan/tests/make_package "$TMPDIR/p" "${PACKAGES_MANY-0}") || exit 1

# ---- certificates: a CA for TLS, another one's client ----
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" -days 30 2>/dev/null
}
leaf() { # leaf FILE SUBJECT CA
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$2" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days 30 -out "$1.pem" \
        -extfile <(echo "subjectAltName=IP:127.0.0.1") 2>/dev/null
}
authority tls-ca
leaf server inbox tls-ca
leaf client 652301-0007 tls-ca

start() {
    # shellcheck disable=SC2086
    "$BIN_ASAN/smoginbox" --listen 127.0.0.1:0 --cert server.pem --key server.key --client-ca tls-ca.pem --seal-ca p/ca.pem \
        --store store --viewer officer --receipt-key server.key --size-max "${INBOX_SIZE_MAX-67108864}" ${INBOX_MORE-} >listening 2>>log &
    inbox=$!
    ends_with_script $inbox
    wait_for 20 grep -q '^listening on ' listening || { cat log; exit 1; }
    address=$(sed -n 's/^listening on //p' listening)
}
stop() { # the exit status of a clean end
    kill -TERM $inbox
    wait $inbox
}
# as WHO curl-arguments…: body in `body`, headers in `headers`, prints the status
as() {
    local who=$1
    shift
    curl -s --max-time 30 --cacert tls-ca.pem --cert "$who.pem" --key "$who.key" -o body -D headers -w '%{http_code}' "$@"
}
hex() { sha256sum "$1" | cut -d' ' -f1; }
digest() { openssl dgst -sha256 -binary "$1" | base64; }
# post WHO FILE [KEY [DIGEST [TYPE]]]
post() {
    as "$1" -H "Content-Type: ${5-application/vnd.etsi.asic-e+zip}" -H "Content-Digest: sha-256=:${4-$(digest "$2")}:" \
        -H "Idempotency-Key: \"${3-$(hex "$2")}\"" --data-binary "@$2" "https://$address/packages"
}
