import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Graph, GraphPages } from "../../src/azure/graph-pages.ts";

type Asked = { readonly subscriptions: number; readonly top: number; readonly skipToken: string | undefined };
type Script =
  | { readonly rows?: readonly string[]; readonly next?: string; readonly quota?: string }
  | { readonly fault: object };

const headers = (named: Readonly<Record<string, string>>) => ({ get: (name: string) => named[name] });
const refused = (status: number, named: Readonly<Record<string, string>> = {}, bodyAsText = "") =>
  Object.assign(new Error("refused"), { statusCode: status, response: { headers: headers(named), bodyAsText } });

/** Resource Graph that answers as it is told, and a clock that sleeping moves. */
function scripted(...script: readonly Script[]) {
  const asked: Asked[] = [];
  const slept: number[] = [];
  let time = 0;
  const left = [...script];
  const resources = async (
    { subscriptions = [], options }: { subscriptions?: string[]; options?: { top?: number; skipToken?: string } },
    { onResponse }: { onResponse?: (response: { readonly headers: ReturnType<typeof headers> }) => void } = {},
  ) => {
    asked.push({ subscriptions: subscriptions.length, top: options?.top ?? 0, skipToken: options?.skipToken });
    const answer = left.shift() ?? {};
    if ("fault" in answer) throw answer.fault;
    const { rows = [], next, quota } = answer;
    onResponse?.({
      headers: headers(quota ? { "x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": quota } : {}),
    });
    return { data: [...rows], skipToken: next };
  };
  const graph = (async () => ({ resources })) as unknown as Graph;
  const sleep = async (ms: number) => {
    slept.push(ms);
    time += ms;
  };
  return { asked, slept, pages: new GraphPages(graph, () => time, sleep) };
}

async function rowsOf(pages: GraphPages, subscriptions = 1, deadline = 60_000): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const ids = Array.from({ length: subscriptions }, (_, index) => String(index));
  for await (const rows of pages.pages("q", ids, deadline)) found.push(...rows);
  return found;
}

describe("Pages of Resource Graph", () => {
  it("are read to the last one", async () => {
    const { asked, pages } = scripted({ rows: ["a"], next: "t1" }, { rows: ["b"], next: "t2" }, { rows: ["c"] });
    assert.deepEqual(await rowsOf(pages), ["a", "b", "c"]);
    assert.deepEqual(
      asked.map(({ skipToken }) => skipToken),
      [undefined, "t1", "t2"],
    );
  });

  it("are asked for a thousand subscriptions at a time", async () => {
    const { asked, pages } = scripted({ rows: ["a"] }, { rows: ["b"] }, { rows: ["c"] });
    assert.deepEqual(await rowsOf(pages, 2001), ["a", "b", "c"]);
    assert.deepEqual(
      asked.map(({ subscriptions }) => subscriptions),
      [1000, 1000, 1],
    );
  });

  it("wait until the quota is back when an answer says that it was the last", async () => {
    const { slept, pages } = scripted({ rows: ["a"], next: "t", quota: "00:00:04" }, { rows: ["b"] });
    assert.deepEqual(await rowsOf(pages), ["a", "b"]);
    assert.deepEqual(slept, [4000]);
  });

  it("are asked for again after a refusal, not before the time that it names", async () => {
    const fault = refused(429, { "x-ms-user-quota-resets-after": "00:01:05", "retry-after": "3" });
    const { slept, pages } = scripted({ fault }, { rows: ["a"] });
    assert.deepEqual(await rowsOf(pages, 1, 120_000), ["a"]);
    assert.deepEqual(slept, [65_000]);
  });

  it("are given up where the quota comes back too late", async () => {
    const { asked, pages } = scripted({ fault: refused(429, { "retry-after": "61" }) });
    await assert.rejects(rowsOf(pages), /quota of Resource Graph/);
    assert.equal(asked.length, 1);
  });

  it("become smaller, from where the last one ended, when an answer would be too large", async () => {
    const fault = refused(400, {}, '{"error":{"code":"BadRequest","details":[{"code":"ResponsePayloadTooLarge"}]}}');
    const { asked, pages } = scripted({ rows: ["a"], next: "t" }, { fault }, { rows: ["b"] });
    assert.deepEqual(await rowsOf(pages), ["a", "b"]);
    assert.deepEqual(
      asked.map(({ top, skipToken }) => [top, skipToken]),
      [
        [1000, undefined],
        [1000, "t"],
        [250, "t"],
      ],
    );
  });

  it("are asked for three times when nobody answers, and not again when asking is refused", async () => {
    const silent = scripted({ fault: new Error("reset") }, { fault: refused(503) }, { fault: new Error("reset") });
    await assert.rejects(rowsOf(silent.pages), /reset/);
    assert.deepEqual([silent.asked.length, silent.slept], [3, [1000, 2000]]);
    const forbidden = scripted({ fault: refused(403) });
    await assert.rejects(rowsOf(forbidden.pages), /refused/);
    assert.equal(forbidden.asked.length, 1);
  });
});
