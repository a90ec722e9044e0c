import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { VerifyToken } from "./authentication.ts";
import { createControlServer } from "./control.ts";
import type { ArmCounts } from "./counts.ts";
import { createEngine } from "./engine.ts";
import type { SeenTopic } from "./event-topics.ts";
import type { ArmFault } from "./faults.ts";
import type { FinishedWrite } from "./finished-write.ts";
import { serve } from "./front.ts";
import { closeServer, listenOnLoopback } from "./listen.ts";
import type { RecordedExchange } from "./recorder.ts";
import type { GraphQuery } from "./resource-graph.ts";
import type { ArmSeed } from "./seed.ts";
import type { ArmSettings } from "./settings.ts";
import type { Snapshot } from "./store.ts";

export type ArmOptions = {
  /** 7443 when left out; 0 is any free port, and a port that is taken gives way to a free one. */
  readonly port?: number;
  readonly controlPort?: number;
  /** Key and certificate of the server, in PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** Throws when the token is invalid or expired. */
  readonly verifyToken: VerifyToken;
  readonly onWrite?: (write: FinishedWrite) => void;
  /** The system topics that it shows; none when left out. */
  readonly topics?: () => readonly SeenTopic[];
  readonly seed: ArmSeed;
  readonly settings?: Partial<ArmSettings>;
  /** The query texts that the local Resource Graph knows. */
  readonly graphQueries?: readonly GraphQuery[];
  /** Kept across restarts when given, also across a `kill -9`. */
  readonly stateFile?: string;
  /** What it starts with beside the seed; nothing is kept. For benchmarks, whose worlds no consumers could ask for in time. */
  readonly snapshot?: Snapshot;
  readonly randomSeed?: number;
  readonly now?: () => Date;
  readonly record?: (exchange: RecordedExchange) => void;
};

export type RunningArm = {
  readonly url: string;
  readonly controlUrl: string;
  readonly controlSecret: string;
  /** Repeats this run's ids, casing and latencies when given as `randomSeed`. */
  readonly randomSeed: number;
  counts(): ArmCounts;
  settings(): ArmSettings;
  changeSettings(patch: Partial<ArmSettings>): void;
  orderFaults(faults: readonly ArmFault[]): void;
  stop(): Promise<void>;
};

const defaultPort = 7443;

/**
 * Starts the local Azure Resource Manager: https for the Azure clients, and a control endpoint beside it on plain http.
 *
 * It plays Private Link Services, private endpoints and one Resource Graph query, with the behaviour written down in
 * local-azure.md B, and refuses everything else.
 */
export async function startArm(options: ArmOptions): Promise<RunningArm> {
  const engine = await createEngine(options);
  const server = createServer(options.tls, (request, response) => {
    serve(engine.front, request, response).catch((error: unknown) => abandon(request, response, error));
  });
  const controlSecret = randomBytes(24).toString("base64url");
  const control = createControlServer(controlSecret, engine.controls);
  await engine.begin();
  const port = await listenOnLoopback(server, options.port ?? defaultPort);
  const controlPort = await listenOnLoopback(control, options.controlPort ?? 0);
  return {
    url: `https://127.0.0.1:${port}`,
    controlUrl: `http://127.0.0.1:${controlPort}`,
    controlSecret,
    randomSeed: engine.randomSeed,
    counts: engine.counts,
    settings: engine.settings,
    changeSettings: engine.changeSettings,
    orderFaults: engine.orderFaults,
    async stop() {
      engine.halt();
      await Promise.all([closeServer(server), closeServer(control)]);
      await engine.saved();
    },
  };
}

function abandon(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // A client that hangs up in the middle of its body is nobody's fault; anything else is ours.
  if (!request.destroyed) console.error("The local ARM could not serve a request:", error);
  response.destroy();
}
