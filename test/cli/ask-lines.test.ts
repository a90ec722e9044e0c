import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { askLines } from "../../src/cli/ask-lines.ts";

function terminal() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  return { input, output, ...askLines(input, output) };
}

describe("Questions on a terminal", () => {
  it("get the lines in their order, also those that were there before they were asked", async () => {
    const { input, output, ask, close } = terminal();
    input.write("one\ntwo\n");
    assert.equal(await ask("first? "), "one");
    assert.equal(await ask("second? "), "two");
    const third = ask("third? ");
    input.write("three\n");
    assert.equal(await third, "three");
    close();
    output.end();
    assert.equal(await text(output), "first? second? third? ");
  });

  it("end with the input, and say that nothing was written", async () => {
    const { input, ask } = terminal();
    input.end("last\n");
    assert.equal(await ask("? "), "last");
    await assert.rejects(ask("? "), /there is no answer any more/);
  });

  it("leave the terminal alone when nothing is asked", () => {
    const { close, input } = terminal();
    close();
    assert.equal(input.listenerCount("data"), 0);
  });
});
