import type { Log, LogFields } from "../../src/runtime/log.ts";

type Line = { readonly level: "info" | "warn" | "error"; readonly message: string; readonly fields: LogFields };

/** Keeps every line, for tests that ask what was said. */
export class FakeLog implements Log {
  readonly lines: Line[] = [];

  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "info", message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "warn", message, fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: "error", message, fields });
  }
}
