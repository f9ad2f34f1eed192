import { Slots } from "./slots.ts";

const AT_ONCE = 64; // more in parallel makes nothing faster (ecosystem.md §3.3)

export type Outcome<T> =
  | { readonly node: string; readonly ok: true; readonly value: T }
  | { readonly node: string; readonly ok: false; readonly error: unknown };

/**
 * Does the work on every node at once and keeps every answer, in the order of the nodes: no failure hides another, and none
 * ends the others' work. A node whose session is an Error gets that as its outcome; after an abort the rest get its reason. A session
 * that is still being opened holds up its own node only.
 */
export function onNodes<S extends object, T>(
  sessions: ReadonlyMap<string, S | Error | Promise<S | Error>>,
  work: (session: S, node: string) => Promise<T>,
  signal: AbortSignal,
): Promise<readonly Outcome<T>[]> {
  const slots = new Slots(AT_ONCE);
  return Promise.all(
    [...sessions].map(async ([node, opening]): Promise<Outcome<T>> => {
      const session = await opening;
      if (session instanceof Error) return { node, ok: false, error: session };
      try {
        const leave = await slots.take(signal);
        try {
          return { node, ok: true, value: await work(session, node) };
        } finally {
          leave();
        }
      } catch (error) {
        return { node, ok: false, error };
      }
    }),
  );
}
