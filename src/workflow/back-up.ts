import {
  type BlobFacts,
  type CopiedRow,
  type EvidenceContainer,
  lineOf,
  type Manifest,
  type TableFacts,
} from "../ledger/backup-file.ts";
import type { StoredTable } from "../ledger/row-versions.ts";
import { policyChain, registryChain } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { AnchorFiles, Archive, ArchiveNames, StoreCopy } from "./audit-ports.ts";

/** A file that is being written; it can go back to where it was. */
export type BackupFile = {
  readonly append: (row: CopiedRow, line: string) => Promise<void>;
  readonly mark: () => Promise<() => Promise<void>>;
  readonly close: () => Promise<TableFacts>;
};

/** The folder that is being written. It counts as a backup from `finish` on and not before. */
export type BackupFolder = {
  readonly table: (name: StoredTable) => Promise<BackupFile>;
  readonly blob: (container: EvidenceContainer, name: string, text: string) => Promise<BlobFacts>;
  readonly finish: (manifest: Manifest) => Promise<void>;
};

export type BackupMeans = {
  readonly store: StoreCopy;
  readonly anchors: Pick<AnchorFiles, "days" | "read">;
  readonly archive: Pick<Archive, "read"> & ArchiveNames;
  readonly folder: BackupFolder;
  readonly about: Pick<Manifest, "plgate" | "at" | "from">;
  readonly onProgress: (rows: number, chains: number) => void;
};

const triesAtMost = 20;

/**
 * Copies everything that is stored into a folder, while the app works.
 *
 * Each chain is copied as it stood at one moment: its head is read before and after, and the copy is made again when it
 * moved. With the chain of policies goes the table of policies, and with that of the registry the consumers. What is derived
 * is read before what it is derived from, and anchors before all, so that nothing in the copy tells of an event that is not
 * in it; the archive is read last, so that every file is there that the chains name. Two chains are not of the same moment.
 */
export async function backUp(means: BackupMeans): Promise<Manifest> {
  const blobs = await copyAnchors(means);
  const copy = new Copy(means);
  const tables = {
    ledgerindex: await copy.whole("ledgerindex"),
    conversations: await copy.whole("conversations"),
    services: await copy.whole("services"),
    ...(await copy.chains()),
  };
  const manifest: Manifest = {
    ...{ v: 1, ...means.about, chains: copy.chainsDone, tables },
    blobs: [...blobs, ...(await copyArchive(means))],
  };
  await means.folder.finish(manifest);
  return manifest;
}

class Copy {
  readonly #means: BackupMeans;
  #rows = 0;
  chainsDone = 0;

  constructor(means: BackupMeans) {
    this.#means = means;
  }

  async whole(table: StoredTable): Promise<TableFacts> {
    const file = await this.#means.folder.table(table);
    await this.#rowsOf(table, file);
    return file.close();
  }

  async chains(): Promise<Readonly<Record<"ledger" | "policies" | "consumers", TableFacts>>> {
    const { folder, store } = this.#means;
    const [ledger, policies, consumers] = [
      await folder.table("ledger"),
      await folder.table("policies"),
      await folder.table("consumers"),
    ];
    const beside = new Map([
      [`${policyChain}`, { table: "policies", file: policies } as const],
      [`${registryChain}`, { table: "consumers", file: consumers } as const],
    ]);
    for await (const partition of store.partitions("ledger")) {
      const other = beside.get(partition);
      await this.#atOneMoment(partition, [ledger, ...(other ? [other.file] : [])], async () => {
        if (other) await this.#rowsOf(other.table, other.file);
        await this.#rowsOf("ledger", ledger, partition);
      });
      beside.delete(partition);
    }
    // Whatever has no chain yet has rows all the same, perhaps.
    for (const { table, file } of beside.values()) await this.#rowsOf(table, file);
    return { ledger: await ledger.close(), policies: await policies.close(), consumers: await consumers.close() };
  }

  async #atOneMoment(partition: string, files: readonly BackupFile[], copy: () => Promise<void>): Promise<void> {
    const { store } = this.#means;
    const backs = await Promise.all(files.map((file) => file.mark()));
    const rows = this.#rows;
    for (let tries = 1; tries <= triesAtMost; tries += 1) {
      const before = await store.headOf(partition);
      await copy();
      if ((await store.headOf(partition)) === before) {
        this.chainsDone += before === null ? 0 : 1;
        return;
      }
      for (const back of backs) await back();
      this.#rows = rows;
    }
    const message = `chain ${partition} is written to all the time and cannot be copied as of one moment; try again when it is quieter, or stop the app`;
    throw new PlgateError(message, { retryable: true });
  }

  async #rowsOf(table: StoredTable, file: BackupFile, partition?: string): Promise<void> {
    const { store, onProgress } = this.#means;
    for await (const row of store.rows(table, partition)) {
      await file.append(row, lineOf(row));
      this.#rows += 1;
      onProgress(this.#rows, this.chainsDone);
    }
  }
}

async function copyAnchors({ anchors, folder }: BackupMeans): Promise<readonly BlobFacts[]> {
  const blobs: BlobFacts[] = [];
  for (const day of await anchors.days()) {
    blobs.push(await folder.blob("anchors", `${day}.ndjson`, (await anchors.read(day)).text));
  }
  return blobs;
}

async function copyArchive({ archive, folder }: BackupMeans): Promise<readonly BlobFacts[]> {
  const blobs: BlobFacts[] = [];
  for await (const name of archive.names()) {
    const text = await archive.read(name);
    if (text !== undefined) blobs.push(await folder.blob("archive", name, text));
  }
  return blobs;
}
