import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Actor } from "../../src/decision/decision.ts";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import { policyDigest } from "../../src/policy/digest.ts";
import { policyChain } from "../../src/requests/request-id.ts";
import { type PolicyOffice, policyOffice, recordFaults, settle } from "../../src/workflow/activation.ts";
import {
  activatePolicy,
  type Change,
  type Publication,
  publishPolicy,
  rollBackPolicy,
} from "../../src/workflow/administer-policies.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { verifyAudit } from "../../src/workflow/verify-audit.ts";
import { fakePorts } from "../fakes/ports.ts";
import { mortal } from "./mortal-host.ts";

type World = ReturnType<typeof fakePorts>;
type Person = Extract<Actor, { readonly kind: "person" }>;

const ada: Person = { kind: "person", objectId: "aaaaaaaa-0000-4000-8000-000000000001", tenantId: "t", name: "Ada" };
const grace: Person = { ...ada, objectId: "aaaaaaaa-0000-4000-8000-000000000002", name: "Grace" };

const withoutTests = {
  ...{ file: "prod.yaml", line: 1, column: 1, severity: "warning", name: "untested" },
  message: "there are no tests beside it; write prod.test.yaml",
};

describe("publishing a policy", () => {
  it("puts it in force with who, why and what on record before and after", async () => {
    const ports = fakePorts();
    const outcome = await publish(ports, policy());
    assert.deepEqual(outcome, {
      ...{ kind: "published", name: "prod", version: 1, sha256: policyDigest(policy()), changed: true, inForce: true },
      ...{ warnings: [withoutTests], tests: undefined },
    });
    assert.deepEqual(await inForce(ports), [1, 2]);
    const [published, intent, done] = await events(ports);
    const detail = { name: "prod", version: 1, sha256: policyDigest(policy()), author: "Ada" };
    assert.deepEqual(published?.detail, { ...detail, acknowledged: ["untested"] });
    assert.deepEqual(intent?.detail, { ...detail, from: null });
    assert.deepEqual(done?.detail, { ...detail, from: null, intent: 2 });
    for (const event of [published, intent, done]) {
      assert.deepEqual([event?.who, event?.door, event?.why?.justification], [ada, "api", "CHG001"]);
    }
    assert.deepEqual(await recordFaults(ports), []);
  });

  it("is found by search, by kind and by who did it, and the chain is verified with the others", async () => {
    const ports = fakePorts();
    await publish(ports, policy());
    for (const kind of ["policy-published", "policy-activating", "policy-activated"] as const) {
      const { entries } = await ports.index.searchAudit({ kind, actor: ada.objectId, top: 10 });
      assert.deepEqual(
        entries.map((entry) => [entry.kind, entry.serviceId]),
        [[kind, null]],
      );
    }
    const { ok, chains } = await verifyAudit({ anchors: false, index: true }, ports);
    assert.deepEqual([ok, chains.map((chain) => [chain.service, chain.events])], [true, [["policies", 3]]]);
  });

  it("leaves it to a second person to put it in force", async () => {
    const ports = fakePorts();
    const kept = await publish(ports, policy(), { activate: false });
    assert.deepEqual(kept.kind === "published" && [kept.version, kept.inForce], [1, false]);
    assert.deepEqual([await kinds(ports), await ports.versions.pointer("prod")], [["policy-published"], undefined]);
    const outcome = await activatePolicy("prod", 1, change(ports, grace), policyOffice(ports));
    assert.equal(outcome.kind, "activated");
    const [published, , activated] = await events(ports);
    assert.deepEqual([published?.who, activated?.who], [ada, grace]);
  });

  it("says nothing twice when the same is in force, or was kept, already", async () => {
    const ports = fakePorts();
    await publish(ports, policy());
    const again = await publish(ports, policy().replaceAll("\n", "\r\n"));
    assert.deepEqual(again.kind === "published" && [again.version, again.changed, again.inForce], [1, false, true]);
    await publish(ports, policy("Two."), { activate: false });
    const kept = await publish(ports, policy("Two."), { activate: false });
    assert.deepEqual(kept.kind === "published" && [kept.version, kept.changed], [2, false]);
    assert.equal((await kinds(ports)).length, 4);
  });

  it("refuses errors, failing tests, open warnings and another name, and leaves no trace", async () => {
    const ports = fakePorts();
    const guarded = policy().replace("effect: approve", "effect: review").replace("gold }", "{ known: true } }");
    const tests = { file: "prod.test.yaml", source: testOf("reject") };
    const refusals = [
      await publish(ports, policy().replace("consumer.tier", "consumer.teir")),
      await publish(ports, policy(), { tests }),
      await publish(ports, guarded),
      await publish(ports, guarded, { acknowledge: ["unused", "untested"] }),
      await publish(ports, policy(), { name: "other" }),
    ];
    assert.deepEqual(
      refusals.map((one) => ("why" in one ? one.why : one.kind)),
      ["faults", "tests", "unacknowledged", "unacknowledged", "another-name"],
    );
    assert.deepEqual([await ports.versions.versions("prod"), await kinds(ports)], [[], []]);
    const accepted = await publish(ports, guarded, { acknowledge: ["known-guard", "untested"] });
    assert.equal(accepted.kind, "published");
    const [published] = await events(ports);
    assert.deepEqual(Reflect.get(Object(published?.detail), "acknowledged"), ["untested", "known-guard"]);
    const tested = await publish(ports, policy(), { tests: { ...tests, source: testOf("approve") } });
    assert.equal(tested.kind === "published" && tested.tests?.kind, "ran");
  });

  it("wants a reject rule to have been in shadow, or that it was seen that it was not", async () => {
    const ports = fakePorts();
    const rejecting = policy().replace("effect: approve", "effect: reject");
    const shadow = rejecting.replace("effect: reject", "effect: reject\n    mode: shadow");
    const refused = await publish(ports, rejecting);
    assert.ok(refused.kind === "refused" && refused.why === "unacknowledged", refused.kind);
    assert.deepEqual(
      refused.faults.map(({ rule, name }) => [rule, name]),
      [["gold", "never-in-shadow"]],
    );
    assert.deepEqual(await kinds(ports), []);
    assert.equal((await publish(ports, shadow)).kind, "published");
    assert.equal((await publish(ports, rejecting)).kind, "published");
    assert.equal((await publish(ports, rejecting.replace("One.", "Two."))).kind, "published");
    const other = rejecting.replace("id: gold", "id: bronze");
    const accepted = await publish(ports, other, { acknowledge: ["never-in-shadow", "untested"] });
    assert.deepEqual(accepted.kind === "published" && accepted.warnings.map(({ name }) => name), [
      "untested",
      "never-in-shadow",
    ]);
  });

  it("wants people to have been asked about drift before it takes anything away, and says what changes", async () => {
    const ports = fakePorts();
    const saying = (drift: string) => policy().replace("rules:", `drift: ${drift}\nrules:`);
    const refused = await publish(ports, saying("revoke"));
    assert.ok(refused.kind === "refused" && refused.why === "unacknowledged", refused.kind);
    assert.deepEqual(
      refused.faults.map(({ line, name }) => [line, name]),
      [[7, "never-escalated"]],
    );
    const asking = await publish(ports, saying("escalate"));
    assert.deepEqual(asking.kind === "published" && asking.drift, { before: "record", after: "escalate" });
    const taking = await publish(ports, saying("{ do: revoke, grace: P2D }"), { activate: false });
    const after = "revoke after P2D, unless people keep the connection";
    assert.deepEqual(taking.kind === "published" && taking.drift, { before: "escalate", after });
    const activated = await activatePolicy("prod", 2, change(ports, grace), policyOffice(ports));
    assert.deepEqual(activated.kind === "activated" && activated.drift, { before: "escalate", after });
    const back = await rollBackPolicy("prod", change(ports), policyOffice(ports));
    assert.deepEqual(back.kind === "activated" && back.drift, { before: after, after: "escalate" });
    const again = await activatePolicy("prod", 1, change(ports), policyOffice(ports));
    assert.ok(again.kind === "activated" && !again.changed && again.drift === undefined);
  });

  it("lets one of two authors win, tells the other, and keeps both versions", async () => {
    const ports = fakePorts();
    const both = await Promise.all([publish(ports, policy("One.")), publish(ports, policy("Two."))]);
    const kindsOf = both.map(({ kind }) => kind).sort();
    assert.deepEqual(kindsOf, ["not-in-force", "published"]);
    const lost = both.find((one) => one.kind === "not-in-force");
    const won = both.find((one) => one.kind === "published");
    assert.deepEqual([lost?.why, lost?.inForce?.version], ["lost-race", won?.version]);
    assert.deepEqual((await ports.versions.pointer("prod"))?.active.version, won?.version);
    assert.equal((await ports.versions.versions("prod")).length, 2);
    const activated = await activatePolicy("prod", lost?.version ?? 0, change(ports), policyOffice(ports));
    assert.equal(activated.kind, "activated");
    await assertSound(ports);
  });

  it("tells two who publish exactly the same at once that it is in force, and does it once", async () => {
    const ports = fakePorts();
    const both = await Promise.all([publish(ports, policy()), publish(ports, policy())]);
    assert.deepEqual(
      both.map((one) => one.kind === "published" && [one.version, one.inForce]),
      [
        [1, true],
        [1, true],
      ],
    );
    assert.deepEqual(await kinds(ports), ["policy-published", "policy-activating", "policy-activated"]);
  });

  it("lets authors of different policies publish at the same time", async () => {
    const ports = fakePorts();
    const names = ["a", "b", "c", "d"];
    const all = await Promise.all(names.map((name) => publish(ports, policy().replace("name: prod", `name: ${name}`))));
    assert.deepEqual(
      all.map(({ kind }) => kind),
      names.map(() => "published"),
    );
    await assertSound(ports);
  });
});

describe("activating a version and rolling back", () => {
  it("puts an older version in force again, and comes back when told twice", async () => {
    const ports = fakePorts();
    await publish(ports, policy("One."));
    await publish(ports, policy("Two."));
    const back = () => rollBackPolicy("prod", change(ports), policyOffice(ports));
    assert.deepEqual(activeOf(await back()), 1);
    assert.deepEqual(activeOf(await back()), 2);
    assert.deepEqual(await inForce(ports), [2, 9]);
    assert.deepEqual(activeOf(await activatePolicy("prod", 2, change(ports), policyOffice(ports))), 2);
    assert.equal((await kinds(ports)).length, 10, "what is in force already is not put on record again");
  });

  it("refuses a version that today's engine does not compile, with every fault, and one that is not there", async () => {
    const ports = fakePorts();
    await publish(ports, policy("One."));
    await publish(ports, policy("Two."));
    ports.versions.forge("prod", 1, policy().replace("plgate/v1", "plgate/v0"));
    const refused = await rollBackPolicy("prod", change(ports), policyOffice(ports));
    assert.ok(refused.kind === "refused" && refused.faults.length > 0, JSON.stringify(refused));
    assert.deepEqual(await inForce(ports), [2, 5]);
    const missing = await activatePolicy("prod", 7, change(ports), policyOffice(ports));
    assert.deepEqual(missing, { kind: "unknown-version", name: "prod", version: 7 });
    const nothing = await rollBackPolicy("other", change(ports), policyOffice(ports));
    assert.deepEqual(nothing, { kind: "unknown-version", name: "other", version: null });
  });
});

describe("a host that dies while it changes a policy", () => {
  const cases: Readonly<Record<string, (office: PolicyOffice, ports: World) => Promise<unknown>>> = {
    "while it publishes": (office, ports) => publishPolicy(publication(policy("Two.")), change(ports), office),
    "while it rolls back": (office, ports) => rollBackPolicy("prod", change(ports), office),
  };
  for (const [name, act] of Object.entries(cases)) {
    for (const moment of ["before", "after"] as const) {
      it(`leaves nothing in force without a record, and the sweep finishes: ${name}, ${moment} any call`, async () => {
        for (let calls = 1; ; calls += 1) {
          const ports = fakePorts();
          await publish(ports, policy("Zero."));
          await publish(ports, policy("One."));
          const { ports: dying, died } = mortal({ ...policyOffice(ports) }, ["versions", "ledger"], calls, moment);
          await act(dying, ports).catch(() => undefined);
          if (!died()) break;
          await assertAnnounced(ports);
          await reconcile(ports);
          await assertSound(ports);
          // Told again, it is done once more or was done already; it is never lost.
          const again = await publish(ports, policy("Three."));
          assert.equal(again.kind, "published", `killed ${moment} call ${calls}: ${JSON.stringify(again)}`);
          await assertSound(ports);
        }
      });
    }
  }

  it("is reported by health until it is finished, and the next author finishes it in its name", async () => {
    const ports = fakePorts();
    await publish(ports, policy("One."));
    ports.versions.nextPoints.push("fails");
    await assert.rejects(publish(ports, policy("Two.")));
    assert.match((await recordFaults(ports)).join(), /putting prod version 2 in force was begun .* not finished/);
    await publish(ports, policy().replace("name: prod", "name: other"), {}, grace);
    assert.deepEqual(await recordFaults(ports), []);
    const finished = (await events(ports)).find(
      ({ kind, detail }) => kind === "policy-activated" && isAbout(detail, 2),
    );
    assert.deepEqual([finished?.who, (await ports.versions.pointer("prod"))?.active.version], [ada, 2]);
    await assertSound(ports);
  });

  it("does it once although the answers of store and ledger get lost", async () => {
    const ports = fakePorts();
    ports.versions.nextPoints.push("lost-answer");
    await assert.rejects(publish(ports, policy()));
    await settle(policyOffice(ports));
    const again = await publish(ports, policy());
    assert.deepEqual(again.kind === "published" && [again.version, again.changed], [1, false]);
    assert.deepEqual(await kinds(ports), ["policy-published", "policy-activating", "policy-activated"]);
  });

  it("is told from somebody who changed the store past plgate", async () => {
    const ports = fakePorts();
    await publish(ports, policy("One."));
    await publish(ports, policy("Two."), { activate: false });
    const seen = await ports.versions.pointer("prod");
    assert.ok(seen);
    const bent = { ...seen, active: { version: 2, sha256: policyDigest(policy("Two.")) } };
    await ports.versions.point(bent, seen.etag);
    assert.match((await recordFaults(ports)).join(), /prod version 2 is in force without a record/);
  });
});

function publish(ports: World, source: string, wish: Partial<Publication> = {}, who: Person = ada) {
  return publishPolicy({ ...publication(source), ...wish }, change(ports, who), policyOffice(ports));
}

function publication(source: string): Publication {
  return { source, file: "prod.yaml", tests: undefined, acknowledge: ["untested"], activate: true };
}

function change({ clock }: World, who: Person = ada): Change {
  return { hand: { who, door: "api", correlation: "c", clock }, author: who.name, note: "CHG001" };
}

async function events(ports: World): Promise<readonly AuditEvent[]> {
  return ports.ledger.eventsBetween(policyChain, 1, 1000);
}

async function kinds(ports: World): Promise<readonly string[]> {
  return (await events(ports)).map(({ kind }) => kind);
}

async function inForce({ versions }: World): Promise<readonly unknown[]> {
  const pointer = await versions.pointer("prod");
  return [pointer?.active.version, pointer?.activation];
}

function activeOf(outcome: Awaited<ReturnType<typeof activatePolicy>>): number {
  assert.ok(outcome.kind === "activated", JSON.stringify(outcome));
  return outcome.active.version;
}

function isAbout(detail: unknown, version: number): boolean {
  return Reflect.get(Object(detail), "version") === version;
}

/** Whatever is in force was announced before, finished or not. */
async function assertAnnounced(ports: World): Promise<void> {
  const faults = await recordFaults(ports);
  assert.deepEqual(
    faults.filter((fault) => fault.includes("without a record")),
    [],
  );
}

/** Nothing is begun and not finished, all is on record, and every intent has exactly one outcome. */
async function assertSound(ports: World): Promise<void> {
  assert.deepEqual(await recordFaults(ports), []);
  const all = await events(ports);
  assert.equal((await verifyChain(all, await ports.ledger.head(policyChain))).ok, true);
  const intents = all.filter(({ kind }) => kind === "policy-activating").map(({ seq }) => seq);
  const outcomes = all.flatMap(({ detail }) => Reflect.get(Object(detail), "intent") ?? []);
  assert.deepEqual(outcomes, intents);
  for (const { name } of await ports.versions.pointers()) {
    const published = all.filter(
      ({ kind, detail }) => kind === "policy-published" && Reflect.get(Object(detail), "name") === name,
    );
    assert.ok(published.length > 0);
  }
}

function policy(because = "One."): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: prod
defaultReview: { by: [oncall] }
reviewers:
  oncall: { entraGroup: 55555555-0000-0000-0000-000000000005 }
rules:
  - id: gold
    effect: approve
    because: "${because}"
    when: { consumer.registered: true, consumer.tier: gold }
`;
}

function testOf(expect: string): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicyTest
policy: prod.yaml
facts: { time.now: 2026-11-24T10:00:00Z, consumer: { registered: true, tier: gold } }
cases: [{ name: gold, expect: ${expect} }]
`;
}
