import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TableClient } from "@azure/data-tables";
import type { EventGridEvent } from "@azure/functions";
import { connectionEvent } from "../../../functions/connection-event.ts";
import { decideRequest } from "../../../functions/decide-request.ts";
import { eventsOfWrite } from "../../../local/eventgrid/events-of-write.ts";
import { madeUpPerson } from "../../../local/eventgrid/made-up-person.ts";
import { defaultSettings } from "../../../local/eventgrid/settings.ts";
import { people } from "../../../local/seed.ts";
import { seededRandom } from "../../../local/seeded-random.ts";
import type { Channel } from "../channel.ts";
import { api } from "../http-call.ts";
import * as scene from "../scene.ts";
import { until, type World } from "../world.ts";

/** What must never be kept: claims and addresses of events, and tokens of any kind. */
export function recordsSuite(world: World, channel: Channel): void {
  /** Every row of every table, and what the queue holds, as text. */
  async function everythingKept(): Promise<readonly string[]> {
    const { reviews, parked, ...tables } = world.storage;
    const kept: string[] = [];
    for (const table of Object.values(tables)) {
      assert.ok(table instanceof TableClient);
      for await (const row of table.listEntities()) kept.push(`${table.tableName}: ${JSON.stringify(row)}`);
    }
    for (const queue of [reviews, parked]) {
      const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 32 });
      kept.push(...peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, "base64").toString()));
    }
    return kept;
  }

  describe("what plgate keeps", () => {
    it("holds nothing of an event's claims and no token, in no table, queue, card or log", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      for (const name of ["pe-claims", "pe-claims-2"]) await customer.ask(name, service, "please");
      const events = world.writes
        .filter(({ target }) => target?.serviceId.toLowerCase() === service.id)
        .flatMap((write) =>
          eventsOfWrite(write, { settings: { ...defaultSettings, onConsumerCreate: "all" }, random: seededRandom(2) }),
        );
      assert.match(JSON.stringify(events), /Quillfeather/, "the events carry claims");
      for (const { event } of events) {
        await connectionEvent(event as unknown as EventGridEvent, world.context("connection-event"));
      }
      await scene.workQueue(world);
      // A person by a card, another by the API: both doors see tokens.
      const first = await scene.requestOf(world, service, "pe-claims");
      const [card] = channel.threads(first.id);
      assert.ok(card);
      const press = { verb: "approve", requestId: first.id, justification: "CHG-1" } as const;
      await channel.press(card, people.megan, press);
      const { id } = await scene.requestOf(world, service, "pe-claims-2");
      const body = { decision: "reject", justification: "CHG-2" };
      await api(world, decideRequest, { method: "POST", as: "adele", params: { id }, body });
      await until("the decisions to be carried out", async () => {
        await scene.workQueue(world);
        return (await scene.requestOf(world, service, "pe-claims-2")).state === "rejected";
      });

      const kept = await everythingKept();
      assert.ok(
        kept.some((row) => row.startsWith("ledger: ") && row.includes(id)),
        "the search sees the ledger",
      );
      assert.ok(kept.length > 50, `the search sees rows (${kept.length})`);
      const cards = world.connector.requests.map(({ body: sent }) => JSON.stringify(sent));
      const forbidden = [...Object.values(madeUpPerson), "Bearer ", "eyJ", "puid", "ipaddr", "clientIpAddress"];
      for (const secret of forbidden) {
        const leak = [...kept, ...world.lines, ...cards].find((text) => text?.includes(secret));
        assert.equal(leak, undefined, `${secret} is kept`);
      }
    });
  });
}
