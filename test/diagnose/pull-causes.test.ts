import { expect, it } from "vitest";
import { pullCause } from "../../src/diagnose/index.ts";

/** Recorded from docker 28.2 and podman 4.3 against a registry on loopback; the last four are the tools' and registries' documented words. */
it.each([
  ["Error response from daemon: manifest unknown", "image-name"],
  [
    "Error: initializing source docker://127.0.0.1:40611/pd/none:2: reading manifest 2 in 127.0.0.1:40611/pd/none: name unknown",
    "image-name",
  ],
  [
    'Error response from daemon: Head "http://127.0.0.1:45655/v2/pd/small/manifests/1": no basic auth credentials',
    "registry-login",
  ],
  [
    "Error: initializing source docker://127.0.0.1:40611/pd/small:1: reading manifest 1 in 127.0.0.1:40611/pd/small: unauthorized",
    "registry-login",
  ],
  [
    'Error response from daemon: Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    "registry-away",
  ],
  [
    "Error: initializing source docker://registry.invalid/pd/none:2: pinging container registry registry.invalid: dial tcp: lookup registry.invalid: no such host",
    "registry-away",
  ],
  [
    'Error: pinging container registry 127.0.0.1:40611: Get "https://127.0.0.1:40611/v2/": http: server gave HTTP response to HTTPS client',
    "registry-tls",
  ],
  ["there is no docker on this node", "container-tool"],
  [
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    "container-daemon",
  ],
  ["failed to register layer: write /big: no space left on device", "image-space"],
  ["toomanyrequests: You have reached your pull rate limit.", "registry-limit"],
  ["no matching manifest for linux/arm64/v8 in the manifest list entries", "image-platform"],
  [
    "Error response from daemon: pull access denied for nobody/x, repository does not exist or may require 'docker login'",
    "registry-login",
  ],
])("%s", (line, id) => {
  expect(pullCause(["1: Pulling from pd/small", line])?.id).toBe(id);
});

it("a pull that says nothing known has no cause of its own", () => {
  expect(pullCause(["61fc1d807e4a: Pulling fs layer"])).toBeUndefined();
});
