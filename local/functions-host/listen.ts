import type { Server } from "node:http";

/** Binds a server to loopback and answers its port. A taken port is replaced by a free one, or refused if `strict`. */
export async function listen(server: Server, port: number, strict: boolean): Promise<number> {
  try {
    await bind(server, port);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    if (strict) throw new Error(`port ${port} is taken: stop what uses it or choose another port`, { cause: error });
    await bind(server, 0);
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
