import { z } from "zod";
import { duration, line, textThat } from "./words.ts";

const user = textThat((text) => /^[A-Za-z0-9_][^\s@]{0,63}$/.test(text), "is no user name", {
  code: "name",
  remedy: ["the name alone, without the host"],
});

const hop = textThat((text) => /^([A-Za-z0-9_][^\s@]*@)?[A-Za-z0-9[][A-Za-z0-9.:_%\]-]*$/.test(text), "is no bastion", {
  code: "address",
  remedy: ["HOST, USER@HOST or USER@HOST:PORT"],
});

/** A whole public key or its fingerprint, as ssh-keyscan and ssh-keygen -l print them. */
const PIN = /^(SHA256:[A-Za-z0-9+/=]{20,}|[a-z0-9-]+(@[a-z.]+)? [A-Za-z0-9+/=]{20,}( .*)?)$/;
const POLICIES = ["strict", "accept-new"];
const KEYS = { code: "address", remedy: ["strict, accept-new, or keys: [SHA256:…], [ssh-ed25519 AAAA…]"] } as const;
const pin = textThat((text) => PIN.test(text), "is no host key", KEYS);
const policyOrPin = textThat(
  (text) => POLICIES.includes(text) || PIN.test(text),
  "is neither a way nor a host key",
  KEYS,
);

/** What is not written comes from the user's ssh_config. */
export const ssh = z.strictObject({
  user: user.optional(),
  port: z.int().min(1).max(65_535).optional(),
  identity_file: line.optional(),
  jump: z.union([hop, z.array(hop).min(1)]).optional(),
  connect_timeout: duration.optional(),
  host_keys: z.union([policyOrPin, z.array(pin).min(1)]).optional(),
  transport: z.enum(["auto", "ssh2", "openssh"]).optional(),
});
export type Ssh = z.infer<typeof ssh>;
