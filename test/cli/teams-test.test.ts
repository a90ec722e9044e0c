import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type Said as Answer, aPlgate } from "./a-plgate.ts";
import { run, scratch } from "./terminal.ts";

const good = {
  ok: true,
  channel: "approvals",
  steps: [
    { step: "bot configured", ok: true, detail: "bot 1111", remedy: null },
    { step: "line posted", ok: true, detail: "message 5 stands in the channel", remedy: null },
  ],
};
const broken = {
  ok: false,
  channel: "approvals",
  steps: [
    ...good.steps.slice(0, 1),
    { step: "line posted", ok: false, detail: "403", remedy: "Add the app to the team." },
  ],
};

/** The command against an app that gives this answer. */
async function tested(t: TestContext, answer: Answer, ...args: readonly string[]) {
  const app = await aPlgate(t, { "POST /api/teams/test": () => answer });
  const said = await run(["teams", "test", "--url", app.url, ...args], {
    environment: { PLGATE_API_TOKEN: "a-token" },
  });
  return { ...said, ...app };
}

describe("plgate teams test", () => {
  const folder = scratch();

  it("asks the app to post a test card, as the operator, and tells of each step", async (t) => {
    const { code, out, err, heard, url } = await tested(t, [200, good]);
    assert.deepEqual([code, err], [0, ""]);
    assert.deepEqual(heard, [{ method: "POST", path: "/api/teams/test", authorization: "Bearer a-token", body: {} }]);
    assert.match(out, /^ok {6}bot configured {2}bot 1111\nok {6}line posted {5}message 5 stands in the channel\n/);
    assert.match(out, new RegExp(`the test card stands in approvals; ${url} can reach people\n$`));
  });

  it("names the channel that the operator names", async (t) => {
    const { heard } = await tested(t, [200, good], "--channel", "Network approvals");
    assert.deepEqual(heard[0]?.body, { channel: "Network approvals" });
  });

  it("ends at the step that failed, with what to do", async (t) => {
    const { code, out } = await tested(t, [200, broken]);
    assert.equal(code, 1);
    assert.match(out, /FAILED {2}line posted {5}403\nwhat to do: Add the app to the team\.\n$/);
  });

  it("gives machines the same", async (t) => {
    const { code, out, url } = await tested(t, [200, broken], "--json");
    assert.deepEqual([code, JSON.parse(out)], [1, { ...broken, app: url }]);
  });

  const refusals: Readonly<Record<string, readonly [Answer, number, RegExp]>> = {
    "does not know the token": [[401, {}], 1, /does not take your token; "plgate doctor" says more/],
    "misses a role": [[403, {}], 1, /do not have the app role PolicyAuthor/],
    "is another app": [[404, "<html>"], 1, /nothing answers there/],
    "refuses the channel": [[400, { detail: "channel: is at most 200 characters" }], 2, /at most 200 characters/],
    "is in trouble": [[500, { detail: "Correlation x." }], 1, /Correlation x\./],
    "leads elsewhere": [[302, {}, { location: "https://elsewhere.example" }], 1, /HTTP 302/],
  };
  for (const [what, [answer, exitCode, text]] of Object.entries(refusals)) {
    it(`says so when the app ${what}`, async (t) => {
      const { code, out, err } = await tested(t, answer);
      assert.deepEqual([code, out], [exitCode, ""]);
      assert.match(err, text);
    });
  }

  it("says so when nothing answers", async () => {
    const { code, err } = await run(["teams", "test", "--url", "http://127.0.0.1:9", "--token", "x"]);
    assert.equal(code, 1);
    assert.match(err, /http:\/\/127.0.0.1:9 does not answer: /);
  });

  const misuses: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>, RegExp]>> = {
    "without an address": ["teams test", {}, /where is the app\?/],
    "without a way to a token": ["teams test --url https://a.example", {}, /who are you\?/],
    "that would send a token in the clear": ["teams test --url http://a.example --token x", {}, /begins with https/],
    "with two places": ["teams test --url https://a.example --local", {}, /name two places/],
    "with a wrong address in the environment": ["teams test", { PLGATE_PUBLIC_URL: "plgate" }, /PLGATE_PUBLIC_URL/],
    "with an argument": ["teams test approvals --url https://a.example --token x", {}, /takes no argument/],
  };
  for (const [what, [line, environment, text]] of Object.entries(misuses)) {
    it(`refuses a call ${what}`, async () => {
      const { code, err } = await run(line.split(" "), { environment });
      assert.equal(code, 2);
      assert.match(err, text);
    });
  }

  it("goes to the local stack with a token that its issuer mints for an author of policies", async (t) => {
    const app = await aPlgate(t, {
      "POST /control/tokens": ({ authorization, body }) =>
        authorization === "Bearer secret" ? [200, { token: `minted ${JSON.stringify(body)}` }] : [401],
      "POST /api/teams/test": () => [200, good],
    });
    const issuer = { controlUrl: `${app.url}/control`, controlSecret: "secret" };
    const state = await folder.file(
      "s.json",
      JSON.stringify({ pid: process.pid, functions: { url: app.url }, issuer }),
    );
    const { code } = await run(["teams", "test", "--local", "--state", state]);
    assert.equal(code, 0);
    assert.equal(
      app.heard.at(-1)?.authorization,
      'Bearer minted {"user":"operator","roles":["Reader","Approver","PolicyAuthor"]}',
    );
  });
});
