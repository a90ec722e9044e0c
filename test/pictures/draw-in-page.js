/*
 * Runs in the page, beside the renderer of `adaptivecards`: draws each card under its caption.
 * A card that is `cut` shows only its beginning.
 */
globalThis.drawCards = (cards, config) => {
  const { AdaptiveCard, HostConfig } = globalThis.AdaptiveCards;
  const { document } = globalThis;
  for (const { caption, card, cut } of cards) {
    const shown = new AdaptiveCard();
    shown.hostConfig = new HostConfig(config);
    shown.parse(card);
    const drawn = shown.render();
    if (!drawn) throw new Error(`${caption} cannot be drawn`);
    const figure = document.createElement("figure");
    if (cut) figure.className = "cut";
    const words = document.createElement("figcaption");
    words.textContent = caption;
    figure.append(words, drawn);
    document.querySelector("main").append(figure);
  }
};
