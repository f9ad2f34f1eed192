import { defineConfig } from "vitest/config";

const isolated = process.env.PDCTL_ISOLATED !== undefined;

// unit: pure rooms and loopback sockets, one process. hosts: real sshd hosts in a network namespace, one file at a time.
export default defineConfig({
  test: {
    reporters: ["default", "./test/count-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/hosts/**", "test/chaos/**", "test/real/**"],
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
    ],
  },
});
