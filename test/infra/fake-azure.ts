import type { Answer, Environment, Outside } from "../../infra/outside.ts";

/**
 * An Azure for the hooks: it answers the commands that they send, remembers what was made, and can refuse, lose an answer, or
 * kill the hook at any command. What it does not know it refuses, so that no command goes unseen.
 */

export const home = "44444444-4444-4444-8444-444444444444";
export const other = "55555555-5555-4555-8555-555555555555";
export const tenant = "77777777-7777-4777-8777-777777777777";
export const principal = "99999999-9999-4999-8999-999999999999";

export type Thing = Record<string, unknown>;

/** The hook was stopped, as by Ctrl-C. */
export class Killed extends Error {}

/** What the made-up Azure holds. Ids and names of groups are keys in lower case. */
export class FakeAzure {
  env: Record<string, string | undefined>;
  account: Thing = { tenantId: tenant, state: "Enabled" };
  unregistered: string[] = [];
  regions = ["westeurope", "North Europe"];
  /** Actions on a scope, where they are not all. */
  permissions = new Map<string, readonly Thing[]>();
  groups = new Map<string, { readonly tags: Thing; resources: Thing[] }>();
  apps = new Map<string, Thing>();
  principals = new Map<string, Thing>();
  appRoles: Thing[] = [];
  roles: Thing[] = [];
  assignments: Thing[] = [];
  policies = new Map<string, Thing>();
  taken: string[] = [];
  refusals: { readonly when: RegExp; readonly output: string; times: number }[] = [];
  commands: string[] = [];
  waits: number[] = [];
  said: string[] = [];
  deployed: { readonly template: string; readonly at: string; readonly name: string; readonly parameters: Thing }[] =
    [];
  /** Kills the hook at this command, before or after Azure carried it out. */
  kill: { readonly at: number; readonly carriedOut: boolean } | undefined;
  #files: string[] = [];

  constructor(env: Environment) {
    this.env = { ...env };
  }

  readonly outside: Outside = {
    az: async (args) => this.#call("az", args),
    azd: async (args) => this.#call("azd", args),
    file: async (content) => `/tmp/${this.#files.push(content) - 1}`,
    wait: async (milliseconds) => {
      this.waits.push(milliseconds);
    },
    say: (line) => {
      this.said.push(line);
    },
  };

  refuse(when: RegExp, output: string, times = Number.POSITIVE_INFINITY): this {
    this.refusals.push({ when, output, times });
    return this;
  }

  /** Commands that change something. */
  writes(): readonly string[] {
    return this.commands.filter((one) => / (set|create|register|delete)( |$)|--method (PATCH|POST|DELETE)/.test(one));
  }

  #call(command: string, args: readonly string[]): Answer {
    const line = [command, ...args].join(" ");
    this.commands.push(line);
    const dies = this.kill?.at === this.commands.length;
    if (dies && !this.kill?.carriedOut) throw new Killed();
    const refusal = this.refusals.find(({ when, times }) => times > 0 && when.test(line));
    if (refusal) refusal.times -= 1;
    const answer = refusal ? { ok: false, output: refusal.output } : this.#answer(line, args);
    if (dies) throw new Killed();
    return answer;
  }

  #answer(line: string, args: readonly string[]): Answer {
    const value = (name: string) =>
      (args.includes(`--${name}`) ? args[args.indexOf(`--${name}`) + 1] : undefined) ?? "";
    const content = (path: string) => JSON.parse(this.#files[Number(path.split("/").at(-1))] ?? "null");
    for (const [start, answer] of this.#routes(args, value, content)) {
      if (line.startsWith(start)) return answer();
    }
    return { ok: false, output: `the made-up Azure does not know: ${line}` };
  }

  #routes(
    args: readonly string[],
    value: (name: string) => string,
    content: (path: string) => Thing,
  ): readonly (readonly [string, () => Answer])[] {
    const group = () =>
      `/subscriptions/${value("subscription")}/resourcegroups/${value("resource-group") || value("name")}`.toLowerCase();
    return [
      ["azd version", () => json("azd version 1.23.13")],
      ["azd env set", () => this.#set(args[2] ?? "", args[3] ?? "")],
      ["az account show", () => json(this.account)],
      ["az cloud show", () => json({ endpoints: { microsoftGraphResourceId: "https://graph.example/" } })],
      ["az provider list", () => json(providers.map((namespace) => ({ namespace, state: this.#state(namespace) })))],
      ["az provider register", () => this.#register(value("namespace"))],
      ["az functionapp list-flexconsumption-locations", () => json(this.regions.map((name) => ({ name })))],
      ["az functionapp function show", () => json({})],
      ["az storage account check-name", () => json({ nameAvailable: !this.taken.includes(value("name")) })],
      [
        "az storage container immutability-policy show",
        () => json(this.policies.get(value("container-name")) ?? { etag: "" }),
      ],
      ["az storage container immutability-policy delete", () => this.#drop(this.policies, value("container-name"))],
      ["az resource list --subscription", () => json([])],
      ["az resource list --resource-group", () => this.#ofGroup(args[3] ?? "", value("subscription"))],
      ["az group show", () => this.#showGroup(group())],
      ["az group list --tag", () => json(this.#tagged(value("tag")))],
      ["az group delete", () => this.#drop(this.groups, group())],
      ["az eventgrid system-topic delete", () => this.#dropTopic(group(), value("name"))],
      ["az deployment", () => this.#deploy(args, value, content)],
      ["az rest --method GET", () => this.#get(value("url"), args)],
      ["az rest --method PATCH", () => this.#patch(value("url"), content(value("body")))],
      ["az rest --method POST", () => this.#post(value("url"), content(value("body")))],
      ["az rest --method DELETE", () => this.#delete(value("url"))],
    ];
  }

  #set(name: string, value: string): Answer {
    this.env[name] = value;
    return json("");
  }

  #state(namespace: string): string {
    return this.unregistered.includes(namespace) ? "NotRegistered" : "Registered";
  }

  #register(namespace: string): Answer {
    this.unregistered = this.unregistered.filter((one) => one !== namespace);
    return json("");
  }

  #showGroup(id: string): Answer {
    const group = this.groups.get(id);
    return group
      ? json({ id, tags: group.tags })
      : missing(`(ResourceGroupNotFound) Resource group '${id}' could not be found.`);
  }

  #ofGroup(name: string, subscription: string): Answer {
    const group = this.groups.get(`/subscriptions/${subscription}/resourcegroups/${name}`.toLowerCase());
    return group ? json(group.resources) : missing("(ResourceGroupNotFound) Resource group could not be found.");
  }

  #tagged(tag: string): readonly Thing[] {
    const [name = "", value] = tag.split("=");
    return [...this.groups]
      .filter(([, { tags }]) => tags[name] === value)
      .map(([id]) => ({ name: id.split("/").at(-1) }));
  }

  #drop(from: Map<string, unknown>, key: string): Answer {
    return from.delete(key) ? json("") : missing("(ResourceGroupNotFound) could not be found");
  }

  #dropTopic(group: string, name: string): Answer {
    const found = this.groups.get(group);
    if (found) found.resources = found.resources.filter((one) => one["name"] !== name);
    return found ? json("") : missing("(ResourceNotFound) could not be found");
  }

  #deploy(args: readonly string[], value: (name: string) => string, content: (path: string) => Thing): Answer {
    const template = value("template-file").replace("infra/", "").replace(".bicep", "");
    const given = content(value("parameters"))["parameters"] as Record<string, { value: unknown }>;
    const parameters = Object.fromEntries(Object.entries(given).map(([name, one]) => [name, one.value]));
    const at = args[1] === "mg" ? value("management-group-id") : value("subscription");
    if (args[2] === "what-if") return { ok: true, output: "Resource changes: no change." };
    this.deployed.push({ template, at, name: value("name"), parameters });
    if (template === "record")
      this.#make(home, `rg-${parameters["environmentName"]}-record`, [{ name: "plgatedatatoken" }]);
    if (template === "watch") this.#makeWatch(at, String(parameters["environmentName"]));
    return json(outputs[template] ?? {});
  }

  #make(subscription: string, name: string, resources: Thing[]): void {
    const id = `/subscriptions/${subscription}/resourcegroups/${name}`.toLowerCase();
    if (!this.groups.has(id)) this.groups.set(id, { tags: {}, resources });
  }

  #makeWatch(subscription: string, environment: string): void {
    const identity = { principalId: `topic-of-${subscription}` };
    const type = "Microsoft.EventGrid/systemTopics";
    this.#make(subscription, `rg-${environment}-watch`, [{ name: "evgt-plgate-token", type, identity }]);
  }

  #get(url: string, args: readonly string[]): Answer {
    const filter = args.find((arg) => arg.startsWith("$filter=")) ?? "";
    if (url.includes("/permissions?")) {
      const scope = url.slice(0, url.indexOf("/providers/")).toLowerCase();
      return json({ value: this.permissions.get(scope) ?? [{ actions: ["*"], notActions: [] }] });
    }
    if (url.endsWith("/roleDefinitions")) return json({ value: this.roles });
    if (url.endsWith("/roleAssignments")) return json({ value: this.#assignmentsIn(url, filter) });
    if (url.endsWith("/me")) return json({ id: "me" });
    if (url.endsWith("/me/appRoleAssignments")) return json({ value: this.appRoles });
    const found = url.includes("/applications(") ? this.apps.get(url) : this.principals.get(url);
    return found ? json(found) : missing('Not Found({"error":{"code":"Request_ResourceNotFound"}})');
  }

  #assignmentsIn(url: string, filter: string): readonly Thing[] {
    const subscription = url.split("/")[2] ?? "";
    return this.assignments.filter(
      (one) =>
        String(one["id"]).includes(subscription) &&
        filter.includes(String((one["properties"] as Thing)["principalId"])),
    );
  }

  #patch(url: string, body: Thing): Answer {
    if (url.includes("(uniqueName=")) {
      const number = this.apps.size + 1;
      const made = { ...body, id: `object-${number}`, appId: `aaaa0000-0000-4000-8000-00000000000${number}` };
      this.apps.set(url, { ...(this.apps.get(url) ?? made), ...body });
      return json("");
    }
    const all = [...this.apps.values(), ...this.principals.values()];
    const found = all.find((one) => url.endsWith(`/${one["id"]}`));
    if (!found) return missing("Request_ResourceNotFound");
    for (const [name, value] of Object.entries(body)) {
      found[name] = name === "api" ? { ...(found["api"] as Thing), ...(value as Thing) } : value;
    }
    return json("");
  }

  #post(url: string, body: Thing): Answer {
    if (url.endsWith("/servicePrincipals")) {
      const app = [...this.apps.values()].find((one) => one["appId"] === body["appId"]);
      const made = { ...body, id: `principal-of-${body["appId"]}`, appRoles: app?.["appRoles"] };
      const key = `${url}(appId='${body["appId"]}')`;
      if (this.principals.has(key)) return missing("already in use");
      this.principals.set(key, made);
      return json(made);
    }
    if (this.appRoles.some((one) => one["appRoleId"] === body["appRoleId"]))
      return missing("Permission being assigned already exists");
    this.appRoles.push(body);
    return json(body);
  }

  #delete(url: string): Answer {
    const id = url.split("?")[0];
    const before = this.assignments.length + this.roles.length;
    this.assignments = this.assignments.filter((one) => one["id"] !== id);
    this.roles = this.roles.filter((one) => one["id"] !== id);
    return before > this.assignments.length + this.roles.length
      ? json("")
      : missing("RoleAssignmentNotFound: Not Found");
  }
}

const providers = [
  ...["Microsoft.Web", "Microsoft.Storage", "Microsoft.ManagedIdentity", "Microsoft.Insights", "Microsoft.Network"],
  ...["Microsoft.OperationalInsights", "Microsoft.App", "Microsoft.BotService", "Microsoft.EventGrid"],
];

/** Azure gives the names of outputs back in a case of its own. */
const outputs: Readonly<Record<string, Thing>> = {
  record: {
    azurE_RECORD_GROUP: { type: "String", value: "rg-sample-record" },
    azurE_DATA_ACCOUNT: { type: "String", value: "plgatedatatoken" },
    azurE_DEAD_LETTER_CONTAINER: { type: "String", value: "deadletters" },
  },
  rights: {
    azurE_APPROVER_ROLE: { type: "String", value: "plgate on services (sample token)" },
    azurE_AUDIT_WRITER_ROLE: { type: "String", value: "plgate audit writer (sample token)" },
  },
};

function json(value: unknown): Answer {
  return { ok: true, output: value === "" ? "" : JSON.stringify(value) };
}

function missing(output: string): Answer {
  return { ok: false, output };
}

/** A group of services in a subscription. */
export function groupId(name: string, subscription = home): string {
  return `/subscriptions/${subscription}/resourceGroups/${name}`;
}

/** The values of an environment that is ready to be deployed, with two groups of services in two subscriptions. */
export function sampleEnvironment(more: Environment = {}): Environment {
  return {
    AZURE_ENV_NAME: "sample",
    AZURE_SUBSCRIPTION_ID: home,
    AZURE_LOCATION: "westeurope",
    PLGATE_FALLBACK_REVIEWERS: "22222222-2222-4222-8222-222222222222",
    PLGATE_SERVICE_RESOURCE_GROUPS: `${groupId("rg-services")}, ${groupId("rg-more", other)}`,
    ...more,
  };
}

/** The same after main.bicep and record.bicep. */
export function provisionedEnvironment(more: Environment = {}): Environment {
  return sampleEnvironment({
    AZURE_RESOURCE_GROUP: "rg-sample",
    AZURE_FUNCTION_APP: "func-plgate-token",
    AZURE_IDENTITY_PRINCIPAL_ID: principal,
    AZURE_RECORD_GROUP: "rg-sample-record",
    AZURE_DATA_ACCOUNT: "plgatedatatoken",
    AZURE_DEAD_LETTER_CONTAINER: "deadletters",
    ...more,
  });
}

/** An Azure in which the groups of services exist. */
export function azureWithServices(environment: Environment): FakeAzure {
  const azure = new FakeAzure(environment);
  azure.groups.set(groupId("rg-services").toLowerCase(), { tags: {}, resources: [] });
  azure.groups.set(groupId("rg-more", other).toLowerCase(), { tags: {}, resources: [] });
  return azure;
}

/** Runs a hook until it is not killed any more; the environment is read anew each time, as azd does. */
export async function runKilledAt(
  azure: FakeAzure,
  kill: { readonly at: number; readonly carriedOut: boolean },
  hook: (environment: Environment, outside: Outside) => Promise<unknown>,
): Promise<boolean> {
  azure.kill = kill;
  try {
    await hook({ ...azure.env }, azure.outside);
    return false;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    azure.kill = undefined;
    return true;
  }
}
