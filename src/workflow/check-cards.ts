import { avoided, standingPlaces, wantsCards } from "./card-places.ts";
import { openRequests } from "./missing-cards.ts";
import type { Ports, Router } from "./ports.ts";

type CardsLook = {
  /** How many places take cards or notices. */
  readonly usable: number;
  /** Open requests that people should see, of those that were looked at. */
  readonly looked: number;
  /** Of these, such that stand in no channel and were told to no webhook. */
  readonly nowhere: number;
  /** What is not as policy or configuration name it. */
  readonly notes: readonly string[];
};

/** Health is asked often: a look at this many requests tells whether something is wrong. */
const mostLooked = 200;
const mostNotes = 5;

/** Whether people see what they are asked. Costs two reads for each open request that is looked at. */
export async function lookAtCards(
  ports: Pick<Ports, "cards" | "notifier" | "ledger" | "index" | "clock">,
): Promise<CardsLook> {
  const router = await ports.notifier.router();
  let [looked, nowhere] = [0, 0];
  const notes = new Set<string>();
  for await (const ids of openRequests(ports)) {
    const found = (await Promise.all(ids.map((id) => lookAt(id, router, ports)))).filter((one) => one !== undefined);
    looked += found.length;
    nowhere += found.filter(({ isShown }) => !isShown).length;
    for (const note of found.flatMap((one) => one.notes)) if (notes.size < mostNotes) notes.add(note);
    if (looked >= mostLooked) break;
  }
  return { usable: router.usable, looked, nowhere, notes: [...notes] };
}

async function lookAt(
  id: Parameters<Ports["ledger"]["request"]>[0],
  router: Router,
  { ledger, cards, clock }: Pick<Ports, "cards" | "ledger" | "clock">,
): Promise<{ readonly isShown: boolean; readonly notes: readonly string[] } | undefined> {
  const [stored, known] = await Promise.all([ledger.request(id), cards.all(id)]);
  if (!stored || !wantsCards(stored.request)) return undefined;
  const { notes } = router.route(stored.request, avoided(known, clock.now()));
  return { isShown: standingPlaces(known).length > 0, notes };
}
