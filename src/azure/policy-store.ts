import { odata, type TableClient } from "@azure/data-tables";
import { type CompiledPolicy, compilePolicy } from "../policy/compile.ts";
import { policyDigest } from "../policy/digest.ts";
import type { PolicyInForce } from "../policy/evaluate.ts";
import type { PolicyFault } from "../policy/faults.ts";
import { mostActivePolicies } from "../policy/limits.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import type { Clock, Policies, PoliciesNow, PolicyProblem } from "../workflow/ports.ts";
import { changeRow } from "./change-row.ts";
import {
  type Authorship,
  activePartition,
  highestVersion,
  type Pointer,
  type PolicyVersion,
  pointerColumns,
  readPointer,
  readVersion,
  sourceIn,
  versionColumns,
  versionKey,
} from "./policy-rows.ts";
import { findRow, type Row, rowsOf } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

export type Published =
  | ({ readonly ok: true; readonly name: string; readonly warnings: readonly PolicyFault[] } & PolicyVersion & {
        /** False when exactly this policy was in force already. */
        readonly changed: boolean;
      })
  | { readonly ok: false; readonly faults: readonly PolicyFault[] };

/** One policy as a list shows it: what was published last, by whom, and what keeps it from being used. */
export type PolicyLine = PolicyVersion &
  Authorship & {
    readonly name: string;
    /** The version that can be used; an older one when the last cannot be compiled, null when there is none. */
    readonly inForce: number | null;
    readonly problem: string | null;
  };

type Compiled = { readonly policy: CompiledPolicy } | { readonly broken: string };
type Loaded = { readonly inForce: PolicyInForce | undefined; readonly problem: PolicyProblem | undefined };

const triesAtMost = 10;
const compiledKept = 500;

/**
 * The policy store: immutable versions and a pointer to the one in force (policy.md 8).
 *
 * A version that today's engine cannot compile leaves the one before it in force. A version whose bytes are missing,
 * damaged or not those that were published says that somebody or something touched the store: then no policy at all is
 * given, because without one of several policies another one might approve what that one would have stopped.
 */
export class PolicyStore implements Policies {
  readonly #table: TableClient;
  readonly #clock: Clock;
  // By digest: the same bytes compile to the same policy, so nothing here ever goes stale.
  readonly #compiled = new Map<string, Compiled>();

  constructor(table: TableClient, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  async current(): Promise<PoliciesNow> {
    try {
      const pointers = await this.#pointers();
      const loaded = await Promise.all(pointers.map((pointer) => this.#load(pointer)));
      const inForce = loaded.flatMap((one) => one.inForce ?? []);
      const problems = loaded.flatMap((one) => one.problem ?? []);
      return { inForce: inForce.length === pointers.length ? inForce : [], problems };
    } catch (error) {
      const { message } = storageError("the policy store cannot be read", error);
      return { inForce: [], problems: [{ policy: "(all)", message }] };
    }
  }

  /** Every policy that was published, by name. Other than `current` it throws when the store cannot be read. */
  async list(): Promise<readonly PolicyLine[]> {
    try {
      return await Promise.all((await this.#pointers()).map((pointer) => this.#line(pointer)));
    } catch (error) {
      throw storageError("the policies cannot be listed", error);
    }
  }

  async #line(pointer: Pointer): Promise<PolicyLine> {
    const { inForce, problem } = await this.#load(pointer);
    const { name, active, by } = pointer;
    return { name, ...active, ...by, inForce: inForce?.version ?? null, problem: problem?.message ?? null };
  }

  /**
   * Checks the policy, keeps it as the next version of its name and puts it in force. A broken policy is refused with
   * every fault; the one that is in force already is left as it is. Two authors at once both get a version, and the
   * later one is in force. Throws when there are as many policies as there may be: one more would stop all of them.
   */
  async publish(text: string, by: { readonly author: string; readonly note: string }): Promise<Published> {
    // What bytes cannot hold is not kept, so it must not be judged either.
    const source = Buffer.from(text, "utf8").toString("utf8");
    const result = compilePolicy(source, "policy.yaml");
    if (!result.ok) return { ok: false, faults: result.faults };
    const { name } = result.policy;
    const authorship = { ...by, at: this.#clock.now().toISOString() };
    try {
      const { active, changed } = await this.#publish(name, source, authorship);
      return { ok: true, name, ...active, changed, warnings: result.warnings };
    } catch (error) {
      throw storageError(`policy ${name} cannot be published`, error);
    }
  }

  async #publish(name: string, source: string, by: Authorship) {
    const sha256 = policyDigest(source);
    const now = await findRow(this.#table, activePartition, name);
    const active = now && readPointer(now);
    if (active?.active.sha256 === sha256) return { active: active.active, changed: false };
    if (!active) await this.#expectRoom(name);
    const version = await this.#insert(name, { sha256, source }, by);
    const { answer } = await changeRow(this.#table, { partitionKey: activePartition, rowKey: name }, (row) =>
      pointTo({ version, sha256 }, row, by),
    );
    return { active: answer, changed: true };
  }

  async #expectRoom(name: string): Promise<void> {
    const { length } = await this.#pointers();
    if (length < mostActivePolicies) return;
    const why = `${length} policies are in force, and with more than ${mostActivePolicies} every request goes to people`;
    throw new PlgateError(`policy ${name} cannot be published: ${why}`, { retryable: false });
  }

  /** Keeps the source under the next free number, or finds it under the highest, where a publisher died halfway. */
  async #insert(name: string, stored: { readonly sha256: string; readonly source: string }, by: Authorship) {
    for (let tries = 1; tries <= triesAtMost; tries += 1) {
      const highest = await highestVersion(this.#table, name);
      const last = highest > 0 ? await findRow(this.#table, name, versionKey(highest)) : undefined;
      if (last && policyDigest(sourceIn(last)) === stored.sha256) return highest;
      const version = highest + 1;
      const columns = versionColumns({ version, ...stored }, by);
      if (await this.#create({ partitionKey: name, rowKey: versionKey(version), ...columns })) return version;
    }
    throw new PlgateError(`policy ${name} is being published by others`, { retryable: true });
  }

  async #create(entity: { readonly partitionKey: string; readonly rowKey: string }): Promise<boolean> {
    try {
      await bounded((call) => this.#table.createEntity(entity, call));
      return true;
    } catch (error) {
      if (faultOf(error) === "exists") return false;
      throw error;
    }
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

// Two publishers of the same bytes, or one whose answer was lost: what is in force already is not its own predecessor.
function pointTo(active: PolicyVersion, row: Row | undefined, by: Authorship) {
  const before = row ? readPointer(row).active : null;
  if (before?.sha256 === active.sha256) return [{ do: "nothing" }, before] as const;
  return [{ do: "put", columns: pointerColumns(active, before, by) }, active] as const;
}

function nothing(policy: string, why: string): Loaded {
  return { inForce: undefined, problem: { policy, message: `${why}; every request goes to people` } };
}
