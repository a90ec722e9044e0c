/** What an answer lacks that reaches further back than the lists do; nothing when it lacks nothing. */
export function listsCut(since: string | null): string {
  if (since === null) return "";
  return `older events were taken out of the lists, which go back to ${since}; the chains hold them\n`;
}
