import type { PolicyFault } from "../policy/faults.ts";

/** One finding as an editor and a person read it: `file:line:column severity rule message`. */
function formatFinding(fault: PolicyFault): string {
  const name = fault.name === undefined ? "" : ` (${fault.name})`;
  const { file, line, column, severity, rule, message } = fault;
  return `${file}:${line}:${column} ${severity} ${rule ?? "(policy)"} ${message}${name}\n`;
}

export function formatFindings(faults: readonly PolicyFault[]): string {
  return faults.map(formatFinding).join("");
}

export function isError({ severity }: PolicyFault): boolean {
  return severity === "error";
}
