import { createServer } from "node:http";
import type { Socket } from "node:net";
import { parseArgs } from "node:util";
import { takeHeader } from "./take-header.ts";

/* An HTTP server that knows for each request through which private endpoint it came. */

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8080" },
    "header-ms": { type: "string", default: "3000" },
    "request-ms": { type: "string", default: "10000" },
  },
});
const requestMs = Number(values["request-ms"]);

/** Requests that share a connection share its LinkID. */
const linkIds = new WeakMap<Socket, number>();

const server = createServer({ connectionsCheckingInterval: requestMs / 4 }, (request, response) => {
  const linkId = linkIds.get(request.socket);
  if (linkId === undefined) {
    response.end("a health probe, or nobody we know\n");
  } else {
    console.log(`${request.method} ${request.url} of LinkID ${linkId}`);
    response.end(`you came through LinkID ${linkId}\n`);
  }
});
server.headersTimeout = requestMs;
server.requestTimeout = 3 * requestMs;

/*
 * Every connection passes here before node:http sees it. The server listens itself, instead of being handed sockets by
 * another one, because its time limits count only for a server that listens.
 */
const [speakHttp = () => {}] = server.listeners("connection");
server.removeAllListeners("connection").on("connection", (socket: Socket) => void serve(socket));

async function serve(socket: Socket): Promise<void> {
  const taken = await takeHeader(socket, Number(values["header-ms"]));
  if (taken.kind === "closed") {
    if (taken.why !== "gone") console.log(`closed: ${taken.why}`);
    return;
  }
  if (taken.header.linkId !== undefined) linkIds.set(socket, taken.header.linkId);
  Reflect.apply(speakHttp, server, [socket]);
  socket.resume();
}

server.listen(Number(values.port), () => console.log(`listening on ${JSON.stringify(server.address())}`));
