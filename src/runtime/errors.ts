/**
 * A fault that the caller cannot decide about. It answers one question: is it worth trying again?
 *
 * Retryable: rethrow, the host delivers again. Not retryable: record it and drop it (style.md, errors).
 * The message says what failed, which thing, and what to do; never a secret.
 */
export class PlgateError extends Error {
  override readonly name: string = "PlgateError";
  readonly retryable: boolean;

  constructor(message: string, options: ErrorOptions & { readonly retryable: boolean }) {
    super(message, options);
    this.retryable = options.retryable;
  }
}

/**
 * Not now, and it is known when: `retryAfterMs` says how long to wait before anybody asks again. Whoever has a queue puts the
 * work off for that long instead of waiting in a function or failing it.
 */
export class NotNow extends PlgateError {
  override readonly name = "NotNow";
  readonly retryAfterMs: number;
  /**
   * `throttled`: too many asked. `failing`: what was asked is in trouble. `put-off`: it was not asked, because it only fails.
   * `newer-row`: a newer version of plgate wrote it, and its hosts go on.
   */
  readonly because: "throttled" | "failing" | "put-off" | "newer-row";

  constructor(message: string, options: ErrorOptions & Pick<NotNow, "retryAfterMs" | "because">) {
    super(message, { ...options, retryable: true });
    this.retryAfterMs = options.retryAfterMs;
    this.because = options.because;
  }
}

/** A row of the store does not hold what plgate wrote. Whoever may read its table may know which one it is. */
export class DamagedRow extends PlgateError {
  override readonly name = "DamagedRow";
  readonly row: { readonly partition: string; readonly key: string };

  constructor(message: string, row: DamagedRow["row"], options: ErrorOptions = {}) {
    super(message, { ...options, retryable: false });
    this.row = row;
  }
}

/** What went wrong, in one line for a log; never throws, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the caller gave cannot be used. The message is for the caller: it names the input and holds nothing else. */
export class InputError extends PlgateError {
  override readonly name = "InputError";

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, retryable: false });
  }
}
