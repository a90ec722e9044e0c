import type { BulletinNames, BulletinWords, Fill, RunCount, RunDoes } from "./bulletin-words.ts";

const doing: Readonly<Record<RunDoes, string>> = {
  recertify: "The review of approvals",
  judge: "The comparison of approvals with the policies in force",
  drain: "The draining",
};

const fates: Readonly<Record<string, string>> = {
  planned: "not asked about yet",
  open: "still open",
  kept: "kept",
  "taken-away": "taken away",
  flagged: "confirmed by nobody",
  stays: "left as they are",
  withdrawn: "no longer a question",
  elsewhere: "changed outside plgate",
  unasked: "not reached in time",
};

export const englishBulletin: BulletinWords = {
  connection: {
    "approved-outside": {
      say: (names) => `${connectionOf(names)} is Approved in Azure, and no decision of plgate says so.`,
      next: "If it should not be, reject it in Azure. It is put on record and left as it is.",
    },
    adopted: {
      say: (names) =>
        `${connectionOf(names)} was approved past plgate. Policy approves it too, so plgate takes it as its own.`,
      next: "There is nothing to do.",
    },
    "no-longer-approved": {
      say: (names) => `${connectionOf(names)} is approved, and the policies in force would not approve it any more.`,
      next: "It stays as it is: take it away in Azure, or change the policy.",
    },
    "ended-outside": {
      say: (names) => `${connectionOf(names)} was approved by plgate, and somebody ended it in Azure.`,
      next: "If that was a mistake, the consumer has to ask anew.",
    },
    "pending-again": {
      say: (names) => `${connectionOf(names)} was rejected by plgate, and is Pending again.`,
      next: "It is judged anew, as any request.",
    },
    "ended-rejected": {
      say: (names) => `${connectionOf(names)} was approved by plgate, and somebody rejected it in Azure.`,
      next: "If that was a mistake, the consumer has to ask anew.",
    },
    "ended-disconnected": {
      say: (names) => `${connectionOf(names)} was approved by plgate, and somebody cut it in Azure.`,
      next: "If that was a mistake, the consumer has to ask anew.",
    },
    "ended-gone": {
      say: (names) => `${connectionOf(names)} is gone; with it its approval ended.`,
      next: "There is nothing to do.",
    },
    "ended-replaced": {
      say: (names) => `Another endpoint took the place of ${connectionOf(names)}; with it its approval ended.`,
      next: "The new one is judged by itself.",
    },
    "ended-pending": {
      say: (names) => `${connectionOf(names)} was approved by plgate, and is Pending again.`,
      next: "It is judged anew, as any request.",
    },
  },
  service: {
    "auto-approval": {
      say: ({ service }) => `Azure itself lets subscriptions in at ${service}, past every policy: auto-approval is on.`,
      next: "Unless that is wanted, empty the auto-approval list of the service.",
    },
    "visible-to-anyone": {
      say: ({ service }) => `Anyone who knows the alias may ask for a connection to ${service}.`,
      next: "Unless that is wanted, restrict the visibility of the service.",
    },
    cleared: {
      say: ({ service }) => `What was found at ${service} is not so any more.`,
      next: "There is nothing to do.",
    },
  },
  capacity: {
    connections: {
      say: ({ service }, fill) => `${service} has nearly as many connections as Azure allows${filled(fill)}.`,
      next: "Take away what is not used, or send new consumers to another service: a full one takes none.",
    },
    "nat-addresses": {
      say: ({ service }, fill) => `${service} has nearly as many NAT addresses as Azure allows${filled(fill)}.`,
      next: "Plan another service: no more addresses can be added here soon.",
    },
    "nat-ports": {
      say: ({ service }, fill) => `The NAT ports of ${service} are nearly used up${filled(fill)}.`,
      next: "Add a NAT address: all consumers share the ports, and one more can starve the others.",
    },
    "auto-approval": {
      say: ({ service }, fill) =>
        `The auto-approval list of ${service} is nearly as long as Azure allows${filled(fill)}.`,
      next: "Take subscriptions off it: policy can decide for them.",
    },
    visibility: {
      say: ({ service }, fill) => `The visibility list of ${service} is nearly as long as Azure allows${filled(fill)}.`,
      next: "Take subscriptions off it, or plan another service.",
    },
  },
  run: {
    proposed: {
      say: (does, run, service) => `${doing[does]}${at(service)} is proposed, run ${run}.`,
      next: "A second person has to confirm it before anything happens.",
    },
    started: {
      say: (does, run, service) => `${doing[does]}${at(service)} has begun, run ${run}.`,
      next: "Where people are asked, cards follow. It can be stopped at any time.",
    },
    drained: {
      say: (does, run, service) => `${doing[does]}${at(service)} is done, run ${run}: nobody is connected any more.`,
      next: "The service can be deleted.",
    },
    "drained-listed": {
      say: (does, run, service) => `${doing[does]}${at(service)} is done, run ${run}: nobody is connected any more.`,
      next: "Azure still lists connections that ended, and may refuse to delete the service until they are removed.",
    },
    stopped: {
      say: (does, run, service) => `${doing[does]}${at(service)} was stopped, run ${run}.`,
      next: "What nobody decided stays as it is.",
    },
    finished: {
      say: (does, run, service, counts) => `${doing[does]}${at(service)} is finished, run ${run}${counted(counts)}.`,
      next: "There is nothing more to do.",
    },
  },
  headings: {
    drift: "Azure differs from the record",
    capacity: "A limit of Azure is near",
    ended: "An approval ended",
    run: "A run over many connections",
    other: "News of plgate",
  },
  labels: {
    service: "Service",
    connection: "Connection",
    subscription: "Consumer subscription",
    subscriptions: "Subscriptions",
    seen: "Seen",
  },
  unknown: "not known",
};

function connectionOf({ service, connection, consumer }: BulletinNames): string {
  return `${connection}${consumer === null ? "" : ` of ${consumer}`} at ${service}`;
}

function at(service: string | null): string {
  return service === null ? "" : ` of ${service}`;
}

function filled({ percent, used, most }: Fill): string {
  const share = percent === null ? "" : `over ${percent} percent`;
  const count = used === null || most === null ? "" : `${used} of ${most}`;
  const said = [count, share].filter(Boolean).join(", ");
  return said === "" ? "" : `: ${said}`;
}

function counted(counts: readonly RunCount[]): string {
  if (counts.length === 0) return "";
  return `: ${counts.map(({ fate, count }) => `${count} ${fates[fate] ?? fate}`).join(", ")}`;
}
