# shellcheck shell=bash disable=SC2154
# Prints the plan that PD_STATE keeps; nothing where it keeps none.
[[ ! -r $PD_STATE/plan.json ]] || cat -- "$PD_STATE/plan.json"
