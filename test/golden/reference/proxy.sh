#!/usr/bin/env bash
# proxy of reference on router. By hand: bash launch.sh
PD_VENDOR=()
PD_PRELUDE=''
PD_SECRETS='secrets'
PD_SCRATCH=()
PD_ENV=()
PD_PREPEND=()
PD_APPEND=()
PD_CWD='/'
PD_ARGV=(
  '<fact:node@router>'
  '<fact:home@router>/.pdctl/reference/router/programs/proxy.mjs'
  '--config'
  '<fact:home@router>/.pdctl/reference/router/proxy.json'
)
# From here on the same bytes for every service. Above: PD_VENDOR PD_PRELUDE PD_SECRETS PD_SCRATCH PD_ENV PD_PREPEND PD_APPEND PD_CWD PD_ARGV
# shellcheck shell=bash disable=SC1090,SC2154
for PD_FILE in "${PD_VENDOR[@]}"; do [[ -r $PD_FILE ]] && . "$PD_FILE"; done # they read unset names: no set -u in this file
[[ -z $PD_PRELUDE ]] || . "$PD_PRELUDE"
PD_FILE=$(dirname -- "${BASH_SOURCE[0]}")/$PD_SECRETS # beside this script while the start needs it; by hand the caller's own environment has them
[[ -z $PD_SECRETS || ! -r $PD_FILE ]] || { set -a; . "$PD_FILE"; set +a; }
set -e
pd_ours() { [[ -d $1 && -O $1 ]]; }
for PD_FILE in "${PD_SCRATCH[@]}"; do # no -p: a mount that is missing must not be made up
  pd_ours "$PD_FILE" || mkdir -m 0700 -- "$PD_FILE" 2>/dev/null || pd_ours "$PD_FILE" || mkdir -m 0700 -- "$PD_FILE"
done
[[ ${#PD_SCRATCH[@]} -eq 0 ]] || export TMPDIR=${PD_SCRATCH[0]} # what libraries leave behind there goes with it
ulimit -l unlimited 2>/dev/null || : # RDMA pins memory; where it may not, check says so
PD_NOFILE=$(ulimit -Hn)
[[ $PD_NOFILE == unlimited || $PD_NOFILE -gt 65535 ]] && PD_NOFILE=65535
[[ $(ulimit -Sn) == unlimited || $(ulimit -Sn) -ge $PD_NOFILE ]] || ulimit -Sn "$PD_NOFILE"
pd_expand() { # ${NAME} → its value on this node, into PD_VALUE; no eval, so a value is never code
  local PD_REST=$1 PD_NAME
  PD_VALUE=
  while [[ $PD_REST =~ \$\{([A-Za-z_][A-Za-z0-9_]*)\} ]]; do
    PD_NAME=${BASH_REMATCH[1]}
    PD_VALUE+=${PD_REST%%"\${$PD_NAME}"*}${!PD_NAME-}
    PD_REST=${PD_REST#*"\${$PD_NAME}"}
  done
  PD_VALUE+=$PD_REST
}
for PD_PAIR in "${PD_ENV[@]}"; do
  pd_expand "${PD_PAIR#*=}"
  export "${PD_PAIR%%=*}=$PD_VALUE"
done
for PD_PAIR in "${PD_PREPEND[@]}"; do
  PD_KEY=${PD_PAIR%%=*}
  pd_expand "${PD_PAIR#*=}"
  export "$PD_KEY=$PD_VALUE${!PD_KEY:+:${!PD_KEY}}"
done
for PD_PAIR in "${PD_APPEND[@]}"; do
  PD_KEY=${PD_PAIR%%=*}
  pd_expand "${PD_PAIR#*=}"
  export "$PD_KEY=${!PD_KEY:+${!PD_KEY}:}$PD_VALUE"
done
cd -- "$PD_CWD"
exec -- "${PD_ARGV[@]}"
