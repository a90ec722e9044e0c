/**
 * The answer of a condition: it holds, it does not, or it cannot be told (`null`).
 * The operators are Kleene's (policy.md 3): a lost fact decides nothing that another fact does not decide anyway.
 */
export type Truth = boolean | null;

export function not(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

export function and(one: Truth, other: Truth): Truth {
  if (one === false || other === false) return false;
  return one === null || other === null ? null : true;
}

export function or(one: Truth, other: Truth): Truth {
  if (one === true || other === true) return true;
  return one === null || other === null ? null : false;
}
