"""The recipes mint what the schema says, and the golden tokens are what their files claim."""

import base64
import json
import pathlib
import shutil
import subprocess
import sys
import time

import jwt
import pytest
from jsonschema import Draft202012Validator

import make_golden

HERE = pathlib.Path(__file__).parent
RECIPES = HERE / "recipes"
PRIVATE_KEY = HERE / "keys" / "test-only-private.pem"
PUBLIC_KEY = HERE / "keys" / "test-only-public.pem"
SCHEMA = json.loads((HERE / "participant-token.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
GOLDEN = sorted((HERE / "golden").glob("*.json"))

KID = "arn:aws:ivs:us-east-1:123456789012:public-key/TestKey00001"
STAGE = "arn:aws:ivs:us-east-1:123456789012:stage/VSWjvX5XOkU3"
NOW = 1_800_000_000
FORTNIGHT = 14 * 24 * 3600
LEEWAY = 30


def decode(part: str):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def violations(claims) -> list[str]:
    """What the schema says, and the rules that a schema can't say."""
    found = [error.message for error in VALIDATOR.iter_errors(claims)]
    if found:
        return found
    if any(isinstance(claims[name], float) for name in ("exp", "iat")):
        found.append("exp and iat must be whole numbers, also in how they are written")
    if not 0 < claims["exp"] - claims["iat"] <= FORTNIGHT:
        found.append("exp must be after iat, and at most 14 days after it")
    if claims["resource"].rpartition("stage/")[2] != claims["topic"]:
        found.append("topic must be the part of resource that follows stage/")
    attributes = claims.get("attributes", {})
    if sum(len((k + v).encode()) for k, v in attributes.items()) > 1024:
        found.append("attributes must have at most 1 KB")
    return found


def verdict(token: str, now: int, keys: dict[str, bytes]) -> str:
    """A verifier of participant tokens, as README.md tells how to write one."""
    try:
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token, key, algorithms=["ES384"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False,
                     "verify_jti": False, "verify_sub": False, "verify_aud": False})
    except (jwt.PyJWTError, KeyError, ValueError):
        return "malformed"
    if violations(claims) or claims["iat"] > now + LEEWAY:
        return "malformed"
    return "expired" if now >= claims["exp"] + LEEWAY else "valid"


class TestSchema:
    def test_is_a_schema(self):
        Draft202012Validator.check_schema(SCHEMA)

    def test_says_what_every_claim_means(self):
        assert all(claim.get("description") for claim in SCHEMA["properties"].values())
        assert set(SCHEMA["required"]) <= set(SCHEMA["properties"])


class TestGolden:
    @pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
    def test_verdict(self, file):
        golden = json.loads(file.read_text(encoding="utf-8"))
        assert set(golden) == {"why", "expectation", "now", "kid", "claims", "token"}
        keys = {golden["kid"]: PUBLIC_KEY.read_bytes()}
        assert verdict(golden["token"], golden["now"], keys) == golden["expectation"]
        if golden["claims"] is not None:
            assert decode(golden["token"].split(".")[1]) == golden["claims"]

    def test_files_are_what_the_script_writes(self):
        expected = make_golden.documents()
        assert {file.name: file.read_text(encoding="utf-8") for file in GOLDEN} == expected

    def test_every_expectation_is_there(self):
        found = {json.loads(file.read_text(encoding="utf-8"))["expectation"] for file in GOLDEN}
        assert found == {"valid", "malformed", "expired"}

    def test_key_pair_belongs_together(self):
        public = make_golden.own_key().public_key()
        loaded = make_golden.serialization.load_pem_public_key(PUBLIC_KEY.read_bytes())
        assert public.public_numbers() == loaded.public_numbers()
        assert public.curve.name == "secp384r1"


@pytest.fixture(scope="session")
def swift_binary():
    """Building takes minutes the first time: JWTKit brings a whole crypto library."""
    build = ["swift", "build", "--package-path", str(RECIPES / "swift")]
    built = subprocess.run(build, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    path = subprocess.run(build + ["--show-bin-path"], capture_output=True, text=True, check=True)
    return pathlib.Path(path.stdout.strip()) / "mint"


@pytest.fixture(scope="session")
def go_binary(tmp_path_factory):
    binary = tmp_path_factory.mktemp("go") / "mint"
    subprocess.run(["go", "build", "-o", str(binary), str(RECIPES / "mint.go")], check=True)
    return binary


@pytest.fixture(params=["python", "node", "go", "sh", "swift"])
def recipe(request):
    """How to start each recipe whose runtime is here."""
    name = request.param
    runtime = {"python": sys.executable, "sh": "openssl"}.get(name, name)
    if not shutil.which(runtime):
        pytest.skip(f"{runtime} is not on this machine")
    if name == "swift":
        return [str(request.getfixturevalue("swift_binary"))]
    if name == "go":
        return [str(request.getfixturevalue("go_binary"))]
    if name == "sh":
        return ["sh", str(RECIPES / "mint.sh")]
    if name == "node":
        return ["node", str(RECIPES / "mint.mjs")]
    return [sys.executable, str(RECIPES / "mint.py")]


GIVEN = {
    "--key": str(PRIVATE_KEY), "--kid": KID, "--stage-arn": STAGE,
    "--events-url": "wss://stage.example/events", "--whip-url": "https://stage.example/whip",
}


def run(recipe: list[str], changes: dict | None = None, *more: str):
    """Runs a recipe. A change to `None` takes an argument away."""
    options = {k: v for k, v in (GIVEN | (changes or {})).items() if v is not None}
    words = [word for pair in options.items() for word in pair]
    return subprocess.run([*recipe, *words, *more], capture_output=True, text=True, timeout=60)


def mint(recipe: list[str], changes: dict | None = None, *more: str) -> tuple[dict, dict]:
    """The header and the claims of a token whose signature was verified."""
    done = run(recipe, changes, *more)
    assert done.returncode == 0, done.stderr
    token = done.stdout.removesuffix("\n")
    claims = jwt.decode(
        token, PUBLIC_KEY.read_bytes(), algorithms=["ES384"],
        options={"verify_exp": False, "verify_iat": False})
    assert violations(claims) == []
    header = decode(token.split(".")[0])
    assert header == {"alg": "ES384", "typ": "JWT", "kid": KID}
    return header, claims


@pytest.mark.timeout(1200)
class TestRecipes:
    def test_says_everything_it_was_given(self, recipe):
        _, claims = mint(recipe, {
            "--participant-id": "host_1-A", "--user-id": 'Zoë "Z" \\ 日本', "--ttl": "60",
            "--capabilities": "PUBLISH", "--now": str(NOW),
        }, "--attribute", "team=red", "--attribute", 'quote=a=b, "c" \\d')
        assert claims == {
            "exp": NOW + 60, "iat": NOW, "jti": "host_1-A", "resource": STAGE,
            "topic": "VSWjvX5XOkU3", "events_url": GIVEN["--events-url"],
            "whip_url": GIVEN["--whip-url"], "user_id": 'Zoë "Z" \\ 日本',
            "attributes": {"team": "red", "quote": 'a=b, "c" \\d'},
            "capabilities": {"allow_publish": True}, "version": "1.0",
        }

    def test_defaults(self, recipe):
        _, claims = mint(recipe)
        assert claims["capabilities"] == {"allow_publish": True, "allow_subscribe": True}
        assert abs(claims["iat"] - time.time()) < 60
        assert claims["exp"] - claims["iat"] == 12 * 3600
        assert len(claims["jti"]) == 12 and claims["jti"].isalnum()
        assert "user_id" not in claims and "attributes" not in claims
        _, again = mint(recipe)
        assert again["jti"] != claims["jti"]

    def test_what_is_not_granted_is_absent(self, recipe):
        _, claims = mint(recipe, {"--capabilities": "SUBSCRIBE"})
        assert claims["capabilities"] == {"allow_subscribe": True}

    @pytest.mark.parametrize("change", [
        {"--stage-arn": "VSWjvX5XOkU3"}, {"--ttl": "0"}, {"--ttl": str(FORTNIGHT + 1)},
        {"--ttl": "soon"}, {"--capabilities": "PUBLISH,DANCE"}, {"--key": "/no/such/file"},
        {"--kid": None}, {"--dance": "1"},
    ], ids=str)
    def test_what_makes_no_sense_is_refused(self, recipe, change):
        done = run(recipe, change)
        assert done.returncode != 0
        assert done.stdout == ""
        assert done.stderr

    @pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on this machine")
    def test_the_shell_recipe_pads_short_numbers(self):
        """One in 128 signatures has an r or s that begins with a zero byte, which DER leaves out."""
        for _ in range(40):
            mint(["sh", str(RECIPES / "mint.sh")], {"--participant-id": "p"})
