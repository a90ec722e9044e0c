import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readEvent } from "../../../src/azure/ledger-rows.ts";
import { bodyColumns, readBody, rowsOf } from "../../../src/azure/rows.ts";
import { link } from "../../../src/ledger/chain.ts";
import type { AuditEvent } from "../../../src/ledger/event.ts";
import { stateAfter } from "../../../src/ledger/state-after.ts";
import type { ApprovalRequest } from "../../../src/requests/request.ts";
import { anchorChains } from "../../../src/workflow/anchor-chains.ts";
import type { AnchorFiles } from "../../../src/workflow/audit-ports.ts";
import { type AuditVerdict, verifyAudit } from "../../../src/workflow/verify-audit.ts";
import { aConnectionRef, customer, request, step } from "../../builders.ts";
import {
  type AuditRecord,
  aRecord,
  begin,
  chain,
  eventKey,
  putEvent,
  putHead,
  rewrite,
  rowsOfChain,
  service,
} from "../a-record.ts";
import type { StorageWorld } from "../storage-world.ts";

/** Somebody's hand in the tables. */
type Hand = (record: AuditRecord) => Promise<unknown>;

/** What somebody can do who administers the tables, and how it shows. Each hand works past every adapter. */
export function tamperingSuite(world: StorageWorld): void {
  describe("verification, of a record that was tampered with", () => {
    it("finds nothing in one that nobody touched", async () => {
      const record = await aRecord(world);
      await anchorChains(record);
      const verdict = await verifyAudit({ anchors: true, index: true }, record);
      assert.deepEqual(problems(verdict), []);
      const { ok, events, anchors, index } = verdict;
      assert.deepEqual([ok, events, anchors?.count, index], [true, 19, 1, "verified"]);
      assert.deepEqual(verdict.chains.map(({ service: name }) => name.split("/").at(-1)).sort(), [
        "pls-a",
        "pls-b",
        "policies",
      ]);
    });

    describe("names", () => shown(world));
    describe("without anchors", () => whatOnlyAnchorsShow(world));
    describe("of the lists", () => lists(world));
    describe("of the anchors", () => anchors(world));
  });
}

const changes: Readonly<Record<string, readonly [Hand, RegExp]>> = {
  "an event that was edited": [
    (record) => edit(record, 5, (event) => ({ ...event, what: "Nothing happened." })),
    /event 5 was altered/,
  ],
  "an event whose actor was replaced": [
    (record) => edit(record, 7, (event) => ({ ...event, who: { kind: "outside" } })),
    /event 7 was altered/,
  ],
  "an event whose columns alone were edited": [
    ({ table }) => table.updateEntity({ partitionKey: chain, rowKey: eventKey(5), kind: "expired" }, "Merge"),
    /event 5 was altered: its columns say something else/,
  ],
  "a word that was put into an event beside the others": [
    (record) => edit(record, 5, (event) => Object.assign({ ...event }, { remark: "all well" })),
    /event 5 was altered/,
  ],
  "an event that was deleted": [({ table }) => table.deleteEntity(chain, eventKey(5)), /event 5 is missing/],
  "events that were deleted from the beginning": [
    async ({ table }) => {
      for (const seq of [1, 2, 3]) await table.deleteEntity(chain, eventKey(seq));
    },
    /events 1 to 3 are missing/,
  ],
  "two events that changed places": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      await putEvent(table, 5, events[5] ?? never());
      await putEvent(table, 6, events[4] ?? never());
    },
    /event 6 stands in the place of event 5/,
  ],
  "an event that was put in at the end": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      await putEvent(table, 15, { ...(events[0] ?? never()), seq: 15 });
    },
    /event 15 stands behind the end of the chain: its head says 14/,
  ],
  "a forged number far behind the end": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      await putEvent(table, 9_999_999_998, { ...(events[0] ?? never()), seq: 9_999_999_998 });
    },
    /event 9999999998 stands behind the end/,
  ],
  "an event that cannot be read": [
    ({ table }) => table.updateEntity({ partitionKey: chain, rowKey: eventKey(5), body0: "{" }, "Merge"),
    /event 5 cannot be read/,
  ],
  "a tail that was cut off": [({ table }) => table.deleteEntity(chain, eventKey(14)), /event 14 is missing/],
  "a tail that was cut off together with the head": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      await table.deleteEntity(chain, eventKey(14));
      await putHead(table, { seq: 13, hash: events[12]?.hash ?? "" });
    },
    /no event explains the state of request/,
  ],
  "a head that was set back": [
    ({ table }) => putHead(table, { seq: 3, hash: "0".repeat(64) }),
    /event 4 stands behind the end|event 14 stands behind/,
  ],
  "a head that is gone": [
    ({ table }) => table.deleteEntity(chain, "~head"),
    /event 14 stands behind the end of the chain/,
  ],
  "a head that makes no sense": [
    async ({ table }) => {
      await table.upsertEntity({ partitionKey: chain, rowKey: "~head", v: 1, seq: "many" }, "Replace");
    },
    /the head of .* cannot be read/,
  ],
  "a rewritten middle whose later hashes are as they were": [
    async ({ table }) => {
      const events = (await rowsOfChain(table)).map(readEvent);
      const relinked = { ...(events[4] ?? never()), what: "Nothing." };
      await putEvent(table, 5, { ...relinked, hash: hashOf(relinked) });
    },
    /event 6 does not follow from the one before it/,
  ],
  "a request that was edited": [
    (record) => editRequest(record, (request) => ({ ...request, expiresAt: "2099-01-01T00:00:00.000Z" })),
    /request .* is not what event \d+ left/,
  ],
  "a request that was made approved by hand": [
    (record) => editRequest(record, (request) => ({ ...request, state: "approved" }), "awaiting-decision"),
    /it is approved, left was awaiting-decision/,
  ],
  "a request that was put back to what it was before": [
    async (record) => {
      const [row] = await requestRows(record, "approved");
      assert.ok(row);
      const events = (await rowsOfChain(record.table)).map(readEvent);
      const { id } = row.request;
      const seq = events.find((event) => event.requestId === id && event.after?.state === "approving")?.seq ?? 0;
      const before = { ...row.request, state: "approving", linkIdentifier: null } as const;
      assert.equal(stateAfter(before).sha256, events[seq - 1]?.after?.sha256, "the old state was not met");
      await writeRequest(record, row.rowKey, before, seq);
    },
    /is older than its last event/,
  ],
  "a request that is gone": [
    async (record) => {
      const [row] = await requestRows(record, "approved");
      await record.table.deleteEntity(chain, row?.rowKey ?? never());
    },
    /request .* is gone; event \d+ left it approved/,
  ],
  "a request that no event told of": [
    async (record) => {
      const [row] = await requestRows(record, "approved");
      assert.ok(row);
      const id = `${chain}-aaaaaaaaaa-1` as ApprovalRequest["id"];
      await writeRequest(record, "r|aaaaaaaaaa-99998", { ...row.request, id }, 14);
    },
    /no event explains the state of request .*-aaaaaaaaaa-1/,
  ],
  "a request that cannot be read": [
    async (record) => {
      const [row] = await requestRows(record, "approved");
      await record.table.updateEntity({ partitionKey: chain, rowKey: row?.rowKey ?? never(), body0: "{" }, "Merge");
    },
    /r\|.* cannot be read/,
  ],
  "a history of approvals that no consumer had": [
    async ({ table }) => {
      const key = { partitionKey: chain, rowKey: "h|77777777-0000-4000-8000-000000000007" };
      await table.createEntity({ ...key, v: 1, approved: true });
    },
    /no event explains the history of consumer 77777777-.*: approved before/,
  ],
  "a history that was forgotten": [
    ({ table }) => table.deleteEntity(chain, `h|${customer}`),
    /event 4 is forgotten in the history of consumer .*: approved before/,
  ],
  "an open request that no review would find": [
    async (record) => {
      const [row] = await requestRows(record, "awaiting-decision");
      await record.table.deleteEntity(chain, `o|${row?.request.id}`);
    },
    /is awaiting-decision but not marked as open/,
  ],
};

function shown(world: StorageWorld): void {
  for (const [what, [tamper, expected]] of Object.entries(changes)) {
    it(what, async () => {
      const record = await aRecord(world);
      await tamper(record);
      const verdict = await verifyAudit({ service, anchors: false, index: false }, record);
      assert.equal(verdict.ok, false);
      assert.match(problems(verdict).join("\n"), expected);
    });
  }

  it("the first break first, and goes on behind it", async () => {
    const record = await aRecord(world);
    await edit(record, 9, (event) => ({ ...event, what: "B" }));
    await edit(record, 5, (event) => ({ ...event, what: "A" }));
    const verdict = await verifyAudit({ service, anchors: false, index: false }, record);
    assert.deepEqual(problems(verdict), ["event 5 was altered", "event 9 was altered"]);
  });

  it("a chain that nobody watches any more, when all are verified", async () => {
    const record = await aRecord(world);
    await edit(record, 4, (event) => ({ ...event, what: "A" }));
    const verdict = await verifyAudit({ anchors: false, index: false }, record);
    assert.deepEqual(
      verdict.chains.filter(({ ok }) => !ok).map((one) => one.service),
      [service.id],
    );
  });
}

function whatOnlyAnchorsShow(world: StorageWorld): void {
  const hands: Readonly<Record<string, readonly [Hand, RegExp]>> = {
    "a chain that was rewritten from the middle with right hashes, lists and all": [
      (record) => rewrite(record, (event) => (event.seq === 5 ? { ...event, what: "Nothing happened." } : event)),
      /event 14 is not the one that was anchored/,
    ],
    "a last request that was taken back as if it had never been": [
      (record) => forgetLastRequest(record),
      /event 14 was anchored at .*, and the chain ends at 12/,
    ],
    "a chain that was removed as a whole": [
      async (record) => {
        for await (const row of rowsOf(record.table, `PartitionKey eq '${chain}'`)) {
          await record.table.deleteEntity(chain, row.rowKey);
        }
        await removeFromLists(record, 0);
      },
      /event 14 was anchored at .*, and the chain ends at 0/,
    ],
  };
  for (const [what, [tamper, expected]] of Object.entries(hands)) {
    it(`passes over ${what}; with them it is found`, async () => {
      const record = await aRecord(world);
      await anchorChains(record);
      await tamper(record);
      assert.deepEqual(problems(await verifyAudit({ anchors: false, index: true }, record)), []);
      assert.match(problems(await verifyAudit({ anchors: true, index: true }, record)).join("\n"), expected);
    });
  }

  it("and with them, passes over what was rewritten after the last anchor: one interval stays open", async () => {
    const record = await aRecord(world);
    await anchorChains(record);
    await begin(record, service, "pe-5.1");
    const change = (event: AuditEvent) => (event.seq === 15 ? { ...event, what: "Nothing happened." } : event);
    await rewrite(record, change);
    assert.deepEqual(problems(await verifyAudit({ anchors: true, index: true }, record)), []);
    await anchorChains(record);
    await rewrite(record, (event) => (event.seq === 15 ? { ...event, what: "Something else." } : event));
    assert.match(problems(await verifyAudit({ anchors: true, index: true }, record)).join(), /event 16 is not the one/);
  });

  it("and the timer says at its next run that a chain is not what was anchored", async () => {
    const record = await aRecord(world);
    assert.deepEqual((await anchorChains(record)).broken, []);
    await begin(record, service, "pe-5.1");
    assert.deepEqual((await anchorChains(record)).broken, [], "a chain that only grew");
    await rewrite(record, (event) => (event.seq === 5 ? { ...event, what: "Nothing happened." } : event));
    const { broken } = await anchorChains(record);
    assert.deepEqual(broken, [{ chain, problem: "event 16 is not the one that was anchored" }]);
  });
}

function lists(world: StorageWorld): void {
  const hands: Readonly<Record<string, readonly [Hand, RegExp]>> = {
    "an event that one list does not show": [
      async ({ lists: table }) => table.deleteEntity(...(await nameIn(table, "k:decided"))),
      /event \d+ is not in the list k:decided/,
    ],
    "a row that was edited": [
      async ({ lists: table }) => {
        const [partitionKey, rowKey, row] = await nameIn(table, "k:decided");
        const body = { ...(readBody(row) as object), what: "Nothing." };
        await table.updateEntity({ partitionKey, rowKey, ...bodyColumns("a row", body) }, "Merge");
      },
      /the list k:decided shows event \d+ otherwise than it happened/,
    ],
    "a row whose filter column was edited": [
      async ({ lists: table }) => {
        const [partitionKey, rowKey] = await nameIn(table, "k:decided");
        await table.updateEntity({ partitionKey, rowKey, consumer: "somebody-else" }, "Merge");
      },
      /the list k:decided shows event \d+ otherwise/,
    ],
    "a row of no event": [
      async ({ lists: table }) => {
        const [, rowKey, row] = await nameIn(table, "k:decided");
        const { etag: _, timestamp: __, ...columns } = row;
        await table.createEntity({ ...columns, partitionKey: "k:expired", rowKey });
      },
      /the list k:expired holds a row of no event/,
    ],
    "a row of an event that is yet to come": [
      async ({ lists: table }) => {
        const [partitionKey, rowKey, row] = await nameIn(table, "k:decided");
        const { etag: _, timestamp: __, ...columns } = row;
        const later = rowKey.replace(/\|\d{10}\|/, "|9999999000|");
        await table.createEntity({ ...columns, partitionKey, rowKey: later });
      },
      /the list k:decided holds a row of no event/,
    ],
    "a row of a chain that does not exist": [
      async ({ lists: table }) => {
        const [partitionKey, rowKey, row] = await nameIn(table, "k:decided");
        const { etag: _, timestamp: __, ...columns } = row;
        await table.createEntity({ ...columns, partitionKey, rowKey: rowKey.replace(/[a-z2-7]{16}$/, "a".repeat(16)) });
      },
      /holds a row of no event/,
    ],
    "a row under a name that no row has": [
      async ({ lists: table }) => table.createEntity({ partitionKey: "k:decided", rowKey: "x", v: 1 }),
      /the list k:decided holds a row of no event \(row x\)/,
    ],
  };
  for (const [what, [tamper, expected]] of Object.entries(hands)) {
    it(`names ${what}`, async () => {
      const record = await aRecord(world);
      await tamper(record);
      const verdict = await verifyAudit({ anchors: false, index: true }, record);
      assert.equal(verdict.findings.length, 1, problems(verdict).join("\n"));
      assert.match(problems(verdict).join(), expected);
    });
  }

  it("waits for events that are still on their way into the lists", async () => {
    const record = await aRecord(world);
    const asked = { ...request({}, aConnectionRef("pe-7.1")), state: "awaiting-decision" } as const;
    const committed = await record.ledger.commit(step({ request: asked }));
    assert.ok(committed.kind === "committed");
    assert.deepEqual(problems(await verifyAudit({ anchors: false, index: true }, record)), []);
    for (const entry of committed.outbox) await record.outbox.done(entry);
    assert.match(problems(await verifyAudit({ anchors: false, index: true }, record)).join(), /event 15 is not in/);
  });
}

function anchors(world: StorageWorld): void {
  const hands: Readonly<Record<string, readonly [(text: string) => string, RegExp]>> = {
    "a head that was edited": [(text) => text.replace(/,14,/, ",13,"), /holds other heads than its digest says/],
    "an anchor that was taken out": [
      (text) => text.split("\n").slice(2).join("\n"),
      /does not follow from the one before it|holds other heads/,
    ],
    "a line that is no anchor": [(text) => `${text}{"anchor":1}\n`, /line \d+ of the anchors of .* cannot be read/],
  };
  for (const [what, [change, expected]] of Object.entries(hands)) {
    it(`names ${what}`, async () => {
      const record = await aRecord(world);
      await anchorChains(record);
      await begin(record, service, "pe-6.1");
      const { day } = await anchorChains(record);
      const { text, length } = await record.anchors.read(day);
      const read = async () => ({ text: change(text), length });
      const files: AnchorFiles = { days: async () => [day], read, append: async () => false };
      const verdict = await verifyAudit({ anchors: true, index: false }, { ...record, anchors: files });
      assert.match(problems(verdict).join("\n"), expected);
    });
  }

  it("leaves out of account what somebody began and did not close", async () => {
    const record = await aRecord(world);
    const { day } = await anchorChains(record);
    const { length } = await record.anchors.read(day);
    assert.ok(await record.anchors.append(day, `{"anchor":"x","heads":[["${chain}",99,"00"]]}\n`, length));
    await anchorChains(record);
    const verdict = await verifyAudit({ anchors: true, index: false }, record);
    assert.deepEqual([problems(verdict), verdict.anchors?.count], [[], 2]);
  });

  it("goes from day to day, and a host whose clock is behind adds to the last", async () => {
    const record = await aRecord(world);
    const first = await anchorChains(record);
    record.clock.advance(24 * 3600);
    const second = await anchorChains(record);
    record.clock.advance(-24 * 3600);
    const third = await anchorChains(record);
    assert.deepEqual([second.day > first.day, third.day], [true, second.day]);
    const verdict = await verifyAudit({ anchors: true, index: false }, record);
    assert.deepEqual([problems(verdict), verdict.anchors?.count], [[], 3]);
  });

  it("are each whole, though several hosts anchor at once", async () => {
    const record = await aRecord(world);
    await Promise.all([1, 2, 3].map(() => anchorChains(record)));
    const verdict = await verifyAudit({ anchors: true, index: false }, record);
    assert.deepEqual([problems(verdict), verdict.anchors?.count], [[], 3]);
  });
}

function problems({ chains, findings }: AuditVerdict): readonly string[] {
  return [...chains.flatMap((one) => one.findings), ...findings].map(({ problem }) => problem);
}

async function edit({ table }: AuditRecord, seq: number, change: (event: AuditEvent) => AuditEvent): Promise<void> {
  const event = (await rowsOfChain(table)).map(readEvent).find((one) => one.seq === seq);
  await putEvent(table, seq, change(event ?? never()));
}

function hashOf(event: AuditEvent): string {
  const { v: _, seq, prev, hash: __, ...told } = event;
  return link({ seq: seq - 1, hash: prev }, [told]).head.hash;
}

type RequestRow = { readonly rowKey: string; readonly request: ApprovalRequest; readonly seq: number };

async function requestRows({ table }: AuditRecord, state: string): Promise<readonly RequestRow[]> {
  const rows: RequestRow[] = [];
  for await (const row of rowsOf(table, `PartitionKey eq '${chain}' and RowKey ge 'r|' and RowKey lt 'r}'`)) {
    rows.push({ rowKey: row.rowKey, request: readBody(row) as ApprovalRequest, seq: Number(row["seq"]) });
  }
  return rows.filter(({ request }) => request.state === state);
}

async function writeRequest({ table }: AuditRecord, rowKey: string, request: ApprovalRequest, seq: number) {
  const columns = { v: 1, seq, requestId: request.id, state: request.state, ...bodyColumns("a request", request) };
  await table.upsertEntity({ partitionKey: chain, rowKey, ...columns }, "Replace");
}

async function editRequest(
  record: AuditRecord,
  change: (request: ApprovalRequest) => ApprovalRequest,
  state = "approved",
): Promise<void> {
  const [row] = await requestRows(record, state);
  assert.ok(row);
  await writeRequest(record, row.rowKey, change(row.request), row.seq);
}

/** Events 13 and 14, their request and everything that shows them: the work of somebody who knows the house. */
async function forgetLastRequest(record: AuditRecord): Promise<void> {
  const [row] = await requestRows(record, "awaiting-decision");
  assert.ok(row);
  const events = (await rowsOfChain(record.table)).map(readEvent);
  for (const key of [eventKey(13), eventKey(14), row.rowKey, `o|${row.request.id}`]) {
    await record.table.deleteEntity(chain, key);
  }
  await putHead(record.table, { seq: 12, hash: events[11]?.hash ?? "" });
  await removeFromLists(record, 12);
}

async function removeFromLists({ lists: table }: AuditRecord, behind: number): Promise<void> {
  for await (const row of rowsOf(table, `service eq '${chain}'`)) {
    const seq = 10 ** 10 - 1 - Number(row.rowKey.split("|")[1]);
    if (row.partitionKey !== "r" && seq > behind) await table.deleteEntity(row.partitionKey, row.rowKey);
  }
}

async function nameIn(table: AuditRecord["lists"], partition: string) {
  for await (const row of rowsOf(table, `PartitionKey eq '${partition}'`)) {
    return [row.partitionKey, row.rowKey, row] as const;
  }
  throw new Error(`the list ${partition} is empty`);
}

function never(): never {
  throw new Error("this is in the record");
}
