import { parseLinkIdentifier } from "../link-id/link-identifier.ts";
import type { Parsed } from "./fault.ts";

/** Reads the LinkID that somebody asks about, out of a path or a command line, as the record writes it. */
export function readLinkIdentifier(text: string | undefined): Parsed<string> {
  const value = parseLinkIdentifier(text ?? "");
  if (value !== undefined) return { ok: true, value: String(value) };
  return { ok: false, problem: "linkId: is a LinkID, a number from 0 to 4294967295, decimal or with 0x" };
}
