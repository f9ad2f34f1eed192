import { existsSync } from "node:fs";
import { Bug } from "../../errors.ts";

/** The installed package's directory, seen from dist/ and from its place in src/ alike: the nearest one above that has templates/. */
export const root: URL = nearest(new URL(".", import.meta.url));

function nearest(from: URL): URL {
  if (existsSync(new URL("templates/", from))) return from;
  const above = new URL("..", from);
  if (above.href === from.href) throw new Bug(`no templates/ above ${import.meta.url}`);
  return nearest(above);
}
