import type { IncomingMessage, ServerResponse } from "node:http";
import type { Newcomers } from "../admin/instances.ts";
import type { Reloaded } from "../admin/reload.ts";
import type { Desk } from "./completion.ts";

/** What the admin API works on. */
export interface Office extends Newcomers {
  /** @throws ProxyError reload.restart, reload.invalid */
  readonly reload: () => Promise<Reloaded>;
}

/** One request for what is no completion. */
export interface Visit {
  readonly desk: Desk;
  readonly office: Office;
  readonly stopping: boolean;
  /** Completions that are being served. */
  readonly serving: number;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** @throws ProxyError what the client is told */
export type Answering = (visit: Visit) => void | Promise<void>;

/** A path that is no completion: who may ask, and what answers which method. HEAD is answered as GET is. */
export interface Page {
  readonly access: "open" | "client" | "admin";
  readonly methods: Readonly<Partial<Record<"GET" | "POST" | "DELETE" | "OPTIONS", Answering>>>;
}

export const write = (res: ServerResponse, status: number, body: string, type = "application/json") =>
  void res.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);

export const writeJson = (res: ServerResponse, status: number, value: unknown) =>
  write(res, status, JSON.stringify(value));
