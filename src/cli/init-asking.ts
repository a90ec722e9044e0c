import { type Answers, type Field, type Question, questions, type Read } from "./init-answers.ts";
import { type Choice, type Choices, chosen, formatChoices, lookAround } from "./init-azure.ts";
import { surroundingsOf } from "./surroundings.ts";
import { type Context, Refusal } from "./verb.ts";

type Ask = NonNullable<Context["ask"]>;
type Flags = Partial<Answers>;
type SoFar = Partial<Record<Field, string>>;

/** From flags and what is usual alone; says everything that is missing or wrong, at once. */
export function answerAll(flags: Flags): Answers {
  const soFar: SoFar = {};
  const faults: string[] = [];
  for (const question of questions) {
    if (question.when && !question.when(soFar)) continue;
    const read = readAnswer(question, flags[question.field] ?? "", soFar);
    if ("fault" in read) faults.push(`  --${question.field}: ${read.fault}`);
    else soFar[question.field] = read.value;
  }
  if (faults.length > 0) throw new Refusal(`${faults.length} answer(s) are missing or wrong\n${faults.join("\n")}`);
  return completed(soFar);
}

/** An empty line takes what is usual, which may be nothing. */
function readAnswer(question: Question, text: string, soFar: Flags): Read {
  const answer = text.trim() === "" ? question.otherwise(soFar) : text.trim();
  if (answer === undefined) return { fault: "it has to be said" };
  return answer === "" ? { value: "" } : question.read(answer);
}

/** Asks the person at the terminal for what no flag says, and again for what cannot be used. */
export async function askAll(flags: Flags, ask: Ask, context: Context): Promise<Answers> {
  const choices = await choicesFor(flags, ask, context);
  const soFar: SoFar = {};
  for (const question of questions) {
    if (question.when && !question.when(soFar)) continue;
    const offered = offeredFor(question.field, choices);
    soFar[question.field] = await askOne(question, { flag: flags[question.field], soFar, offered }, ask, context);
  }
  return completed(soFar);
}

type Asking = { readonly flag: string | undefined; readonly soFar: Flags; readonly offered: readonly Choice[] };

async function askOne(question: Question, asking: Asking, ask: Ask, { out }: Context): Promise<string> {
  const { flag, soFar, offered } = asking;
  const usual = question.otherwise(soFar);
  const prompt = `${question.ask}${usual ? ` [${usual}]` : ""}: `;
  if (flag === undefined && offered.length > 0) out(formatChoices(offered));
  for (let text = flag ?? (await ask(prompt)); ; text = await ask(prompt)) {
    const read = readAnswer(question, chosen(text, offered), soFar);
    if ("value" in read) return read.value;
    out(`  ${read.fault}\n`);
  }
}

async function choicesFor(flags: Flags, ask: Ask, context: Context): Promise<Choices | undefined> {
  if (flags["service-groups"] !== undefined && flags.subscription !== undefined) return undefined;
  const line = await ask("Look for your subscriptions and services by your az login? yes or no [yes]: ");
  if (!/^(y|yes|)$/i.test(line.trim())) return undefined;
  return lookAround(surroundingsOf({}, context.environment).azure, context, context.out);
}

function offeredFor(field: Field, choices: Choices | undefined): readonly Choice[] {
  if (field === "service-groups") return choices?.groups ?? [];
  return field === "subscription" ? (choices?.subscriptions ?? []) : [];
}

function completed(soFar: Flags): Answers {
  const text = (field: Field) => soFar[field] ?? "";
  return {
    env: text("env"),
    location: text("location"),
    subscription: text("subscription"),
    "service-groups": text("service-groups"),
    reviewers: text("reviewers"),
    mode: text("mode"),
    teams: text("teams"),
    "alert-emails": text("alert-emails"),
    policy: text("policy"),
    "policy-name": text("policy-name"),
    consumer: text("consumer"),
  };
}
