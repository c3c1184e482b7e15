import { currentUser } from "../user";
import { ApiCaller } from "./api-caller";
import { NoteForm } from "./note-form";

export default async function Private() {
  // Drawbridge lets only signed-in users through to this path.
  const user = await currentUser();
  return (
    <>
      <h1>Private page</h1>
      <dl>
        <dt>Address</dt>
        <dd id="email">{user?.email}</dd>
        <dt>User ID</dt>
        <dd id="user-id">{user?.id}</dd>
      </dl>
      <NoteForm />
      <ApiCaller />
    </>
  );
}
