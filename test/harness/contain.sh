#!/bin/sh
# Runs a command as a container does: as process 1, in a root of its own where only /tmp and a folder of the machine, if
# one is named, can be written, as a user who isn't root and can't become it. Of the machine it has /usr, /etc, /dev and the
# network. As root, in new namespaces:
#
#   unshare --mount --pid --fork --kill-child contain.sh ROOT NODE_FOLDER USER:GROUP WORKDIR FOLDER COMMAND…
set -eu
root=$1 node=$2 user=$3 workdir=$4 volume=$5
shift 5

mount --bind "$root" "$root"
cd "$root"
for folder in bin dev etc lib lib64 usr; do
  [ -d "/$folder" ] || continue
  mkdir -p "$folder"
  mount --rbind "/$folder" "$folder"
done
mkdir -p node proc tmp
mount --bind "$node" node
mount -t proc proc proc
mount -t tmpfs tmpfs tmp
if [ -n "$volume" ]; then
  mkdir -p ".$volume"
  mount --bind "$volume" ".$volume"
fi
mount -o remount,bind,ro "$root"

PATH=/node:/usr/sbin:/usr/bin:/bin
HOME=/tmp
export PATH HOME
# shellcheck disable=SC2016
exec chroot --userspec="$user" --groups= "$root" setpriv --no-new-privs sh -c 'cd "$0" && exec "$@"' "$workdir" "$@"
