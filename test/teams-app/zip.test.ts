import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32 } from "node:zlib";
import { type ZipEntry, zipOf } from "../../teams-app/zip.ts";

/** Reads an archive by its directory, as an unpacker does, and holds both headers of a file against each other. */
function unzip(archive: Buffer): readonly ZipEntry[] {
  const end = archive.length - 22;
  assert.equal(archive.readUInt32LE(end), 0x06054b50);
  const [count, length, start] = [
    archive.readUInt16LE(end + 10),
    archive.readUInt32LE(end + 12),
    archive.readUInt32LE(end + 16),
  ];
  assert.equal(start + length, end);
  const entries: ZipEntry[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    assert.equal(archive.readUInt32LE(at), 0x02014b50);
    const local = archive.readUInt32LE(at + 42);
    assert.equal(archive.readUInt32LE(local), 0x04034b50);
    assert.deepEqual(archive.subarray(local + 4, local + 30), archive.subarray(at + 6, at + 32), "both headers agree");
    const [size, name] = [archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28)];
    const bytes = archive.subarray(local + 30 + name, local + 30 + name + size);
    assert.equal(archive.readUInt32LE(at + 16), crc32(bytes));
    entries.push({ name: archive.toString("utf8", at + 46, at + 46 + name), bytes });
    at += 46 + name;
  }
  return entries;
}

describe("a zip archive", () => {
  const files = [
    { name: "manifest.json", bytes: Buffer.from("{}") },
    { name: "承認.json", bytes: Buffer.from("ja") },
    { name: "empty", bytes: Buffer.alloc(0) },
  ];

  it("holds the files under their names, as they were given", () => assert.deepEqual(unzip(zipOf(files)), files));

  it("is the same for the same files, whenever it is made", async () => {
    const first = zipOf(files);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(zipOf(files), first);
  });

  it("can hold nothing", () => assert.deepEqual(unzip(zipOf([])), []));
});
