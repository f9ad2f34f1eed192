/** The flags that each program has, as it lists them itself. Those of the scripts and of vllm-router are compared with the real ones in test/real. */
export const programs: Readonly<Record<string, string>> = {
  "vLLM's toy proxy":
    "port host prefiller-hosts prefiller-host prefiller-ports prefiller-port decoder-hosts decoder-host decoder-ports decoder-port",
  "UCM's toy proxy":
    "port host pd-disaggregation worker-hosts work-host worker-ports work-port prefiller-hosts prefiller-host prefiller-ports prefiller-port decoder-hosts decoder-host decoder-ports decoder-port",
  "vllm-ascend's load balancer":
    "port host prefiller-hosts prefiller-ports decoder-hosts decoder-ports max-retries retry-delay max-waiting-retries waiting-retry-interval workers log-level",
  "vllm-ascend's layerwise proxy":
    "port host prefiller-hosts prefiller-ports decoder-hosts decoder-ports max-retries retry-delay",
  "llm-d's sidecar":
    "port vllm-port kv-connector connector ec-connector data-parallel-size enable-prefiller-sampling enable-ssrf-protection inference-pool enable-tls tls-insecure-skip-verify secure-proxy cert-path max-idle-conns-per-host decode-chunk-size prefill-max-retries prefill-retry-backoff zap-log-level",
  "vllm-router's binary": "eviction-interval",
  "vllm-router":
    "help host port worker-urls enable-program-scheduling program-scheduling-config-json policy prefill-policy decode-policy router-temperature kv-penalty-host kv-penalty-external kv-penalty-disk kv-aware-session-affinity-ttl-secs kv-event-source kv-event-replay-source kv-event-block-size kv-event-model pd-kv-events mini-lb vllm-pd-disaggregation prefill decode worker-startup-timeout-secs worker-startup-check-interval cache-threshold balance-abs-threshold balance-rel-threshold eviction-interval-secs max-tree-size max-payload-size wasm-middleware wasm-middleware-sha256 wasm-middleware-route intra-node-data-parallel-size enable-igw api-key log-dir log-level service-discovery selector service-discovery-port service-discovery-namespace prefill-selector decode-selector vllm-discovery-address kv-connector prometheus-port prometheus-host request-id-headers request-timeout-secs retry-max-retries retry-initial-backoff-ms retry-max-backoff-ms retry-backoff-multiplier retry-jitter-factor disable-retries cb-failure-threshold cb-success-threshold cb-timeout-duration-secs cb-window-duration-secs disable-circuit-breaker health-failure-threshold health-success-threshold health-check-timeout-secs health-check-interval-secs health-check-endpoint max-concurrent-requests queue-size queue-timeout-secs rate-limit-tokens-per-second cors-allowed-origins",
};
