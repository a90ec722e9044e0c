import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import { plgate } from "../../src/cli/plgate.ts";
import type { Context } from "../../src/cli/verb.ts";
import { type Store, withApi, withAzure, withStore } from "../../src/compose-cli.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeConsumers } from "../fakes/consumers.ts";
import { FakeLedger } from "../fakes/ledger.ts";
import { FakePolicyVersions } from "../fakes/policy-store.ts";
import { fakePorts } from "../fakes/ports.ts";

export type Said = { readonly code: number; readonly out: string; readonly err: string };

/** Runs a command in this process; without a wish of its own the environment is empty and the store the real one. */
export async function run(args: readonly string[], wish: Partial<Context> = {}): Promise<Said> {
  let [out, err] = ["", ""];
  const code = await plgate(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    progress: () => {},
    pipe: async (text) => {
      out += text;
      return true;
    },
    environment: {},
    withStore,
    withApi,
    withAzure,
    ask: undefined,
    ...wish,
  });
  return { code, out, err };
}

export type FakeStore = Store & { readonly consumers: FakeConsumers };

/** A store in memory; a test that publishes or lists policies says what the store answers. */
export function fakeStore(change: Partial<FakeStore> = {}): FakeStore {
  const unexpected = () => Promise.reject(new Error("this test expects no such call"));
  return {
    place: "the fake store",
    operator: "ada@contoso.example",
    operatorIds: undefined,
    policies: { list: unexpected, current: unexpected },
    versions: new FakePolicyVersions(),
    policyLedger: new FakeLedger(new FakeClock()),
    ledger: { request: unexpected, latestOf: unexpected, eventsOf: unexpected, eventsBetween: unexpected },
    index: { searchAudit: unexpected },
    audit: fakePorts(),
    consumers: new FakeConsumers(),
    parked: { waiting: unexpected, list: unexpected, each: unexpected },
    watch: { wake: unexpected },
    outbox: { stuck: unexpected, retry: unexpected },
    copy: { partitions: never, rows: never, headOf: never, add: never },
    evidence: {
      anchors: { days: never, read: never, append: never },
      archive: { keep: never, read: never, names: never },
    },
    makeTables: unexpected,
    ...change,
  };
}

function never(): never {
  throw new Error("this test expects no such call");
}

export const inAzure = { PLGATE_STORAGE_ACCOUNT: "plgatedata" } as const;

/** Runs a command on a store in memory, as if the environment named an account. */
export function runOn(store: Store, ...args: readonly string[]): Promise<Said> {
  return run(args, { environment: inAzure, withStore: (_place, act) => act(store) });
}

/** A folder of the test's own, in which `file` writes; paths are given in full. */
export function scratch(): {
  readonly path: (name: string) => string;
  file(name: string, text: string): Promise<string>;
} {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "plgate-cli-"));
  });
  after(() => rm(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  return {
    path,
    file: async (name, text) => {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeFile(path(name), text);
      return path(name);
    },
  };
}

/** A small policy; `because` tells versions apart. */
export function aPolicy({ name = "prod", because = "One." } = {}): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: ${name}
defaultReview: { by: [oncall] }
reviewers:
  oncall: { entraGroup: 55555555-0000-0000-0000-000000000005 }
rules:
  - id: gold
    effect: approve
    because: "${because}"
    when: { consumer.registered: true, consumer.tier: gold }
`;
}

/** The tests of `aPolicy`, kept in `file`. */
export function itsTests(file = "prod.yaml", expect = "approve"): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicyTest
policy: ${file}
facts:
  time.now: 2026-11-24T10:00:00Z
  consumer: { registered: true, tier: gold }
cases:
  - { name: gold is let in, expect: ${expect} }
  - { name: silver is not, set: { consumer.tier: silver }, expect: review }
`;
}
