import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Host } from "../hosts/host.ts";
import type { Choices } from "../hosts/one-p-one-d.ts";
import type { Moment } from "./moments.ts";

const strict = readFileSync(join(import.meta.dirname, "../supervise/fake-docker.sh"), "utf8");
const slow = ["#!/usr/bin/env bash", "[[ $1 != pull ]] || sleep 1", 'exec "$0.strict" "$@"', ""].join("\n");

/** The phases that only some topologies have: steps of the user's own, and an image that has to come first. Both take a second. */
export const prepared: Choices = {
  decode: ", runtime: { kind: docker, image: 'vllm/remote:2' }",
  more: ["setup:", "  - { name: wait, run: sleep 1 }"],
};
export const isPrepared = ({ phase }: Moment) => phase === "setup" || phase === "pull";

export function giveDocker(host: Host): void {
  host.write("/usr/local/bin/docker", slow, 0o755);
  host.write("/usr/local/bin/docker.strict", strict, 0o755);
}

/** Where that docker keeps what it has; a container is a directory of its own in it. */
const HAS = "/usr/local/bin/containers";
export const dockerItself = /\/usr\/local\/bin\/(docker(\.strict)?|containers(\.(calls|images|id-[^/]+))?)$/;
export const noContainerIsLeft = (host: Host) => expect(host.files(HAS)).toEqual([]);
