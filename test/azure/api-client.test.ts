import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TokenCredential } from "@azure/identity";
import { type ApiDoor, apiClient } from "../../src/azure/api-client.ts";
import { aPlgate } from "../cli/a-plgate.ts";

const signedIn: ApiDoor = { kind: "signed-in", authority: "https://login.example", scope: "api://1111/.default" };
const nobody = (): TokenCredential => ({ getToken: () => Promise.reject(new Error("no CLI\n no azd\n")) });

describe("the client of plgate's API", () => {
  it("goes by whoever is signed in, with one token for all calls of a command", async (t) => {
    const app = await aPlgate(t, { "GET /api/health": () => [200, { status: "alive" }] });
    const asked: unknown[] = [];
    const credential = (authority: string): TokenCredential => ({
      getToken: async (scope) => {
        asked.push([authority, scope]);
        return { token: `token ${asked.length}`, expiresOnTimestamp: 0 };
      },
    });
    const api = apiClient({ url: app.url, door: signedIn }, credential);
    const [one] = [
      await api.call({ method: "GET", path: "/api/health" }),
      await api.call({ method: "GET", path: "/api/health" }),
    ];
    assert.deepEqual([one.status, one.body, one.date instanceof Date], [200, { status: "alive" }, true]);
    assert.deepEqual(asked, [["https://login.example", "api://1111/.default"]]);
    assert.deepEqual(
      app.heard.map(({ authorization }) => authorization),
      ["Bearer token 1", "Bearer token 1"],
    );
  });

  it("asks nobody for a token where a stranger may call", async (t) => {
    const app = await aPlgate(t, { "GET /api/health": () => [200, "<html>"] });
    const api = apiClient({ url: app.url, door: signedIn }, nobody);
    const { body } = await api.call({ method: "GET", path: "/api/health", anonymous: true });
    assert.deepEqual([body, app.heard[0]?.authorization], [undefined, undefined]);
  });

  it("follows no redirect, so that the token goes nowhere else", async (t) => {
    const elsewhere = await aPlgate(t, { "GET /": () => [200, {}] });
    const app = await aPlgate(t, { "GET /x": () => [302, {}, { location: elsewhere.url }] });
    const api = apiClient({ url: app.url, door: { kind: "token", token: "a-token" } }, nobody);
    assert.equal((await api.call({ method: "GET", path: "/x" })).status, 302);
    assert.deepEqual(elsewhere.heard, []);
  });

  const silent: Readonly<Record<string, readonly [ApiDoor | undefined, () => TokenCredential, RegExp]>> = {
    "nobody is signed in": [
      signedIn,
      nobody,
      /nobody who is signed in here gets a token for api:\/\/1111\/.default\n {2}no CLI\n {2}no azd$/,
    ],
    "the credential gives none": [signedIn, () => ({ getToken: async () => null }), /there is no token/],
    "there is no way to a token": [undefined, nobody, /no token was given/],
  };
  for (const [what, [door, credential, text]] of Object.entries(silent)) {
    it(`says so when ${what}, and calls nothing`, async (t) => {
      const app = await aPlgate(t, {});
      await assert.rejects(apiClient({ url: app.url, door }, credential).call({ method: "GET", path: "/x" }), text);
      assert.deepEqual(app.heard, []);
    });
  }

  it("says that the local stack's issuer refuses", async (t) => {
    const app = await aPlgate(t, { "POST /control/tokens": () => [401, { error: "wrong secret" }] });
    const door = { kind: "local", controlUrl: `${app.url}/control`, controlSecret: "x" } as const;
    await assert.rejects(
      apiClient({ url: app.url, door }, nobody).call({ method: "GET", path: "/x" }),
      /refuses: HTTP 401/,
    );
  });
});
