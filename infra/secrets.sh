#!/usr/bin/env bash
# Makes what a cluster's parts know each other by, in infra/secrets, for its owner alone. What is there is kept.
#   ray-token   the token that Ray asks for: the head, the workers and whoever submits have the same
#   ray.env     the same as variables, for Compose; made from ray-token each time
#   s3.env      the store's keys: fill it in, or leave it where the machines have a role
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")/secrets"

token() {
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

variables() {
  printf 'RAY_AUTH_MODE=token\nRAY_AUTH_TOKEN=%s\n' "$(<ray-token)"
}

keys() {
  cat <<'ENV'
# AWS_ACCESS_KEY_ID=
# AWS_SECRET_ACCESS_KEY=
# AWS_DEFAULT_REGION=eu-west-2
# AWS_ENDPOINT_URL=https://store.example
ENV
}

# Whole or not at all.
#   usage: write NAME CONTENT
write() {
  "$2" >"$1.new"
  mv "$1.new" "$1"
}

[[ -e ray-token ]] || write ray-token token
[[ -e s3.env ]] || write s3.env keys
write ray.env variables
echo "secrets: in $PWD; for Ray, here and on every node:" >&2
printf 'export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=%q\n' "$PWD/ray-token"
