import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Door, Mode } from "../src/decision/decision.ts";
import { readConsumerBody } from "../src/intake/consumer.ts";
import { readDecision } from "../src/intake/decision.ts";
import { readAuditQuery, readConsumerQuery, readRequestQuery } from "../src/intake/queries.ts";
import { auditKinds } from "../src/ledger/event.ts";
import type { AuditQuery, RequestQuery } from "../src/ledger/query.ts";
import type { RequestState } from "../src/requests/request.ts";
import type { RefusalReason } from "../src/workflow/decide-manually.ts";
import { answersOf, operationsOf, parametersOf, readDocument, refsIn, schemaOf } from "./openapi/document.ts";
import { faultsOf, type Schema } from "./openapi/faults-of.ts";
import { realAnswers } from "./openapi/real-answers.ts";
import { readRoutes } from "./openapi/routes.ts";

const document = await readDocument();
const operations = operationsOf(document);
const find = (ref: string) => schemaOf(document, ref);
const check = (value: unknown, schema: Schema) => faultsOf(value, schema, find);

describe("docs/openapi.json and functions/", () => {
  it("name the same routes", async () => {
    const registered = (await readRoutes()).map(({ method, path }) => `${method} ${path}`);
    assert.ok(registered.length > 5, "no route was found");
    assert.deepEqual(operations.map(({ method, path }) => `${method} ${path}`).sort(), registered.sort());
  });

  it("leave no route to keys of the platform: who may call is checked in the app", async () => {
    const keyed = (await readRoutes()).filter(({ authLevel }) => authLevel !== "anonymous");
    assert.deepEqual(keyed, []);
  });
});

describe("docs/openapi.json as a document", () => {
  it("has no reference that leads nowhere and no component that nobody uses", () => {
    const { components } = document;
    const known = (["parameters", "responses", "schemas"] as const).flatMap((kind) =>
      Object.keys(components[kind]).map((name) => `#/components/${kind}/${name}`),
    );
    assert.deepEqual([...new Set(refsIn(document))].sort(), known.sort());
  });

  it("names every operation once, under a tag and a scheme that exist", () => {
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    const tags = operations.flatMap((operation) => operation.tags);
    assert.deepEqual([...new Set(tags)].sort(), document.tags.map(({ name }) => name).sort());
    const schemes = [document, ...operations].flatMap(({ security = [] }) => security.flatMap(Object.keys));
    assert.deepEqual([...new Set(schemes)].sort(), Object.keys(document.components.securitySchemes).sort());
  });

  for (const operation of operations) {
    it(`${operation.operationId} declares the parameters of its path`, () => {
      const inPath = parametersOf(document, operation).filter((parameter) => parameter.in === "path");
      const wanted = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(
        inPath.map(({ name, required }) => [name, required]),
        wanted.map((name) => [name, true]),
      );
    });

    it(`${operation.operationId} has examples that fit their schemas`, () => {
      const answers = Object.values(answersOf(document, operation));
      const bodies = [...answers, ...(operation.requestBody ? [operation.requestBody] : [])];
      const examples = [
        ...parametersOf(document, operation),
        ...bodies.flatMap(({ content = {} }) => Object.values(content)),
        ...answers.flatMap(({ headers = {} }) => Object.values(headers)),
      ];
      assert.deepEqual(
        examples.flatMap(({ example, schema }) => check(example, schema)),
        [],
      );
    });
  }
});

describe("docs/openapi.json and what the code answers", async () => {
  const answers = await realAnswers();

  for (const operation of operations.filter(({ operationId }) =>
    answers.some((one) => one.operation === operationId),
  )) {
    const described = answersOf(document, operation);
    const given = answers.filter((answer) => answer.operation === operation.operationId);

    it(`${operation.operationId}: ${given.length} answers fit what is described`, () => {
      const faults = given.flatMap(({ status, type, body, case: name }) => {
        if (body === undefined && described[status] && !described[status].content) return [];
        const content = described[status]?.content?.[type];
        const found = content ? check(body, content.schema) : [`${status} ${type} is not described`];
        return found.map((fault) => `${name} (${status}): ${fault}`);
      });
      assert.deepEqual(faults, []);
    });

    it(`${operation.operationId}: every described answer was seen`, () => {
      const seen = new Set(given.map(({ status }) => String(status)));
      assert.deepEqual(
        Object.keys(described).filter((status) => !seen.has(status)),
        [],
      );
    });
  }

  it("every operation that answers with its own words was called", () => {
    const called = new Set(answers.map(({ operation }) => operation));
    const others = operations.map(({ operationId }) => operationId).filter((id) => !called.has(id));
    // The first answers with this very document, the second with what Teams defines.
    assert.deepEqual(others.sort(), ["openapi", "teamsMessages"]);
  });

  it("the answers show requests of many kinds", () => {
    const details = answers.filter(({ operation, status }) => operation === "showRequest" && status === 200);
    const requests = details.map(({ body }) => JSON.stringify(body));
    const traces = [
      ...["approved", "rejected", "awaiting-decision", "failed", "withdrawn", "resolved-elsewhere", "expired"].map(
        (state) => `"state":"${state}"`,
      ),
      ...[
        '"kind":"vote-refused"',
        '"held":{',
        '"failure":{',
        '"endpointId":null',
        '"consumer":{',
        '"linkIdentifier":"77"',
        '"via":"page"',
        '"timetable":{',
        '"standIns":[',
      ],
    ];
    assert.deepEqual(
      traces.filter((trace) => !requests.some((request) => request.includes(trace))),
      [],
    );
  });

  it("a member that nobody described would be noticed", () => {
    const [detail] = answers.filter(({ operation, status }) => operation === "showRequest" && status === 200);
    assert.ok(detail && typeof detail.body === "object");
    const faults = check({ ...detail.body, secret: 1 }, { $ref: "#/components/schemas/RequestDetail" });
    assert.deepEqual(faults, ["$.secret is not described"]);
  });
});

describe("docs/openapi.json and the words of the code", () => {
  // Each list is complete, or the compiler says so.
  const words: Readonly<Record<string, readonly string[]>> = {
    RequestState: Object.keys({
      received: 0,
      "awaiting-decision": 0,
      approving: 0,
      rejecting: 0,
      failed: 0,
      approved: 0,
      rejected: 0,
      expired: 0,
      withdrawn: 0,
      "resolved-elsewhere": 0,
    } satisfies Record<RequestState, 0>),
    AuditKind: auditKinds,
    Door: Object.keys({
      event: 0,
      timer: 0,
      teams: 0,
      api: 0,
      console: 0,
      cli: 0,
      outside: 0,
    } satisfies Record<Door, 0>),
    Mode: Object.keys({ observe: 0, "approve-only": 0, enforce: 0 } satisfies Record<Mode, 0>),
    RefusalReason: Object.keys({
      "no-identity": 0,
      "other-tenant": 0,
      "unknown-request": 0,
      "too-late": 0,
      "not-votable": 0,
      "page-only": 0,
      "stale-sign-in": 0,
      "no-justification": 0,
      "own-request": 0,
      guest: 0,
      "not-a-reviewer": 0,
      "directory-unavailable": 0,
      "registry-unavailable": 0,
    } satisfies Record<RefusalReason, 0>),
  };
  for (const [name, expected] of Object.entries(words)) {
    it(`${name} has the same`, () => assert.deepEqual(find(`#/components/schemas/${name}`).enum, expected));
  }

  const queries = {
    listRequests: {
      read: readRequestQuery,
      names: { status: 0, serviceId: 0, consumer: 0, top: 0, after: 0 } satisfies Record<keyof RequestQuery, 0>,
    },
    listConsumers: { read: readConsumerQuery, names: { top: 0, after: 0 } },
    searchAudit: {
      read: readAuditQuery,
      names: {
        ...{ from: 0, to: 0, serviceId: 0, consumer: 0, actor: 0, request: 0, link: 0, kind: 0, top: 0, after: 0 },
      } satisfies Record<keyof AuditQuery, 0>,
    },
  };
  for (const [operationId, { read, names }] of Object.entries(queries)) {
    const operation = operations.find((one) => one.operationId === operationId);
    const parameters = operation ? parametersOf(document, operation) : [];

    it(`${operationId} takes the parameters that are described, with their examples`, () => {
      const wanted = Object.keys(names).map((name) => (name === "serviceId" ? "service" : name));
      assert.deepEqual(parameters.map(({ name }) => name).sort(), wanted.sort());
      const query = new URLSearchParams(
        Object.fromEntries(parameters.map(({ name, example }) => [name, String(example)])),
      );
      const result = read(query);
      assert.ok(result.ok, JSON.stringify(result));
    });

    it(`${operationId} has the limits and the default of \`top\` that are described`, () => {
      const { minimum = 0, maximum = 0, default: usual } = parameters.find(({ name }) => name === "top")?.schema ?? {};
      const top = (value: number) => read(new URLSearchParams({ top: String(value) })).ok;
      assert.deepEqual([minimum - 1, minimum, maximum, maximum + 1].map(top), [false, true, true, false]);
      const result = read(new URLSearchParams());
      assert.equal(result.ok && result.value.top, usual);
    });
  }

  it("an entry of the registry has the limits that are described", () => {
    const { properties = {} } = find("#/components/schemas/ConsumerInput");
    const id = "20000000-0000-4000-8000-000000000002";
    for (const field of ["name", "tier"]) {
      const { maxLength = 0 } = properties[field] ?? {};
      const takes = (length: number) => readConsumerBody(id, { [field]: "x".repeat(length) }).ok;
      assert.deepEqual([maxLength, maxLength + 1].map(takes), [true, false]);
    }
    const example = operations.find(({ operationId }) => operationId === "putConsumer")?.requestBody?.content;
    assert.ok(readConsumerBody(id, example?.["application/json"]?.example).ok);
  });

  it("a decision has the limits that are described", () => {
    const { properties = {} } = find("#/components/schemas/DecisionInput");
    const { minLength = 0, maxLength = 0 } = properties["justification"] ?? {};
    const takes = (length: number) => readDecision({ decision: "approve", justification: "x".repeat(length) }).ok;
    assert.deepEqual([minLength - 1, minLength, maxLength, maxLength + 1].map(takes), [false, true, true, false]);
    for (const decision of properties["decision"]?.enum ?? []) {
      assert.ok(readDecision({ decision, justification: "x" }).ok, String(decision));
    }
  });
});
