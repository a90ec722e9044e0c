import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { pathToFileURL } from "node:url";
import { type HostProcess, startHostProcess } from "../../local/host-process.ts";
import type { World } from "../integration/world.ts";
import type { Look } from "./look.ts";
import { buildApp, buildModule, type Edition } from "./next-version.ts";

const keys = { master: "a-master-key-of-the-test", eventGrid: "an-event-grid-key-of-the-test" };

export type Editions = {
  /** Starts a functions host with this edition of the app on the world's storage and ARM. */
  readonly start: (edition: Edition) => Promise<Host>;
  /** Reads the store by the next version's code. */
  readonly look: () => Promise<Look>;
  readonly close: () => Promise<void>;
};

export type Host = HostProcess & { readonly lines: readonly string[] };

/** Both editions, built; they run as processes of their own, as they do in Azure. */
export async function buildEditions(world: World): Promise<Editions> {
  const dir = await mkdtemp(join(tmpdir(), "plgate-upgrade-"));
  const caFile = join(dir, "ca.pem");
  await writeFile(caFile, getCACertificates("default").join("\n"));
  const [today, next, looking] = await Promise.all([
    buildApp(join(dir, "today"), "today"),
    buildApp(join(dir, "next"), "next"),
    buildModule(join(dir, "look"), join(import.meta.dirname, "look.ts"), "next"),
  ]);
  const running: HostProcess[] = [];
  let started = 0;
  return {
    start: async (edition) => {
      started += 1;
      const lines: string[] = [];
      const host = await startHostProcess({
        appDir: edition === "today" ? today : next,
        stateDir: join(dir, `state-${started}`),
        port: 0,
        keys,
        environment: settingsOf(world, caFile),
        log: (line) => void lines.push(line),
      });
      running.push(host);
      return { ...host, lines };
    },
    look: async () => {
      const module: typeof import("./look.ts") = await import(pathToFileURL(looking).href);
      return module.look(world.azurite.connectionString);
    },
    close: async () => {
      await Promise.all(running.map((host) => host.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The world has put the app's settings into this process; a functions host needs a few more. */
function settingsOf({ azurite }: World, caFile: string): Readonly<Record<string, string>> {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] => /^(PLGATE|IDENTITY)_/.test(entry[0]) && entry[1] !== undefined,
  );
  return {
    ...Object.fromEntries(own),
    PLGATE_SWEEP_SCHEDULE: "* * * * * *",
    PLGATE_ANCHOR_SCHEDULE: "0 0 * * * *",
    PlgateStorage: azurite.connectionString,
    AzureWebJobsStorage: azurite.connectionString,
    NODE_EXTRA_CA_CERTS: caFile,
  };
}
