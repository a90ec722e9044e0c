import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { linkIdTlv, writeProxyHeader } from "../../src/link-id/link-id.ts";
import { folder } from "./sample-lab.ts";

/*
 * The backend's few lines of Python that read a PROXY header, against the headers that the project's own library writes.
 * The lab is for Linux machines with Python; a laptop without it misses this test alone, and the test says so.
 */

const ipv4 = {
  family: "IPv4",
  transport: "stream",
  source: { address: "10.0.1.4", port: 50000 },
  destination: { address: "10.0.1.5", port: 80 },
} as const;
const ipv6 = {
  ...ipv4,
  family: "IPv6",
  source: { address: "fd00::4", port: 1 },
  destination: { address: "fd00::5", port: 80 },
} as const;
const proxied = (tlvs: Parameters<typeof writeProxyHeader>[0]["tlvs"]) =>
  writeProxyHeader({ command: "PROXY", addresses: ipv4, tlvs });
const other = { type: 0x04, value: new Uint8Array(3) };
const whole = proxied([linkIdTlv(553665985)]);

const cases: Record<string, readonly [Uint8Array, string | null]> = {
  "a header with a LinkID": [whole, "client 10.0.1.4, LinkID 553665985"],
  "a LinkID behind another field": [proxied([other, linkIdTlv(4294967295)]), "client 10.0.1.4, LinkID 4294967295"],
  "a header without one, as of a probe": [proxied([]), "client 10.0.1.4, LinkID none"],
  "a header of the load balancer itself": [
    writeProxyHeader({ command: "LOCAL", addresses: undefined, tlvs: [] }),
    "client unknown, LinkID none",
  ],
  "another family of addresses": [
    writeProxyHeader({ command: "PROXY", addresses: ipv6, tlvs: [linkIdTlv(7)] }),
    "client unknown, LinkID 7",
  ],
  "a request without a header": [Buffer.from("GET / HTTP/1.1\r\nHost: payroll\r\n\r\n"), null],
  "half a header": [whole.subarray(0, 20), null],
  nothing: [new Uint8Array(), null],
};

const script = `import io, json, sys, backend
print(json.dumps([backend.read_header(io.BytesIO(bytes.fromhex(one))) for one in json.load(sys.stdin)]))`;

describe("The backend of the sample reads", () => {
  const input = JSON.stringify(Object.values(cases).map(([bytes]) => Buffer.from(bytes).toString("hex")));
  const env = { ...process.env, PYTHONPATH: join(folder, "machines"), PYTHONDONTWRITEBYTECODE: "1" };
  const run = spawnSync("python3", ["-c", script], { input, env, encoding: "utf8" });
  const hasPython = run.error === undefined;
  if (!hasPython) it("nothing here: there is no python3 on this machine, so nothing was tried", () => {});
  else
    for (const [index, [name, [, expected]]] of Object.entries(cases).entries())
      it(name, () => {
        assert.equal(run.status, 0, run.stderr);
        assert.equal((JSON.parse(run.stdout) as readonly (string | null)[])[index], expected);
      });
});
