import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ask, type Tables } from "./kql.ts";

const query = z.array(z.string()).transform((lines) => lines.join("\n"));

const rules = z.array(
  z.strictObject({
    name: z.string(),
    title: z.string(),
    about: z.string(),
    section: z.string(),
    severity: z.int().min(0).max(3),
    query,
    operator: z.enum(["GreaterThan", "LessThan"]),
    threshold: z.int(),
    window: z.enum(["sweep", "PT2H", "P1D"]),
    frequency: z.enum(["PT15M", "PT1H"]),
    autoMitigate: z.boolean(),
  }),
);

const charts = z.array(
  z.strictObject({
    name: z.string(),
    title: z.string(),
    about: z.string(),
    visualization: z.enum(["timechart", "barchart", "table"]),
    width: z.int(),
    query: query.transform((text) => text.replaceAll("{TimeRange:grain}", "1h")),
  }),
);

export type Rule = z.infer<typeof rules>[number];

const read = (file: string) => JSON.parse(readFileSync(join(import.meta.dirname, "../../infra", file), "utf8"));
export const allRules: readonly Rule[] = rules.parse(read("alerts.json"));
export const allCharts = charts.parse(read("workbook.json"));

const minutes = { sweep: 30, PT2H: 120, P1D: 1440 } as const;

/** Whether the rule fires at a moment: Azure shows it the rows of its window alone, and compares the largest Value. */
export function fires({ query: asked, window, operator, threshold }: Rule, tables: Tables, now: Date): boolean {
  const since = now.getTime() - minutes[window] * 60_000;
  const seen = Object.entries(tables).map(([name, rows]) => [
    name,
    rows.filter(({ TimeGenerated: at }) => at instanceof Date && at.getTime() > since && at <= now),
  ]);
  const values = ask(asked, Object.fromEntries(seen), now).flatMap(({ Value: value = null }) => value ?? []);
  const largest = Math.max(...values.map(Number));
  return values.length > 0 && (operator === "GreaterThan" ? largest > threshold : largest < threshold);
}
