/** One request with its answer as they went over the wire; tokens are removed. */
export type RecordedExchange = {
  readonly time: string;
  readonly durationMs: number;
  readonly request: RecordedMessage & { readonly method: string; readonly url: string };
  /** Absent when the connection broke, or the answer stalled, before it was sent whole. */
  readonly response?: RecordedMessage & { readonly status: number };
  /** The answer was ordered as a fault: it says nothing about how the local ARM answers. */
  readonly injected: boolean;
};

type RecordedMessage = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

const secrets = ["authorization", "cookie", "proxy-authorization", "x-ms-authorization-auxiliary"];

export function withoutSecrets(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secrets.includes(name.toLowerCase())));
}

export type Ring<T> = { add(item: T): void; all(): readonly T[] };

/** Keeps the last items only, so that a long run does not eat the memory. */
export function createRing<T>(capacity: number): Ring<T> {
  const kept: T[] = [];
  return {
    add(item) {
      kept.push(item);
      if (kept.length > capacity) kept.shift();
    },
    all: () => [...kept],
  };
}
