"""The API's shapes, as /openapi.json has them, held against the model that AWS's clients carry."""

import json
import re

import botocore.loaders
import pytest

from harness import http

MODEL = botocore.loaders.Loader().load_service_model("ivs-realtime", "service-2", "2020-07-14")
OPERATIONS, SHAPES = MODEL["operations"], MODEL["shapes"]
TAGS = {
    "ListTagsForResource": ("get", "/tags/{resourceArn}"),
    "TagResource": ("post", "/tags/{resourceArn}"),
    "UntagResource": ("delete", "/tags/{resourceArn}"),
}
#: Operations that Rostrum has and IVS has not.
OURS = {"MuteParticipant", "UnpublishParticipant"}

#: Where a schema differs from the model, by shape and keyword, and why.
DIFFERENCES = {
    # The model's pattern takes one character where the kind of resource stands: no ARN matches it.
    ("ResourceArn", "pattern"): "^arn:aws:ivs:[a-z0-9-]+:[0-9]+:[a-z-]+/[a-zA-Z0-9-]+$",
    # Reserved in every service of AWS.
    ("TagKey", "pattern"): "^(?!aws:)",
    # The model bounds it by nothing.
    ("PublicKeyMaterial", "maxLength"): 4096,
    # What IVS answers with when it is not set.
    ("VideoFillMode", "enum"): ["FILL", "COVER", "CONTAIN", ""],
    # The model describes it in words only.
    ("Width", "multipleOf"): 2,
    ("Height", "multipleOf"): 2,
    ("DestinationConfiguration", "oneOf"): [{"required": ["channel"]}, {"required": ["s3"]}],
    ("LayoutConfiguration", "not"): {"required": ["grid", "pip"]},
}
#: Errors that any operation may answer with, declared or not.
COMMON_ERRORS = {
    "SerializationException": 400, "MissingAuthenticationTokenException": 403,
    "IncompleteSignatureException": 403, "UnrecognizedClientException": 403,
    "InvalidSignatureException": 403, "AccessDeniedException": 403,
    "RequestEntityTooLargeException": 413, "ThrottlingException": 429,
    "InternalServerException": 500,
}
#: Words of JSON Schema that say nothing about which values are good.
ANNOTATIONS = {"description", "examples", "format"}


@pytest.fixture(scope="module")
def document(server):
    answer = http.request("GET", f"{server.http}/openapi.json")
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/json"
    return json.loads(answer.body)


@pytest.fixture(scope="module")
def described(document):
    """Every operation of the document by its name: method, path and what is said of it."""
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in document["paths"].items() for method, operation in methods.items()}


def reached() -> list[str]:
    """The shapes that stand in inputs and outputs, but for those that are headers only."""
    found, waiting = set(), []
    for operation in OPERATIONS.values():
        waiting += [operation["input"]["shape"], operation["output"]["shape"]]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        shape = SHAPES[name]
        waiting += [member["shape"] for member in members(shape).values()]
        waiting += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
    # Requests without a body.
    return sorted(found - {"ListTagsForResourceRequest", "UntagResourceRequest"})


def members(shape: dict) -> dict:
    """Members of a structure; headers are not part of its JSON."""
    return {
        name: member for name, member in shape.get("members", {}).items()
        if member.get("location") != "header"}


def in_body(shape: dict) -> dict:
    return {name: member for name, member in members(shape).items() if "location" not in member}


def reference(name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}"}


def anchored(pattern: str) -> str:
    """The model's patterns mean the whole text, those of JSON Schema any part of it."""
    if pattern.startswith("^"):
        return pattern
    start, end = pattern.startswith(".*"), pattern.endswith(".*")
    return ("" if start else "^") + pattern[2 if start else 0:-2 if end else None] \
        + ("" if end else "$")


def expected(name: str) -> dict:
    """What the schema of a shape must say."""
    shape, kind = SHAPES[name], SHAPES[name]["type"]
    # A lower bound of nothing says nothing.
    bounds = {key: value for key, value in shape.items()
              if key == "max" or key == "min" and (value or kind == "integer")}
    if kind == "structure":
        body = in_body(shape)
        schema = {
            "type": "object",
            "properties": {member: reference(body[member]["shape"]) for member in body}}
        required = [member for member in shape.get("required", []) if member in body]
        return schema | ({"required": sorted(required)} if required else {})
    if kind == "list":
        words = {"min": "minItems", "max": "maxItems"}
        schema = {"type": "array", "items": reference(shape["member"]["shape"])}
    elif kind == "map":
        words = {"min": "minProperties", "max": "maxProperties"}
        schema = {
            "type": "object", "propertyNames": reference(shape["key"]["shape"]),
            "additionalProperties": reference(shape["value"]["shape"])}
    elif kind in ("integer", "float"):
        words = {"min": "minimum", "max": "maximum"}
        schema = {"type": "integer" if kind == "integer" else "number"}
    else:
        words = {"min": "minLength", "max": "maxLength"}
        schema = {"type": "boolean" if kind == "boolean" else "string"}
    if "enum" in shape:
        schema["enum"] = shape["enum"]
    if "pattern" in shape:
        schema["pattern"] = anchored(shape["pattern"])
    return schema | {words[key]: value for key, value in bounds.items()}


def test_every_operation_is_there(described):
    assert set(OPERATIONS) - set(described) == set(), "missing here"
    assert set(described) - set(OPERATIONS) <= OURS, "not in the model, and not ours"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operation(described, name):
    assert name in described
    (method, path, operation), model = described[name], OPERATIONS[name]
    assert (method.upper(), path) == (model["http"]["method"], model["http"]["requestUri"])
    assert (method, path) == TAGS.get(name, ("post", f"/{name}"))
    assert operation["summary"]

    inputs = SHAPES[model["input"]["shape"]]
    if method == "post":
        content = operation["requestBody"]["content"]
        assert set(content) == {"application/json"}
        assert content["application/json"]["schema"] == reference(model["input"]["shape"])
        assert "example" in content["application/json"]
        required = set(inputs.get("required", [])) & set(in_body(inputs))
        assert operation["requestBody"]["required"] == bool(required)
    else:
        assert "requestBody" not in operation
    parameters = {p["name"]: (p["in"], p["required"], p["schema"])
                  for p in operation.get("parameters", [])}
    where = {"uri": "path", "querystring": "query"}
    assert parameters == {
        member["locationName"]: (where[member["location"]], True, reference(member["shape"]))
        for member in members(inputs).values() if "location" in member}

    answer = operation["responses"][str(model["http"].get("responseCode", 200))]
    content = answer["content"]["application/json"]
    assert content["schema"] == reference(model["output"]["shape"])
    assert "example" in content


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_errors_of(document, described, name):
    documented = {}
    for status, answer in described[name][2]["responses"].items():
        if status == "200":
            continue
        schema = answer["content"]["application/json"]["schema"]
        for one in schema.get("oneOf", [schema]):
            error = one["$ref"].rsplit("/", 1)[1]
            documented[error] = int(status)
            body = document["components"]["schemas"][error]
            assert body["properties"]["__type"]["const"] == error
            assert {"message", "exceptionMessage"} <= set(body["required"])
    declared = {
        error["shape"]: SHAPES[error["shape"]]["error"]["httpStatusCode"]
        for error in OPERATIONS[name]["errors"]}
    assert documented == COMMON_ERRORS | declared


@pytest.mark.parametrize("name", reached())
def test_shape(document, name):
    schema = dict(document["components"]["schemas"][name])
    if "required" in schema:
        schema["required"] = sorted(schema["required"])
    schema = {word: value for word, value in schema.items() if word not in ANNOTATIONS}
    differences = {word: value for (shape, word), value in DIFFERENCES.items() if shape == name}
    assert schema == expected(name) | differences
    form = document["components"]["schemas"][name].get("format")
    assert (form == "date-time") == (SHAPES[name]["type"] == "timestamp")
    assert (form == "password") == bool(SHAPES[name].get("sensitive"))


def test_differences_are_needed():
    """Once the model says the same, the entry goes."""
    for (name, word), value in DIFFERENCES.items():
        assert expected(name).get(word) != value, (name, word)


def test_examples_satisfy_the_schemas(document):
    """Every example of the document is what its schema asks for."""
    import jsonschema

    def check(schema: dict, example, where: str):
        whole = schema | {"components": document["components"]}
        errors = list(jsonschema.Draft202012Validator(whole).iter_errors(example))
        assert not errors, f"{where}: {errors[0].message}"

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for part in [operation.get("requestBody"), operation["responses"]["200"]]:
                if part:
                    content = part["content"]["application/json"]
                    check(content["schema"], content["example"], f"{method} {path}")
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", []):
            check(reference(name), example, name)


def test_patterns_compile(document):
    for schema in document["components"]["schemas"].values():
        re.compile(schema.get("pattern", ""))
