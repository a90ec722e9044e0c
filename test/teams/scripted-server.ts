import { createServer } from "node:http";
import type { TestContext } from "node:test";
import { type Answer, type Call, listen } from "../../local/exchange.ts";

export type ScriptedServer = { readonly url: string; readonly calls: readonly Call[] };

/** An HTTP server on loopback that gives the answers in their order, the last one for ever; it ends with the test. */
export async function scriptedServer(
  test: TestContext,
  ...answers: readonly (Answer | (() => Answer | Promise<Answer>))[]
): Promise<ScriptedServer> {
  const calls: Call[] = [];
  const server = await listen(createServer(), 0, [
    (call) => {
      calls.push(call);
      const answer = answers[Math.min(calls.length, answers.length) - 1];
      return typeof answer === "function" ? answer() : answer;
    },
  ]);
  test.after(() => server.stop());
  return { url: `http://127.0.0.1:${server.port}`, calls };
}

/** Never answers; the caller has to give up by itself. */
export function silence(): Promise<Answer> {
  return new Promise(() => {});
}
