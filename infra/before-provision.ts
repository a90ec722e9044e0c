import { checkAzure, checkNames, type Finding } from "./check-azure.ts";
import { deployTemplate, recordDeployment } from "./deploy-template.ts";
import { type Environment, type Outside, remember, runHook } from "./outside.ts";
import { explainRegistration, type Registration, registerApp } from "./register-app.ts";
import { type Fault, findFaults } from "./settings.ts";

/**
 * The first step of `azd provision`: looks whether the deployment can succeed, makes the app registration of the API where none
 * is named, and the group that keeps the record of decisions. Nothing is made before every check has passed.
 *
 * Running it again changes nothing. Stopped at any point, it goes on where it was: what was made is found by its name.
 */

/** How it ended. Only `ready` lets azd go on. */
export type Preparation =
  | { readonly kind: "ready"; readonly notes: readonly string[] }
  | { readonly kind: "faults"; readonly faults: readonly Fault[] }
  | { readonly kind: "refused"; readonly findings: readonly Finding[] }
  | { readonly kind: "no-registration"; readonly registration: Registration }
  | { readonly kind: "no-record"; readonly output: string }
  | { readonly kind: "not-kept"; readonly output: string };

/** Prepares a deployment, or says all that stands in its way. */
export async function prepare(environment: Environment, outside: Outside): Promise<Preparation> {
  const faults = findFaults(environment);
  if (faults.length > 0) return { kind: "faults", faults };

  outside.say("Looking whether Azure will take the deployment.");
  const findings = await checkAzure(environment, outside);
  if (findings.some(({ kind }) => kind === "refused")) return { kind: "refused", findings };

  const registration = await registerApp(environment, outside);
  if (registration.kind === "refused") return { kind: "no-registration", registration };
  if (registration.kind === "not-kept") return { kind: "not-kept", output: registration.output };

  outside.say("Deploying the record of decisions.");
  const record = await deployTemplate(recordDeployment(environment), outside);
  if (!record.ok) return { kind: "no-record", output: record.output };
  const kept = await remember(environment, record.outputs, outside);
  if (!kept.ok) return { kind: "not-kept", output: kept.output };

  const names = await checkNames({ ...environment, ...record.outputs }, outside);
  if (names.some(({ kind }) => kind === "refused")) return { kind: "refused", findings: [...findings, ...names] };
  const notes = [...findings, ...names].map(({ what }) => `Not known: ${what}`);
  return { kind: "ready", notes: [...notes, ...explainRegistration(registration)] };
}

/** What to tell the person at the terminal. */
export function explainPreparation(outcome: Preparation): string {
  switch (outcome.kind) {
    case "ready":
      return [...outcome.notes, "Ready to provision."].join("\n");
    case "faults":
      return ["Nothing was made. These values have to be mended first:", ...outcome.faults.map(writeFault)].join("\n");
    case "refused":
      return ["Azure would refuse the deployment:", ...outcome.findings.map(({ what }) => `- ${what}`)].join("\n");
    case "no-registration":
      return explainRegistration(outcome.registration).join("\n");
    case "no-record":
      return `The record of decisions could not be deployed (infra/record.bicep).\n${adviseRecord(outcome.output)}${outcome.output}`;
    case "not-kept":
      return `A value could not be kept in azd's environment. Run it again: what was made is found.\n${outcome.output}`;
  }
}

function writeFault({ name, why }: Fault): string {
  return `- ${name}: ${why}`;
}

const recordAdvice: readonly (readonly [RegExp, string])[] = [
  [
    /StorageAccountAlreadyTaken|already taken/i,
    "The name is taken in another subscription: azd env new <another name>",
  ],
  [
    /SkuNotAvailable|not available in|NotAvailableForSubscription/i,
    "No zones there: azd env set PLGATE_DATA_SKU Standard_LRS",
  ],
  [/immutability|ContainerImmutabilityPolicy/i, "A policy is locked: azd env set PLGATE_AUDIT_POLICIES_LOCKED true"],
  [
    /InvalidResourceGroupLocation|InvalidDeploymentLocation/i,
    "The record lies in another region. Set AZURE_LOCATION back to it.",
  ],
];

function adviseRecord(output: string): string {
  const advice = recordAdvice.find(([pattern]) => pattern.test(output))?.[1];
  return advice ? `${advice}\n` : "";
}

if (import.meta.main) {
  await runHook(async (environment, outside) => {
    const outcome = await prepare(environment, outside);
    outside.say(explainPreparation(outcome));
    return outcome.kind === "ready";
  });
}
