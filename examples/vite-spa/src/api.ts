import { signIn } from "./session";

/** Calls the API below /backend. If the session has ended, leads to the sign-in page and never returns. */
export async function callApi<T>(path: string): Promise<T> {
  const response = await fetch(`/backend${path}`, { headers: { accept: "application/json" } });
  if (response.status === 401) {
    signIn();
    return new Promise(() => {});
  }
  if (!response.ok) {
    throw new Error(`the API answered ${response.status}`);
  }
  return response.json();
}
