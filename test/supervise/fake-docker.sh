#!/usr/bin/env bash
# As much of docker's command line as pdctl uses, and no more: what it does not know it refuses, as docker does. A container is a
# process of its own session with its own environment; it lives on when the client is killed. FAKE_DOCKER holds one directory each.
set -u
root=${FAKE_DOCKER:-${0%/*}/containers}
mkdir -p "$root"
fail() { printf 'docker: %s\n' "$2" >&2 && exit "$1"; }
alive() { [[ -e $root/$1/pid ]] && kill -0 "$(<"$root/$1/pid")" 2>/dev/null; }
# vllm/remote:* is in the registry, vllm/* else was loaded beforehand; another one is nowhere.
has_image() { [[ $1 == vllm/* && $1 != vllm/remote:* ]] || grep -qxF -- "$1" "$root.images" 2>/dev/null; }
# What the name means here: what it meant in the registry when it was pulled. containers.moved says what the registry has by now.
id_of() { cat "$root.id-${1//\//_}" 2>/dev/null || printf '%s' "$1" | sha256sum | cut -d' ' -f1; }
verb=$1 && shift
printf '%s\n' "$verb $*" >>"$root.calls"
case $verb in
  run)
    name='' entry='' env=() labels=()
    declare -A mounts=()
    while [[ $# -gt 0 && $1 == -* ]]; do
      case $1 in
        --name) name=$2 && shift 2 ;;
        --label) labels+=("$2") && shift 2 ;;
        --env) [[ $2 == *=* ]] || fail 125 "bad --env $2"; env+=("$2") && shift 2 ;;
        --volume | -v)
          [[ $2 == /*:/* ]] || fail 125 "invalid volume $2"
          target=${2#*:} && target=${target%%:*}
          [[ -z ${mounts[$target]-} ]] || fail 125 "Error response from daemon: Duplicate mount point: $target."
          mounts[$target]=$2 && shift 2
          ;;
        --entrypoint) entry=$2 && shift 2 ;;
        --network | --ipc | --gpus | --shm-size | --ulimit | --cap-add | --device) shift 2 ;;
        --pull=never | --network=* | --ipc=* | --pid=host | --init | --privileged) shift ;;
        *) fail 125 "unknown flag: $1" ;;
      esac
    done
    [[ -n $name && -n $entry && $# -ge 1 ]] || fail 125 "docker run needs a name, an entry point and an image here"
    has_image "$1" || fail 125 "No such image: $1"
    shift
    mkdir "$root/$name" 2>/dev/null || fail 125 "Conflict. The container name \"/$name\" is already in use"
    printf '%s\n' "${labels[@]}" >"$root/$name/labels"
    setsid env -i PATH="$PATH" HOSTNAME=inside "${env[@]}" "$entry" "$@" &
    printf '%s' $! >"$root/$name/pid"
    wait $!
    ;;
  exec)
    env=()
    while [[ $1 == --env ]]; do env+=("$2") && shift 2; done
    [[ $1 != -* ]] || fail 125 "unknown flag: $1"
    alive "$1" || fail 1 "No such container: $1"
    shift
    # Started by the daemon, not by the client: another session, and a signal to the client does not reach it.
    setsid env -i PATH="$PATH" HOSTNAME=inside "${env[@]}" "$@" &
    wait $!
    ;;
  image)
    [[ "$1 $2 $3" == 'inspect -f {{.Id}}' && $# == 4 && $4 != -* ]] || fail 125 "usage: image inspect -f {{.Id}} IMAGE"
    has_image "$4" || { printf 'Error: No such image: %s\n' "$4" >&2 && exit 1; }
    printf 'sha256:%s\n' "$(id_of "$4")"
    ;;
  pull)
    [[ $# == 1 && $1 != -* ]] || fail 125 "usage: pull IMAGE"
    [[ $1 == vllm/* ]] || {
      printf 'Error response from daemon: pull access denied for %s, repository does not exist\n' "${1%:*}" >&2
      exit 1
    }
    printf '%s\n' "${1##*:}: Pulling from ${1%:*}" '5b1a: Pulling fs layer' '5b1a: Pull complete' "$1"
    printf '%s\n' "$1" >>"$root.images"
    printf '%s' "$1$(cat "$root.moved" 2>/dev/null)" | sha256sum | cut -d' ' -f1 >"$root.id-${1//\//_}"
    ;;
  stop)
    [[ $1 == -t && $# == 3 ]] || fail 125 "usage: stop -t SECONDS NAME"
    [[ -d $root/$3 ]] || fail 1 "No such container: $3"
    pid=$(<"$root/$3/pid")
    kill -TERM "$pid" 2>/dev/null
    for ((n = 0; n < $2 * 20; n++)); do alive "$3" || exit 0; sleep 0.05; done
    kill -KILL "$pid" 2>/dev/null
    ;;
  kill)
    [[ $# == 1 ]] || fail 125 "usage: kill NAME"
    alive "$1" || fail 1 "container $1 is not running"
    kill -KILL "$(<"$root/$1/pid")"
    ;;
  rm)
    [[ $1 == -f && $# == 2 ]] || fail 125 "usage: rm -f NAME"
    [[ -d $root/$2 ]] || exit 0
    kill -KILL "$(<"$root/$2/pid")" 2>/dev/null
    rm -r "${root:?}/$2"
    ;;
  inspect)
    [[ $1 == -f && $2 == '{{ index .Config.Labels "'*'" }}' && $# == 3 ]] || fail 125 "unknown format: $2"
    [[ -d $root/$3 ]] || fail 1 "No such object: $3"
    key=${2#*\"} && key=${key%\"*}
    sed -n "s|^$key=||p" "$root/$3/labels"
    ;;
  ps)
    [[ "$1 $2 $4 $5" == '-a --filter --format {{.Names}}' && $3 == label=*=* ]] || fail 125 "unknown arguments: $*"
    for dir in "$root"/*/; do
      dir=${dir%/} && grep -qxF -- "${3#label=}" "$dir/labels" 2>/dev/null && printf '%s\n' "${dir##*/}"
    done
    ;;
  *) fail 125 "'$verb' is not a docker command" ;;
esac
