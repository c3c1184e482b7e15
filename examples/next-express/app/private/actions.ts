"use server";

import { currentUser } from "../user";

/**
 * Returns a sentence about the note. Every action checks the user itself, because Next.js runs an action on any path
 * to which it is posted, public ones included.
 */
export async function saveNote(_previous: string, form: FormData): Promise<string> {
  const user = await currentUser();
  if (!user) {
    return "Sign in to save notes.";
  }
  return `${user.email} wrote: ${String(form.get("note")).slice(0, 200)}`;
}
