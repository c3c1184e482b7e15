export default function Page() {
  return <p>text-for-signed-in-users</p>;
}
