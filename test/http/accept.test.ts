import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { preferredType } from "../../src/http/accept.ts";

const [json, ndjson, csv] = ["application/json", "application/x-ndjson", "text/csv"] as const;

describe("What a caller accepts", () => {
  const cases: Readonly<Record<string, readonly [string | null, string | undefined]>> = {
    "no wish takes the first": [null, json],
    "an empty wish takes the first": [" ", json],
    "anything takes the first": ["*/*", json],
    "a type takes it": ["text/csv", csv],
    "in any case, with parameters": ["Text/CSV; charset=utf-8; header=present", csv],
    "any of a family takes the first of it": ["application/*", json],
    "another family": ["text/*", csv],
    "the one that is wanted more": ["application/json;q=0.2, application/x-ndjson;q=0.9, text/csv;q=0.5", ndjson],
    "a named one before what a wildcard lets in": ["*/*, application/x-ndjson", ndjson],
    "the first of two that are wanted alike": ["text/csv, application/json", json],
    "a browser gets JSON": ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", json],
    "the more specific range speaks for a type": ["application/*;q=0.1, application/x-ndjson, */*;q=0.5", ndjson],
    "a type that is not wanted": ["application/json;q=0, */*;q=0.5", ndjson],
    "nothing is wanted": ["*/*;q=0", undefined],
    "another type": ["application/xml", undefined],
    "what is no type": ["csv", undefined],
    "what is no weight counts for nothing": ["text/csv;q=many", undefined],
    "what is no weight does not hide a wish beside it": ["text/csv;q=2, application/x-ndjson", ndjson],
    "commas without end": [",".repeat(10_000), undefined],
  };
  for (const [name, [accept, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(preferredType(accept, [json, ndjson, csv]), expected));
  }
});
