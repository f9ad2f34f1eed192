import type { Role } from "../config.ts";
import type { Key } from "../settings/setting.ts";

/** An endpoint that a flag named. */
export interface Named {
  readonly url: string;
  /** The port of the server at which its ranks are registered. */
  readonly bootstrap?: string;
}

/** What the flags have said so far. One call of the program fills it, flag by flag. */
export class Draft {
  /** Keys of the config, as the file will be read with them. */
  readonly keys = new Map<Key, unknown>();
  readonly endpoints: Readonly<Record<Role, Named[]>> = { prefill: [], decode: [] };
  /** Lists that are read side by side: undefined where the flag is not there. */
  readonly lists = new Map<`${Role} ${"hosts" | "ports"}`, readonly string[]>();
  readonly policies = new Map<Role | "both", { readonly word: string; readonly name: string }>();
  slots = 1;
  file: string | undefined = undefined;
  mode: "run" | "check" | "print" | "help" = "run";
  /** Something said which protocol the engines speak, without being `--family`. */
  implied: { readonly family: string; readonly by: string } | undefined = undefined;
  readonly faults: string[] = [];
  readonly notes: string[] = [];
}
