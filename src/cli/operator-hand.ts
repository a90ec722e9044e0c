import type { Store } from "../compose-cli.ts";
import type { Hand } from "../workflow/record.ts";
import type { RegistryOffice } from "../workflow/register-consumer.ts";

const clock = { now: () => new Date() };

/** Who runs this command, as the record names who acts: whoever is signed in. */
export function operatorHand({ operator, operatorIds }: Pick<Store, "operator" | "operatorIds">): Hand {
  const who = operatorIds
    ? ({ kind: "person", ...operatorIds, name: operator } as const)
    : ({ kind: "outside" } as const);
  return { who, door: "cli", correlation: crypto.randomUUID(), clock };
}

/** What changing the registry needs, over the operator's store. What it leaves to do for the lists, the app's sweep does. */
export function registryOffice({ consumers, policyLedger: ledger }: Store): RegistryOffice {
  return { consumers, ledger, follow: async () => undefined };
}
