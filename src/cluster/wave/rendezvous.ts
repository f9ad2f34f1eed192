import type { Plan, Service } from "../../plan/plan.ts";
import type { Meeting } from "../../supervise/index.ts";

/** Where the engines of a group meet before any of them is ready: a port of its head. */
export interface Rendezvous {
  readonly head: Member;
  readonly ports: readonly number[];
  /** `10.0.0.1:13345` */
  readonly address: string;
  readonly others: readonly Member[];
}
type Member = Pick<Service, "id" | "node">;

const MEETING = new Set(["dp_rpc", "master"]);

/** Groups of these services whose engines have to meet. Source: launch.md §1.5, §1.7. */
export function rendezvousOf({ services }: Plan, awaited: readonly Service[]): readonly Rendezvous[] {
  const groups = [...new Set(awaited.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const members = services.filter((one) => one.group === group);
    return members.flatMap((head) => {
      const listens = head.listens.filter(({ purpose }) => MEETING.has(purpose));
      const [first] = listens;
      const others = members.filter((one) => one !== head);
      if (first === undefined || others.length === 0) return [];
      return [{ head, ports: listens.map(({ port }) => port), address: `${first.bind}:${first.port}`, others }];
    });
  });
}

/**
 * Who a head waits for, while it says nothing itself: engines that live, can be looked into, and have no connection to it although it
 * listens. By service, what to say of it. Source: vllm-cpu.md §6.
 */
export function missingAt(
  { head, ports, address, others }: Rendezvous,
  meetings: readonly Meeting[],
): ReadonlyMap<string, string> {
  const seen = new Map(meetings.map((one) => [one.service, one]));
  const shares = (those: readonly number[] = []) => ports.some((port) => those.includes(port));
  if (!shares(seen.get(head.id)?.listens)) return new Map();
  return new Map(
    others.flatMap(({ id }): [string, string][] => {
      const one = seen.get(id);
      if (one === undefined || shares(one.joined)) return [];
      return [[id, `${shares(one.dials) ? "gets no answer from" : "has not come to"} ${head.id} on ${address}`]];
    }),
  );
}
