import { expect, it } from "vitest";
import { releasesOfImage } from "../../src/engines/index.ts";

it.each([
  ["vllm/vllm-openai:v0.11.0", { vllm: "0.11.0" }],
  ["docker.io/vllm/vllm-openai:v0.12.0-cu130", { vllm: "0.12.0" }],
  ["registry.local:5000/mirror/vllm/vllm-openai:0.11.1rc3@sha256:00ff", { vllm: "0.11.1rc3" }],
  ["quay.io/ascend/vllm-ascend:v0.11.0rc1", { vllm: "0.11.0", "vllm-ascend": "0.11.0rc1" }],
  ["quay.io/ascend/vllm-ascend:v0.9.1rc2-a3-openeuler", { vllm: "0.9.1", "vllm-ascend": "0.9.1rc2" }],
])("%s tells its releases by its tag", (image, told) => expect(releasesOfImage(image)).toEqual(told));

it.each([
  "vllm/vllm-openai",
  "vllm/vllm-openai:latest",
  "vllm/vllm-openai:nightly-0f1e2d",
  "vllm/vllm-openai@sha256:00ff",
  "vllm/vllm-openai:v0.11", // no patch: nobody tags releases so
  "lmcache/vllm-openai:v0.3.9", // the number is LMCache's
  "my-vllm/vllm-openai:v0.11.0", // somebody's own build
  "registry.local:5000/vllm:v0.11.0",
])("%s does not", (image) => expect(releasesOfImage(image)).toEqual({}));
