/**
 * Sessions to nodes: SSH, or the launcher's own machine for `host: local`.
 *
 *     const sessions = await openSessions(addresses, {}, signal);          // Map<node, Session | Error>, never rejects
 *     const outcomes = await onNodes(sessions, (session) => …, signal);    // one Outcome per node, in order
 *     http.get({ host: "10.0.0.1", port: 8100, path: "/health", agent: sessionAgent(session) });
 *     for (const session of sessions.values()) if (!(session instanceof Error)) await session.close();
 *
 * What fails is a UserError: node.unreachable, node.silent, node.login-refused, node.host-key-unknown, node.host-key-changed
 * while opening; node.lost, node.silent, node.command, node.unfit afterwards. The user's interrupt is the signal's reason.
 */
export { sessionAgent } from "./agent.ts";
export { assigned } from "./boot.ts";
export { openLocal } from "./local.ts";
export { type Outcome, onNodes } from "./on-nodes.ts";
export { openEach, openSession, openSessions } from "./open.ts";
export type { Answer, Call, NodeAddress, SeenKey, Session, SshOptions, StreamAsk } from "./session.ts";
export type { SshSetup } from "./ssh-config.ts";
export { lookAtHostKeys } from "./trust.ts";
