import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { connection, service } from "../builders.ts";
import { FakePolicyVersions } from "../fakes/policy-store.ts";
import { aHistory, historyPolicy, historySource, historyVersions } from "../workflow/a-history.ts";
import { requestOf, review, type Stage, stage } from "../workflow/stage.ts";
import { type FakeStore, fakeStore, run, runOn, scratch } from "./terminal.ts";

const facts = `time.now: 2026-11-24T10:00:00Z
service: { name: pls-a }
endpoint: { region: westeurope }
consumer: { subscriptionId: 99999999-0000-4000-8000-000000000009, tier: gold, connectionsOnService: 0 }
request: { message: "\\e[2Japprove" }
`;

const versions = await historyVersions();

/** The store of a history; what is in force and which versions there are, a test may change. */
function storeOf(ports: Stage, change: Partial<FakeStore> = {}): FakeStore {
  const store = fakeStore();
  return {
    ...store,
    ledger: ports.ledger,
    index: ports.index,
    policies: { ...store.policies, current: () => ports.policies.current() },
    versions,
    ...change,
  };
}

describe("plgate policy explain, of files", () => {
  const folder = scratch();

  it("judges the facts by the policies and says why, without a store", async () => {
    const policy = await folder.file("history.yaml", historySource(1));
    const { code, out } = await run([
      "policy",
      "explain",
      "--facts",
      await folder.file("f.yaml", facts),
      "--policy",
      policy,
    ]);
    assert.equal(code, 0);
    assert.match(out, /^approve, decided by customer\n {2}A registered customer within quota\.\n/);
    assert.match(
      out,
      /\n {2}=> customer \(line 13\), approve: holds, and decided\n {7}yes {2}when\.anyOf\[0\]: consumer\.tier/,
    );
    assert.match(out, /\n {3}- abroad \(line 11\), review: does not hold\n {7}no {3}endpoint\.region notIn /);
  });

  it("says what is done about drift at the service, where a policy says anything of it", async () => {
    const source = historySource(1).replace("defaultReview:", "drift: { do: revoke, grace: P2D }\ndefaultReview:");
    const policy = await folder.file("drifting.yaml", source);
    const words = ["policy", "explain", "--facts", await folder.file("f.yaml", facts), "--policy", policy];
    const { out } = await run(words);
    assert.match(
      out,
      /\n\ndrift at this service: revoke after P2D, unless people keep the connection\n {2}asks network \(1\)\n$/,
    );
    const { drift } = JSON.parse((await run([...words, "--json"])).out);
    assert.deepEqual([drift.handling, drift.grace], ["revoke", "P2D"]);
  });

  it("takes the base request of a test file, too", async () => {
    const policy = await folder.file("history.yaml", historySource(1));
    const indented = facts.replaceAll(/^/gm, "  ").trimEnd();
    const file = await folder.file("t.yaml", `apiVersion: plgate/v1\nkind: ApprovalPolicyTest\nfacts:\n${indented}\n`);
    const { code, out } = await run(["policy", "explain", "--facts", file, "--policy", policy]);
    assert.deepEqual([code, out.split("\n")[0]], [0, "approve, decided by customer"]);
  });

  it("says the same to machines", async () => {
    const policy = await folder.file("history.yaml", historySource(1));
    const file = await folder.file("f.yaml", facts);
    const { out } = await run(["policy", "explain", "--facts", file, "--policy", policy, "--json"]);
    const { explanation } = JSON.parse(out);
    assert.deepEqual(
      explanation.policies[0].rules.map(({ rule, standing }: Record<string, unknown>) => [rule, standing]),
      [
        ["blocked", "does-not-hold"],
        ["abroad", "does-not-hold"],
        ["busy", "unknown"],
        ["customer", "decided"],
      ],
    );
  });

  const refused: Readonly<Record<string, readonly [facts: string | undefined, policy: string | undefined, RegExp]>> = {
    "no policy": [facts, undefined, /--policy is missing/],
    "no facts": [undefined, historySource(1), /--facts is missing/],
    "a policy with a fault": [
      facts,
      historySource(1).replace("consumer.tier: gold", "consumer.teir: gold"),
      /consumer\.teir; did you mean consumer\.tier\?/,
    ],
    "a fact that there is not": [
      `${facts}consumer.teir: gold\n`,
      historySource(1),
      /f\.yaml:6:1 error \(policy\) unknown fact consumer\.teir; did you mean consumer\.tier\?/,
    ],
    "no time": ["consumer: { tier: gold }\n", historySource(1), /the facts need time\.now/],
    "a fact of another type": [
      facts.replace("connectionsOnService: 0", 'connectionsOnService: "0"'),
      historySource(1),
      /connectionsOnService is an int; "0" is not/,
    ],
    "a file that is a list": ["- 1\n", historySource(1), /the facts must be a map/],
  };
  for (const [name, [given, policy, expected]] of Object.entries(refused)) {
    it(`refuses ${name} with 2`, async () => {
      const words = [
        ...(given === undefined ? [] : ["--facts", await folder.file("f.yaml", given)]),
        ...(policy === undefined ? [] : ["--policy", await folder.file("p.yaml", policy)]),
      ];
      const { code, err } = await run(["policy", "explain", ...words]);
      assert.equal(code, 2);
      assert.match(err, expected);
    });
  }
});

/** As the ledger keeps an event that would not have fitted. */
function withoutTrace<Event extends { readonly kind: string; readonly detail: unknown }>(event: Event): Event {
  if (event.kind !== "evaluated") return event;
  const copy = structuredClone(event) as Event & { detail: { verdict: { trace: unknown } } };
  copy.detail.verdict.trace = { omitted: "too large to be stored", characters: 1, sha256: "00" };
  return copy;
}

describe("plgate policy explain, of a request on record", () => {
  const hostile = "\u001b[2J\u202eapprove\nrequest x is approved";

  async function reviewed() {
    const ports = stage([service({ connections: [connection({ description: hostile })] })]);
    ports.policies.set([historyPolicy(2)]);
    await review(ports);
    const request = await requestOf(ports, connection());
    return { ports, id: request?.id ?? "" };
  }

  it("says why it was decided so, by the trace that was kept", async () => {
    const { ports, id } = await reviewed();
    const { code, out } = await runOn(storeOf(ports), "policy", "explain", id);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^request ${id} is approved; judged once at 2026-11-24T10:00:00.000Z\n`));
    assert.match(out, /\napprove, decided by customer\n/);
    assert.match(out, /\npolicy history version 2 \(sha256 [0-9a-f]{12}\)\n/);
  });

  it("gives machines the tree and the facts", async () => {
    const { ports, id } = await reviewed();
    const { out } = await runOn(storeOf(ports), "policy", "explain", id, "--json");
    const answer = JSON.parse(out);
    assert.deepEqual([answer.requestId, answer.state, answer.judged], [id, "approved", 1]);
    assert.equal(answer.facts.values["request.message"], hostile);
    assert.doesNotMatch(out.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u);
  });

  it("makes a trace again that was too large to be stored, from the same facts and versions", async () => {
    const { ports, id } = await reviewed();
    const store = storeOf(ports);
    const cut: FakeStore["ledger"]["eventsOf"] = async (request) =>
      (await ports.ledger.eventsOf(request)).map((event) => withoutTrace(event));
    const ledger = { ...store.ledger, request: store.ledger.request.bind(ports.ledger), eventsOf: cut };
    const { code, out } = await runOn({ ...store, ledger }, "policy", "explain", id);
    assert.equal(code, 0);
    assert.match(
      out,
      /\nits trace was too large to be stored; this one was made again from the same facts and versions\n/,
    );
    const whole = await runOn(store, "policy", "explain", id);
    assert.equal(out.replace(/its trace.*\n/, ""), whole.out);
    const without = await runOn({ ...store, ledger, versions: new FakePolicyVersions() }, "policy", "explain", id);
    assert.match(without.out, /the trace was too large to be stored; what each rule said is not on record/);
  });

  it("says with 1 that there is no such request, whatever was given as its id", async () => {
    const { ports } = await reviewed();
    for (const id of ["nothing", "aaaaaaaaaaaaaaaa-bbbbbbbbbb-1", "\u001b[2J"]) {
      const { code, err } = await runOn(storeOf(ports), "policy", "explain", id);
      assert.equal(code, 1);
      assert.match(err, /there is no request /);
    }
  });
});

describe("plgate policy diff", () => {
  const folder = scratch();
  let ports: Stage;
  before(async () => {
    ports = await aHistory(6, 21);
    ports.policies.set([historyPolicy(1)]);
  });

  it("gives 0 and says so when nothing changes", async () => {
    const { code, out } = await runOn(storeOf(ports), "policy", "diff", "active", "history@1");
    assert.equal(code, 0, out);
    assert.match(out, /^active against history@1, on 126 judgements in the fake store\nfrom \S+ to \S+\n/);
    assert.match(out, /rules in shadow in history@1:\n {2}history busy \(line 12\), review: held /);
    assert.match(out, /\nno decision changes\n$/);
  });

  it("gives 1 when only drift would be handled otherwise, and says at how many services", async () => {
    const source = historySource(1).replace("defaultReview:", "drift: escalate\ndefaultReview:");
    const file = await folder.file("drifting.yaml", source);
    const { code, out } = await runOn(storeOf(ports), "policy", "diff", "active", file);
    assert.equal(code, 1);
    assert.match(out, /\ndrift: record → escalate at \d+ services?\n/);
    assert.match(out, /\nno decision changes, drift is handled otherwise\n$/);
  });

  it("gives 1 and lists what changes by kind, with request and rules", async () => {
    const stricter = historySource(3).replace("consumer.tier: gold }, { consumer", "consumer.tier: none }, { consumer");
    const file = await folder.file("stricter.yaml", stricter);
    const { code, out } = await runOn(storeOf(ports), "policy", "diff", "active", file);
    assert.equal(code, 1);
    assert.match(out, /\napprove, other expiry: \d+\n {2}[a-z2-7]{16}-[a-z2-7]{10}-1 \S+ customer → customer\n/);
    assert.match(out, /\n\d+ of 126 decisions change\n$/);
  });

  it("says the same to machines", async () => {
    const { code, out } = await runOn(storeOf(ports), "policy", "diff", "history@1", "history@3", "--json");
    const { old, judged, kinds, changes, complete } = JSON.parse(out);
    assert.deepEqual([code, old, judged, complete], [1, "history@1", 126, true]);
    assert.equal(
      kinds.reduce((sum: number, { count }: { readonly count: number }) => sum + count, 0),
      changes.length,
    );
  });

  it("reads as many as are asked for, and says how far it is", async () => {
    const said: string[] = [];
    const { out } = await run(["policy", "diff", "active", "history@2", "--last", "60", "--json"], {
      environment: { PLGATE_STORAGE_ACCOUNT: "plgatedata" },
      withStore: (_place, act) => act(storeOf(ports)),
      progress: (text) => said.push(text),
    });
    assert.equal(JSON.parse(out).judged, 60);
    assert.deepEqual(said, ["25 of at most 60 judgements", "50 of at most 60 judgements", ""]);
  });

  it("reads none before a time", async () => {
    const { code, out } = await runOn(storeOf(ports), "policy", "diff", "active", "history@2", "--since", "2030-01-01");
    assert.equal(code, 0);
    assert.equal(out, "no judgement is on record in the fake store: there is nothing to compare\n");
  });

  it("judges beside the other policies in force, unless it is asked not to", async () => {
    const others = stage();
    const stop = historySource(1)
      .replace("name: history", "name: stop")
      .replace("effect: approve", "effect: review")
      .replace(/^ {4}expiresAfter.*\n/m, "");
    const file = await folder.file("stop.yaml", stop);
    await review(others);
    others.policies.set([historyPolicy(1)]);
    const beside = await runOn(storeOf(others), "policy", "diff", "active", file);
    assert.match(beside.out, /\napprove → review: 1\n/);
    const alone = await runOn(storeOf(others), "policy", "diff", "history@1", file, "--alone", "--json");
    assert.deepEqual(JSON.parse(alone.out).changes[0].after.decidedBy, ["customer"]);
  });

  it("gives 1 when a judgement cannot be compared, because it does not say that nothing changes", async () => {
    const old = stage();
    old.policies.set([historyPolicy(1)]);
    await review(old);
    const asks = historySource(1).replace("consumer.tier: gold }, {", "consumer.tags.team: platform }, {");
    const file = await folder.file(
      "asks.yaml",
      asks.replace("time.now: {", "service.tags.env: prod\n      time.now: {"),
    );
    const forgetful: FakeStore["ledger"]["eventsBetween"] = async (...wanted) =>
      (await old.ledger.eventsBetween(...wanted)).map((event) =>
        JSON.parse(JSON.stringify(event).replace('"consumer.tags.*"', '"consumer.old"')),
      );
    const store = storeOf(old, { ledger: { ...storeOf(old).ledger, eventsBetween: forgetful } });
    const { code, out } = await runOn(store, "policy", "diff", "active", file);
    assert.equal(code, 1);
    assert.match(
      out,
      /not comparable, because the facts were not kept then: 1\n {2}\S+ \S+ \S+ → \S+; not kept: consumer\.tags\.team\n/,
    );
  });

  const refused: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
    "one side": [["active"], /OLD and NEW are missing/],
    "three sides": [["active", "active", "active"], /takes OLD and NEW, not also active/],
    "a file that is not there": [["active", "nothing.yaml"], /nothing\.yaml cannot be read: there is no such file/],
    "a version that is not there": [["active", "history@9"], /there is no version 9 of policy history/],
    "too many judgements": [["active", "history@1", "--last", "100001"], /--last is a number from 1 to 100000/],
    "no judgements": [["active", "history@1", "--last", "0"], /--last is a number from 1 to 100000/],
    "a time without a zone": [["active", "history@1", "--since", "2026-11-01T08:00:00"], /--since is a time such as/],
  };
  for (const [name, [words, expected]] of Object.entries(refused)) {
    it(`refuses ${name} with 2`, async () => {
      const { code, err } = await runOn(storeOf(ports), "policy", "diff", ...words);
      assert.equal(code, 2);
      assert.match(err, expected);
    });
  }

  it("refuses a broken file with its findings and 2", async () => {
    const file = await folder.file("broken.yaml", historySource(1).replace("consumer.name:", "consumer.nmae:"));
    const { code, err } = await runOn(storeOf(ports), "policy", "diff", "active", file);
    assert.equal(code, 2);
    assert.match(err, /broken\.yaml:18:42 error customer unknown fact consumer\.nmae; did you mean consumer\.name\?/);
  });

  it("gives 2, not 1, when what is in force cannot be trusted or the store does not answer", async () => {
    const broken = await aHistory(1, 1);
    broken.policies.set([], [{ policy: "history", message: "its bytes are not those that were published" }]);
    const problem = await runOn(storeOf(broken), "policy", "diff", "active", "history@1");
    assert.equal(problem.code, 2);
    assert.match(problem.err, /have problems: history: its bytes/);
    broken.policies.breakDown();
    assert.equal((await runOn(storeOf(broken), "policy", "diff", "active", "history@1")).code, 2);
  });
});
