import type { Invoke } from "./invoke.ts";
import type { FunctionOf } from "./load-app.ts";
import { pause } from "./pause.ts";
import { invokeWithRetry } from "./retry.ts";
import { isSubMinute, type Schedule } from "./schedule.ts";
import type { Claim, ClaimTimer } from "./timer-lease.ts";
import { readTimerStatus, type TimerStatus, writeTimerStatus } from "./timer-status.ts";

export type TimerOptions = {
  readonly fn: FunctionOf<"timerTrigger">;
  readonly schedule: Schedule;
  readonly invoke: Invoke;
  readonly claim: ClaimTimer;
  readonly stateDir: string;
  readonly now: () => Date;
  readonly log: (line: string) => void;
};
export type TimerListener = {
  readonly stop: () => Promise<void>;
  /** One run out of turn, as the admin route asks for it: not locked, not recorded. */
  readonly runNow: () => Promise<void>;
};
type Occurrence = { readonly at: Date; readonly isPastDue: boolean };
type Timer = TimerOptions & { readonly monitors: boolean; readonly signal: AbortSignal };

const NEVER = new Date(8_640_000_000_000_000);
/** Sleeps are cut short, so that a moved clock (a test's, or a laptop's that was shut) is noticed. */
const LONGEST_SLEEP_MS = 100;
const BUSY_LOCK_MS = 500;

/** Runs a timer function by its schedule (A.3 nos. 27-30); `stop` waits for a run that has begun. */
export function startTimer(options: TimerOptions): TimerListener {
  const stopping = new AbortController();
  const monitors = options.fn.trigger.useMonitor && !isSubMinute(options.schedule, options.now());
  const timer = { ...options, monitors, signal: stopping.signal };
  const running = tick(timer).catch((error: unknown) =>
    options.log(`error: timer ${options.fn.name} ended: ${String(error)}`),
  );
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
    runNow: async () => {
      const status = statusAt(timer, undefined, options.now());
      await options.invoke(options.fn, timerInput(timer, { at: options.now(), isPastDue: false }, status));
    },
  };
}

async function tick(timer: Timer): Promise<void> {
  let status = await initialStatus(timer);
  const first = firstRun(timer, status);
  if (first !== undefined) status = await runAndRecord(timer, first, status);
  while (!timer.signal.aborted) {
    const at = new Date(status.Next);
    if (await sleepUntil(at, timer)) status = await runAndRecord(timer, { at, isPastDue: false }, status);
  }
}

/** The stored status, unless the schedule was changed since: then it begins anew. */
async function initialStatus(timer: Timer): Promise<TimerStatus> {
  const stored = timer.monitors ? await readTimerStatus(timer.stateDir, timer.fn.name) : undefined;
  const from = stored === undefined ? undefined : new Date(stored.Last ?? stored.LastUpdated);
  if (stored !== undefined && from !== undefined && timer.schedule.next(from)?.toISOString() === stored.Next)
    return stored;
  const status = statusAt(timer, undefined, timer.now());
  await record(timer, status);
  return status;
}

/** No. 29: one immediate run if an occurrence was missed; otherwise `runOnStartup` decides. */
function firstRun(timer: Timer, status: TimerStatus): Occurrence | undefined {
  const next = new Date(status.Next);
  if (timer.now() > next) return { at: next, isPastDue: true };
  return timer.fn.trigger.runOnStartup ? { at: timer.now(), isPastDue: false } : undefined;
}

async function runAndRecord(timer: Timer, occurrence: Occurrence, status: TimerStatus): Promise<TimerStatus> {
  try {
    await run(timer, occurrence, status);
  } catch (error) {
    timer.log(`error: timer ${timer.fn.name} and its lock in storage: ${String(error)}`);
  }
  const ended = timer.now();
  const after = occurrence.isPastDue || ended > occurrence.at ? ended : occurrence.at;
  const recorded = statusAt(timer, after, after);
  await record(timer, recorded);
  return recorded;
}

async function run(timer: Timer, occurrence: Occurrence, status: TimerStatus): Promise<void> {
  const claim = await claimOccurrence(timer, occurrence);
  if (claim === undefined) return;
  try {
    await invokeWithRetry(timer.invoke, timer.fn, timerInput(timer, occurrence, status), timer.signal);
  } catch {
    // The invocation has logged it; an error does not stop the schedule (no. 30).
  }
  await claim.end();
}

/** A missed occurrence waits for the lock, which a killed host may hold for a while; one in its turn is left to who has it. */
async function claimOccurrence(
  { claim, fn, signal }: Timer,
  { at, isPastDue }: Occurrence,
): Promise<Claim | undefined> {
  for (;;) {
    const answer = await claim(fn.name, at);
    if (typeof answer === "object") return answer;
    const waits = answer === "busy" && isPastDue;
    if (!waits || !(await pause(BUSY_LOCK_MS, signal))) return undefined;
  }
}

function timerInput(timer: Timer, { isPastDue }: Occurrence, status: TimerStatus) {
  const none = "0001-01-01T00:00:00";
  const json = {
    Schedule: { AdjustForDST: timer.schedule.adjustForDst },
    ScheduleStatus: { Last: status.Last ?? none, Next: status.Next, LastUpdated: status.LastUpdated },
    IsPastDue: isPastDue,
  };
  return { input: { json: JSON.stringify(json) } };
}

function statusAt(timer: Timer, last: Date | undefined, updated: Date): TimerStatus {
  const next = (timer.schedule.next(updated) ?? NEVER).toISOString();
  return { ...(last && { Last: last.toISOString() }), Next: next, LastUpdated: updated.toISOString() };
}

async function record(timer: Timer, status: TimerStatus): Promise<void> {
  if (timer.monitors) await writeTimerStatus(timer.stateDir, timer.fn.name, status);
}

async function sleepUntil(at: Date, { now, signal }: Timer): Promise<boolean> {
  for (;;) {
    const left = at.getTime() - now().getTime();
    if (left <= 0) return true;
    if (!(await pause(Math.min(left, LONGEST_SLEEP_MS), signal))) return false;
  }
}
