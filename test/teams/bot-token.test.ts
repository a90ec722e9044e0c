import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { json } from "../../local/exchange.ts";
import { app, startTestIssuer, tenantId } from "../../local/issuer/issuer-fixture.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { type Credential, credentialTokens, type SecretGrant, secretTokens } from "../../src/teams/bot-token.ts";
import { scriptedServer, silence } from "./scripted-server.ts";

const scope = "https://api.botframework.com/.default";
const minute = 60_000;

/** A credential whose tokens are numbered, and live for a given time by the test's own clock. */
function numbered(lifetimeMs: number) {
  const state = { time: 1_000_000, asked: 0, scopes: [] as string[] };
  const credential: Credential = {
    getToken: async (wanted) => {
      state.asked += 1;
      state.scopes.push(wanted);
      const token = `token-${state.asked}`;
      await Promise.resolve();
      return { token, expiresOnTimestamp: state.time + lifetimeMs };
    },
  };
  return { state, tokens: credentialTokens(credential, scope, () => state.time) };
}

function grant(authority: string, change: Partial<SecretGrant> = {}): SecretGrant {
  return { authority, tenantId, clientId: app(1).appId, clientSecret: "correct horse", scope, ...change };
}

function throwsRetryable(retryable: boolean, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof PlgateError);
    assert.equal(error.retryable, retryable);
    assert.match(error.message, message);
    assert.doesNotMatch(`${error.message} ${error.stack}`, /correct horse/);
    return true;
  };
}

describe("the tokens of a credential", () => {
  it("are asked for the Bot Connector and kept until five minutes before they expire", async () => {
    const { state, tokens } = numbered(60 * minute);
    assert.equal(await tokens.token(), "token-1");
    state.time += 54 * minute;
    assert.equal(await tokens.token(), "token-1");
    state.time += 2 * minute;
    assert.equal(await tokens.token(), "token-2");
    assert.deepEqual(state.scopes, [scope, scope]);
  });

  it("are kept for half their life when that is short", async () => {
    const { state, tokens } = numbered(2 * minute);
    await tokens.token();
    state.time += 0.9 * minute;
    assert.equal(await tokens.token(), "token-1");
    state.time += 0.2 * minute;
    assert.equal(await tokens.token(), "token-2");
  });

  it("are refreshed once, however many ask at the same time", async () => {
    const { state, tokens } = numbered(60 * minute);
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.token()));
    assert.deepEqual(new Set(all), new Set(["token-1"]));
    assert.equal(state.asked, 1);
  });

  it("are fetched anew once they were dropped", async () => {
    const { tokens } = numbered(60 * minute);
    await tokens.token();
    tokens.drop();
    assert.equal(await tokens.token(), "token-2");
  });

  it("are asked for again after a failure", async () => {
    let fails = true;
    const credential: Credential = {
      getToken: async () => {
        if (fails) throw new Error("no identity endpoint");
        return { token: "at last", expiresOnTimestamp: Date.now() + 60 * minute };
      },
    };
    const tokens = credentialTokens(credential, scope);
    await assert.rejects(tokens.token(), throwsRetryable(true, /no identity endpoint/));
    fails = false;
    assert.equal(await tokens.token(), "at last");
  });

  it("may not be there at all", async () => {
    const tokens = credentialTokens({ getToken: async () => null }, scope);
    await assert.rejects(tokens.token(), throwsRetryable(true, /gave none/));
  });
});

describe("the tokens of a client secret", () => {
  it("are issued by the authority for the bot, and kept", async (t: TestContext) => {
    const bot = { ...app(1), clientSecret: "correct horse" };
    const fixture = await startTestIssuer({ apps: [bot] });
    t.after(() => fixture.stop());
    const tokens = secretTokens(grant(fixture.issuer.url));
    const first = await tokens.token();
    const claims = JSON.parse(Buffer.from(first.split(".")[1] ?? "", "base64url").toString());
    assert.equal(claims.aud, "https://api.botframework.com");
    assert.equal(claims.appid, bot.appId);
    assert.equal(await tokens.token(), first);
  });

  it("are refused with the authority's codes, the settings to check, and never the secret", async (t) => {
    const fixture = await startTestIssuer({ apps: [{ ...app(1), clientSecret: "another" }] });
    t.after(() => fixture.stop());
    const tokens = secretTokens(grant(fixture.issuer.url));
    await assert.rejects(tokens.token(), throwsRetryable(false, /invalid_client AADSTS7000215.*PLGATE_BOT_SECRET/));
  });

  it("are asked for by a form", async (t) => {
    const server = await scriptedServer(t, json(200, { access_token: "t", expires_in: "3600" }));
    assert.equal(await secretTokens(grant(server.url)).token(), "t");
    const [call] = server.calls;
    assert.equal(call?.path, `/${tenantId}/oauth2/v2.0/token`);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(call?.body)), {
      grant_type: "client_credentials",
      client_id: app(1).appId,
      client_secret: "correct horse",
      scope,
    });
  });

  const faults = {
    "an authority in trouble": [json(503, {}), true, /503/],
    "an authority that throttles": [json(429, { error: "slow_down" }), true, /429 slow_down/],
    "an answer without a token": [json(200, {}), true, /gave no token/],
    "an answer that is not JSON": [{ status: 200, body: "<html>" }, true, /gave no token/],
    "a refusal that says nothing": [{ status: 400, body: "" }, false, /400/],
  } as const;
  for (const [name, [answer, retryable, message]] of Object.entries(faults)) {
    it(`fail with a reason: ${name}`, async (t) => {
      const server = await scriptedServer(t, answer);
      await assert.rejects(secretTokens(grant(server.url)).token(), throwsRetryable(retryable, message));
    });
  }

  it("do not follow a redirect with the secret", async (t) => {
    const elsewhere = await scriptedServer(t, json(200, { access_token: "t", expires_in: 3600 }));
    const server = await scriptedServer(t, { status: 307, headers: { location: elsewhere.url } });
    await assert.rejects(secretTokens(grant(server.url)).token(), throwsRetryable(false, /307/));
    assert.deepEqual(elsewhere.calls, []);
  });

  it("are given up when the authority does not answer", async (t) => {
    const server = await scriptedServer(t, silence);
    const tokens = secretTokens(grant(server.url, { timeoutMs: 50 }));
    await assert.rejects(tokens.token(), throwsRetryable(true, /cannot be reached/));
  });
});
