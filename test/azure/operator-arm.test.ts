import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { operatorTokens, resourceReader } from "../../src/azure/operator-arm.ts";
import { aPlgate, type Heard, type Said } from "../cli/a-plgate.ts";

async function reading(t: TestContext, answers: Readonly<Record<string, (heard: Heard) => Said>>, timeoutMs = 5_000) {
  const server = await aPlgate(t, answers);
  return { ...server, reader: resourceReader({ origin: server.url, token: async () => "a-token", timeoutMs }) };
}

describe("The operator's reader", () => {
  it("reads one resource with the operator's token", async (t) => {
    const { reader, heard } = await reading(t, { "GET /a?api-version=1": () => [200, { id: "/a" }] });
    const read = await reader.one("/a", { query: { "api-version": "1" } });
    assert.deepEqual([read, heard[0]?.authorization], [{ kind: "read", value: { id: "/a" } }, "Bearer a-token"]);
  });

  it("reads all pages of a list", async (t) => {
    const server = await reading(t, {
      "GET /list": () => [200, { value: [1], nextLink: `${server.url}/list?page=2` }],
      "GET /list?page=2": () => [200, { value: [2] }],
    });
    assert.deepEqual(await server.reader.all("/list"), { kind: "read", value: [1, 2] });
  });

  it("never takes its token to another place, by a next page or a redirect", async (t) => {
    const { reader, heard } = await reading(t, {
      "GET /list": () => [200, { value: [1], nextLink: "http://127.0.0.2:9/list" }],
      "GET /moved": () => [302, {}, { location: "/elsewhere" }],
    });
    assert.deepEqual(await reader.all("/list"), { kind: "failed", detail: "the next page lies elsewhere" });
    assert.deepEqual(await reader.one("/moved"), { kind: "failed", detail: "HTTP 302" });
    assert.equal(heard.length, 2);
  });

  it("stops where a list has no end", async (t) => {
    const server = await reading(t, { "GET /list": () => [200, { value: [], nextLink: `${server.url}/list` }] });
    assert.equal((await server.reader.all("/list")).kind, "failed");
  });

  const refusals: Readonly<Record<string, readonly [Said, object]>> = {
    "may not": [
      [403, { error: { code: "AuthorizationFailed", message: "no" } }],
      { kind: "refused", detail: "AuthorizationFailed: no" },
    ],
    "is not there": [[404, { error: { code: "ResourceNotFound" } }], { kind: "absent" }],
    "is too much": [[429, "slow down"], { kind: "failed", detail: "HTTP 429" }],
    "is no JSON": [[200, "<html>"], { kind: "failed", detail: "HTTP 200" }],
  };
  for (const [what, [said, expected]] of Object.entries(refusals)) {
    it(`gives as a value what ${what}`, async (t) => {
      const { reader } = await reading(t, { "GET /x": () => said });
      assert.deepEqual(await reader.one("/x"), expected);
    });
  }

  it("gives as a value what does not answer, and does not wait for ever", async () => {
    const nobody = resourceReader({ origin: "http://127.0.0.1:9", token: async () => "t" });
    assert.match(JSON.stringify(await nobody.one("/x")), /"failed".*127\.0\.0\.1:9 does not answer/);
    const late = resourceReader({ origin: "http://127.0.0.1:9", token: async () => "t", until: AbortSignal.abort() });
    assert.equal((await late.one("/x")).kind, "failed");
  });

  it("asks for no more than a few things at once, and for all of them", async (t) => {
    const { reader, heard } = await reading(t, { "GET /x": () => [200, {}] });
    const all = await Promise.all(Array.from({ length: 30 }, () => reader.one("/x")));
    assert.deepEqual([all.every(({ kind }) => kind === "read"), heard.length], [true, 30]);
  });

  it("says that nobody is signed in, in one line", async () => {
    const credential = { getToken: () => Promise.reject(new Error("run az login\n  and more")) };
    await assert.rejects(operatorTokens(credential, "scope"), /nobody is signed in to Azure here: run az login$/);
    await assert.rejects(operatorTokens({ getToken: async () => null }, "scope"), /there is no token/);
  });
});
