import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * A port on loopback that is free now: the wanted one, or another when it is taken or 0. For what has to know its own
 * address before it starts; between the answer and the start somebody else may take it, and then the start says so.
 */
export async function freePort(wanted: number): Promise<number> {
  return (await bound(wanted)) ?? (await bound(0)) ?? 0;
}

async function bound(port: number): Promise<number | undefined> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    // Taken: whoever asked is given another.
    return undefined;
  }
  const { port: found } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return found;
}
