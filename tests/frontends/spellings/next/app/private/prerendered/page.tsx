// Rendered while the application is built, and then served from files.
export const dynamic = "force-static";

export default function Page() {
  return <p>text-for-signed-in-users</p>;
}
