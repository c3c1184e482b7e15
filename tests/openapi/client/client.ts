// Signs in, lists the sessions and ends one, with a client that is generated from /openapi.json of web-frontend.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Session = components["schemas"]["SessionItem"];

declare const process: { argv: string[] };

const [origin, email, password] = process.argv.slice(2);
if (!origin || !email || !password) throw new Error("usage: client ORIGIN EMAIL PASSWORD");

const client = createClient<paths>({ baseUrl: origin });

// Keeps cookies, as a browser does.
const cookies = new Map<string, string>();
client.use({
  onRequest({ request }) {
    const pairs = [...cookies].map(([name, value]) => `${name}=${value}`);
    if (pairs.length > 0) request.headers.set("cookie", pairs.join("; "));
    return request;
  },
  onResponse({ response }) {
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(";", 1).join().split("=", 2);
      if (name) cookies.set(name, value ?? "");
    }
  },
});

function require(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

const refused = await client.POST("/api/login", { body: { email, password: `${password}!` } });
require(refused.error?.code === "invalid_credentials", "a wrong password must be refused");
// @ts-expect-error the codes of an operation are known
require(refused.error?.code !== "no_such_code", "the comparison above must not compile");

const signedIn = await client.POST("/api/login", { body: { email, password } });
require(signedIn.data && "user" in signedIn.data.data, "the sign-in must need no second factor");
require(signedIn.data.data.user.email === email, "the user must be the one who signed in");

const listed = await client.GET("/api/sessions");
require(listed.data, "the sessions must be listed");
const current: Session | undefined = listed.data.data.sessions.find((session) => session.current);
require(current, "one session must be the current one");

const ended = await client.DELETE("/api/sessions/{id}", { params: { path: { id: current.id } } });
require(ended.data?.success, "the session must end");

const after = await client.GET("/api/sessions");
require(after.error?.code === "session_revoked", "the session must have ended");
console.log("signed in, listed the sessions, ended one");
