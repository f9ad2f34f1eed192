import { portNumber, text } from "./check.ts";
import type { Settings } from "./setting.ts";

/** Where it listens. Source: proxy-protocols.md §3.0 */
export const ofPlace = {
  bind: {
    topic: "place",
    check: text,
    says: "The address to listen on.",
    flags: ["host", "bind"],
    takes: "ADDRESS",
  },
  port: { topic: "place", check: portNumber, says: "The port to listen on.", flags: ["port"], takes: "N" },
} satisfies Partial<Settings>;
