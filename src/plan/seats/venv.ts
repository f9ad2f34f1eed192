import { atHome } from "./home.ts";
import type { EnvLayer } from "./layers.ts";
import type { Seat } from "./seats.ts";

/** A Python environment whose programs come first in PATH; nothing where none is named. */
export function venvLayer(venv: string | undefined, seat: Seat, why: string): readonly EnvLayer[] {
  if (venv === undefined) return [];
  const at = atHome(venv, seat);
  const env = { PATH: { prepend: [`${at}/bin`], append: [] }, VIRTUAL_ENV: at };
  return [{ env, origin: () => ({ from: "pdctl", why }) }];
}
