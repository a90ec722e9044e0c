import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServiceId } from "../../src/connection/arm-id.ts";
import type { Actor } from "../../src/decision/decision.ts";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import { entryOf } from "../../src/ledger/entry.ts";
import type { AuditEvent, AuditKind, NewEvent } from "../../src/ledger/event.ts";
import type { AuditEntry, AuditQuery } from "../../src/ledger/query.ts";
import { type ServiceKey, serviceKey } from "../../src/requests/request-id.ts";
import { exportAudit } from "../../src/workflow/export-audit.ts";
import type { Index } from "../../src/workflow/ports.ts";
import { aServiceRef, customer, event, request } from "../builders.ts";
import { at, connectionNumber, otherCustomer, queries } from "./audit-queries.ts";
import { hostileTexts } from "./hostile-texts.ts";

export type OpenIndex = () => Promise<Index>;

const ada: Actor = { kind: "person", objectId: "44444444-AAAA-0000-0000-000000000004", tenantId: "t", name: "Ada" };
const kinds: readonly AuditKind[] = ["requested", "evaluated", "voted", "decided", "applied"];

/** What every Index keeps: each filter alone and all together give what a filter over everything would give. */
export function auditIndexContract(name: string, open: OpenIndex): void {
  describe(`Index contract: ${name}`, () => {
    searchContract(open);
    pagingContract(open);
    hostileContract(open);
  });
}

function searchContract(open: OpenIndex): void {
  it("gives what was asked for, newest first", async (t) => {
    const index = await open();
    const all = await seed(index);
    for (const [what, query] of Object.entries(queries)) {
      await t.test(what, async () => {
        const { entries, next } = await index.searchAudit({ ...query, top: 1000 });
        assert.deepEqual(entries, expected(all, query));
        assert.equal(next, null);
      });
    }
  });

  it("gives the beginning of a range and not its end", async () => {
    const index = await open();
    const [one] = await seed(index);
    assert.ok(one);
    const time = new Date(one.time);
    const after = new Date(time.getTime() + 1);
    const found = async (from: Date, to: Date) => (await index.searchAudit({ from, to, top: 10 })).entries.length;
    assert.equal(await found(time, after), 1);
    assert.equal(await found(new Date(0), time), 0);
  });

  it("lists an event once, however often it was added", async () => {
    const index = await open();
    const all = await seed(index);
    await seed(index);
    assert.deepEqual((await index.searchAudit({ top: 1000 })).entries, expected(all, {}));
  });

  it("keeps more events of one commit than a group of writes can hold", async () => {
    const index = await open();
    const events = linked(Array.from({ length: 120 }, () => event({ kind: "drift-detected" })));
    await index.addEvents(serviceKey(aServiceRef().id), events);
    const { entries } = await index.searchAudit({ kind: "drift-detected", top: 1000 });
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      events.map(({ seq }) => seq).reverse(),
    );
  });
}

function pagingContract(open: OpenIndex): void {
  it("gives every entry on exactly one page, for each query and page size", async () => {
    const index = await open();
    const all = await seed(index);
    for (const query of Object.values(queries)) {
      for (const top of [1, 3, 7]) {
        const pages = await pagesOf(index, { ...query, top });
        assert.deepEqual(pages.flat(), expected(all, query));
        assert.ok(pages.every((page, n) => page.length === top || n === pages.length - 1));
      }
    }
  });

  it("goes on where the last page ended although events were added", async () => {
    const index = await open();
    const all = await seed(index);
    const first = await index.searchAudit({ consumer: customer, top: 4 });
    assert.ok(first.next);
    const later = event({ time: "2027-01-01T00:00:00.000Z" });
    await index.addEvents(serviceKey(aServiceRef("pls-new").id), linked([later]));
    const rest = await pagesOf(index, { consumer: customer, top: 4, after: first.next });
    assert.deepEqual([...first.entries, ...rest.flat()], expected(all, { consumer: customer }));
  });

  it("takes a continuation for the question that it was given for, in any spelling, and for no other", async () => {
    const index = await open();
    await seed(index);
    const asked = { kind: "requested", consumer: otherCustomer, to: at(40) } as const;
    const { next } = await index.searchAudit({ ...asked, top: 1 });
    assert.ok(next);
    const rest = await index.searchAudit({ ...asked, consumer: otherCustomer.toUpperCase(), top: 1000, after: next });
    assert.ok(rest.entries.length > 0);
    const refusal = { name: "InputError", message: /^after: is the continuation of another question/ };
    const others: readonly Partial<AuditQuery>[] = [
      {},
      { kind: "requested" },
      { ...asked, kind: "voted" },
      { ...asked, consumer: customer },
      { ...asked, to: at(41) },
      { ...asked, from: at(0) },
      { ...asked, actor: "plgate" },
    ];
    for (const other of others) {
      await assert.rejects(index.searchAudit({ ...other, top: 10, after: next }), refusal, JSON.stringify(other));
    }
    await assert.rejects(index.searchRequests({ top: 10, after: next }), refusal);
  });

  it("gives all that was there once, page by page, while others write", async () => {
    const index = await open();
    const all = await seed(index);
    const seen: AuditEntry[] = [];
    let written = 0;
    for await (const { entries } of exportAudit({ consumer: customer }, inPagesOf(4, index))) {
      seen.push(...entries);
      written += 1;
      const time = new Date(Date.parse("2027-01-01") + written).toISOString();
      await index.addEvents(serviceKey(aServiceRef(`pls-${written}`).id), linked([event({ time })]));
    }
    assert.ok(written > 3);
    assert.deepEqual(seen, expected(all, { consumer: customer }));
  });
}

function hostileContract(open: OpenIndex): void {
  it("finds a hostile text as it is and nothing else by it", async () => {
    const index = await open();
    await seed(index);
    for (const [what, text] of Object.entries(hostileTexts)) {
      const who = { kind: "person", objectId: text, tenantId: text, name: text } as const;
      const why = { rules: [text], reason: text, justification: text };
      const told = event({ who, why, what: text, correlation: text });
      const hostile: NewEvent = { ...told, requestId: text, consumerSubscriptionId: text, linkIdentifier: text };
      const service = serviceKey(`/${what}` as ServiceId);
      const events = linked([hostile]);
      await index.addEvents(service, events);
      for (const query of [{ actor: text }, { consumer: text }, { request: text }, { link: text }]) {
        const { entries } = await index.searchAudit({ ...query, top: 10 });
        assert.deepEqual(entries, entriesOf(service, events), `${what} as ${Object.keys(query)[0]}`);
      }
    }
  });

  it("takes no continuation that it did not give", async () => {
    const index = await open();
    await seed(index);
    const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const foreign = [
      "x",
      "%%%",
      "bnVsbA",
      made(null),
      made([]),
      made({ v: 3, after: null }),
      // As they were before tokens named their question.
      made({ v: 1, after: null }),
      made({ v: 2, after: null }),
      made({ v: 2, question: 7, after: null }),
      "A".repeat(100_000),
    ];
    const general = foreign.length;
    // For the right question, with a place that is none: only storage's own tokens are like that.
    const given = await index.searchAudit({ top: 1 });
    const own = readBack(given.next);
    if (own) {
      foreign.push(
        made({ ...own, after: "' or true" }),
        made({ ...own, after: 7 }),
        made({ ...own, after: null, stage: 9, scan: "e30=" }),
        made({ ...own, after: null, stage: 99, scan: continuation }),
        made({ ...own, after: null, stage: 0.5, scan: continuation }),
        made({ ...own, after: null, stage: -1, scan: continuation }),
        made({ ...own, after: null, stage: "0", scan: "x" }),
      );
    }
    const refusal = { name: "InputError", retryable: false, message: /not a continuation that plgate gave/ };
    for (const after of foreign) {
      await assert.rejects(index.searchAudit({ top: 10, after }), refusal, after.slice(0, 80));
    }
    for (const after of foreign.slice(0, general)) {
      await assert.rejects(index.searchRequests({ top: 10, after }), refusal, after.slice(0, 80));
    }
  });
}

const continuation = Buffer.from(JSON.stringify({ nextPartitionKey: "1!8!dA==" })).toString("base64");

/** What a continuation of Table Storage holds; the one of the fake is no JSON. */
function readBack(token: string | null): object | undefined {
  assert.ok(token);
  const text = Buffer.from(token, "base64url").toString();
  return text.startsWith("{") ? JSON.parse(text) : undefined;
}

function inPagesOf(top: number, index: Index): Pick<Index, "searchAudit"> {
  return { searchAudit: (query) => index.searchAudit({ ...query, top }) };
}

// Events of two services and five connections, minutes apart, then months.
async function seed(index: Index): Promise<readonly AuditEntry[]> {
  const all: AuditEntry[] = [];
  for (const name of ["pls-a", "pls-b"]) {
    const service = serviceKey(aServiceRef(name).id);
    const events = linked(Array.from({ length: 25 }, (_, n) => eventNumber(n, name)));
    await index.addEvents(service, events);
    all.push(...entriesOf(service, events));
  }
  return all;
}

function eventNumber(n: number, service: string): NewEvent {
  const of = request(
    {
      consumerSubscriptionId: n % 3 === 0 ? otherCustomer : customer,
      linkIdentifier: n % 4 === 3 ? null : String(536870912 + (n % 4)),
    },
    connectionNumber(n % 5, service),
  );
  const late = n < 20 ? 0 : (n - 19) * 50 * 24 * 60;
  const who: Actor = n % 2 === 0 ? { kind: "robot" } : n % 7 === 0 ? { kind: "outside" } : ada;
  const own = service === "pls-a" ? 0 : 30_000;
  return event(
    { kind: kinds[n % kinds.length] ?? "failed", time: new Date(at(n + late).getTime() + own).toISOString(), who },
    of,
  );
}

function linked(events: readonly NewEvent[]): readonly AuditEvent[] {
  return link(emptyHead, events).events;
}

function entriesOf(service: ServiceKey, events: readonly AuditEvent[]): readonly AuditEntry[] {
  return events.map((one) => entryOf(service, one));
}

function expected(all: readonly AuditEntry[], query: Partial<AuditQuery>): readonly AuditEntry[] {
  const same = (wanted: string | undefined, value: string | null) =>
    wanted === undefined || wanted.toLowerCase() === value?.toLowerCase();
  return all
    .filter(({ time }) => Date.parse(time) >= (query.from?.getTime() ?? 0))
    .filter(({ time }) => Date.parse(time) < (query.to?.getTime() ?? Number.POSITIVE_INFINITY))
    .filter((entry) => same(query.serviceId, entry.serviceId) && same(query.consumer, entry.consumerSubscriptionId))
    .filter((entry) => same(query.actor, entry.who) && same(query.request, entry.requestId))
    .filter((entry) => same(query.link, entry.linkIdentifier) && same(query.kind, entry.kind))
    .sort((one, two) => Date.parse(two.time) - Date.parse(one.time) || two.seq - one.seq);
}

async function pagesOf(index: Index, query: AuditQuery): Promise<(readonly AuditEntry[])[]> {
  const pages: (readonly AuditEntry[])[] = [];
  let after: string | null | undefined = query.after;
  do {
    const page = await index.searchAudit(after ? { ...query, after } : query);
    pages.push(page.entries);
    after = page.next;
  } while (after);
  return pages;
}
