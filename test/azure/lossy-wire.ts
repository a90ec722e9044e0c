import { RestError, type TableClient } from "@azure/data-tables";

/**
 * What happens to one request on its way: `lost` arrives and its answer does not, `dropped` never arrives.
 * Both look the same to the sender.
 */
export type Fate = "passes" | "lost" | "dropped";

/** Puts a bad wire below the client's own retries: `fateOf` is asked for each try, with its method. */
export function breakWire(table: TableClient, fateOf: (method: string) => Fate): void {
  table.pipeline.addPolicy(
    {
      name: "badWire",
      async sendRequest(request, next) {
        const fate = fateOf(request.method);
        if (fate === "dropped") throw reset();
        const response = await next(request);
        if (fate === "lost") throw reset();
        return response;
      },
    },
    { afterPhase: "Retry" },
  );
}

/** Gives fewer rows than were asked for although more follow, as storage may do at any time. */
export function shrinkPages(table: TableClient, rows: number): void {
  table.pipeline.addPolicy({
    name: "shortPages",
    sendRequest(request, next) {
      const fewer = (_: string, dollar: string, asked: string) => `${dollar}top=${Math.min(rows, Number(asked))}`;
      request.url = request.url.replace(/(%24|\$)top=(\d+)/, fewer);
      return next(request);
    },
  });
}

/** The fates of the first requests of one method; all later ones pass. */
export function fates(method: string, ...first: readonly Fate[]): (method: string) => Fate {
  const left = [...first];
  return (asked) => (asked === method ? (left.shift() ?? "passes") : "passes");
}

function reset(): RestError {
  return new RestError("the connection was reset", { code: "ECONNRESET" });
}
