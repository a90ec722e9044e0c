import { randomBytes } from "node:crypto";

export type HostKeys = { readonly master: string; readonly eventGrid: string; readonly function: string };
export type KeyLevel = "anonymous" | "function" | "system" | "admin";

/** Keys of the host, random where none is given, as a function app gets them when it is created. */
export function hostKeys(given: Partial<HostKeys> | undefined): HostKeys {
  const random = (): string => randomBytes(30).toString("base64url");
  return {
    master: given?.master ?? random(),
    eventGrid: given?.eventGrid ?? random(),
    function: given?.function ?? random(),
  };
}

/**
 * Whether a caller's key opens a level (A.3 no. 7) [S]. The master key opens everything; any other key opens just its own level,
 * so a system key does not open a function route. `own` is the one function's own key.
 */
export function opens(level: KeyLevel, key: string | undefined, keys: HostKeys, own?: string): boolean {
  if (level === "anonymous") return true;
  if (key === undefined || key === "") return false;
  if (key === keys.master) return true;
  if (level === "system") return key === keys.eventGrid;
  return level === "function" && (key === keys.function || key === own);
}
