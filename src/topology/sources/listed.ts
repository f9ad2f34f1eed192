/** A host as somebody else lists it: its name there, and how to log in where that is said. */
export interface ListedHost {
  readonly name: string;
  /** Where SSH goes; unset: the name. */
  readonly host?: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
}

/** Hosts in the order of the list, and the groups in which they stand. */
export interface Listed {
  readonly hosts: readonly ListedHost[];
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** What is wrong with a list, and what to do. */
export interface Unlisted {
  readonly wrong: string;
  readonly remedy: string;
}
