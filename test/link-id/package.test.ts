import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

/** The entry of the whole package, and the small one beside it. */
const names = ["plgate/link-id", "plgate-link-id"];

/** What a backend would write: it runs as it stands, and its types hold, Node's or not. */
const backend = (name: string) => `
import { type HeaderReading, isSameLink, linkIdTlv, parseProxyHeader, proxyHeaderReader, writeProxyHeader } from "${name}";

const source = { address: "10.0.0.4", port: 50000 };
const addresses = { family: "IPv4", transport: "stream", source, destination: source } as const;
const bytes = writeProxyHeader({ command: "PROXY", addresses, tlvs: [linkIdTlv(7)] }, { checksum: true });
const reading: HeaderReading = parseProxyHeader(bytes);
const step = proxyHeaderReader()(bytes);
const same: boolean = reading.kind === "header" && step.kind === "header" && isSameLink(step.header.linkId, "7");
declare const console: { log(value: boolean): void };
console.log(same);
`;

/** A mistake that only types can find. */
const mistaken = `
import { parseProxyHeader } from "plgate/link-id";

export const linkId = parseProxyHeader(new Uint8Array(0)).header.linkId;
`;

function fileOf(name: string): string {
  return `${name.replace("/", "-of-")}.ts`;
}

/** What docs/link-id.md shows: code, and below it what that prints. */
async function readPage(): Promise<{ readonly code: string; readonly prints: string }> {
  const page = await readFile(join(root, "docs", "link-id.md"), "utf8");
  const block = (kind: string) => new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page)?.[1];
  return { code: block("ts") ?? assert.fail("no code"), prints: block("text") ?? assert.fail("no output") };
}

describe("The package, installed by a backend", () => {
  let project = "";
  before(async () => {
    await import("../../build-link-id.ts");
    project = await mkdtemp(join(tmpdir(), "plgate-backend-"));
    const installed = join(project, "node_modules");
    await mkdir(join(installed, "plgate"), { recursive: true });
    await cp(join(root, "package.json"), join(installed, "plgate", "package.json"));
    await cp(join(root, "lib"), join(installed, "plgate", "lib"), { recursive: true });
    await cp(join(root, "lib", "link-id"), join(installed, "plgate-link-id"), { recursive: true });
    await writeFile(join(project, "package.json"), '{ "type": "module" }');
    for (const name of names) await writeFile(join(project, fileOf(name)), backend(name));
    await writeFile(join(project, "mistaken.ts"), mistaken);
  });
  after(() => rm(project, { recursive: true, force: true }));

  for (const name of names) {
    it(`runs as ${name}`, async () => {
      const { stdout } = await run(process.execPath, [fileOf(name)], { cwd: project });
      assert.equal(stdout, "true\n");
    });
  }

  for (const module of [
    ["--module", "nodenext"],
    ["--module", "esnext", "--moduleResolution", "bundler"],
  ]) {
    it(`has types that find a mistake and nothing else, with ${module.join(" ")}`, async () => {
      const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
      const files = [...names.map((name) => fileOf(name)), "mistaken.ts"];
      const strict = ["--strict", "--noEmit", "--types", "", "--lib", "es2022", "--target", "es2022", ...module];
      const found = await run(process.execPath, [tsc, ...files, ...strict], { cwd: project }).then(
        () => "nothing",
        ({ stdout }: { readonly stdout: string }) => stdout,
      );
      assert.match(found, /^mistaken\.ts\(\d+,\d+\): error TS2339: Property 'header' does not exist [^\n]+\n[^\n]+\n$/);
    });
  }

  it("does what docs/link-id.md promises", async () => {
    const { code, prints } = await readPage();
    await writeFile(join(project, "page.ts"), code);
    const { stdout } = await run(process.execPath, ["page.ts"], { cwd: project });
    assert.equal(stdout, prints);
  });

  it("needs nothing else when it is installed alone", async () => {
    const manifest = JSON.parse(await readFile(join(root, "lib", "link-id", "package.json"), "utf8"));
    assert.deepEqual([manifest.name, manifest.dependencies], ["plgate-link-id", undefined]);
  });
});
