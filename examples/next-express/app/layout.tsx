import type { Metadata } from "next";
import Link from "next/link";
import type { ReactNode } from "react";

import { SessionWatch, SignOutButton } from "./session";
import { currentUser } from "./user";

export const metadata: Metadata = { title: "Next.js and Express behind Drawbridge" };

export default async function Layout({ children }: { children: ReactNode }) {
  const user = await currentUser();
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Home</Link> <Link href="/private">Private page</Link>{" "}
          {/* Drawbridge's pages are not part of this application, so they need a plain link. */}
          {user ? <SignOutButton /> : <a href="/auth/login">Sign in</a>}
        </nav>
        {user && <SessionWatch userId={user.id} />}
        <main>{children}</main>
      </body>
    </html>
  );
}
