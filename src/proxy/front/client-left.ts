import type { Signal } from "../signal.ts";

/** The client closed its connection; nobody is left to answer. */
export class ClientLeft extends Error {
  override readonly name = "ClientLeft";
}

export const hasClientLeft = ({ aborted, reason }: Signal): boolean => aborted && reason instanceof ClientLeft;
