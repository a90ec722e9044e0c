import { readFileSync } from "node:fs";

/** What a process took so far: seconds of CPU, and the most memory that it held. */
export type Cost = { readonly cpuSeconds: number; readonly peakMiB: number };

// Linux counts in hundredths of a second, whatever the kernel's own tick.
const ticksPerSecond = 100;

/** The cost of any process of this machine, by /proc; undefined where there is none, or where the process is gone. */
export function costOf(pid: number): Cost | undefined {
  try {
    // The name in brackets may hold anything; what follows is numbers.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return {
      cpuSeconds: (Number(stat[11]) + Number(stat[12])) / ticksPerSecond,
      peakMiB: Math.round(Number(peak) / 1024),
    };
  } catch {
    // Not Linux: the figure is left out.
    return undefined;
  }
}

/** Milliseconds of CPU for each of `count`, and the peak memory, in words. */
export function said(before: Cost | undefined, after: Cost | undefined, count: number): string {
  if (!before || !after) return "CPU and memory are told on Linux only";
  const each = ((after.cpuSeconds - before.cpuSeconds) * 1000) / count;
  return `${each.toFixed(1)} ms of CPU each, ${after.peakMiB} MiB at most`;
}

/** The value below which a share of the values lies; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
