import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

/** A way to a server that passes everything on, but leaves the first requests of one method without an answer. */
export type StallingProxy = { readonly port: number; readonly stalled: () => number; close(): Promise<void> };

export async function stallingProxy(to: {
  readonly port: number;
  readonly method: string;
  readonly first: number;
}): Promise<StallingProxy> {
  let stalled = 0;
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === to.method && stalled < to.first) {
      stalled += 1;
      incoming.resume();
      return;
    }
    passOn(incoming, outgoing, to.port);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    stalled: () => stalled,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, port: number): void {
  const { method, url, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}
