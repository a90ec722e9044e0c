import { didYouMean, type Findings, type Position } from "./faults.ts";
import type { PolicyLimits } from "./limits.ts";
import type { CountedHours } from "./review-terms.ts";
import { checkName, readChoice, readFields, readMap, readScalars, readText, requireField, show } from "./shape.ts";
import { parseInstant } from "./time.ts";
import { isTimezone, rangeWindow, type Weekday, type Window, weekdays, weeklyWindow } from "./windows.ts";
import type { MapEntry, TreeNode } from "./yaml-tree.ts";

/** The named windows of one policy. */
export type Windows = {
  readonly use: (name: string, at: Position, findings: Findings) => Window | undefined;
  /** A weekly window by value, or undefined after reporting that there is none or that it is a range. */
  readonly hours: (name: string, at: Position, findings: Findings) => CountedHours | undefined;
  readonly warnUnused: () => void;
};

export function readWindows(node: TreeNode | undefined, limits: PolicyLimits, findings: Findings): Windows {
  const windows = new Map<string, { readonly window: Window | undefined; readonly at: Position }>();
  const used = new Set<string>();
  for (const entry of (node && readMap(node, "windows", findings))?.entries.values() ?? []) {
    if (!checkName(entry.key, entry.at, "window", findings)) continue;
    windows.set(entry.key, { window: readWindow(entry, findings), at: entry.at });
  }
  if (node && windows.size > limits.windows) findings.error(node.at, `more than ${limits.windows} windows`);
  const use: Windows["use"] = (name, at, reporting) => {
    used.add(name);
    if (!windows.has(name)) reporting.error(at, `no window named ${name}${didYouMean(name, windows.keys())}`);
    return windows.get(name)?.window;
  };
  return {
    use,
    hours: (name, at, reporting) => {
      const window = use(name, at, reporting);
      if (window && !window.weekly) {
        reporting.error(
          at,
          `hours are those of a week, and the window ${name} is a range; name one with days, from, to`,
        );
      }
      return window?.weekly && { name, ...window.weekly };
    },
    warnUnused: () => {
      for (const [name, { at }] of windows) {
        if (!used.has(name)) findings.warn(at, "unused", `no rule uses the window ${name}`);
      }
    },
  };
}

const weeklyFields = ["days", "from", "to", "timezone"] as const;
const rangeFields = ["start", "end"] as const;

function readWindow(entry: MapEntry, findings: Findings): Window | undefined {
  const what = `the window ${entry.key}`;
  const fields = readFields(entry.value, what, [...weeklyFields, ...rangeFields], findings);
  if (!fields) return undefined;
  const weekly = weeklyFields.some((key) => fields.has(key));
  const range = rangeFields.some((key) => fields.has(key));
  if (weekly === range) {
    findings.error(entry.at, `${what} is either days, from, to, timezone or start, end`);
    return undefined;
  }
  return weekly ? readWeekly(fields, what, entry.at, findings) : readRange(fields, what, entry.at, findings);
}

type Fields = ReadonlyMap<string, MapEntry>;

function readRange(fields: Fields, what: string, at: Position, findings: Findings): Window | undefined {
  const start = readInstant(requireField(fields, "start", what, at, findings), "start", findings);
  const end = readInstant(requireField(fields, "end", what, at, findings), "end", findings);
  if (start === undefined || end === undefined) return undefined;
  if (start < end) return rangeWindow(start, end);
  findings.error(fields.get("end")?.at ?? at, `${what} ends before it starts`);
  return undefined;
}

/** An instant in milliseconds; a date alone is 00:00:00Z on that day. */
export function readInstant(node: TreeNode | undefined, what: string, findings: Findings): number | undefined {
  const text = readText(node, what, findings);
  if (text === undefined || !node) return undefined;
  const instant = parseInstant(text);
  if (instant === undefined) {
    findings.error(node.at, `${what} is a date or an instant such as 2026-12-18T00:00:00Z; ${show(node)} is not`);
  }
  return instant;
}

function readWeekly(fields: Fields, what: string, at: Position, findings: Findings): Window | undefined {
  const days = readDays(requireField(fields, "days", what, at, findings), findings);
  const from = readClockTime(requireField(fields, "from", what, at, findings), "from", findings);
  const to = readClockTime(requireField(fields, "to", what, at, findings), "to", findings);
  const timezone = readTimezone(requireField(fields, "timezone", what, at, findings), findings);
  if (!days || from === undefined || to === undefined || timezone === undefined) return undefined;
  return weeklyWindow({ days, from, to, timezone });
}

function readDays(node: TreeNode | undefined, findings: Findings): readonly Weekday[] | undefined {
  const days = new Set<Weekday>();
  for (const item of readScalars(node, "days", findings) ?? []) {
    const day = readChoice(item, "a day", weekdays, findings);
    if (day === undefined) continue;
    if (days.has(day)) findings.warn(item.at, "duplicate-entry", `${day} stands twice in days`);
    days.add(day);
  }
  return days.size === 0 ? undefined : [...days];
}

/** "00:00" to "23:59". */
export const clockTimePattern = /^([01]\d|2[0-3]):([0-5]\d)$/;

function readClockTime(node: TreeNode | undefined, what: string, findings: Findings): number | undefined {
  if (!node) return undefined;
  const text = node.kind === "scalar" && typeof node.value === "string" ? node.value : "";
  const match = clockTimePattern.exec(text);
  if (match) return Number(match[1]) * 60 + Number(match[2]);
  const hint = text === "24:00" ? '; write "00:00", which runs to midnight' : "";
  findings.error(node.at, `${what} is a time from "00:00" to "23:59"; ${show(node)} is not${hint}`);
  return undefined;
}

function readTimezone(node: TreeNode | undefined, findings: Findings): string | undefined {
  const name = readText(node, "timezone", findings);
  if (name === undefined || !node || isTimezone(name)) return name;
  findings.error(node.at, `timezone is a name such as Europe/Stockholm; ${show(node)} is not one`);
  return undefined;
}
