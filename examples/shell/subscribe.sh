#!/bin/sh
# subscribe.sh TARGET: subscribe TARGET to all events of people, except those to which it is subscribed already.
#
# COPPER_TOKEN and COPPER_EMAIL identify the caller, COPPER_SECRET is sent with each notification.
set -eu

target=$1
api=https://api.copper.com/developer_api/v1

copper() { # METHOD PATH [JSON]
    curl --silent --show-error --fail --max-time 10 -X "$1" "$api$2" \
        -H "X-PW-AccessToken: $COPPER_TOKEN" -H "X-PW-UserEmail: $COPPER_EMAIL" \
        -H 'X-PW-Application: developer_api' -H 'Content-Type: application/json' \
        ${3:+--data "$3"}
}

# One subscription per line, without spaces, so that grep can tell them apart.
there=$(copper GET /webhooks | tr -d ' \n' | sed 's/},{/},\n{/g')
for event in new update delete; do
    if printf '%s\n' "$there" | grep -F "\"target\":\"$target\"" | grep -F '"type":"person"' |
        grep -qF "\"event\":\"$event\""; then
        echo "person/$event is subscribed already"
    else
        copper POST /webhooks \
            "{\"target\":\"$target\",\"type\":\"person\",\"event\":\"$event\",\"secret\":{\"key\":\"$COPPER_SECRET\"}}" \
            >/dev/null
        echo "person/$event is subscribed"
    fi
done
