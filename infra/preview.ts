import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Deployment,
  mainDeployment,
  previewTemplate,
  recordDeployment,
  rightsDeployment,
  wantsEvents,
  watchDeployment,
} from "./deploy-template.ts";
import { type Environment, type Outside, runHook } from "./outside.ts";
import { findFaults, watchedSubscriptions } from "./settings.ts";

/**
 * What a deployment would change, by Azure's what-if of every template: for a pull request, or before `azd up`.
 *
 * `azd provision --preview` shows main.bicep alone, because it runs no hook. This one needs no right to write anything.
 */

/** Shows each preview; false where one could not be made. */
export async function previewAll(environment: Environment, outside: Outside): Promise<boolean> {
  const faults = findFaults(environment);
  for (const { name, why } of faults) outside.say(`${name}: ${why}`);
  if (faults.length > 0) return false;
  let good = true;
  for (const deployment of await deployments(environment)) {
    const where = "managementGroup" in deployment.at ? deployment.at.managementGroup : deployment.at.subscription;
    outside.say(`\ninfra/${deployment.template}.bicep in ${where}`);
    const shown = await previewTemplate(deployment, outside);
    outside.say(shown.output.trim());
    good &&= shown.ok;
  }
  return good;
}

/** Rights and events can be previewed once there is an identity and a function: after the first deployment. */
async function deployments(environment: Environment): Promise<readonly Deployment[]> {
  const parameters = await readFile(join(import.meta.dirname, "main.parameters.json"), "utf8");
  const isDeployed = Boolean(environment["AZURE_IDENTITY_PRINCIPAL_ID"] && environment["AZURE_DATA_ACCOUNT"]);
  const watched = wantsEvents(environment) ? watchedSubscriptions(environment) : [];
  return [
    recordDeployment(environment),
    mainDeployment(environment, parameters),
    ...(isDeployed ? [rightsDeployment(environment)] : []),
    ...(isDeployed && environment["AZURE_FUNCTION_APP"] ? watched.map((id) => watchDeployment(environment, id)) : []),
  ];
}

if (import.meta.main) await runHook(previewAll);
