/*
 * The parts of Adaptive Cards 1.5 that our cards use. Teams takes no newer version (teams.md 5), and a parser does not
 * complain about properties that it does not know, so these types are what keeps newer ones out.
 */

export type TextBlock = {
  readonly type: "TextBlock";
  readonly text: string;
  readonly wrap: true;
  readonly style?: "heading";
  readonly size?: "Small" | "Default" | "Large";
  readonly weight?: "Bolder";
  readonly isSubtle?: true;
  readonly separator?: true;
  readonly spacing?: "None" | "Small" | "Medium";
};

export type Fact = { readonly title: string; readonly value: string };

export type FactSet = { readonly type: "FactSet"; readonly facts: readonly Fact[] };

/** Colour of a container; never the only carrier of a meaning. */
export type Tone = "emphasis" | "accent" | "good" | "warning" | "attention";

type Container = {
  readonly type: "Container";
  readonly style: Tone;
  readonly bleed?: true;
  readonly spacing?: "Medium";
  readonly items: readonly TextBlock[];
};

export type TextInput = {
  readonly type: "Input.Text";
  readonly id: string;
  readonly label: string;
  readonly placeholder: string;
  readonly isMultiline: true;
  readonly maxLength: number;
  readonly isRequired: true;
  readonly errorMessage: string;
};

export type CardElement = TextBlock | FactSet | Container | TextInput;

type Pressed = { readonly requestId: string };

export type ExecuteAction = {
  readonly type: "Action.Execute";
  readonly title: string;
  readonly verb: string;
  readonly style?: "positive" | "destructive";
  readonly data: Pressed;
  /** For clients that do not know Execute: the verb has to be in the data then (teams.md 2.8). */
  readonly fallback?: {
    readonly type: "Action.Submit";
    readonly title: string;
    readonly style?: "positive" | "destructive";
    readonly data: Pressed & { readonly verb: string };
  };
};

type OpenUrlAction = {
  readonly type: "Action.OpenUrl";
  readonly title: string;
  readonly url: string;
  readonly style?: "positive";
};

export type CardAction = ExecuteAction | OpenUrlAction;

export type AdaptiveCard = {
  readonly type: "AdaptiveCard";
  readonly version: "1.5";
  readonly fallbackText: string;
  readonly body: readonly CardElement[];
  readonly actions: readonly CardAction[];
  readonly refresh?: { readonly action: ExecuteAction; readonly userIds: readonly string[] };
};

/** A paragraph. Its text is read as Markdown: whatever others wrote goes through `plainText` first. */
export function paragraph(text: string, look: Omit<TextBlock, "type" | "text" | "wrap"> = {}): TextBlock {
  return { type: "TextBlock", text, wrap: true, ...look };
}

/** The title of a section: a heading also for those who hear the card. */
export function title(text: string): TextBlock {
  return paragraph(text, { style: "heading", size: "Default", weight: "Bolder", separator: true, spacing: "Medium" });
}

export function factSet(facts: readonly Fact[]): readonly FactSet[] {
  return facts.length > 0 ? [{ type: "FactSet", facts }] : [];
}
