import type { Plan, PlanFile } from "../plan/plan.ts";

/** The files of one node, each once: services that read the same content share it. */
export const filesOn = ({ services }: Pick<Plan, "services">, node: string): readonly PlanFile[] => [
  ...new Map(
    services.filter((service) => service.node === node).flatMap(({ files }) => files.map((file) => [file.path, file])),
  ).values(),
];
