"use client";

import { useState } from "react";

/** Calls the Express API. It is on the same origin, so the request needs neither CORS nor a token. */
export function ApiCaller() {
  const [answer, setAnswer] = useState("");
  const ask = async () => {
    const response = await fetch("/backend/me");
    if (response.status === 401) {
      location.assign(`/auth/login?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    const body = await response.json();
    setAnswer(response.ok ? `The API knows ${body.email}.` : `The API answered ${response.status}.`);
  };
  return (
    <p>
      <button id="ask" onClick={ask}>
        Ask the API
      </button>{" "}
      <span id="answer">{answer}</span>
    </p>
  );
}
