import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

/** What was asked of storage: requests by service and by what they do, as Azure's meters tell them apart. */
export type StorageUse = Readonly<Record<StorageCall, number>>;
export type StorageCall = "table reads" | "table writes" | "queue" | "blob";

type Ports = { readonly table: number; readonly queue: number; readonly blob: number };

/**
 * Counts the requests that this process sends to storage while `act` runs, retries included.
 * A group of writes to one table is one request, and one transaction on the bill.
 */
export async function meter(ports: Ports, act: () => Promise<unknown>): Promise<StorageUse> {
  const used: Record<StorageCall, number> = { "table reads": 0, "table writes": 0, queue: 0, blob: 0 };
  const count = (message: unknown) => {
    const { request } = message as { readonly request: ClientRequest };
    const kind = kindOf(request, ports);
    if (kind) used[kind] += 1;
  };
  subscribe("http.client.request.start", count);
  try {
    await act();
  } finally {
    unsubscribe("http.client.request.start", count);
  }
  return used;
}

function kindOf(request: ClientRequest, ports: Ports): StorageCall | undefined {
  const port = Number(String(request.getHeader("host")).split(":")[1]);
  if (port === ports.table) return request.method === "GET" ? "table reads" : "table writes";
  if (port === ports.queue) return "queue";
  return port === ports.blob ? "blob" : undefined;
}
