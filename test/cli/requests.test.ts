import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { request } from "../builders.ts";
import { type Said as Answer, aPlgate, type Heard } from "./a-plgate.ts";
import { run } from "./terminal.ts";

const asked = request({ state: "awaiting-decision", reviewers: [{ group: "g", name: "network", approvals: 2 }] });
const live = request({
  ...asked,
  round: 2,
  live: { cause: "recertification", why: "Recertification: CHG-1", approval: null, run: "recertify-0f7d2c61" },
  timetable: {
    ...{ askedAt: "2026-11-26T09:00:00.000Z", dueAt: "2026-12-10T09:00:00.000Z", expiry: "reject" as const },
    ...{ reminders: [], escalations: [], done: [] },
  },
});
const megan = { kind: "person", objectId: "a", tenantId: "t", name: "Megan" } as const;
const decided = { kind: "approve", reason: "ok", by: megan, door: "api", at: "2026-11-26T09:30:00.000Z" } as const;
const line = { ...asked, consumerName: "Contoso", reason: "No rule decided." };

type Answers = Readonly<Record<string, Answer | ((heard: Heard) => Answer)>>;

async function said(t: TestContext, answers: Answers, text: string) {
  const routes = Object.entries(answers).map(
    ([route, one]) => [route, typeof one === "function" ? one : () => one] as const,
  );
  const app = await aPlgate(t, Object.fromEntries(routes));
  const result = await run([...text.split(" "), "--url", app.url], { environment: { PLGATE_API_TOKEN: "a-token" } });
  return { ...result, ...app };
}

describe("plgate requests", () => {
  it("lists those that are open, page after page", async (t) => {
    const answers: Answers = {
      "GET /api/requests?top=100&status=open": [200, { value: [line], nextLink: "/api/requests?top=100&after=x" }],
      "GET /api/requests?top=100&after=x": [200, { value: [{ ...line, outcome: "Gone." }] }],
    };
    const { code, out } = await said(t, answers, "requests list");
    assert.equal(code, 0);
    assert.match(
      out,
      /awaiting-decision {2}2026-11-24 12:00 {2}pls-a {4}Contoso {3}pe-x {6}No rule decided\.\n[\s\S]*Gone\.\n$/,
    );
    const top = await said(
      t,
      { "GET /api/requests?top=1": [200, { value: [line], nextLink: "/x" }] },
      "requests list --status all --top 1 --json",
    );
    assert.deepEqual([JSON.parse(top.out).value.length, top.heard.length], [1, 1]);
    const none = await said(
      t,
      { "GET /api/requests?top=100&status=failed": [200, { value: [] }] },
      "requests list --status failed",
    );
    assert.equal(none.out, "no request is failed\n");
  });

  it("shows one with its history, and of an approved connection what its end brings", async (t) => {
    const event = {
      time: "2026-11-26T09:00:00.000Z",
      what: "People are asked.",
      who: { kind: "robot" },
      door: "event",
    };
    const votes = [{ ...megan, vote: "approve", justification: "needed", at: "2026-11-26T09:30:00.000Z" }];
    const path = `GET /api/requests/${live.id}`;
    const { code, out } = await said(
      t,
      { [path]: [200, { ...live, votes, decided, history: [event] }] },
      `requests show ${live.id}`,
    );
    assert.equal(code, 0);
    for (const text of [
      /asks {9}whether an approved connection stays\nbecause {6}Recertification: CHG-1\n/,
      /asked {8}network \(2 to approve\)\ntime ends {4}2026-12-10 09:00; then it is taken away\n/,
      /vote {9}Megan, 2026-11-26 09:30: keep, needed\ndecided {6}approve by Megan: ok\n/,
      /2026-11-26 09:00 {2}People are asked\. {2}robot {2}event\n$/,
    ]) {
      assert.match(out, text);
    }
    const plain = await said(t, { [path]: [200, { ...asked, history: [event] }] }, `requests show ${live.id}`);
    assert.match(plain.out, /asks {9}for a connection\n/);
  });

  it("votes, and says what the vote does", async (t) => {
    const path = `POST /api/requests/${asked.id}/decision`;
    const one = await said(t, { [path]: [200, asked] }, `requests approve ${asked.id} --note ok --expires-after P30D`);
    assert.deepEqual(one.heard[0]?.body, { decision: "approve", justification: "ok", expiresAfter: "P30D" });
    assert.equal(one.out, "your vote to approve the connection is on record; more votes are needed\n");
    const kept = await said(
      t,
      { [path]: [200, { ...live, state: "approving", decided }] },
      `requests approve ${asked.id} --note ok`,
    );
    assert.equal(kept.out, "your vote to keep the connection is on record and decides; the request is approving\n");
    const gone = await said(t, { [path]: [200, live] }, `requests reject ${asked.id} --note no`);
    assert.match(gone.out, /your vote to take the connection away is on record; more/);
  });

  it("waits until ARM shows what was decided, when it is told to", async (t) => {
    let looks = 0;
    const { out } = await said(
      t,
      {
        [`POST /api/requests/${asked.id}/decision`]: [200, { ...asked, state: "rejecting", decided }],
        [`GET /api/requests/${asked.id}`]: () => {
          looks += 1;
          return [
            200,
            looks < 2 ? { ...asked, state: "rejecting" } : { ...asked, state: "rejected", outcome: "Rejected on ARM." },
          ];
        },
      },
      `requests reject ${asked.id} --note no --watch --every 1`,
    );
    assert.match(out, /and decides; the request is rejected: Rejected on ARM\.\n$/);
  });

  it("reopens one that expired", async (t) => {
    const path = `POST /api/requests/${asked.id}/reopen`;
    const { code, out, heard } = await said(t, { [path]: [200, asked] }, `requests reopen ${asked.id} --note away`);
    assert.deepEqual([code, heard[0]?.body], [0, { note: "away" }]);
    assert.equal(out, `the new request is ${asked.id}; its review is on its way\n`);
  });

  const refusals: Readonly<Record<string, readonly [string, number, RegExp]>> = {
    "a vote without a reason": ["requests approve x", 2, /--note is missing/],
    "a vote on nothing": ["requests reject --note x", 2, /REQUEST is missing/],
    "a rejection with an end": ["requests reject x --note x --expires-after P1D", 2, /is for an approval/],
    "a vote of somebody who is not asked": ["requests approve x --note x", 1, /You are not one of the reviewers/],
    "a list without a number": ["requests list --top few", 2, /--top takes a number/],
  };
  for (const [what, [text, exitCode, words]] of Object.entries(refusals)) {
    it(`refuses ${what}`, async (t) => {
      const answers: Answers = {
        "POST /api/requests/x/decision": [403, { detail: "You are not one of the reviewers." }],
      };
      const { code, err } = await said(t, answers, text);
      assert.equal(code, exitCode);
      assert.match(err, words);
    });
  }
});
