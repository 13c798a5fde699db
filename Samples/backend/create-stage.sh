#!/bin/sh
# Creates a stage with a token for a host and one for a viewer, with the AWS CLI, and prints the links to
# open. Credentials come from where the AWS CLI finds them: the environment, a profile, …
set -eu

usage() { printf 'Usage: create-stage.sh [--endpoint-url URL] [--region NAME] [--name NAME]\n'; }

endpoint=http://127.0.0.1:7700 region=us-east-1 name=demo
while [ $# -gt 0 ]; do
    case $1 in
        --help) usage; exit 0 ;;
        --endpoint-url | --region | --name) [ $# -ge 2 ] || { usage >&2; exit 2; } ;;
        *) usage >&2; exit 2 ;;
    esac
    case $1 in
        --endpoint-url) endpoint=${2%/} ;;
        --region) region=$2 ;;
        --name) name=$2 ;;
    esac
    shift 2
done

ivs() { aws ivs-realtime "$@" --endpoint-url "$endpoint" --region "$region" --output text; }

# --query and --output text print the values alone: no other tool is needed to read them.
stage=$(ivs create-stage --name "$name" --query stage.arn)
host=$(ivs create-participant-token --stage-arn "$stage" --user-id host \
    --capabilities PUBLISH SUBSCRIBE --query participantToken.token)
viewer=$(ivs create-participant-token --stage-arn "$stage" --user-id viewer \
    --capabilities SUBSCRIBE --query participantToken.token)

printf 'stage   %s\n' "$stage"
# Behind the # a token reaches no server and no log.
printf 'host    %s/samples/host.html#token=%s\n' "$endpoint" "$host"
printf 'viewer  %s/samples/viewer.html#token=%s\n' "$endpoint" "$viewer"
