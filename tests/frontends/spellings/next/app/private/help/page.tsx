export default function Page() {
  return <p>text for everyone</p>;
}
