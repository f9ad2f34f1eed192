#!/usr/bin/env bash
# prefill-0-0 of ascend-moe on a2-1. By hand: bash launch.sh
PD_VENDOR=(
  '/usr/local/Ascend/ascend-toolkit/set_env.sh'
  '/usr/local/Ascend/nnal/atb/set_env.sh'
)
PD_PRELUDE=''
PD_SECRETS=''
PD_SCRATCH=('/tmp/pdctl-ascend-moe-prefill-0-0')
PD_ENV=(
  'ASCEND_RT_VISIBLE_DEVICES=0,1,2,3'
  'GLOO_SOCKET_IFNAME=enp67s0f5'
  'HCCL_BUFFSIZE=256'
  'HCCL_IF_IP=192.168.10.1'
  'HCCL_SOCKET_IFNAME=enp67s0f5'
  'MOONCAKE_CONFIG_PATH=<fact:home@a2-1>/.pdctl/ascend-moe/a2-1/files/2ff1da9e30ccc7f217f3a04a540f51c1036127395f7d24360e9d4a21486ed9d3'
  'OMP_NUM_THREADS=10'
  'OMP_PROC_BIND=false'
  'PYTHONHASHSEED=0'
  'PYTORCH_NPU_ALLOC_CONF=expandable_segments:True'
  'SPT_NOENV=1'
  'TASK_QUEUE_ENABLE=1'
  'TP_SOCKET_IFNAME=enp67s0f5'
  'VLLM_ENGINE_READY_TIMEOUT_S=3600'
  'VLLM_HOST_IP=192.168.10.1'
  'VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120'
  'VLLM_RPC_BASE_PATH=/tmp/pdctl-ascend-moe-prefill-0-0'
  'VLLM_USE_MODELSCOPE=True'
)
PD_PREPEND=('LD_LIBRARY_PATH=/usr/local/lib:/usr/local/Ascend/ascend-toolkit/latest/python/site-packages')
PD_APPEND=('PYTHONPATH=/vllm-workspace/vllm')
PD_CWD='/tmp/pdctl-ascend-moe-prefill-0-0'
PD_ARGV=(
  'vllm'
  'serve'
  '/models/Qwen3-235B-A22B-W8A8'
  '--host'
  '0.0.0.0'
  '--port'
  '9000'
  '--tensor-parallel-size'
  '4'
  '--data-parallel-size'
  '4'
  '--data-parallel-rank'
  '0'
  '--data-parallel-address'
  '192.168.10.1'
  '--data-parallel-rpc-port'
  '13395'
  '--enable-expert-parallel'
  '--additional-config'
  '{"enable_weight_nz_layout":true,"enable_prefill_optimizations":true}'
  '--enforce-eager'
  '--gpu-memory-utilization'
  '0.92'
  '--max-model-len'
  '17000'
  '--max-num-batched-tokens'
  '8000'
  '--max-num-seqs'
  '4'
  '--quantization'
  'ascend'
  '--seed'
  '1024'
  '--trust-remote-code'
  '--kv-transfer-config'
  '{"kv_connector":"MultiConnector","kv_role":"kv_producer","kv_connector_extra_config":{"connectors":[{"kv_connector":"MooncakeConnectorV1","kv_role":"kv_producer","kv_port":28001,"kv_connector_extra_config":{"prefill":{"dp_size":4,"tp_size":4},"decode":{"dp_size":4,"tp_size":4}}},{"kv_connector":"UCMConnector","kv_role":"kv_both","kv_connector_module_path":"ucm.integration.vllm.ucm_connector","kv_connector_extra_config":{"UCM_CONFIG_FILE":"<fact:home@a2-1>/.pdctl/ascend-moe/a2-1/files/af9d3a6f3d114f371422cf6f1317615ae09901078518fb5f47748b5ba75d9521"}}]}}'
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
