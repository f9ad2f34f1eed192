import type { Cause } from "../diagnose/cause.ts";

/**
 * What docker and podman write when they cannot pull. Tested against a pull's last lines alone: an engine's log has `connection refused` for
 * reasons of its own. Name, login, a registry that is away and its TLS are held by what docker 28.2 and podman 4.3 say (test/runtimes/pull.test.ts);
 * a full disk, the platform, the limit and "pull access denied" are their documented words (docs.docker.com/docker-hub/usage/pulls,
 * github.com/distribution/distribution), not seen here.
 */
export const pullCauses: readonly Cause[] = [
  {
    id: "image-space",
    pattern: /no space left on device/i,
    says: "the disk on which the tool keeps images is full",
    remedy: [
      "docker info -f '{{.DockerRootDir}}' or podman info -f '{{.Store.GraphRoot}}' on the node says which; df on it, then docker image prune",
    ],
  },
  {
    id: "image-platform",
    pattern: /(no matching manifest for|no image found in .* for architecture)/,
    says: "the image is not made for this node's processor",
    remedy: ["uname -m on the node; a tag for it in engine.runtime.image of the role or instance"],
  },
  {
    id: "image-name",
    pattern:
      /(manifest unknown|name unknown|manifest for \S+ not found|invalid reference format|did not resolve to an alias)/,
    says: "the registry has no such image, or not under that tag",
    remedy: ["correct engine.runtime.image; podman wants the whole name with its registry"],
  },
  {
    id: "registry-limit",
    pattern: /toomanyrequests/,
    says: "the registry gives nothing more to this address or account for now",
    remedy: [
      "docker login on the nodes, a mirror of your own, or later; what a node has already is not asked for again",
    ],
  },
  {
    id: "registry-login",
    pattern: /(no basic auth credentials|unauthorized|authentication required|access denied|denied: )/i,
    says: "the registry does not give this image to the node's login user",
    remedy: [
      "docker login or podman login on the node, as the login user, or as a step under setup",
      "or correct engine.runtime.image: of a name that it does not have a registry may say the same",
    ],
  },
  {
    id: "registry-tls",
    pattern: /(server gave HTTP response to HTTPS client|x509: )/,
    says: "the registry speaks no TLS, or by a certificate that the node does not trust",
    remedy: [
      "its CA on the node: /etc/docker/certs.d/HOST:PORT/ca.crt or /etc/containers/certs.d/HOST:PORT/ca.crt",
      "without TLS: insecure-registries in /etc/docker/daemon.json, or insecure = true in /etc/containers/registries.conf",
    ],
  },
  {
    id: "registry-away",
    pattern:
      /(connection refused|no such host|i\/o timeout|network is unreachable|no route to host|TLS handshake timeout|Client\.Timeout|connection reset|unexpected EOF|request canceled)/,
    says: "the registry does not answer this node",
    remedy: [
      "correct its address in engine.runtime.image, or give the daemon a way: HTTPS_PROXY in its unit",
      "without a way: docker save here, docker load there, and engine.runtime.pull: never",
    ],
  },
  {
    id: "container-tool",
    pattern: /^there is no (docker|podman) on this node$/,
    says: "the container tool is not installed on this node, or not in PATH of a login without a terminal",
    remedy: ["install it there, or engine.runtime.kind: process"],
  },
];
