/**
 * As much of the query language of Log Analytics as our alerts and charts use, so that a test can ask them of rows. Whatever it does not
 * know it refuses: a query that needs more is a reason to extend it, not to trust it.
 */
export type Value = string | number | boolean | Date | null | { readonly [key: string]: unknown };
export type Row = Readonly<Record<string, Value>>;
export type Tables = Readonly<Record<string, readonly Row[]>>;

/** The columns that we rely on; a name that is none of them is a mistake even where a table is empty. */
const columns: Readonly<Record<string, readonly string[]>> = {
  AppMetrics: ["TimeGenerated", "Name", "Sum", "Min", "Max", "ItemCount", "Properties"],
  AppDependencies: ["TimeGenerated", "Name", "DurationMs", "Success", "Properties", "OperationId"],
  AppTraces: ["TimeGenerated", "Message", "SeverityLevel", "Properties", "OperationId"],
  AppExceptions: ["TimeGenerated", "OuterMessage", "InnermostMessage", "Properties", "OperationId"],
};

type Expression =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "member"; readonly of: Expression; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] };
type Named = { readonly name: string | undefined; readonly is: Expression };
type Table = { readonly names: readonly string[]; readonly rows: readonly Row[] };
type Step = (table: Table, now: Date) => Table;
type Scope = {
  readonly row: Row;
  readonly names: readonly string[];
  readonly group: readonly Row[];
  readonly now: Date;
};

/** Asks a query of tables as of a moment. */
export function ask(query: string, tables: Tables, now: Date): readonly Row[] {
  const reader = new Reader(tokensOf(query), tables, now);
  const table = reader.query();
  reader.expectEnd();
  return table.rows;
}

const token = /\s*("[^"]*"|\d+[smhd]\b|\d+(?:\.\d+)?|[A-Za-z_]\w*|==|!=|>=|<=|[()[\],|.=<>+\-*/])/y;

function tokensOf(text: string): readonly string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) found.push(match[1] ?? "");
  const read = found.join("").length;
  const whole = text.replace(/("[^"]*")|\s+/g, "$1").length;
  if (read !== whole) throw new Error(`cannot be read: ${text}`);
  return found;
}

class Reader {
  readonly #tokens: readonly string[];
  readonly #tables: Tables;
  readonly #now: Date;
  #at = 0;

  constructor(tokens: readonly string[], tables: Tables, now: Date) {
    this.#tokens = tokens;
    this.#tables = tables;
    this.#now = now;
  }

  query(): Table {
    let table = this.#source();
    while (this.#take("|")) table = this.#step()(table, this.#now);
    return table;
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length) this.#fail("the end");
  }

  #source(): Table {
    const name = this.#next();
    if (name !== "union") {
      return { names: columns[name] ?? this.#fail(`a table, not ${name}`), rows: this.#tables[name] ?? [] };
    }
    for (const word of ["isfuzzy", "=", "true"]) this.#expect(word);
    const parts: Table[] = [];
    do {
      this.#expect("(");
      parts.push(this.query());
      this.#expect(")");
    } while (this.#take(","));
    return { names: [...new Set(parts.flatMap(({ names }) => names))], rows: parts.flatMap(({ rows }) => rows) };
  }

  #step(): Step {
    const operator = this.#next();
    switch (operator) {
      case "where":
        return where(this.#expression());
      case "extend":
        return extend(this.#list());
      case "project":
        return project(this.#list());
      case "summarize": {
        const aggregates = this.#list();
        return summarize(aggregates, this.#take("by") ? this.#list() : undefined);
      }
      case "order":
        return this.#sorting(Number.POSITIVE_INFINITY);
      case "top":
        return this.#sorting(Number(this.#next()));
      default:
        return this.#fail(`an operator, not ${operator}`);
    }
  }

  #sorting(most: number): Step {
    this.#expect("by");
    const key = this.#expression();
    const falling = this.#take("desc") || !this.#take("asc");
    return sort(key, falling, most);
  }

  #list(): readonly Named[] {
    const list: Named[] = [];
    do {
      const isNamed = this.#tokens[this.#at + 1] === "=";
      const name = isNamed ? this.#next() : undefined;
      if (isNamed) this.#expect("=");
      list.push({ name, is: this.#expression() });
    } while (this.#take(","));
    return list;
  }

  #expression(level = 0): Expression {
    const operators = levels[level];
    if (!operators) return this.#postfix();
    let left = this.#expression(level + 1);
    for (let name = this.#peek(); operators.includes(name); name = this.#peek()) {
      this.#next();
      const args = name === "in" ? this.#arguments() : [this.#expression(level + 1)];
      left = { kind: "call", name, args: [left, ...args] };
    }
    return left;
  }

  #postfix(): Expression {
    let of = this.#primary();
    for (;;) {
      if (this.#take("[")) {
        of = { kind: "member", of, name: this.#next().slice(1, -1) };
        this.#expect("]");
      } else if (this.#take(".")) of = { kind: "member", of, name: this.#next() };
      else return of;
    }
  }

  #primary(): Expression {
    const word = this.#next();
    if (word.startsWith('"')) return { kind: "value", value: word.slice(1, -1) };
    const span = /^(\d+)([smhd])$/.exec(word);
    if (span) return { kind: "value", value: Number(span[1]) * (milliseconds[span[2] ?? ""] ?? 0) };
    if (/^\d/.test(word)) return { kind: "value", value: Number(word) };
    if (!/^\w+$/.test(word)) return this.#fail(`a value, not ${word}`);
    return this.#peek() === "(" ? { kind: "call", name: word, args: this.#arguments() } : { kind: "name", name: word };
  }

  #arguments(): readonly Expression[] {
    this.#expect("(");
    const args: Expression[] = [];
    while (!this.#take(")")) {
      args.push(this.#expression());
      this.#take(",");
    }
    return args;
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #next(): string {
    const word = this.#peek();
    this.#at += 1;
    return word;
  }

  #take(word: string): boolean {
    if (this.#peek() !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(word: string): void {
    if (!this.#take(word)) this.#fail(word);
  }

  #fail(wanted: string): never {
    throw new Error(`expected ${wanted} at "${this.#tokens.slice(Math.max(0, this.#at - 2), this.#at + 4).join(" ")}"`);
  }
}

const levels: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["==", "!=", "<", ">", "<=", ">=", "in", "has"],
  ["+", "-"],
  ["*", "/"],
];
const milliseconds: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const where =
  (condition: Expression): Step =>
  ({ names, rows }, now) => ({
    names,
    rows: rows.filter((row) => evaluated(condition, { row, names, group: [], now }) === true),
  });

const extend =
  (list: readonly Named[]): Step =>
  (table, now) => {
    const more = project(list)(table, now);
    const rows = table.rows.map((row, at) => ({ ...row, ...more.rows[at] }));
    return { names: [...table.names, ...more.names], rows };
  };

const project =
  (list: readonly Named[]): Step =>
  ({ names, rows }, now) => ({
    names: list.map(nameOf),
    rows: rows.map((row) =>
      Object.fromEntries(list.map((one) => [nameOf(one), evaluated(one.is, { row, names, group: [], now })])),
    ),
  });

const sort =
  (key: Expression, falling: boolean, most: number): Step =>
  ({ names, rows }, now) => {
    const of = (row: Row) => evaluated(key, { row, names, group: [], now });
    const sorted = [...rows].sort((one, other) => (falling ? -1 : 1) * compared(of(one), of(other)));
    return { names, rows: sorted.slice(0, most) };
  };

/** Without groups there is always one row, also of nothing; with groups there is none of nothing. */
const summarize =
  (aggregates: readonly Named[], by: readonly Named[] | undefined): Step =>
  (table, now) => {
    const keys = project(by ?? [])(table, now);
    const groups = Map.groupBy(table.rows.keys(), (at) => JSON.stringify(keys.rows[at]));
    if (!by && groups.size === 0) groups.set("", []);
    const rows = [...groups.values()].map((members) => {
      const group = members.map((at) => table.rows[at] ?? {});
      const scope = { row: {}, names: table.names, group, now };
      return {
        ...keys.rows[members[0] ?? -1],
        ...Object.assign({}, ...aggregates.map((one) => aggregated(one, scope))),
      };
    });
    return { names: [...keys.names, ...aggregates.flatMap(aggregateNames)], rows };
  };

function aggregated(one: Named, scope: Scope): Row {
  if (one.is.kind !== "call" || one.is.name !== "arg_max") return { [nameOf(one)]: evaluated(one.is, scope) };
  const [key, ...others] = one.is.args;
  const within = (row: Row) => ({ ...scope, row, group: [] });
  const of = (row: Row) => (key ? evaluated(key, within(row)) : null);
  const [newest] = [...scope.group].sort((a, b) => compared(of(b), of(a)));
  const args = key ? [key, ...others] : [];
  return Object.fromEntries(
    args.map((is) => [nameOf({ name: undefined, is }), newest ? evaluated(is, within(newest)) : null]),
  );
}

function aggregateNames(one: Named): readonly string[] {
  if (one.is.kind !== "call" || one.is.name !== "arg_max") return [nameOf(one)];
  return one.is.args.map((is) => nameOf({ name: undefined, is }));
}

/** A column without a name of its own: we name all but plain columns and the time that bin rounds. */
function nameOf({ name, is }: Named): string {
  if (name !== undefined) return name;
  if (is.kind === "name") return is.name;
  const [first] = is.kind === "call" && is.name === "bin" ? is.args : [];
  if (first) return nameOf({ name: undefined, is: first });
  throw new Error(`a column without a name: ${JSON.stringify(is)}`);
}

function evaluated(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case "value":
      return expression.value;
    case "name":
      if (!scope.names.includes(expression.name)) throw new Error(`no column is called ${expression.name}`);
      return scope.row[expression.name] ?? null;
    case "member": {
      const of = evaluated(expression.of, scope);
      return typeof of === "object" && of && !(of instanceof Date) ? ((of[expression.name] ?? null) as Value) : null;
    }
    case "call":
      return called(expression.name, expression.args, scope);
  }
}

function called(name: string, args: readonly Expression[], scope: Scope): Value {
  const overRows = aggregates[name];
  if (overRows) {
    const each = (at: number) =>
      scope.group.map((row) => (args[at] ? evaluated(args[at], { ...scope, row, group: [] }) : null));
    return overRows(each, scope.group.length);
  }
  const scalar = scalars[name];
  if (!scalar) throw new Error(`no function is called ${name}`);
  return scalar(
    args.map((arg) => evaluated(arg, scope)),
    scope.now,
  );
}

type Each = (at: number) => readonly Value[];
const aggregates: Readonly<Record<string, (each: Each, rows: number) => Value>> = {
  count: (_, rows) => rows,
  countif: (each) => each(0).filter((value) => value === true).length,
  sum: (each) => each(0).reduce<number>((sum, value) => sum + Number(value ?? 0), 0),
  min: (each) => sortedOf(each(0)).at(0) ?? null,
  max: (each) => sortedOf(each(0)).at(-1) ?? null,
  percentile: (each) => {
    const sorted = sortedOf(each(0));
    const [percent] = each(1);
    return sorted[Math.max(0, Math.ceil((Number(percent) / 100) * sorted.length) - 1)] ?? null;
  },
};

type Scalar = (args: readonly Value[], now: Date) => Value;
const comparing =
  (holds: (order: number) => boolean): Scalar =>
  ([one = null, other = null]) =>
    one !== null && other !== null && holds(compared(one, other));
const calculating =
  (of: (one: number, other: number) => number): Scalar =>
  ([one = null, other = null]) =>
    one === null || other === null ? null : of(Number(one), Number(other));

const scalars: Readonly<Record<string, Scalar>> = {
  and: (args) => args.every((value) => value === true),
  or: (args) => args.some((value) => value === true),
  "==": comparing((order) => order === 0),
  "!=": comparing((order) => order !== 0),
  "<": comparing((order) => order < 0),
  ">": comparing((order) => order > 0),
  "<=": comparing((order) => order <= 0),
  ">=": comparing((order) => order >= 0),
  in: ([value, ...others]) => others.includes(value ?? null),
  has: ([text, part]) =>
    String(text ?? "")
      .toLowerCase()
      .includes(String(part).toLowerCase()),
  "+": calculating((one, other) => one + other),
  "-": calculating((one, other) => one - other),
  "*": calculating((one, other) => one * other),
  "/": calculating((one, other) => one / other),
  tostring: ([value = null]) => (value === null ? "" : String(value)),
  todouble: ([value = null]) => (value === null || value === "" || Number.isNaN(Number(value)) ? null : Number(value)),
  round: ([value = null, digits = 0]) => (value === null ? null : Number(Number(value).toFixed(Number(digits)))),
  strcat: (args) => args.map((value) => String(value ?? "")).join(""),
  isnotnull: ([value = null]) => value !== null,
  coalesce: (args) => args.find((value) => value !== null && value !== "") ?? null,
  ago: ([span], now) => new Date(now.getTime() - Number(span)),
  bin: ([time, span]) => new Date(Math.floor(Number(time) / Number(span)) * Number(span)),
  parse_json: ([text]) => {
    try {
      return JSON.parse(String(text));
    } catch {
      return null;
    }
  },
};

function sortedOf(values: readonly Value[]): readonly Value[] {
  return values.filter((value) => value !== null).sort(compared);
}

function compared(one: Value, other: Value): number {
  if (typeof one === "string" && typeof other === "string") return one < other ? -1 : Number(one > other);
  return Number(one) - Number(other);
}
