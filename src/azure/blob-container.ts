import type { ContainerClient } from "@azure/storage-blob";
import type { AnchoredDay } from "../ledger/anchor.ts";
import type { AnchorFiles, Archive, ArchiveNames } from "../workflow/audit-ports.ts";
import type { StoragePlace } from "./storage.ts";
import { codeOf, storageError } from "./storage-errors.ts";

/** A file of some megabytes has to fit into one call. */
const callMs = 60_000;
/** An append of one block; whole lines, so that no crash leaves half of one. */
const longestAppend = 2_000_000;
const dayFile = /^(\d{4}-\d{2}-\d{2})\.ndjson$/;

/** Gives the client of a container. The library is loaded on first use: no cold start waits for it. */
type Opened = () => Promise<ContainerClient>;

export type EvidenceFiles = { readonly anchors: AnchorFiles; readonly archive: Archive & ArchiveNames };

/** The two containers that are meant for a time-based immutability policy; `prefix` as in `openStorage`. */
export function openEvidence(place: StoragePlace, prefix = ""): EvidenceFiles {
  return {
    anchors: new BlobAnchors(opener(place, `${prefix}anchors`)),
    archive: new BlobArchive(opener(place, `${prefix}archive`)),
  };
}

function opener(place: StoragePlace, name: string): Opened {
  let opened: Promise<ContainerClient> | undefined;
  return () => {
    opened ??= open(place, name);
    return opened;
  };
}

async function open(place: StoragePlace, name: string): Promise<ContainerClient> {
  const { ContainerClient } = await import("@azure/storage-blob");
  if ("connectionString" in place) return new ContainerClient(place.connectionString, name);
  const { account, credential, suffix = "core.windows.net" } = place;
  return new ContainerClient(`https://${account}.blob.${suffix}/${name}`, credential);
}

/** Sealed segments: blobs that are written once. */
class BlobArchive implements Archive, ArchiveNames {
  readonly #container: Opened;

  constructor(container: Opened) {
    this.#container = container;
  }

  async keep(name: string, text: string): Promise<boolean> {
    return calling(`blob ${name} cannot be written`, async () => {
      const container = await this.#container();
      const bytes = Buffer.from(text, "utf8");
      const upload = () =>
        container
          .getBlockBlobClient(name)
          .upload(bytes, bytes.length, { ...bound(), conditions: { ifNoneMatch: "*" } });
      const written = await unlessThere(() => inContainer(container, upload));
      // Ours from a try whose answer was lost, or somebody else's.
      return written || (await downloaded(container, name)) === text;
    });
  }

  async read(name: string): Promise<string | undefined> {
    return calling(`blob ${name} cannot be read`, async () => downloaded(await this.#container(), name));
  }

  async *names(): AsyncGenerator<string> {
    try {
      yield* namesIn(await this.#container());
    } catch (error) {
      throw storageError("the archive cannot be listed", error);
    }
  }
}

/** Anchors: an append blob for each day. */
class BlobAnchors implements AnchorFiles {
  readonly #container: Opened;

  constructor(container: Opened) {
    this.#container = container;
  }

  async days(): Promise<readonly string[]> {
    return calling("the anchors cannot be listed", async () => {
      const container = await this.#container();
      const days: string[] = [];
      for await (const name of namesIn(container)) days.push(dayFile.exec(name)?.[1] ?? "");
      return days.filter((day) => day !== "").sort();
    });
  }

  async read(day: string): Promise<AnchoredDay> {
    return calling(`the anchors of ${day} cannot be read`, async () => {
      const text = (await downloaded(await this.#container(), fileOf(day))) ?? "";
      return { text, length: Buffer.byteLength(text) };
    });
  }

  async append(day: string, text: string, length: number): Promise<boolean> {
    return calling(`the anchors of ${day} cannot be written`, async () => {
      const container = await this.#container();
      const blob = container.getAppendBlobClient(fileOf(day));
      // Whoever may only add may create what is not there, and nothing else.
      const create = () => blob.create({ ...bound(), conditions: { ifNoneMatch: "*" } });
      if (length === 0) await unlessThere(() => inContainer(container, create));
      let position = length;
      for (const block of blocksOf(text)) {
        const bytes = Buffer.from(block, "utf8");
        const conditions = { appendPosition: position };
        if (!(await unlessThere(() => blob.appendBlock(bytes, bytes.length, { ...bound(), conditions })))) return false;
        position += bytes.length;
      }
      return true;
    });
  }
}

function fileOf(day: string): string {
  return `${day}.ndjson`;
}

function blocksOf(text: string): readonly string[] {
  const blocks: string[] = [];
  let block = "";
  for (const line of text.split(/(?<=\n)/)) {
    if (block.length + line.length > longestAppend && block !== "") {
      blocks.push(block);
      block = "";
    }
    block += line;
  }
  return [...blocks, block];
}

/** False when something stands there already, or stands otherwise than was expected. */
async function unlessThere(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (standsThere.has(codeOf(error) ?? "")) return false;
    throw error;
  }
}

/** What storage says to a second writer; the last two under an immutability policy, or without the right to overwrite. */
const standsThere: ReadonlySet<string> = new Set([
  ...["BlobAlreadyExists", "ConditionNotMet", "AppendPositionConditionNotMet"],
  ...["BlobImmutableDueToPolicy", "UnauthorizedBlobOverwrite"],
]);

/** Makes the container when it is not there: in Azure the deployment did, and the app may not. */
async function inContainer<T>(container: ContainerClient, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (codeOf(error) !== "ContainerNotFound") throw error;
    await container.createIfNotExists(bound());
    return call();
  }
}

/** None when there is no container: who only reads makes nothing. */
async function* namesIn(container: ContainerClient): AsyncGenerator<string> {
  try {
    for await (const { name } of container.listBlobsFlat(bound())) yield name;
  } catch (error) {
    if (codeOf(error) !== "ContainerNotFound") throw error;
  }
}

async function downloaded(container: ContainerClient, name: string): Promise<string | undefined> {
  try {
    return (await container.getBlobClient(name).downloadToBuffer(0, undefined, bound())).toString("utf8");
  } catch (error) {
    if (["BlobNotFound", "ContainerNotFound"].includes(codeOf(error) ?? "") || isNotFound(error)) return undefined;
    throw error;
  }
}

/** An answer to HEAD has no body, so it may carry no code. */
function isNotFound(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 404;
}

async function calling<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw storageError(what, error);
  }
}

function bound(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(callMs) };
}
