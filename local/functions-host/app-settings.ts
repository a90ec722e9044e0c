/** Replaces each `%NAME%` by the setting of that name, as trigger options allow it (A.3 no. 27). An unset one is a start error. */
export function resolveSettings(text: string, functionName: string): string {
  return text.replaceAll(/%([^%]+)%/g, (_, name: string) => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`function ${functionName} needs the setting ${name}, which is not set`);
    return value;
  });
}

/**
 * The connection string behind a binding's `connection`, itself the name of a setting; AzureWebJobsStorage if it is left out.
 * In Azure the name may stand for a group (`NAME__accountName`, …) that means a managed identity: not supported here.
 */
export function resolveConnection(connection: string | undefined, functionName: string, storage: string): string {
  if (connection === undefined || connection === "" || connection === "AzureWebJobsStorage") return storage;
  const value = process.env[connection] ?? process.env[`AzureWebJobs${connection}`];
  if (value === undefined)
    throw new Error(`function ${functionName} needs the connection string ${connection}, which is not set`);
  return value;
}
