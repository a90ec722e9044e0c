import type { Appended } from "./audit-appends.ts";
import type { Answered } from "./audit-asking.ts";
import type { Spread } from "./audit-meter.ts";
import type { PageKind } from "./audit-questions.ts";
import type { Measured } from "./audit-run.ts";
import type { Design } from "./audit-stores.ts";

/** The targets: requests and rows are counted and must hold; time is noise on such a store and only told. */
const requestsAtMost = 3;
const readRatioAtMost = 1.3;
const timeRatioAtMost = 1.5;

/** Whether a page of a single filter cost no more than it may; null for several filters, whose cost is only told. */
export function isMet({ judged, requests, readRatio }: Answered): boolean | null {
  if (!judged) return null;
  return requests.most <= requestsAtMost && readRatio.most <= readRatioAtMost;
}

/** Everything as tables; false when a counted target is missed. */
export function report(
  sizes: readonly Measured[],
  appended: readonly Appended[],
  write: (line?: string) => void,
): boolean {
  for (const size of sizes) {
    write(`\n${whole(size.events)} events, each question about ${size.samples} of them`);
    storesOf(size, write);
    answersOf(size, write);
    peersOf(size, write);
    walksOf(size, write);
  }
  appendsOf(appended, write);
  flatness(sizes, write);
  return verdict(sizes, write);
}

type Write = (line?: string) => void;

function storesOf({ stores, leftOut }: Measured, write: Write): void {
  table(write, ["store", "rows written", "rows/s", "Azurite's memory"], stores, (store) => [
    store.name,
    whole(store.rows),
    whole(store.rows / store.seconds),
    store.memoryMiB === undefined ? "unknown" : `${whole(store.memoryMiB)} MiB`,
  ]);
  if (leftOut.length > 0) write(`  left out: ${leftOut.join(", ")}`);
}

function answersOf({ answers }: Measured, write: Write): void {
  const head = [
    "question",
    "page",
    "rows",
    "requests",
    "read/row",
    "KiB",
    "p50 ms",
    "p95 ms",
    "direct",
    "ratio",
    "looked at",
    "",
  ];
  table(
    write,
    head,
    answers,
    (answer) => [
      answer.question,
      pageName(answer.page),
      whole(answer.rows.p50),
      whole(answer.requests.most),
      answer.readRatio.most.toFixed(3),
      whole(answer.bytes.p50 / 1024),
      answer.ms.p50.toFixed(1),
      answer.ms.p95.toFixed(1),
      answer.floorMs ? answer.floorMs.p50.toFixed(1) : "-",
      timeRatio(answer)?.toFixed(2) ?? "-",
      answer.page.deep ? "-" : whole(answer.lookedAt.most),
      { true: "PASS", false: "FAIL", null: "told" }[String(isMet(answer))] ?? "",
    ],
    2,
  );
}

// The first 50 rows of each question: requests, rows that storage has to look at, and time.
function peersOf({ answers, peers }: Measured, write: Write): void {
  if (peers.length === 0) return;
  const cell = (one: Pick<Answered, "requests" | "lookedAt" | "ms"> | undefined) =>
    one ? `${whole(one.requests.most)} / ${whole(one.lookedAt.most)} / ${one.ms.p50.toFixed(1)}` : "-";
  const ours = answers.filter(({ page }) => page.top === 50 && !page.deep);
  const peer = (name: string, kind: Design["kind"]) =>
    peers.find(({ question, design }) => question === name && design === kind);
  const names = [...new Set(peers.map(({ question }) => question))];
  const head = ["requests / rows looked at / p50 ms", "the index", "a partition a day", "one partition"];
  table(write, head, names, (name) => [
    name,
    cell(ours.find(({ question }) => question === name)),
    cell(peer(name, "by day")),
    cell(peer(name, "in one")),
  ]);
}

function walksOf({ verified, exported }: Measured, write: Write): void {
  write();
  if (verified) {
    write(
      `  verify  ${whole(verified.events)} events  ${whole(verified.perSecond)}/s  ${whole(verified.requests)} requests`,
    );
  }
  if (exported) {
    const { begin, peak, end } = exported;
    const grown = (which: "rssMiB" | "heapMiB") =>
      `${begin[which].toFixed(0)} at the beginning, ${peak[which].toFixed(0)} at most, ${end[which].toFixed(0)} at the end`;
    write(
      `  export  ${whole(exported.events)} events  ${whole(exported.perSecond)}/s  ${whole(exported.requests)} requests`,
    );
    write(`          heap in MiB: ${grown("heapMiB")}; rss: ${grown("rssMiB")}`);
  }
}

function appendsOf(appended: readonly Appended[], write: Write): void {
  const head = ["appends", "commits", "commits/s", "p50 ms", "p95 ms", "again"];
  table(write, head, appended, ({ name, commits, perSecond, ms, again }) => [
    name,
    whole(commits),
    whole(perSecond),
    ms.p50.toFixed(1),
    ms.p95.toFixed(1),
    whole(again),
  ]);
}

// The same question at every size: flat is what stays the same.
function flatness(sizes: readonly Measured[], write: Write): void {
  const names = [...new Set(sizes.flatMap(({ answers }) => answers.map(({ question }) => question)))];
  const over = sizes.map(({ events }) => `at ${whole(events)}`);
  table(write, ["requests / read per row / looked at", ...over], names, (name) => [
    name,
    ...sizes.map(({ answers }) => {
      const mine = answers.filter(({ question }) => question === name);
      const most = (of: (answer: Answered) => Spread) => Math.max(...mine.map((answer) => of(answer).most));
      const looked = whole(most(({ lookedAt }) => lookedAt));
      return `${most(({ requests }) => requests)} / ${most(({ readRatio }) => readRatio).toFixed(3)} / ${looked}`;
    }),
  ]);
}

function verdict(sizes: readonly Measured[], write: Write): boolean {
  const judged = sizes.flatMap(({ answers }) => answers).filter(({ judged }) => judged);
  const missed = judged.filter((answer) => isMet(answer) === false);
  const ratios = judged.flatMap((answer) => timeRatio(answer) ?? []);
  const slow = ratios.filter((ratio) => ratio > timeRatioAtMost).length;
  // Who measured nothing has met nothing.
  const met = judged.length > 0 && missed.length === 0;
  write(
    `\n${met ? "PASS" : "FAIL"}  at most ${requestsAtMost} requests and ${readRatioAtMost} rows read for each row: ${judged.length - missed.length} of ${judged.length} pages`,
  );
  write(`told  at most ${timeRatioAtMost} times the direct read: ${ratios.length - slow} of ${ratios.length} pages`);
  return met;
}

function timeRatio({ ms, floorMs }: Answered): number | undefined {
  return floorMs ? ms.p50 / floorMs.p50 : undefined;
}

function pageName({ top, deep }: PageKind): string {
  return `${deep ? "deep" : "first"} ${top}`;
}

const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function whole(value: number): string {
  return Number.isFinite(value) ? numbers.format(value) : "-";
}

/** The first `words` columns begin at the left; numbers end at the right. */
function table<T>(
  write: Write,
  head: readonly string[],
  rows: readonly T[],
  cells: (row: T) => readonly string[],
  words = 1,
): void {
  if (rows.length === 0) return;
  const lines = [head, ...rows.map(cells)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  write();
  for (const line of lines) {
    const padded = line.map((cell, at) => (at < words ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)));
    write(`  ${padded.join("  ")}`);
  }
}
