"use client";

import { useEffect } from "react";

// A channel does not receive its own messages, so this tab shares one. It exists in browsers only.
const channel = typeof window === "undefined" ? null : new BroadcastChannel("session");

/** Whether this tab itself ends the session. A click on its button may also give it the focus. */
let isSigningOut = false;

/** Reloads this tab when another one signs out: the server then decides again what the user may see. */
export function SessionWatch({ userId }: { userId: string }) {
  useEffect(() => {
    const reload = () => location.reload();
    channel?.addEventListener("message", reload);
    // The session may also have ended elsewhere, or another user may have signed in.
    const check = async () => {
      const response = await fetch("/auth/api/me", { cache: "no-store" }).catch(() => null);
      const hasEnded = response?.status === 401 || response?.status === 403;
      const isOther = response?.ok && (await response.json()).data.user.id !== userId;
      if ((hasEnded || isOther) && !isSigningOut) {
        reload();
      }
    };
    window.addEventListener("focus", check);
    return () => {
      window.removeEventListener("focus", check);
      channel?.removeEventListener("message", reload);
    };
  }, [userId]);
  return null;
}

/** Ends the session and tells the other tabs. */
export function SignOutButton() {
  const signOut = async () => {
    isSigningOut = true;
    const response = await fetch("/auth/api/logout", { method: "POST" }).catch(() => null);
    isSigningOut = response?.ok ?? false;
    if (isSigningOut) {
      channel?.postMessage("signed out");
      // Not `router.push`, which would keep the pages that the router has cached for this user.
      location.assign("/");
    }
  };
  return (
    <button id="sign-out" onClick={signOut}>
      Sign out
    </button>
  );
}
