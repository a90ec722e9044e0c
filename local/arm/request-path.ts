import { type ArmError, badRequest } from "./arm-error.ts";
import { isConnectionName, isGroupName, isGuid, isResourceName } from "./resource-ids.ts";

const longest = 2048;

/**
 * Splits the path of a request, as it came over the wire, into decoded segments.
 *
 * Throws 400 for whatever could mean something else to another reader: dots, empty segments, encoded slashes, control characters.
 */
export function splitPath(path: string): readonly string[] {
  if (!path.startsWith("/") || path.length > longest) throw badPath();
  return path.slice(1).split("/").map(decodeSegment);
}

const checks: Readonly<Record<string, { readonly code: string; readonly isValid: (text: string) => boolean }>> = {
  s: { code: "InvalidSubscriptionId", isValid: isGuid },
  rg: { code: "InvalidResourceGroupName", isValid: isGroupName },
  n: { code: "InvalidResourceName", isValid: isResourceName },
  c: { code: "InvalidResourceName", isValid: isConnectionName },
  l: { code: "InvalidLocation", isValid: (text) => /^[a-z0-9 ]{1,60}$/i.test(text) },
  id: { code: "InvalidOperationId", isValid: isGuid },
};

/** Throws 400 for a part of the path that cannot be what its place says. */
export function checkParams(params: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(params)) {
    const check = checks[name];
    if (check && !check.isValid(value))
      throw badRequest(check.code, `'${value}' in the path of the request is not valid.`);
  }
}

function decodeSegment(segment: string): string {
  const decoded = decode(segment);
  if (decoded === "" || decoded === "." || decoded === ".." || /[/\\%?#\p{Cc}]/u.test(decoded)) throw badPath();
  return decoded;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badPath();
  }
}

function badPath(): ArmError {
  return badRequest("InvalidRequestUri", "The path of the request is not valid.");
}
