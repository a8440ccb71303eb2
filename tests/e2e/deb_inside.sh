# shellcheck shell=bash
# Run by deb.sh as root in a throwaway copy of this machine: the package is installed, upgraded, removed and purged for real.
#
#   deb_inside.sh FOLDER    with smogd.deb, newer.deb (the same under a later version), tap.sh and make_month in it
set -u
cd "$1" || exit 1
BIN=/usr/bin
# shellcheck source=tests/e2e/tap.sh
. ./tap.sh
as_smogd="setpriv --reuid=smogd --regid=smogd --init-groups"
# all but SQLite's index of the readers, which each of them writes
records() { find /etc/smogd /var/lib/smogd -type f ! -name '*-shm' -exec sha256sum {} + | sort; }
there() { for path in "$@"; do [ -e "$path" ] || echo "$path"; done; }

dpkg -i smogd.deb >out 2>&1
is "dpkg installs it" "0 install ok installed" "$? $(dpkg-query -W -f '${Status}' smogd)"
is "its accounts are there, smogd may use serial ports" "smogd smogd,dialout smogpush smogd smoginbox smoginbox" \
    "$(for u in smogd smogpush smoginbox; do echo "$u $(id -Gn $u | tr ' ' ,)"; done | xargs)"
is "and its folders, closed to others" "750 root smogd 2770 smogd smogd 750 root smoginbox 700 smoginbox smoginbox" \
    "$(stat -c '%a %U %G' /etc/smogd /var/lib/smogd /etc/smoginbox /var/lib/smoginbox | xargs)"
dpkg --verify smogd >out
is "what is installed is what was packed" "0 " "$? $(cat out)"
systemd-analyze verify /usr/lib/systemd/system/smog{d,push,inbox}.service >out 2>&1
is "systemd finds nothing wrong with the units" "0 " "$? $(cat out)"
is "every program starts" "" "$(for p in /usr/bin/smog{ctl,d,inbox,push,sim,verify,witness}; do $p --version >out 2>&1 || echo "$p $(cat out)"; done)"

# a station with records, and keys as far as the package is concerned
cat >/etc/smogd/smogd.conf <<EOF
station { id = "652301-0001"  name = "长丰路联合执法站"  kind = joint  region = "652301"  state = "/var/lib/smogd"  latitude = 44.01  longitude = 87.30 }
rules = {"gb3847-2018"}  limit-class = a
EOF
echo key >/etc/smogd/seal.key
chgrp smogd /etc/smogd/*
$as_smogd ./make_month /var/lib/smogd 652301-0001 joint 2026-07-01 31 94 6 >out 2>&1
is "the station's own account can store records" 0 $?
$as_smogd smogd -c /etc/smogd/smogd.conf >smogd.out 2>&1 &
daemon=$!
ends_with_script $daemon
wait_for 20 smogctl -c /etc/smogd/smogd.conf status
is "smogd runs from /usr with the law that came with it" 0 $?
kill $daemon
wait $daemon
is "and ends" 0 $?
paragraph() { smogctl -c /etc/smogd/smogd.conf bulletin --from 2026-07-01 --to 2026-07-31 | head -1; }
before=$(records)
paragraph >said
says "the bulletin counts them" said '检测机动车累计94辆，不合格6辆'

dpkg -i smogd.deb >out 2>&1
is "installed over itself" 0 $?
is "nothing of the station has changed" "$before" "$(records)"
dpkg -i newer.deb >out 2>&1
is "upgraded" "0 $(dpkg-deb -f newer.deb Version)" "$? $(dpkg-query -W -f '${Version}' smogd)"
is "nor now" "$before" "$(records)"
dpkg -r smogd >out 2>&1
is "removed, the programs and units are gone" "0 7 3" "$? $(there /usr/bin/smog{ctl,d,inbox,push,sim,verify,witness} | wc -l) $(there /usr/lib/systemd/system/smog{d,push,inbox}.service | wc -l)"
is "the records are not" "$before" "$(records)"
dpkg -i smogd.deb >out 2>&1
dpkg -P smogd >out 2>&1
is "purged" "0 unknown ok not-installed" "$? $(dpkg-query -W -f '${Status}' smogd 2>/dev/null || echo unknown ok not-installed)"
says "it says what it keeps" out '/var/lib/smogd is kept'
is "records, configuration and keys are as they were" "$before" "$(records)"
is "and whose they were" "$(stat -c %U /var/lib/smogd/smogd.db)" smogd
dpkg -i smogd.deb >out 2>&1
is "installed again, it counts the same" "$(cat said)" "$(paragraph)"
