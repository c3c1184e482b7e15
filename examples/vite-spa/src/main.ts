import { callApi } from "./api";
import { currentUser, signOut, watchSession, type User } from "./session";

const main = document.querySelector("main")!;

/** The pages, by their path. Each returns its content. */
const pages: Record<string, (user: User | null) => Promise<HTMLElement[]>> = {
  "/": async (user) => [
    element("h1", "Public page"),
    element("p", user ? `Welcome back, ${user.email}.` : "You are not signed in.", "greeting"),
  ],
  // Everyone can download this code. What is private are the data, which the API gives to signed-in users only.
  "/private": async () => {
    const { email } = await callApi<User>("/me");
    return [element("h1", "Private page"), element("p", `The API knows ${email}.`, "answer")];
  },
};

function element(tag: string, text: string, id = ""): HTMLElement {
  const created = document.createElement(tag);
  created.textContent = text;
  created.id = id;
  return created;
}

function byId(id: string): HTMLElement {
  return document.getElementById(id)!;
}

/** Shows the page of the current path. */
async function show(user: User | null): Promise<void> {
  byId("sign-in").hidden = user !== null;
  byId("sign-out").hidden = user === null;
  const page = pages[location.pathname];
  try {
    main.replaceChildren(...(page ? await page(user) : [element("h1", "Page not found")]));
  } catch (error) {
    main.replaceChildren(element("h1", "Something went wrong"), element("p", String(error)));
  }
}

/** Follows links to this application's own pages without loading a document. */
function followLinks(user: User | null): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a");
    const isPlainClick = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (link && isPlainClick && link.pathname in pages) {
      event.preventDefault();
      history.pushState(null, "", link.href);
      void show(user);
    }
  });
  window.addEventListener("popstate", () => void show(user));
}

async function start(): Promise<void> {
  const user = await currentUser();
  byId("sign-out").addEventListener("click", () => void signOut());
  // Reloading clears everything that this tab keeps in memory for the previous user.
  watchSession(user, () => location.reload());
  followLinks(user);
  await show(user);
}

void start().catch((error) => main.replaceChildren(element("p", String(error))));
