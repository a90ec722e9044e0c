import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { apiAudience, type IssuerFixture, startTestIssuer } from "../../local/issuer/issuer-fixture.ts";
import { robot } from "../../src/decision/decision.ts";
import { takeAnswer } from "../../src/http/page-answers.ts";
import { pageRoute, wantsPage } from "../../src/http/page-route.ts";
import { answerPage, type Desk } from "../../src/http/request-page.ts";
import { signIn } from "../../src/http/sign-in.ts";
import { beginSignIn, endSession, endSignIn } from "../../src/http/sign-in-answers.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { about } from "../../src/workflow/record.ts";
import { showRequest } from "../../src/workflow/show-request.ts";
import { anEndpoint, connection, service } from "../builders.ts";
import { hostileTexts } from "../contracts/hostile-texts.ts";
import { megan as meganId, review, reviewers, type Stage, stage, tenant } from "../workflow/stage.ts";
import { Browser, origin, type Page } from "./a-browser.ts";

const person = (name: string, objectId: string, roles?: readonly string[]) => ({
  ...{ name, displayName: `${name} Test`, userPrincipalName: `${name}@contoso.example`, objectId, tenantId: tenant },
  ...(roles ? { roles } : {}),
});
const users = [
  person("megan", meganId, ["Reader", "Approver"]),
  person("alex", "aaaaaaaa-0000-4000-8000-000000000002", ["Reader", "Approver"]),
  person("audrey", "aaaaaaaa-0000-4000-8000-000000000003", ["Reader"]),
  person("nobody", "aaaaaaaa-0000-4000-8000-000000000004"),
];
const callback = `${origin}/api/signed-in`;
const unknown = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");

let fixture: IssuerFixture;
let ports: Stage;
let id = "";

// The address is https in these tests, which the local authority sends nobody to: its answer is made by hand.
async function signedIn(user: string, browser = new Browser(), overrides: Readonly<Record<string, unknown>> = {}) {
  const begun = await browser.get(handlers().begin, `/sign-in?return=${id}`);
  const query = new URL(begun.location).searchParams;
  const ended = await browser.post(
    handlers().end,
    "/signed-in",
    { state: query.get("state") ?? "", id_token: await token(user, { nonce: query.get("nonce"), ...overrides }) },
    { origin: fixture.issuer.url, "sec-fetch-site": "cross-site" },
  );
  return { browser, begun, ended };
}

function token(user: string, overrides: Readonly<Record<string, unknown>>): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return fixture.issuer.mintUserToken({
    user,
    overrides: { scp: undefined, azp: undefined, auth_time: now, acct: 0, ...overrides },
  });
}

function handlers(change: Partial<Desk> = {}) {
  const desk: Desk = {
    show: (request) => showRequest(request, ports),
    decide: (ballot) => decideManually(ballot, ports),
    now: () => new Date(),
    ...change,
  };
  const app = { signIn: door, config: { language: "en" as const } };
  const open = async () => app;
  return {
    show: pageRoute(open, (visit) => answerPage(visit, desk)),
    answer: pageRoute(open, (visit) => takeAnswer(visit, desk)),
    begin: pageRoute(open, beginSignIn),
    end: pageRoute(open, endSignIn),
    out: pageRoute(open, endSession),
  };
}

let door: ReturnType<typeof signIn> | undefined;

async function aWaitingRequest(change: Partial<ApprovalRequest> = {}): Promise<void> {
  ports = stage([service({ connections: [connection({ endpoint: unknown, description: "CHG <b>1</b>" })] })]);
  // Tokens live by the clock on the wall, so the house has to.
  ports.clock.advance((Date.now() - ports.clock.now().getTime()) / 1000);
  await review(ports);
  const [line] = (await ports.index.searchRequests({ top: 1 })).requests;
  assert.ok(line);
  id = line.id;
  if (Object.keys(change).length === 0) return;
  const stored = await ports.ledger.request(line.id);
  assert.ok(stored);
  const hand = { who: robot, door: "timer", correlation: "test", clock: ports.clock } as const;
  const events = [about(stored.request, "escalated", hand, "Changed by a test.")];
  const step = { key: "change", expected: stored.etag, events, notify: false };
  await ports.ledger.commit({ ...step, request: { ...stored.request, ...change } });
}

const stored = async () => {
  const found = await ports.ledger.request(id as ApprovalRequest["id"]);
  assert.ok(found);
  return found.request;
};

before(async () => {
  fixture = await startTestIssuer({
    tenants: [{ id: tenant, name: "Contoso" }],
    users,
    directory: { groups: [{ id: reviewers, displayName: "r", tenantId: tenant, members: [meganId] }] },
  });
  door = signIn({ publicUrl: origin, authority: fixture.issuer.url, tenantId: tenant, clientId: apiAudience });
});
after(() => fixture.stop());
beforeEach(() => aWaitingRequest());

describe("signing in", () => {
  it("sends the browser to Entra with everything that ties the answer to it", async () => {
    const browser = new Browser();
    const { status, location, cookies } = await browser.get(handlers().begin, `/sign-in?return=${id}`);
    assert.equal(status, 303);
    const { origin: at, pathname, searchParams } = new URL(location);
    assert.deepEqual([at, pathname], [fixture.issuer.url, `/${tenant}/oauth2/v2.0/authorize`]);
    const { state = "", nonce = "", ...asked } = Object.fromEntries(searchParams);
    assert.ok(state.length > 40 && nonce.length > 40 && state !== nonce);
    assert.deepEqual(asked, {
      client_id: apiAudience,
      redirect_uri: callback,
      response_mode: "form_post",
      response_type: "id_token",
      scope: "openid profile",
    });
    assert.equal(cookies.length, 1);
    const { value: _, ...cookie } = cookies[0] ?? { value: "" };
    assert.deepEqual(cookie, {
      ...{ name: "__Host-plgate-in-0", path: "/", maxAge: 600, secure: true, httpOnly: true },
      sameSite: "None",
    });
  });

  it("asks for proof anew when a fresh sign-in is wanted", async () => {
    const { location } = await new Browser().get(handlers().begin, `/sign-in?return=${id}&fresh=1`);
    const query = new URL(location).searchParams;
    assert.deepEqual([query.get("prompt"), query.get("max_age")], ["login", "0"]);
  });

  it("leads back to the request, and keeps the token where no script and no other site gets it", async () => {
    const { ended } = await signedIn("megan");
    assert.deepEqual([ended.status, ended.location], [303, `${origin}/api/requests/${id}?from=sign-in`]);
    const session = ended.cookies.find(({ name }) => name === "__Host-plgate");
    assert.deepEqual(
      [session?.path, session?.secure, session?.httpOnly, session?.sameSite, session?.domain],
      ["/", true, true, "Lax", undefined],
    );
    assert.ok((session?.maxAge ?? 0) > 3000 && (session?.maxAge ?? 0) <= 3600);
    assert.ok(!ended.html.includes(session?.value ?? "?") && !ended.location.includes(session?.value ?? "?"));
  });

  for (const to of ["//evil.example", "https://evil.example", `${"x".repeat(5000)}`, "", "../../x"]) {
    it(`never leads anywhere but to a request: ${to.slice(0, 30)}`, async () => {
      const browser = new Browser();
      const page = await browser.get(handlers().begin, `/sign-in?return=${encodeURIComponent(to)}`);
      assert.deepEqual([page.status, page.location, page.cookies], [400, "", []]);
    });
  }

  it("in several tabs at once ends in each of them", async () => {
    const browser = new Browser();
    const first = new URL((await browser.get(handlers().begin, `/sign-in?return=${id}`)).location).searchParams;
    const second = new URL((await browser.get(handlers().begin, `/sign-in?return=${id}`)).location).searchParams;
    for (const query of [first, second]) {
      const fields = { state: query.get("state") ?? "", id_token: await token("megan", { nonce: query.get("nonce") }) };
      assert.equal((await browser.post(handlers().end, "/signed-in", fields, {})).status, 303);
    }
  });

  it("keeps a token that is longer than a cookie in several, and gives up beyond that", async () => {
    const groups = (count: number) => Array.from({ length: count }, () => crypto.randomUUID());
    const { browser, ended } = await signedIn("megan", undefined, { groups: groups(120) });
    assert.equal(ended.status, 303);
    assert.equal(browser.cookies.size, 2);
    assert.ok([...browser.cookies.values()].every(({ length }) => length <= 3800));
    assert.equal((await browser.get(handlers().show, `/requests/${id}`)).status, 200);
    await signedIn("megan", browser);
    assert.equal(browser.cookies.size, 1);
    assert.equal((await signedIn("megan", undefined, { groups: groups(300) })).ended.status, 431);
  });

  it("that Entra refuses says so, with Entra's code and nothing else of it", async () => {
    const browser = new Browser();
    const begun = new URL((await browser.get(handlers().begin, `/sign-in?return=${id}`)).location).searchParams;
    const state = begun.get("state") ?? "";
    const said = { state, error: "access_denied", error_description: "<script>AADSTS50105" };
    const page = await browser.post(handlers().end, "/signed-in", said, {});
    assert.equal(page.status, 401);
    assert.ok(page.text.includes("access_denied") && !page.text.includes("AADSTS"));
    const strange = await browser.post(handlers().end, "/signed-in", { state, error: "Call 0900 1234" }, {});
    assert.ok(!strange.text.includes("0900"));
  });

  it("is refused while the keys cannot be read, and says that it may pass", async () => {
    const away = signIn({
      publicUrl: origin,
      authority: "https://127.0.0.1:1",
      tenantId: tenant,
      clientId: apiAudience,
    });
    const { browser } = await signedIn("megan");
    const kept = door;
    door = away;
    try {
      assert.equal((await browser.get(handlers().show, `/requests/${id}`)).status, 503);
      assert.equal((await signedIn("megan")).ended.status, 503);
    } finally {
      door = kept;
    }
  });
});

describe("a hostile token ends no sign-in", () => {
  const now = Math.floor(Date.now() / 1000);
  const other = "99999999-0000-4000-8000-000000000009";
  const cases: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "for another app": { aud: other },
    "of another tenant": { tid: other, iss: `https://login.microsoftonline.com/${other}/v2.0` },
    "of another tenant behind our issuer": { tid: other },
    "for another sign-in": { nonce: "another" },
    "without a nonce": { nonce: undefined },
    expired: { exp: now - 3600 },
    "of tomorrow": { nbf: now + 86_400, iat: now + 86_400, exp: now + 90_000 },
    "without an object id": { oid: undefined },
    "that is for calling the API": { scp: "access_as_user" },
  };
  for (const [name, overrides] of Object.entries(cases)) {
    it(name, async () => {
      const { browser, ended } = await signedIn("megan", undefined, overrides);
      assert.equal(ended.status, 401);
      assert.ok(!browser.cookies.has("__Host-plgate"));
    });
  }

  it("nor does one that nobody signed, or somebody else", async () => {
    const good = await token("megan", { nonce: "n" });
    const [header = "", payload = "", signature = ""] = good.split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
    for (const bad of [
      `${none}.${payload}.`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature.slice(4)}`,
      "x",
    ]) {
      const browser = new Browser();
      const query = new URL((await browser.get(handlers().begin, `/sign-in?return=${id}`)).location).searchParams;
      const fields = { state: query.get("state") ?? "", id_token: bad };
      assert.equal((await browser.post(handlers().end, "/signed-in", fields, {})).status, 401);
      browser.cookies.set("__Host-plgate", bad);
      assert.equal((await browser.get(handlers().show, `/requests/${id}`)).status, 303);
    }
  });

  it("nor does a good one in a browser that began no sign-in: nobody is signed in as somebody else", async () => {
    const [attacker, victim] = [new Browser(), new Browser()];
    const query = new URL((await attacker.get(handlers().begin, `/sign-in?return=${id}`)).location).searchParams;
    const fields = { state: query.get("state") ?? "", id_token: await token("alex", { nonce: query.get("nonce") }) };
    const page = await victim.post(handlers().end, "/signed-in", fields, {});
    assert.deepEqual([page.status, victim.cookies.size], [400, 0]);
    assert.equal((await attacker.post(handlers().end, "/signed-in", fields, {})).status, 303);
    // The same form again, as a browser's button for the way back sends it.
    assert.equal((await attacker.post(handlers().end, "/signed-in", fields, {})).status, 400);
  });

  it("nor does a token for calling the API open the page from a cookie", async () => {
    const browser = new Browser();
    browser.cookies.set("__Host-plgate", await fixture.issuer.mintUserToken({ user: "megan" }));
    assert.equal((await browser.get(handlers().show, `/requests/${id}`)).status, 303);
  });
});

describe("the page of a request", () => {
  const shown = async (user = "megan", headers = {}) => {
    const { browser } = await signedIn(user);
    return browser.get(handlers().show, `/requests/${id}`, headers);
  };

  it("is for browsers; who brings a token or takes JSON is answered by the API", () => {
    const wants = (headers: Readonly<Record<string, string>>) =>
      wantsPage({ headers: new Headers(headers) } as Parameters<typeof wantsPage>[0]);
    assert.equal(wants({ accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" }), true);
    assert.equal(wants({ accept: "text/html", authorization: "Bearer x" }), false);
    for (const accept of ["*/*", "application/json", "application/json, text/html", ""]) {
      assert.equal(wants({ accept }), false, accept);
    }
  });

  it("shows who asks, why people are asked, each rule with its conditions, and what happened", async () => {
    const { status, text, html } = await shown();
    assert.equal(status, 200);
    for (const words of [
      ...["pe-s asks to connect to pls-a", "Waiting for a decision", "CHG <b>1</b>", "not in the registry"],
      ...["network", "customer (approve): does not hold", "consumer.registered equals true false does not hold"],
      ...["A consumer asks for a private endpoint connection.", "People are asked.", "Approve this connection"],
    ]) {
      assert.ok(text.includes(words), `"${words}" in ${text}`);
    }
    assert.ok(!html.includes("<b>1</b>"));
  });

  it("is never kept, framed or sniffed, and may run no script", async () => {
    const { headers, html } = await shown();
    assert.equal(headers.get("cache-control"), "no-store");
    assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(html, /<script|\son\w+=|style="|<img|<link|src="/i);
  });

  it("speaks the reader's language", async () => {
    const { html, text } = await shown("megan", { "accept-language": "ja,en;q=0.5" });
    assert.match(html, /<html lang="ja">/);
    assert.ok(text.includes("判断待ち") && text.includes("この接続を承認する"));
  });

  it("shows hostile words as words", async () => {
    for (const [name, message] of Object.entries(hostileTexts)) {
      await aWaitingRequest({
        message,
        connectionName: message,
        consumer: { name: message, tier: message, tenantId: message },
      });
      const { html } = await shown();
      assert.doesNotMatch(html, /<script|\u202e/i, name);
      assert.deepEqual(html.match(/<\/?main/g)?.length, 2, name);
    }
  });

  it("leads who is not signed in to the sign-in, but not in circles", async () => {
    const browser = new Browser();
    const away = await browser.get(handlers().show, `/requests/${id}`);
    assert.deepEqual([away.status, away.location], [303, `${origin}/api/sign-in?return=${id}`]);
    const back = await browser.get(handlers().show, `/requests/${id}?from=sign-in`);
    assert.equal(back.status, 401);
    assert.ok(back.html.includes(`href="${origin}/api/sign-in?return=${id}"`));
  });

  const statuses: Readonly<Record<string, readonly [user: string, path: () => string, number, string]>> = {
    "tells who has no role": ["nobody", () => `/requests/${id}`, 403, "hold no app role"],
    "tells of an unknown request": ["megan", () => "/requests/aaaaaaaaaaaaaaaa-bbbbbbbbbb-1", 404, "no such request"],
    "tells of a path that is no request": ["megan", () => "/requests/%3Cb%3E", 404, "no such request"],
    "shows a reader no form": ["audrey", () => `/requests/${id}`, 200, "you need the app role Approver"],
  };
  for (const [name, [user, path, status, words]] of Object.entries(statuses)) {
    it(name, async () => {
      const { browser } = await signedIn(user);
      const page = await browser.get(handlers().show, path());
      assert.equal(page.status, status);
      assert.ok(page.text.includes(words), page.text);
      assert.equal(page.field("token"), "");
    });
  }

  it("shows a guest no form", async () => {
    const { browser } = await signedIn("megan", undefined, { acct: 1 });
    const page = await browser.get(handlers().show, `/requests/${id}`);
    assert.ok(page.text.includes("Guests cannot decide"));
    assert.equal(page.field("token"), "");
  });

  it("says what an operator has to set while it has no address", async () => {
    const kept = door;
    door = undefined;
    try {
      const page = await new Browser().get(handlers().show, `/requests/${id}`);
      assert.equal(page.status, 503);
      assert.ok(page.text.includes("PLGATE_PUBLIC_URL"));
    } finally {
      door = kept;
    }
  });

  it("shows other requests or says that they cannot be read, and is there all the same", async () => {
    const { browser } = await signedIn("megan");
    const show = (request: string) => {
      ports.index.searchRequests = () => Promise.reject(new Error("down"));
      return showRequest(request, ports);
    };
    const page = await browser.get(handlers({ show }).show, `/requests/${id}`);
    assert.equal(page.status, 200);
    assert.ok(page.text.includes("Other requests cannot be read now."));
  });

  it("says that it cannot be had now while storage is away, without telling why", async () => {
    const { browser } = await signedIn("megan");
    const show = () => Promise.reject(new PlgateError("table ledger at 10.0.0.4", { retryable: true }));
    const page = await browser.get(handlers({ show }).show, `/requests/${id}`);
    assert.equal(page.status, 503);
    assert.ok(!page.text.includes("10.0.0.4") && page.text.includes("Correlation"));
  });
});

describe("an answer on the page", () => {
  let browser: Browser;
  let form: Page;
  const openForm = async (user = "megan", overrides = {}) => {
    browser = (await signedIn(user, undefined, overrides)).browser;
    form = await browser.get(handlers().show, `/requests/${id}`);
  };
  const send = (fields: Readonly<Record<string, string>> = {}, headers?: Readonly<Record<string, string>>) =>
    browser.post(
      handlers().answer,
      `/requests/${id}/answer`,
      { token: form.field("token"), answer: "approve", justification: "CHG-1", expiresAfter: "", ...fields },
      ...(headers ? [headers] : []),
    );
  beforeEach(() => openForm());

  it("is recorded under the person's name and the door console, and the page then says so", async () => {
    const answer = await send({ expiresAfter: "P30D" });
    assert.deepEqual([answer.status, answer.location], [303, `${origin}/api/requests/${id}?from=answer`]);
    const [vote] = (await stored()).votes;
    assert.deepEqual(
      [vote?.objectId, vote?.vote, vote?.justification, vote?.door, vote?.expiresAfter],
      [meganId, "approve", "CHG-1", "console", "P30D"],
    );
    const page = await browser.get(handlers().show, `/requests/${id}?from=answer`);
    assert.ok(page.text.includes("You approved this connection."), page.text);
  });

  it("says nothing of an answer that was never given, whatever the address says", async () => {
    const page = await browser.get(handlers().show, `/requests/${id}?from=answer`);
    assert.ok(!page.text.includes("recorded"));
  });

  it("sent twice is one answer", async () => {
    const [one, other] = [await send(), await send()];
    assert.deepEqual([one.status, other.status], [303, 303]);
    assert.equal((await stored()).votes.length, 1);
  });

  it("sent many times at once is one answer", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => send()));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([303]));
    assert.equal((await ports.ledger.eventsOf((await stored()).id)).filter(({ kind }) => kind === "voted").length, 1);
  });

  it("that comes too late is told how it stands", async () => {
    await send();
    const late = await send({ answer: "reject" });
    assert.equal(late.status, 409);
    assert.ok(late.text.includes("Somebody was faster") && late.text.includes("Approving"));
  });

  const forged: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "from another site": { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    "from a neighbour": { origin: "https://evil.plgate.example", "sec-fetch-site": "same-site" },
    "from an origin that hides": { origin: "null", "sec-fetch-site": "cross-site" },
    "from nowhere": {},
  };
  for (const [name, headers] of Object.entries(forged)) {
    it(`${name} is refused before anything of it is read`, async () => {
      const page = await send({}, headers);
      assert.equal(page.status, 403);
      assert.ok(!page.text.includes("CHG-1"));
      assert.equal((await stored()).votes.length, 0);
    });
  }

  it("without the form's token, or with that of another person, request or form, is refused, and what was typed stays", async () => {
    const own = form;
    const signOut = own.field("token", "/sign-out");
    const keptId = id;
    const other = (await signedIn("alex")).browser;
    const foreign = (await other.get(handlers().show, `/requests/${id}`)).field("token");
    for (const token of ["", "x", signOut, foreign, own.field("token").toUpperCase()]) {
      const page = await send({ token, justification: "typed <words>" });
      assert.equal(page.status, 403);
      assert.ok(page.text.includes("typed <words>") && page.text.includes("send it once more"), page.text);
    }
    id = keptId;
    assert.equal((await stored()).votes.length, 0);
  });

  it("after the session ended is not lost, and not taken", async () => {
    browser.cookies.clear();
    const page = await send({ justification: "typed <words>" });
    assert.equal(page.status, 401);
    assert.ok(page.text.includes("typed <words>") && page.html.includes("/api/sign-in?return="));
    assert.equal((await stored()).votes.length, 0);
  });

  const faults: Readonly<Record<string, readonly [Readonly<Record<string, string>>, string]>> = {
    "without a justification": [{ justification: " \r\n " }, "Write a justification."],
    "with too long a justification": [{ justification: "x".repeat(141) }, "longer than 140 characters"],
    "without a choice": [{ answer: "" }, "Choose one of the two buttons."],
    "with another choice": [{ answer: "approve all" }, "Choose one of the two buttons."],
    "with a duration that was not offered": [{ expiresAfter: "P9999D" }, "Choose one of the durations"],
  };
  for (const [name, [fields, words]] of Object.entries(faults)) {
    it(`${name} names the field and decides nothing`, async () => {
      const page = await send(fields);
      assert.equal(page.status, 400);
      assert.ok(page.text.includes(words));
      assert.match(page.html, /role="alert" tabindex="-1" autofocus/);
      assert.equal((await stored()).votes.length, 0);
    });
  }

  it("takes 140 characters of any kind, and line breaks count as one", async () => {
    assert.equal((await send({ justification: `${"👍".repeat(138)}\r\nx` })).status, 303);
  });

  const people: Readonly<Record<string, readonly [user: string, Readonly<Record<string, unknown>>, number, string]>> = {
    "of somebody who is no reviewer": ["alex", {}, 403, "You are not a reviewer of this request."],
    "of a guest": ["megan", { acct: 1 }, 403, "Guests cannot decide"],
    "of somebody who only reads": ["audrey", {}, 403, "you need the app role Approver"],
    "of somebody without a role": ["nobody", {}, 403, "hold no app role"],
    "of somebody whose token names the group, but whom the directory does not": [
      ...["alex", { groups: [reviewers] }, 403, "You are not a reviewer of this request."],
    ] as [string, Readonly<Record<string, unknown>>, number, string],
  };
  for (const [name, [user, overrides, status, words]] of Object.entries(people)) {
    it(`${name} is refused with the reason`, async () => {
      await openForm(user, overrides);
      const page = await send();
      assert.equal(page.status, status);
      assert.ok(page.text.includes(words), page.text);
      assert.equal((await stored()).votes.length, 0);
    });
  }

  it("is refused while the directory is silent, and what was typed stays", async () => {
    ports.directory.breakDown();
    const page = await send();
    assert.equal(page.status, 503);
    assert.ok(page.text.includes("directory cannot say") && page.text.includes("CHG-1"));
  });

  it("that is no form is refused", async () => {
    const headers = { origin, "sec-fetch-site": "same-origin", "content-type": "application/json" };
    assert.equal((await send({}, headers)).status, 400);
    assert.equal((await send({ justification: "x".repeat(70_000) })).status, 400);
  });
});

describe("a request that demands the page", () => {
  const now = Math.floor(Date.now() / 1000);
  beforeEach(() => aWaitingRequest({ via: "page" }));
  const opened = async (overrides: Readonly<Record<string, unknown>>) => {
    const { browser } = await signedIn("megan", undefined, overrides);
    return { browser, page: await browser.get(handlers().show, `/requests/${id}`) };
  };

  it("shows the form after a fresh sign-in, and takes the answer", async () => {
    const { browser, page } = await opened({ auth_time: now - 60 });
    const fields = { token: page.field("token"), answer: "approve", justification: "CHG-1", expiresAfter: "" };
    assert.equal((await browser.post(handlers().answer, `/requests/${id}/answer`, fields)).status, 303);
  });

  const stale = {
    "eleven minutes old": { auth_time: now - 660 },
    "of tomorrow": { auth_time: now + 86_400 },
    "that does not say when": { auth_time: undefined },
    "that says it in words": { auth_time: "now" },
  };
  for (const [name, overrides] of Object.entries(stale)) {
    it(`a sign-in ${name} leads to a new one, and decides nothing`, async () => {
      const { browser, page } = await opened(overrides);
      assert.equal(page.field("token"), "");
      assert.ok(page.html.includes(`href="${origin}/api/sign-in?return=${id}&fresh=1"`));
      // The token of the form can be made from a page that was open before.
      await aWaitingRequest();
      const kept = (await browser.get(handlers().show, `/requests/${id}`)).field("token");
      await aWaitingRequest({ via: "page" });
      const fields = { token: kept, answer: "approve", justification: "CHG-1", expiresAfter: "" };
      const answer = await browser.post(handlers().answer, `/requests/${id}/answer`, fields);
      assert.equal(answer.status, 403);
      assert.ok(answer.text.includes("Sign in again to decide"));
      assert.equal((await stored()).votes.length, 0);
    });
  }
});

describe("signing out", () => {
  it("ends the session, for our own page only", async () => {
    const { browser } = await signedIn("megan");
    const page = await browser.get(handlers().show, `/requests/${id}`);
    const fields = { token: page.field("token", "/sign-out"), return: id };
    const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    assert.equal((await browser.post(handlers().out, "/sign-out", fields, evil)).status, 403);
    assert.equal((await browser.post(handlers().out, "/sign-out", { ...fields, token: "x" })).status, 403);
    assert.equal(browser.cookies.size, 1);
    const out = await browser.post(handlers().out, "/sign-out", { ...fields, return: "//evil.example" });
    assert.deepEqual([out.status, browser.cookies.size], [200, 0]);
    assert.ok(!out.html.includes("evil"));
  });
});
