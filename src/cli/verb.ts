import type { Api, ApiPlace, Azure, AzurePlace, Store, StorePlace } from "../compose-cli.ts";

/** 0 done, 1 refused, failed or not found, 2 wrong usage or a file that cannot be read. */
export type ExitCode = 0 | 1 | 2;

/** What a verb has of the world beside files. */
export type Context = {
  readonly out: (text: string) => void;
  /** How far a long command is, in place of what it said before; an empty text takes it away. Not part of the answer. */
  readonly progress: (text: string) => void;
  /** Gives text to a pipe as it is, and waits until the pipe took it; false when nobody reads any more. */
  readonly pipe: (text: string) => Promise<boolean>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly withStore: (place: StorePlace, act: (store: Store) => Promise<ExitCode>) => Promise<ExitCode>;
  readonly withApi: (place: ApiPlace, act: (api: Api) => Promise<ExitCode>) => Promise<ExitCode>;
  readonly withAzure: <T>(place: AzurePlace, until: AbortSignal, act: (azure: Azure) => Promise<T>) => Promise<T>;
  /** Asks the person at the terminal one question and gives the line; undefined where nobody sits there. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
};

/** One command, in its own file. */
export type Verb = {
  /** How it is called: `policy check`. */
  readonly words: string;
  /** One line for the list of commands. */
  readonly about: string;
  readonly usage: string;
  readonly run: (args: readonly string[], context: Context) => Promise<ExitCode>;
};

/** What the user can put right; printed without a stack trace. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly exitCode: Exclude<ExitCode, 0>;

  constructor(message: string, exitCode: Exclude<ExitCode, 0> = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
