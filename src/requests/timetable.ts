import { addCounted } from "../policy/counted-time.ts";
import type { CountedHours, Deadline, ReviewTerms } from "../policy/review-terms.ts";
import type { ReviewerGroup, StandIn } from "../policy/reviewers.ts";
import { durationMinutes } from "../policy/time.ts";

/** A step that time brings, done once. */
export type TimeStep = "half" | "nine-tenths" | `escalation-${number}`;

/**
 * When what happens to a request that waits for people; instants in ISO 8601, computed when they were asked.
 * It is part of the request's row, so that no restart and no later policy moves it.
 */
export type Timetable = {
  readonly askedAt: string;
  /** Null: they have all the time. */
  readonly dueAt: string | null;
  readonly expiry: "leave" | "reject";
  readonly reminders: readonly { readonly step: "half" | "nine-tenths"; readonly at: string }[];
  readonly escalations: readonly {
    readonly step: TimeStep;
    readonly at: string;
    readonly from: readonly string[];
    readonly to: readonly StandIn[];
  }[];
  readonly done: readonly TimeStep[];
};

type Reminder = Timetable["reminders"][number];
type PlannedEscalation = Timetable["escalations"][number];

/** What is to be done now; an end leaves nothing else to do. */
export type DueStep =
  | { readonly kind: "expiry"; readonly expiry: Timetable["expiry"]; readonly dueAt: string }
  | { readonly kind: "escalation"; readonly escalation: PlannedEscalation }
  /** `passed` are all reminders whose time has come: people are told the latest alone. */
  | { readonly kind: "reminder"; readonly reminder: Reminder; readonly passed: readonly TimeStep[] };

const reminderShares = { half: 0.5, "nine-tenths": 0.9 } as const;

/**
 * The timetable of a request about which people were asked at `askedAt`; undefined when nothing ever happens by itself.
 *
 * The deadline that ends first is the deadline. Its reminders come at half and nine tenths of its counted time, so one that
 * counts business hours reminds in business hours. It rejects only if *every* deadline says so: rejecting is final in Azure.
 * Escalations that would come with the end or later are left out. A time that is never reached counts for nothing.
 */
export function timetableOf(
  terms: ReviewTerms,
  askedAt: string,
  done: readonly TimeStep[] = [],
): Timetable | undefined {
  const start = Date.parse(askedAt);
  const first = firstToEnd(terms.deadlines, start);
  const escalations = terms.escalations
    .flatMap(({ after, hours, from, to }) => {
      const at = timeOf(after, hours, start);
      return at === undefined || (first && at >= first.end) ? [] : [{ at, from, to }];
    })
    .sort((one, other) => one.at - other.at)
    .map((one, place) => ({ step: `escalation-${place + 1}` as const, ...one, at: isoOf(one.at) }));
  if (!first && escalations.length === 0) return undefined;
  return {
    askedAt,
    dueAt: first ? isoOf(first.end) : null,
    expiry: first && terms.deadlines.every(({ expiry }) => expiry === "reject") ? "reject" : "leave",
    reminders: first ? remindersOf(first.deadline, start) : [],
    escalations,
    done,
  };
}

/**
 * The timetable of a question whose end is a moment, such as the end of an approval: reminders at half and nine tenths of the
 * time until then, and the escalations of `terms` that come before. The deadlines of `terms` count for nothing here.
 */
export function timetableUntil(
  dueAt: string,
  expiry: Timetable["expiry"],
  terms: Pick<ReviewTerms, "escalations">,
  askedAt: string,
): Timetable {
  const before = timetableOf({ via: "card", deadlines: [], escalations: terms.escalations }, askedAt);
  const plain: Timetable = { askedAt, dueAt: null, expiry, reminders: [], escalations: [], done: [] };
  return endingAt(before ?? plain, { dueAt, expiry }, new Date(askedAt));
}

/** The timetable with another end, told at `now`: its reminders come anew, and no escalation comes after it. */
export function endingAt(
  timetable: Timetable,
  { dueAt, expiry }: { readonly dueAt: string; readonly expiry: Timetable["expiry"] },
  now: Date,
): Timetable {
  const [start, end] = [now.getTime(), Date.parse(dueAt)];
  const reminders = (["half", "nine-tenths"] as const).map((step) => ({
    step,
    at: isoOf(Math.round(start + Math.max(0, end - start) * reminderShares[step])),
  }));
  const escalations = timetable.escalations.filter(({ at }) => Date.parse(at) < end);
  const done = timetable.done.filter((step) => escalations.some((one) => one.step === step));
  return { ...timetable, dueAt, expiry, reminders, escalations, done };
}

/**
 * The timetable under other terms than those of `before`, for the same people, counted from when they were asked.
 *
 * A reminder that they had stays done unless its time lies ahead again; of the escalations those stay done that bring
 * the same people in. A deadline that would be over already, though theirs is not, is counted from now: nobody misses a
 * time that was never told.
 */
export function retimed(before: Timetable | undefined, terms: ReviewTerms, now: Date): Timetable | undefined {
  if (!before) return timetableOf(terms, now.toISOString());
  const anew = timetableOf(terms, before.askedAt);
  const fresh = isOver(anew, now) && !isOver(before, now) ? timetableOf(terms, now.toISOString()) : anew;
  if (!fresh) return undefined;
  const reminded = fresh.reminders.filter(({ step, at }) => before.done.includes(step) && hasCome(at, now));
  const known = before.escalations.filter(({ step }) => before.done.includes(step)).map(peopleOf);
  const escalated = fresh.escalations.filter((one) => known.includes(peopleOf(one)));
  const done = [...reminded, ...escalated].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return { ...fresh, done: done.map(({ step }) => step) };
}

/** The same times counted from another moment, with nothing done yet. */
export function begunAt(timetable: Timetable, now: Date): Timetable {
  const ahead = now.getTime() - Date.parse(timetable.askedAt);
  const moved = (at: string) => isoOf(Date.parse(at) + ahead);
  return {
    askedAt: now.toISOString(),
    dueAt: timetable.dueAt === null ? null : moved(timetable.dueAt),
    expiry: timetable.expiry,
    reminders: timetable.reminders.map(({ step, at }) => ({ step, at: moved(at) })),
    escalations: timetable.escalations.map((one) => ({ ...one, at: moved(one.at) })),
    done: [],
  };
}

/** The groups with those who may stand in for them by now. */
export function withStandIns(
  reviewers: readonly ReviewerGroup[],
  timetable: Timetable | undefined,
): readonly ReviewerGroup[] {
  const come = timetable?.escalations.filter(({ step }) => timetable.done.includes(step)) ?? [];
  return reviewers.map(({ standIns: _, ...group }) => {
    const standIns = come.flatMap(({ from, to }) => (holds(from, group.group) ? to : []));
    return standIns.length === 0 ? group : { ...group, standIns: unionOf(standIns, group.group) };
  });
}

/** What time has brought and nobody has done, the first to do; undefined when nothing is due. */
export function dueStep(timetable: Timetable, now: Date): DueStep | undefined {
  const { dueAt, expiry, done } = timetable;
  if (dueAt !== null && hasCome(dueAt, now)) return { kind: "expiry", expiry, dueAt };
  const isDue = ({ step, at }: Pick<PlannedEscalation, "step" | "at">) => !done.includes(step) && hasCome(at, now);
  const escalation = timetable.escalations.find(isDue);
  if (escalation) return { kind: "escalation", escalation };
  const passed = timetable.reminders.filter(isDue);
  const reminder = passed.at(-1);
  return reminder && { kind: "reminder", reminder, passed: passed.map(({ step }) => step) };
}

/** When the next step is to be done, which may be in the past; undefined when none is left. */
export function nextStepAt({ dueAt, reminders, escalations, done }: Timetable): Date | undefined {
  const left = [...reminders, ...escalations].filter(({ step }) => !done.includes(step)).map(({ at }) => at);
  const times = [...left, ...(dueAt === null ? [] : [dueAt])].map((at) => Date.parse(at));
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

/** The timetable after these steps. */
export function withDone(timetable: Timetable, steps: readonly TimeStep[]): Timetable {
  return { ...timetable, done: [...timetable.done, ...steps] };
}

type Ending = { readonly deadline: Deadline; readonly end: number };

function firstToEnd(deadlines: readonly Deadline[], start: number): Ending | undefined {
  return deadlines
    .flatMap((deadline): Ending[] => {
      const end = timeOf(deadline.within, deadline.hours, start);
      return end === undefined ? [] : [{ deadline, end }];
    })
    .sort((one, other) => one.end - other.end)[0];
}

function remindersOf({ within, hours }: Deadline, start: number): readonly Reminder[] {
  return (["half", "nine-tenths"] as const).flatMap((step) => {
    const at = timeOf(within, hours, start, reminderShares[step]);
    return at === undefined ? [] : [{ step, at: isoOf(at) }];
  });
}

/** Undefined for a time that never comes, and for a duration of no length: nobody could keep to it. */
function timeOf(duration: string, hours: CountedHours | null, start: number, share = 1): number | undefined {
  const minutes = durationMinutes(duration) ?? 0;
  const at = minutes > 0 ? addCounted(start, minutes * share, hours) : Number.POSITIVE_INFINITY;
  return Number.isFinite(at) ? Math.round(at) : undefined;
}

function isOver(timetable: Timetable | undefined, now: Date): boolean {
  return typeof timetable?.dueAt === "string" && hasCome(timetable.dueAt, now);
}

function hasCome(at: string, now: Date): boolean {
  return Date.parse(at) <= now.getTime();
}

function isoOf(instant: number): string {
  return new Date(instant).toISOString();
}

function peopleOf({ from, to }: Pick<PlannedEscalation, "from" | "to">): string {
  const ids = (groups: readonly string[]) => groups.map((group) => group.toLowerCase()).sort();
  return [...ids(from), ">", ...ids(to.map(({ group }) => group))].join(" ");
}

function holds(groups: readonly string[], group: string): boolean {
  return groups.some((one) => one.toLowerCase() === group.toLowerCase());
}

/** Each group once, with all its channels; the group that is stood in for is no stand-in of itself. */
function unionOf(standIns: readonly StandIn[], of: string): readonly StandIn[] {
  const byGroup = new Map<string, StandIn>();
  for (const one of standIns) {
    const key = one.group.toLowerCase();
    if (key === of.toLowerCase()) continue;
    const known = byGroup.get(key);
    const channels = [...new Set([...(known?.channels ?? []), ...(one.channels ?? [])])];
    byGroup.set(key, { ...(known ?? one), ...(channels.length > 0 ? { channels } : {}) });
  }
  return [...byGroup.values()];
}
