/**
 * A piece of a long text, and how far it was read: what lies behind is forgotten, so memory stays flat.
 * `line` counts line feeds from 1.
 */
export class TextWindow {
  text = "";
  at = 0;
  line = 1;
  /** Nothing follows what is in the window. */
  last = false;

  /** Gives way after each piece that was added, and once more behind the last. */
  async *fed(pieces: AsyncIterable<string>): AsyncGenerator<void> {
    for await (const piece of pieces) {
      this.#forget(piece);
      yield;
    }
    this.#forget("");
    this.last = true;
    yield;
  }

  /** How much of the window was not read yet. */
  get rest(): number {
    return this.text.length - this.at;
  }

  /** Reads on to a place in the window. */
  moveTo(end: number): void {
    for (let at = this.text.indexOf("\n", this.at); at >= 0 && at < end; at = this.text.indexOf("\n", at + 1)) {
      this.line += 1;
    }
    this.at = end;
  }

  #forget(piece: string): void {
    this.text = this.text.slice(this.at) + piece;
    this.at = 0;
  }
}
