#!/usr/bin/env python3
"""Writes golden/*.json: tokens that a verifier of participant tokens must accept or refuse.

Signatures are deterministic (RFC 6979), so running it again changes nothing. It needs `cryptography`.
Tokens are put together by hand here, since no library would make most of them.
"""

import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

HERE = pathlib.Path(__file__).parent
KEYS = HERE / "keys"
KID = "arn:aws:ivs:us-east-1:123456789012:public-key/GoldenKey001"
ISSUED = 1_800_000_000
HOUR, DAY = 3600, 24 * 3600
LEEWAY = 30

HEADER = {"alg": "ES384", "typ": "JWT", "kid": KID}
CLAIMS = {
    "exp": ISSUED + 12 * HOUR,
    "iat": ISSUED,
    "jti": "o5gUP8G6AYKH",
    "resource": "arn:aws:ivs:us-east-1:123456789012:stage/VSWjvX5XOkU3",
    "topic": "VSWjvX5XOkU3",
    "events_url": "wss://stage.example/events",
    "whip_url": "https://stage.example/whip",
    "capabilities": {"allow_publish": True, "allow_subscribe": True},
    "version": "1.0",
}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value: dict) -> str:
    return base64url(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def without(name: str) -> dict:
    return {key: value for key, value in CLAIMS.items() if key != name}


def own_key() -> ec.EllipticCurvePrivateKey:
    pem = (KEYS / "test-only-private.pem").read_bytes()
    return serialization.load_pem_private_key(pem, None)


def der_signature(signed: str, key: ec.EllipticCurvePrivateKey, digest) -> bytes:
    return key.sign(signed.encode(), ec.ECDSA(digest, deterministic_signing=True))


def raw_signature(signed: str, key: ec.EllipticCurvePrivateKey, digest) -> bytes:
    size = (key.curve.key_size + 7) // 8
    r, s = utils.decode_dss_signature(der_signature(signed, key, digest))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def sign(claims: dict, header: dict = HEADER, key=None, digest=None) -> str:
    signed = f"{part(header)}.{part(claims)}"
    raw = raw_signature(signed, key or own_key(), digest or hashes.SHA384())
    return f"{signed}.{base64url(raw)}"


def hmac_sign(claims: dict, secret: bytes) -> str:
    signed = f"{part(HEADER | {'alg': 'HS256'})}.{part(claims)}"
    return f"{signed}.{base64url(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def der_signed(claims: dict) -> str:
    signed = f"{part(HEADER)}.{part(claims)}"
    return f"{signed}.{base64url(der_signature(signed, own_key(), hashes.SHA384()))}"


def tampered() -> str:
    viewer = CLAIMS | {"capabilities": {"allow_subscribe": True}}
    header, _, signature = sign(viewer).split(".")
    return f"{header}.{part(CLAIMS)}.{signature}"


def derived_key(seed: int, curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
    """Somebody else's key, the same in every run."""
    return ec.derive_private_key(seed, curve)


def accepted():
    now = ISSUED + HOUR
    viewer = {"capabilities": {"allow_subscribe": True}}
    yield "publish-and-subscribe", sign(CLAIMS), now, "both capabilities"
    yield ("publish-only", sign(CLAIMS | {"capabilities": {"allow_publish": True}}), now,
           "what is not granted is absent")
    yield "subscribe-only", sign(CLAIMS | viewer), now, "what is not granted is absent"
    yield ("capability-false", sign(CLAIMS | {"capabilities": {
        "allow_publish": False, "allow_subscribe": True}}), now,
        "a capability that is false is not granted")
    yield ("attributes", sign(CLAIMS | {"user_id": "Zoë 🎤", "attributes": {
        "team": "red", "quote": 'say "hi" \\ 日本'}}), now, "any UTF-8 in names and values")
    yield ("attributes-1-kb", sign(CLAIMS | {"attributes": {"k": "v" * 1023}}), now,
           "1024 bytes of keys and values is the most")
    yield ("longest-id", sign(CLAIMS | {"jti": "a-_Z" * 16}), now, "64 characters is the most")
    yield ("longest-lifetime", sign(CLAIMS | {"exp": ISSUED + 14 * DAY}), now,
           "14 days is the most")
    yield ("unknown-claim", sign(CLAIMS | {"nbf": ISSUED, "theme": {"dark": True}}), now,
           "claims that are not known are ignored")
    yield ("just-expired", sign(CLAIMS), CLAIMS["exp"] + LEEWAY - 1,
           "clocks may differ by 30 seconds: one second before that is over")


def expired():
    yield ("expired", sign(CLAIMS), CLAIMS["exp"] + HOUR, "an hour too late")
    yield ("expired-beyond-leeway", sign(CLAIMS), CLAIMS["exp"] + LEEWAY + 1,
           "one second later than clocks may differ")


def forged():
    public_pem = (KEYS / "test-only-public.pem").read_bytes()
    public_der = own_key().public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    signature = sign(CLAIMS).rpartition(".")[2]
    bare = f"{part(HEADER | {'alg': 'none'})}.{part(CLAIMS)}."
    yield "alg-none", bare, "no signature, and the header says that none is needed"
    yield "alg-none-with-signature", bare + signature, "alg none in front of a signature"
    yield ("no-signature", sign(CLAIMS).rpartition(".")[0] + ".",
           "an honest header and no signature")
    yield ("hs256-public-pem", hmac_sign(CLAIMS, public_pem),
           "HMAC with the public key's PEM as the secret")
    yield ("hs256-public-der", hmac_sign(CLAIMS, public_der),
           "HMAC with the public key's DER as the secret")
    yield ("wrong-key", sign(CLAIMS, key=derived_key(0xBAD, ec.SECP384R1())),
           "signed well, with another key than kid names")
    yield ("unknown-kid", sign(CLAIMS, HEADER | {"kid": KID[:-1] + "2"}),
           "signed well, with a kid that nobody imported")
    yield ("es256", sign(CLAIMS, HEADER | {"alg": "ES256"}, derived_key(7, ec.SECP256R1()),
                         hashes.SHA256()), "another curve and another algorithm")
    yield ("tampered-payload", tampered(),
           "a viewer's token whose payload was changed to let it publish")
    yield "der-signature", der_signed(CLAIMS), "the signature is DER, and must be r and s (96 bytes)"


def unreadable():
    token = sign(CLAIMS)
    yield "empty", "", "nothing"
    yield "two-parts", token.rpartition(".")[0], "no third part"
    yield "four-parts", token + ".e30", "a fourth part"
    yield "not-base64url", token.replace(".", ".!", 1), "a character that base64url does not have"
    yield ("payload-not-json", f"{part(HEADER)}.{base64url(b'hello')}." + base64url(raw_signature(
        f"{part(HEADER)}.{base64url(b'hello')}", own_key(), hashes.SHA384())),
        "signed well, but not JSON")


def impossible():
    for name in sorted(CLAIMS):
        yield f"missing-{name.replace('_', '-')}", without(name), f"{name} is missing"
    yield ("topic-mismatch", CLAIMS | {"topic": "AnotherStage"},
           "topic is not the stage of resource")
    yield "exp-float", CLAIMS | {"exp": ISSUED + HOUR + 0.5}, "exp is not a whole number"
    yield "exp-text", CLAIMS | {"exp": str(ISSUED + 12 * HOUR)}, "exp is text"
    yield "exp-before-iat", CLAIMS | {"exp": ISSUED - 1}, "exp is before iat"
    yield "lifetime-too-long", CLAIMS | {"exp": ISSUED + 14 * DAY + 1}, "more than 14 days"
    yield "jti-with-slash", CLAIMS | {"jti": "../o5gUP8G6"}, "only A-Z a-z 0-9 - _ are allowed"
    yield "jti-too-long", CLAIMS | {"jti": "a" * 65}, "more than 64 characters"
    yield "user-id-too-long", CLAIMS | {"user_id": "u" * 129}, "more than 128 characters"
    yield ("attributes-over-1-kb", CLAIMS | {"attributes": {"k": "v" * 1024}},
           "1025 bytes of keys and values")
    yield "attribute-number", CLAIMS | {"attributes": {"seat": 12}}, "a value is not text"
    yield "capabilities-list", CLAIMS | {"capabilities": ["PUBLISH"]}, "must be an object"
    yield "version-2", CLAIMS | {"version": "2.0"}, "another format"


def cases():
    now = ISSUED + HOUR
    for name, token, at, why in accepted():
        yield name, "valid", token, at, why
    for name, token, at, why in expired():
        yield name, "expired", token, at, why
    for name, token, why in [*forged(), *unreadable()]:
        yield name, "malformed", token, now, why
    for name, claims, why in impossible():
        yield name, "malformed", sign(claims), now, why


def payload(token: str) -> dict | None:
    """What the payload says, where it can be read at all."""
    try:
        text = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (IndexError, ValueError):
        return None


def documents() -> dict[str, str]:
    """The text of each file, by its name."""
    return {
        f"{name}.json": json.dumps({
            "why": why, "expectation": expectation, "now": now, "kid": KID,
            "claims": payload(token), "token": token,
        }, indent=4, ensure_ascii=False) + "\n"
        for name, expectation, token, now, why in cases()
    }


def main() -> None:
    folder = HERE / "golden"
    folder.mkdir(exist_ok=True)
    written = documents()
    for stale in {file.name for file in folder.glob("*.json")} - written.keys():
        (folder / stale).unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(written)} golden tokens")


if __name__ == "__main__":
    main()
