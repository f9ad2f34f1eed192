#!/usr/bin/env bash
# decode-0-0 of ucm-1p1d on gpu-0. By hand: bash launch.sh
PD_VENDOR=()
PD_PRELUDE=''
PD_SECRETS=''
PD_SCRATCH=('/tmp/pdctl-ucm-1p1d-decode-0-0')
PD_ENV=(
  'CUDA_DEVICE_ORDER=PCI_BUS_ID'
  'CUDA_VISIBLE_DEVICES=1'
  'GLOO_SOCKET_IFNAME=<fact:nic@gpu-0>'
  'NCCL_SOCKET_IFNAME=<fact:nic@gpu-0>'
  'PYTHONHASHSEED=123456'
  'SPT_NOENV=1'
  'VLLM_ENGINE_READY_TIMEOUT_S=3600'
  'VLLM_HOST_IP=10.0.2.1'
  'VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120'
  'VLLM_RPC_BASE_PATH=/tmp/pdctl-ucm-1p1d-decode-0-0'
)
PD_PREPEND=()
PD_APPEND=()
PD_CWD='/tmp/pdctl-ucm-1p1d-decode-0-0'
PD_ARGV=(
  'vllm'
  'serve'
  '/home/models/Qwen2.5-7B-Instruct'
  '--host'
  '0.0.0.0'
  '--port'
  '7801'
  '--tensor-parallel-size'
  '1'
  '--block-size'
  '128'
  '--dtype'
  'bfloat16'
  '--gpu-memory-utilization'
  '0.87'
  '--max-model-len'
  '20000'
  '--trust-remote-code'
  '--kv-transfer-config'
  '{"kv_connector":"UCMConnector","kv_role":"kv_both","kv_connector_module_path":"ucm.integration.vllm.ucm_connector","kv_connector_extra_config":{"UCM_CONFIG_FILE":"<fact:home@gpu-0>/.pdctl/ucm-1p1d/gpu-0/files/d960b2bd2b0464b2685e641b8fcc14557998458d7c2dcd0f7de1751694f312d5"}}'
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
