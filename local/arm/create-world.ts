import type { Random } from "../seeded-random.ts";
import { createResourceGraph } from "./resource-graph.ts";
import { isAllowed } from "./roles.ts";
import type { ArmSettings } from "./settings.ts";
import { createStore, type Snapshot } from "./store.ts";
import type { World } from "./world.ts";

export type WorldParts = Pick<World, "now" | "drawMs" | "isBusy" | "topics"> & {
  readonly snapshot: Snapshot;
  readonly identities: Random;
  readonly settings: () => ArmSettings;
  readonly onChange: () => void;
};

/** Puts together what handlers work on: the state, its view in Resource Graph, and the source of new ids. */
export function createWorld(parts: WorldParts): World {
  const { snapshot, identities, settings, now, drawMs, isBusy, topics, onChange } = parts;
  const graph = createResourceGraph(snapshot, settings, now);
  const store = createStore(snapshot, {
    onChange,
    onService: graph.noteChange,
    onSubscription: graph.noteSubscription,
  });
  const usedLinks = new Set(snapshot.endpoints.map((endpoint) => endpoint.link.linkIdentifier));
  return {
    store,
    settings,
    now,
    drawMs,
    isBusy,
    topics,
    graph,
    newGuid: () => newGuid(identities),
    newLinkIdentifier: () => newLinkIdentifier(identities, usedLinks),
    mayDo: (caller, action, scope) => isAllowed(store.roleAssignments.all(), caller.objectId, action, scope),
  };
}

function newGuid(random: Random): string {
  const hex = Array.from({ length: 4 }, () => uint32(random).toString(16).padStart(8, "0")).join("");
  const [a, b, c, d] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16), hex.slice(17, 20)];
  return `${a}-${b}-4${c}-a${d}-${hex.slice(20)}`;
}

/** A UInt32 in decimal that no endpoint of this ARM has or had: one LinkID is one consumer. */
function newLinkIdentifier(random: Random, used: Set<string>): string {
  const candidate = String(uint32(random));
  if (used.has(candidate)) return newLinkIdentifier(random, used);
  used.add(candidate);
  return candidate;
}

function uint32(random: Random): number {
  return Math.floor(random() * 2 ** 32);
}
