import { createHmac } from "node:crypto";

/** One blob container, for the few things that the local stack keeps or looks up in blobs. */
export type BlobContainer = {
  /** Writes or overwrites a JSON blob. */
  put(name: string, json: string): Promise<void>;
  get(name: string): Promise<string>;
  /** Names in alphabetical order; at most the first 5,000, Azure's page. */
  list(): Promise<readonly string[]>;
};

type Account = { readonly name: string; readonly key: Buffer; readonly endpoint: string };

type BlobRequest = {
  readonly method: "GET" | "PUT";
  /** Below the endpoint, encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

const apiVersion = "2021-12-02";

/**
 * Opens a container by an account connection string and makes it when it is not there.
 *
 * Signed REST (Learn, "Authorize with Shared Key"), because nothing deployed needs a blob client and Azurite should not
 * cost a dependency. Every call rejects with the status and Azure's error code when it fails.
 */
export async function openBlobContainer(connectionString: string, name: string): Promise<BlobContainer> {
  const account = parse(connectionString);
  await send(account, { method: "PUT", path: `/${name}`, query: { restype: "container" } }, [201, 409]);
  const blobPath = (blob: string) => `/${name}/${blob.split("/").map(encodeURIComponent).join("/")}`;
  return {
    async put(blob, json) {
      const headers = { "content-type": "application/json", "x-ms-blob-type": "BlockBlob" };
      await send(account, { method: "PUT", path: blobPath(blob), headers, body: json }, [201]);
    },
    get: (blob) => send(account, { method: "GET", path: blobPath(blob) }, [200]),
    async list() {
      const query = { comp: "list", restype: "container" };
      const xml = await send(account, { method: "GET", path: `/${name}`, query }, [200]);
      return [...xml.matchAll(/<Blob><Name>([^<]+)<\/Name>/g)].map((match) => match[1] ?? "");
    },
  };
}

function parse(connectionString: string): Account {
  const fields = new Map(
    connectionString.split(";").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at), field.slice(at + 1)];
    }),
  );
  const [name, key, endpoint] = ["AccountName", "AccountKey", "BlobEndpoint"].map((field) => fields.get(field));
  if (!name || !key || !endpoint) {
    throw new Error("The storage connection string needs AccountName, AccountKey and BlobEndpoint.");
  }
  return { name, key: Buffer.from(key, "base64"), endpoint };
}

async function send(account: Account, request: BlobRequest, expected: readonly number[]): Promise<string> {
  const url = new URL(account.endpoint + request.path);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  const headers = { ...request.headers, "x-ms-date": new Date().toUTCString(), "x-ms-version": apiVersion };
  const response = await fetch(url, {
    method: request.method,
    headers: { ...headers, authorization: `SharedKey ${account.name}:${signature(account, request, url, headers)}` },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const text = await response.text();
  if (expected.includes(response.status)) return text;
  const code = response.headers.get("x-ms-error-code") ?? "no error code";
  throw new Error(`${request.method} ${url.pathname} answered ${response.status} (${code}).`);
}

function signature(
  account: Account,
  request: BlobRequest,
  url: URL,
  headers: Readonly<Record<string, string>>,
): string {
  const length = Buffer.byteLength(request.body ?? "");
  const contentType = headers["content-type"] ?? "";
  const storageHeaders = Object.entries(headers)
    .filter(([name]) => name.startsWith("x-ms-"))
    .sort(byName)
    .map(([name, value]) => `${name}:${value}`);
  const query = Object.entries(request.query ?? {})
    .sort(byName)
    .map(([name, value]) => `${name}:${value}`);
  // Verb, encoding, language, length, MD5, type, date, four conditions, range: the empty ones keep their line.
  const standard = [request.method, "", "", length === 0 ? "" : length, "", contentType, "", "", "", "", "", ""];
  const resource = [`/${account.name}${url.pathname}`, ...query];
  return createHmac("sha256", account.key)
    .update([...standard, ...storageHeaders, ...resource].join("\n"))
    .digest("base64");
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1;
}
