import { Composer, type CST, isAlias, isMap, isNode, isScalar, isSeq, Lexer, LineCounter, Parser } from "yaml";
import { withUnixLines } from "./digest.ts";
import type { Findings, Position } from "./faults.ts";
import { deepestYaml } from "./limits.ts";

/** A scalar as YAML 1.2 core reads it; `integer` says that it was written as one (`5`, not `5.0`). */
export type ScalarNode = {
  readonly kind: "scalar";
  readonly at: Position;
  readonly value: string | number | boolean | null;
  readonly integer: boolean;
};
export type ListNode = { readonly kind: "list"; readonly at: Position; readonly items: readonly TreeNode[] };
export type MapEntry = { readonly key: string; readonly at: Position; readonly value: TreeNode };
/** Entries live in a Map, so a key called `__proto__` is a key like any other. */
export type MapNode = {
  readonly kind: "map";
  readonly at: Position;
  readonly entries: ReadonlyMap<string, MapEntry>;
};
export type TreeNode = ScalarNode | ListNode | MapNode;

const start: Position = { line: 1, column: 1 };
const mostSyntaxFaults = 20;
/** Indicators, spaces and values per byte of the largest file; a list of two-letter words has three for four bytes. */
const densest = 0.75;

/**
 * Reads one YAML document into plain nodes with positions, or reports why not.
 *
 * Only the part of YAML that says what it looks like is taken: no anchors, aliases, tags, directives, duplicate keys
 * or further documents. Depth is bounded while reading, because what follows is recursive.
 */
export function readTree(source: string, findings: Findings, mostBytes: number): TreeNode | undefined {
  if (Buffer.byteLength(source, "utf8") > mostBytes) {
    findings.error(start, `the file is larger than ${mostBytes / 1024} KB`);
    return undefined;
  }
  const text = withUnixLines(source);
  const odd = strangeCharacter(text);
  if (odd !== undefined) {
    findings.error(odd, "this is not UTF-8 text: save the file as UTF-8");
    return undefined;
  }
  const lines = new LineCounter();
  const tokens = readTokens(text, lines, mostBytes * densest);
  if (typeof tokens === "string") {
    findings.error(position(lines, lines.lineStarts.at(-1)), tokens);
    return undefined;
  }
  return composeTree(tokens, lines, findings);
}

function strangeCharacter(text: string): Position | undefined {
  const found = /[\0\uFFFD]/.exec(text);
  if (!found) return undefined;
  const before = text.slice(0, found.index).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** The tokens, or why they are not read to the end: what comes after costs much more per token than this does. */
function readTokens(text: string, lines: LineCounter, most: number): readonly CST.Token[] | string {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > deepestYaml) return "maps and lists are nested too deeply";
    if (lexemes > most) return "the file is mostly punctuation";
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function composeTree(tokens: readonly CST.Token[], lines: LineCounter, findings: Findings): TreeNode | undefined {
  const build: Build = { lines, findings, faults: 0 };
  const contents = composeDocument(tokens, build);
  if (build.faults > 0) return undefined;
  if (!contents) {
    findings.error(start, "the file is empty");
    return undefined;
  }
  const tree = toTree(contents, start, build);
  return build.faults > 0 ? undefined : tree;
}

function composeDocument(tokens: readonly CST.Token[], build: Build): unknown {
  for (const token of tokens) {
    // `%YAML 1.1` would turn `no` into a boolean.
    if (token.type === "directive") report(build, token.offset, "YAML directives are not taken");
  }
  const composer = new Composer({ version: "1.2", schema: "core", uniqueKeys: false, merge: false });
  const end = build.lines.lineStarts.at(-1) ?? 0;
  const [document, second] = composer.compose(tokens, true, end);
  if (second) report(build, second.range[0], "one file holds one document; here begins a second");
  const faults = [...(document?.errors ?? []), ...(document?.warnings ?? [])];
  for (const fault of faults) report(build, fault.pos[0], fault.message);
  return document?.contents;
}

/** What the recursion carries; `faults` counts what it reported, so that a broken tree is not checked any further. */
type Build = { readonly lines: LineCounter; readonly findings: Findings; faults: number };

function report(build: Build, offset: number, message: string): void {
  build.faults += 1;
  if (build.faults <= mostSyntaxFaults) build.findings.error(position(build.lines, offset), message);
}

function position(lines: LineCounter, offset: number | undefined): Position {
  const { line, col } = lines.linePos(offset ?? 0);
  return line < 1 ? start : { line, column: col };
}

function toTree(node: unknown, near: Position, build: Build): TreeNode {
  if (isAlias(node)) {
    report(build, node.range?.[0] ?? 0, "aliases (*name) are not taken: write the value out");
    return { kind: "scalar", at: near, value: null, integer: false };
  }
  if (isScalar(node) || isMap(node) || isSeq(node)) refuseProperties(node, build);
  if (isMap(node)) return mapTree(node.items, positionOf(node.range, near, build), build);
  if (isSeq(node)) {
    const at = positionOf(node.range, near, build);
    return { kind: "list", at, items: node.items.map((item) => toTree(item, at, build)) };
  }
  return scalarTree(node, near, build);
}

function scalarTree(node: unknown, near: Position, build: Build): ScalarNode {
  if (!isScalar(node)) return { kind: "scalar", at: near, value: null, integer: false };
  const at = positionOf(node.range, near, build);
  const value = node.value;
  if (typeof value === "string" || typeof value === "boolean") return { kind: "scalar", at, value, integer: false };
  if (typeof value !== "number") return { kind: "scalar", at, value: null, integer: false };
  const integer = Number.isSafeInteger(value) && /^(?:[-+]?\d+|0x[\da-f]+|0o[0-7]+)$/i.test(node.source ?? "");
  return { kind: "scalar", at, value, integer };
}

type Pair = { readonly key: unknown; readonly value: unknown };

function mapTree(pairs: readonly Pair[], at: Position, build: Build): MapNode {
  const entries = new Map<string, MapEntry>();
  for (const pair of pairs) {
    const key = readKey(pair.key, at, build);
    if (!key) continue;
    const value = toTree(pair.value, key.at, build);
    if (entries.has(key.name)) report(build, key.offset, `duplicate key ${key.name}`);
    entries.set(key.name, { key: key.name, at: key.at, value });
  }
  return { kind: "map", at, entries };
}

type Key = { readonly name: string; readonly at: Position; readonly offset: number };

function readKey(key: unknown, map: Position, build: Build): Key | undefined {
  const scalar = isScalar(key) ? key : undefined;
  const offset = (isNode(key) ? key.range?.[0] : undefined) ?? build.lines.lineStarts[map.line - 1] ?? 0;
  if (scalar) refuseProperties(scalar, build);
  if (typeof scalar?.value === "string") return { name: scalar.value, at: position(build.lines, offset), offset };
  report(build, offset, "a key must be a name");
  return undefined;
}

type WithProperties = {
  readonly range?: readonly number[] | null | undefined;
  readonly anchor?: string | undefined;
  readonly tag?: string | undefined;
};

function refuseProperties(node: WithProperties, build: Build): void {
  const offset = node.range?.[0] ?? 0;
  if (node.anchor !== undefined) report(build, offset, "anchors (&name) are not taken: write the value out");
  if (node.tag !== undefined) report(build, offset, "tags (!name) are not taken");
}

function positionOf(range: readonly number[] | null | undefined, near: Position, build: Build): Position {
  return range ? position(build.lines, range[0]) : near;
}
