import { randomBytes } from "node:crypto";
import { after, before } from "node:test";
import { TableClient } from "@azure/data-tables";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { openStorage, type Storage } from "../../src/azure/storage.ts";

/** Azurite for the tests of one file; `storage` gives the named tables and queue, fresh and empty, so that tests never meet. */
export type StorageWorld = {
  readonly storage: (...names: readonly (keyof Storage)[]) => Promise<StorageOfTest>;
};
export type StorageOfTest = {
  readonly storage: Storage;
  /** The same tables through clients of their own, as another host has them. */
  readonly again: () => Storage;
  readonly place: { readonly connectionString: string; readonly prefix: string };
};

export function azuriteWorld(): StorageWorld {
  let azurite: Azurite | undefined;
  before(async () => {
    azurite = await startAzurite({ inMemory: true });
  });
  after(() => azurite?.stop());
  return {
    storage: async (...names) => {
      if (!azurite) throw new Error("Azurite is not up yet");
      const { connectionString } = azurite;
      const prefix = `t${randomBytes(8).toString("hex")}`;
      const again = () => openStorage({ connectionString }, prefix);
      const storage = again();
      await Promise.all(names.map((name) => create(storage[name])));
      return { storage, again, place: { connectionString, prefix } };
    },
  };
}

async function create(place: Storage[keyof Storage]): Promise<void> {
  await (place instanceof TableClient ? place.createTable() : place.create());
}
