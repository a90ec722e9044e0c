/** Texts that broke something somewhere: each may stand in a name, a message, a justification, a filter. */
export const hostileTexts: Readonly<Record<string, string>> = {
  "quotes and a filter": `' or PartitionKey ne '' or '`,
  "a doubled quote and a comment": `'' -- "/*`,
  "key characters": "a/b\\c#d?e%2Ff",
  "control characters": "a\u0000b\u0001c\td\r\ne\u007ff\u0085g",
  "a transaction boundary": '\r\n--changesetresponse_1\r\nHTTP/1.1 404 Not Found\r\nETag: x\r\n{"odata.error":{}}',
  "a change set": "\r\n\r\nPOST http://127.0.0.1/ledger HTTP/1.1\r\n\r\n{}",
  "four-byte letters": "👩‍🚀𝄞 grüße 日本語 ‮reversed",
  "a lone surrogate": "\ud83d and \udc00",
  "names of JavaScript": "__proto__",
  "a constructor": "constructor",
  markup: `<script>alert(1)</script>&amp;{{DATE()}}[x](http://x)`,
  "a very long text": "\"ä👍'".repeat(1_000),
  "an empty text": "",
};
