/**
 * The number that ARM's `linkIdentifier` of a private endpoint connection stands for.
 *
 * ARM gives it as decimal text. Space around it, zeros before it and the form `0x…` are tolerated (azure.md 9); anything else,
 * a number that 32 bits cannot hold included, is undefined and matches no connection.
 */
export declare function parseLinkIdentifier(text: string): number | undefined;
/** Whether the LinkID of a connection, as its header told it, is the one that ARM calls `linkIdentifier`. */
export declare function isSameLink(linkId: number | undefined, linkIdentifier: string): boolean;
