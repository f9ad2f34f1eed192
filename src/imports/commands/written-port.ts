import type { Spot, Voice } from "../remark.ts";

/** A port as the source writes it; where it leaves the number open, that is asked for, and the usual one stands in its place. */
export function writtenPort(text: string | undefined, usual: number, at: Spot, voice: Voice): number {
  if (text === undefined) return usual;
  if (/^\d+$/.test(text)) return Number(text);
  const open = /^⟨(.+)⟩$/.exec(text)?.[1];
  voice.missing(
    at,
    text,
    open === undefined ? "a port belongs there" : `the text leaves this port open: --value ${open}=PORT`,
  );
  return usual;
}
