#!/bin/sh
# The test of subscribe.sh. Under `copper-emulator exec`, calls to api.copper.com go to the emulator.
#
# The endpoint is the account's own inbox, which answers 200 unless it is told otherwise; the emulator is asked through its
# control API.
set -eu
cd "$(dirname "$0")"

server=${COPPER_EMULATOR_URL:-http://127.0.0.1:2929}
account=shell-$$
here=/accounts/$account
inbox=https://inbox.example/$account

control() { # METHOD PATH [JSON]: print the answer, or fail with what was wrong with the call
    answer=$(curl --silent --show-error --fail-with-body -X "$1" "$server/_emulator/v1$2" \
        -H 'Content-Type: application/json' ${3:+--data "$3"}) || { printf '%s\n' "$answer" >&2 && return 1; }
    printf '%s\n' "$answer"
}

expect() { # EVENT ID MORE: answered at once, since it has been delivered; otherwise fails with what came closest, and why
    control POST "$here/wait" "{\"type\":\"person\",\"event\":\"$1\",\"ids\":[$2],\"timeout\":\"1s\"$3}" >/dev/null
}

COPPER_TOKEN=$(control POST /accounts "{\"name\":\"$account\"}" | sed 's/.*"token": *"\([^"]*\)".*/\1/')
export COPPER_TOKEN COPPER_EMAIL=ada@example.com COPPER_SECRET=s3cret
trap 'control DELETE "$here" >/dev/null' EXIT
control POST "$here/clock/freeze" '{}' >/dev/null

echo "it subscribes to three topics, and the second time to nothing"
test "$(sh subscribe.sh "$inbox" | grep -c 'is subscribed$')" = 3
test "$(sh subscribe.sh "$inbox" | grep -c 'is subscribed already$')" = 3

echo "what happens to a person arrives"
control POST "$here/fire" '{"type":"person","event":"update","ids":[17]}' >/dev/null
expect update 17 ',"count":1'

echo "Copper sends once: what comes while the endpoint is down is missed"
control POST "$here/inbox" '{"status":503}' >/dev/null
control POST "$here/fire" '{"type":"person","event":"delete","ids":[18]}' >/dev/null
control POST "$here/inbox" '{"status":200}' >/dev/null
expect delete 18 ',"status":503'
control GET "$here/why?type=person&id=18"
