import { odata, type TableClient } from "@azure/data-tables";
import type { Pointer, PolicyVersion } from "../ledger/policy-record.ts";
import { type CompiledPolicy, compilePolicy } from "../policy/compile.ts";
import type { PolicyInForce } from "../policy/evaluate.ts";
import { messageOf, NotNow } from "../runtime/errors.ts";
import type { Policies, PoliciesNow, PolicyLine, PolicyProblem } from "../workflow/ports.ts";
import {
  activePartition,
  highestVersion,
  namesPartition,
  readPointer,
  readPublished,
  readVersion,
  versionKey,
} from "./policy-rows.ts";
import { findRow, inParallel, rowsOf } from "./rows.ts";
import { storageError } from "./storage-errors.ts";

type Compiled = { readonly policy: CompiledPolicy } | { readonly broken: string };
type Loaded = { readonly inForce: PolicyInForce | undefined; readonly problem: PolicyProblem | undefined };

const compiledKept = 500;

/**
 * What is in force: for each name the version that its pointer says, read anew at each call (policy.md 8).
 *
 * A version that today's engine cannot compile leaves the one before it in force. A version whose bytes are missing,
 * damaged or not those that were published says that somebody or something touched the store: then no policy at all is
 * given, because without one of several policies another one might approve what that one would have stopped. What a newer
 * version of plgate wrote is neither broken nor touched: `NotNow`.
 */
export class PolicyStore implements Policies {
  readonly #table: TableClient;
  // By digest: the same bytes compile to the same policy, so nothing here ever goes stale.
  readonly #compiled = new Map<string, Compiled>();

  constructor(table: TableClient) {
    this.#table = table;
  }

  async current(): Promise<PoliciesNow> {
    try {
      const pointers = await this.#pointers();
      const loaded = await Promise.all(pointers.map((pointer) => this.#load(pointer)));
      const inForce = loaded.flatMap((one) => one.inForce ?? []);
      const problems = loaded.flatMap((one) => one.problem ?? []);
      return { inForce: inForce.length === pointers.length ? inForce : [], problems };
    } catch (error) {
      if (error instanceof NotNow) throw error;
      const { message } = storageError("the policy store cannot be read", error);
      return { inForce: [], problems: [{ policy: "(all)", message }] };
    }
  }

  async list(): Promise<readonly PolicyLine[]> {
    try {
      const pointers = new Map((await this.#pointers()).map((pointer) => [pointer.name, pointer]));
      const names = [...new Set([...pointers.keys(), ...(await this.#names())])].sort();
      return (await inParallel(names, (name) => this.#line(name, pointers.get(name)))).flat();
    } catch (error) {
      throw storageError("the policies cannot be listed", error);
    }
  }

  async #line(name: string, pointer: Pointer | undefined): Promise<readonly PolicyLine[]> {
    const latest = await highestVersion(this.#table, name);
    if (!pointer) return this.#waiting(name, latest);
    const { inForce, problem } = await this.#load(pointer);
    const { active, by } = pointer;
    const usable = { inForce: inForce?.version ?? null, problem: problem?.message ?? null };
    return [{ name, ...active, ...by, ...usable, latest: Math.max(latest, active.version) }];
  }

  /** A policy that was published and never put in force. Without a version its publisher died before there was one. */
  async #waiting(name: string, latest: number): Promise<readonly PolicyLine[]> {
    const row = latest > 0 ? await findRow(this.#table, name, versionKey(latest)) : undefined;
    if (!row) return [];
    const { version, sha256, author, note, at } = readPublished(row);
    return [{ name, version, sha256, author, note, at, inForce: null, latest, problem: null }];
  }

  async #names(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const row of rowsOf(this.#table, odata`PartitionKey eq ${namesPartition}`)) names.push(row.rowKey);
    return names;
  }

  async #pointers(): Promise<readonly Pointer[]> {
    const pointers: Pointer[] = [];
    for await (const row of rowsOf(this.#table, odata`PartitionKey eq ${activePartition}`)) {
      pointers.push(readPointer(row));
    }
    return pointers;
  }

  async #load({ name, active, previous }: Pointer): Promise<Loaded> {
    try {
      const now = await this.#compile(name, active);
      if ("policy" in now) return { inForce: { policy: now.policy, version: active.version }, problem: undefined };
      const before = previous ? await this.#compile(name, previous) : { broken: "there is none before it" };
      if (previous && "policy" in before) {
        const message = `version ${active.version} is broken (${now.broken}); version ${previous.version} stays in force`;
        return { inForce: { policy: before.policy, version: previous.version }, problem: { policy: name, message } };
      }
      return nothing(name, `version ${active.version} is broken (${now.broken}) and no older one can take its place`);
    } catch (error) {
      if (error instanceof NotNow) throw error;
      return nothing(name, `version ${active.version} cannot be trusted: ${messageOf(error)}`);
    }
  }

  async #compile(name: string, wanted: PolicyVersion): Promise<Compiled> {
    const known = this.#compiled.get(wanted.sha256);
    if (known) return known;
    const compiled = compiledFrom(name, await readVersion(this.#table, name, wanted));
    if (this.#compiled.size >= compiledKept) this.#compiled.clear();
    this.#compiled.set(wanted.sha256, compiled);
    return compiled;
  }
}

function compiledFrom(name: string, source: string): Compiled {
  const result = compilePolicy(source, `${name}.yaml`);
  if (!result.ok) {
    const [first] = result.faults;
    return { broken: first ? `line ${first.line}: ${first.message}` : "it does not compile" };
  }
  if (result.policy.name !== name) return { broken: `it calls itself ${result.policy.name}` };
  return { policy: result.policy };
}

function nothing(policy: string, why: string): Loaded {
  return { inForce: undefined, problem: { policy, message: `${why}; every request goes to people` } };
}
