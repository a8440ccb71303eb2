#!/bin/sh
# Installs npm packages, "name@version", that tests use as independent peers, into a folder of its own under build/.
#
#   npm_peer.sh FOLDER PACKAGE@VERSION…
#
# Says why it could not in FOLDER/why-not, for the tests that then are skipped, and never fails: no network is no reason not to run
# the other tests. npm itself is not installed from here: in Debian it comes with 400 packages.
set -u
folder=$1
shift
stamp=$folder/installed
[ "$(cat "$stamp" 2>/dev/null)" = "$*" ] && exit 0
rm -rf "$folder"
mkdir -p "$folder"
if ! command -v npm >/dev/null; then
    echo "there is no npm here; apt-get install npm, then make check again" >"$folder/why-not"
    exit 0
fi
echo "installing for the tests: $*"
# optional parts are serial ports, which would be compiled
if (cd "$folder" && npm install --prefer-offline --omit=optional --ignore-scripts --no-audit --no-fund --no-save --no-package-lock \
    --fetch-timeout=30000 --fetch-retries=1 --loglevel=error "$@" >/dev/null 2>why-not); then
    rm -f "$folder/why-not"
    echo "$*" >"$stamp"
fi
exit 0
