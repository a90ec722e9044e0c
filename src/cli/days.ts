import { Refusal } from "./verb.ts";

/** The days of an option such as `--older-than 400d`; at least `least`. */
export function daysIn(option: string, text: string | undefined, least: number): number {
  if (text === undefined) throw new Refusal(`${option} is missing: a number of days, such as 400d`);
  const [, number] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (number === undefined)
    throw new Refusal(`${option} is a number of days, such as 400d; ${JSON.stringify(text)} is not`);
  if (Number(number) < least) throw new Refusal(`${option} is at least ${least}d`);
  return Number(number);
}
