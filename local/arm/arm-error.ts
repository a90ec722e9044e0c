export type ErrorDetail = { readonly code: string; readonly message: string };

/**
 * A refusal in ARM's words. Whoever throws it has decided the answer; the server only writes it down.
 *
 * The envelope on the wire is always `{ error: { code, message, details? } }` (local-azure.md B.4).
 */
export class ArmError extends Error {
  override readonly name = "ArmError";
  readonly status: number;
  readonly code: string;
  readonly details: readonly ErrorDetail[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: { readonly details?: readonly ErrorDetail[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = extra.details ?? [];
    this.headers = extra.headers ?? {};
  }

  body(): object {
    const details = this.details.length > 0 ? { details: this.details } : {};
    return { error: { code: this.code, message: this.message, ...details } };
  }
}

export function badRequest(code: string, message: string, details: readonly ErrorDetail[] = []): ArmError {
  return new ArmError(400, code, message, { details });
}

/** The body is JSON, but not what this operation takes. The codes are from memory [K]. */
export function invalidBody(faults: readonly string[]): ArmError {
  const details = faults.map((message) => ({ code: "InvalidJson", message }));
  return badRequest("InvalidRequestFormat", `Cannot parse the request. ${faults.join(" ")}`, details);
}

export function resourceNotFound(id: string, code = "ResourceNotFound"): ArmError {
  return new ArmError(404, code, `The Resource '${id}' was not found.`);
}

export function resourceGroupNotFound(name: string): ArmError {
  return new ArmError(404, "ResourceGroupNotFound", `Resource group '${name}' could not be found.`);
}

export function subscriptionNotFound(id: string): ArmError {
  return new ArmError(404, "SubscriptionNotFound", `The subscription '${id}' could not be found.`);
}

/** For a part of the official API that this emulator does not play: refused, never guessed. */
export function notImplemented(what: string): ArmError {
  return badRequest("NotImplementedByLocalArm", `The local ARM does not implement ${what}.`);
}
