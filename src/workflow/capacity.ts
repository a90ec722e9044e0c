import type { Finding } from "../ledger/standing-finding.ts";
import type { Sight } from "./drift-look.ts";
import { aboutService, clearFinding, type Found, tellFindings } from "./findings.ts";
import { natPortsNow } from "./nat-port-readings.ts";
import type { Ports } from "./ports.ts";
import type { Review } from "./review.ts";
import { type Share, sharesOf } from "./shares.ts";

const levels = [80, 95] as const;
/** So many points below a level it is cleared: a share that goes up and down around the level is told once. */
const slack = 5;

/**
 * Warns before a limit of Azure is reached: once at 80 and once at 95 percent of each, and again only after it was well below. A
 * limit that cannot be read now is left as it was found.
 */
export async function watchCapacity({ findings }: Sight, review: Review, ports: Ports): Promise<void> {
  const { connections, natIps, autoApproval, visibility = [] } = review.service;
  const natPorts = await natPortsNow(review, ports);
  const shares = sharesOf({ connections: connections.length, natIps, autoApproval, visibility, natPorts });
  const standing = new Map(findings.map((finding) => [finding.key, finding]));
  await tellFindings(
    shares.flatMap((share) => warnings(share, standing, review, ports)),
    review,
    ports,
  );
  for (const share of shares) {
    for (const level of levels) {
      const finding = standing.get(keyOf(share, level));
      if (review.mustStop()) return;
      if (!finding || share.percent >= level - slack) continue;
      await clearFinding(finding, `${sentenceOf(share)} That is well below ${level} percent.`, review, ports);
    }
  }
}

/** Of several levels that are reached at once all are put on record, and the highest is told. */
function warnings(
  share: Share,
  standing: ReadonlyMap<string, Finding>,
  review: Review,
  ports: Ports,
): readonly Found[] {
  // Where plgate only observes nobody is told; they are when it does more.
  const mark = ports.settings.mode === "observe" ? "observed" : "told";
  const reached = levels.filter((level) => share.percent >= level);
  return reached.flatMap((level) => {
    const key = keyOf(share, level);
    const before = standing.get(key);
    if (before?.mark === mark) return [];
    const what = sentenceOf(share);
    const since = before?.since ?? ports.clock.now().toISOString();
    const detail = { ...share, level, key };
    return {
      finding: { v: 1, key, kind: "capacity", connectionId: null, since, mark, what },
      event: aboutService("capacity-warned", review.hand, review.service.ref.id, what, detail),
      tell: mark === "told" && level === reached.at(-1),
    };
  });
}

function keyOf({ limit }: Share, level: number): string {
  return `capacity|${limit}|${level}`;
}

const names: Readonly<Record<Share["limit"], string>> = {
  connections: "connections",
  "nat-addresses": "NAT addresses",
  "nat-ports": "percent of the NAT ports",
  "auto-approval": "subscriptions on the auto-approval list",
  visibility: "subscriptions on the visibility list",
};

function sentenceOf({ limit, used, most }: Share): string {
  return limit === "nat-ports"
    ? `${used} ${names[limit]} are in use.`
    : `${used} of ${most} ${names[limit]} are in use.`;
}
