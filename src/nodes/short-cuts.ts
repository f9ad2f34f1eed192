import type { Client, ParsedKey } from "ssh2";

/*
 * Two things that ssh2 does at every login and that nobody here waits for. Both reach into ssh2, whose version is pinned; where its inside
 * looks different, nothing happens and the login is the longer one.
 */

type Sign = (data: Buffer, done: (signature: Buffer) => void) => void;
type AuthPk = (user: string, key: ParsedKey, algorithm: string | undefined, sign?: Sign) => void;

/**
 * An Ed25519 key of a file is offered with its signature and not shown first: one round trip less. Keys of an agent are still shown
 * first, since a person may have to allow each signature, and others too, whose signatures take milliseconds.
 */
export function signAtOnce(client: Client): void {
  const protocol: unknown = Reflect.get(client, "_protocol");
  if (typeof protocol !== "object" || protocol === null) return;
  const authPK: unknown = Reflect.get(protocol, "authPK");
  if (typeof authPK !== "function") return;
  const signing: AuthPk = (user, key, algorithm, sign) => {
    const quick = sign === undefined && key.type === "ssh-ed25519" && key.isPrivateKey();
    const now: Sign = (data, done) => done(key.sign(data));
    authPK.call(protocol, user, key, algorithm, quick ? now : sign);
  };
  Reflect.set(protocol, "authPK", signing);
}

/**
 * OpenSSH tells its other host keys after the login, and ssh2 has it prove every one of them, for an event that nobody here listens to: a
 * signature there, a check here. It asks only servers whose name it knows.
 */
export function leaveOtherKeys(client: Client): void {
  if (Reflect.has(client, "_remoteVer")) Reflect.set(client, "_remoteVer", undefined);
}
