"""The examples that the AWS CLI ships with its documentation: a command, and what it prints."""

import dataclasses
import json
import pathlib
import re

import awscli

FOLDER = pathlib.Path(awscli.__file__).parent / "examples" / "ivs-realtime"
COMMAND = re.compile(r"^    aws ivs-realtime", re.MULTILINE)
# The documentation is typed by hand. What is put right, and in which file.
TYPOS = {
    "update-stage": [('"targetIntervalSeconds": 60}} \\\n            "hls',
                      '"targetIntervalSeconds": 60}, \\\n            "hls'),
                     ('"recordParticipantReplicas":false} \\\n            "hls',
                      '"recordParticipantReplicas":false, \\\n            "hls')],
    "create-stage": [('"targetIntervalSeconds": 60}} \\\n            "hls',
                      '"targetIntervalSeconds": 60}, \\\n            "hls')],
    "list-ingest-configurations": [("participnatId", "participantId")],
    # The enumeration is in capitals, and no SDK changes case.
    "create-ingest-configuration": [("--ingest-protocol rtmps", "--ingest-protocol RTMPS")],
}


@dataclasses.dataclass
class Example:
    name: str
    """The operation as the CLI writes it: ``create-stage``."""
    operation: str
    """The command line, for a shell."""
    command: str
    """What it prints; ``None`` when that is nothing."""
    output: dict | None

    def __str__(self) -> str:
        return self.name


def examples() -> list[Example]:
    found = []
    for file in sorted(FOLDER.glob("*.rst")):
        text = file.read_text()
        for wrong, right in TYPOS.get(file.stem, []):
            text = text.replace(wrong, right)
        starts = [match.start() for match in COMMAND.finditer(text)]
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)]), 1):
            found.append(_example(f"{file.stem}-{number}", file.stem, text[start:end]))
    return found


def _example(name: str, operation: str, text: str) -> Example:
    command, _, rest = text.partition("\n\n")
    # Some lines end in a backslash and a space.
    command = re.sub(r"\\[ \t]*\n\s*", " ", command).strip()
    output = rest.partition("Output::")[2]
    block = "\n".join(
        line for line in output.splitlines() if line.startswith("    ") or not line.strip())
    if not block.strip():
        return Example(name, operation, command, None)
    return Example(name, operation, command, json.loads(_mended(block)))


def _mended(text: str) -> str:
    """JSON without the slips of whoever typed it: a string broken over lines, a comma that is missing
    between members, one too many before a bracket."""
    text = re.sub(r"\s*\\\n\s*", "", text)
    text = re.sub(r'(["\d}\]]|true|false)(\s*\n\s*")', r"\1,\2", text)
    return re.sub(r",(\s*[}\]])", r"\1", text)


def paths(value, prefix: str = "") -> set[str]:
    """The members of an answer, whatever they hold: ``stage.endpoints.whip``, ``stages[].arn``."""
    if isinstance(value, dict):
        found = set()
        for key, item in value.items():
            found |= {f"{prefix}{key}"} | paths(item, f"{prefix}{key}.")
        return found
    if isinstance(value, list):
        return {path for item in value for path in paths(item, f"{prefix.rstrip('.')}[].")}
    return set()
