"""The API as the real AWS CLI and boto3 see it."""

import datetime
import json
import os
import pathlib
import shlex
import subprocess
import sys
import threading
import time

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from harness import http
from harness.sdp import Offer
from harness.server import ACCOUNT, DEV_KEY, REGION, Server, environment
from harness.stage import Stage, Token, client

AWS = pathlib.Path(sys.executable).parent / "aws"
ARN = f"arn:aws:ivs:{REGION}:{ACCOUNT}:stage/"


def aws(server, command: str, key: tuple[str, str] = DEV_KEY) -> subprocess.CompletedProcess[str]:
    """Runs ``aws ivs-realtime COMMAND`` with the endpoint set, as the documentation says."""
    configuration = {
        "AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1],
        "AWS_DEFAULT_REGION": REGION, "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.run(
        [str(AWS), "ivs-realtime", *shlex.split(command), "--endpoint-url", server.http,
         "--output", "json"],
        capture_output=True, text=True, timeout=60, env=environment() | configuration)


def answer(server, command: str) -> dict:
    result = aws(server, command)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout) if result.stdout.strip() else {}


class TestAnnouncement:
    """The three commands of the announcement of IVS real-time."""

    def test_create_stage(self, server):
        stage = answer(server, "create-stage --name demo-realtime")["stage"]
        assert stage["arn"].startswith(ARN)
        assert len(stage["arn"].removeprefix(ARN)) == 12
        assert stage["name"] == "demo-realtime"
        assert stage["endpoints"]["whip"] == f"{server.http}/whip"
        assert stage["endpoints"]["events"].startswith("ws://")

    def test_create_stage_with_a_token(self, server):
        created = answer(
            server,
            "create-stage --name demo-realtime --participant-token-configurations "
            "userId=test-1,capabilities=PUBLISH,SUBSCRIBE,attributes={demo-attribute=test-1}")
        (token,) = created["participantTokens"]
        assert token["userId"] == "test-1"
        assert sorted(token["capabilities"]) == ["PUBLISH", "SUBSCRIBE"]
        assert token["attributes"] == {"demo-attribute": "test-1"}
        claims = Token(token["token"]).claims
        assert claims["jti"] == token["participantId"]
        assert claims["resource"] == created["stage"]["arn"]
        assert claims["attributes"] == {"demo-attribute": "test-1"}

    def test_create_participant_token(self, server, stage):
        token = answer(
            server,
            f"create-participant-token --capabilities PUBLISH --stage-arn {stage.arn} "
            "--user-id test-2")["participantToken"]
        assert token["userId"] == "test-2"
        assert token["capabilities"] == ["PUBLISH"]
        expires = datetime.datetime.fromisoformat(token["expirationTime"].replace("Z", "+00:00"))
        left = expires - datetime.datetime.now(datetime.timezone.utc)
        assert abs(left - datetime.timedelta(minutes=720)) < datetime.timedelta(minutes=1)

    def test_errors_are_printed_in_words(self, server):
        result = aws(server, f"get-stage --arn {ARN}AAAAAAAAAAAA")
        assert result.returncode != 0
        assert "(ResourceNotFoundException) when calling the GetStage operation: " in result.stderr
        assert result.stderr.strip()[-1] != ":", "the message is not empty"


class TestStages:
    def test_live_and_die(self, api):
        created = api.create_stage(name="first", tags={"team": "red"})["stage"]
        assert created["tags"] == {"team": "red"}
        got = api.get_stage(arn=created["arn"])["stage"]
        assert got["name"] == "first" and got["endpoints"] == created["endpoints"]
        updated = api.update_stage(arn=created["arn"], name="second")["stage"]
        assert updated["name"] == "second"
        assert api.get_stage(arn=created["arn"])["stage"]["name"] == "second"
        assert api.delete_stage(arn=created["arn"])["ResponseMetadata"]["HTTPStatusCode"] == 200
        with pytest.raises(api.exceptions.ResourceNotFoundException):
            api.get_stage(arn=created["arn"])
        with pytest.raises(api.exceptions.ResourceNotFoundException):
            api.delete_stage(arn=created["arn"])

    def test_recording_configuration_has_the_defaults_of_the_model(self, api):
        stage = api.create_stage()["stage"]
        recording = stage["autoParticipantRecordingConfiguration"]
        assert recording["storageConfigurationArn"] == ""
        assert recording["mediaTypes"] == ["AUDIO_VIDEO"]

    def test_are_listed_in_pages(self, api):
        made = [api.create_stage(name=f"page-{i}")["stage"]["arn"] for i in range(7)]
        seen, token, pages = [], None, 0
        while True:
            page = api.list_stages(maxResults=3, **({"nextToken": token} if token else {}))
            assert len(page["stages"]) <= 3
            seen += [stage["arn"] for stage in page["stages"]]
            pages += 1
            token = page.get("nextToken")
            if not token:
                break
        assert "nextToken" not in page, "left out on the last page"
        assert len(seen) == len(set(seen)) and set(made) <= set(seen)
        assert pages == -(-len(seen) // 3)

    def test_a_made_up_page_token_is_refused(self, api):
        with pytest.raises(api.exceptions.ValidationException):
            api.list_stages(nextToken="AAAA")

    def test_tags(self, server, api):
        arn = api.create_stage(name="tagged")["stage"]["arn"]
        api.tag_resource(resourceArn=arn, tags={"a": "1", "b c": "zwei", "ü/:": "é"})
        assert api.list_tags_for_resource(resourceArn=arn)["tags"] == \
            {"a": "1", "b c": "zwei", "ü/:": "é"}
        api.untag_resource(resourceArn=arn, tagKeys=["a", "b c"])
        assert api.get_stage(arn=arn)["stage"]["tags"] == {"ü/:": "é"}
        assert answer(server, f"list-tags-for-resource --resource-arn {arn}")["tags"] == \
            {"ü/:": "é"}
        with pytest.raises(api.exceptions.ResourceNotFoundException):
            api.list_tags_for_resource(resourceArn=ARN + "AAAAAAAAAAAA")


class TestValidation:
    """The SDKs check hardly anything: the server does."""

    @pytest.mark.parametrize("call", [
        pytest.param(lambda api, arn: api.create_stage(name="with space"), id="name"),
        pytest.param(lambda api, arn: api.create_stage(name="x" * 129), id="name too long"),
        pytest.param(lambda api, arn: api.create_stage(tags={"aws:x": "y"}), id="aws: tag"),
        pytest.param(
            lambda api, arn: api.create_stage(tags={f"k{i}": "" for i in range(51)}), id="51 tags"),
        pytest.param(
            lambda api, arn: api.create_stage(participantTokenConfigurations=[{}] * 13),
            id="13 token configurations"),
        pytest.param(
            lambda api, arn: api.create_participant_token(stageArn=arn, duration=20161),
            id="duration"),
        pytest.param(
            lambda api, arn: api.create_participant_token(stageArn=arn, capabilities=["FLY"]),
            id="capability"),
        pytest.param(
            lambda api, arn: api.create_participant_token(stageArn=arn, userId="x" * 129),
            id="userId"),
        pytest.param(
            lambda api, arn: api.create_participant_token(
                stageArn=arn, attributes={"a": "x" * 1024}),
            id="attributes over 1 KB"),
        pytest.param(lambda api, arn: api.list_stages(maxResults=101), id="maxResults"),
        pytest.param(lambda api, arn: api.get_stage(arn="arn:aws:s3:::x"), id="ARN"),
        pytest.param(
            lambda api, arn: api.disconnect_participant(stageArn=arn, participantId="not valid!"),
            id="participantId"),
    ])
    def test_refuses(self, api, stage, call):
        with pytest.raises(api.exceptions.ValidationException) as refusal:
            call(api, stage.arn)
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert refusal.value.response["Error"]["Message"]

    def test_unknown_stage_is_404(self, api):
        for call in (
            lambda: api.get_stage(arn=ARN + "AAAAAAAAAAAA"),
            lambda: api.update_stage(arn=ARN + "AAAAAAAAAAAA", name="x"),
            lambda: api.create_participant_token(stageArn=ARN + "AAAAAAAAAAAA"),
            lambda: api.disconnect_participant(
                stageArn=ARN + "AAAAAAAAAAAA", participantId="AAAAAAAAAAAA"),
        ):
            with pytest.raises(api.exceptions.ResourceNotFoundException) as refusal:
                call()
            assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def signed(
    server, body: str = "{}", path: str = "/ListStages", key=DEV_KEY, service: str = "ivs",
    when: datetime.timedelta = datetime.timedelta(), **changes: str,
) -> http.Response:
    """A request that is signed by botocore, and then changed."""
    sign = botocore.auth.SigV4Auth(Credentials(*key), service, REGION)
    request = AWSRequest("POST", server.http + path, data=body, headers={
        "Content-Type": "application/json"})
    real = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *a, **k: real(*a, **k) + when
    try:
        sign.add_auth(request)
    finally:
        botocore.auth.get_current_datetime = real
    headers = dict(request.headers.items()) | {
        name.replace("_", "-"): value for name, value in changes.items() if name != "sent_body"}
    return http.request("POST", server.http + path, changes.get("sent_body", body), **headers)


class TestSignature:
    def refusal(self, answer: http.Response, expected: str):
        assert answer.status == 403, answer.body
        error = answer.header("x-amzn-ErrorType").split(":")[0] or answer.error["__type"]
        assert error == expected
        assert answer.error["message"], "the CLI prints only this member"

    def test_good_ones_pass(self, server):
        assert signed(server).status == 200
        assert signed(server, service="ivsrealtime").status == 200

    def test_unknown_key(self, server):
        with pytest.raises(ClientError) as refusal:
            client(server.http, ("AKIDNOBODY", "secret")).list_stages()
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert refusal.value.response["Error"]["Code"] == "UnrecognizedClientException"

    def test_wrong_secret(self, server):
        with pytest.raises(ClientError) as refusal:
            client(server.http, (DEV_KEY[0], "wrong")).list_stages()
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert refusal.value.response["Error"]["Code"] == "InvalidSignatureException"
        result = aws(server, "list-stages", key=(DEV_KEY[0], "wrong"))
        assert result.returncode != 0 and "InvalidSignatureException" in result.stderr

    def test_changed_body(self, server):
        self.refusal(signed(server, sent_body='{"maxResults": 1}'), "InvalidSignatureException")

    def test_no_signature(self, server):
        answer = http.request("POST", server.http + "/ListStages", "{}")
        self.refusal(answer, "MissingAuthenticationTokenException")

    @pytest.mark.parametrize("minutes", [-16, 16])
    def test_skewed_clock(self, server, minutes):
        answer = signed(server, when=datetime.timedelta(minutes=minutes))
        assert answer.status == 403, answer.body
        assert "Signature" in answer.error["message"] or "time" in answer.error["message"].lower()

    @pytest.mark.parametrize("minutes", [-14, 14])
    def test_slightly_skewed_clock_is_forgiven(self, server, minutes):
        assert signed(server, when=datetime.timedelta(minutes=minutes)).status == 200

    @pytest.mark.parametrize("authorization", [
        "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=y, Signature=z",
        "Bearer abc", "AWS4-HMAC-SHA256 " + "x" * 4000,
    ])
    def test_broken_header(self, server, authorization):
        answer = signed(server, Authorization=authorization)
        assert answer.status in (400, 403), answer.body
        assert answer.error["message"]

    def test_another_service_or_region_is_refused(self, server):
        assert signed(server, service="s3").status == 403


class TestHTTPForm:
    def test_errors_carry_type_and_both_messages(self, server):
        answer = signed(server, json.dumps({"arn": ARN + "AAAAAAAAAAAA"}), "/GetStage")
        assert answer.status == 404
        assert answer.header("x-amzn-ErrorType").split(":")[0] == "ResourceNotFoundException"
        assert answer.header("x-amzn-RequestId")
        assert answer.error["message"] == answer.error["exceptionMessage"] != ""

    @pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"name": 5}', "[" * 5000])
    def test_bodies_that_are_no_input_are_400(self, server, body):
        answer = signed(server, body, "/CreateStage")
        # An empty body is an empty input for operations without a required member.
        assert answer.status == 400 or (body == "" and answer.status == 200), answer.body

    def test_unknown_members_are_ignored(self, server):
        assert signed(server, '{"unheardOf": [1, {}]}').status == 200

    def test_unknown_operation_is_refused(self, server):
        assert 400 <= signed(server, path="/MakeCoffee").status < 500


class TestPersistence:
    """What was answered with 200 is there after a power cut."""

    def test_kill_during_writes_loses_nothing(self, tmp_path):
        acknowledged: dict[str, str] = {}
        deleted: set[str] = set()
        for round in range(4):
            server = Server("--data", str(tmp_path), name="persistence").wait_ready()
            try:
                self.check(server, acknowledged, deleted)
                writers = [
                    threading.Thread(target=self.write, args=(server, n, acknowledged, deleted))
                    for n in range(3)]
                for writer in writers:
                    writer.start()
                time.sleep(1 + round * 0.37)
                server.kill()
                for writer in writers:
                    writer.join(15)
            finally:
                server.kill()
        server = Server("--data", str(tmp_path), name="persistence").wait_ready()
        try:
            self.check(server, acknowledged, deleted)
            assert len(acknowledged) > 30, "the loop did write"
        finally:
            server.close()

    def write(self, server, number: int, acknowledged: dict[str, str], deleted: set[str]):
        """Creates, renames and deletes until the server is gone."""
        api, count = client(server.http), 0
        try:
            while True:
                arn = api.create_stage(name=f"w{number}-{count}")["stage"]["arn"]
                acknowledged[arn] = f"w{number}-{count}"
                if count % 3 == 1:
                    # Not known until answered: forget the name while the request is under way.
                    acknowledged[arn] = ""
                    api.update_stage(arn=arn, name="renamed")
                    acknowledged[arn] = "renamed"
                elif count % 3 == 2:
                    del acknowledged[arn]
                    api.delete_stage(arn=arn)
                    deleted.add(arn)
                count += 1
        except Exception:  # The server was killed: whatever the client says about it.
            return

    def check(self, server, acknowledged: dict[str, str], deleted: set[str]):
        api, found, token = client(server.http), {}, None
        while True:
            page = api.list_stages(maxResults=100, **({"nextToken": token} if token else {}))
            found |= {stage["arn"]: stage["name"] for stage in page["stages"]}
            token = page.get("nextToken")
            if not token:
                break
        lost = acknowledged.keys() - found.keys()
        assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged stages are gone"
        wrong = {a: found[a] for a, name in acknowledged.items() if name and found[a] != name}
        assert not wrong, wrong
        assert not deleted & found.keys(), "a deleted stage came back"

    def test_tokens_outlive_a_restart(self, tmp_path):
        server = Server("--data", str(tmp_path), name="restart").wait_ready()
        stage = Stage(server)
        token, dead = stage.viewer(), stage.viewer()
        stage.disconnect(dead)
        server.kill()
        port = server.http.rsplit(":", 1)[1]
        server = Server("--data", str(tmp_path), "--port", port, name="restart").wait_ready()
        try:
            offer = str(Offer(direction="recvonly"))
            assert http.offer(token.subscribe_url(), offer, token).status == 201
            assert http.offer(dead.subscribe_url(), offer, dead).refusal[:2] == (403, 10)
        finally:
            server.close()
