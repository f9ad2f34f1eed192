# What nvidia-smi lists: "tool", "cuda" and "cuda-holder" lines, CSV behind the key. No values.
if command -v nvidia-smi >/dev/null 2>&1; then
  if rows=$(timeout 8 nvidia-smi --query-gpu=index,uuid,name,memory.total,memory.used,compute_mode,mig.mode.current --format=csv,noheader,nounits 2>/dev/null); then
    printf 'tool nvidia-smi\n'
    sed -n 's/^[0-9]/cuda &/p' <<<"$rows"
    timeout 8 nvidia-smi --query-compute-apps=gpu_uuid,pid,used_memory,process_name --format=csv,noheader,nounits 2>/dev/null | sed -n 's/^GPU-/cuda-holder &/p'
  fi
fi
