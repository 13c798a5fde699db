"""Holds every answer against botocore's service model: what boto3 itself takes on trust."""

import datetime
import re

from botocore.model import ListShape, MapShape, Shape, StructureShape

# Patterns of the model that real values of the service itself do not match (and what does).
LOOSE = {
    # Prefixes have slashes.
    "ParticipantRecordingS3Prefix": r"[a-zA-Z0-9/-]*",
    # A token's `jti` may have an underscore.
    "ParticipantId": r"[a-zA-Z0-9-_]*",
}
# Enumerations that the service answers with an empty string when nothing was given.
MAY_BE_EMPTY = {"VideoFillMode"}


def violations(value, shape: Shape, path: str = "") -> list[str]:
    """What of an answer is not as its shape says; empty when all is."""
    if isinstance(shape, StructureShape):
        return _structure(value, shape, path)
    if isinstance(shape, ListShape):
        found = _bounds(len(value), shape, path)
        for index, item in enumerate(value):
            found += violations(item, shape.member, f"{path}[{index}]")
        return found
    if isinstance(shape, MapShape):
        found = []
        for key, item in value.items():
            found += violations(key, shape.key, f"{path} key {key!r}")
            found += violations(item, shape.value, f"{path}.{key}")
        return found
    return _scalar(value, shape, path)


def _structure(value, shape: StructureShape, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no structure {shape.name}"]
    found = [f"{path}.{name} is missing" for name in shape.required_members if name not in value]
    for name, item in value.items():
        if name in shape.members and item is not None:
            found += violations(item, shape.members[name], f"{path}.{name}")
    return found


def _bounds(size, shape: Shape, path: str) -> list[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        return [f"{path}: {size} is not within {least}..{most} of {shape.name}"]
    return []


def _scalar(value, shape: Shape, path: str) -> list[str]:
    types = {
        "string": str, "integer": int, "long": int, "float": (int, float), "double": (int, float),
        "boolean": bool, "timestamp": datetime.datetime,
    }
    if not isinstance(value, types[shape.type_name]):
        return [f"{path}: {value!r} is no {shape.type_name}"]
    if shape.type_name in ("integer", "long", "float", "double"):
        return _bounds(value, shape, path)
    if shape.type_name != "string":
        return []
    found = _bounds(len(value), shape, path)
    choices = shape.metadata.get("enum")
    if choices and value not in choices and not (value == "" and shape.name in MAY_BE_EMPTY):
        found.append(f"{path}: {value!r} is none of {choices}")
    pattern = LOOSE.get(shape.name, shape.metadata.get("pattern"))
    if pattern and not re.fullmatch(pattern, value):
        found.append(f"{path}: {value!r} does not match {pattern} of {shape.name}")
    return found


def unknown_members(body, shape: Shape, path: str = "") -> list[str]:
    """Members of a raw JSON answer that the model does not have."""
    if isinstance(shape, StructureShape) and isinstance(body, dict):
        # A header may be a member too; it does not stand in the body.
        names = {member.serialization.get("name", name): member
                 for name, member in shape.members.items()}
        found = [f"{path}.{name} is not in {shape.name}" for name in body if name not in names]
        for name in body.keys() & names.keys():
            found += unknown_members(body[name], names[name], f"{path}.{name}")
        return found
    if isinstance(shape, ListShape) and isinstance(body, list):
        return [line for item in body for line in unknown_members(item, shape.member, f"{path}[]")]
    return []


def watch(api):
    """Makes a boto3 client raise when an answer is not as the model says.

    Each error must be one that the operation declares, or one of the gateway's."""
    model = api.meta.service_model

    def check(http_response, parsed, model: object, **_):
        operation = model
        if http_response.status_code < 300:
            if operation.output_shape is not None:
                body = {k: v for k, v in parsed.items() if k != "ResponseMetadata"}
                found = violations(body, operation.output_shape, operation.name)
                assert not found, "\n".join(found)
            return
        code = parsed.get("Error", {}).get("Code")
        declared = {shape.name: shape.metadata["error"]["httpStatusCode"]
                    for shape in operation.error_shapes}
        assert code in declared or code in GATEWAY_ERRORS, f"{operation.name} answers {code}"
        if code in declared:
            assert http_response.status_code == declared[code], (code, http_response.status_code)
        assert parsed["Error"].get("Message"), f"{code} of {operation.name} says nothing"

    api.meta.events.register(f"after-call.{model.service_id.hyphenize()}", check)
    return api


# What stands in front of every operation answers these, declared or not.
GATEWAY_ERRORS = {
    "MissingAuthenticationTokenException", "IncompleteSignatureException",
    "InvalidSignatureException", "UnrecognizedClientException", "SerializationException",
    "UnknownOperationException", "RequestEntityTooLargeException", "AccessDeniedException",
    "ThrottlingException",
}
