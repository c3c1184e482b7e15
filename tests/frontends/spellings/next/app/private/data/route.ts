export function GET() {
  return new Response("text-for-signed-in-users");
}
