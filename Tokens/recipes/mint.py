#!/usr/bin/env python3
"""Mints a participant token with PyJWT (pip install pyjwt cryptography)."""

import argparse
import secrets
import string
import time

import jwt

LONGEST_LIFETIME = 14 * 24 * 3600
CAPABILITIES = {"PUBLISH": "allow_publish", "SUBSCRIBE": "allow_subscribe"}


def attribute(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("must be KEY=VALUE")
    return key, value


def capabilities(text: str) -> dict[str, bool]:
    names = text.split(",")
    for name in names:
        if name not in CAPABILITIES:
            raise argparse.ArgumentTypeError(f"unknown capability: {name}")
    return {CAPABILITIES[name]: True for name in names}


def lifetime(text: str) -> int:
    if not 1 <= int(text) <= LONGEST_LIFETIME:
        raise argparse.ArgumentTypeError(f"must be 1 to {LONGEST_LIFETIME} seconds")
    return int(text)


def stage_arn(text: str) -> str:
    if not text.partition(":stage/")[2]:
        raise argparse.ArgumentTypeError("must be the ARN of a stage")
    return text


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key", required=True, help="PEM file with the P-384 private key")
    parser.add_argument("--kid", required=True, help="ARN of the imported public key")
    parser.add_argument("--stage-arn", required=True, type=stage_arn)
    parser.add_argument("--events-url", required=True, help="the stage's endpoints.events")
    parser.add_argument("--whip-url", required=True, help="the stage's endpoints.whip")
    parser.add_argument("--participant-id", help="default: 12 random characters")
    parser.add_argument("--user-id")
    parser.add_argument(
        "--attribute", action="append", type=attribute, default=[], metavar="KEY=VALUE")
    parser.add_argument("--capabilities", type=capabilities, default="PUBLISH,SUBSCRIBE")
    parser.add_argument("--ttl", type=lifetime, default="43200", help="seconds (12 hours)")
    parser.add_argument("--now", type=int, default=int(time.time()), help="seconds since 1970")
    return parser.parse_args()


def claims(given: argparse.Namespace) -> dict:
    base62 = string.digits + string.ascii_letters
    payload = {
        "exp": given.now + given.ttl,
        "iat": given.now,
        "jti": given.participant_id or "".join(secrets.choice(base62) for _ in range(12)),
        "resource": given.stage_arn,
        "topic": given.stage_arn.partition(":stage/")[2],
        "events_url": given.events_url,
        "whip_url": given.whip_url,
        "capabilities": given.capabilities,
        "version": "1.0",
    }
    if given.user_id is not None:
        payload["user_id"] = given.user_id
    if given.attribute:
        payload["attributes"] = dict(given.attribute)
    return payload


def main() -> None:
    given = arguments()
    with open(given.key, encoding="ascii") as file:
        key = file.read()
    print(jwt.encode(claims(given), key, algorithm="ES384", headers={"kid": given.kid}))


if __name__ == "__main__":
    main()
