/** Limits of Azure for one Private Link Service (azure.md 5.2); of NAT ports there is only a share. */
export const limits = {
  connections: 1_000,
  "nat-addresses": 8,
  "nat-ports": 100,
  "auto-approval": 100,
  visibility: 100,
} as const;

export type Limit = keyof typeof limits;

/** How much of one limit is used. */
export type Share = {
  readonly limit: Limit;
  readonly used: number;
  readonly most: number;
  /** Rounded down: nothing is called full before it is. */
  readonly percent: number;
};

/** What a service has, as far as it can be told. */
export type Uses = {
  readonly connections: number;
  readonly natIps: number | null | undefined;
  readonly autoApproval: readonly string[];
  readonly visibility: readonly string[];
  /** In percent. */
  readonly natPorts: number | null | undefined;
};

/** The share of each limit that can be told. `*` on a list is no subscription, and fills nothing. */
export function sharesOf(uses: Uses): readonly Share[] {
  const listed = (subscriptions: readonly string[]) => subscriptions.filter((one) => one !== "*").length;
  const used: readonly (readonly [Limit, number | null | undefined])[] = [
    ["connections", uses.connections],
    ["nat-addresses", uses.natIps],
    ["nat-ports", uses.natPorts],
    ["auto-approval", listed(uses.autoApproval)],
    ["visibility", listed(uses.visibility)],
  ];
  return used.flatMap(([limit, count]) => {
    if (count === null || count === undefined) return [];
    const most = limits[limit];
    return [{ limit, used: count, most, percent: Math.floor((count / most) * 100) }];
  });
}
