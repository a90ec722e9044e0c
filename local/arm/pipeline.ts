import type { Random } from "../seeded-random.ts";
import { refusedWrite } from "./accepted-write.ts";
import { ArmError } from "./arm-error.ts";
import { authenticate, type VerifyToken } from "./authentication.ts";
import type { BucketKind, Buckets } from "./buckets.ts";
import { withMixedCasing } from "./casing.ts";
import type { FinishedWrite } from "./finished-write.ts";
import type { Locks } from "./lock.ts";
import { checkBody, checkGroup, checkQuery, checkRights, checkSubscription } from "./request-checks.ts";
import { checkParams, splitPath } from "./request-path.ts";
import type { ArmOperation, OperationFailure } from "./resources.ts";
import { findRoute, type RouteMatch } from "./route-match.ts";
import type { Route } from "./routes.ts";
import { answerFaults } from "./shapes.ts";
import type { Timers } from "./timers.ts";
import type { Answer, ArmCall, Caller, World } from "./world.ts";

/** A request as it came over the wire, whole. */
export type Incoming = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly origin: string;
  readonly url: string;
  readonly correlationId: string;
  readonly failOperationWith?: OperationFailure;
};

/** What the counts need to know of a request, filled in as far as it gets. */
export type CallTrace = { route?: Route; caller?: Caller };

export type Pipeline = {
  readonly world: World;
  readonly routes: readonly Route[];
  readonly verifyToken: VerifyToken;
  readonly buckets: Buckets;
  readonly locks: Locks;
  readonly timers: Timers;
  readonly noise: Random;
  /** Runs when an answer has been computed and before it is sent: nothing is told that is not kept. */
  readonly settle: (answer: Answer) => Promise<void>;
  /** Starts the clock of a long-running operation. */
  readonly schedule: (operation: ArmOperation) => void;
  /** Told of a PUT or DELETE that the resource's own rules refused: it has failed, and Azure says so in an event. */
  readonly onWrite: (write: FinishedWrite) => void;
  readonly onShapeFault: (faults: readonly string[]) => void;
};

/**
 * The way of every request: who, where, may they, are there tokens, is the body right, is the resource free; then the time that
 * the call takes; then the answer, from the state at that moment. Throws ArmError for every refusal.
 */
export async function answerRequest(pipeline: Pipeline, incoming: Incoming, trace: CallTrace): Promise<Answer> {
  const { world, verifyToken } = pipeline;
  const segments = splitPath(incoming.path);
  const { method, headers } = incoming;
  const caller = await authenticate({ method, segments, authorization: headers["authorization"] }, verifyToken, world);
  trace.caller = caller;
  const match = findRoute(pipeline.routes, method, segments);
  const { route, params } = match;
  trace.route = route;
  checkQuery(route, incoming.query);
  checkParams(params);
  checkSubscription(match, world);
  checkRights(match, `/${segments.join("/")}`, caller, world);
  const remaining = takeToken(pipeline, match, caller);
  try {
    checkGroup(match, world);
    const body = checkBody(route, incoming.text, headers);
    const answer = await answerInTime(pipeline, match, segments, callOf(incoming, match, caller, body));
    return { ...answer, headers: { ...remaining, ...answer.headers } };
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    const { status, code, message, details } = error;
    throw new ArmError(status, code, message, { details, headers: { ...remaining, ...error.headers } });
  }
}

async function answerInTime(
  pipeline: Pipeline,
  { route }: RouteMatch,
  segments: readonly string[],
  call: ArmCall,
): Promise<Answer> {
  const { world, locks, timers } = pipeline;
  const lock = route.lockSegments === undefined ? undefined : `/${segments.slice(0, route.lockSegments).join("/")}`;
  if (lock !== undefined) locks.take(lock);
  let lockStays = false;
  try {
    const isWrite = route.kind === "write" || route.kind === "delete";
    await timers.wait(world.drawMs(world.settings()[isWrite ? "latency.writeMs" : "latency.readMs"]));
    const answer = dressed(pipeline, route, handled(pipeline, route, segments, call));
    if (answer.operation) {
      lockStays = true;
      pipeline.schedule(answer.operation);
    }
    await pipeline.settle(answer);
    return answer;
  } finally {
    if (lock !== undefined && !lockStays) locks.release(lock);
  }
}

function handled(pipeline: Pipeline, route: Route, segments: readonly string[], call: ArmCall): Answer {
  try {
    return route.handle(call, pipeline.world);
  } catch (error) {
    const write =
      error instanceof ArmError ? refusedWrite(call, route, `/${segments.join("/")}`, pipeline.world) : undefined;
    if (write) pipeline.onWrite(write);
    throw error;
  }
}

/** Spells ids as ARM likes today, and holds the body against the table of shapes. */
function dressed(pipeline: Pipeline, route: Route, answer: Answer): Answer {
  const isMixed = pipeline.world.settings()["casing.mixed"];
  const body = isMixed ? withMixedCasing(answer.body, pipeline.noise) : answer.body;
  const faults = faultsOf(route, answer.status, body);
  if (faults.length > 0) {
    pipeline.onShapeFault(faults.map((fault) => `${route.name} ${answer.status}: ${fault}`));
    throw new ArmError(500, "InternalServerError", "The local ARM was about to send a body that Azure would not send.");
  }
  return typeof body === "object" && body !== null ? { ...answer, body } : answer;
}

function faultsOf(route: Route, status: number, body: unknown): readonly string[] {
  const shape = route.answers[status];
  if (shape === undefined) return ["this route does not answer with this status."];
  if (shape === "nothing") return body === undefined ? [] : ["this answer has no body."];
  return answerFaults(shape, body);
}

function takeToken(pipeline: Pipeline, { route, params }: RouteMatch, caller: Caller) {
  const subscriptionId = params["s"];
  if (route.kind === "graph" || subscriptionId === undefined) return {};
  const kind: BucketKind = route.kind;
  return pipeline.buckets.take(kind, subscriptionId, caller.objectId);
}

function callOf(incoming: Incoming, { params }: RouteMatch, caller: Caller, body: unknown): ArmCall {
  const { method, query, headers, origin, url, correlationId, failOperationWith } = incoming;
  const clientRequestId = headers["x-ms-client-request-id"];
  return {
    ...{ method, params, query, headers, origin, url, correlationId, caller, body },
    ...(clientRequestId === undefined ? {} : { clientRequestId }),
    ...(failOperationWith ? { failOperationWith } : {}),
  };
}
