import { megan, tenant } from "./a-view.ts";

/* What Teams sends, as teams.md 2 shows it; tests change one thing. */

export const botId = "28:11111111-1111-1111-1111-111111111111";
export const channel = "19:approvals@thread.tacv2";
export const serviceUrl = "https://smba.trafficmanager.net/emea/";
export const messageId = "1795393603904";

export function anInstallation(change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    type: "installationUpdate",
    action: "add",
    id: "f:1",
    channelId: "msteams",
    serviceUrl,
    from: { id: "29:megan", aadObjectId: megan.objectId },
    recipient: { id: botId, name: "plgate" },
    conversation: {
      isGroup: true,
      conversationType: "channel",
      tenantId: tenant,
      id: channel,
      name: "privatelink-approvals",
    },
    channelData: {
      tenant: { id: tenant },
      team: { id: "19:general@thread.tacv2", name: "Platform", aadGroupId: "00000000-0000-0000-0000-000000000031" },
      channel: { id: channel },
      settings: { selectedChannel: { id: channel } },
    },
    ...change,
  };
}

export function aClick(change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    type: "invoke",
    name: "adaptiveCard/action",
    id: "f:2",
    channelId: "msteams",
    serviceUrl,
    locale: "en-US",
    localTimezone: "UTC",
    from: { id: "29:megan", name: megan.name, aadObjectId: megan.objectId },
    recipient: { id: botId, name: "plgate" },
    conversation: {
      isGroup: true,
      conversationType: "channel",
      tenantId: tenant,
      id: `${channel};messageid=${messageId}`,
    },
    channelData: {
      source: { name: "message" },
      tenant: { id: tenant },
      team: { id: "19:general@thread.tacv2" },
      channel: { id: channel },
    },
    replyToId: messageId,
    value: pressed({}),
    ...change,
  };
}

/** The value of an Execute whose button carries this data. */
export function pressed(
  data: Readonly<Record<string, unknown>>,
  verb: unknown = "approve",
): Readonly<Record<string, unknown>> {
  const whole = { requestId: "abcdefghijklmnop-qrstuvwxyz-1", justification: "Partner, CHG-1234", ...data };
  return { action: { type: "Action.Execute", title: "Approve", verb, data: whole }, trigger: "manual" };
}
