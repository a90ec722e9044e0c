import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { type HostileTokens, hostileTokens } from "../../local/issuer/hostile-tokens.ts";
import { botAppId, type IssuerFixture, startTestIssuer, tenantId } from "../../local/issuer/issuer-fixture.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { type BotCheck, type BotVerifier, botVerifier } from "../../src/teams/bot-auth.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import { aClick, serviceUrl } from "./an-activity.ts";

const issuer = "https://api.botframework.com";
const foreignUrl = "https://connector.attacker.example/";

function activity(change: Readonly<Record<string, unknown>> = {}): string {
  const conversation = { id: "19:approvals@thread.tacv2", tenantId };
  const ours = { recipient: { id: `28:${botAppId}` }, channelData: { tenant: { id: tenantId } }, conversation };
  return JSON.stringify(aClick({ ...ours, ...change }));
}

const expectedChecks: Readonly<Record<string, BotCheck>> = {
  "wrong issuer": "issuer",
  "no issuer": "issuer",
  "wrong audience": "audience",
  "no audience": "audience",
  expired: "lifetime",
  "never expires": "lifetime",
  "not yet valid": "lifetime",
  "signed with another key under our key id": "signature",
  "signed with another key that nobody published": "signature",
  "HS256 with the public key as its secret": "signature",
  "alg none": "signature",
  "claims changed after signing": "signature",
  "signature cut off": "signature",
  "nothing that looks like a token": "signature",
  "missing serviceurl": "serviceurl claim",
  "foreign serviceurl": "serviceurl claim",
  "serviceurl that is no URL": "serviceurl claim",
  "a well-signed Entra token where a bot token is wanted": "issuer",
};

describe("botVerifier", () => {
  let fixture: IssuerFixture;
  let verify: BotVerifier;
  let good: string;
  let hostile: HostileTokens;
  before(async () => {
    fixture = await startTestIssuer();
    const trust = { appId: botAppId, tenantId, mayTalkTo: connectorHosts(), issuer };
    verify = botVerifier({ ...trust, jwksUri: fixture.issuer.botChannelKeysUrl });
    good = await fixture.issuer.mintChannelToken({ serviceUrl, audience: botAppId });
    hostile = await hostileTokens(fixture.issuer, {
      kind: "channel",
      serviceUrl,
      audience: botAppId,
      entraUser: "megan",
    });
  });
  after(() => fixture.stop());

  it("accepts what Teams sends, and hands over the whole body", async () => {
    const body = activity();
    assert.deepEqual(await verify(`Bearer ${good}`, body), { kind: "trusted", body: JSON.parse(body) });
  });

  it("compares the origin of the service address, not its path", async () => {
    const verdict = await verify(`bearer ${good}`, activity({ serviceUrl: "https://smba.trafficmanager.net/amer/" }));
    assert.equal(verdict.kind, "trusted");
  });

  it("takes the tenant of the conversation where channelData names none", async () => {
    const verdict = await verify(`Bearer ${good}`, activity({ channelData: {}, conversation: { id: "a", tenantId } }));
    assert.equal(verdict.kind, "trusted");
  });

  for (const [name, check] of Object.entries(expectedChecks)) {
    it(`refuses a hostile token: ${name}`, async () => {
      assert.ok(hostile[name], `the table of hostile tokens has no "${name}"`);
      const verdict = await verify(`Bearer ${hostile[name]}`, activity());
      assert.deepEqual(verdict, { kind: "refused", status: 401, check });
    });
  }

  it("refuses every hostile token there is", async () => {
    for (const [name, token] of Object.entries(hostile)) {
      const verdict = await verify(`Bearer ${token}`, activity());
      assert.equal(verdict.kind, "refused", name);
    }
  });

  it("tolerates clocks that are four minutes apart, and not more than five", async () => {
    const now = Math.floor(Date.now() / 1000);
    const expiredSince = (seconds: number) =>
      fixture.issuer.mintChannelToken({ serviceUrl, audience: botAppId, overrides: { exp: now - seconds } });
    assert.equal((await verify(`Bearer ${await expiredSince(240)}`, activity())).kind, "trusted");
    assert.equal((await verify(`Bearer ${await expiredSince(360)}`, activity())).kind, "refused");
  });

  it("refuses a foreign host even when claim and body agree on it", async () => {
    const token = await fixture.issuer.mintChannelToken({ serviceUrl: foreignUrl, audience: botAppId });
    const verdict = await verify(`Bearer ${token}`, activity({ serviceUrl: foreignUrl }));
    assert.deepEqual(verdict, { kind: "refused", status: 401, check: "allowed host" });
  });

  const headers = {
    "no header": null,
    "an empty header": "",
    "another scheme": "Basic abc",
    "a header with two tokens": "Bearer a b",
  } as const;
  for (const [name, header] of Object.entries(headers)) {
    it(`refuses ${name}`, async () => {
      const verdict = await verify(header, activity());
      assert.deepEqual(verdict, { kind: "refused", status: 401, check: "token and body" });
    });
  }

  const bodies = {
    "no body": "",
    "a body that is not JSON": "{",
    "a body without service address": activity({ serviceUrl: undefined }),
    "a service address that is no text": activity({ serviceUrl: 7 }),
    "a service address that is no address": activity({ serviceUrl: "smba" }),
    "a body that is too large": activity({ text: "x".repeat(256 * 1024) }),
  } as const;
  for (const [name, body] of Object.entries(bodies)) {
    it(`refuses ${name}, though the token is good`, async () => {
      const verdict = await verify(`Bearer ${good}`, body);
      assert.deepEqual(verdict, { kind: "refused", status: 401, check: "token and body" });
    });
  }

  it("refuses a body whose service address is not the token's", async () => {
    const verdict = await verify(`Bearer ${good}`, activity({ serviceUrl: foreignUrl }));
    assert.deepEqual(verdict, { kind: "refused", status: 401, check: "serviceurl claim" });
  });

  const foreign = {
    "another channel": [{ channelId: "webchat" }, "channel"],
    "no channel": [{ channelId: undefined }, "channel"],
    "another tenant": [{ channelData: { tenant: { id: "33333333-3333-4333-8333-333333333333" } } }, "tenant"],
    "no tenant": [{ channelData: {}, conversation: { id: "a" } }, "tenant"],
    "a tenant of the conversation behind another in channelData": [
      { channelData: { tenant: { id: "33333333-3333-4333-8333-333333333333" } }, conversation: { id: "a", tenantId } },
      "tenant",
    ],
    "another tenant of the conversation behind ours in channelData": [
      { conversation: { id: "a", tenantId: "33333333-3333-4333-8333-333333333333" } },
      "tenant",
    ],
    "another bot": [{ recipient: { id: "28:99999999-9999-4999-8999-999999999999" } }, "recipient"],
    "no recipient": [{ recipient: undefined }, "recipient"],
  } as const;
  for (const [name, [change, check]] of Object.entries(foreign)) {
    it(`forbids what is genuine but not for us: ${name}`, async () => {
      assert.deepEqual(await verify(`Bearer ${good}`, activity(change)), { kind: "refused", status: 403, check });
    });
  }

  it("refuses any text as a token and never fails over it", async () => {
    const part = fc.oneof(
      fc.string(),
      fc.object().map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
    );
    const token = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(".").replace(/\s/g, ""));
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        assert.equal((await verify(`Bearer ${text}`, activity())).kind, "refused");
      }),
    );
  });
});

describe("botVerifier without the Bot Connector's keys", () => {
  const answers = {
    "an error": [500, ""],
    "something that is not JSON": [200, "<html>"],
    "something that is no key set": [200, "{}"],
    "a redirect": [302, ""],
  } as const;
  for (const [name, [status, body]] of Object.entries(answers)) {
    it(`lets nobody in and says that it may pass: ${name}`, async () => {
      const server = createServer((_, response) => response.writeHead(status, { location: "/keys" }).end(body));
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
      const verify = botVerifier({ appId: botAppId, tenantId, mayTalkTo: connectorHosts(), issuer, jwksUri });
      const header = Buffer.from('{"alg":"RS256","kid":"a"}').toString("base64url");
      await assert.rejects(verify(`Bearer ${header}.e30.AAAA`, activity()), isRetryable);
      server.closeAllConnections();
      server.close();
    });
  }

  it("lets nobody in when nobody answers", async () => {
    const jwksUri = "http://127.0.0.1:1/keys";
    const verify = botVerifier({ appId: botAppId, tenantId, mayTalkTo: connectorHosts(), issuer, jwksUri });
    const header = Buffer.from('{"alg":"RS256","kid":"a"}').toString("base64url");
    await assert.rejects(verify(`Bearer ${header}.e30.AAAA`, activity()), isRetryable);
  });
});

function isRetryable(error: unknown): boolean {
  return error instanceof PlgateError && error.retryable;
}
