import type { TableClient } from "@azure/data-tables";
import { policyDigest } from "../policy/digest.ts";
import { sourceIn, versionKey } from "./policy-rows.ts";
import { damaged, findRow, textIn } from "./rows.ts";
import { storageError } from "./storage-errors.ts";

/** Reads the source of any version that was published, whatever is in force; undefined when there is no such version. */
export function policySources(table: TableClient) {
  return async (name: string, version: number): Promise<string | undefined> => {
    try {
      const row = await findRow(table, name, versionKey(version));
      if (!row) return undefined;
      const source = sourceIn(row);
      if (policyDigest(source) !== textIn(row, "sha256"))
        throw damaged(row, "its bytes are not those that were published");
      return source;
    } catch (error) {
      throw storageError(`version ${version} of policy ${name} cannot be read`, error);
    }
  };
}
