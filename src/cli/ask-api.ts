import type { Api, ApiCall, ApiPlace } from "../compose-cli.ts";
import { type Context, Refusal } from "./verb.ts";
import { member } from "./where.ts";

/** Calls the API and gives the body of a good answer; anything else is refused in the app's own words. */
export async function ask(api: Api, call: ApiCall, { url }: ApiPlace): Promise<unknown> {
  const { status, body } = await api.call(call);
  if (status >= 200 && status < 300 && body !== undefined) return body;
  const detail = textOf(body, "detail");
  throw new Refusal(`${url}: ${worded(status, detail)}`, status === 400 ? 2 : 1);
}

function worded(status: number, detail: string | null): string {
  if (status === 401) return 'the app does not take your token; "plgate doctor" says more';
  if (status === 403 && detail?.startsWith("This needs")) return `${detail} (docs/deploy.md, step 1)`;
  if (status === 404 && detail === null) return "nothing answers there; is it the address of plgate, and new enough?";
  return detail ?? `HTTP ${status}`;
}

/** Every line of a list that comes in pages, at most `most` of them. */
export async function askForAll(api: Api, path: string, place: ApiPlace, most: number): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  let next: string | null = path;
  while (next !== null && all.length < most) {
    const page: unknown = await ask(api, { method: "GET", path: next }, place);
    all.push(...listOf(page, "value"));
    next = textOf(page, "nextLink");
  }
  return all.slice(0, most);
}

export function textOf(value: unknown, name: string): string | null {
  const found = member(value, name);
  return typeof found === "string" ? found : null;
}

export function numberOf(value: unknown, name: string): number {
  const found = member(value, name);
  return typeof found === "number" ? found : 0;
}

export function listOf(value: unknown, name: string): readonly unknown[] {
  const found = member(value, name);
  return Array.isArray(found) ? found : [];
}

/** Counts by name, in words: `3 open, 12 kept`; `-` when there are none. */
export function countsIn(value: unknown): string {
  if (typeof value !== "object" || value === null) return "-";
  return (
    Object.entries(value)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ") || "-"
  );
}

/** The last part of a resource id, which people know it by. */
export function shortId(id: string | null): string {
  return id?.split("/").at(-1) ?? "-";
}

/** A moment as people read it in a table, in UTC. */
export function shortTime(time: string | null): string {
  return time === null ? "-" : time.slice(0, 16).replace("T", " ");
}

export function person(actor: unknown): string {
  return textOf(actor, "name") ?? textOf(actor, "kind") ?? "-";
}

/** `--note`, without which nothing is changed. */
export function neededNote(note: string | undefined): string {
  const text = note?.trim() ?? "";
  if (text === "") throw new Refusal("--note is missing: say why, a change number or a sentence");
  if (text.length > 1000) throw new Refusal("--note is longer than 1000 characters");
  return text;
}

export const watchOptions = { watch: { type: "boolean" }, every: { type: "string" } } as const;
export const watchUsage = `  --watch          look again until it is over, and say how far it is
  --every SECONDS  how often; 5 when left out`;

/** Looks again and again until it is over, and shows meanwhile how far it is; gives the last sight. */
export async function watch<Sight>(
  { every }: { readonly every?: string | undefined },
  look: () => Promise<Sight>,
  tell: (sight: Sight) => { readonly text: string; readonly over: boolean },
  progress: Context["progress"],
): Promise<Sight> {
  const seconds = Number(every ?? 5);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3600) {
    throw new Refusal("--every takes whole seconds from 1 to 3600");
  }
  for (;;) {
    const sight = await look();
    const { text, over } = tell(sight);
    progress(over ? "" : text);
    if (over) return sight;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}
