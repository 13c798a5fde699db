#!/usr/bin/env python3
"""Creates a stage with a token for a host and one for a viewer, and prints the links to open.

It is what a backend does, on the command line. Credentials come from where every AWS SDK finds them: the
environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), a profile, …
"""

import argparse
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint-url", default="http://127.0.0.1:7700")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--name", default="demo", help="of the stage: letters, digits, - and _")
    parser.add_argument("--host", default="host", help="user id of the host")
    parser.add_argument("--viewer", default="viewer", help="user id of the viewer")
    parser.add_argument("--minutes", type=int, default=720, help="how long the tokens last")
    return parser.parse_args()


def create_stage(given: argparse.Namespace) -> tuple[str, dict[str, str]]:
    """The stage's ARN, and the token of each user id."""
    api = boto3.client(
        "ivs-realtime", endpoint_url=given.endpoint_url, region_name=given.region)
    answer = api.create_stage(
        name=given.name,
        participantTokenConfigurations=[
            {"userId": given.host, "duration": given.minutes,
             "capabilities": ["PUBLISH", "SUBSCRIBE"], "attributes": {"role": "host"}},
            {"userId": given.viewer, "duration": given.minutes, "capabilities": ["SUBSCRIBE"]},
        ])
    tokens = {token["userId"]: token["token"] for token in answer["participantTokens"]}
    return answer["stage"]["arn"], tokens


def main() -> int:
    given = arguments()
    try:
        arn, tokens = create_stage(given)
    except (BotoCoreError, ClientError) as error:
        print(f"create_stage: {error}", file=sys.stderr)
        return 1
    pages = f"{given.endpoint_url.rstrip('/')}/samples"
    print(f"stage   {arn}")
    # Behind the # a token reaches no server and no log.
    print(f"host    {pages}/host.html#token={tokens[given.host]}")
    print(f"viewer  {pages}/viewer.html#token={tokens[given.viewer]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
