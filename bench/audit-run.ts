import { type Answered, ask } from "./audit-asking.ts";
import { type Catalogue, catalogueOf } from "./audit-catalogue.ts";
import { type Loaded, load } from "./audit-loading.ts";
import { askPeer, type PeerAnswer } from "./audit-peers.ts";
import { pageKinds, questions } from "./audit-questions.ts";
import {
  byDay,
  type Design,
  indexOf,
  inOne,
  ledger,
  letters,
  openStore,
  type Place,
  type Store,
} from "./audit-stores.ts";
import { type Exported, exportAll, verifyAll, type Walked } from "./audit-walks.ts";

export type Plan = {
  readonly events: number;
  /** How many events each question is asked about. */
  readonly samples: number;
  /** One store after the other, the index letter by letter, for what does not fit into memory at once. */
  readonly split: boolean;
  /** Names of designs that are left out, and `exporting`. */
  readonly without: readonly string[];
  readonly place: Place;
  /** Tells what is being done. */
  readonly tell: (line: string) => void;
};

export type Stored = Loaded & { readonly name: string; readonly memoryMiB: number | undefined };

/** Everything that was measured at one size. */
export type Measured = {
  readonly events: number;
  readonly samples: number;
  readonly stores: readonly Stored[];
  readonly answers: readonly Answered[];
  readonly peers: readonly PeerAnswer[];
  readonly verified: Walked | null;
  readonly exported: Exported | null;
  readonly leftOut: readonly string[];
};

/** At a million events an export takes Azurite half an hour: it sorts the whole table for each page. */
export const exporting = "export";

type Part = Omit<Measured, "events" | "samples" | "leftOut">;
const nothing: Part = { stores: [], answers: [], peers: [], verified: null, exported: null };

/** A question by day takes up to 180 requests, each a look at the whole table: a few tell enough. */
const samplesForOneOfPeers = 5;

/** Writes a history of so many events and asks everything of it, of each design on a store of its own. */
export async function measure(plan: Plan): Promise<Measured> {
  const catalogue = catalogueOf(plan.events);
  const parts: Part[] = [];
  for (const group of groupsOf(plan)) parts.push(await measureGroup(group, plan, catalogue));
  return { ...joined(parts), events: catalogue.length, samples: plan.samples, leftOut: plan.without };
}

function groupsOf({ split, without }: Plan): readonly (readonly Design[])[] {
  const all = split ? letters.map((letter) => [indexOf([letter])]) : [[indexOf(letters)]];
  const apart = [...all, [byDay], [inOne], [ledger]].map((group) =>
    group.filter(({ name }) => !without.includes(name)),
  );
  return split ? apart.filter((group) => group.length > 0) : [apart.flat()];
}

async function measureGroup(group: readonly Design[], plan: Plan, catalogue: Catalogue): Promise<Part> {
  const stores: Store[] = [];
  try {
    for (const design of group) stores.push(await openStore(design, plan.events, plan.place));
    const loaded = await load(stores, plan.events, progressOf(group, plan));
    const parts: Part[] = [];
    for (const store of stores) parts.push(await measureStore(store, plan, catalogue));
    const memory = await Promise.all(stores.map((store) => store.memoryMiB()));
    const stored = loaded.map((one, at) => ({ ...one, name: group[at]?.name ?? "", memoryMiB: memory[at] }));
    return { ...joined(parts), stores: stored };
  } finally {
    await Promise.all(stores.map((store) => store.stop()));
  }
}

/** A line for each twentieth of the way. */
function progressOf(group: readonly Design[], { events, tell }: Plan): (told: number) => void {
  const names = group.map(({ name }) => name).join(", ");
  let next = 0;
  return (told) => {
    if (told < next) return;
    next = told + events / 20;
    tell(`${names}: ${told} of ${events} events`);
  };
}

async function measureStore(store: Store, plan: Plan, catalogue: Catalogue): Promise<Part> {
  const { design } = store;
  plan.tell(`${design.name}: asking`);
  if (design.kind === "ledger") return { ...nothing, verified: await verifyAll(store) };
  if (design.kind !== "index") return { ...nothing, peers: await askAllPeers(store, plan, catalogue) };
  const answers = await askAll(store, plan, catalogue);
  const exports = design.letters?.includes("t") && !plan.without.includes(exporting);
  const exported = exports ? await exportAll(store, () => undefined) : null;
  return { ...nothing, answers, exported };
}

function joined(parts: readonly Part[]): Part {
  return {
    stores: parts.flatMap(({ stores }) => stores),
    answers: parts.flatMap(({ answers }) => answers),
    peers: parts.flatMap(({ peers }) => peers),
    verified: parts.find(({ verified }) => verified)?.verified ?? null,
    exported: parts.find(({ exported }) => exported)?.exported ?? null,
  };
}

async function askAll(store: Store, plan: Plan, catalogue: Catalogue): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  const mine = questions.filter(({ letter }) => store.design.letters?.includes(letter));
  for (const question of mine) {
    for (const page of pageKinds) {
      const answer = await ask(question, page, store, catalogue, plan.samples);
      if (answer) answers.push(answer);
    }
  }
  return answers;
}

async function askAllPeers(store: Store, plan: Plan, catalogue: Catalogue): Promise<readonly PeerAnswer[]> {
  const answers: PeerAnswer[] = [];
  const samples = Math.ceil(plan.samples / samplesForOneOfPeers);
  for (const question of questions) answers.push(await askPeer(question, store, catalogue, samples));
  return answers;
}
