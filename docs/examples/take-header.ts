import type { Socket } from "node:net";
import { type HeaderFault, type HeaderStep, type ProxyHeader, proxyHeaderReader } from "../../src/link-id/link-id.ts";

/** Azure's headers are shorter than 100 bytes; this leaves room for what other proxies add. */
const maxLength = 536;

export type TakenHeader =
  /** The socket gives what follows the header to whoever reads it next; it rests until then. */
  | { readonly kind: "header"; readonly header: ProxyHeader }
  /** The socket is closed. `gone` is the peer who left without a word: load balancers probe a port like that. */
  | { readonly kind: "closed"; readonly why: HeaderFault | "not-proxy" | "too-slow" | "gone" };

/**
 * Takes the header of the PROXY protocol off a connection that has just been accepted.
 *
 * Once Azure puts headers before connections, every connection has one: what does not begin with it is not let in, or
 * anybody could pass for a customer by leaving it out. The whole header has to be there in time, however steadily its
 * bytes trickle in.
 */
export function takeHeader(socket: Socket, withinMs: number): Promise<TakenHeader> {
  const read = proxyHeaderReader({ maxLength });
  return new Promise((resolve) => {
    const finish = (taken: TakenHeader) => {
      clearTimeout(deadline);
      socket.off("data", onData).off("end", onGone).off("close", onGone);
      if (taken.kind === "closed") socket.destroy();
      resolve(taken);
    };
    const onGone = () => finish({ kind: "closed", why: "gone" });
    const onData = (piece: Uint8Array) => {
      const step = read(piece);
      if (step.kind === "need-more") return;
      if (step.kind === "header") putBack(socket, step.rest);
      finish(takenFrom(step));
    };
    const deadline = setTimeout(() => finish({ kind: "closed", why: "too-slow" }), withinMs);
    // A peer may reset the connection at any time, also later: without a listener that would end the process.
    socket.on("error", () => socket.destroy());
    socket.on("data", onData).on("end", onGone).on("close", onGone);
  });
}

function putBack(socket: Socket, rest: Uint8Array): void {
  socket.pause();
  if (rest.length > 0) socket.unshift(rest);
}

function takenFrom(step: Exclude<HeaderStep, { kind: "need-more" }>): TakenHeader {
  switch (step.kind) {
    case "header":
      return { kind: "header", header: step.header };
    case "not-proxy":
      return { kind: "closed", why: "not-proxy" };
    case "broken":
      return { kind: "closed", why: step.why };
  }
}
