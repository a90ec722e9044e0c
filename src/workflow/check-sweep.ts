import { secondsBetween } from "./measure.ts";
import type { Ports, SweepMeasures } from "./ports.ts";

type Finding = readonly ["healthy" | "degraded", string];

/** The schedule is every two minutes; a provider who sweeps less often sets these aside with it. */
const lateSweepSeconds = 15 * 60;
/** Reminders and deadlines of policies end most waits long before. */
const oldRequestSeconds = 7 * 24 * 3600;
/** Older measures say nothing about what can be read now. */
const freshSeconds = 10 * 60;

type Known = Pick<Ports, "sweeps" | "clock">;

/** When services were compared last, and whether all of it was done. One small read, however many services there are. */
export async function checkSweep({ sweeps, clock }: Known): Promise<Finding> {
  const last = await sweeps.last();
  if (!last?.lastCompleteAt)
    return ["degraded", "no sweep has ended yet: the timer reconcile does it every two minutes"];
  const seconds = secondsBetween(new Date(last.lastCompleteAt), clock.now());
  const late = seconds > lateSweepSeconds;
  const detail = `the last complete sweep ended ${last.lastCompleteAt}, ${told(seconds)} ago; it took ${last.seconds} s`;
  const postponed = last.postponed > 0 ? `; ${last.postponed} service(s) wait to be judged anew` : "";
  return [
    late ? "degraded" : "healthy",
    `${detail}${postponed}. How old Resource Graph's data was, Azure does not tell`,
  ];
}

/** Since when the oldest request waits for policy or people, as of the last sweep. */
export async function checkOldestRequest({ sweeps, clock }: Known): Promise<Finding> {
  const last = await sweeps.last();
  if (!last) return ["healthy", "no sweep has counted them yet"];
  if (last.oldestUndecidedAt === null) return ["healthy", "no request waits for a decision"];
  const seconds = secondsBetween(new Date(last.oldestUndecidedAt), clock.now());
  const detail = `${last.undecided} wait for a decision, the oldest since ${last.oldestUndecidedAt} (${told(seconds)})`;
  return [seconds > oldRequestSeconds ? "degraded" : "healthy", detail];
}

/** The services as a fresh sweep found them, so that health does not list ten thousand of them; else as they are listed now. */
export async function listedServices(
  ports: Known & Pick<Ports, "finder">,
): Promise<Pick<SweepMeasures, "services" | "unreadable"> & { readonly trouble: string | null }> {
  // Where the journal cannot be read the check of the sweep says so, and this one has another way to its answer.
  const last = await ports.sweeps.last().catch(() => undefined);
  if (last && secondsBetween(new Date(last.at), ports.clock.now()) <= freshSeconds) return last;
  const { items, unreadable, trouble = null } = await ports.finder.list();
  return { services: items.length, unreadable, trouble };
}

function told(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
