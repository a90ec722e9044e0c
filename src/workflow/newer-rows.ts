import type { Log } from "../runtime/log.ts";

/** Rows of one table that a newer version of plgate wrote, as this host met them; `version` is the highest. */
export type NewerRows = {
  readonly table: string;
  readonly version: number;
  readonly known: number;
  readonly times: number;
};

/** One sentence for people: what was met, and what to do. */
export function saidOf(met: readonly NewerRows[]): string {
  const said = met.map(({ table, version, known }) => `${table} version ${version} (this host knows ${known})`);
  return `rows of a newer version were met, and left alone: ${said.join(", ")}; finish the upgrade, see docs/upgrade.md`;
}

/** Gives what says in the log that this host met rows of a newer version: once for each table and version. */
export function newerRowsAlarm(met: () => readonly NewerRows[]): (log: Log) => void {
  const told = new Set<string>();
  return (log) => {
    const news = met().filter(({ table, version }) => !told.has(`${table} ${version}`));
    for (const { table, version } of news) told.add(`${table} ${version}`);
    if (news.length > 0) log.warn(saidOf(news));
  };
}
