#!/bin/sh
# Deletes from an installation for production what only other databases than PostgreSQL, and debuggers, need: Prisma's query
# compilers, and the maps of what it has bundled. Safe to run twice.
#
#   deploy/prune.sh [node_modules]
set -eu
runtime="${1:-node_modules}/@prisma/client/runtime"
if ! ls "$runtime"/query_compiler_*.postgresql.* >/dev/null 2>&1; then
  echo "$runtime has no query compiler for PostgreSQL: is it an installation of this version?" >&2
  exit 1
fi
find "$runtime" -type f \( -name 'query_compiler_*' ! -name '*.postgresql.*' -o -name '*.map' \) -delete
