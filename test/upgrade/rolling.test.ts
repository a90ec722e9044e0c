import assert from "node:assert/strict";
import { after, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { serviceKey } from "../../src/requests/request-id.ts";
import * as scene from "../integration/scene.ts";
import { startWorld, until } from "../integration/world.ts";
import { buildEditions, type Host } from "./editions.ts";
import type { Look } from "./look.ts";

const world = await startWorld();
after(() => world.stop());
const editions = await buildEditions(world);
after(() => editions.close());

type Waiting = { readonly service: scene.Service; readonly endpoint: string };

const services = await Promise.all([scene.aService(world), scene.aService(world)]);
const [gold, stranger] = await Promise.all([scene.aCustomer(world, "gold"), scene.aCustomer(world)]);

/** A customer whom policy lets in, and a stranger about whom people are asked, at each service. */
async function ask(round: string): Promise<readonly Waiting[]> {
  const asked = services.map(async (service, n) => {
    await gold.ask(`pe-gold-${round}-${n}`, service);
    await stranger.ask(`pe-stranger-${round}-${n}`, service);
    return { service, endpoint: `pe-stranger-${round}-${n}` };
  });
  return Promise.all(asked);
}

async function vote(host: Host, request: string): Promise<number> {
  const headers = {
    authorization: `Bearer ${await world.issuer.mintUserToken({ user: "megan" })}`,
    "content-type": "application/json",
  };
  const body = JSON.stringify({ decision: "approve", justification: "CHG-7" });
  const answer = await fetch(`${host.url}/api/requests/${request}/decision`, { method: "POST", headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

/** The request about an endpoint, by the keys of the store alone: the version of a row is for the hosts. */
async function requestAbout({ service, endpoint }: Waiting): Promise<string | undefined> {
  const { name } = await scene.connectionOf(world, service, endpoint);
  for (const row of await rowsOf(service)) {
    if (row.rowKey.startsWith("r|") && String(row["connectionId"]).toLowerCase().endsWith(name.toLowerCase())) {
      return String(row["state"]) === "awaiting-decision" ? String(row["requestId"]) : undefined;
    }
  }
  return undefined;
}

type Raw = Readonly<Record<string, unknown>> & { readonly rowKey: string };

async function rowsOf({ ref }: scene.Service): Promise<readonly Raw[]> {
  const rows: Raw[] = [];
  const filter = `PartitionKey eq '${serviceKey(ref.id)}'`;
  for await (const row of world.storage.ledger.listEntities<Raw>({ queryOptions: { filter } })) rows.push(row);
  return rows;
}

/** Votes until some host takes it: one that may not touch the row yet says so, and people try again. */
async function decided(waiting: Waiting, hosts: readonly Host[]): Promise<void> {
  const request = await until(`the question about ${waiting.endpoint}`, () => requestAbout(waiting));
  let turn = 0;
  await until(`a host that takes the vote about ${waiting.endpoint}`, async () => {
    const host = hosts[turn % hosts.length];
    turn += 1;
    const status = host && (await vote(host, request));
    assert.ok(status && [200, 409, 503].includes(status), `the vote was answered ${status}`);
    return status === 503 ? undefined : status;
  });
}

async function approved(round: string): Promise<void> {
  for (const n of services.keys()) {
    for (const [who, customer] of [
      ["gold", gold],
      ["stranger", stranger],
    ] as const) {
      const endpoint = `pe-${who}-${round}-${n}`;
      await until(`${endpoint} to be approved`, async () =>
        (await customer.status(endpoint)).status === "Approved" ? true : undefined,
      );
    }
  }
}

async function parked(): Promise<number> {
  try {
    return (await world.storage.parked.getProperties()).approximateMessagesCount ?? 0;
  } catch {
    // The host makes the queue when the first message fails.
    return 0;
  }
}

it("Two versions of plgate work side by side, one after the other, and after a step back, and decide each connection once", async (t) => {
  const began = Date.now();
  const says = (what: string) => t.diagnostic(`${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`);
  let old = await editions.start("today");
  says("today's version runs alone");
  const before = await ask("before");
  for (const one of before.slice(0, 1)) await decided(one, [old]);

  const [next, during] = await Promise.all([editions.start("next"), ask("during")]);
  says("the next one runs beside it");
  for (const one of during) await decided(one, [old, next]);
  await old.stop();
  says("today's version has stopped");
  // What the older one asked, the newer one carries on.
  for (const one of before.slice(1)) await decided(one, [next]);
  await approved("before");
  await approved("during");
  const last = await ask("last");
  for (const one of last) await decided(one, [next]);
  await approved("last");
  says("everything is decided");

  await next.stop();
  old = await editions.start("today");
  says("a step back: today's version runs alone again, on rows that it does not know");
  const stands = await Promise.all(services.map(rowsOf));
  const late = await ask("late");
  await until("the older host to say so", () => old.lines.find((line) => line.includes("rows of a newer version")));
  await wait(2_000);
  assert.deepEqual(await Promise.all(services.map(rowsOf)), stands, "the older host left every row as it was");
  for (const { endpoint } of late) assert.equal((await stranger.status(endpoint)).status, "Pending");
  await old.stop();

  const again = await editions.start("next");
  says("the next version is back");
  for (const one of late) await decided(one, [again]);
  await approved("late");
  await again.stop();
  says("everything is decided again");

  await assertAllIsWell();
});

async function assertAllIsWell(): Promise<void> {
  const found = await editions.look();
  assert.ok(found.verdict.ok, JSON.stringify(found.verdict));
  assert.equal(found.knows.ledger, 2);
  assert.equal(found.requests.length, 16);
  for (const request of found.requests) assertDecidedOnce(request, found);
  const written = services.flatMap((service) => [...scene.writesOn(world, service)]);
  for (const [connection, answers] of written) {
    assert.equal(answers.filter((status) => status === 200).length, 1, `${connection} was written ${answers}`);
  }
  const rows = (await Promise.all(services.map(rowsOf))).flat();
  const migrated = rows.filter((row) => row["v"] === 2 && String(row["body0"]).includes('"grown":true'));
  assert.ok(
    migrated.some(({ rowKey }) => rowKey.startsWith("r|")),
    "a request of the older version was migrated, and kept so",
  );
  assert.ok(
    rows.some((row) => row.rowKey.startsWith("e|") && row["v"] === 1),
    "what is hashed stays as it was stored",
  );
  assert.equal(await parked(), 0, "nothing was given up");
}

function assertDecidedOnce({ id, state, votes, verdict, message }: Look["requests"][number], { events }: Look): void {
  const own = events.filter(({ request }) => request === id).map(({ kind }) => kind);
  for (const kind of ["requested", "decided", "applied"]) {
    assert.equal(own.filter((one) => one === kind).length, 1, `${id}: ${own}`);
  }
  assert.deepEqual([state, message], ["approved", "please"]);
  assert.equal(votes.length, verdict?.effect === "approve" ? 0 : 1);
}
