import type { Random } from "../seeded-random.ts";
import type { Latency } from "./settings.ts";

// The 99th percentile of a standard normal distribution.
const z99 = 2.3263;

/** One delay in milliseconds. A pair is the median and the 99th percentile of a log-normal distribution. */
export function drawLatency(latency: Latency, random: Random): number {
  if (typeof latency === "number") return latency;
  if (latency.p50 === 0) return 0;
  const sigma = Math.max(0, Math.log(latency.p99 / latency.p50)) / z99;
  return latency.p50 * Math.exp(sigma * standardNormal(random));
}

function standardNormal(random: Random): number {
  // Box and Muller's transform; 1 - u keeps the logarithm finite.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
