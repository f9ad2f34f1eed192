#!/bin/bash
NIC_NAME="${NIC_NAME:-<nic>}"
export HCCL_IF_IP=${LOCAL_IP:-<ip>}
export GLOO_SOCKET_IFNAME=$NIC_NAME TP_SOCKET_IFNAME=$NIC_NAME HCCL_SOCKET_IFNAME=$NIC_NAME
export HCCL_BUFFSIZE=1024
export HCCL_OP_EXPANSION_MODE="AIV"
export OMP_NUM_THREADS=1
export PYTHONHASHSEED=0
export ASCEND_RT_VISIBLE_DEVICES=$1

vllm serve /models/Qwen3-30B-A3B-W8A8 \
    --host 0.0.0.0 --port $2 \
    --data-parallel-size $3 --data-parallel-rank $4 \
    --data-parallel-address $5 --data-parallel-rpc-port $6 \
    --tensor-parallel-size $7 --enable-expert-parallel \
    --served-model-name qwen --max-model-len 32768 --max-num-seqs 64 \
    --trust-remote-code --gpu-memory-utilization 0.85 --quantization ascend --enforce-eager \
    --additional-config '{"enable_cpu_binding":true}' \
    --kv-transfer-config '{
        "kv_connector": "MooncakeConnectorV1", "kv_role": "kv_producer", "kv_port": "36080", "engine_id": "0",
        "kv_connector_extra_config": {
            "use_ascend_direct": true,
            "prefill": {"dp_size": 4, "tp_size": 4}, "decode": {"dp_size": 4, "tp_size": 4}
        }
    }'
