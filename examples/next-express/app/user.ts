import { headers } from "next/headers";

export type User = { id: string; email: string; roles: string[] };

/**
 * The user who sent this request, or null. Drawbridge sets these headers on every path, guarded or not, and removes
 * the ones that a client sends.
 */
export async function currentUser(): Promise<User | null> {
  const sent = await headers();
  const status = sent.get("x-auth-status");
  if (status === "unknown") {
    // An outage keeps Drawbridge from finding out. Do not treat the user as signed out.
    throw new Error("the session cannot be verified right now");
  }
  const id = sent.get("x-auth-user-id");
  if (status !== "signed-in" || !id) {
    return null;
  }
  const roles = sent.get("x-auth-roles")?.split(",").filter(Boolean) ?? [];
  return { id, email: utf8(sent.get("x-auth-email") ?? ""), roles };
}

/** Header values arrive as one character per byte, but addresses are in UTF-8. */
function utf8(value: string): string {
  return Buffer.from(value, "latin1").toString("utf8");
}
