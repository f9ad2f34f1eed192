#!/usr/bin/env bash
# Second half of isolated.sh, already in the new namespaces: private directories, and a launcher whose home is not root's real one.
set -eu
# /var/tmp stays the machine's own when the checkout is in it
private=(/run /dev/shm)
[[ $PWD/ == /var/tmp/* ]] || private+=(/var/tmp)
for directory in "${private[@]}"; do mount -t tmpfs tmpfs "$directory"; done
chmod 755 /run
ip link set lo up

# ssh reads the home from the user database, not from HOME
home=/run/launcher/home
mkdir -p /run/launcher/etc
mkdir -m 700 "$home"
sed -E "s#^(root:([^:]*:){4})[^:]*#\1$home#" /etc/passwd >/run/launcher/etc/passwd
printf '127.0.0.1 localhost\n' >/run/launcher/etc/hosts
: >/run/launcher/etc/resolv.conf
for name in passwd hosts resolv.conf; do
  [[ ! -e /etc/$name ]] || mount --bind "/run/launcher/etc/$name" "/etc/$name"
done
export PDCTL_ISOLATED=1
exec "$@"
