"""Forging: what somebody who holds tokens, and no key, can try."""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

# The curve P-384 (FIPS 186-4, D.1.2.4).
P = 2**384 - 2**128 - 2**96 + 2**32 - 1
A = P - 3
B = int("b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a"
        "c656398d8a2ed19d2a85c8edd3ec2aef", 16)
N = int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
        "581a0db248b0a77aecec196accc52973", 16)
G = (int("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
         "5502f25dbf55296c3a545e3872760ab7", 16),
     int("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"
         "0a60b1ce1d7e819d7a431d7c90ea0e5f", 16))


def _add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    if p == q:
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def _multiply(k, p):
    total = None
    while k:
        if k & 1:
            total = _add(total, p)
        p, k = _add(p, p), k >> 1
    return total


def _candidates(token: str) -> set[tuple[int, int]]:
    """The public keys that may have signed a token: ECDSA gives them away (SEC 1, 4.1.6)."""
    signed, _, signature = token.rpartition(".")
    raw = decode(signature)
    r, s = int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big")
    digest = int.from_bytes(hashlib.sha384(signed.encode()).digest(), "big")
    y = pow((pow(r, 3, P) + A * r + B) % P, (P + 1) // 4, P)
    inverse = pow(r, -1, N)
    found = set()
    for point in ((r, y), (r, P - y)):
        total = _add(_multiply(s * inverse % N, point), _multiply(-digest * inverse % N, G))
        found.add(total)
    return found


def public_key(*tokens: str) -> ec.EllipticCurvePublicKey:
    """The key behind two or more ES384 tokens, found from the tokens alone."""
    (point,) = set.intersection(*map(_candidates, tokens))
    return ec.EllipticCurvePublicNumbers(*point, ec.SECP384R1()).public_key()


def public_forms(key: ec.EllipticCurvePublicKey) -> list[bytes]:
    """The byte strings that a careless verifier may take for an HMAC secret."""
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    point = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return [pem, pem.strip(), der, point, point[1:]]


def encode(data: bytes | dict) -> str:
    if isinstance(data, dict):
        data = json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def unsigned(header: dict, claims: dict) -> str:
    return f"{encode(header)}.{encode(claims)}."


def hmac_signed(header: dict, claims: dict, secret: bytes, digest: str = "sha256") -> str:
    signed = f"{encode(header)}.{encode(claims)}"
    return f"{signed}.{encode(hmac.digest(secret, signed.encode(), digest))}"


def ecdsa_signed(header: dict, claims: dict, key: ec.EllipticCurvePrivateKey | None = None) -> str:
    """Signed well, with a key that the server has never seen."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    key = key or ec.generate_private_key(ec.SECP384R1())
    signed = f"{encode(header)}.{encode(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA384())))
    return f"{signed}.{encode(r.to_bytes(48, 'big') + s.to_bytes(48, 'big'))}"
