import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { describe, it } from "node:test";
import { HttpRequest } from "@azure/functions";
import { answerAudit } from "../../src/http/audit-answers.ts";
import { auditColumns } from "../../src/ledger/audit-file.ts";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { DamagedRow, PlgateError } from "../../src/runtime/errors.ts";
import type { Index } from "../../src/workflow/ports.ts";
import { aServiceRef, event } from "../builders.ts";
import { FakeIndex } from "../fakes/audit-index.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeLog } from "../fakes/log.ts";

const perPage = 3;

/** Ten events in pages of three; `search` comes before each of them. */
async function aStore(search: (page: number, clock: FakeClock) => void = () => {}) {
  const clock = new FakeClock();
  const whole = new FakeIndex();
  const times = Array.from({ length: 10 }, (_, n) =>
    event({ time: new Date(clock.now().getTime() + n).toISOString() }),
  );
  await whole.addEvents(serviceKey(aServiceRef().id), link(emptyHead, times).events);
  let page = 0;
  const searchAudit: Index["searchAudit"] = async (query) => {
    page += 1;
    search(page, clock);
    return whole.searchAudit({ ...query, top: perPage });
  };
  return { clock, whole, index: Object.assign(new FakeIndex(), { searchAudit }), pages: () => page };
}

type AStore = Awaited<ReturnType<typeof aStore>>;

async function ask(store: AStore, accept: string | null, query = "") {
  const log = new FakeLog();
  const headers = accept === null ? {} : { accept };
  const request = new HttpRequest({ method: "GET", url: `http://127.0.0.1/api/audit${query}`, headers });
  const caller = { objectId: "o", tenantId: "t", name: "Ada", roles: ["Reader"], groups: undefined };
  const answer = await answerAudit({ request, caller, log, correlation: "c-1" }, store);
  return {
    status: answer.status,
    headers: new Headers(answer.headers as Record<string, string>),
    body: answer.body,
    log,
  };
}

const bytesOf = (body: unknown) => buffer(body as ReadableStream);
const linesOf = async (body: unknown) =>
  String(await bytesOf(body))
    .trimEnd()
    .split(/\r?\n/);

describe("GET /audit", () => {
  for (const accept of [null, "*/*", "application/json"]) {
    it(`is a page of JSON for who accepts ${accept ?? "nothing in particular"}`, async () => {
      const { status, headers, body } = await ask(await aStore(), accept);
      assert.deepEqual([status, headers.get("content-type")], [200, "application/json; charset=utf-8"]);
      const { value, nextLink } = JSON.parse(String(body));
      assert.equal(value.length, perPage);
      assert.match(nextLink, /^\/api\/audit\?after=/);
    });
  }

  it("is all of it as NDJSON, a line an event, and a line that says so", async () => {
    const store = await aStore();
    const { status, headers, body } = await ask(store, "application/x-ndjson");
    assert.equal(status, 200);
    assert.match(headers.get("content-type") ?? "", /^application\/x-ndjson/);
    assert.match(
      headers.get("content-disposition") ?? "",
      /^attachment; filename="plgate-audit-\d{4}-[\dTZ-]+\.ndjson"$/,
    );
    const lines = (await linesOf(body)).map((line) => JSON.parse(line));
    assert.deepEqual(lines.at(-1), { end: true, events: 10 });
    assert.deepEqual(lines.slice(0, -1), (await store.whole.searchAudit({ top: 1000 })).entries);
  });

  it("is all of it as CSV", async () => {
    const { headers, body } = await ask(await aStore(), "text/csv");
    assert.match(headers.get("content-type") ?? "", /^text\/csv; charset=utf-8/);
    assert.match(headers.get("content-disposition") ?? "", /\.csv"$/);
    const bytes = await bytesOf(body);
    assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    const lines = new TextDecoder().decode(bytes).split("\r\n");
    assert.equal(lines[0], auditColumns.join(","));
    assert.equal(lines.length, 13);
    assert.match(lines[11] ?? "", /^#end,10,,/);
  });

  it("ends in time, says where to go on, and the parts are the whole", async () => {
    const slow = await aStore((_, clock) => clock.advance(100));
    const first = (await linesOf((await ask(slow, "application/x-ndjson")).body)).map((line) => JSON.parse(line));
    const closing = first.pop();
    assert.deepEqual([closing.end, closing.events, first.length, slow.pages()], [false, 6, 6, 2]);
    const rest = await ask(slow, "application/x-ndjson", `?after=${closing.after}`);
    const second = (await linesOf(rest.body)).map((line) => JSON.parse(line));
    assert.deepEqual(second.pop(), { end: true, events: 4 });
    assert.deepEqual([...first, ...second], (await slow.whole.searchAudit({ top: 1000 })).entries);
  });

  it("reads no page before somebody wants it", async () => {
    const store = await aStore();
    const { body } = await ask(store, "application/x-ndjson");
    assert.ok(body instanceof ReadableStream);
    const reader = body.getReader();
    await reader.read();
    assert.ok(store.pages() <= 2, `${store.pages()} pages`);
    await reader.cancel();
    assert.ok(store.pages() <= 2, `${store.pages()} pages`);
  });

  it("says in its last line what broke off on the way, and where to go on", async () => {
    const damage = { partition: "k:voted", key: "1|2|x" };
    const faults: readonly (readonly [Error, RegExp])[] = [
      [
        new PlgateError("secret inner words", { retryable: true }),
        /^The export could not go on; try again\. Correlation c-1\.$/,
      ],
      [new Error("secret inner words"), /^The export could not go on\. Correlation c-1\.$/],
      [
        new DamagedRow("row k:voted 1|2|x cannot be read: seq is not a number", damage),
        /^row k:voted 1\|2\|x cannot be read/,
      ],
    ];
    for (const [fault, problem] of faults) {
      const store = await aStore((page) => {
        if (page === 3) throw fault;
      });
      const { status, body, log } = await ask(store, "application/x-ndjson");
      assert.equal(status, 200);
      const { after, ...closing } = JSON.parse((await linesOf(body)).at(-1) ?? "");
      assert.deepEqual([closing.end, closing.events], [false, 6]);
      assert.match(closing.problem, problem);
      assert.equal(log.lines.length, 1);
      const rest = await store.whole.searchAudit({ top: 10, after });
      assert.equal(rest.entries.length, 4);
    }
  });

  it("answers with a status what goes wrong before the first event", async () => {
    const store = await aStore(() => {
      throw new PlgateError("away", { retryable: true });
    });
    await assert.rejects(ask(store, "text/csv"), /away/);
    await assert.rejects(ask(await aStore(), "text/csv", "?after=x"), { name: "InputError" });
  });

  const refused: Readonly<Record<string, readonly [string, string, number, RegExp]>> = {
    "a type that there is not": [
      "application/xml",
      "",
      406,
      /There are application\/json, application\/x-ndjson, text\/csv/,
    ],
    "an unknown filter": ["text/csv", "?limit=5", 400, /^limit: is no parameter here/],
    "the size of a page for an export": ["text/csv", "?top=5", 400, /^top: is for pages of JSON/],
    "pseudonyms, for which a key would have to travel": [
      "text/csv",
      "?pseudonyms=true",
      400,
      /^pseudonyms: is no parameter/,
    ],
  };
  for (const [what, [accept, query, code, detail]] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const { status, headers, body } = await ask(await aStore(), accept, query);
      assert.deepEqual([status, headers.get("content-type")], [code, "application/problem+json; charset=utf-8"]);
      assert.match(JSON.parse(String(body)).detail, detail);
    });
  }
});
