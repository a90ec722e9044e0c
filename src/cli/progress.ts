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
    const part = size > 0 ? Math.min(1, read / size) : 0;
    const bar = "#".repeat(Math.round(part * barWidth)).padEnd(barWidth, "-");
    const perSecond = Math.round((rows * 1000) / Math.max(1, now() - began));
    const refused = wrong > 0 ? `, ${wrong} refused` : "";
    show(`${file} [${bar}] ${Math.floor(part * 100)}%  ${rows} rows${refused}, ${perSecond}/s`);
  };
}
