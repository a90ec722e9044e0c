const largest = 0xffffffff;
const decimal = /^0*\d{1,10}$/;
const hexadecimal = /^0x0*[0-9a-f]{1,8}$/i;
/**
 * The number that ARM's `linkIdentifier` of a private endpoint connection stands for.
 *
 * ARM gives it as decimal text. Space around it, zeros before it and the form `0x…` are tolerated (azure.md 9); anything else,
 * a number that 32 bits cannot hold included, is undefined and matches no connection.
 */
export function parseLinkIdentifier(text) {
    const digits = text.trim();
    if (!decimal.test(digits) && !hexadecimal.test(digits))
        return undefined;
    const number = Number(digits);
    return number <= largest ? number : undefined;
}
/** Whether the LinkID of a connection, as its header told it, is the one that ARM calls `linkIdentifier`. */
export function isSameLink(linkId, linkIdentifier) {
    return linkId !== undefined && linkId === parseLinkIdentifier(linkIdentifier);
}
