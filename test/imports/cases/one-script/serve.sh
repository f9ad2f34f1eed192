#!/usr/bin/env bash
set -euo pipefail
# two prefill and one decode on one machine of four
MODEL=${MODEL:-Qwen/Qwen3-8B}
export UCX_TLS=cuda_copy,tcp
export HF_TOKEN=${HF_TOKEN:-hf_aaaaaaaaaaaaaaaaaaaa}

start() {
  local devices=$1 port=$2 side=$3
  shift 3
  CUDA_VISIBLE_DEVICES=$devices VLLM_NIXL_SIDE_CHANNEL_PORT=$side \
    vllm serve "$MODEL" --port "$port" --max-model-len 8192 --disable-log-requests "$@" > "server-$port.log" 2>&1 &
}

KV='{"kv_connector":"NixlConnector","kv_role":"kv_both"}'
for i in 0 1; do
  # a prefill engine
  start $i $((8100 + i)) $((5600 + i)) --enforce-eager --kv-transfer-config "$KV"
done
start 2,3 8200 5700 -tp 2 --kv-transfer-config "$KV"

until curl -sf http://localhost:8200/health; do
  sleep 1
done
python3 tests/toy_proxy_server.py --port 8192 --prefiller-hosts localhost localhost --prefiller-ports 8100 8101 \
  --decoder-hosts localhost --decoder-ports 8200
wait
