/** What a first configuration says. Empty texts and lists are answers, too: nothing was chosen there. */
export type Answers = {
  readonly env: string;
  readonly location: string;
  readonly subscription: string;
  readonly "service-groups": string;
  readonly reviewers: string;
  readonly mode: string;
  readonly teams: string;
  readonly "alert-emails": string;
  readonly policy: string;
  readonly "policy-name": string;
  readonly consumer: string;
};

export type Field = keyof Answers;

/** One question: how it is asked, what stands for an empty line, and what is wrong with an answer. */
export type Question = {
  readonly field: Field;
  readonly ask: string;
  /** Undefined: it has to be answered. */
  readonly otherwise: (soFar: Partial<Answers>) => string | undefined;
  /** Left out where it is always asked. */
  readonly when?: (soFar: Partial<Answers>) => boolean;
  /** The answer in the form in which it is kept, or what is wrong with it. */
  readonly read: (text: string) => Read;
};

export type Read = { readonly value: string } | { readonly fault: string };

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const groupId = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)$/i;

export const modes = ["observe", "approve-only", "enforce"] as const;
export const policyKinds = ["people", "customers", "subscription", "none"] as const;

/** All questions, in the order in which they are asked: what later ones build on comes first. */
export const questions: readonly Question[] = [
  {
    field: "env",
    ask: "Name of this deployment, such as prod",
    otherwise: () => undefined,
    read: environmentName,
  },
  {
    field: "location",
    ask: "Azure region for it, such as westeurope (one with Flex Consumption)",
    otherwise: () => undefined,
    read: region,
  },
  {
    field: "service-groups",
    ask: "Resource groups of your Private Link Services, full ids with commas between",
    otherwise: () => undefined,
    read: groupIds,
  },
  {
    field: "subscription",
    ask: "Subscription that plgate itself goes into",
    // Where the first service lies is where most want it. When that answer is wrong, one fault is enough.
    otherwise: (soFar) => soFar["service-groups"]?.split("/")[2] ?? "",
    read: (text) => guidOf(text, "the id of a subscription"),
  },
  {
    field: "reviewers",
    ask: "Object id of the Entra group that decides what no policy decides",
    otherwise: () => undefined,
    read: (text) => guidOf(text, "the object id of a group (az ad group show --group <name> --query id)"),
  },
  {
    field: "mode",
    ask: `What plgate may do: ${modes.join(", ")}`,
    otherwise: () => "observe",
    read: (text) => oneOf(text, modes),
  },
  {
    field: "teams",
    ask: "Make a bot for cards in Teams: yes or no",
    otherwise: () => "no",
    read: yesOrNo,
  },
  {
    field: "alert-emails",
    ask: "E-mail addresses for alerts, commas between; none is fine",
    otherwise: () => "",
    read: emails,
  },
  {
    field: "policy",
    ask: "First policy: people (asks people for everything), customers (approves registered ones), subscription (approves one), none",
    otherwise: () => "people",
    read: (text) => oneOf(text, policyKinds),
  },
  {
    field: "consumer",
    ask: "Subscription whose connections are approved",
    when: ({ policy }) => policy === "subscription",
    otherwise: () => undefined,
    read: (text) => guidOf(text, "the id of a subscription"),
  },
  {
    field: "policy-name",
    ask: "Name of that policy, and of its file",
    when: ({ policy }) => policy !== "none",
    otherwise: ({ policy }) => usualNames[policy ?? ""] ?? "first",
    read: policyName,
  },
];

const usualNames: Readonly<Record<string, string>> = {
  people: "everything-to-people",
  customers: "registered-customers",
  subscription: "one-subscription",
};

// Deployments of plgate that azd is not to take for its own, which it does by a part of the name (docs/adr/0021).
const otherDeployments = ["plgate-rights", "plgate-watch-", "plgate-operations-"];

function environmentName(text: string): Read {
  if (text !== "" && otherDeployments.some((name) => name.includes(text)))
    return { fault: `${quoted(text)} is part of names that plgate uses; choose another, such as prod` };
  // azd's own rule; a resource group is named after it, which may not end with a dot.
  if (/^[A-Za-z0-9()_.-]{0,63}[A-Za-z0-9()_-]$/.test(text)) return { value: text };
  return { fault: `${quoted(text)} has to be 1 to 64 letters, digits, dashes, dots, underscores or parentheses` };
}

function region(text: string): Read {
  const programmatic = text.toLowerCase().replace(/\s+/g, "");
  if (!/^[a-z][a-z0-9]{2,39}$/.test(programmatic))
    return { fault: `${quoted(text)} is not the name of a region, such as westeurope` };
  if (programmatic !== text) return { fault: `${quoted(text)} is how people write it; say ${programmatic}` };
  return { value: text };
}

function guidOf(text: string, what: string): Read {
  return guid.test(text) ? { value: text.toLowerCase() } : { fault: `${quoted(text)} is not ${what}` };
}

function groupIds(text: string): Read {
  const ids = listIn(text);
  const faults = ids.map(groupFault).filter((fault) => fault !== undefined);
  if (ids.length === 0) return { fault: "at least one group is needed: without it plgate sees no service" };
  if (faults.length > 0) return { fault: faults.join("; ") };
  // One group written twice is one group.
  return { value: [...new Map(ids.map((id) => [id.toLowerCase(), id])).values()].join(",") };
}

function groupFault(id: string): string | undefined {
  const [, subscription = "", name = ""] = groupId.exec(id) ?? [];
  if (guid.test(subscription) && /^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u.test(name)) return undefined;
  const above = id.split("/").slice(0, 5).join("/");
  const isBelow = id.split("/").length > 5 && groupId.test(above);
  if (isBelow) return `${quoted(id)} lies in a group: say ${above}`;
  return `${quoted(id)} is not the id of a resource group (/subscriptions/{id}/resourceGroups/{name})`;
}

function emails(text: string): Read {
  const all = listIn(text);
  const wrong = all.filter((one) => !/^[^\s@",;]+@[^\s@",;]+\.[^\s@",;.]+$/.test(one));
  return wrong.length > 0
    ? { fault: `${wrong.map(quoted).join(", ")} is not an e-mail address` }
    : { value: all.join(",") };
}

function oneOf(text: string, known: readonly string[]): Read {
  return known.includes(text) ? { value: text } : { fault: `${quoted(text)} is none of ${known.join(", ")}` };
}

function yesOrNo(text: string): Read {
  if (/^(y|yes|true)$/i.test(text)) return { value: "yes" };
  return /^(n|no|false)$/i.test(text) ? { value: "no" } : { fault: `${quoted(text)} is neither yes nor no` };
}

function policyName(text: string): Read {
  if (/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return { value: text };
  return {
    fault: `${quoted(text)} has to be lower-case letters, digits and hyphens, beginning with a letter, 63 at most`,
  };
}

function listIn(text: string): readonly string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
