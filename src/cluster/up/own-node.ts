import { UserError } from "../../errors.ts";
import type { Facts } from "../../facts/index.ts";
import type { Plan } from "../../plan/plan.ts";

/** The machine that the launcher's own Node was built for, as a node names itself. */
export interface Build {
  /** As `uname -sm` says it. */
  readonly platform: string;
  /** Oldest glibc that it runs on; null: it is not built on glibc. */
  readonly glibc: string | null;
}

/**
 * A node without Node >= 20 gets the launcher's. Where that cannot run, it is said before anything is sent: the dynamic loader's
 * own words would name neither the reason nor the choices.
 */
export function ownNode(plan: Plan, facts: readonly Facts[], build: () => Build = launcherBuild): void {
  const sent = plan.services.filter(({ files }) => files.some((file) => "program" in file && file.program === "node"));
  for (const { node } of sent) {
    const said = facts.find((one) => one.node === node);
    const why = said === undefined ? undefined : misfit(said, build());
    if (why === undefined) continue;
    const remedy = `put Node >= 20 on ${node}, or run pdctl from a machine like it`;
    throw new UserError("node.unfit", {
      node,
      why: `it has no Node >= 20, and this machine's cannot run there: ${why}`,
      remedy,
    });
  }
}

/** Why a build does not run on a node; undefined: it does. */
export function misfit({ platform, libc }: Pick<Facts, "platform" | "libc">, build: Build): string | undefined {
  if (platform !== build.platform) return `it is ${platform}, this machine is ${build.platform}`;
  if (libc === null) return "its C library is not known";
  const glibc = /^glibc (\d+)\.(\d+)/.exec(libc);
  if ((glibc === null) !== (build.glibc === null))
    return `its C library is ${libc}, this machine's ${build.glibc === null ? "is not glibc" : "is glibc"}`;
  const [major = 0, minor = 0] = (build.glibc ?? "").split(".").map(Number);
  if (glibc === null || Number(glibc[1]) > major || (Number(glibc[1]) === major && Number(glibc[2]) >= minor))
    return undefined;
  return `it has ${libc}, this machine's Node needs ${build.glibc}`;
}

const MACHINES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64", ppc64: "ppc64le" };

function launcherBuild(): Build {
  const { header } = process.report.getReport() as { header?: { glibcVersionCompiler?: string } };
  const system = process.platform === "linux" ? "Linux" : process.platform === "darwin" ? "Darwin" : process.platform;
  return {
    platform: `${system} ${MACHINES[process.arch] ?? process.arch}`,
    glibc: header?.glibcVersionCompiler ?? null,
  };
}
