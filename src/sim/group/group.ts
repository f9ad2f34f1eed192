import type { RemoteRank } from "./remote-rank.ts";

/** The other processes of a data-parallel group, or of an engine that spans nodes. */
export interface Group {
  /** Ranks elsewhere that this front-end serves (internal load balancing). */
  readonly remotes: readonly RemoteRank[];
  /** Rejects when the group can not come to be; never resolves. */
  readonly failed: Promise<never>;
  /** This process is ready: resolves when all are. */
  meet(): Promise<void>;
  /** Members that were there and are gone. */
  readonly lost: ReadonlySet<string>;
  onLost(tell: (who: string) => void): void;
  close(): void;
}

/** A group of one: nothing to wait for. */
export const alone: Group = {
  remotes: [],
  failed: new Promise<never>(() => undefined),
  meet: async () => undefined,
  lost: new Set(),
  onLost: () => undefined,
  close: () => undefined,
};

/** What members of a group share: who is lost, who wants to know, and how it fails. */
export class Membership {
  readonly lost = new Set<string>();
  readonly failed: Promise<never>;
  readonly fail: (error: Error) => void;
  private readonly told: ((who: string) => void)[] = [];

  constructor() {
    let reject: (error: Error) => void = () => undefined;
    this.failed = new Promise<never>((_, no) => {
      reject = no;
    });
    this.failed.catch(() => undefined); // whoever races with it sees it; nobody else has to
    this.fail = (error) => reject(error);
  }

  /** What a group says of its losses. */
  losses(): Pick<Group, "failed" | "lost" | "onLost"> {
    const onLost: Group["onLost"] = (tell) => {
      this.told.push(tell);
    };
    return { failed: this.failed, lost: this.lost, onLost };
  }

  lose(who: string): void {
    if (this.lost.has(who)) return;
    this.lost.add(who);
    for (const tell of this.told) tell(who);
  }
}
