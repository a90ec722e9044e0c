import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { parseArgs } from "node:util";
import { NetworkManagementClient } from "@azure/arm-network";
import { isStackAlive, localDir } from "./running-stack.ts";
import { consumers, providerGroup, serviceName } from "./seed.ts";

const usage = `Plays a consumer against the running local stack: creates, shows or deletes a private endpoint.

  npm run --silent local:consumer -- --as NAME --name ENDPOINT [--message TEXT] [--region REGION]
  npm run --silent local:consumer -- --as NAME --name ENDPOINT --show | --delete

  --as NAME        ${Object.keys(consumers).join(", ")}
  --name ENDPOINT  name of the private endpoint
  --message TEXT   the request message, at most 140 characters
  --region REGION  westeurope when left out
`;

const { values } = parseArgs({
  options: {
    as: { type: "string" },
    name: { type: "string" },
    message: { type: "string", default: "" },
    region: { type: "string", default: "westeurope" },
    show: { type: "boolean", default: false },
    delete: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const consumer = Object.entries(consumers).find(([name]) => name === values.as)?.[1];
if (values.help || !consumer || !values.name) {
  process.stdout.write(usage);
  process.exitCode = values.help ? 0 : 2;
} else if (!(await isStackAlive())) {
  process.stderr.write('no local stack is running; start it by "npm start"\n');
  process.exitCode = 1;
} else {
  await play(consumer, values.name);
}

async function play(seed: (typeof consumers)[keyof typeof consumers], name: string): Promise<void> {
  const { arm, issuer } = JSON.parse(await readFile(join(localDir, "state.json"), "utf8"));
  setDefaultCACertificates([...getCACertificates("default"), await readFile(arm.caFile, "utf8")]);
  const credential = {
    getToken: async () => ({ token: await armToken(issuer), expiresOnTimestamp: Date.now() + 600_000 }),
  };
  const client = new NetworkManagementClient(credential, seed.subscriptionId, { endpoint: arm.url });
  const group = seed.resourceGroup;
  if (values.delete) {
    await client.privateEndpoints.delete(group, name, { updateIntervalInMs: 50 });
    process.stdout.write(`${name} is deleted\n`);
    return;
  }
  if (!values.show) {
    const provider = new NetworkManagementClient(credential, arm.subscriptionId, { endpoint: arm.url });
    const service = await provider.privateLinkServices.get(providerGroup, serviceName);
    const network = `/subscriptions/${seed.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Network/virtualNetworks/vnet-consumer`;
    await client.privateEndpoints.createOrUpdate(
      group,
      name,
      {
        location: values.region,
        subnet: { id: `${network}/subnets/snet-endpoints` },
        manualPrivateLinkServiceConnections: [
          { name: "payments", privateLinkServiceId: service.alias ?? "", requestMessage: values.message },
        ],
      },
      { updateIntervalInMs: 50 },
    );
  }
  const endpoint = await client.privateEndpoints.get(group, name);
  const state = endpoint.manualPrivateLinkServiceConnections?.[0]?.privateLinkServiceConnectionState;
  process.stdout.write(`${name}: ${state?.status}${state?.description ? ` (${state.description})` : ""}\n`);
}

/** A token of the local authority; a person's token acts on the local ARM as the developer of this laptop. */
async function armToken({ controlUrl, controlSecret }: { controlUrl: string; controlSecret: string }): Promise<string> {
  const answer = await fetch(`${controlUrl}/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${controlSecret}`, "content-type": "application/json" },
    body: JSON.stringify({ user: "megan" }),
  });
  const { token }: { token?: string } = JSON.parse(await answer.text());
  if (!token) throw new Error(`the token issuer refuses (${answer.status})`);
  return token;
}
