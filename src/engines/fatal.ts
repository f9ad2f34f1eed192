/** With this line a running vLLM begins to die; errors before it were those of requests. Source: vLLM 0.32, v1/engine/core.py. */
export const fatal = /\bEngineCore encountered a fatal error\b/;
