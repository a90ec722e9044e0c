import { rename, writeFile } from "node:fs/promises";
import type { RunningArm } from "./arm/server.ts";
import type { EventGrid } from "./eventgrid/server.ts";
import type { HostProcess } from "./host-process.ts";
import type { Issuer } from "./issuer/issuer.ts";
import { appIdentity, providerSubscription, providerTenant, serviceId } from "./seed.ts";
import type { Azurite } from "./storage/azurite.ts";
import type { Playground } from "./teams/playground.ts";
import type { SigningProxy } from "./teams/signing-proxy.ts";

export type StateParts = {
  readonly host: HostProcess;
  readonly keys: { readonly master: string; readonly eventGrid: string };
  readonly arm: RunningArm;
  readonly caFile: string;
  readonly azurite: Azurite;
  readonly playground: Playground;
  readonly proxy: SigningProxy;
  readonly issuer: Issuer;
  readonly eventGrid: EventGrid;
};

/** Tells tools where things are (design.md, interfaces); readable by the owner only, because it holds the local secrets. */
export async function writeState(file: string, parts: StateParts): Promise<void> {
  const { host, keys, arm, caFile, azurite, playground, proxy, issuer, eventGrid } = parts;
  const state = {
    functions: { url: host.url, masterKey: keys.master, eventGridKey: keys.eventGrid, pid: host.pid() },
    arm: {
      url: arm.url,
      caFile,
      subscriptionId: providerSubscription,
      serviceId: serviceId,
      principalId: appIdentity.objectId,
      controlUrl: arm.controlUrl,
      controlSecret: arm.controlSecret,
    },
    storage: { connectionString: azurite.connectionString },
    teams: { playgroundUrl: playground.url, actor: proxy.control },
    issuer: { ...issuer.control, authority: issuer.url, tenantId: providerTenant },
    eventGrid: { url: eventGrid.url, decisionsTopic: `${eventGrid.url}/api/events`, topicKey: eventGrid.topicKey },
    pid: process.pid,
  };
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}
