import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { didYouMean } from "../policy/faults.ts";
import { Refusal } from "./verb.ts";

/** Reads options and positional arguments; what is not known is refused, never ignored. */
export function readArguments<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (error instanceof TypeError && "code" in error) throw new Refusal(worded(error.message, options));
    throw error;
  }
}

/** Node's own words, but for the most frequent slip. */
function worded(message: string, options: ParseArgsOptionsConfig): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return message;
  const known = Object.keys(options).map((name) => `--${name}`);
  return `there is no option ${unknown}${didYouMean(unknown, known)}`;
}

/** The one positional argument of a verb that takes exactly one. */
export function onlyOne(positionals: readonly string[], what: string): string {
  const [one, ...more] = positionals;
  if (one === undefined) throw new Refusal(`${what} is missing`);
  if (more.length > 0) throw new Refusal(`takes one ${what}, not also ${more.join(", ")}`);
  return one;
}

export function atLeastOne(positionals: readonly string[], what: string): readonly string[] {
  if (positionals.length === 0) throw new Refusal(`${what} is missing`);
  return positionals;
}

export function none(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new Refusal(`takes no argument, not ${positionals.join(", ")}`);
}
