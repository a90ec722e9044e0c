import { Server, type ServerResponse } from "node:http";
import { Server as NetServer } from "node:net";
import type { ProgrammingModel } from "./core-module.ts";

/** The header by which the library finds the invocation that a request belongs to. */
export const INVOCATION_ID = "x-ms-invocation-id";

/** The HTTP listener by which the library takes requests and gives answers piece by piece: the capability `HttpUri`. */
export type WorkerProxy = {
  readonly port: number;
  /** Resolves when the request of this invocation has reached the library, with the response that it will write to. */
  readonly arrival: (invocationId: string) => Promise<ServerResponse>;
  readonly forget: (invocationId: string) => void;
  readonly close: () => void;
};

/**
 * Asks the library for its capabilities, which locks `app.setup`; an app with `enableHttpStream` gets a listener by it.
 *
 * The library would listen on every interface of the machine. Here it is bound to loopback, or the host does not start.
 * Hosts of one process may share a model: each asks for itself, gets a listener of its own and closes it when it stops.
 */
export async function openWorkerProxy(model: ProgrammingModel): Promise<WorkerProxy | undefined> {
  const bound: NetServer[] = [];
  const capabilities = await boundToLoopback(() => model.getCapabilities?.({}), bound);
  const uri = capabilities?.["HttpUri"];
  if (uri === undefined) return undefined;
  const port = Number(new URL(uri).port);
  const server = bound.find((candidate) => portOf(candidate) === port);
  if (!(server instanceof Server)) throw new Error(`the library listens on ${uri}, which is not bound to loopback`);
  // A host that fails to start must not hold its process by a listener that nobody closes.
  server.unref();
  return proxyOn(server, port);
}

/** Runs `ask`; a server that begins to listen before it returns does so on a free port of 127.0.0.1, whatever it asked for. */
function boundToLoopback<T>(ask: () => T, bound: NetServer[]): T {
  const original: unknown = Reflect.get(NetServer.prototype, "listen");
  if (typeof original !== "function") throw new Error("node:net has no listen");
  const listen = function (this: NetServer, ...given: readonly unknown[]): unknown {
    bound.push(this);
    return Reflect.apply(original, this, [0, "127.0.0.1", ...given.filter((one) => typeof one === "function")]);
  };
  Reflect.set(NetServer.prototype, "listen", listen);
  try {
    return ask();
  } finally {
    Reflect.set(NetServer.prototype, "listen", original);
  }
}

function portOf(server: NetServer): number | undefined {
  const address = server.address();
  return typeof address === "object" ? address?.port : undefined;
}

function proxyOn(server: Server, port: number): WorkerProxy {
  const expected = new Map<string, (response: ServerResponse) => void>();
  server.on("request", (request, response) => {
    const arrived = expected.get(String(request.headers[INVOCATION_ID]));
    // Nobody but this host may talk to the library.
    if (arrived === undefined) response.destroy();
    else arrived(response);
  });
  return {
    port,
    arrival: (invocationId) => new Promise((resolve) => expected.set(invocationId, resolve)),
    forget: (invocationId) => void expected.delete(invocationId),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
