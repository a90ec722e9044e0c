import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, loadOrCreateAuthority } from "../../local/certificates.ts";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";

/** What every simulation of this process stands on: storage in memory, and the authority of the local ARM. */
export type Bed = { readonly azurite: Azurite; readonly tls: Authority; stop(): Promise<void> };

export async function makeBed(): Promise<Bed> {
  const dir = await mkdtemp(join(tmpdir(), "plgate-chaos-"));
  const [azurite, tls] = await Promise.all([startAzurite({ inMemory: true }), loadOrCreateAuthority(dir)]);
  return {
    azurite,
    tls,
    stop: async () => {
      await azurite.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
