import { type Pseudonyms, pseudonymsUnder, shortestKey } from "../ledger/pseudonyms.ts";
import { readBytes } from "./files.ts";
import { Refusal } from "./verb.ts";

/** The pseudonyms under the key in a file. A line feed at its end is the editor's and no part of the key. */
export function readPseudonyms(file: string): Pseudonyms {
  const bytes = readBytes(file);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1;
  if (end < shortestKey) {
    throw new Refusal(`the key in ${file} is shorter than ${shortestKey} bytes; "openssl rand -hex 32" makes one`);
  }
  return pseudonymsUnder(bytes.subarray(0, end));
}
