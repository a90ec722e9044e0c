/** Timers that end together: after `stop` nothing runs any more, and nothing keeps the process alive. */
export type Timers = {
  after(milliseconds: number, run: () => void): void;
  wait(milliseconds: number): Promise<void>;
  stop(): void;
};

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>();
  let stopped = false;
  const after = (milliseconds: number, run: () => void) => {
    if (stopped) return;
    const timer = setTimeout(() => {
      running.delete(timer);
      run();
    }, milliseconds);
    running.add(timer);
  };
  return {
    after,
    wait: (milliseconds) => new Promise((resolve) => after(milliseconds, resolve)),
    stop() {
      stopped = true;
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
}
