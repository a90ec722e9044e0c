import type { Verdict } from "../policy/evaluate.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { Language } from "../words/language.ts";
import { recordWords } from "../words/page-record.ts";
import { type Fill, foreign, type Html, html } from "./html.ts";
import { type Cell, section, table } from "./pieces.ts";

type RuleTrace = Verdict["trace"][number];
type ExemptionTrace = Verdict["exemptions"][number];
type Condition = RuleTrace["conditions"][number];

/** The judgement on record; a trace that was too large to be kept is null. */
export type Judged =
  | { readonly kind: "none" | "unreadable" }
  | {
      readonly kind: "read";
      readonly trace: readonly RuleTrace[] | null;
      readonly exemptions: readonly ExemptionTrace[];
    };

const nameLimit = 160;
const valueLimit = 300;
/** A list of the policy may be long; the first of its values are enough to see what was asked. */
const valuesShown = 20;

/** Every rule that was asked, with each condition: what was wanted, what was there, what followed. */
export function judgementTrace(judged: Judged, { verdict }: ApprovalRequest, language: Language): Html {
  const words = recordWords[language].trace;
  if (judged.kind !== "read") {
    return section("trace", words.title, html`<p>${judged.kind === "none" ? words.none : words.unreadable}</p>`);
  }
  const { trace, exemptions } = judged;
  if (trace === null) return section("trace", words.title, html`<p>${words.tooLarge}</p>`);
  const decided = new Set(verdict?.decidedBy ?? []);
  return section(
    "trace",
    words.title,
    html`<p class="quiet">${words.sentence}</p>`,
    trace.map((rule) => ruleOf(rule, decided.has(rule.rule), language)),
    exemptions.length > 0 && html`<h3>${words.exemptions}</h3>`,
    exemptions.map((exemption) => exemptionOf(exemption, language)),
  );
}

function ruleOf(rule: RuleTrace, decided: boolean, language: Language): Html {
  const words = recordWords[language].trace;
  const notes = [
    truth(rule.matched, language).value,
    ...(decided ? [words.decided] : []),
    ...(rule.exemptedBy.length > 0 ? [words.exempted(rule.exemptedBy.join(", "))] : []),
    ...(rule.mode === "shadow" ? [words.shadow] : []),
  ];
  const caption = words.caption(rule.rule);
  return html`<details${decided && openAttribute}><summary><strong>${foreign(`${rule.policy} / ${rule.rule}`, nameLimit)}</strong>
(${words.effects[rule.effect]}): ${notes.join(", ")}</summary>
${rule.error !== undefined && html`<p>${foreign(rule.error, valueLimit)}</p>`}
${rule.conditions.length > 0 ? conditions(caption, rule.conditions, language) : html`<p>${words.noConditions}</p>`}</details>`;
}

const openAttribute = html` open`;

function exemptionOf(
  { policy, exemption, expired, matched, conditions: asked }: ExemptionTrace,
  language: Language,
): Html {
  const words = recordWords[language].trace;
  const state = expired ? words.exemptionExpired : truth(matched, language).value;
  return html`<details><summary><strong>${foreign(`${policy} / ${exemption}`, nameLimit)}</strong>: ${state}</summary>
${asked.length > 0 && conditions(words.caption(exemption), asked, language)}</details>`;
}

function conditions(caption: string, asked: readonly Condition[], language: Language): Html {
  const words = recordWords[language].trace;
  const rows = asked.map((condition): readonly Cell[] => [
    html`<code>${foreign(condition.fact, nameLimit)}</code>`,
    html`<code>${condition.op}</code> ${wanted(condition.want, language)}`,
    got(condition.got, language),
    truth(condition.result, language),
    foreign(condition.at, nameLimit),
  ]);
  return table(caption, [words.fact, words.wanted, words.got, words.result, words.where], rows);
}

function wanted(want: Condition["want"], language: Language): Fill {
  if (!Array.isArray(want)) return foreign(String(want), valueLimit);
  const shown = want.slice(0, valuesShown).map(String);
  const more = want.length > valuesShown ? [`… (${want.length})`] : [];
  return foreign(recordWords[language].trace.listed([...shown, ...more]), valueLimit * 4);
}

function got(value: Condition["got"], language: Language): Fill {
  const words = recordWords[language].trace;
  if (value === undefined) return words.unavailable;
  return value === null ? words.absent : foreign(String(value), valueLimit, '""');
}

function truth(result: Condition["result"], language: Language) {
  const words = recordWords[language].trace;
  if (result === null) return { value: words.untold, tone: "wait" } as const;
  return result ? ({ value: words.holds, tone: "good" } as const) : ({ value: words.fails, tone: "bad" } as const);
}
