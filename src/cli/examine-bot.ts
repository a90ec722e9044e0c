import type { Azure, Reading } from "../compose-cli.ts";
import { textOf } from "./ask-api.ts";
import { bad, type Examined, needsReader, ok, unread } from "./examined.ts";
import type { Surroundings } from "./surroundings.ts";
import { member } from "./where.ts";

type How = Pick<Surroundings, "subscriptionId" | "group" | "bot" | "clientId" | "appUrl">;

const query = { "api-version": "2022-09-15" };
const check = "bot";

/** The Azure Bot and its channel to Teams. In which channels of Teams it is, health tells. */
export async function examineBot({ arm }: Azure, how: How): Promise<readonly Examined[]> {
  const { subscriptionId, group, bot } = how;
  if (!subscriptionId || !group || !bot) {
    return [
      bad(
        "skipped",
        check,
        "no bot was made with this deployment",
        "For cards in Teams: azd env set PLGATE_TEAMS_BOT true, azd provision.",
      ),
    ];
  }
  const scope = `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
  const id = `${scope}/providers/Microsoft.BotService/botServices/${bot}`;
  const [itself, teams] = await Promise.all([
    arm.one(id, { query }),
    arm.one(`${id}/channels/MsTeamsChannel`, { query }),
  ]);
  if (itself.kind === "read") return judgeBot(itself.value, teams, how);
  const absent = bad("failed", check, `there is no bot ${bot} in ${group}`, "azd provision");
  return [unread(check, itself, { absent, needs: needsReader(scope) })];
}

/** The findings about a bot. Pure. */
export function judgeBot(
  bot: unknown,
  teams: Reading,
  { clientId, appUrl, bot: name, group }: How,
): readonly Examined[] {
  const properties = member(bot, "properties");
  const found: Examined[] = [];
  const appId = textOf(properties, "msaAppId");
  if (clientId !== undefined && appId?.toLowerCase() !== clientId.toLowerCase()) {
    found.push(
      bad(
        "failed",
        check,
        `it acts as ${appId ?? "nobody"}, and plgate as ${clientId}: Teams refuses its cards`,
        "azd provision",
      ),
    );
  }
  const endpoint = textOf(properties, "endpoint");
  const path = "/api/messages";
  if (!endpoint?.endsWith(path) || (appUrl !== undefined && !sameOrigin(endpoint, appUrl))) {
    const remedy = `If plgate is not reached there: azd provision (PLGATE_PUBLIC_URL names another address)`;
    found.push(
      bad(
        "warning",
        check,
        `what happens in Teams is sent to ${endpoint ?? "nowhere"}, not to ${appUrl ?? ""}${path}`,
        remedy,
      ),
    );
  }
  if (member(properties, "disableLocalAuth") !== true) {
    found.push(bad("warning", check, "its keys open its other channels", "azd provision"));
  }
  return [
    ...(found.length > 0 ? found : [ok(check, `${name} acts as the identity of plgate`)]),
    teamsOf(teams, { name, group }),
  ];
}

function sameOrigin(one: string, other: string): boolean {
  return URL.parse(one)?.origin === URL.parse(other)?.origin;
}

function teamsOf(
  reading: Reading,
  { name, group }: { readonly name: string | undefined; readonly group: string | undefined },
): Examined {
  const title = "bot: Teams channel";
  const remedy = `az bot msteams create --name ${name} --resource-group ${group}`;
  if (reading.kind !== "read") {
    return unread(title, reading, {
      absent: bad("failed", title, "the bot has no channel to Teams", remedy),
      needs: needsReader(`"$(az bot show --name ${name} --resource-group ${group} --query id --output tsv)"`),
    });
  }
  const settings = member(member(member(reading.value, "properties"), "properties"), "isEnabled");
  return settings === true ? ok(title, "it is on") : bad("failed", title, "it is switched off", remedy);
}
