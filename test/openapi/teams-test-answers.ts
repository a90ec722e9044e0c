import type { HttpResponseInit } from "@azure/functions";
import { json, problem } from "../../src/http/respond.ts";
import { readTeamsTrial } from "../../src/intake/teams-trial.ts";
import { type TrialMeans, tryTeams } from "../../src/teams/try-teams.ts";
import { FakeConversations } from "../teams/fake-conversations.ts";
import { tenant } from "../workflow/stage.ts";

type Answer = readonly [operation: string, name: string, answer: HttpResponseInit];

/** What tests of Teams are answered with, good and bad. */
export async function teamsTestAnswers(): Promise<readonly Answer[]> {
  const channel = {
    ...{ serviceUrl: "https://smba.trafficmanager.net/emea/", tenantId: tenant, teamId: "19:t@thread.tacv2" },
    ...{
      aadGroupId: null,
      teamName: null,
      usable: true,
      channelId: "19:a@thread.tacv2",
      channelName: "approvals",
      botId: "28:bot",
    },
  };
  const means: TrialMeans = {
    bot: { appId: "11111111-1111-4111-8111-111111111111", withSecret: false },
    fallback: undefined,
    tokens: { token: async () => "a-token" },
    connector: {
      announce: async () => ({
        kind: "posted",
        conversationId: "19:a@thread.tacv2;messageid=1",
        activityId: "1",
      }),
      updateActivity: async () => ({ kind: "done" }),
      reply: async () => ({ kind: "done" }),
    },
    conversations: new FakeConversations(channel),
    tenantId: tenant,
    language: "en",
    now: () => new Date("2026-11-26T20:00:00Z"),
    sleep: async () => undefined,
  };
  const say = async (name: string, body: unknown, change: Partial<TrialMeans> = {}): Promise<Answer> => {
    const wish = readTeamsTrial(body);
    if (!wish.ok) return ["testTeams", name, problem(400, wish.problem)];
    return [
      "testTeams",
      name,
      json(200, await tryTeams({ ...wish.value, sentBy: "Megan Test" }, { ...means, ...change })),
    ];
  };
  return [
    await say("all is well", {}),
    await say("another channel", { channel: "sales" }),
    await say("no bot", {}, { bot: undefined }),
    await say("no name", { channel: " " }),
  ];
}
