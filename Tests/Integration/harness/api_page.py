"""Writes the API page of the documentation: every operation with a command and what it printed.

Each command is run against a server, so the page cannot show what does not work. ``{names}`` stand
for resources that are made beforehand; in the page stand fixed names instead, so that it changes
only when the API does."""

import dataclasses
import json
import pathlib
import re

from botocore.session import get_session

HEAD = """# The API

Every operation, with a command of the AWS CLI and its answer.

## Overview

<!-- Written by Scripts/make-api-page, which runs each command. Change Tests/Integration/harness/api_page.py
instead. -->

The API is that of `ivs-realtime` (REST-JSON, Signature V4, service name `ivs`). Set the endpoint once and use the
AWS CLI or any SDK as always:

```
export AWS_ENDPOINT_URL=http://127.0.0.1:7700 AWS_DEFAULT_REGION=us-east-1
export AWS_ACCESS_KEY_ID=rostrum-dev AWS_SECRET_ACCESS_KEY=rostrum-dev-secret
```

An OpenAPI 3.1 document of it is at `/openapi.json`. Lists have pages: give `nextToken` of one answer to the next
request; the last page has none. Errors are JSON with `__type` and `message`, the name also stands in
`x-amzn-ErrorType`. Beyond those in the lists below, any operation may answer
`AccessDeniedException` (403, the access key does not carry the permission), `ThrottlingException` (429, with
`Retry-After`) and `InternalServerException` (500).
"""


@dataclasses.dataclass
class Entry:
    """An operation: what it is for, and an example."""

    name: str
    text: str
    """Behind ``aws ivs-realtime``; ``None`` for operations that the CLI does not know."""
    command: str | None
    """For those: the body of a signed POST."""
    body: dict | None = None


SECTIONS: list[tuple[str, list[Entry]]] = [
    ("Stages", [
        Entry("CreateStage", "Makes a stage, and tokens for it in the same go.",
              "create-stage --name show --participant-token-configurations "
              "userId=ana,capabilities=PUBLISH,SUBSCRIBE,attributes={{name=Ana}}"),
        Entry("GetStage", "`activeSessionId` is there while somebody is on the stage.",
              "get-stage --arn {stage}"),
        Entry("ListStages", "In the order of their creation.", "list-stages --max-results 1"),
        Entry("UpdateStage", "What is not given stays.",
              "update-stage --arn {stage} --name evening-show"),
        Entry("DeleteStage", "Everybody on it is disconnected, and tokens for it are dead.",
              "delete-stage --arn {disposable}"),
    ]),
    ("Participants and tokens", [
        Entry("CreateParticipantToken",
              "Mints a token. Nothing is stored: a token is its own record.",
              "create-participant-token --stage-arn {stage} --user-id bob "
              "--capabilities SUBSCRIBE --duration 60"),
        Entry("DisconnectParticipant", "Ends what the participant has, and its token is dead.",
              "disconnect-participant --stage-arn {stage} --participant-id {leaver} "
              "--reason 'House rules'"),
        Entry("GetParticipant", "As it was in one session of the stage.",
              "get-participant --stage-arn {stage} --session-id {session} "
              "--participant-id {host}"),
        Entry("ListParticipants",
              "Of one session, in the order of joining; one filter at most.",
              "list-participants --stage-arn {stage} --session-id {session} "
              "--filter-by-published"),
        Entry("ListParticipantEvents", "What happened to a participant, newest first.",
              "list-participant-events --stage-arn {stage} --session-id {session} "
              "--participant-id {host} --max-results 2"),
        Entry("MuteParticipant",
              "**Ours.** Stops forwarding a publisher's sound, picture or both, until it is called "
              "again with `false`. The token stays good.", None,
              {"stageArn": "{stage}", "participantId": "{host}", "audio": True}),
        Entry("UnpublishParticipant",
              "**Ours.** Ends a participant's publication. The token stays good: it may publish "
              "again.", None, {"stageArn": "{stage}", "participantId": "{second}"}),
    ]),
    ("Sessions", [
        Entry("GetStageSession", "From the first arrival until some time after the last leaving.",
              "get-stage-session --stage-arn {stage} --session-id {session}"),
        Entry("ListStageSessions", "Newest first: the first of the list is the one that goes on.",
              "list-stage-sessions --stage-arn {stage} --max-results 1"),
    ]),
    ("Replication", [
        Entry("StartParticipantReplication",
              "Shows a publisher of one stage on another one too, under the same id.",
              "start-participant-replication --source-stage-arn {stage} "
              "--destination-stage-arn {other} --participant-id {host} "
              "--attributes seat=guest"),
        Entry("ListParticipantReplicas", "Where a participant is, or was, replicated to.",
              "list-participant-replicas --source-stage-arn {stage} --participant-id {host}"),
        Entry("StopParticipantReplication", "Ends it.",
              "stop-participant-replication --source-stage-arn {stage} "
              "--destination-stage-arn {other} --participant-id {host}"),
    ]),
    ("Public keys", [
        Entry("ImportPublicKey",
              "The public half of a P-384 key pair: tokens that its private half signs are good "
              "from now on.", "import-public-key --name backend --public-key-material file://key.pem"),
        Entry("GetPublicKey", "", "get-public-key --arn {key}"),
        Entry("ListPublicKeys", "", "list-public-keys --max-results 1"),
        Entry("DeletePublicKey", "Who is connected stays; new connections are refused.",
              "delete-public-key --arn {key}"),
        Entry("RevokeConnectionToken", "Makes a connection token useless.", None,
              {"tokenId": "abcABC123"}),
    ]),
    ("Ingest configurations", [
        Entry("CreateIngestConfiguration", "A stream key for an encoder, and who it will be.",
              "create-ingest-configuration --name studio --ingest-protocol RTMPS "
              "--stage-arn {stage} --user-id studio"),
        Entry("GetIngestConfiguration", "", "get-ingest-configuration --arn {ingest}"),
        Entry("ListIngestConfigurations", "", "list-ingest-configurations --max-results 1"),
        Entry("UpdateIngestConfiguration", "Attaches it to another stage; `\"\"` to none.",
              "update-ingest-configuration --arn {ingest} --stage-arn {other}"),
        Entry("DeleteIngestConfiguration", "", "delete-ingest-configuration --arn {ingest}"),
    ]),
    ("Compositions", [
        Entry("CreateEncoderConfiguration", "How a composition is encoded.",
              "create-encoder-configuration --name hd "
              "--video width=1280,height=720,framerate=30,bitrate=2500000"),
        Entry("GetEncoderConfiguration", "", "get-encoder-configuration --arn {encoder}"),
        Entry("ListEncoderConfigurations", "", "list-encoder-configurations --max-results 1"),
        Entry("CreateStorageConfiguration", "Where recordings go.",
              "create-storage-configuration --name archive --s3 bucketName=shows"),
        Entry("GetStorageConfiguration", "", "get-storage-configuration --arn {storage}"),
        Entry("ListStorageConfigurations", "", "list-storage-configurations --max-results 1"),
        Entry("StartComposition",
              "This version has no compositor yet: the composition moves to `FAILED`, with a reason "
              "that says so.",
              "start-composition --stage-arn {stage} --destinations "
              "'[{{\"channel\": {{\"channelArn\": \"{channel}\", "
              "\"encoderConfigurationArn\": \"{encoder}\"}}}}]'"),
        Entry("GetComposition", "Readable for 5 minutes after its end.",
              "get-composition --arn {composition}"),
        Entry("ListCompositions", "", "list-compositions --max-results 1"),
        Entry("StopComposition", "", "stop-composition --arn {composition}"),
        Entry("DeleteEncoderConfiguration", "Refused while a composition uses it.",
              "delete-encoder-configuration --arn {spare_encoder}"),
        Entry("DeleteStorageConfiguration", "Refused while a composition or a stage uses it.",
              "delete-storage-configuration --arn {spare_storage}"),
    ]),
    ("Tags", [
        Entry("TagResource", "", "tag-resource --resource-arn {stage} --tags season=1"),
        Entry("ListTagsForResource", "", "list-tags-for-resource --resource-arn {stage}"),
        Entry("UntagResource", "",
              "untag-resource --resource-arn {stage} --tag-keys season"),
    ]),
]


def entries() -> list[Entry]:
    return [entry for _, section in SECTIONS for entry in section]


class Masks:
    """Replaces what differs from run to run by names that do not."""

    def __init__(self, http: str):
        self.known = {http: "http://127.0.0.1:7700", http.replace("http", "ws"): "ws://127.0.0.1:7700"}

    def name(self, value: str, shown: str):
        self.known[value] = shown

    def apply(self, text: str) -> str:
        for value in sorted(self.known, key=len, reverse=True):
            text = text.replace(value, self.known[value])
        text = re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "eyJhbGciOiJFUzM4NCIs…", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)",
                      "2026-01-01T12:00:00+00:00", text)
        text = re.sub(r"(rt_\d{12}_[a-z0-9-]+_)\w+", r"\1…", text)
        text = re.sub(r"\bst-[0-9A-Za-z]{13}\b", "st-abcdABCD12345", text)
        text = re.sub(r"\b(?:[0-9A-Za-z]{12}/){3}composite\b",
                      "/".join(["abcdABCD1234"] * 3) + "/composite", text)
        text = re.sub(r'"nextToken": "[^"]+"', '"nextToken": "…"', text)
        text = re.sub(r'("fingerprint": ")[^"]+', r"\g<1>0a:1b:…", text)
        text = re.sub(r"(-----BEGIN PUBLIC KEY-----\\n)[^-]+", r"\1…\\n", text)
        text = re.sub(r"(us-east-1:123456789012:)([a-z-]+)/(?!(?:[a-z]+-)?example)[0-9A-Za-z]{12}\b",
                      r"\1\2/abcdABCD1234", text)
        text = re.sub(r'("(?:id|participantId|remoteParticipantId)": ")[0-9A-Za-z]{12}"',
                      r'\1abcdABCD1234"', text)
        return text


def page(run, call, names: dict[str, str], http: str) -> str:
    """The text of the page.

    ``run(command)`` gives what the CLI printed; ``call(operation, body)`` the answer of a signed POST."""
    model = get_session().get_service_model("ivs-realtime")
    masks = Masks(http)
    for participant in ("host", "second", "leaver"):
        masks.name(names[participant], "abcdABCD1234")
    parts = [HEAD]
    for title, section in SECTIONS:
        parts.append(f"## {title}\n")
        for entry in section:
            parts.append(_entry(entry, run, call, names, masks, model))
    return "\n".join(parts)


def _entry(entry: Entry, run, call, names, masks: Masks, model) -> str:
    lines = [f"### {entry.name}\n"]
    if entry.text:
        lines.append(entry.text + "\n")
    if entry.command is not None:
        command = entry.command.format(**names)
        answer, shown = run(command), f"aws ivs-realtime {command}"
    else:
        body = json.loads(_filled(json.dumps(entry.body), names))
        answer = json.dumps(call(entry.name, body), indent=4)
        shown = f"POST /{entry.name}\n{json.dumps(body)}"
    lines.append(f"```\n{masks.apply(shown)}\n```\n")
    if answer.strip() not in ("", "{}"):
        lines.append(f"```json\n{masks.apply(answer.strip())}\n```\n")
    else:
        lines.append("Answers nothing but success.\n")
    if entry.name in model.operation_names:
        errors = model.operation_model(entry.name).error_shapes
        lines.append("Errors: " + ", ".join(
            f"`{shape.name}` ({shape.metadata['error']['httpStatusCode']})" for shape in errors)
            + ".\n")
    return "\n".join(lines)


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def path() -> pathlib.Path:
    return (pathlib.Path(__file__).resolve().parents[3]
            / "Sources/StageServer/StageServer.docc/API.md")
