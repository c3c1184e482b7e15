import { currentUser } from "./user";

export default async function Home() {
  const user = await currentUser();
  return (
    <>
      <h1>Public page</h1>
      <p id="greeting">{user ? `Welcome back, ${user.email}.` : "You are not signed in."}</p>
    </>
  );
}
