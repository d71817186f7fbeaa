#!/bin/sh
# Adds packages that only some deployments need to an installation for production, all of them at once, in the versions that
# package.json names and the lock file pins. A scope stands for all of its packages. To be run in the folder of package.json.
#
#   deploy/add-optional.sh @platformatic/kafka @pg-boss/dashboard @opentelemetry
set -eu
: "${1:?Name a package}"
packages=$(node -p '
  const { peerDependencies } = JSON.parse(fs.readFileSync("package.json"))
  process.argv.slice(1).flatMap((name) => {
    const named = Object.keys(peerDependencies).filter((peer) => peer === name || peer.startsWith(`${name}/`))
    if (named.length === 0) throw `${name} is none of ${Object.keys(peerDependencies).join(", ")}`
    return named.map((peer) => `${peer}@${peerDependencies[peer]}`)
  }).join(" ")' "$@")
# As a package of production: as one of development, which it is here too, npm would leave it out.
# shellcheck disable=SC2086
npm install --no-save --save-prod --omit=dev $packages
