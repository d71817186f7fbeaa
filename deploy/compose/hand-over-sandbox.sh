#!/bin/sh
# For compose.yaml with the profile `sandbox`: hands the settings of the sandbox over to the API and the worker, keys included,
# and with the URL by which they reach it. Not where .env has a merchant's.
#
#   hand-over-sandbox.sh SANDBOX_ENV URL WECHAT_ENV
set -eu
if [ -n "${WECHAT_APP_ID:-}" ]; then
  echo 'The sandbox runs, and is not used: .env sets WECHAT_APP_ID'
  exit 0
fi
# shellcheck disable=SC1090
. "$1"
sed -n 's/^export \(WECHAT_[A-Z0-9_]*\)=.*/\1/p' "$1" | while read -r name; do
  value=$(printenv "$name")
  case $name in *_API_URL) value=$2 ;; esac
  case $value in /*) value=$(cat "$value") ;; esac
  printf "%s='%s'\n" "$name" "$value"
done >"$3"
