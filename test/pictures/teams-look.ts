/** A theme of Teams, near enough to judge whether a card can be read in it. */
export type Theme = "light" | "dark";

type Colours = {
  readonly page: string;
  readonly card: string;
  readonly border: string;
  readonly text: string;
  readonly subtle: string;
  readonly accent: string;
  readonly good: string;
  readonly attention: string;
  readonly field: string;
  readonly button: string;
  readonly boxes: Readonly<Record<"emphasis" | "accent" | "good" | "attention" | "warning", string>>;
};

const colours: Readonly<Record<Theme, Colours>> = {
  light: {
    page: "#f5f5f5",
    card: "#ffffff",
    border: "#d1d1d1",
    text: "#242424",
    subtle: "#616161",
    accent: "#5b5fc7",
    good: "#237b4b",
    attention: "#c4314b",
    field: "#ffffff",
    button: "#5b5fc7",
    boxes: { emphasis: "#f0f0f0", accent: "#e8ebfa", good: "#e7f2da", attention: "#fcf4f6", warning: "#fbf6d9" },
  },
  dark: {
    page: "#1f1f1f",
    card: "#292929",
    border: "#525252",
    text: "#ffffff",
    subtle: "#adadad",
    accent: "#7f85f5",
    good: "#92c353",
    attention: "#f9526b",
    field: "#1f1f1f",
    button: "#4f52b2",
    boxes: { emphasis: "#3d3d3d", accent: "#2f2f4a", good: "#193d18", attention: "#3f1011", warning: "#463100" },
  },
};

const fonts = "'Segoe UI', 'Liberation Sans', 'Noto Sans CJK JP', sans-serif";

/** What the `adaptivecards` renderer has to be told to draw like Teams. */
export function hostConfig(theme: Theme): object {
  const { text, subtle, accent, good, attention, boxes } = colours[theme];
  const plain = { default: text, subtle };
  const foregroundColors = {
    default: plain,
    accent: { default: accent, subtle: accent },
    good: { default: good, subtle: good },
    warning: plain,
    attention: { default: attention, subtle: attention },
  };
  const box = (backgroundColor: string) => ({ backgroundColor, foregroundColors });
  return {
    fontFamily: fonts,
    fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
    spacing: { small: 4, default: 8, medium: 12, large: 20, extraLarge: 28, padding: 16 },
    separator: { lineThickness: 1, lineColor: colours[theme].border },
    containerStyles: {
      default: { backgroundColor: colours[theme].card, foregroundColors },
      ...Object.fromEntries(Object.entries(boxes).map(([name, colour]) => [name, box(colour)])),
    },
    factSet: {
      title: { weight: "bolder", wrap: true, maxWidth: 150 },
      value: { wrap: true },
      spacing: 12,
    },
    inputs: { label: { requiredInputs: { suffix: " *", suffixColor: "attention", weight: "bolder" } } },
    actions: { maxActions: 6, spacing: "default", buttonSpacing: 8, actionsOrientation: "horizontal" },
  };
}

/** What the renderer leaves to the page: fields and buttons, and the sheet itself. */
export function styleSheet(theme: Theme, columns: number): string {
  const { page, card, border, text, subtle, button, attention, field } = colours[theme];
  return `
    body { margin: 0; padding: 20px; background: ${page}; color: ${text}; font: 14px ${fonts}; }
    main { column-count: ${columns}; column-gap: 20px; }
    figure { margin: 0 0 20px; break-inside: avoid; }
    figcaption { color: ${subtle}; padding: 0 0 6px; }
    .ac-adaptiveCard { border: 1px solid ${border}; border-radius: 6px; background: ${card}; overflow: hidden; }
    .ac-factset td { padding-bottom: 2px; }
    textarea { box-sizing: border-box; width: 100%; height: 54px; resize: none; padding: 6px 8px; font: 14px ${fonts};
      background: ${field}; color: ${text}; border: 1px solid ${border}; border-radius: 4px; }
    textarea::placeholder { color: ${subtle}; }
    .ac-pushButton { padding: 6px 14px; font: 600 14px ${fonts}; color: ${text}; background: ${card};
      border: 1px solid ${border}; border-radius: 4px; }
    .ac-pushButton.style-positive { color: #ffffff; background: ${button}; border-color: ${button}; }
    .ac-pushButton.style-destructive { color: ${attention}; border-color: ${attention}; }
    figure.cut { max-height: 272px; overflow: hidden; position: relative; border-bottom: 1px dashed ${border}; }`;
}
