import { crc32 } from "node:zlib";

/** One file of an archive; the name is a plain one, without folders. */
export type ZipEntry = { readonly name: string; readonly bytes: Uint8Array };

// The first moment that the format can say: a real one would make two packages of the same input differ.
const dosDate = (1 << 5) | 1;
const dosTime = 0;
// 2.0, the least that a reader has to know; and names in UTF-8.
const version = 20;
const utf8Names = 0x0800;
const stored = 0;

/**
 * A zip archive that holds the files as they are, without compression: the same input gives the same bytes anywhere.
 * The package is a few kilobytes, so nothing is lost (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16).
 */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const local = Buffer.concat([localHeader(entry), entry.bytes]);
    directory.push(directoryHeader(entry, offset));
    locals.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  return Buffer.concat([...locals, list, end(entries.length, list.length, offset)]);
}

function localHeader(entry: ZipEntry): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(0x04034b50);
  return Buffer.concat([head, common(entry), Buffer.from(entry.name, "utf8")]);
}

function directoryHeader(entry: ZipEntry, offset: number): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(0x02014b50);
  head.writeUInt16LE(version, 4);
  // Length of a comment, number of the disk, inner and outer attributes: all nought.
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(offset, 10);
  return Buffer.concat([head, common(entry), tail, Buffer.from(entry.name, "utf8")]);
}

/** What both headers say of a file, in the same order. */
function common({ name, bytes }: ZipEntry): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(version, 0);
  fields.writeUInt16LE(utf8Names, 2);
  fields.writeUInt16LE(stored, 4);
  fields.writeUInt16LE(dosTime, 6);
  fields.writeUInt16LE(dosDate, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(bytes.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(name, "utf8"), 22);
  return fields;
}

function end(count: number, directoryLength: number, directoryOffset: number): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(directoryLength, 12);
  record.writeUInt32LE(directoryOffset, 16);
  return record;
}
