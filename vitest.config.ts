import { defineConfig } from "vitest/config";

const isolated = process.env.PDCTL_ISOLATED !== undefined;

/** Real vLLM, one pair of engines at a time. Only `npm run test:real` has it: it takes minutes and 6 GB of packages. */
const real = {
  test: {
    name: "real",
    include: ["test/real/**/*.test.ts"],
    pool: "forks" as const,
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
};

/** Real docker, podman and systemd, with daemons of their own: `npm run test:runtimes`. */
const runtimes = {
  test: {
    name: "runtimes",
    include: ["test/runtimes/**/*.test.ts"],
    pool: "forks" as const,
    fileParallelism: false,
    testTimeout: 60_000,
  },
};

// unit: pure rooms and loopback sockets, one process. hosts: real sshd hosts in a network namespace, one file at a time.
export default defineConfig({
  test: {
    reporters: ["default", "./test/count-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/hosts/**", "test/chaos/**", "test/real/**", "test/runtimes/**"],
          pool: "forks",
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "hosts",
          include: ["test/hosts/**/*.test.ts", "test/chaos/**/*.test.ts"],
          globalSetup: ["test/hosts/global-setup.ts"],
          ...(isolated ? {} : { runner: "./test/hosts/skipping-runner.ts" }),
          pool: "forks",
          fileParallelism: false,
          sequence: { groupOrder: 1 }, // after unit: their limits are times
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      ...(process.env.PDCTL_REAL === undefined ? [] : [real]),
      ...(process.env.PDCTL_RUNTIMES === undefined ? [] : [runtimes]),
    ],
  },
});
