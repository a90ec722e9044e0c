// x509 builds its parsers through decorators and refuses to load without this polyfill.
import "reflect-metadata";
import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** What an https server on loopback needs (`key`, `cert`), and what its clients need (`caPem`, `caFile`). PEM throughout. */
export type Authority = {
  readonly caPem: string;
  /** For `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  readonly key: string;
  readonly cert: string;
};

type Material = Omit<Authority, "caFile">;

const dayMs = 86_400_000;
const lifetimeMs = 365 * dayMs;
const reuseMs = 7 * dayMs;
const clockSkewMs = 3_600_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

cryptoProvider.set(webcrypto);

/**
 * The certificate authority of the local stack with its one leaf for 127.0.0.1, ::1 and localhost (local-azure.md B.1).
 *
 * Kept in `dir` and used again while both have a week left and fit together; otherwise a new generation is made.
 * The authority's private key is thrown away once the leaf is signed: whoever trusts `ca.pem` trusts this one leaf and nothing
 * that a thief could sign later. Processes that start at once end up with the same generation, because a generation becomes
 * visible by one rename which only the first of them can do.
 */
export async function loadOrCreateAuthority(dir: string, now: () => Date = () => new Date()): Promise<Authority> {
  await mkdir(dir, { recursive: true });
  const material = await currentGeneration(dir, now());
  const caFile = join(dir, "ca.pem");
  await replaceFile(caFile, material.caPem);
  return { ...material, caFile };
}

async function currentGeneration(dir: string, at: Date): Promise<Material> {
  const newest = await newestGeneration(dir);
  const kept = newest === 0 ? undefined : await readGeneration(dir, newest);
  if (kept && isUsable(kept, at)) return kept;
  await publishGeneration(dir, newest + 1, await issue(at));
  // Read back rather than keep our own: another process may have been first.
  return currentGeneration(dir, at);
}

async function newestGeneration(dir: string): Promise<number> {
  const numbers = (await readdir(dir)).map((name) => Number(/^tls-(\d+)$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

async function readGeneration(dir: string, generation: number): Promise<Material | undefined> {
  const folder = join(dir, `tls-${generation}`);
  try {
    const [caPem, key, cert] = await Promise.all(
      ["ca.pem", "server.key", "server.pem"].map((name) => readFile(join(folder, name), "utf8")),
    );
    return caPem && key && cert ? { caPem, key, cert } : undefined;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function isUsable({ caPem, key, cert }: Material, at: Date): boolean {
  const until = at.getTime() + reuseMs;
  try {
    const authority = new X509Certificate(caPem);
    const leaf = new X509Certificate(cert);
    const living = [authority, leaf].every((one) => one.validFromDate <= at && one.validToDate.getTime() >= until);
    return living && leaf.verify(authority.publicKey) && isKeyOf(leaf, key);
  } catch {
    // Damaged PEM: the next generation takes its place.
    return false;
  }
}

function isKeyOf(leaf: X509Certificate, key: string): boolean {
  return leaf.checkPrivateKey(createPrivateKey(key));
}

async function publishGeneration(dir: string, generation: number, material: Material): Promise<void> {
  const draft = join(dir, `.tls-draft-${process.pid}-${webcrypto.randomUUID()}`);
  await mkdir(draft, { mode: 0o700 });
  await writeFile(join(draft, "ca.pem"), material.caPem);
  await writeFile(join(draft, "server.key"), material.key, { mode: 0o600 });
  await writeFile(join(draft, "server.pem"), material.cert);
  try {
    await rename(draft, join(dir, `tls-${generation}`));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // A folder that is not empty is never replaced: another process has published this generation.
    if (!["ENOTEMPTY", "EEXIST", "EPERM"].some((code) => hasCode(error, code))) throw error;
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.${webcrypto.randomUUID()}`;
  await writeFile(draft, text);
  await rename(draft, file);
}

async function issue(at: Date): Promise<Material> {
  const period = {
    notBefore: new Date(at.getTime() - clockSkewMs),
    notAfter: new Date(at.getTime() + lifetimeMs),
  };
  const authorityKeys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const leafKeys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...period,
    name: "CN=plgate local authority",
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const leaf = await X509CertificateGenerator.create({
    ...period,
    subject: "CN=localhost",
    issuer: authority.subject,
    publicKey: leafKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: await leafExtensions(authorityKeys.publicKey, leafKeys.publicKey),
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", leafKeys.privateKey), "PRIVATE KEY");
  return { caPem: authority.toString("pem"), cert: leaf.toString("pem"), key };
}

async function leafExtensions(authorityKey: webcrypto.CryptoKey, leafKey: webcrypto.CryptoKey) {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension([
      { type: "ip", value: "127.0.0.1" },
      { type: "ip", value: "::1" },
      { type: "dns", value: "localhost" },
    ]),
    await AuthorityKeyIdentifierExtension.create(authorityKey),
    await SubjectKeyIdentifierExtension.create(leafKey),
  ];
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
