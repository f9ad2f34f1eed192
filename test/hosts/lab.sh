#!/usr/bin/env bash
# lab.sh up HOST... | start HOST | stop HOST | down: hosts that lab.ts has laid out in /run/lab, one directory each:
#   net    index, address, interface      upper, work   what is the host's own over this machine's files
#   fstab  its mounts, in order           init          pid of its first process, as seen from here
# One bridge holds .254 of every /24, so that hosts of different networks reach each other and the launcher reaches all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lab=/run/lab

network_of() { # hardware addresses stay over a reboot, as they do on a real machine: neighbours remember them
  local index address interface
  read -r index address interface <"$lab/$1/net"
  printf 'netns add %s\nlink add v%s type veth peer name %s address 02:00:00:00:%02x:%02x netns %s\nlink set dev v%s master lab up\n' \
    "$1" "$index" "$interface" $((index / 256)) $((index % 256)) "$1" "$index"
}

gateways() { # one per network, each once
  local host address
  for host; do
    read -r _ address _ <"$lab/$host/net"
    printf 'addr add %s.254/24 dev lab\n' "${address%.*}"
  done | sort -u
}

start() {
  rm -f "$lab/$1/init"
  setsid nsenter --net="/run/netns/$1" -- unshare --mount --pid --uts --ipc --cgroup --fork --kill-child -- \
    bash "$here/boot.sh" "$1" </dev/null >>"$lab/$1/log" 2>&1 &
}

up() {
  echo 1 >/proc/sys/net/ipv4/ip_forward
  {
    echo 'link add lab address 02:00:00:01:00:00 type bridge'
    gateways "$@"
    echo 'link set dev lab up'
    for host; do network_of "$host"; done
  } | ip -batch -
  for host; do start "$host"; done
}

# Power loss: the link goes first, so that nobody hears a goodbye.
stop() {
  local index pid
  read -r index _ <"$lab/$1/net"
  ip link del "v$index" 2>/dev/null || true # it may be gone: stopped twice
  if [[ -s $lab/$1/init ]]; then
    pid=$(<"$lab/$1/init")
    kill -KILL "$pid" 2>/dev/null || true
    while [[ -d /proc/$pid ]]; do sleep 0.01; done # it is gone when everything in it is
    rm -f "$lab/$1/init"
  fi
  ip netns del "$1" 2>/dev/null || true
}

down() {
  [[ -d $lab ]] || return 0
  local directory
  for directory in "$lab"/*/net; do
    [[ -e $directory ]] || continue
    directory=${directory%/net}
    stop "${directory##*/}" &
  done
  wait
  ip link del lab 2>/dev/null || true
  rm -rf --one-file-system "$lab"
}

verb=$1
shift
case $verb in
  up) up "$@" ;;
  start) network_of "$1" | ip -batch - && start "$1" ;;
  stop) stop "$1" ;;
  down) down ;;
  *) echo "lab.sh: no verb $verb" >&2 && exit 2 ;;
esac
