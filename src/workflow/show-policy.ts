import type { PublishedVersion } from "../ledger/policy-record.ts";
import type { PolicyLine, Ports, StoredVersion } from "./ports.ts";

/** A version as it is shown; `inForce` says whether requests are judged by it now. */
export type VersionLine = PublishedVersion & { readonly inForce: boolean };

/** One policy with all of its versions, the newest first; undefined when it was never published. */
export async function showPolicy(
  name: string,
  ports: Pick<Ports, "policies" | "versions">,
): Promise<{ readonly line: PolicyLine; readonly versions: readonly VersionLine[] } | undefined> {
  const [line, versions] = await Promise.all([lineOf(name, ports), ports.versions.versions(name)]);
  if (!line) return undefined;
  return { line, versions: versions.map((one) => ({ ...one, inForce: one.version === line.inForce })) };
}

/** One version with its source; undefined when there is none. */
export async function showVersion(
  name: string,
  version: number,
  ports: Pick<Ports, "policies" | "versions">,
): Promise<(VersionLine & Pick<StoredVersion, "source">) | undefined> {
  const [line, stored] = await Promise.all([lineOf(name, ports), ports.versions.version(name, version)]);
  return stored && { ...stored.published, inForce: line?.inForce === version, source: stored.source };
}

async function lineOf(name: string, { policies }: Pick<Ports, "policies">): Promise<PolicyLine | undefined> {
  return (await policies.list()).find((line) => line.name === name);
}
