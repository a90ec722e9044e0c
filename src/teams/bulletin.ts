import { parseConnectionId, parseServiceId } from "../connection/arm-id.ts";
import { bulletinWords } from "../words/bulletin.ts";
import type {
  BulletinNames,
  BulletinWords,
  ConnectionTopic,
  Fill,
  Limit,
  RunCount,
  RunDoes,
} from "../words/bulletin-words.ts";
import type { Language } from "../words/language.ts";
import type { Bulletin } from "../workflow/ports.ts";
import { plainText } from "./plain-text.ts";

/** A bulletin in words: what is the case, and what to do next; an empty text where there is nothing to say of that. */
export type Spoken = {
  readonly heading: keyof BulletinWords["headings"];
  readonly what: string;
  readonly next: string;
};

type Detail = Readonly<Record<string, unknown>>;

const nameLimit = 60;
const sentenceLimit = 200;
const countsShown = 9;

/** What the event says, for people. Pure; whatever others wrote went through `plainText`. Of an unknown event its own sentence is said. */
export function spoken(bulletin: Bulletin, language: Language): Spoken {
  const words = bulletinWords[language];
  const detail = detailOf(bulletin);
  const said =
    aboutRun(bulletin, detail, words) ??
    aboutLimit(bulletin, detail, words) ??
    aboutConnection(bulletin, detail, words);
  return said ?? { heading: "other", what: plainText(bulletin.what, sentenceLimit), next: "" };
}

/** The same in one text, as a channel gets it. */
export function bulletinText(bulletin: Bulletin, language: Language): string {
  const { what, next } = spoken(bulletin, language);
  return [what, next].filter(Boolean).join(language === "ja" ? "" : " ");
}

/** Who and what an event is about, by their names alone. */
export function namesIn(bulletin: Bulletin, { unknown }: BulletinWords): BulletinNames {
  const { serviceId, connectionId, consumerSubscriptionId } = bulletin;
  const service = parseServiceId(serviceId ?? "")?.name ?? serviceId ?? "";
  const connection = parseConnectionId(connectionId ?? "")?.name ?? connectionId ?? "";
  const customer = textIn(detailOf(bulletin), "customer") ?? consumerSubscriptionId;
  return {
    service: short(service) || unknown,
    connection: short(endpointIn(connection)) || unknown,
    consumer: customer === null ? null : short(customer) || null,
  };
}

/** Azure names a connection after its endpoint and adds an id of its own, which tells people nothing. */
function endpointIn(connection: string): string {
  return connection.replace(/\.[0-9a-f]{8}-[0-9a-f-]{27}$/i, "");
}

function aboutConnection(bulletin: Bulletin, detail: Detail, words: BulletinWords): Spoken | undefined {
  const names = namesIn(bulletin, words);
  if (bulletin.kind === "drift-cleared") return told("drift", words.service.cleared, names);
  if (bulletin.kind === "approval-ended") {
    const topic = endings[textIn(detail, "how") ?? ""];
    return topic && told("ended", words.connection[topic], names);
  }
  if (bulletin.kind !== "drift-detected") return undefined;
  const found = foundIn(detail);
  if (found === "auto-approval" || found === "visible-to-anyone") return told("drift", words.service[found], names);
  const isAdopted = found === "approved-outside" && textIn(detail, "handling") === "adopt";
  const topic = isAdopted ? "adopted" : findings.find((one) => one === found);
  return topic && told("drift", words.connection[topic], names);
}

const findings: readonly ConnectionTopic[] = [
  "approved-outside",
  "no-longer-approved",
  "ended-outside",
  "pending-again",
];

const endings: Readonly<Record<string, ConnectionTopic>> = {
  gone: "ended-gone",
  disconnected: "ended-disconnected",
  rejected: "ended-rejected",
  replaced: "ended-replaced",
  pending: "ended-pending",
};

function told(
  heading: Spoken["heading"],
  { say, next }: { readonly say: (names: BulletinNames) => string; readonly next: string },
  names: BulletinNames,
): Spoken {
  return { heading, what: say(names), next };
}

/** Of a limit the finding's key says which, and how near, such as `capacity|connections|80`; the detail may say it plainly. */
function aboutLimit(bulletin: Bulletin, detail: Detail, words: BulletinWords): Spoken | undefined {
  const isLimit = bulletin.kind === "capacity-warned" || foundIn(detail) === "capacity";
  if (!isLimit || bulletin.kind === "drift-cleared") return undefined;
  const [, inKey, level] = (textIn(detail, "key") ?? "").split("|");
  const limit = limitOf(textIn(detail, "limit") ?? textIn(detail, "of") ?? inKey ?? "");
  if (!limit) return undefined;
  const fill: Fill = {
    percent: numberIn(detail, "percent") ?? (/^\d{1,3}$/.test(level ?? "") ? Number(level) : null),
    used: numberIn(detail, "used"),
    most: numberIn(detail, "most"),
  };
  const { say, next } = words.capacity[limit];
  return { heading: "capacity", what: say(namesIn(bulletin, words), fill), next };
}

function limitOf(name: string): Limit | undefined {
  if (/port/i.test(name)) return "nat-ports";
  if (/nat/i.test(name)) return "nat-addresses";
  if (/auto/i.test(name)) return "auto-approval";
  if (/visib/i.test(name)) return "visibility";
  return /connection/i.test(name) ? "connections" : undefined;
}

function aboutRun({ kind, serviceId }: Bulletin, detail: Detail, words: BulletinWords): Spoken | undefined {
  const step = runSteps[kind];
  const does = doings.find((one) => one === textIn(detail, "kind"));
  if (!step || !does) return undefined;
  const isListed = step === "drained" && (numberIn(detail, "left") ?? 0) > 0;
  const { say, next } = words.run[isListed ? "drained-listed" : step];
  const service = serviceId === null ? null : short(parseServiceId(serviceId)?.name ?? serviceId);
  const run = short(textIn(detail, "run") ?? "") || words.unknown;
  return { heading: "run", what: say(does, run, service, countsIn(detail)), next };
}

const doings: readonly RunDoes[] = ["recertify", "judge", "drain"];
type RunStep = "proposed" | "started" | "drained" | "stopped" | "finished";
const runSteps: Readonly<Record<string, RunStep>> = {
  "run-proposed": "proposed",
  "run-started": "started",
  "run-drained": "drained",
  "run-stopped": "stopped",
  "run-finished": "finished",
};

function countsIn({ counts }: Detail): readonly RunCount[] {
  if (typeof counts !== "object" || counts === null) return [];
  return Object.entries(counts)
    .flatMap(([fate, count]) => (typeof count === "number" && count > 0 ? [{ fate: short(fate), count }] : []))
    .slice(0, countsShown);
}

function foundIn(detail: Detail): string | null {
  return textIn(detail, "finding") ?? textIn(detail, "kind");
}

function detailOf({ detail }: Bulletin): Detail {
  return typeof detail === "object" && detail !== null && !Array.isArray(detail) ? { ...detail } : {};
}

function textIn(detail: Detail, key: string): string | null {
  const value = detail[key];
  return typeof value === "string" ? value : null;
}

function numberIn(detail: Detail, key: string): number | null {
  const value = detail[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function short(text: string): string {
  return plainText(text, nameLimit);
}
