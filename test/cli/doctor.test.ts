import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Context } from "../../src/cli/verb.ts";
import type { ApiPlace, Store } from "../../src/compose-cli.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { version } from "../../src/runtime/version.ts";
import { type Said as Answer, aPlgate, type Heard } from "./a-plgate.ts";
import { fakeStore, run } from "./terminal.ts";

type Line = {
  readonly check: string;
  readonly status: string;
  readonly detail: string;
  readonly remedy: string | null;
};

const checks = [
  { name: "policies", status: "healthy", detail: "in force: prod version 1" },
  { name: "teams", status: "healthy", detail: "the bot is in approvals" },
];
const well = {
  "GET /api/health": ({ authorization }: Heard): Answer =>
    authorization
      ? [200, { status: "healthy", version, mode: "enforce", checks, caller: { roles: ["Reader"] } }]
      : [200, { status: "alive" }],
  "GET /api/requests?top=1": (): Answer => [200, { value: [] }],
};
const environment = { PLGATE_API_TOKEN: "a-token", PLGATE_STORAGE_ACCOUNT: "plgatedata" };
/** A store that can be read. */
const store = (change: Partial<Store> = {}): Store => {
  const { policies, parked, ...rest } = fakeStore();
  const index = { searchAudit: async () => ({ entries: [], next: null, since: null }) };
  const empty = { ...parked, waiting: async () => ({ count: 0, oldest: null }) };
  return { ...rest, policies: { ...policies, list: async () => [] }, index, parked: empty, ...change };
};
const readable: Pick<Context, "withStore"> = { withStore: (_place, act) => act(store()) };

/** The command against an app that answers so, with a store that can be read. */
async function examined(t: TestContext, answers: Parameters<typeof aPlgate>[1], change: Partial<Context> = {}) {
  const app = await aPlgate(t, answers);
  const wish = { environment, ...readable, ...change };
  const said = await run(["doctor", "--url", app.url, "--json"], wish);
  const lines = (JSON.parse(said.out) as { readonly checks: readonly Line[] }).checks;
  return { ...said, ...app, lines, line: (check: string) => lines.find((one) => one.check === check) };
}

describe("plgate doctor", () => {
  it("finds nothing where all is well", async (t) => {
    const { code, lines } = await examined(t, well);
    assert.equal(code, 0);
    assert.deepEqual(
      lines.map(({ check, status }) => [check, status]),
      [
        ...["settings", "app", "clock", "sign-in", "version", "your roles", "mode"],
        ...["health: policies", "health: teams", "azure"],
        ...["storage: policies", "storage: consumers", "storage: ledger", "storage: lists", "storage: queue"],
      ].map((check) => [check, check === "azure" ? "skipped" : "ok"]),
    );
  });

  it("tells it to people in a line for each step", async (t) => {
    const app = await aPlgate(t, well);
    const { out } = await run(["doctor", "--url", app.url], { environment: { PLGATE_API_TOKEN: "x" } });
    assert.match(out, /^look {5}settings: app http.*, storage -, cloud public\n {9}do: Give --storage-account;/);
    assert.match(out, /^ok {7}app: it is alive$/m);
    assert.match(out, /^skipped {2}storage: no account was given$/m);
    assert.match(out, /^0 failed, 1 to look at, 2 skipped, \d+ well\n$/m);
  });

  it("sends no token before it is needed", async (t) => {
    const { heard } = await examined(t, well);
    assert.deepEqual(
      heard.map(({ path, authorization }) => [path, authorization]),
      [
        ["/api/health", undefined],
        ["/api/requests?top=1", "Bearer a-token"],
        ["/api/health", "Bearer a-token"],
        ["/api/services", "Bearer a-token"],
      ],
    );
  });

  const faults: Readonly<
    Record<string, readonly [Parameters<typeof aPlgate>[1], check: string, status: string, RegExp, RegExp]>
  > = {
    "a setting is wrong": [
      { "GET /api/health": () => [503, { status: "unhealthy" }] },
      ...(["app", "failed", /a setting is wrong/, /traces \| where message has/] as const),
    ],
    "something else answers": [
      { "GET /api/health": () => [200, "<html>welcome</html>"] },
      ...(["app", "failed", /not the words of plgate/, /azd deploy/] as const),
    ],
    "the clocks are apart": [
      { ...well, "GET /api/health": () => [200, { status: "alive" }, { date: "Thu, 01 Jan 2026 00:00:00 GMT" }] },
      ...(["clock", "failed", /s apart/, /time server/] as const),
    ],
    "the token is not taken": [
      { ...well, "GET /api/requests?top=1": () => [401, {}] },
      ...(["sign-in", "failed", /does not take/, /PLGATE_API_AUDIENCE/] as const),
    ],
    "the operator has no role": [
      { ...well, "GET /api/requests?top=1": () => [403, {}] },
      ...(["sign-in", "failed", /none of the app roles/, /enterprise application/] as const),
    ],
    "the keys cannot be read": [
      { ...well, "GET /api/requests?top=1": () => [503, { detail: "Sign-in cannot be checked now; try again." }] },
      ...(["sign-in", "failed", /503: Sign-in cannot be checked/, /keys of Entra/] as const),
    ],
    "plgate only observes": [
      {
        ...well,
        "GET /api/health": () => [200, { status: "alive", mode: "observe", checks: [] }],
      },
      ...(["mode", "warning", /asks nobody/, /PLGATE_MODE approve-only/] as const),
    ],
    "no channel has the bot": [
      {
        ...well,
        "GET /api/health": () => [
          200,
          { status: "alive", mode: "enforce", checks: [{ name: "teams", status: "degraded", detail: "no channel" }] },
        ],
      },
      ...(["health: teams", "warning", /no channel/, /plgate teams test/] as const),
    ],
    "a store of the app is broken": [
      {
        ...well,
        "GET /api/health": ({ authorization }) =>
          authorization
            ? [
                503,
                {
                  status: "unhealthy",
                  mode: "enforce",
                  checks: [{ name: "outbox", status: "unhealthy", detail: "gone" }],
                },
              ]
            : [200, { status: "alive" }],
      },
      ...(["health: outbox", "failed", /gone/, /tried again by itself/] as const),
    ],
  };
  for (const [what, [answers, check, status, detail, remedy]] of Object.entries(faults)) {
    it(`says what to do when ${what}`, async (t) => {
      const { code, line } = await examined(t, answers);
      assert.equal(code, status === "failed" ? 1 : 0);
      assert.equal(line(check)?.status, status, JSON.stringify(line(check)));
      assert.match(line(check)?.detail ?? "", detail);
      assert.match(line(check)?.remedy ?? "", remedy);
    });
  }

  it("says that nothing answers, and looks at the tables all the same", async () => {
    const wish = { environment, ...readable };
    const { code, out } = await run(["doctor", "--url", "http://127.0.0.1:9"], wish);
    assert.equal(code, 1);
    assert.match(out, /^FAILED {3}app: http:\/\/127.0.0.1:9 does not answer/m);
    assert.match(out, /^ok {7}storage: ledger: you may read it$/m);
  });

  it("says which table the operator may not read", async (t) => {
    const closed = store({
      index: { searchAudit: () => Promise.reject(new PlgateError("refused", { retryable: false })) },
    });
    const { code, line } = await examined(t, well, { withStore: (_place, act) => act(closed) });
    assert.deepEqual([code, line("storage: lists")?.detail, line("storage: ledger")?.status], [1, "refused", "ok"]);
    assert.match(line("storage: lists")?.remedy ?? "", /Storage Table Data Reader/);
  });

  it("says that nobody is signed in, where that keeps the tables away", async (t) => {
    const nobody = () => Promise.reject(new PlgateError('nobody is signed in; run "az login"', { retryable: false }));
    const { code, line } = await examined(t, well, { withStore: nobody });
    assert.deepEqual([code, line("storage")?.status], [1, "failed"]);
  });

  it("skips what it was given no way to", async () => {
    const { code, out } = await run(["doctor"]);
    assert.equal(code, 0);
    assert.match(out, /skipped {2}app: no address was given\n {9}do: Say --url URL/);
  });

  it("looks at the app as a stranger where no way to a token is known", async (t) => {
    const { line } = await examined(t, well, { environment: {} });
    assert.deepEqual([line("app")?.status, line("sign-in")?.status], ["ok", "skipped"]);
  });

  it("ends in time where something never answers, and tells the rest", async (t) => {
    const app = await aPlgate(t, well);
    const never = () => new Promise<never>(() => {});
    const wish = { environment, ...readable, withApi: never };
    const { code, out } = await run(["doctor", "--url", app.url, "--timeout", "1"], wish);
    assert.equal(code, 0);
    assert.match(out, /^skipped {2}app: it took too long\n.*--timeout\.$/m);
    assert.match(out, /^ok {7}storage: ledger: you may read it$/m);
  });

  it("refuses a time that is none", async () => {
    const { code, err } = await run(["doctor", "--timeout", "soon"]);
    assert.deepEqual([code, /--timeout takes whole seconds/.test(err)], [2, true]);
  });

  it("throws what is a fault of plgate itself", async (t) => {
    const app = await aPlgate(t, well);
    const withApi = () => Promise.reject(new RangeError("a bug"));
    await assert.rejects(run(["doctor", "--url", app.url], { environment, withApi }), RangeError);
  });

  it("takes what azd has in the environment", async (t) => {
    const app = await aPlgate(t, well);
    const azd = { AZURE_FUNCTION_APP_URL: app.url, AZURE_DATA_ACCOUNT: "plgatedata1", PLGATE_API_AUDIENCE: "1111" };
    const places: unknown[] = [];
    const timeless = ({ until: _, ...place }: ApiPlace) => place;
    await run(["doctor"], {
      environment: azd,
      withApi: async (place) => places.push(timeless(place)) && 0,
      withStore: async (place) => places.push(place) && 0,
    });
    const authority = "https://login.microsoftonline.com";
    assert.deepEqual(places, [
      { url: app.url, door: { kind: "signed-in", authority, scope: "api://1111/.default" } },
      { kind: "account", account: "plgatedata1", suffix: "core.windows.net", authority },
    ]);
  });
});
