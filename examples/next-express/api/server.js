// The API behind /backend. Drawbridge sends it an access token for each request of a signed-in user, and verify-service
// says whose token it is.

import express from "express";

const port = Number(process.env.PORT ?? 4000);
const verifyService = process.env.VERIFY_SERVICE_URL ?? "http://127.0.0.1:8082";
// By default, the audience of an access token is the origin in `--backend`.
const audience = process.env.AUDIENCE ?? `http://localhost:${port}`;

/** Finds the user of the request, or refuses it. */
async function requireUser(request, response, next) {
  const authorization = request.get("authorization");
  if (!authorization) {
    response.status(401).json({ error: "Sign in first." });
    return;
  }
  const answer = await fetch(`${verifyService}/api/verify`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ audience }),
  }).catch(() => null);
  if (answer?.ok) {
    response.locals.user = (await answer.json()).data.user;
    next();
  } else if (answer?.status === 401 || answer?.status === 403) {
    response.status(401).json({ error: "The session has ended." });
  } else {
    // An outage says nothing about the user.
    response.status(503).json({ error: "The session cannot be verified right now." });
  }
}

const app = express();
app.disable("x-powered-by");

app.get("/hello", (_request, response) => {
  response.json({ message: "Everyone may read this." });
});

app.get("/me", requireUser, (_request, response) => {
  const { id, email } = response.locals.user;
  response.json({ id, email });
});

app.listen(port, "localhost", (error) => {
  if (error) {
    throw error;
  }
  console.log(`The API listens on http://localhost:${port}`);
});
