import { NetworkManagementClient } from "@azure/arm-network";
import { until } from "./demo-console.ts";
import { Consumer } from "./demo-consumer.ts";
import type { Stage, Told } from "./demo-story.ts";
import { consumers, developer, providerGroup, providerSubscription, serviceName } from "./seed.ts";

const endpoint = "pe-fabrikam-portal";
const place = [providerGroup, serviceName] as const;

/** (f) Somebody approves in the portal, past plgate: it is found, put on record and told in the channel. */
export async function approvedInThePortal(stage: Stage): Promise<Told> {
  const { console, api, stack, alias } = stage;
  console.title("(f) Somebody approves in the portal, past plgate");
  await new Consumer(consumers.fabrikam, stack.arm, stack.issuer).ask(endpoint, alias, "Second system");
  await until("the request to wait for people", console, async () =>
    (await api.requests()).find(
      ({ endpointId, state }) => endpointId?.endsWith(`/${endpoint}`) && state === "awaiting-decision",
    ),
  );
  const began = Date.now();
  await approve(stage);
  console.line("a colleague with rights of their own sets the connection to Approved; nobody voted");
  const found = await until("the approval to be found", console, async () =>
    (await api.audit("kind=drift-detected&top=50")).find(({ connectionId }) => connectionId?.includes(`/${endpoint}.`)),
  );
  const took = `${Date.now() - began} ms`;
  console.line(`the record says ${took} later: "${found.what}"`);
  return { what: "(f) approved past plgate", consumer: "Fabrikam", outcome: "Found, told", by: "the review", took };
}

async function approve({ stack }: Stage): Promise<void> {
  const getToken = async () => ({
    token: await stack.issuer.mintArmToken(developer),
    expiresOnTimestamp: Date.now() + 3_000_000,
  });
  const client = new NetworkManagementClient({ getToken }, providerSubscription, { endpoint: stack.arm.url });
  const { privateEndpointConnections: all = [] } = await client.privateLinkServices.get(...place);
  const name = all.find((one) => one.name?.startsWith(`${endpoint}.`))?.name;
  if (!name) throw new Error(`ARM shows no connection of ${endpoint}`);
  const state = { status: "Approved", description: "by hand", actionsRequired: "None" };
  await client.privateLinkServices.updatePrivateEndpointConnection(...place, name, {
    name,
    privateLinkServiceConnectionState: state,
  });
}
