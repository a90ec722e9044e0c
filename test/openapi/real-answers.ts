import { HttpRequest, type HttpResponseInit, InvocationContext } from "@azure/functions";
import { answerVerdict } from "../../src/http/audit-answers.ts";
import type { Role, Verified } from "../../src/http/caller.ts";
import { healthAnswer } from "../../src/http/health-answer.ts";
import { answerDecision, answerDetail } from "../../src/http/request-answers.ts";
import { json, list, nextLink, problem } from "../../src/http/respond.ts";
import { readJson, route } from "../../src/http/route.ts";
import { readDecision } from "../../src/intake/decision.ts";
import { readAuditQuery, readRequestQuery } from "../../src/intake/queries.ts";
import { readReopening } from "../../src/intake/reopening.ts";
import { parseRequestId } from "../../src/requests/request-id.ts";
import { DamagedRow, PlgateError } from "../../src/runtime/errors.ts";
import { noTelemetry } from "../../src/runtime/telemetry.ts";
import { checkHealth } from "../../src/workflow/check-health.ts";
import { type Ballot, decideManually } from "../../src/workflow/decide-manually.ts";
import { listServices } from "../../src/workflow/list-services.ts";
import { verifyAudit } from "../../src/workflow/verify-audit.ts";
import { viewOf } from "../../src/workflow/view-of.ts";
import { aConnectionRef, anEndpoint, connection, provider, service } from "../builders.ts";
import { approvedFor, day, pass } from "../workflow/approved.ts";
import { blocked, megan, review, type Stage, stage, tenant } from "../workflow/stage.ts";
import { askedAbout, deadline, escalation } from "../workflow/timed.ts";
import { auditAnswers } from "./audit-answers.ts";
import { consumerAnswers } from "./consumer-answers.ts";
import { linkAnswers } from "./link-answers.ts";
import { pageAnswers } from "./page-answers.ts";
import { policyAnswers } from "./policy-answers.ts";
import { reopenAnswers } from "./reopen-answers.ts";
import { runAnswers } from "./run-answers.ts";
import { simulateAnswers } from "./simulate-answers.ts";
import { teamsTestAnswers } from "./teams-test-answers.ts";

/** An answer that our code gave, and the operation of docs/openapi.json that it belongs to. */
export type RealAnswer = {
  readonly operation: string;
  readonly case: string;
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
};

const eve = "eeeeeeee-0000-4000-8000-00000000000e";
const unknown = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");

/** Answers of every kind, made by the code that the triggers call, over fakes that play many lives of a request. */
export async function realAnswers(): Promise<readonly RealAnswer[]> {
  const lives = await Promise.all(Object.entries(plays).map(async ([name, play]) => answersAbout(name, await play())));
  const others = [
    ...(await consumerAnswers()),
    ...(await linkAnswers()),
    ...(await simulateAnswers()),
    ...(await policyAnswers()),
    ...(await reopenAnswers()),
    ...(await runAnswers()),
    ...(await teamsTestAnswers()),
    ...(await answersToBrowsers()),
  ].map((answer) => asReal(...answer));
  return [...lives.flat(), ...others, ...(await decisions()), ...(await faults()), ...(await healths())];
}

async function answersToBrowsers() {
  const { ports, id } = await escalated();
  return pageAnswers(ports, id);
}

/** How lives of requests go; each leaves its traces in lists, history and audit. */
const plays: Readonly<Record<string, () => Promise<Stage>>> = {
  "approved and rejected by policy": async () => {
    const rejected = connection({ ref: aConnectionRef("pe-y.2222"), endpoint: anEndpoint("pe-y", blocked) });
    const ports = stage([
      service({ connections: [connection({ linkIdentifier: "77" }), rejected], autoApproval: [provider] }),
    ]);
    await review(ports);
    return ports;
  },
  "asked of people": async () => (await escalated()).ports,
  "rejected by a person after somebody else tried": async () => {
    const { ports, id } = await escalated();
    await decideManually(ballot(id, { person: person(eve) }), ports);
    await decideManually(ballot(id, { vote: "reject" }), ports);
    await review(ports);
    return ports;
  },
  "refused by ARM": async () => {
    const ports = stage();
    ports.connections.nextWrites.push({ kind: "refused", code: "RequestDisallowedByPolicy" });
    await review(ports);
    return ports;
  },
  "held back by the mode": async () => {
    const ports = stage(undefined, { mode: "observe", publicUrl: "https://plgate.example" });
    await review(ports);
    return ports;
  },
  "withdrawn, or decided outside, of an endpoint that nobody can read": async () => {
    const other = connection({ ref: aConnectionRef("pe-z.3333"), endpoint: undefined, description: undefined });
    const ports = stage([service({ connections: [connection({ endpoint: unknown }), other] })]);
    await review(ports);
    ports.connections.disconnect(aConnectionRef());
    ports.connections.connect({ ...other, status: "Rejected", rawStatus: "Rejected" });
    await review(ports);
    ports.connections.unreadable.push({ subscriptionId: provider, reason: "AuthorizationFailed" });
    return ports;
  },
  "reminded, brought to others, and expired": async () => {
    const ports = await askedAbout({ via: "page", deadlines: [deadline("PT8H")], escalations: [escalation("PT2H")] });
    for (const hours of [5, 3]) {
      ports.clock.advance(hours * 3600);
      await review(ports);
    }
    return ports;
  },
  "asked whether an approval goes on, and held back by the mode when its time is over": async () => {
    const ports = await approvedFor("P14D", { mode: "approve-only" });
    for (const days of [11, 4]) {
      await pass(ports, days * day);
      await review(ports);
    }
    return ports;
  },
  "with nothing to show": async () => stage([]),
};

async function answersAbout(name: string, ports: Stage): Promise<readonly RealAnswer[]> {
  const said = (operation: string, answer: HttpResponseInit) => asReal(operation, name, answer);
  const { requests } = await ports.index.searchRequests({ top: 100 });
  const { entries } = await ports.index.searchAudit({ top: 100 });
  const { services: value, unreadable } = await listServices(ports);
  const details = requests.map(async (line) => {
    const id = parseRequestId(line.id)?.id;
    const stored = id && (await ports.ledger.request(id));
    if (!id || !stored) throw new Error(`no request ${line.id}`);
    return said("showRequest", answerDetail(await viewOf(stored.request, ports), await ports.ledger.eventsOf(id)));
  });
  return [
    said("listRequests", list(requests, nextLink("http://127.0.0.1/api/requests?top=1", "opaque"))),
    said("listRequests", list(requests, nextLink("http://127.0.0.1/api/requests?top=1", null))),
    said("searchAudit", list(entries, nextLink("http://127.0.0.1/api/audit", "opaque"))),
    ...(await auditAnswers(name, ports)),
    said(
      "verifyAudit",
      answerVerdict("http://127.0.0.1/api/audit/verify", await verifyAudit({ anchors: true, index: true }, ports)),
    ),
    said(
      "verifyAudit",
      answerVerdict(
        "http://127.0.0.1/api/audit/verify",
        await verifyAudit({ anchors: false, index: true }, ports, undefined, () => false),
      ),
    ),
    said("listServices", json(200, { value, unreadable })),
    ...(await Promise.all(details)),
  ];
}

async function decisions(): Promise<readonly RealAnswer[]> {
  const answers: RealAnswer[] = [];
  const vote = async (name: string, ports: Stage, change: Ballot) => {
    answers.push(asReal("decideRequest", name, answerDecision(await decideManually(change, ports))));
  };
  const { ports, id } = await escalated(2);
  await vote("one of two approvals", ports, ballot(id));
  await vote("no reviewer", ports, ballot(id, { person: person(eve) }));
  await vote("no object id", ports, ballot(id, { person: person(undefined) }));
  await vote("no request", ports, ballot("nothing"));
  await vote("a rejection", ports, ballot(id, { vote: "reject" }));
  await vote("too late", ports, ballot(id));

  const approving = await escalated();
  await vote("enough approvals", approving.ports, ballot(approving.id));
  const careful = await escalated(1, "approve-only");
  await vote("the mode does not reject", careful.ports, ballot(careful.id, { vote: "reject" }));
  const silent = await escalated();
  silent.ports.directory.breakDown();
  await vote("the directory is silent", silent.ports, ballot(silent.id));
  return answers;
}

const roles: Readonly<Record<string, Role>> = {
  ...{ listRequests: "Reader", showRequest: "Reader", searchAudit: "Reader", verifyAudit: "Reader" },
  ...{ showLink: "Reader", listServices: "Reader", listConsumers: "Reader", showConsumer: "Reader" },
  reopenRequest: "Approver",
  ...{ listRuns: "Reader", showRun: "Reader", startRun: "Approver", previewRun: "Approver" },
  ...{ confirmRun: "Approver", stopRun: "Approver" },
  ...{ decideRequest: "Approver", putConsumer: "PolicyAuthor", removeConsumer: "PolicyAuthor" },
  ...{ simulatePolicies: "PolicyAuthor", testTeams: "PolicyAuthor" },
  ...{ listPolicies: "Reader", showPolicy: "Reader", showPolicyVersion: "Reader" },
  ...{ publishPolicy: "PolicyAuthor", activatePolicy: "PolicyAuthor" },
};

/** What the API itself refuses, before or instead of an answer. */
async function faults(): Promise<readonly RealAnswer[]> {
  const common = Object.entries(roles).map(async ([operation, role]) => {
    return [
      asReal(operation, "no token", await called(role, { ok: false, status: 401, why: "no bearer token" })),
      asReal(operation, "no keys", await called(role, { ok: false, status: 503, why: "no keys" })),
      asReal(operation, "no role", await called(role, caller([]))),
      asReal(
        operation,
        "storage is away",
        await called(role, caller([role]), new PlgateError("away", { retryable: true })),
      ),
      asReal(operation, "a fault", await called(role, caller([role]), new Error("a fault"))),
    ];
  });
  const query = new URLSearchParams({ top: "0", wrong: "1" });
  return [
    ...(await Promise.all(common)).flat(),
    asReal("listRequests", "a wrong query", refusedQuery(readRequestQuery(query))),
    asReal("searchAudit", "a wrong query", refusedQuery(readAuditQuery(query))),
    asReal("searchAudit", "a damaged row", await called("Reader", caller(["Reader"]), damaged)),
    asReal("verifyAudit", "a wrong service", problem(400, "service: is the resource id of a Private Link Service")),
    asReal("showRequest", "no request", problem(404, "There is no such request.")),
    asReal("decideRequest", "a body without justification", refusedQuery(readDecision({ decision: "approve" }))),
    asReal("decideRequest", "a body that is not JSON", await refusedBody("{")),
    asReal("decideRequest", "a body that is too large", await refusedBody(`"${"x".repeat(70_000)}"`)),
    asReal("reopenRequest", "a body without a note", refusedQuery(readReopening({}))),
    asReal("reopenRequest", "a body that is too large", await refusedBody(`"${"x".repeat(70_000)}"`)),
    ...(await Promise.all(
      ["startRun", "previewRun", "confirmRun", "stopRun"].map(async (operation) =>
        asReal(operation, "a body that is too large", await refusedBody(`"${"x".repeat(70_000)}"`)),
      ),
    )),
    asReal("putConsumer", "a body that is too large", await refusedBody(`"${"x".repeat(70_000)}"`)),
    asReal("publishPolicy", "a body that is too large", await refusedBody(`"${"x".repeat(1_100_000)}"`, 1024)),
    asReal("activatePolicy", "a body that is too large", await refusedBody(`"${"x".repeat(70_000)}"`)),
    asReal("testTeams", "a body that is too large", await refusedBody(`"${"x".repeat(70_000)}"`)),
    asReal("simulatePolicies", "a body that is too large", await refusedBody(`"${"x".repeat(1_100_000)}"`, 1024)),
  ];
}

const damaged = new DamagedRow("row k:voted 1|2|x cannot be read: seq is not a number", {
  partition: "k:voted",
  key: "1|2|x",
});

async function healths(): Promise<readonly RealAnswer[]> {
  const ports = stage();
  const report = await checkHealth(ports, async () => ["approvals"]);
  const reader = { roles: ["Reader"] };
  ports.policies.set([]);
  return [
    asReal("health", "all is well", json(200, healthAnswer(report, reader))),
    asReal("health", "no policy, no bot", json(200, healthAnswer(await checkHealth(ports, undefined), reader))),
    asReal("health", "anybody", json(200, { status: "alive" })),
    asReal("health", "a wrong configuration", json(503, { status: "unhealthy" })),
  ];
}

async function escalated(approvals = 1, mode: "enforce" | "approve-only" = "enforce") {
  const ports = stage([service({ connections: [connection({ endpoint: unknown })] })], { mode });
  if (approvals > 1) {
    const settings = {
      ...ports.settings,
      fallbackReviewers: ports.settings.fallbackReviewers.map((one) => ({ ...one, approvals })),
    };
    ports.policies.set([]);
    await review({ ...ports, settings });
  } else await review(ports);
  const [line] = (await ports.index.searchRequests({ top: 1 })).requests;
  return { ports, id: line?.id ?? "" };
}

function ballot(requestId: string, change: Partial<Ballot> = {}): Ballot {
  const said = {
    vote: "approve",
    justification: "CHG-1234",
    person: person(megan),
    door: "api",
    correlation: "c-1",
  } as const;
  return { requestId, ...said, ...change };
}

function person(objectId: string | undefined): Ballot["person"] {
  return { objectId, tenantId: tenant, name: "Megan Test", groups: undefined };
}

function caller(roles: readonly string[]): Verified {
  return { ok: true, caller: { objectId: megan, tenantId: tenant, name: "Megan Test", roles, groups: undefined } };
}

async function called(role: Role, verified: Verified, fault?: Error): Promise<HttpResponseInit> {
  const handler = route(
    role,
    async () => ({ verifyCaller: async () => verified, telemetry: noTelemetry }),
    async () => {
      throw fault ?? new Error("nobody gets here");
    },
  );
  const context = new InvocationContext({ functionName: "f", invocationId: "i-1", logHandler: () => undefined });
  return (await handler(new HttpRequest({ method: "GET", url: "http://127.0.0.1/api" }), context)) as HttpResponseInit;
}

function refusedQuery(
  read: { readonly ok: true } | { readonly ok: false; readonly problem: string },
): HttpResponseInit {
  if (read.ok) throw new Error("this should have been refused");
  return problem(400, read.problem);
}

async function refusedBody(text: string, mostKiB?: number): Promise<HttpResponseInit> {
  const read = await readJson(
    new HttpRequest({ method: "POST", url: "http://127.0.0.1/api", body: { string: text } }),
    mostKiB,
  );
  if (read.ok) throw new Error("this should have been refused");
  return read.answer;
}

function asReal(operation: string, name: string, { status = 200, headers, body }: HttpResponseInit): RealAnswer {
  const type = new Headers(headers as Record<string, string>).get("content-type")?.split(";")[0] ?? "";
  const said = type === "text/html" ? String(body) : body === undefined ? undefined : JSON.parse(String(body));
  return { operation, case: name, status, type, body: said };
}
