import { createHash } from "node:crypto";
import type { ApprovalRequest } from "../requests/request.ts";
import { canonical } from "./chain.ts";
import type { StateAfter } from "./event.ts";

/** The state of a request, and the SHA-256, hex, of its canonical JSON: every field counts, votes and deadlines too. */
export function stateAfter(request: ApprovalRequest): StateAfter {
  const sha256 = createHash("sha256").update(canonical(request), "utf8").digest("hex");
  return { state: request.state, sha256 };
}
