import { isGuid } from "../connection/arm-id.ts";
import { compareText, didYouMean, type Findings, type Position } from "./faults.ts";
import { longestChannelText, type PolicyLimits } from "./limits.ts";
import type { StandIn } from "./reviewers.ts";
import { checkName, readFields, readMap, readScalars, readText, requireField, show } from "./shape.ts";
import type { MapEntry, TreeNode } from "./yaml-tree.ts";

/** The reviewers that one policy names. */
export type Reviewers = {
  /** Name to group id. */
  readonly groups: ReadonlyMap<string, string>;
  /** The group behind a name, or undefined after reporting that there is none. */
  readonly use: (name: string, at: Position, findings: Findings) => StandIn | undefined;
  readonly warnUnused: () => void;
};

export function readReviewers(node: TreeNode | undefined, limits: PolicyLimits, findings: Findings): Reviewers {
  const known = new Map<string, { readonly reviewer: StandIn; readonly at: Position }>();
  const used = new Set<string>();
  for (const entry of (node && readMap(node, "reviewers", findings))?.entries.values() ?? []) {
    if (!checkName(entry.key, entry.at, "reviewer", findings)) continue;
    known.set(entry.key, { reviewer: readReviewer(entry, limits, findings), at: entry.at });
  }
  if (node && known.size > limits.reviewers) findings.error(node.at, `more than ${limits.reviewers} reviewers`);
  return {
    groups: new Map([...known].map(([name, { reviewer }]) => [name, reviewer.group])),
    use: (name, at, reporting) => {
      used.add(name);
      if (!known.has(name)) reporting.error(at, `no reviewer named ${name}${didYouMean(name, known.keys())}`);
      return known.get(name)?.reviewer;
    },
    warnUnused: () => {
      for (const [name, { at }] of known) {
        if (!used.has(name)) findings.warn(at, "unused", `no rule asks the reviewer ${name}`);
      }
    },
  };
}

function readReviewer(entry: MapEntry, limits: PolicyLimits, findings: Findings): StandIn {
  const what = `the reviewer ${entry.key}`;
  const fields = readFields(entry.value, what, ["entraGroup", "channel", "channels"], findings);
  // A reviewer whose group is wrong is still a known name: one fault is enough.
  if (!fields) return { group: "", name: entry.key };
  const group = readGroup(requireField(fields, "entraGroup", what, entry.at, findings), findings) ?? "";
  const channels = readChannels(fields, what, limits, findings);
  return { group, name: entry.key, ...(channels.length > 0 && { channels }) };
}

function readGroup(node: TreeNode | undefined, findings: Findings): string | undefined {
  const group = readText(node, "entraGroup", findings);
  if (group === undefined || !node) return undefined;
  if (isGuid(group)) return group.toLowerCase();
  findings.error(node.at, `entraGroup is the object id of an Entra group; ${show(node)} is not a guid`);
  return undefined;
}

function readChannels(
  fields: ReadonlyMap<string, MapEntry>,
  what: string,
  limits: PolicyLimits,
  findings: Findings,
): readonly string[] {
  const one = fields.get("channel");
  const several = fields.get("channels");
  if (one && several) findings.error(several.at, `${what} has channel or channels, not both`);
  const items = one ? [one.value] : (readScalars(several?.value, "channels", findings) ?? []);
  if (several && items.length > limits.channels) findings.error(several.at, `more than ${limits.channels} channels`);
  const channels = new Set<string>();
  for (const { channel, at } of items.flatMap((item) => readChannel(item, findings))) {
    if (channels.has(channel)) findings.warn(at, "duplicate-entry", `${channel} stands twice in channels`);
    channels.add(channel);
  }
  return [...channels].sort(compareText);
}

/** Control and format characters, line separators, half characters: what a name on a screen cannot be told by. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A scheme, a query with a signature, or a host of those who take webhooks. */
const likeUrl = /:\/\/|^www\.|[?&]sig=|\.(logic\.azure|powerplatform|webhook\.office)\.(com|us|cn)\b/i;

type Channel = { readonly channel: string; readonly at: Position };

function readChannel(node: TreeNode, findings: Findings): readonly Channel[] {
  const channel = readText(node, "channel", findings);
  if (channel === undefined) return [];
  if (likeUrl.test(channel)) {
    // Whoever has the URL of a webhook can post by it: the message must not repeat it.
    const remedy = "keep it in the app's settings under a name, and write that name here";
    findings.error(node.at, `channel is an id or a name, and this looks like a URL, which is a secret; ${remedy}`);
    return [];
  }
  if (channel.length <= longestChannelText && !unprintable.test(channel)) return [{ channel, at: node.at }];
  const form = `1 to ${longestChannelText} characters, none of them a control character`;
  findings.error(node.at, `channel is the id or name of a channel or webhook: ${form}`);
  return [];
}
