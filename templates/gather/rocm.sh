# What rocm-smi lists: "tool", and "rocm" with its JSON on one line (warnings stand before it). No values.
if command -v rocm-smi >/dev/null 2>&1; then
  rows=$(timeout 8 rocm-smi --showuniqueid --showproductname --showmeminfo vram --json 2>/dev/null | sed -n '/^{/,$p' | tr '\n' ' ')
  [[ -z $rows ]] || printf 'tool rocm-smi\nrocm %s\n' "$rows"
fi
