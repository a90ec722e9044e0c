import * as z from "zod";

/** A Workflows webhook. Its address is its only key: who knows it can post, so it is shown nowhere. */
export type Webhook = { readonly name: string; readonly url: string };

const mostWebhooks = 50;
const nameForm = /^[a-z0-9][a-z0-9 ._-]{0,49}$/i;
const hosts = [".logic.azure.com", ".environment.api.powerplatform.com"];
const loopback = ["127.0.0.1", "[::1]", "localhost"];

/** `name=https://…`, separated by newlines or `;`. Faults tell the entry by its name or place, never by its address. */
export const webhookList = z.string().transform((text, context): readonly Webhook[] => {
  const entries = text
    .split(/[\n;]/)
    .map((entry) => entry.trim())
    .filter(Boolean);
  const read = entries.map(entryOf);
  const names = read.map(({ name }) => name.toLowerCase());
  const faults = [
    ...read.flatMap(({ fault }) => fault ?? []),
    ...(new Set(names).size < names.length ? ["two webhooks have one name"] : []),
    ...(entries.length > mostWebhooks ? [`more than ${mostWebhooks} webhooks`] : []),
  ];
  for (const message of faults) context.addIssue({ code: "custom", message });
  return read.map(({ name, url }) => ({ name, url }));
});

type Entry = Webhook & { readonly fault?: string };

function entryOf(entry: string, at: number): Entry {
  const mark = entry.indexOf("=");
  const [name, url] = [entry.slice(0, Math.max(0, mark)).trim(), entry.slice(mark + 1).trim()];
  // The part before the mark is part of an address when the name was left out: it is not repeated then.
  if (!nameForm.test(name)) return { name: `#${at}`, url, fault: `entry ${at + 1} does not begin with a name and "="` };
  if (!URL.canParse(url)) return { name, url, fault: `the webhook ${name} has no address` };
  return { name, url };
}

/**
 * Whether a webhook may be posted to: the hosts of Power Automate over https on the usual port (teams.md 1). `local` lets
 * loopback in, for the local stack.
 */
export function isWebhookAddress(url: string, local: boolean): boolean {
  const address = URL.parse(url);
  if (!address || address.username || address.password) return false;
  if (local && loopback.includes(address.hostname)) return /^https?:$/.test(address.protocol);
  const isOurs = hosts.some((host) => address.hostname.endsWith(host));
  return isOurs && address.protocol === "https:" && ["", "443"].includes(address.port);
}

type Said = {
  readonly webhooks: readonly Webhook[];
  readonly publicUrl: string | undefined;
  readonly local: boolean;
};

/** What is wrong with webhooks beside the rest of the configuration. */
export function webhookFaults({ webhooks, publicUrl, local }: Said): readonly string[] {
  if (webhooks.length === 0) return [];
  const foreign = webhooks.filter(({ url }) => !isWebhookAddress(url, local));
  return [
    ...foreign.map(
      ({ name }) => `the webhook ${name} is not at ${hosts.map((host) => `*${host}`).join(" or ")} by https`,
    ),
    ...(publicUrl ? [] : ["needs PLGATE_PUBLIC_URL: a notice without a link to the request asks nobody"]),
  ];
}
