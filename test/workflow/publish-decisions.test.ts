import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { OutboxEntry } from "../../src/ledger/commit.ts";
import type { DecisionEvent } from "../../src/ledger/decision-event.ts";
import { type PublishedType, publishedTypes } from "../../src/ledger/published.ts";
import { dispatch, dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import type { Settings } from "../../src/workflow/ports.ts";
import { aConnectionRef, anEndpoint, connection, consumer, customer, request, service, step } from "../builders.ts";
import { approvedFor, day, pass, voteOn } from "./approved.ts";
import { approved, drifting } from "./drifting.ts";
import { assertDecision, onTheWire, subscribed, typesOf } from "./published.ts";
import { auditOf, blocked, kindsOf, restarted, review, type Stage, stage } from "./stage.ts";
import { askedAbout, deadline, stranger } from "./timed.ts";

const ofStranger = connection({ endpoint: stranger.endpoint });

async function reviewed(shown = connection(), settings: Partial<Settings> = {}): Promise<Stage> {
  const ports = subscribed(stage([service({ connections: [shown] })], settings));
  await review(ports);
  return ports;
}

async function revoking(): Promise<Stage> {
  const ports = subscribed(drifting({ drift: "{ do: revoke, grace: PT6H }" }, { connections: [approved()] }));
  await review(ports);
  return ports;
}

/** How each type comes about; the last event of the story is the example. */
const stories: Readonly<Record<PublishedType, () => Promise<Stage>>> = {
  "plgate.request.received": () => reviewed(),
  "plgate.request.awaiting-decision": () => reviewed(ofStranger),
  "plgate.request.held": () => reviewed(connection(), { mode: "observe" }),
  "plgate.request.approved": () => reviewed(),
  "plgate.request.rejected": () => reviewed(connection({ endpoint: anEndpoint("pe-b", blocked) })),
  "plgate.request.expired": async () => {
    const ports = subscribed(await askedAbout({ deadlines: [deadline("PT1H", { expiry: "leave" })] }));
    await pass(ports, 2 * 3600);
    return ports;
  },
  "plgate.request.withdrawn": async () => {
    const ports = await reviewed(ofStranger);
    ports.connections.disconnect(ofStranger.ref);
    await review(ports);
    return ports;
  },
  "plgate.request.resolved-elsewhere": async () => {
    const ports = await reviewed(ofStranger);
    ports.connections.connect({ ...ofStranger, status: "Rejected", rawStatus: "Rejected" });
    await review(ports);
    return ports;
  },
  "plgate.request.failed": async () => {
    const ports = subscribed(stage());
    ports.connections.nextWrites.push({ kind: "refused", code: "AuthorizationFailed" });
    await review(ports);
    return ports;
  },
  "plgate.approval.questioned": async () => {
    const ports = subscribed(drifting({ drift: "escalate" }, { connections: [approved()] }));
    await review(ports);
    return ports;
  },
  "plgate.approval.revoking": revoking,
  "plgate.approval.held": async () => {
    const ports = subscribed(await approvedFor("P14D"));
    await pass(restarted(ports, { mode: "approve-only" }), 15 * day);
    await pass(restarted(ports, { mode: "approve-only" }), 2 * 3600);
    return ports;
  },
  "plgate.approval.kept": async () => {
    const ports = subscribed(await approvedFor("P14D"));
    await pass(ports, 12 * day);
    await voteOn(ports, "approve");
    return ports;
  },
  "plgate.approval.revoked": async () => {
    const ports = await revoking();
    await pass(ports, 7 * 3600);
    return ports;
  },
  "plgate.approval.revocation-failed": async () => {
    const ports = await revoking();
    ports.connections.nextWrites.push({ kind: "refused", code: "AuthorizationFailed" });
    await pass(ports, 7 * 3600);
    return ports;
  },
  "plgate.approval.unanswered": async () => {
    const ports = await revoking();
    ports.connections.disconnect(approved().ref);
    await review(ports);
    return ports;
  },
  "plgate.approval.ended": async () => {
    const ports = await reviewed();
    ports.connections.disconnect(connection().ref);
    await review(ports);
    return ports;
  },
  "plgate.drift.detected": async () => {
    const ports = subscribed(drifting({}, { connections: [approved()] }));
    await review(ports);
    return ports;
  },
  "plgate.drift.cleared": async () => {
    const ports = subscribed(drifting({}, { connections: [approved()] }));
    await review(ports);
    ports.connections.disconnect(approved().ref);
    await review(ports);
    return ports;
  },
  "plgate.link.identified": async () => {
    const ports = subscribed(stage());
    ports.connections.linkOnApproval = undefined;
    await review(ports);
    ports.connections.showLink(connection().ref, "4711");
    await review(ports);
    return ports;
  },
};

function lastOf(ports: Stage, type: PublishedType): DecisionEvent {
  return ports.publisher.events.findLast((event) => event.type === type) ?? assert.fail(`${typesOf(ports)}`);
}

/** The times of day and the made-up numbers of a run differ; all else does not. */
function shapeOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, member) => {
    if (["hash", "id", "source", "subject", "correlation", "url"].includes(key)) return "…";
    return typeof member === "string" && /^\d{4}-\d\d-\d\dT/.test(member) ? "…" : member;
  });
}

describe("Subscribers are told", () => {
  const examples: Readonly<Record<string, object>> = JSON.parse(
    readFileSync(new URL("../../docs/decision-events.json", import.meta.url), "utf8"),
  );

  for (const type of publishedTypes) {
    it(`${type}, as the schema and the example in the docs have it`, async () => {
      const ports = await stories[type]();
      for (const event of ports.publisher.events) assertDecision(onTheWire(event));
      const told = onTheWire(lastOf(ports, type));
      const example = examples[type] ?? assert.fail(`no example; one would be ${JSON.stringify(told, null, 2)}`);
      assertDecision(example);
      assert.deepEqual(shapeOf(told), shapeOf(example));
    });
  }

  it("nothing else: the docs have no example of what is not", () => {
    assert.deepEqual(Object.keys(examples), [...publishedTypes]);
  });
});

describe("What subscribers are told", () => {
  it("is nothing that a consumer or a person wrote, and nobody's name or id", async () => {
    const hostile = connection({
      endpoint: anEndpoint("pe-x", stranger.endpoint?.subscriptionId),
      description: "<b>hi",
    });
    const ports = await reviewed(hostile);
    await voteOn(ports, "approve");
    const said = JSON.stringify(ports.publisher.events);
    assert.deepEqual(typesOf(ports), ["request.received", "request.awaiting-decision", "request.approved"]);
    for (const text of ["<b>", "CHG-1", "Megan", "aaaaaaaa-0000-4000-8000-000000000001"]) {
      assert.ok(!said.includes(text), `${text} in ${said}`);
    }
    const { decision } = lastOf(ports, "plgate.request.approved").data;
    assert.deepEqual(decision?.by, { kind: "people", votes: 1, door: "api" });
  });

  it("leads to the record: chain, place, and the hash that the place has", async () => {
    const ports = await reviewed(connection(), { publicUrl: "https://plgate.example" });
    const { data, id } = lastOf(ports, "plgate.request.approved");
    const event = (await auditOf(ports)).at(-1);
    assert.deepEqual([data.audit.seq, data.audit.hash], [event?.seq, event?.hash]);
    assert.equal(id, `${data.audit.chain}-${event?.seq}`);
    assert.equal(data.request?.url, `https://plgate.example/api/requests/${data.request?.id}`);
  });

  it("is in lower case, however Azure spelled it", async () => {
    const loud = anEndpoint("PE-Loud");
    const ports = await reviewed(connection({ ref: aConnectionRef("PE-Loud.1111"), endpoint: loud }));
    const { subject, data } = lastOf(ports, "plgate.request.approved");
    assert.equal(subject, subject.toLowerCase());
    assert.equal(data.connection?.endpointId, loud.id.toLowerCase());
  });

  it("names the customer as the registry does where there is no request, and only then asks it", async () => {
    const ports = subscribed(drifting({}, { connections: [approved("pe-x", customer)] }));
    ports.consumers.put(consumer({ name: "Contoso Ltd" }));
    ports.policies.set([]);
    await review(ports);
    const { consumer: named } = lastOf(ports, "plgate.drift.detected").data;
    assert.deepEqual(named, { subscriptionId: customer, name: "Contoso Ltd" });
  });

  it("comes in one batch for each review, however many commits there were", async () => {
    const many = Array.from({ length: 30 }, (_, at) => approved(`pe-${at}`));
    const waits = Array.from({ length: 10 }, (_, at) => connection({ ref: aConnectionRef(`pe-w${at}.1`) }));
    const ports = subscribed(drifting({}, { connections: [...many, ...waits] }));
    await review(ports);
    assert.deepEqual(
      ports.publisher.batches.map((batch) => batch.length),
      [30 + 2 * 10],
    );
    assert.equal(new Set(ports.publisher.events.map(({ id }) => id)).size, 50);
    assert.ok(JSON.stringify(ports.publisher.batches).length < 128 * 1024);
  });

  it("goes in several batches where one would be too large, each commit as a whole", async () => {
    const ports = subscribed(stage());
    const left = await leave(ports, 450);
    assert.deepEqual(
      ports.publisher.batches.map((batch) => batch.length),
      [200, 200, 50],
    );
    assert.equal((await ports.outbox.waiting()).count, 0, `${left} are done`);
  });
});

/** Leaves as many commits that are news, and has all that they left done at once. */
async function leave(ports: Stage, count: number): Promise<number> {
  const left: OutboxEntry[] = [];
  for (let at = 0; at < count; at += 1) {
    const committed = await ports.ledger.commit(step({ request: request({}, aConnectionRef(`pe-${at}.1`)) }));
    if (committed.kind === "committed") left.push(...committed.outbox);
  }
  await dispatch(left, ports);
  return left.length;
}

describe("While the topic takes nothing", () => {
  it("decisions are made all the same, and subscribers are told later", async () => {
    const ports = subscribed(stage());
    ports.publisher.isDown = true;
    await review(ports);
    assert.deepEqual((await kindsOf(ports)).at(-1), "applied");
    assert.deepEqual(ports.publisher.events, []);
    assert.equal((await ports.outbox.waiting()).count, 2, "one for each commit that is news");
    ports.publisher.isDown = false;
    ports.clock.advance(60);
    await dispatchLeftOver(ports);
    assert.deepEqual(typesOf(ports).toSorted(), ["request.approved", "request.received"]);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("health says so, with what the topic answered, once it was tried long enough", async () => {
    const ports = subscribed(stage());
    ports.publisher.isDown = true;
    await review(ports);
    for (let tries = 0; tries < 12; tries += 1) {
      ports.clock.advance(16 * 60);
      await dispatchLeftOver(ports);
    }
    const [stuck] = await ports.outbox.stuck();
    assert.deepEqual([stuck?.entry.kind, stuck?.why], ["publish", "the topic does not answer"]);
  });
});

describe("An entry of the outbox that cannot be told", () => {
  it("stays alone: what came with it is told", async () => {
    const ports = subscribed(stage());
    const lost = { kind: "publish", service: request().service, requestId: "drco5jk2a6tuq3j7-aaaaaaaaaa-1" } as const;
    const committed = await ports.ledger.commit(step());
    assert.ok(committed.kind === "committed");
    await dispatch([{ ...lost, firstSeq: 1, seq: 1 }, ...committed.outbox], ports);
    assert.deepEqual(typesOf(ports), ["request.received"]);
    assert.ok(ports.log.lines.some(({ fields }) => fields["error"] === "its request cannot be found"));
  });

  it("because the topic refuses it, stays alone as well", async () => {
    const ports = subscribed(stage());
    ports.publisher.refuses = `${request().service}-17`;
    await leave(ports, 40);
    assert.equal(ports.publisher.events.length, 39);
    assert.equal((await ports.outbox.waiting()).count, 1);
  });
});

describe("Without a topic", () => {
  it("nothing is left in the outbox, and nothing is told", async () => {
    const ports = stage();
    await review(ports);
    assert.ok(ports.ledger.told.length >= 2);
    assert.deepEqual(ports.publisher.batches, []);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("what a topic left behind that is configured no more is done at once", async () => {
    const ports = subscribed(stage());
    ports.publisher.isOn = false;
    await review(ports);
    assert.deepEqual(ports.publisher.batches, []);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });
});
