type Stream = { readonly isTTY?: boolean; readonly write: (text: string) => unknown };

const plainEveryMs = 5_000;

/**
 * Shows how far a long command is: on a terminal in place of what it said before, elsewhere as a line every few
 * seconds, so that a log tells it too and a short command says nothing.
 */
export function progressOn(stream: Stream, now: () => number = () => performance.now()): (text: string) => void {
  if (stream.isTTY) return (text) => void stream.write(`\r\u001b[K${text}`);
  let last = now();
  return (text) => {
    if (text === "" || now() - last < plainEveryMs) return;
    last = now();
    stream.write(`${text}\n`);
  };
}

const barWidth = 20;
const drawEveryMs = 100;

/** How much of a file was read, and how many rows of it; `wrong` rows are said when there are any. */
export type Reading = { readonly read: number; readonly size: number; readonly rows: number; readonly wrong: number };

/** Draws a bar for a file that is read, no oftener than eyes can follow. */
export function fileProgress(
  file: string,
  show: (text: string) => void,
  now: () => number = () => performance.now(),
): (reading: Reading) => void {
  const began = now();
  let last = Number.NEGATIVE_INFINITY;
  return ({ read, size, rows, wrong }) => {
    if (now() - last < drawEveryMs) return;
    last = now();
    const perSecond = Math.round((rows * 1000) / Math.max(1, now() - began));
    const refused = wrong > 0 ? `, ${wrong} refused` : "";
    show(`${file} ${barOf(size > 0 ? read / size : 0)}  ${rows} rows${refused}, ${perSecond}/s`);
  };
}

type Events = { readonly entries: readonly { readonly time: string }[] };

/**
 * Says how far back events were written, the newest first; with a bar when it is known how far back they go. That is the
 * share of the time and not of the events, which nobody has counted.
 */
export function eventsProgress(
  file: string,
  { from }: { readonly from?: Date },
  show: (text: string) => void,
  now: () => number = () => performance.now(),
): (page: Events) => void {
  const began = now();
  let last = Number.NEGATIVE_INFINITY;
  let events = 0;
  let newest: string | undefined;
  return ({ entries }) => {
    const oldest = entries.at(-1)?.time;
    newest ??= entries[0]?.time;
    events += entries.length;
    if (now() - last < drawEveryMs || newest === undefined || oldest === undefined) return;
    last = now();
    const perSecond = Math.round((events * 1000) / Math.max(1, now() - began));
    const whole = from ? Date.parse(newest) - from.getTime() : 0;
    const bar = whole > 0 ? ` ${barOf((Date.parse(newest) - Date.parse(oldest)) / whole)}` : "";
    show(`${file}${bar}  ${events} events back to ${oldest}, ${perSecond}/s`);
  };
}

function barOf(part: number): string {
  const share = Math.min(1, part);
  return `[${"#".repeat(Math.round(share * barWidth)).padEnd(barWidth, "-")}] ${Math.floor(share * 100)}%`;
}

type Chains = { readonly chains: number; readonly of: number; readonly events: number };

/** The same for work that goes from chain to chain. */
export function chainProgress(
  what: string,
  show: (text: string) => void,
  now: () => number = () => performance.now(),
): (progress: Chains) => void {
  const began = now();
  let last = Number.NEGATIVE_INFINITY;
  return ({ chains, of, events }) => {
    if (now() - last < drawEveryMs) return;
    last = now();
    const perSecond = Math.round((events * 1000) / Math.max(1, now() - began));
    show(`${what} ${barOf(of > 0 ? chains / of : 0)}  ${chains} of ${of} chains, ${events} events, ${perSecond}/s`);
  };
}
