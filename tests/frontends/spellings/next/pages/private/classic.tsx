// A page of the other router: its data has a URL of its own.
export function getServerSideProps() {
  return { props: { text: "text-for-signed-in-users" } };
}

export default function Classic({ text }: { text: string }) {
  return <p>{text}</p>;
}
