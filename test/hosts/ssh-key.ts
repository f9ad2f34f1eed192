import { generateKeyPairSync, randomBytes } from "node:crypto";

/** An Ed25519 key as ssh and sshd read it: the private half in OpenSSH's own format, the public half as `ssh-ed25519 AAAA… comment`. */
export function newSshKey(comment: string): { readonly private: string; readonly public: string } {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, point] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const type = Buffer.from("ssh-ed25519");
  const blob = strings(type, point);
  const check = randomBytes(4); // twice: a wrong passphrase would make them differ
  const secret = Buffer.concat([
    check,
    check,
    strings(type, point, Buffer.concat([seed, point]), Buffer.from(comment)),
  ]);
  const none = Buffer.from("none");
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    strings(none, none, Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]), // keys in the file
    strings(blob, padded(secret)),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return {
    private: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`,
    public: `ssh-ed25519 ${blob.toString("base64")} ${comment}`,
  };
}

/** Each with its length in front. */
const strings = (...parts: readonly Buffer[]) =>
  Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );

const padded = (bytes: Buffer) =>
  Buffer.concat([bytes, Buffer.from(Array.from({ length: (8 - (bytes.length % 8)) % 8 }, (_, index) => index + 1))]);
