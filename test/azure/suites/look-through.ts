import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TableClient } from "@azure/data-tables";
import type { Storage } from "../../../src/azure/storage.ts";
import { dispatch } from "../../../src/workflow/dispatch-outbox.ts";
import { collect } from "../../contracts/ledger-reads.ts";
import { auditHost, clockAhead } from "../audit-host.ts";
import { lookThrough, type Told } from "../look-through.ts";
import type { StorageWorld } from "../storage-world.ts";
import { type Story, type Telling, tellingsOf } from "../stories.ts";
import { tell } from "../tell.ts";

/** A request that waits for people, and a note about policies. */
const stories: readonly Story[] = [
  { kind: "request", service: "pls-a", number: 2 },
  { kind: "note", number: 2 },
];
const another: Story = { kind: "request", service: "pls-a", number: 7 };
const [asked] = tellingsOf(stories[0] ?? another);

type Damage = (storage: Storage) => Promise<unknown>;

/** The look through an audit is what other tests rely on, so it has to find whatever is wrong. */
export function lookThroughSuite(world: StorageWorld): void {
  const damages: Readonly<Record<string, readonly [Damage, RegExp]>> = {
    "an event that was altered": [change("ledger", "e|", { kind: "voted" }), /is broken at 3: event 3 was altered/],
    "an event that is gone": [remove("ledger", "e|9999999998"), /is broken at 1: event 1 is missing/],
    "a step that nobody told": [({ ledger, index }) => telling({ ledger, index }, [another]), /and nobody told it/],
    "a step that is on record twice": [tellTwice, /is not on record as it was told: 1 .*,6 escalated/],
    "a request that stands elsewhere": [
      change("ledger", "r|", { state: "approved" }),
      /is approved, and by its last event awaiting-decision/,
    ],
    "a request whose events cannot be found": [remove("ledger", "q|"), /events of request .* cannot be found/],
    "an open request that is not marked as one": [remove("ledger", "o|"), /are open, and should be/],
    "an effect that nobody did": [
      ({ ledger }) => ledger.createEntity({ partitionKey: "p", rowKey: "x|0000000001|index" }),
      /x\|0000000001\|index is left to do on p/,
    ],
    "an event that a list lacks": [remove("index", "", "k:evaluated"), /the index lacks k:evaluated/],
    "a row of a list that says something else": [change("index", "", { whoName: "Eve" }, "s:"), /something else in s:/],
    "a row of a list without an event": [
      ({ index }) => index.createEntity({ partitionKey: "a:eve", rowKey: "1" }),
      /no event stands behind a:eve 1 of the index/,
    ],
    "a request that a list lacks": [remove("index", "o|", "r"), /the list of open requests is wrong at null/],
    "a request whose line is an old one": [
      change("index", "s|", { updatedAt: "2025-01-01T00:00:00.000Z" }, "r"),
      /the list of requests of .* is wrong at .*2025-01-01/,
    ],
  };
  describe("a look through the audit", () => {
    it("finds nothing where nothing is wrong, and a step that was answered and is not there", async () => {
      const { storage } = await world.storage("ledger", "index");
      const told = await telling(storage, stories);
      assert.deepEqual(await lookThrough(storage, told), { events: 5, indexRows: 29, findings: [] });

      const [lost] = tellingsOf(another);
      assert.ok(lost);
      const begun = new Map<string, Telling>([...told.begun, [lost.key, lost]]);
      assert.deepEqual((await lookThrough(storage, { ...told, begun })).findings, []);
      const { findings } = await lookThrough(storage, { begun, answered: new Set(begun.keys()) });
      assert.deepEqual(findings, [`${lost.key} was answered to be on record and is not`]);
    });

    for (const [what, [damage, finding]] of Object.entries(damages)) {
      it(`finds ${what}`, async () => {
        const { storage } = await world.storage("ledger", "index");
        const told = await telling(storage, stories);
        await damage(storage);
        assert.match((await lookThrough(storage, told)).findings.join("\n"), finding);
      });
    }
  });
}

async function telling(storage: Pick<Storage, "ledger" | "index">, of: readonly Story[]): Promise<Told> {
  const host = auditHost(
    storage,
    clockAhead(() => 0),
  );
  const answered = new Set<string>();
  const listener = {
    begins: () => undefined,
    answered: (key: string) => answered.add(key),
    follow: (entries: Parameters<typeof dispatch>[0]) => dispatch(entries, host),
  };
  for (const story of of) await tell(story, host.ledger, listener);
  return { begun: new Map(of.flatMap(tellingsOf).map((one) => [one.key, one])), answered };
}

/** The same events under another key, as a step that is told twice would be without its own. */
async function tellTwice(storage: Storage): Promise<void> {
  const { ledger } = auditHost(
    storage,
    clockAhead(() => 0),
  );
  assert.ok(asked?.kind === "step");
  const stored = await ledger.request(asked.step.request.id);
  await ledger.commit({ ...asked.step, key: "twice", expected: stored?.etag ?? null });
}

type Found = { readonly partitionKey: string; readonly rowKey: string; readonly body0: string };

/** The first row whose key begins so, in a partition whose key begins so. */
async function firstOf(table: TableClient, rowKey: string, partitionKey: string): Promise<Found> {
  const rows = await collect(table.listEntities<Found>());
  const found = rows.find((row) => row.rowKey?.startsWith(rowKey) && row.partitionKey?.startsWith(partitionKey));
  assert.ok(found, `there is no row ${rowKey} in a partition ${partitionKey}`);
  return found;
}

function remove(name: "ledger" | "index", rowKey: string, partitionKey = ""): Damage {
  return async (storage) => {
    const row = await firstOf(storage[name], rowKey, partitionKey);
    await storage[name].deleteEntity(row.partitionKey, row.rowKey);
  };
}

/** Another value in what the row holds. */
function change(
  name: "ledger" | "index",
  rowKey: string,
  members: Readonly<Record<string, string>>,
  partitionKey = "",
): Damage {
  return async (storage) => {
    const row = await firstOf(storage[name], rowKey, partitionKey);
    const body0 = JSON.stringify({ ...JSON.parse(row.body0), ...members });
    await storage[name].updateEntity({ partitionKey: row.partitionKey, rowKey: row.rowKey, body0 }, "Merge");
  };
}
