import { keyOf } from "./resource-ids.ts";
import type { ArmService } from "./resources.ts";
import type { ArmSettings } from "./settings.ts";

/**
 * Whether a subscription may connect to a service: its list names the subscription, or everybody (`*`).
 *
 * With the switch `visibility.byRole` a service with the access mode Default is also visible to callers who may read it, as
 * Azure's role-based visibility is described [U]; `Restricted` always goes by the list alone.
 */
export function isVisible(
  service: ArmService,
  subscriptionId: string,
  mayRead: boolean,
  settings: ArmSettings,
): boolean {
  if (isListed(service.visibility, subscriptionId)) return true;
  return settings["visibility.byRole"] && service.accessMode === "Default" && mayRead;
}

/** Whether Azure itself lets this subscription in at once. */
export function isAutoApproved(service: ArmService, subscriptionId: string): boolean {
  return isListed(service.autoApproval, subscriptionId);
}

/** Entries of `autoApproval` that `visibility` does not hold: Azure wants a subset. */
export function beyondVisibility(visibility: readonly string[], autoApproval: readonly string[]): readonly string[] {
  return autoApproval.filter((subscription) => !isListed(visibility, subscription));
}

function isListed(list: readonly string[], subscriptionId: string): boolean {
  return list.some((entry) => entry === "*" || keyOf(entry) === keyOf(subscriptionId));
}
