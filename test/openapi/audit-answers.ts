import { text } from "node:stream/consumers";
import { HttpRequest } from "@azure/functions";
import { answerAudit } from "../../src/http/audit-answers.ts";
import { FakeLog } from "../fakes/log.ts";
import { megan, type Stage, tenant } from "../workflow/stage.ts";
import type { RealAnswer } from "./real-answers.ts";

const accepted = ["application/json", "application/x-ndjson", "text/csv", "application/xml"];

/** What the audit answers in each form that a caller may accept, and in one that there is not. */
export function auditAnswers(name: string, ports: Stage): Promise<readonly RealAnswer[]> {
  const caller = { objectId: megan, tenantId: tenant, name: "Megan Test", roles: ["Reader"], groups: undefined };
  return Promise.all(
    accepted.map(async (accept) => {
      const request = new HttpRequest({ method: "GET", url: "http://127.0.0.1/api/audit", headers: { accept } });
      const call = { request, caller, log: new FakeLog(), correlation: "c-1" };
      const { status = 200, headers, body } = await answerAudit(call, ports);
      const type = new Headers(headers as Record<string, string>).get("content-type")?.split(";")[0] ?? "";
      const said = body instanceof ReadableStream ? await text(body) : JSON.parse(String(body));
      return { operation: "searchAudit", case: `${name}, as ${accept}`, status, type, body: said };
    }),
  );
}
