import { createServer, type Socket } from "node:net";
import { parseArgs } from "node:util";
import { takeHeader } from "./take-header.ts";

/* A TCP server that says through which private endpoint each connection came, and sends back what it is told. */

const { values } = parseArgs({
  options: { port: { type: "string", default: "9000" }, "header-ms": { type: "string", default: "3000" } },
});

async function serve(socket: Socket): Promise<void> {
  const taken = await takeHeader(socket, Number(values["header-ms"]));
  if (taken.kind === "closed") {
    if (taken.why !== "gone") console.log(`closed: ${taken.why}`);
    return;
  }
  const { linkId } = taken.header;
  // A health probe has no LinkID: it is answered like everybody else, and not worth a line.
  if (linkId !== undefined) console.log(`connection of LinkID ${linkId}`);
  socket.setTimeout(60_000, () => socket.destroy());
  socket.pipe(socket);
}

const server = createServer((socket) => void serve(socket));
server.listen(Number(values.port), () => console.log(`listening on ${JSON.stringify(server.address())}`));
