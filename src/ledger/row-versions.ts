/*
 * The versions of everything that is stored. This is the one place that says them; docs/upgrade.md is for operators.
 *
 * Every row carries the number of its table as `v` when it was written, every event one of its own inside its body, and
 * every message of the queue `reviews` the last one. During a rolling upgrade two versions of plgate work on the same
 * rows, and after a rollback an old one meets what a newer one wrote. So:
 *
 * 1. A change that older readers may ignore raises nothing. It goes into the body of a row, or into a column that follows
 *    from the body: readers keep what they do not know of a body when they write it again. What is written whole on purpose
 *    has no such place, and there every change of meaning raises the number: what is about one moment (a pointer to a
 *    policy, the journal of sweeps), and what is derived and found out anew (lists, approvals that stand, findings, the
 *    share of a run at a service).
 * 2. A change that older readers cannot ignore raises the number of its table. They then leave the row alone: they answer
 *    `NotNow`, decide nothing and write nothing. All rows of one service lie behind one head, which every commit reads and
 *    writes; so the table `ledger` has one number for all kinds of row, and a head of a newer version keeps older hosts
 *    from the whole service.
 * 3. With the number comes a migration, which turns the form before into the new one whenever a row is read. Nothing is
 *    rewritten for it: a row gets the new form when it is next written. Migrations are never removed, because rows of any
 *    age may be met, in the tables or in a backup. A row without a number is of version 1.
 * 4. A migration sees what was read. Listings that ask for some columns only get those, and no body.
 * 5. Rows that are merged (`h|`, and claims in the outbox) are not read before: their columns may only be added to.
 * 6. What is hashed is hashed as it was stored. An event is verified, sealed and copied in the form in which it was
 *    written, for ever; its migrated form is for those who read it. A new form of events brings its own list of hashed
 *    fields in chain.ts beside the old one.
 *
 * `test/fixtures/stored` holds the tables as each release left them; the tests read all of it by today's code.
 */
export type StoredTable = "ledger" | "ledgerindex" | "policies" | "consumers" | "services" | "conversations";

/** A row as one version of plgate wrote it. `body` is undefined where it has none, or none was read. */
export type RowForm = {
  readonly partitionKey: string;
  /** Of an event that was read from a file, nothing but its letter. */
  readonly rowKey: string;
  /** What stands beside the body. */
  readonly columns: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};

/** One step of a row from a version to the next. Pure: it is done again at every reading. */
export type Migration = (row: RowForm) => Pick<RowForm, "columns" | "body">;

export const rowVersions: Readonly<Record<StoredTable, number>> = {
  ledger: 1,
  ledgerindex: 1,
  policies: 1,
  consumers: 1,
  services: 1,
  conversations: 1,
};

/** Of the messages in the queue `reviews`. Readers of the table's number need not know this one. */
export const messageVersion: number = 1;

/** For each table how version n becomes version n + 1, the step from version 1 first: as many as its number less one. */
export const migrations: Readonly<Record<StoredTable, readonly Migration[]>> = {
  ledger: [],
  ledgerindex: [],
  policies: [],
  consumers: [],
  services: [],
  conversations: [],
};
