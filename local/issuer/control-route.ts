import { type Answer, bearerOf, json, objectIn, type Route } from "../exchange.ts";
import { UnknownUser } from "./directory.ts";
import { isSameSecret } from "./identity-route.ts";

type ControlContext = {
  readonly secret: string;
  /** App roles that the app registration declares: Entra assigns no others. */
  readonly declaredRoles: readonly string[];
  readonly mint: (wish: Wish) => Promise<string>;
};

type Wish = {
  readonly user: string;
  readonly roles?: readonly string[];
  readonly groups?: readonly string[];
};

/** `POST /control/tokens` with the run's secret: how `local:token` gets a token from the running authority. Loopback only. */
export function controlRoute(context: ControlContext): Route {
  return (call) => {
    if (!call.path.startsWith("/control/")) return undefined;
    if (!isSameSecret(bearerOf(call) ?? "", context.secret)) return refused(401, "wrong or missing control secret");
    if (call.path !== "/control/tokens" || call.method !== "POST") return undefined;
    return answerWish(call.body, context);
  };
}

async function answerWish(body: string, context: ControlContext): Promise<Answer> {
  const wish = parseWish(body, context.declaredRoles);
  if (typeof wish === "string") return refused(400, wish);
  try {
    return json(200, { token: await context.mint(wish) });
  } catch (error) {
    if (error instanceof UnknownUser) return refused(404, error.message);
    throw error;
  }
}

function parseWish(body: string, declaredRoles: readonly string[]): Wish | string {
  const { user, roles, groups, ...others } = objectIn(body) ?? {};
  if (typeof user !== "string") return "user must be a string";
  if (!isOptionalList(roles) || !isOptionalList(groups)) return "roles and groups must be lists of strings";
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return `"${unknown}" is not known`;
  const undeclared = roles?.find((role) => !declaredRoles.includes(role));
  if (undeclared !== undefined) return `no role "${undeclared}"; there are: ${declaredRoles.join(", ")}`;
  return { user, ...(roles ? { roles } : {}), ...(groups ? { groups } : {}) };
}

function isOptionalList(value: unknown): value is readonly string[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((one) => typeof one === "string"));
}

function refused(status: number, error: string): Answer {
  return json(status, { error });
}
