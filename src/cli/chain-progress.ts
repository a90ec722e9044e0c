type Progress = { readonly chains: number; readonly of: number; readonly events: number };

const barWidth = 20;
const drawEveryMs = 100;

/** Draws a bar for work that goes from chain to chain, no oftener than eyes can follow. */
export function chainProgress(
  what: string,
  show: (text: string) => void,
  now: () => number = () => performance.now(),
): (progress: Progress) => void {
  const began = now();
  let last = Number.NEGATIVE_INFINITY;
  return ({ chains, of, events }) => {
    if (now() - last < drawEveryMs) return;
    last = now();
    const part = of > 0 ? chains / of : 0;
    const bar = "#".repeat(Math.round(part * barWidth)).padEnd(barWidth, "-");
    const perSecond = Math.round((events * 1000) / Math.max(1, now() - began));
    show(`${what} [${bar}] ${chains} of ${of} chains, ${events} events, ${perSecond}/s`);
  };
}
