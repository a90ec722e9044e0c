import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite } from "../../local/storage/azurite.ts";
import { ensureTables } from "../../src/azure/storage.ts";
import { run } from "../cli/terminal.ts";
import { storedPorts } from "./stored-ports.ts";
import { playStory, storyService } from "./story.ts";

/*
 * Keeps what this version of plgate stores, for all later ones to read: plays a story and backs it up into
 * test/fixtures/stored/<version of the package>. Each release adds one; what is there is never made again.
 */
const root = join(import.meta.dirname, "..", "..");
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
const azurite = await startAzurite({ inMemory: true });
const scratch = await mkdtemp(join(tmpdir(), "plgate-stored-"));
try {
  const ports = storedPorts(azurite.connectionString, [storyService]);
  await ensureTables(ports.storage);
  await playStory(ports);
  const state = join(scratch, "state.json");
  await writeFile(state, JSON.stringify({ pid: process.pid, storage: { connectionString: azurite.connectionString } }));
  const to = join(root, "test", "fixtures", "stored", version);
  const { code, out, err } = await run(["backup", "--to", to, "--local", "--state", state]);
  process.stdout.write(out + err);
  process.exitCode = code;
} finally {
  await azurite.stop();
  await rm(scratch, { recursive: true });
}
