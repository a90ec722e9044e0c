import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { RecordedExchange } from "./recorder.ts";
import { isRecord } from "./shape.ts";

/** What came of holding recorded traffic against the official definition. */
export type Conformance = {
  /** How many exchanges were held against the definition. */
  readonly checked: number;
  /** The operations among them. */
  readonly operations: readonly string[];
  /** Exchanges that could not be held against it: routes and versions that it does not have, ordered faults, broken wires. */
  readonly outside: number;
  readonly injected: number;
  readonly unanswered: number;
  /** Whatever differs from the definition, in words. Empty is what we want. */
  readonly problems: readonly string[];
};

type Verdict =
  | { readonly kind: "outside" }
  | { readonly kind: "checked"; readonly operation: string; readonly problems: readonly string[] };

type OavModule = typeof import("oav");
type Validator = InstanceType<OavModule["LiveValidator"]>;

const group = "/subscriptions/[^/]+/resourceGroups/[^/]+";
const provider = "/providers/Microsoft\\.Network/privateLinkServices";
const version = "2026-01-01";
const defined: readonly (readonly [methods: readonly string[], path: RegExp])[] = [
  [["GET"], new RegExp(`^(?:/subscriptions/[^/]+|${group})${provider}$`, "i")],
  [["GET", "PUT", "DELETE"], new RegExp(`^${group}${provider}/[^/]+$`, "i")],
  [["GET"], new RegExp(`^${group}${provider}/[^/]+/privateEndpointConnections$`, "i")],
  [["GET", "PUT", "DELETE"], new RegExp(`^${group}${provider}/[^/]+/privateEndpointConnections/[^/]+$`, "i")],
];

/**
 * Where the official definition lies: `PLGATE_ARM_SPEC`, or beside the checkout. Undefined when neither is there; whoever checks
 * then has to say that nothing was checked.
 */
export function findDefinition(named = process.env["PLGATE_ARM_SPEC"]): string | undefined {
  const folder = named ?? resolve(import.meta.dirname, "../../../shared/spec");
  return existsSync(resolve(folder, "specification")) ? folder : undefined;
}

/**
 * Holds recorded exchanges against the official definition, with the validator of the Azure SDK teams (`oav`).
 *
 * An exchange on a route that the definition has must be valid both ways; the request only when the ARM accepted it. The validator
 * says "undefined" of what it cannot route, which is a problem here wherever our own list says that it should.
 */
export async function validateExchanges(
  exchanges: readonly RecordedExchange[],
  definition: string,
): Promise<Conformance> {
  const validator = await createValidator(definition);
  const answered = exchanges.filter((exchange) => exchange.response !== undefined && !exchange.injected);
  const verdicts: Verdict[] = [];
  for (const exchange of answered) verdicts.push(await judge(validator, exchange));
  const checked = verdicts.filter((verdict) => verdict.kind === "checked");
  const injected = exchanges.filter((exchange) => exchange.injected).length;
  return {
    checked: checked.length,
    operations: [...new Set(checked.map((verdict) => verdict.operation))].toSorted(),
    outside: answered.length - checked.length,
    injected,
    unanswered: exchanges.length - answered.length - injected,
    problems: checked.flatMap((verdict) => verdict.problems),
  };
}

async function createValidator(directory: string): Promise<Validator> {
  // Loaded late: it weighs hundreds of modules, and only this check needs it.
  const { LiveValidator } = await import("oav");
  const validator = new LiveValidator(
    {
      directory,
      swaggerPathsPattern: ["specification/**/*.json"],
      git: { shouldClone: false },
      isArmCall: true,
      loadValidatorInBackground: false,
      loadValidatorInInitialize: false,
    },
    () => {},
  );
  await validator.initialize();
  return validator;
}

async function judge(validator: Validator, exchange: RecordedExchange): Promise<Verdict> {
  const { request, response } = exchange;
  if (!response || !isDefined(exchange)) return { kind: "outside" };
  const result = await validator.validateLiveRequestResponse({
    liveRequest: { method: request.method, url: request.url, headers: { ...request.headers }, ...bodyOf(request.body) },
    liveResponse: { statusCode: String(response.status), headers: { ...response.headers }, ...bodyOf(response.body) },
  });
  const { requestValidationResult: asked, responseValidationResult: answer } = result;
  const about = `${request.method} ${request.url} → ${response.status}`;
  const problems = [...faultsOf("answer", answer), ...(response.status < 400 ? faultsOf("request", asked) : [])];
  return {
    kind: "checked",
    operation: answer.operationInfo.operationId,
    problems: problems.map((problem) => `${about}: ${problem}`),
  };
}

type Result = Awaited<ReturnType<Validator["validateLiveRequest"]>>;

function faultsOf(side: "request" | "answer", { isSuccessful, errors, runtimeException }: Result): readonly string[] {
  const found = errors.map((error) => `${side}: ${error.code} ${error.message} (${error.pathsInPayload.join(", ")})`);
  if (isSuccessful === true || found.length > 0) return found;
  return [`${side}: not validated: ${runtimeException?.code} ${runtimeException?.message}`];
}

function isDefined({ request }: RecordedExchange): boolean {
  const url = new URL(request.url, "https://management.azure.com");
  if (url.searchParams.get("api-version") !== version) return false;
  return defined.some(([methods, path]) => methods.includes(request.method) && path.test(url.pathname));
}

function bodyOf(body: unknown) {
  return isRecord(body) ? { body: { ...body } } : {};
}
