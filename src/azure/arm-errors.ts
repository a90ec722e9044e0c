import { retryAfterMs } from "./retry-after.ts";

/** What an ARM fault means for us; one classification for every call (azure.md 5.3). */
export type ArmFault =
  /**
   * `of` says what is busy: this one service (a lock), the bucket that all services of the subscription share, or ARM itself,
   * which is in trouble. `retryAfterMs` is what the answer asks for, in full; undefined when it does not say.
   */
  | {
      readonly kind: "busy";
      readonly of: "service" | "subscription" | "arm";
      readonly retryAfterMs: number | undefined;
      readonly message: string;
    }
  | { readonly kind: "unknown"; readonly message: string }
  | { readonly kind: "gone"; readonly message: string }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

const goneCodes = ["PrivateEndpointConnectionCannotBeCreatedByServiceProvider"];
const busyCodes = /^(AnotherOperationInProgress|RetryableError\w*|Conflict\w*)$/i;

type Answer = { readonly status: number | undefined; readonly codes: readonly string[]; readonly message: string };

/**
 * Classifies what the ARM client threw. An error without a status (time-out, reset, abort) is `unknown`:
 * the write may have happened, so ARM is read before anything else (azure.md 4.5).
 */
export function classifyArmFault(error: unknown): ArmFault {
  const answer = answerOf(error);
  const { status, codes, message } = answer;
  // 412: what was read is stale, so it is read again (azure.md 5.3).
  if (status === undefined || status === 412) return { kind: "unknown", message };
  if (status === 404 || codes.some((code) => goneCodes.includes(code))) return { kind: "gone", message };
  const of = busyWith(status, codes);
  if (of) return { kind: "busy", of, retryAfterMs: askedFor(error), message };
  return { kind: "refused", code: codes[0] ?? `HTTP ${status}`, message: hint(answer) };
}

/** What makes ARM busy; undefined when it is not. */
function busyWith(status: number, codes: readonly string[]): "service" | "subscription" | "arm" | undefined {
  const saysSo = codes.some((code) => busyCodes.test(code));
  // On 429 the code in the body tells a lock from an empty bucket (azure.md 5.2).
  if (status === 429) return saysSo ? "service" : "subscription";
  // ARM in trouble: the next look reads before it writes, so it does not matter whether this write happened; the pause does.
  if (status >= 500 || status === 408) return "arm";
  return status === 409 && saysSo ? "service" : undefined;
}

function answerOf(error: unknown): Answer {
  if (!isRecord(error)) return { status: undefined, codes: [], message: String(error) };
  const status = typeof error["statusCode"] === "number" ? error["statusCode"] : undefined;
  const message = typeof error["message"] === "string" ? error["message"] : "ARM call failed";
  const codes = [...bodyCodes(error), ...(typeof error["code"] === "string" ? [error["code"]] : [])];
  return { status, codes: [...new Set(codes)], message: firstLine(message) };
}

/** The outer and inner codes; `err.details` of the client is always empty, so the body is read (azure.md 4.3). */
function bodyCodes(error: Readonly<Record<string, unknown>>): readonly string[] {
  const response = error["response"];
  const text = isRecord(response) ? response["bodyAsText"] : undefined;
  if (typeof text !== "string" || text.length > 100_000) return [];
  const body = parsed(text);
  const outer = isRecord(body) && isRecord(body["error"]) ? body["error"] : undefined;
  if (!outer) return [];
  const details = Array.isArray(outer["details"]) ? outer["details"] : [];
  return [outer, ...details].flatMap((part: unknown) =>
    isRecord(part) && typeof part["code"] === "string" ? [part["code"]] : [],
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A gateway may answer HTML: then the status alone has to do.
    return undefined;
  }
}

function askedFor(error: unknown): number | undefined {
  const response = isRecord(error) ? error["response"] : undefined;
  const headers = isRecord(response) ? response["headers"] : undefined;
  return isHeaders(headers) ? retryAfterMs(headers) : undefined;
}

function hint({ status, codes, message }: Answer): string {
  if (codes.includes("RequestDisallowedByPolicy")) {
    return `${message} An Azure Policy refuses it; it may be keyed on the endpoint's id, which the client does not send.`;
  }
  if (codes.includes("LinkedAuthorizationFailed")) {
    return `${message} A right on a linked resource is missing; approving may need privateLinkServices/PrivateEndpointConnectionsApproval/action.`;
  }
  if (status === 401 || status === 403)
    return `${message} Check plgate's role on the service (infra/approver-role.json).`;
  return message;
}

function firstLine(message: string): string {
  // An aborted call brings an empty message, and what says why must not be empty.
  return message.trim().split("\n", 1)[0]?.slice(0, 500) || "ARM gave no answer";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isHeaders(value: unknown): value is { get(name: string): string | undefined } {
  return isRecord(value) && typeof value["get"] === "function";
}
