import type { TableClient } from "@azure/data-tables";

/** What was asked of storage and what came back. A request that the client repeats counts again. */
export type Cost = {
  readonly requests: number;
  readonly rows: number;
  readonly bytes: number;
  readonly filters: readonly string[];
};

type Meter = { take(): Cost };

const meters = new WeakMap<TableClient, Meter>();

/** Counts below the client's own retries; `take` gives what came since it was last called. One meter for each client. */
export function meterOf(table: TableClient): Meter {
  const known = meters.get(table) ?? attach(table);
  meters.set(table, known);
  return known;
}

function attach(table: TableClient): Meter {
  let filters: string[] = [];
  let bodies: string[] = [];
  table.pipeline.addPolicy(
    {
      name: "meter",
      async sendRequest(request, next) {
        filters.push(new URL(request.url).searchParams.get("$filter") ?? "");
        const response = await next(request);
        bodies.push(response.bodyAsText ?? "");
        return response;
      },
    },
    { afterPhase: "Retry" },
  );
  return {
    take: () => {
      // Looked at here and not on the way, so that counting costs no contestant time.
      const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
      const rows = bodies.reduce((sum, body) => sum + rowsIn(body), 0);
      const cost = { requests: filters.length, rows, bytes, filters };
      filters = [];
      bodies = [];
      return cost;
    },
  };
}

// Within a value the quotes are escaped, so this is only ever the name of a column.
function rowsIn(body: string): number {
  return body.split('"RowKey":').length - 1;
}

export type Spread = { readonly p50: number; readonly p95: number; readonly most: number };

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), most: at(1) };
}

export async function timed<T>(act: () => Promise<T>): Promise<readonly [result: T, ms: number]> {
  const from = performance.now();
  const result = await act();
  return [result, performance.now() - from];
}
