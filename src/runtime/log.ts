import { withoutSecrets } from "./redact.ts";

/** What a log line may carry: plain values under the same keys everywhere (`service`, `connection`, `request`, `correlation`). */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Passed with the ports, never a module global; the host decides where lines go. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

type Sink = Pick<Console, "info" | "warn" | "error">;

/**
 * Writes one JSON line per step. Control characters cannot break a line, since JSON escapes them: endpoint names and other
 * consumer text may be in the fields. Secrets and personal data are taken out, whoever put them there. `always` are fields of
 * every line, such as the correlation id of the invocation.
 */
export function lineLog(sink: Sink, always: LogFields = {}): Log {
  const line = (message: string, fields: LogFields = {}) =>
    JSON.stringify({ message: withoutSecrets(message), ...clean({ ...always, ...fields }) });
  return {
    info: (message, fields) => sink.info(line(message, fields)),
    warn: (message, fields) => sink.warn(line(message, fields)),
    error: (message, fields) => sink.error(line(message, fields)),
  };
}

function clean(fields: LogFields): LogFields {
  const entries = Object.entries(fields);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? withoutSecrets(value) : value]),
  );
}
