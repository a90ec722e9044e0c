import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

const loopback = "127.0.0.1";

/** Opens a server on loopback; a port that is taken gives way to a free one. Answers the port. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  try {
    return await listen(server, port);
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isTaken || port === 0) throw error;
    return listen(server, 0);
  }
}

/** Closes a server and breaks what still hangs on it. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, loopback, () => {
      server.off("error", reject);
      // A server that listens on a port has an address of this form.
      resolve((server.address() as AddressInfo).port);
    });
  });
}
