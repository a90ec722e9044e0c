import type { Catalogue, Column, Filter } from "./audit-catalogue.ts";
import type { Letter } from "./audit-stores.ts";

/** What an auditor asks about one event that is known; every sample asks about another. */
export type Question = {
  readonly name: string;
  /** The partitions of the index that answer it. */
  readonly letter: Letter;
  readonly by: readonly Column[];
  readonly ranged: boolean;
  /** Whether an event is one to ask about. */
  readonly about?: (catalogue: Catalogue, row: number) => boolean;
};

const byPerson = (catalogue: Catalogue, row: number) => catalogue.valueOf(row, "actor") !== "plgate";
const byRobot = (catalogue: Catalogue, row: number) => catalogue.valueOf(row, "actor") === "plgate";
const linked = (catalogue: Catalogue, row: number) => catalogue.valueOf(row, "link") !== null;

const single: readonly Omit<Question, "ranged">[] = [
  { name: "service", letter: "s", by: ["service"] },
  { name: "consumer", letter: "c", by: ["consumer"] },
  { name: "actor: a person", letter: "a", by: ["actor"], about: byPerson },
  { name: "actor: plgate", letter: "a", by: ["actor"], about: byRobot },
  { name: "kind", letter: "k", by: ["kind"] },
  { name: "request", letter: "q", by: ["request"] },
  { name: "link", letter: "l", by: ["link"], about: linked },
];
const several: readonly Omit<Question, "ranged">[] = [
  { name: "consumer and kind", letter: "c", by: ["consumer", "kind"] },
  { name: "service and a person", letter: "s", by: ["service", "actor"], about: byPerson },
  { name: "consumer and service", letter: "c", by: ["consumer", "service"] },
  { name: "plgate and kind", letter: "k", by: ["actor", "kind"], about: byRobot },
];

/** Every filter alone, with and without a time range, and some together. */
export const questions: readonly Question[] = [
  { name: "everything", letter: "t", by: [], ranged: false },
  { name: "time range", letter: "t", by: [], ranged: true },
  ...single.flatMap((question) => [
    { ...question, ranged: false },
    { ...question, name: `${question.name}, time range`, ranged: true },
  ]),
  ...several.map((question) => ({ ...question, name: `${question.name}, time range`, ranged: true })),
];

/** Which page is asked for: how many rows, and whether it is the first or one that many rows come before. */
export type PageKind = { readonly top: number; readonly deep: boolean };
export const pageKinds: readonly PageKind[] = [50, 1000].flatMap((top) => [
  { top, deep: false },
  { top, deep: true },
]);

const rangeMs = 30 * 24 * 3_600_000;

/** The filter of a question about the `sample`-th of so many events, spread over the history; undefined when there is none. */
export function filterOf(
  question: Question,
  catalogue: Catalogue,
  sample: number,
  samples: number,
): Filter | undefined {
  const row = eventFor(question, catalogue, Math.floor(((sample + 0.5) / samples) * catalogue.length));
  if (row === undefined) return undefined;
  const words = question.by.map((column) => [column, catalogue.valueOf(row, column) ?? undefined] as const);
  if (words.some(([, word]) => word === undefined)) return undefined;
  const time = catalogue.timeOf(row);
  const range = question.ranged ? { from: new Date(time - rangeMs / 2), to: new Date(time + rangeMs / 2) } : {};
  return { ...Object.fromEntries(words), ...range };
}

function eventFor({ about = () => true }: Question, catalogue: Catalogue, from: number): number | undefined {
  for (let step = 0; step < catalogue.length; step += 1) {
    const row = (from + step) % catalogue.length;
    if (about(catalogue, row)) return row;
  }
  return undefined;
}
