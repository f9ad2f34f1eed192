import { readdirSync, readFileSync } from "node:fs";
import type { Metrics } from "./metrics.ts";

const STEP_MS = 100;

/** What Prometheus asks of every process, and how late this one's event loop is. @returns ends the watching */
export function processMetrics(metrics: Metrics): () => void {
  const started = Date.now() / 1000 - process.uptime();
  metrics.counted("process_cpu_seconds_total", "CPU time, user and system.", () => {
    const { user, system } = process.cpuUsage();
    return [[{}, (user + system) / 1e6]];
  });
  metrics.gauge("process_resident_memory_bytes", "Resident memory.", () => [[{}, process.memoryUsage.rss()]]);
  metrics.gauge("process_heap_bytes", "JavaScript heap in use.", () => [[{}, process.memoryUsage().heapUsed]]);
  metrics.gauge("process_start_time_seconds", "When it started, since the epoch.", () => [[{}, started]]);
  metrics.gauge("process_open_fds", "Open file descriptors; one per connection.", () => rows(openDescriptors()));
  metrics.gauge("process_max_fds", "The limit on them.", () => rows(mostDescriptors()));
  return loopLag(metrics);
}

const rows = (value: number | undefined): [Record<string, string>, number][] =>
  value === undefined ? [] : [[{}, value]];

/** Undefined where there is no /proc. */
function openDescriptors(): number | undefined {
  return reading(() => readdirSync("/proc/self/fd").length);
}

function mostDescriptors(): number | undefined {
  return reading(() => {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  });
}

function reading(read: () => number | undefined): number | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** How late a timer runs, again and again: as late as everything else in this process. */
function loopLag(metrics: Metrics): () => void {
  const lag = metrics.histogram("pdctl_proxy_event_loop_lag_seconds", "How late the event loop comes to what is due.");
  let due = performance.now() + STEP_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lag.observe({}, Math.max(0, now - due) / 1000);
    due = now + STEP_MS;
  }, STEP_MS).unref();
  return () => clearInterval(timer);
}
