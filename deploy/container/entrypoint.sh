#!/bin/sh
# Runs a program of the image by its name:
#   api (where none is named), worker, console, admin, doctor, db-migrate, db-seed
# Node's own options, like --env-file-if-exists=FILE, may stand before the name. Node takes the place of this shell: it is the
# first process of the container, and gets its signals.
set -eu
dist=$(dirname "$0")/dist

options=
while case ${1-} in --*) true ;; *) false ;; esac; do
  options="$options $1"
  shift
done
name=${1:-api}
[ $# -eq 0 ] || shift

case $name in
  # As `npm run api` does: with thousands of sockets the young generation would hold more than they do, and four threads that
  # sign would take the cores from the one that serves.
  api)
    export UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-2}"
    options="$options --max-semi-space-size=32" program=src/api
    ;;
  worker | console | admin) program=src/$name ;;
  doctor | db-migrate) program=scripts/$name ;;
  db-seed) program=prisma/seed ;;
  *)
    echo "There is no program $name: name api, worker, console, admin, doctor, db-migrate or db-seed" >&2
    exit 64
    ;;
esac
# shellcheck disable=SC2086
exec node $options "$dist/$program.js" "$@"
