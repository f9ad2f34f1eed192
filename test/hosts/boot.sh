#!/usr/bin/env bash
# boot.sh HOST: becomes the host's first process. Its namespaces are there and empty.
set -eu
host=$1
lab=/run/lab/$host
read -r pid _ </proc/self/stat # this /proc is still the launcher's, so it is the pid out there
read -r _ address interface <"$lab/net"
hostname "$host"
ip -batch - <<BATCH
link set dev lo up
addr add $address/24 dev $interface
link set dev $interface up
route add default via ${address%.*}.254
BATCH
mount --all --fstab "$lab/fstab"
mkdir -p "$lab/root/run/sshd"
printf '%s\n' "$pid" >"$lab/init"
exec chroot "$lab/root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  tini -g -- /usr/sbin/sshd -D -e -f /etc/lab/sshd_config
