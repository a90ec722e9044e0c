import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type Said as Answer, aPlgate, type Heard } from "./a-plgate.ts";
import { run } from "./terminal.ts";

const service =
  "/subscriptions/10000000-0000-4000-8000-000000000001/resourcegroups/rg/providers/microsoft.network/privatelinkservices/pls-orders";
const megan = { kind: "person", objectId: "a", tenantId: "t", name: "Megan" };
const aRun = {
  ...{
    v: 1,
    id: "recertify-0f7d2c61",
    kind: "recertify",
    state: "running",
    scope: {},
    note: "CHG-1",
    startedBy: megan,
  },
  ...{
    startedAt: "2026-11-26T09:00:00.000Z",
    confirmedBy: null,
    dueAt: "2026-12-10T09:00:00.000Z",
    unanswered: "flag",
  },
  ...{ drainedAt: null, endedAt: null, counts: null },
};
const aDrain = {
  ...aRun,
  ...{
    id: "drain-5a3e4b8f",
    kind: "drain",
    state: "proposed",
    scope: { serviceId: service },
    dueAt: null,
    by: "remove",
  },
};
const progressOf = (one: object, change: object = {}) => ({
  ...{ run: one, counts: { open: 3, kept: 12 }, asked: 15, open: 3, waiting: 2, services: { seen: 4, done: 3 } },
  ...{ left: [{ serviceId: service, open: 3, waiting: 2 }], service: null },
  ...change,
});
const services = [
  200,
  { value: [{ id: service, name: "pls-orders", connections: { Approved: 2 }, remarks: [] }], unreadable: [] },
] as const;

type Answers = Readonly<Record<string, Answer | ((heard: Heard) => Answer)>>;

/** A command against an app that gives these answers. */
async function said(t: TestContext, answers: Answers, line: string) {
  const routes = Object.entries(answers).map(
    ([route, one]) => [route, typeof one === "function" ? one : () => one] as const,
  );
  const app = await aPlgate(t, Object.fromEntries(routes));
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const told: string[] = [];
  const result = await run([...words, "--url", app.url], {
    environment: { PLGATE_API_TOKEN: "a-token" },
    progress: (text) => void told.push(text),
  });
  return { ...result, ...app, told };
}

describe("plgate review", () => {
  it("begins a recertification over what the operator names", async (t) => {
    const line = `review start --service ${service} --deadline P14D --unanswered revoke --cap 5 --note "Quarterly CHG-1"`;
    const { code, out, err, heard } = await said(t, { "POST /api/runs": [201, aRun] }, line);
    assert.deepEqual([code, err], [0, ""]);
    assert.deepEqual(heard[0]?.body, {
      ...{
        kind: "recertify",
        scope: { service },
        note: "Quarterly CHG-1",
        deadline: "P14D",
        unanswered: "revoke",
        cap: 5,
      },
    });
    assert.match(
      out,
      /recertify-0f7d2c61 {2}running {2}2026-11-26 09:00 {2}2026-12-10 09:00 {2}Megan {2}all approvals {2}CHG-1/,
    );
    assert.match(out, /plgate review stop recertify-0f7d2c61/);
  });

  it("shows part after part what a re-judgement would ask, with the token for it", async (t) => {
    const found = (name: string) => ({
      ...{
        serviceId: service,
        connectionId: `${service}/privateendpointconnections/${name}`,
        consumerSubscriptionId: null,
      },
      ...{ effect: "reject", rules: ["blocked"], reason: "On the block list." },
    });
    const part = { looked: 1, unreadable: [] };
    const { code, out, heard, told } = await said(
      t,
      {
        "POST /api/runs/preview": ({ body }) =>
          (body as { after?: string }).after === "next"
            ? [200, { ...part, value: [found("pe-2")], left: 0, found: 2, after: null, acknowledge: "abc-2" }]
            : [200, { ...part, value: [found("pe-1")], left: 1, found: 1, after: "next", acknowledge: null }],
      },
      "review start --all --judge --dry-run",
    );
    assert.equal(code, 0);
    assert.deepEqual(
      heard.map(({ body }) => body),
      [{ scope: {} }, { scope: {}, after: "next" }],
    );
    assert.match(out, /pls-orders {2}pe-1 {8}- {9}reject {8}blocked {2}On the block list\./);
    assert.match(out, /2 approvals at 2 services would be asked about[\s\S]*--acknowledge abc-2/);
    assert.deepEqual(told, [
      "1 services looked at, 1 to come, 1 found",
      "2 services looked at, 0 to come, 2 found",
      "",
    ]);
  });

  it("starts the re-judgement with what the dry run gave", async (t) => {
    const line = "review start --all --judge --acknowledge abc-2 --grace P1D --note why --json";
    const { code, out, heard } = await said(t, { "POST /api/runs": [201, aRun] }, line);
    assert.deepEqual([code, JSON.parse(out)], [0, aRun]);
    assert.deepEqual(heard[0]?.body, { kind: "judge", scope: {}, note: "why", grace: "P1D", acknowledge: "abc-2" });
  });

  it("lists the runs, and follows one until it is over", async (t) => {
    const list = await said(t, { "GET /api/runs": [200, { value: [aRun, aDrain] }] }, "review status");
    assert.match(list.out, /drain-5a3e4b8f {6}proposed/);
    let looks = 0;
    const path = "GET /api/runs/recertify-0f7d2c61";
    const ended = { ...aRun, state: "finished", endedAt: "2026-12-10T09:01:00.000Z" };
    const answer = () => {
      looks += 1;
      return [200, looks < 2 ? progressOf(aRun) : progressOf(ended, { left: [], counts: { kept: 15 } })] as const;
    };
    const { code, out, told } = await said(t, { [path]: answer }, "review status recertify-0f7d2c61 --watch --every 1");
    assert.deepEqual([code, looks], [0, 2]);
    assert.deepEqual(told, ["recertify-0f7d2c61: 3 of 4 services done, 3 open, 12 kept, 2 to come", ""]);
    assert.match(out, /connections {4}15 kept\n/);
    const one = await said(t, { [path]: [200, progressOf(aRun)] }, "review status recertify-0f7d2c61");
    assert.match(one.out, /SERVICE WITH SOMETHING LEFT {2}OPEN {2}TO COME\npls-orders {19}3 {5}2\n/);
    const none = await said(t, { "GET /api/runs": [200, { value: [] }] }, "review status");
    assert.match(none.out, /no run was ever begun/);
  });

  it("stops one", async (t) => {
    const stopped = { ...aRun, state: "stopped" };
    const answers = { "POST /api/runs/recertify-0f7d2c61/stop": [200, stopped] } as const;
    const { code, out, heard } = await said(t, answers, "review stop recertify-0f7d2c61 --note mistake");
    assert.deepEqual([code, heard[0]?.body], [0, { note: "mistake" }]);
    assert.match(out, /stopped/);
  });

  const misuses: Readonly<Record<string, readonly [string, RegExp]>> = {
    "that names no scope": ["review start --note x", /--service, --subscription or --consumer, or --all/],
    "that names two scopes": [`review start --all --service ${service} --note x`, /--all goes with no other/],
    "without a reason": ["review start --all", /--note is missing/],
    "of a re-judgement without a dry run": ["review start --all --judge --note x", /--dry-run; it gives the TOKEN/],
    "of a recertification with a dry run": ["review start --all --dry-run", /are for --judge/],
    "with a cap that is no number": ["review start --all --cap many --note x", /--cap takes a number/],
    "that watches all runs": ["review status --watch", /name it/],
    "that stops no run": ["review stop --note x", /RUN is missing/],
    "that names somebody of another stack": ["review status --as megan", /--as is for --local/],
  };
  for (const [what, [line, text]] of Object.entries(misuses)) {
    it(`refuses a call ${what}`, async (t) => {
      const { code, err } = await said(t, {}, line);
      assert.equal(code, 2);
      assert.match(err, text);
    });
  }

  const refusals: Readonly<Record<string, readonly [Answer, number, RegExp]>> = {
    "knows no token": [[401, {}], 1, /does not take your token/],
    "misses the role": [
      [403, { detail: "This needs the app role Approver." }],
      1,
      /Approver\. \(docs\/deploy\.md, step 1\)/,
    ],
    "has such a run": [[409, { detail: "Run x does this already; it is running." }], 1, /does this already/],
    "takes no such body": [[400, { detail: "deadline: is an ISO 8601 duration" }], 2, /deadline: is an ISO/],
    "is not plgate": [[404, "<html>"], 1, /nothing answers there/],
    "is in trouble": [[500, {}], 1, /HTTP 500/],
  };
  for (const [what, [answer, exitCode, text]] of Object.entries(refusals)) {
    it(`says so when the app ${what}`, async (t) => {
      const { code, err, out } = await said(t, { "POST /api/runs": answer }, "review start --all --note x");
      assert.deepEqual([code, out], [exitCode, ""]);
      assert.match(err, text);
    });
  }
});

describe("plgate services", () => {
  it("lists them, and says what cannot be read", async (t) => {
    const good = await said(t, { "GET /api/services": services }, "services list");
    assert.equal(good.code, 0);
    assert.match(good.out, /^NAME[^\n]+\npls-orders {2}- {7}- {6}2 Approved/);
    const body = { value: [], unreadable: [{ subscriptionId: "s-1", reason: "403" }] };
    const bad = await said(t, { "GET /api/services": [200, body] }, "services list");
    assert.deepEqual([bad.code, bad.out], [1, "no service is watched\nsubscription s-1 cannot be read: 403\n"]);
  });

  it("proposes a drain by the service's name, and says how a second person confirms it", async (t) => {
    const answers = { "GET /api/services": services, "POST /api/runs": [201, aDrain] } as const;
    const { code, out, heard } = await said(t, answers, "services drain PLS-Orders --by reject --note CHG-9");
    assert.equal(code, 0);
    assert.deepEqual(heard.at(-1)?.body, { kind: "drain", service, note: "CHG-9", by: "reject" });
    assert.match(out, /plgate services drain pls-orders --confirm drain-5a3e4b8f --note WHY/);
  });

  it("confirms a drain of this very service alone, and follows it until nothing is left", async (t) => {
    const path = "/api/runs/drain-5a3e4b8f";
    const drained = {
      ...aDrain,
      state: "running",
      confirmedBy: { ...megan, name: "Lee" },
      drainedAt: "2026-11-26T10:00:00.000Z",
    };
    const arm = { connections: {}, deletable: "yes", remark: "No connection is left: the service can be deleted." };
    let confirmed = false;
    const answers: Answers = {
      "GET /api/services": services,
      [`GET ${path}`]: () => [200, confirmed ? progressOf(drained, { service: arm, left: [] }) : progressOf(aDrain)],
      [`POST ${path}/confirm`]: () => {
        confirmed = true;
        return [200, drained];
      },
    };
    const { code, out } = await said(
      t,
      answers,
      "services drain pls-orders --confirm drain-5a3e4b8f --note ok --watch",
    );
    assert.equal(code, 0);
    assert.match(
      out,
      /drain-5a3e4b8f, drained\n[\s\S]*confirmed {6}by Lee\n[\s\S]*can it go\? {5}No connection is left/,
    );
    const other = service.replace("pls-orders", "pls-other");
    const wrong = await said(t, answers, `services drain ${other} --confirm drain-5a3e4b8f --note ok`);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /is not the drain of/);
    const answered = await said(
      t,
      { ...answers, "GET /api/runs": [200, { value: [drained] }] },
      "services drain pls-orders --watch",
    );
    assert.match(answered.out, /No connection is left/);
  });

  const refusals: Readonly<Record<string, readonly [string, number, RegExp]>> = {
    "of a service that nobody watches": ["services drain nowhere --note x", 1, /no watched service is called nowhere/],
    "of a name that two services have": ["services drain twin --note x", 1, /several services are called twin/],
    "without a reason": ["services drain pls-orders", 2, /--note is missing/],
    "that confirms and proposes": ["services drain x --confirm r --by reject --note x", 2, /who proposed it/],
    "that watches what nobody began": ["services drain pls-orders --watch", 1, /was ever proposed/],
    "that looks too often": [`services drain ${service} --watch --every 0`, 2, /--every takes whole seconds/],
  };
  for (const [what, [line, exitCode, text]] of Object.entries(refusals)) {
    it(`refuses a drain ${what}`, async (t) => {
      const twins = ["a", "b"].map((id) => ({ id: `${service}-${id}`, name: "twin" }));
      const [, { value }] = services;
      const answers: Answers = {
        "GET /api/services": [200, { value: [...value, ...twins], unreadable: [] }],
        "GET /api/runs": [200, { value: line.includes("--every") ? [aDrain] : [] }],
      };
      const { code, err } = await said(t, answers, line);
      assert.equal(code, exitCode);
      assert.match(err, text);
    });
  }
});
