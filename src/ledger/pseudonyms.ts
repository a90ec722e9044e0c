import { createHmac } from "node:crypto";
import type { AuditEntry } from "./query.ts";

/** An entry as a file shows it. Without its hash where people are hidden: whoever guesses them could prove the guess by it. */
export type ExportedEntry = Omit<AuditEntry, "hash"> & { readonly hash: string | null };

/** Hides the people of an entry. */
export type Pseudonyms = {
  readonly hide: (entry: AuditEntry) => ExportedEntry;
  /** Tells keys apart and nothing about them. */
  readonly keyId: string;
};

/** The shortest key: as many bytes as the HMAC's own output. */
export const shortestKey = 32;

/**
 * Pseudonyms for people under a key: the same person is the same word in every file made with that key, and only who has
 * the key can tell who it is, by computing the words of those whom they suspect.
 *
 * Object id and name become one word; `plgate` and `outside` are no people and stay. What a person wrote may name others:
 * only its length is left. The hash is left out, since most of an event can be guessed around it: the event is found in
 * the ledger by service and number. Everything else is about services, requests and consumers, and stays.
 */
export function pseudonymsUnder(key: Uint8Array): Pseudonyms {
  if (key.length < shortestKey) throw new RangeError(`a key for pseudonyms has at least ${shortestKey} bytes`);
  const word = (text: string) => createHmac("sha256", key).update(text, "utf8").digest("hex").slice(0, 32);
  return {
    keyId: word("key"),
    hide: (entry) => {
      const { who, whoName, justification } = entry;
      const person = isPerson(entry) ? `person-${word(`person ${who.toLowerCase()}`)}` : null;
      return {
        ...entry,
        who: person ?? who,
        whoName: whoName === null ? null : person,
        justification: justification === null ? null : `(${justification.length} characters)`,
        hash: null,
      };
    },
  };
}

// A person always has a name, whatever their object id reads.
function isPerson({ who, whoName }: AuditEntry): boolean {
  return whoName !== null || (who !== "plgate" && who !== "outside");
}
