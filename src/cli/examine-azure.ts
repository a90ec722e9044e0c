import type { Azure } from "../compose-cli.ts";
import { examineAccount } from "./examine-account.ts";
import { examineFunctionApp } from "./examine-app.ts";
import { examineBot } from "./examine-bot.ts";
import { examineEntra } from "./examine-entra.ts";
import { examineEvents } from "./examine-events.ts";
import { examineRights } from "./examine-rights.ts";
import { judgeService, readServices, type ServiceSettings, servicesInAnswer } from "./examine-services.ts";
import { bad, type Examined } from "./examined.ts";
import type { Surroundings } from "./surroundings.ts";

/** What was found in Azure, by area. */
export type Areas = {
  readonly [Area in "entra" | "services" | "app" | "bot" | "rights" | "events" | "account"]: readonly Examined[];
};

/** Looks at everything that Azure itself tells of a deployment; `answer` is what the app says of its services. */
export async function examineAzure(
  azure: Azure,
  around: Surroundings,
  answer: unknown,
  now: () => Date,
): Promise<Areas> {
  const known = servicesInAnswer(answer);
  const groups = [
    ...new Set([...around.serviceGroups, ...known.map(({ id }) => groupOf(id))].map((id) => id.toLowerCase())),
  ];
  const read = readServices(azure, groups);
  const rights = read.then(({ services }) => examineRights(azure, idsOf(services, known), around));
  const [entra, seen, app, bot, granted, events, account] = await Promise.all([
    ...([examineEntra(azure, around), read, examineFunctionApp(azure, around), examineBot(azure, around)] as const),
    ...([rights, examineEvents(azure, watchedBy(around, groups), around, now), examineAccount(azure, around)] as const),
  ]);
  const services = [...seen.faults, ...judgeServices(seen.services, known, answer !== undefined)];
  return { entra, services, app, bot, rights: granted, events, account };
}

function groupOf(id: string): string {
  return id.split("/").slice(0, 5).join("/");
}

function idsOf(services: readonly ServiceSettings[], known: readonly ServiceSettings[]): readonly string[] {
  const ids = [...services, ...known].map(({ id }) => [id.toLowerCase(), id] as const);
  return [...new Map(ids).values()];
}

function watchedBy({ subscriptions }: Surroundings, groups: readonly string[]): readonly string[] {
  const inGroups = groups.map((group) => group.split("/")[2] ?? "");
  return [...new Set((subscriptions.length > 0 ? subscriptions : inGroups).map((id) => id.toLowerCase()))];
}

/** Settings as ARM has them, or where that may not be read, as the app has them; and what the app does not see. Pure. */
export function judgeServices(
  services: readonly ServiceSettings[],
  known: readonly ServiceSettings[],
  appSaid: boolean,
): readonly Examined[] {
  const inArm = new Set(services.map(({ id }) => id.toLowerCase()));
  const inApp = new Set(known.map(({ id }) => id.toLowerCase()));
  const all = [...services, ...known.filter(({ id }) => !inArm.has(id.toLowerCase()))];
  const unseen = appSaid ? services.filter(({ id }) => !inApp.has(id.toLowerCase())) : [];
  const remedy = "A sweep lists it within minutes, once plgate may read it: see its rights below.";
  return [
    ...unseen.map(({ id }) =>
      bad("warning", `service: ${id.split("/").at(-1)}`, "it is there, and the app does not list it", remedy),
    ),
    ...all.flatMap(judgeService),
  ];
}
