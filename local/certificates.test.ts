import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { promisify } from "node:util";
import { type Authority, loadOrCreateAuthority } from "./certificates.ts";

const run = promisify(execFile);
const day = 86_400_000;
const folders: string[] = [];

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plgate-ca-"));
  folders.push(folder);
  return folder;
}

function inDays(days: number): () => Date {
  return () => new Date(Date.now() + days * day);
}

async function serve(authority: Authority): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ key: authority.key, cert: authority.cert }, (_request, response) =>
    response.end("hello"),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { server, port: (server.address() as AddressInfo).port };
}

/** Fetches in a new process, so that no trust of this one leaks in; answers the body or the error's code. */
async function fetchElsewhere(url: string, environment: Record<string, string>): Promise<string> {
  const script = `fetch(${JSON.stringify(url)}).then((r) => r.text()).then(console.log, (e) => console.log(e.cause.code))`;
  const { stdout } = await run(process.execPath, ["-e", script], { env: environment });
  return stdout.trim();
}

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe("loadOrCreateAuthority over real https", () => {
  let authority: Authority;
  let server: Server;
  let port: number;

  before(async () => {
    authority = await loadOrCreateAuthority(await emptyFolder());
    ({ server, port } = await serve(authority));
  });
  after(() => server.close());

  it("is refused by a client that was told nothing", async () => {
    assert.equal(await fetchElsewhere(`https://127.0.0.1:${port}`, {}), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });

  it("is trusted by a child that has NODE_EXTRA_CA_CERTS", async () => {
    const trusting = { NODE_EXTRA_CA_CERTS: authority.caFile };
    assert.equal(await fetchElsewhere(`https://127.0.0.1:${port}`, trusting), "hello");
    assert.equal(await fetchElsewhere(`https://localhost:${port}`, trusting), "hello");
  });

  it("is not trusted under a name that is not ours", async () => {
    const asOther = request({ host: "127.0.0.1", port, servername: "management.azure.com", ca: authority.caPem });
    const [error] = await once(asOther.end(), "error");
    assert.equal(error.code, "ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is trusted by fetch of this process once it is a default authority", async () => {
    const usual = getCACertificates("default");
    setDefaultCACertificates([...usual, authority.caPem]);
    try {
      const answer = await fetch(`https://127.0.0.1:${port}`);
      assert.equal(await answer.text(), "hello");
    } finally {
      setDefaultCACertificates(usual);
    }
  });
});

describe("loadOrCreateAuthority", () => {
  it("names all three loopback addresses", async () => {
    const { cert } = await loadOrCreateAuthority(await emptyFolder());
    const leaf = new X509Certificate(cert);
    assert.equal(leaf.checkIP("127.0.0.1"), "127.0.0.1");
    assert.equal(leaf.checkIP("::1"), "::1");
    assert.equal(leaf.checkHost("localhost"), "localhost");
  });

  it("gives the second caller what the first one got", async () => {
    const folder = await emptyFolder();
    assert.deepEqual(await loadOrCreateAuthority(folder), await loadOrCreateAuthority(folder));
  });

  it("keeps an authority that has more than a week left", async () => {
    const folder = await emptyFolder();
    const first = await loadOrCreateAuthority(folder);
    assert.deepEqual(await loadOrCreateAuthority(folder, inDays(357)), first);
  });

  it("makes a new one when less than a week is left, and ca.pem follows", async () => {
    const folder = await emptyFolder();
    const first = await loadOrCreateAuthority(folder);
    const second = await loadOrCreateAuthority(folder, inDays(359));
    assert.notEqual(second.caPem, first.caPem);
    assert.equal(await readFile(second.caFile, "utf8"), second.caPem);
  });

  it("makes a new one when what it finds is damaged", async () => {
    const folder = await emptyFolder();
    const first = await loadOrCreateAuthority(folder);
    await writeFile(join(folder, "tls-1", "server.pem"), "no certificate");
    const second = await loadOrCreateAuthority(folder);
    assert.notEqual(second.caPem, first.caPem);
    assert.ok(new X509Certificate(second.cert).verify(new X509Certificate(second.caPem).publicKey));
  });

  it("makes a new one when the key belongs to another certificate", async () => {
    const folder = await emptyFolder();
    const first = await loadOrCreateAuthority(folder);
    const foreign = await loadOrCreateAuthority(await emptyFolder());
    await writeFile(join(folder, "tls-1", "server.key"), foreign.key);
    assert.notEqual((await loadOrCreateAuthority(folder)).caPem, first.caPem);
  });

  it("lets nobody but the owner read the key", async () => {
    const folder = await emptyFolder();
    await loadOrCreateAuthority(folder);
    assert.equal((await stat(join(folder, "tls-1", "server.key"))).mode & 0o777, 0o600);
    assert.equal((await stat(join(folder, "tls-1"))).mode & 0o777, 0o700);
  });

  it("gives the same to callers that start at once", async () => {
    const folder = await emptyFolder();
    const all = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateAuthority(folder)));
    for (const one of all) assert.deepEqual(one, all[0]);
  });

  it("gives the same to processes that start at once", async () => {
    const folder = await emptyFolder();
    const script = `import(${JSON.stringify(new URL("certificates.ts", import.meta.url).href)})
      .then((m) => m.loadOrCreateAuthority(${JSON.stringify(folder)})).then((a) => console.log(a.cert))`;
    const all = await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, ["-e", script])));
    const [kept] = new Set(all.map((one) => one.stdout.trim()));
    assert.equal(new Set(all.map((one) => one.stdout)).size, 1);
    assert.equal((await loadOrCreateAuthority(folder)).cert.trim(), kept);
  });
});
