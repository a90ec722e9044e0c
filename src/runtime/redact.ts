const longest = 2_000;

/**
 * What a text may hold by accident and no log, trace or health answer may show: tokens, keys and signatures in addresses and
 * connection strings; and of people, addresses of mailboxes and of machines. Names that we need are ids, which stay.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, "(token)"],
  [/\b(Bearer|SharedKey|SharedAccessSignature)\s+[\w+/=.:~%&-]{8,}/gi, "$1 (secret)"],
  [/\b(AccountKey|SharedAccessKey|SharedAccessSignature|client_secret|password|pwd)=[^;&\s"']+/gi, "$1=(secret)"],
  [/([?&](?:sig|code|key|token|access_token|client_secret|se|st)=)[^&\s"']+/gi, "$1(secret)"],
  [
    /(["']?(?:client_secret|access_token|password|aeg-sas-key|x-functions-key)["']?\s*[:=]\s*["']?)[^"',;\s}]{4,}/gi,
    "$1(secret)",
  ],
  // Begins at a word and is short: whatever a stranger sends, each letter is looked at a few times.
  [/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/gu, "(mail address)"],
  [/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g, "(address)"],
];

/** The text without secrets and personal data, cut to what a line can carry. */
export function withoutSecrets(text: string): string {
  // Cut first: a pattern never runs over a text of any length that a stranger sends.
  let clean = text.length > longest ? `${text.slice(0, longest)}…` : text;
  for (const [pattern, instead] of patterns) clean = clean.replace(pattern, instead);
  return clean;
}
