import { grouped } from "../../../once.ts";
import type { Listen, Plan, Service } from "../../plan.ts";
import type { PortRow } from "../answers.ts";
import { kernelRange } from "./passages.ts";

/** Every port of every node: what services bind, what is kept for them, and the ranges that libraries and the kernel draw from. */
export function portMap(plan: Plan): readonly PortRow[] {
  const byNode = grouped(plan.services, ({ node }) => node);
  return plan.nodes.flatMap(({ name }) => {
    const here = byNode.get(name) ?? [];
    const listening = here.flatMap((service) =>
      joined(service).map((row) => ({ node: name, owner: service.id, ...row })),
    );
    const reserved = (plan.reservations[name] ?? []).flatMap((one): readonly PortRow[] => {
      const { first, last, owner, purpose, random } = one;
      if (random === true) return [{ node: name, first, last, purpose, owner, bind: null, state: "drawn" }];
      const bound = listening.some((row) => row.purpose === purpose && row.first <= last && row.last >= first);
      const whole = listening.filter((row) => row.purpose === purpose && row.first >= first && row.last <= last);
      const count = whole.reduce((sum, row) => sum + row.last - row.first + 1, 0);
      return bound && count === last - first + 1
        ? []
        : [{ node: name, first, last, purpose, owner, bind: null, state: "kept" }];
    });
    const ranks = here.filter(({ kind }) => kind === "engine").map(({ group }) => group);
    const kernel = [...new Set(ranks)].map(
      (owner): PortRow => ({ node: name, ...kernelRange, purpose: "ranks", owner, bind: null, state: "kernel" }),
    );
    return [...listening, ...reserved, ...kernel].toSorted((a, b) => a.first - b.first || a.last - b.last);
  });
}

/** Ports of one purpose on one address that follow each other are one run. */
function joined({ listens }: Service): readonly Pick<PortRow, "first" | "last" | "purpose" | "bind" | "state">[] {
  const alike = grouped(listens, ({ purpose, bind, transient }: Listen) => `${purpose} ${bind} ${transient}`);
  return [...alike.values()].flatMap((group) => {
    const runs: { first: number; last: number; listen: Listen }[] = [];
    for (const listen of group.toSorted((a, b) => a.port - b.port)) {
      const open = runs.at(-1);
      if (open !== undefined && listen.port <= open.last + 1) open.last = listen.port;
      else runs.push({ first: listen.port, last: listen.port, listen });
    }
    return runs.map(({ first, last, listen: { purpose, bind, transient } }) => ({
      ...{ first, last, purpose, bind },
      state: transient === true ? ("starts" as const) : ("listens" as const),
    }));
  });
}
