import type { Seat } from "./seats.ts";

/** `~` at the head of a path is the home of the node's login user, as it is to a shell. */
export const atHome = (path: string, { home }: Pick<Seat, "home">): string => path.replace(/^~(?=\/|$)/, () => home);
