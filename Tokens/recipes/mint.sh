#!/bin/sh
# Mints a participant token with openssl and the POSIX tools of any machine.
set -eu

fail() { printf 'mint: %s\n' "$*" >&2; exit 1; }

# $1 as a JSON string. It has no control characters: the arguments were checked for them.
json() { printf '"%s"' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"; }

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# $1, an INTEGER of the DER signature in hexadecimal, as exactly 48 bytes: DER cuts leading zeros
# away, and puts one in front of a number whose first bit is set.
scalar() {
    digits=$(printf '%s' "$1" | sed 's/^0*//')
    while [ ${#digits} -lt 96 ]; do digits=0$digits; done
    printf '%s' "$digits"
}

# Hexadecimal digits on standard input, as bytes.
bytes() {
    # shellcheck disable=SC2059 # the format is made here, of octal escapes alone
    sed 's/../&\n/g' | while read -r digits; do
        [ -z "$digits" ] || printf "\\$(printf '%03o' "0x$digits")"
    done
}

# The JWS signature of standard input: r and s side by side, where openssl prints the DER of both.
signature() {
    numbers=$(openssl dgst -sha384 -sign "$key" | openssl asn1parse -inform DER \
        | sed -n 's/.*INTEGER *://p')
    r=$(printf '%s\n' "$numbers" | sed -n 1p)
    s=$(printf '%s\n' "$numbers" | sed -n 2p)
    [ -n "$r" ] && [ -n "$s" ] || fail "openssl could not sign with $key"
    printf '%s%s\n' "$(scalar "$r")" "$(scalar "$s")" | bytes | base64url
}

key='' kid='' stage='' events='' whip='' participant='' user='' attributes=''
user_given=false granted=PUBLISH,SUBSCRIBE ttl=43200 now=$(date +%s)
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "$1 needs a value"
    case $2 in *[[:cntrl:]]*) fail "$1: control characters are not allowed" ;; esac
    case $1 in
        --key) key=$2 ;;
        --kid) kid=$2 ;;
        --stage-arn) stage=$2 ;;
        --events-url) events=$2 ;;
        --whip-url) whip=$2 ;;
        --participant-id) participant=$2 ;;
        --user-id) user=$2 user_given=true ;;
        --attribute)
            case $2 in *=*) ;; *) fail "--attribute must be KEY=VALUE" ;; esac
            attributes="${attributes:+$attributes,}$(json "${2%%=*}"):$(json "${2#*=}")" ;;
        --capabilities) granted=$2 ;;
        --ttl) ttl=$2 ;;
        --now) now=$2 ;;
        *) fail "unknown argument: $1" ;;
    esac
    shift 2
done

[ -n "$key" ] || fail "--key is missing"
[ -n "$kid" ] || fail "--kid is missing"
[ -n "$events" ] || fail "--events-url is missing"
[ -n "$whip" ] || fail "--whip-url is missing"
topic=${stage#*:stage/}
[ -n "$topic" ] && [ "$topic" != "$stage" ] || fail "--stage-arn must be the ARN of a stage"
case $ttl in '' | *[!0-9]*) fail "--ttl must be a whole number" ;; esac
case $now in '' | *[!0-9]*) fail "--now must be a whole number" ;; esac
[ "$ttl" -ge 1 ] && [ "$ttl" -le 1209600 ] || fail "--ttl must be 1 to 1209600 seconds"
if [ -z "$participant" ]; then
    # Without + / = there may be fewer than 12 characters left of few bytes: take many.
    participant=$(openssl rand -base64 64 | tr -dc 'A-Za-z0-9' | cut -c 1-12)
fi

capabilities=''
for name in $(printf '%s' "$granted" | tr ',' ' '); do
    case $name in
        PUBLISH) claim='"allow_publish":true' ;;
        SUBSCRIBE) claim='"allow_subscribe":true' ;;
        *) fail "unknown capability: $name" ;;
    esac
    capabilities="${capabilities:+$capabilities,}$claim"
done

payload="{\"exp\":$((now + ttl)),\"iat\":$now,\"jti\":$(json "$participant")"
payload="$payload,\"resource\":$(json "$stage"),\"topic\":$(json "$topic")"
payload="$payload,\"events_url\":$(json "$events"),\"whip_url\":$(json "$whip")"
if $user_given; then payload="$payload,\"user_id\":$(json "$user")"; fi
if [ -n "$attributes" ]; then payload="$payload,\"attributes\":{$attributes}"; fi
payload="$payload,\"capabilities\":{$capabilities},\"version\":\"1.0\"}"

header="{\"alg\":\"ES384\",\"typ\":\"JWT\",\"kid\":$(json "$kid")}"
signed=$(printf '%s' "$header" | base64url).$(printf '%s' "$payload" | base64url)
# An assignment of its own, so that a failure to sign ends the script.
signature=$(printf '%s' "$signed" | signature)
printf '%s.%s\n' "$signed" "$signature"
