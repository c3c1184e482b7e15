"use client";

import { useActionState } from "react";

import { saveNote } from "./actions";

/** A form that runs a server action and shows its result. It works without JavaScript too. */
export function NoteForm() {
  const [result, action, isPending] = useActionState(saveNote, "");
  return (
    <form action={action}>
      <label>
        Note <input name="note" required />
      </label>
      <button id="save" disabled={isPending}>
        Save
      </button>
      <p id="result">{result}</p>
    </form>
  );
}
