import type { AnchoredDay } from "../../src/ledger/anchor.ts";
import type { AnchorFiles, Archive } from "../../src/workflow/audit-ports.ts";

/** Files in memory that are written once. */
export class FakeArchive implements Archive {
  readonly files = new Map<string, string>();

  async keep(name: string, text: string): Promise<boolean> {
    const there = this.files.get(name);
    if (there === undefined) this.files.set(name, text);
    return (there ?? text) === text;
  }

  async read(name: string): Promise<string | undefined> {
    return this.files.get(name);
  }
}

/** Days of anchors in memory. */
export class FakeAnchors implements AnchorFiles {
  readonly files = new Map<string, string>();

  async days(): Promise<readonly string[]> {
    return [...this.files.keys()].sort();
  }

  async read(day: string): Promise<AnchoredDay> {
    const text = this.files.get(day) ?? "";
    return { text, length: Buffer.byteLength(text) };
  }

  async append(day: string, text: string, length: number): Promise<boolean> {
    const before = this.files.get(day) ?? "";
    if (Buffer.byteLength(before) !== length) return false;
    this.files.set(day, before + text);
    return true;
  }
}
