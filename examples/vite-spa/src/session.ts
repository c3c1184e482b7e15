export type User = { id: string; email: string };

const channel = new BroadcastChannel("session");

/** Whether this tab itself ends the session. A click on its button may also give it the focus. */
let isSigningOut = false;

/** Asks Drawbridge who is signed in. Fails if an outage keeps it from finding out. */
export async function currentUser(): Promise<User | null> {
  const response = await fetch("/auth/api/me", { cache: "no-store" });
  if (response.ok) {
    return (await response.json()).data.user;
  }
  if (response.status === 401 || response.status === 403) {
    return null;
  }
  throw new Error(`/auth/api/me answered ${response.status}`);
}

/** Opens Drawbridge's sign-in page, which leads back to the current page. */
export function signIn(): void {
  location.assign(`/auth/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** Ends the session and tells the other tabs. */
export async function signOut(): Promise<void> {
  isSigningOut = true;
  const response = await fetch("/auth/api/logout", { method: "POST" });
  if (!response.ok) {
    isSigningOut = false;
    throw new Error(`/auth/api/logout answered ${response.status}`);
  }
  channel.postMessage("signed out");
  location.assign("/");
}

/**
 * Calls `changed` when another user, or none, is signed in: after a sign-out in another tab, and when a session that
 * ended elsewhere is noticed on return to this tab.
 */
export function watchSession(user: User | null, changed: () => void): void {
  channel.onmessage = changed;
  window.addEventListener("focus", async () => {
    // After an outage, the next focus asks again.
    const current = await currentUser().catch(() => user);
    if (current?.id !== user?.id && !isSigningOut) {
      changed();
    }
  });
}
