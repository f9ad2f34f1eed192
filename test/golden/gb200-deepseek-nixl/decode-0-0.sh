#!/usr/bin/env bash
# decode-0-0 of gb200-deepseek on gb4. By hand: bash launch.sh
PD_VENDOR=()
PD_PRELUDE=''
PD_SECRETS=''
PD_SCRATCH=('/tmp/pdctl-gb200-deepseek-decode-0-0')
PD_ENV=(
  'CUDA_DEVICE_ORDER=PCI_BUS_ID'
  'CUDA_VISIBLE_DEVICES=0,1,2,3'
  'GLOO_SOCKET_IFNAME=enP22p3s0f1np1'
  'HF_HOME=/data/hf'
  'NCCL_CUMEM_ENABLE=1'
  'NCCL_MNNVL_ENABLE=1'
  'NCCL_NVLS_ENABLE=1'
  'NCCL_SOCKET_IFNAME=enP22p3s0f1np1'
  'NCCL_TIMEOUT=1800'
  'NVIDIA_GDRCOPY=1'
  'NVSHMEM_BOOTSTRAP_UID_SOCK_IFNAME=enP22p3s0f1np1'
  'NVSHMEM_IB_ENABLE_IBGDA=1'
  'PYTHONHASHSEED=0'
  'SPT_NOENV=1'
  'TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC=1800'
  'UCX_IB_ROCE_REACHABILITY_MODE=local_subnet'
  'VLLM_ENGINE_READY_TIMEOUT_S=3600'
  'VLLM_HOST_IP=10.0.1.14'
  'VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120'
  'VLLM_NIXL_ABORT_REQUEST_TIMEOUT=300'
  'VLLM_NIXL_SIDE_CHANNEL_HOST=10.0.1.14'
  'VLLM_NIXL_SIDE_CHANNEL_PORT=5600'
  'VLLM_RPC_BASE_PATH=/tmp/pdctl-gb200-deepseek-decode-0-0'
  'VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD=8192'
  'VLLM_SKIP_P2P_CHECK=1'
  'VLLM_USE_FLASHINFER_MOE_FP4=1'
  'VLLM_USE_NCCL_SYMM_MEM=1'
  'VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL=1'
)
PD_PREPEND=()
PD_APPEND=()
PD_CWD='/tmp/pdctl-gb200-deepseek-decode-0-0'
PD_ARGV=(
  'vllm'
  'serve'
  'nvidia/DeepSeek-R1-0528-FP4-v2'
  '--host'
  '0.0.0.0'
  '--port'
  '8087'
  '--tensor-parallel-size'
  '1'
  '--data-parallel-size'
  '8'
  '--data-parallel-size-local'
  '4'
  '--data-parallel-hybrid-lb'
  '--data-parallel-address'
  '10.0.1.14'
  '--data-parallel-rpc-port'
  '13345'
  '--enable-expert-parallel'
  '--all2all-backend'
  'allgather_reducescatter'
  '--async-scheduling'
  '--compilation-config'
  '{"custom_ops":["+quant_fp8","+rms_norm","+rotary_embedding"],"pass_config":{"fuse_attn_quant":true,"fuse_allreduce_rms":true,"eliminate_noops":true},"cudagraph_mode":"FULL_DECODE_ONLY"}'
  '--disable-uvicorn-access-log'
  '--no-enable-chunked-prefill'
  '--no-enable-prefix-caching'
  '--gpu-memory-utilization'
  '0.9'
  '--kv-cache-dtype'
  'fp8'
  '--max-cudagraph-capture-size'
  '512'
  '--max-model-len'
  '6400'
  '--max-num-batched-tokens'
  '6400'
  '--max-num-seqs'
  '512'
  '--stream-interval'
  '50'
  '--trust-remote-code'
  '--kv-transfer-config'
  '{"kv_connector":"NixlConnector","kv_role":"kv_both","kv_buffer_device":"cuda","kv_load_failure_policy":"fail","kv_connector_extra_config":{"kv_lease_duration":300}}'
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
