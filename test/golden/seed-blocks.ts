/** The blocks of seed-lines.md, word for word: complete argv, environments, files and target lists. Written from the document, never from the code. */

export const hetP = ["vllm", "serve", "Qwen/Qwen3-0.6B", "--host", "0.0.0.0", "--port", "8100", "--tensor-parallel-size", "1", "--block-size", "16",
 "--gpu-memory-utilization", "0.8",
 "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_buffer_device\":\"cuda\",\"kv_connector_extra_config\":{\"enforce_handshake_compat\":false}}"];

export const hetD = ["vllm", "serve", "Qwen/Qwen3-0.6B", "--host", "0.0.0.0", "--port", "8200", "--tensor-parallel-size", "1", "--block-size", "128",
 "--gpu-memory-utilization", "0.8",
 "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_buffer_device\":\"hpu\",\"enable_permute_local_kv\":true,\"kv_connector_extra_config\":{\"enforce_handshake_compat\":false}}"];

export const homP = ["vllm", "serve", "Qwen/Qwen3-0.6B", "--host", "0.0.0.0", "--port", "8100", "--tensor-parallel-size", "1", "--block-size", "64",
 "--gpu-memory-utilization", "0.8",
 "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_buffer_device\":\"cuda\",\"kv_connector_extra_config\":{\"enforce_handshake_compat\":false}}"];

export const homD = ["vllm", "serve", "Qwen/Qwen3-0.6B", "--host", "0.0.0.0", "--port", "8200", "--tensor-parallel-size", "1", "--block-size", "64",
 "--gpu-memory-utilization", "0.8",
 "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_buffer_device\":\"hpu\",\"kv_connector_extra_config\":{\"enforce_handshake_compat\":false}}"];

export const hetPEnv = `
CUDA_DEVICE_ORDER=PCI_BUS_ID
CUDA_VISIBLE_DEVICES=0
GLOO_SOCKET_IFNAME=<fact:nic@cuda-0>
LD_LIBRARY_PATH={prepend /tmp/ucx_install/lib /opt/nvidia/nvda_nixl/lib/x86_64-linux-gnu}
NCCL_SOCKET_IFNAME=<fact:nic@cuda-0>
PYTHONHASHSEED=0
SPT_NOENV=1
UCX_MEMTYPE_CACHE=0
UCX_TLS=ib,rc,cuda_copy
VLLM_ENGINE_READY_TIMEOUT_S=3600
VLLM_HOST_IP=10.0.0.1
VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120
VLLM_KV_CACHE_LAYOUT=HND
VLLM_NIXL_SIDE_CHANNEL_HOST=10.0.0.1
VLLM_NIXL_SIDE_CHANNEL_PORT=5600
VLLM_RPC_BASE_PATH=/tmp/pdctl-cuda-gaudi-prefill-0-0
`;

export const hetDEnv = `
GLOO_SOCKET_IFNAME=<fact:nic@gaudi-0>
HABANA_VISIBLE_MODULES=0
HCCL_SOCKET_IFNAME=<fact:nic@gaudi-0>
LD_LIBRARY_PATH={prepend /tmp/ucx_install/lib /opt/nvidia/nvda_nixl/lib/x86_64-linux-gnu /usr/lib/habanalabs}
PT_HPU_ENABLE_RESTORE_KV_LAYOUT=1
PYTHONHASHSEED=0
SPT_NOENV=1
UCX_MEMTYPE_CACHE=0
UCX_TLS=ib,rc,gaudi_gdr
VLLM_ENGINE_READY_TIMEOUT_S=3600
VLLM_HOST_IP=10.0.0.2
VLLM_HPU_HETERO_KV_LAYOUT=true
VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120
VLLM_KV_CACHE_LAYOUT=NHD
VLLM_NIXL_DEVICE_TO_DEVICE=1
VLLM_NIXL_SIDE_CHANNEL_HOST=10.0.0.2
VLLM_NIXL_SIDE_CHANNEL_PORT=5600
VLLM_RPC_BASE_PATH=/tmp/pdctl-cuda-gaudi-decode-0-0
`;

export const hetTargets = [{"url":"http://10.0.0.1:8100","role":"prefill","slots":1},
 {"url":"http://10.0.0.2:8200","role":"decode","slots":1}];

export const gbPrefillHead = ["vllm", "serve", "nvidia/DeepSeek-R1-0528-FP4-v2", "--host", "0.0.0.0", "--port", "8087", "--tensor-parallel-size", "1",
 "--data-parallel-size", "8", "--data-parallel-size-local", "4", "--data-parallel-hybrid-lb", "--data-parallel-address", "10.0.1.10",
 "--data-parallel-rpc-port", "13345", "--enable-expert-parallel", "--all2all-backend", "allgather_reducescatter",
 "--async-scheduling",
 "--compilation-config", "{\"custom_ops\":[\"+quant_fp8\",\"+rms_norm\",\"+rotary_embedding\"],\"pass_config\":{\"fuse_attn_quant\":true,\"fuse_allreduce_rms\":true,\"eliminate_noops\":true}}",
 "--disable-uvicorn-access-log", "--no-enable-chunked-prefill", "--no-enable-prefix-caching", "--enforce-eager",
 "--gpu-memory-utilization", "0.9", "--kv-cache-dtype", "fp8", "--max-model-len", "6400", "--max-num-batched-tokens", "16384",
 "--max-num-seqs", "8", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_buffer_device\":\"cuda\",\"kv_load_failure_policy\":\"fail\",\"kv_connector_extra_config\":{\"kv_lease_duration\":300}}"];

export const gbPrefillFollower = ["vllm", "serve", "nvidia/DeepSeek-R1-0528-FP4-v2", "--host", "0.0.0.0", "--port", "8087", "--tensor-parallel-size", "1",
 "--data-parallel-size", "8", "--data-parallel-size-local", "4", "--data-parallel-hybrid-lb", "--data-parallel-start-rank", "4",
 "--data-parallel-address", "10.0.1.10", "--data-parallel-rpc-port", "13345", "--enable-expert-parallel",
 "--all2all-backend", "allgather_reducescatter", "--async-scheduling",
 "--compilation-config", "{\"custom_ops\":[\"+quant_fp8\",\"+rms_norm\",\"+rotary_embedding\"],\"pass_config\":{\"fuse_attn_quant\":true,\"fuse_allreduce_rms\":true,\"eliminate_noops\":true}}",
 "--disable-uvicorn-access-log", "--no-enable-chunked-prefill", "--no-enable-prefix-caching", "--enforce-eager",
 "--gpu-memory-utilization", "0.9", "--kv-cache-dtype", "fp8", "--max-model-len", "6400", "--max-num-batched-tokens", "16384",
 "--max-num-seqs", "8", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_buffer_device\":\"cuda\",\"kv_load_failure_policy\":\"fail\",\"kv_connector_extra_config\":{\"kv_lease_duration\":300}}"];

export const gbDecodeHead = ["vllm", "serve", "nvidia/DeepSeek-R1-0528-FP4-v2", "--host", "0.0.0.0", "--port", "8087", "--tensor-parallel-size", "1",
 "--data-parallel-size", "8", "--data-parallel-size-local", "4", "--data-parallel-hybrid-lb", "--data-parallel-address", "10.0.1.14",
 "--data-parallel-rpc-port", "13345", "--enable-expert-parallel", "--all2all-backend", "allgather_reducescatter",
 "--async-scheduling",
 "--compilation-config", "{\"custom_ops\":[\"+quant_fp8\",\"+rms_norm\",\"+rotary_embedding\"],\"pass_config\":{\"fuse_attn_quant\":true,\"fuse_allreduce_rms\":true,\"eliminate_noops\":true},\"cudagraph_mode\":\"FULL_DECODE_ONLY\"}",
 "--disable-uvicorn-access-log", "--no-enable-chunked-prefill", "--no-enable-prefix-caching", "--gpu-memory-utilization", "0.9",
 "--kv-cache-dtype", "fp8", "--max-cudagraph-capture-size", "512", "--max-model-len", "6400", "--max-num-batched-tokens", "6400",
 "--max-num-seqs", "512", "--stream-interval", "50", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_buffer_device\":\"cuda\",\"kv_load_failure_policy\":\"fail\",\"kv_connector_extra_config\":{\"kv_lease_duration\":300}}"];

export const gbEnv = `
CUDA_DEVICE_ORDER=PCI_BUS_ID
CUDA_VISIBLE_DEVICES=0,1,2,3
GLOO_SOCKET_IFNAME=enP22p3s0f1np1
HF_HOME=/data/hf
NCCL_CUMEM_ENABLE=1
NCCL_MNNVL_ENABLE=1
NCCL_NVLS_ENABLE=1
NCCL_SOCKET_IFNAME=enP22p3s0f1np1
NCCL_TIMEOUT=1800
NVIDIA_GDRCOPY=1
NVSHMEM_BOOTSTRAP_UID_SOCK_IFNAME=enP22p3s0f1np1
NVSHMEM_IB_ENABLE_IBGDA=1
PYTHONHASHSEED=0
SPT_NOENV=1
TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC=1800
UCX_IB_ROCE_REACHABILITY_MODE=local_subnet
VLLM_ENGINE_READY_TIMEOUT_S=3600
VLLM_HOST_IP=10.0.1.10
VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120
VLLM_NIXL_ABORT_REQUEST_TIMEOUT=300
VLLM_NIXL_SIDE_CHANNEL_HOST=10.0.1.10
VLLM_NIXL_SIDE_CHANNEL_PORT=5600
VLLM_RPC_BASE_PATH=/tmp/pdctl-gb200-deepseek-prefill-0-0
VLLM_SKIP_P2P_CHECK=1
VLLM_USE_FLASHINFER_MOE_FP4=1
VLLM_USE_NCCL_SYMM_MEM=1
VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL=1
`;

export const gbTargets = [{"url":"http://10.0.1.10:8087","role":"prefill","slots":4},
 {"url":"http://10.0.1.11:8087","role":"prefill","slots":4},
 {"url":"http://10.0.1.12:8087","role":"prefill","slots":4},
 {"url":"http://10.0.1.13:8087","role":"prefill","slots":4},
 {"url":"http://10.0.1.14:8087","role":"decode","slots":4},
 {"url":"http://10.0.1.15:8087","role":"decode","slots":4}];

export const vllmRouter = ["vllm-router", "--policy", "round_robin", "--vllm-pd-disaggregation", "--kv-connector", "nixl", "--max-concurrent-requests", "9216",
 "--prefill", "http://10.0.1.10:8087", "--prefill", "http://10.0.1.11:8087", "--prefill", "http://10.0.1.12:8087", "--prefill", "http://10.0.1.13:8087",
 "--decode", "http://10.0.1.14:8087", "--decode", "http://10.0.1.15:8087",
 "--host", "0.0.0.0", "--port", "8123", "--prometheus-port", "29000", "--intra-node-data-parallel-size", "4"];

export const gbBench = ["vllm", "bench", "serve", "--model", "nvidia/DeepSeek-R1-0528-FP4-v2", "--host", "10.0.1.20", "--port", "8123",
 "--dataset-name", "random", "--ignore-eos", "--max-concurrency", "2048", "--num-prompts", "5120", "--random-input-len", "4096",
 "--random-output-len", "2048", "--ready-check-timeout-sec", "0", "--trust-remote-code"];

export const onePPrefill = ["vllm", "serve", "/home/models/Qwen2.5-7B-Instruct", "--host", "0.0.0.0", "--port", "7800", "--tensor-parallel-size", "1",
 "--block-size", "128", "--dtype", "bfloat16", "--gpu-memory-utilization", "0.87", "--max-model-len", "20000", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"UCMConnector\",\"kv_role\":\"kv_both\",\"kv_connector_module_path\":\"ucm.integration.vllm.ucm_connector\",\"kv_connector_extra_config\":{\"UCM_CONFIG_FILE\":\"<fact:home@gpu-0>/.pdctl/ucm-1p1d/gpu-0/files/<sha256:ucm>\"}}"];

export const crossP = ["vllm", "serve", "/home/models/Qwen2.5-7B-Instruct", "--host", "0.0.0.0", "--port", "7800", "--tensor-parallel-size", "1",
 "--block-size", "128", "--dtype", "bfloat16", "--gpu-memory-utilization", "0.87", "--max-model-len", "20000", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"UCMConnector\",\"kv_role\":\"kv_both\",\"kv_connector_module_path\":\"ucm.integration.vllm.ucm_connector\",\"kv_connector_extra_config\":{\"UCM_CONFIG_FILE\":\"<fact:home@npu-0>/.pdctl/ucm-cross/npu-0/files/<sha256:ucm>\"}}"];

export const crossD = ["vllm", "serve", "/home/models/Qwen2.5-7B-Instruct", "--host", "0.0.0.0", "--port", "7801", "--tensor-parallel-size", "1",
 "--block-size", "128", "--dtype", "bfloat16", "--gpu-memory-utilization", "0.87", "--max-model-len", "20000", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"UCMConnector\",\"kv_role\":\"kv_both\",\"kv_connector_module_path\":\"ucm.integration.vllm.ucm_connector\",\"kv_connector_extra_config\":{\"UCM_CONFIG_FILE\":\"<fact:home@gpu-0>/.pdctl/ucm-cross/gpu-0/files/<sha256:ucm>\"}}"];

export const xpydP = ["vllm", "serve", "/home/models/Qwen2.5-7B-Instruct", "--host", "0.0.0.0", "--port", "7800", "--tensor-parallel-size", "1",
 "--block-size", "128", "--dtype", "bfloat16", "--gpu-memory-utilization", "0.87", "--max-model-len", "20000", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"UCMConnector\",\"kv_role\":\"kv_both\",\"kv_connector_module_path\":\"ucm.integration.vllm.ucm_connector\",\"kv_connector_extra_config\":{\"UCM_CONFIG_FILE\":\"<fact:home@gpu-0>/.pdctl/ucm-2p2d/gpu-0/files/<sha256:ucm>\"}}"];

export const xpydD = ["vllm", "serve", "/home/models/Qwen2.5-7B-Instruct", "--host", "0.0.0.0", "--port", "7802", "--tensor-parallel-size", "1",
 "--block-size", "128", "--dtype", "bfloat16", "--enforce-eager", "--gpu-memory-utilization", "0.87", "--max-model-len", "20000",
 "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"UCMConnector\",\"kv_role\":\"kv_both\",\"kv_connector_module_path\":\"ucm.integration.vllm.ucm_connector\",\"kv_connector_extra_config\":{\"UCM_CONFIG_FILE\":\"<fact:home@gpu-0>/.pdctl/ucm-2p2d/gpu-0/files/<sha256:ucm>\"}}"];

export const onePEnv = `
CUDA_DEVICE_ORDER=PCI_BUS_ID
CUDA_VISIBLE_DEVICES=0
GLOO_SOCKET_IFNAME=<fact:nic@gpu-0>
NCCL_SOCKET_IFNAME=<fact:nic@gpu-0>
PYTHONHASHSEED=123456
SPT_NOENV=1
VLLM_ENGINE_READY_TIMEOUT_S=3600
VLLM_HOST_IP=10.0.2.1
VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120
VLLM_RPC_BASE_PATH=/tmp/pdctl-ucm-1p1d-prefill-0-0
`;

export const crossPEnv = `
ASCEND_RT_VISIBLE_DEVICES=0
GLOO_SOCKET_IFNAME=<fact:nic@npu-0>
HCCL_BUFFSIZE=256
HCCL_IF_IP=10.0.2.1
HCCL_SOCKET_IFNAME=<fact:nic@npu-0>
LD_LIBRARY_PATH={prepend /usr/local/lib /usr/local/Ascend/ascend-toolkit/latest/python/site-packages}
OMP_NUM_THREADS=10
OMP_PROC_BIND=false
PYTHONHASHSEED=123456
PYTORCH_NPU_ALLOC_CONF=expandable_segments:True
SPT_NOENV=1
TASK_QUEUE_ENABLE=1
TP_SOCKET_IFNAME=<fact:nic@npu-0>
VLLM_ENGINE_READY_TIMEOUT_S=3600
VLLM_HOST_IP=10.0.2.1
VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120
VLLM_RPC_BASE_PATH=/tmp/pdctl-ucm-cross-prefill-0-0
`;

export const ucmYaml = String.raw`
ucm_connectors:
  - ucm_connector_name: "UcmPipelineStore"
    ucm_connector_config:
      store_pipeline: "Cache|Posix"
      storage_backends: "/mnt/test1"
      cache_buffer_capacity_gb: 32
enable_event_sync: true
use_layerwise: false
`;

export const onePTargets = [{"url":"http://10.0.2.1:7800","role":"prefill","slots":1},
 {"url":"http://10.0.2.1:7801","role":"decode","slots":1}];

export const crossTargets = [{"url":"http://10.0.2.1:7800","role":"prefill","slots":1},
 {"url":"http://10.0.2.2:7801","role":"decode","slots":1}];

export const xpydTargets = [{"url":"http://10.0.2.1:7800","role":"prefill","slots":1},
 {"url":"http://10.0.2.1:7801","role":"prefill","slots":1},
 {"url":"http://10.0.2.1:7802","role":"decode","slots":1},
 {"url":"http://10.0.2.1:7803","role":"decode","slots":1}];

export const ucmBench = ["vllm", "bench", "serve", "--model", "/home/models/Qwen2.5-7B-Instruct", "--host", "10.0.2.1", "--port", "7802",
 "--backend", "vllm", "--dataset-name", "random", "--endpoint", "/v1/completions", "--ignore-eos", "--num-prompts", "10",
 "--random-input-len", "4096", "--random-output-len", "100", "--request-rate", "1"];

export const miP = ["vllm", "serve", "amd/Llama-3.3-70B-Instruct-FP8-KV", "--host", "0.0.0.0", "--port", "8000", "--tensor-parallel-size", "8",
 "--block-size", "128", "--disable-uvicorn-access-log", "--max-model-len", "32000",
 "--kv-transfer-config", "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_buffer_device\":\"cuda\"}"];

export const miEnv = `
GLOO_SOCKET_IFNAME=ens50f1
HF_HOME=/data/hf
HIP_VISIBLE_DEVICES=0,1,2,3,4,5,6,7
NCCL_SOCKET_IFNAME=ens50f1
PYTHONHASHSEED=0
SPT_NOENV=1
UCX_TLS=rc,tcp,sm,rocm_copy,rocm_ipc
VLLM_ENGINE_READY_TIMEOUT_S=3600
VLLM_HOST_IP=10.0.3.10
VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120
VLLM_NIXL_SIDE_CHANNEL_HOST=10.0.3.10
VLLM_NIXL_SIDE_CHANNEL_PORT=5600
VLLM_ROCM_USE_AITER=1
VLLM_RPC_BASE_PATH=/tmp/pdctl-mi300x-llama-prefill-0-0
`;

export const miTargets = [{"url":"http://10.0.3.10:8000","role":"prefill","slots":1},
 {"url":"http://10.0.3.11:8200","role":"decode","slots":1}];

export const moeP = ["vllm", "serve", "/models/Qwen3-235B-A22B-W8A8", "--host", "0.0.0.0", "--port", "9000", "--tensor-parallel-size", "4",
 "--data-parallel-size", "4", "--data-parallel-rank", "0", "--data-parallel-address", "192.168.10.1",
 "--data-parallel-rpc-port", "13395", "--enable-expert-parallel",
 "--additional-config", "{\"enable_weight_nz_layout\":true,\"enable_prefill_optimizations\":true}", "--enforce-eager",
 "--gpu-memory-utilization", "0.92", "--max-model-len", "17000", "--max-num-batched-tokens", "8000", "--max-num-seqs", "4",
 "--quantization", "ascend", "--seed", "1024", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"MultiConnector\",\"kv_role\":\"kv_producer\",\"kv_connector_extra_config\":{\"connectors\":[{\"kv_connector\":\"MooncakeConnectorV1\",\"kv_role\":\"kv_producer\",\"kv_port\":28001,\"kv_connector_extra_config\":{\"prefill\":{\"dp_size\":4,\"tp_size\":4},\"decode\":{\"dp_size\":4,\"tp_size\":4}}},{\"kv_connector\":\"UCMConnector\",\"kv_role\":\"kv_both\",\"kv_connector_module_path\":\"ucm.integration.vllm.ucm_connector\",\"kv_connector_extra_config\":{\"UCM_CONFIG_FILE\":\"<fact:home@a2-1>/.pdctl/ascend-moe/a2-1/files/<sha256:ucm>\"}}]}}"];

export const moeD = ["vllm", "serve", "/models/Qwen3-235B-A22B-W8A8", "--host", "0.0.0.0", "--port", "9000", "--tensor-parallel-size", "4",
 "--data-parallel-size", "4", "--data-parallel-rank", "0", "--data-parallel-address", "192.168.10.3",
 "--data-parallel-rpc-port", "13395", "--enable-expert-parallel",
 "--compilation-config", "{\"cudagraph_mode\":\"FULL_DECODE_ONLY\"}", "--gpu-memory-utilization", "0.92", "--max-model-len", "17000",
 "--max-num-batched-tokens", "8000", "--max-num-seqs", "4", "--quantization", "ascend", "--seed", "1024", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"MooncakeConnectorV1\",\"kv_role\":\"kv_consumer\",\"kv_port\":28001,\"kv_connector_extra_config\":{\"prefill\":{\"dp_size\":4,\"tp_size\":4},\"decode\":{\"dp_size\":4,\"tp_size\":4}}}"];

export const moeEnv = `
ASCEND_RT_VISIBLE_DEVICES=4,5,6,7
GLOO_SOCKET_IFNAME=enp67s0f5
HCCL_BUFFSIZE=256
HCCL_IF_IP=192.168.10.1
HCCL_SOCKET_IFNAME=enp67s0f5
LD_LIBRARY_PATH={prepend /usr/local/lib /usr/local/Ascend/ascend-toolkit/latest/python/site-packages}
MOONCAKE_CONFIG_PATH=<fact:home@a2-1>/.pdctl/ascend-moe/a2-1/files/<sha256:mooncake>
OMP_NUM_THREADS=10
OMP_PROC_BIND=false
PYTHONHASHSEED=0
PYTHONPATH={append /vllm-workspace/vllm}
PYTORCH_NPU_ALLOC_CONF=expandable_segments:True
SPT_NOENV=1
TASK_QUEUE_ENABLE=1
TP_SOCKET_IFNAME=enp67s0f5
VLLM_ENGINE_READY_TIMEOUT_S=3600
VLLM_HOST_IP=192.168.10.1
VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120
VLLM_RPC_BASE_PATH=/tmp/pdctl-ascend-moe-prefill-0-1
VLLM_USE_MODELSCOPE=True
`;

export const masterArgv = ["mooncake_master", "--port", "50088", "--metrics_port", "9003", "--eviction_high_watermark_ratio", "0.9", "--eviction_ratio", "0.1", "--default_kv_lease_ttl", "11000"];

export const masterEnv = `
LD_LIBRARY_PATH={prepend /usr/local/lib}
`;

export const mooncakeJson = {"metadata_server":"P2PHANDSHAKE","protocol":"ascend","device_name":"","master_server_address":"192.168.10.1:50088","global_segment_size":"1GB"};

export const moeUcmYaml = String.raw`
ucm_connectors:
  - ucm_connector_name: "UcmPipelineStore"
    ucm_connector_config:
      store_pipeline: "Cache|Posix"
      storage_backends: "/mnt/test1"
      cache_buffer_capacity_gb: 64
enable_event_sync: true
use_layerwise: true
`;

export const moeTargets = [{"url":"http://192.168.10.1:9000","role":"prefill","slots":1},
 {"url":"http://192.168.10.1:9001","role":"prefill","slots":1},
 {"url":"http://192.168.10.2:9000","role":"prefill","slots":1},
 {"url":"http://192.168.10.2:9001","role":"prefill","slots":1},
 {"url":"http://192.168.10.3:9000","role":"decode","slots":1},
 {"url":"http://192.168.10.3:9001","role":"decode","slots":1},
 {"url":"http://192.168.10.4:9000","role":"decode","slots":1},
 {"url":"http://192.168.10.4:9001","role":"decode","slots":1}];

export const moeBench = ["vllm", "bench", "serve", "--model", "/models/Qwen3-235B-A22B-W8A8", "--host", "192.168.10.1", "--port", "7850",
 "--backend", "vllm", "--dataset-name", "random", "--ignore-eos", "--num-prompts", "10", "--random-input-len", "8000",
 "--random-output-len", "1000", "--request-rate", "inf", "--seed", "123456"];

export const denseP = ["vllm", "serve", "/models/QwQ-32B", "--host", "0.0.0.0", "--port", "9000", "--tensor-parallel-size", "4",
 "--no-enable-expert-parallel", "--additional-config", "{\"enable_weight_nz_layout\":true,\"enable_prefill_optimizations\":true}",
 "--enforce-eager", "--gpu-memory-utilization", "0.92", "--max-model-len", "17000", "--max-num-batched-tokens", "8000",
 "--max-num-seqs", "4", "--seed", "1024", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"MultiConnector\",\"kv_role\":\"kv_producer\",\"kv_connector_extra_config\":{\"connectors\":[{\"kv_connector\":\"MooncakeConnectorV1\",\"kv_role\":\"kv_producer\",\"kv_port\":28001,\"kv_connector_extra_config\":{\"prefill\":{\"dp_size\":1,\"tp_size\":4},\"decode\":{\"dp_size\":1,\"tp_size\":4}}},{\"kv_connector\":\"UCMConnector\",\"kv_role\":\"kv_both\",\"kv_connector_module_path\":\"ucm.integration.vllm.ucm_connector\",\"kv_connector_extra_config\":{\"UCM_CONFIG_FILE\":\"<fact:home@a2-1>/.pdctl/ascend-dense/a2-1/files/<sha256:ucm>\"}}]}}"];

export const denseD = ["vllm", "serve", "/models/QwQ-32B", "--host", "0.0.0.0", "--port", "9000", "--tensor-parallel-size", "4",
 "--no-enable-expert-parallel", "--compilation-config", "{\"cudagraph_mode\":\"FULL_DECODE_ONLY\"}",
 "--gpu-memory-utilization", "0.92", "--max-model-len", "17000", "--max-num-batched-tokens", "8000", "--max-num-seqs", "4",
 "--seed", "1024", "--trust-remote-code",
 "--kv-transfer-config", "{\"kv_connector\":\"MooncakeConnectorV1\",\"kv_role\":\"kv_consumer\",\"kv_port\":28001,\"kv_connector_extra_config\":{\"prefill\":{\"dp_size\":1,\"tp_size\":4},\"decode\":{\"dp_size\":1,\"tp_size\":4}}}"];

export const denseEnv = `
ASCEND_RT_VISIBLE_DEVICES=4,5,6,7
GLOO_SOCKET_IFNAME=enp67s0f5
HCCL_BUFFSIZE=256
HCCL_IF_IP=192.168.10.1
HCCL_SOCKET_IFNAME=enp67s0f5
LD_LIBRARY_PATH={prepend /usr/local/lib /usr/local/Ascend/ascend-toolkit/latest/python/site-packages}
MOONCAKE_CONFIG_PATH=<fact:home@a2-1>/.pdctl/ascend-dense/a2-1/files/<sha256:mooncake>
OMP_NUM_THREADS=10
OMP_PROC_BIND=false
PYTHONHASHSEED=0
PYTHONPATH={append /vllm-workspace/vllm}
PYTORCH_NPU_ALLOC_CONF=expandable_segments:True
SPT_NOENV=1
TASK_QUEUE_ENABLE=1
TP_SOCKET_IFNAME=enp67s0f5
VLLM_ENGINE_READY_TIMEOUT_S=3600
VLLM_HOST_IP=192.168.10.1
VLLM_HTTP_TIMEOUT_KEEP_ALIVE=120
VLLM_RPC_BASE_PATH=/tmp/pdctl-ascend-dense-prefill-1-0
VLLM_USE_MODELSCOPE=True
`;

export const denseTargets = [{"url":"http://192.168.10.1:9000","role":"prefill","slots":1},
 {"url":"http://192.168.10.1:9001","role":"prefill","slots":1},
 {"url":"http://192.168.10.2:9000","role":"decode","slots":1},
 {"url":"http://192.168.10.2:9001","role":"decode","slots":1}];
