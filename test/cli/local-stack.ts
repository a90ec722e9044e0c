import { after, before } from "node:test";
import { startAzurite } from "../../local/storage/azurite.ts";
import { ensureTables, openStorage, type Storage } from "../../src/azure/storage.ts";
import { scratch } from "./terminal.ts";

export type LocalStack = {
  /** The options that lead to it, as `--local` alone does where `npm start` runs. */
  readonly local: () => readonly string[];
  readonly storage: () => Storage;
};

/** What the commands see of a running local stack: its state file and its storage. */
export function localStack(): LocalStack {
  const folder = scratch();
  let storage: Storage | undefined;
  let stop = async () => {};
  before(async () => {
    const azurite = await startAzurite({ inMemory: true });
    stop = () => azurite.stop();
    storage = openStorage(azurite);
    await ensureTables(storage);
    const { connectionString } = azurite;
    await folder.file("state.json", JSON.stringify({ pid: process.pid, storage: { connectionString } }));
  });
  after(() => stop());
  return {
    local: () => ["--local", "--state", folder.path("state.json")],
    storage: () => {
      if (!storage) throw new Error("Azurite is not up yet");
      return storage;
    },
  };
}
