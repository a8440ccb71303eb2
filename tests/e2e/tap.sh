# shellcheck shell=bash
# Sourced by the end-to-end scripts: results in TAP, servers that end with the script, conditions with a deadline.
n=${n:-0}
ok() { # ok "what" status
    n=$((n + 1))
    if [ "$2" = 0 ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
}
is() { # is "what" wanted got
    [ "$2" = "$3" ] || echo "# wanted '$2', got '$3'"
    [ "$2" = "$3" ]
    ok "$1" $?
}
says() { # says "what" file pattern
    grep -q -- "$3" "$2" || sed 's/^/# /' "$2"
    grep -q -- "$3" "$2"
    ok "$1" $?
}
wait_for() { # wait_for seconds command…: true as soon as the command is
    local deadline=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -le $deadline ] || return 1
        sleep 0.05
    done
}
started=""
ends_with_script() { started="$started $1"; } # a process of ours
trap 'for p in $started; do kill "$p" 2>/dev/null; done; wait 2>/dev/null' EXIT
ROOT=$(cd "$BIN/../../.." && pwd)
