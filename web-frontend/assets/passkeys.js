// Asks the browser for a passkey, or to make one. Without it every page works with a password and a code.
// What it says stands in the page, in the page's language.

const encode = (buffer) => {
  const bytes = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const decode = (text) => {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
};

const decodeIds = (list) => list?.map((entry) => ({ ...entry, id: decode(entry.id) }));

// What the server sends, as the browser's functions take it (WebAuthn, 5.1.9 and 5.1.10).
const readOptions = (options) => {
  const publicKey = { ...options.publicKey, challenge: decode(options.publicKey.challenge) };
  if (publicKey.user) publicKey.user = { ...publicKey.user, id: decode(publicKey.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (publicKey[list]) publicKey[list] = decodeIds(publicKey[list]);
  }
  return { publicKey };
};

// What the browser answers, as the server takes it.
const writeCredential = (credential) => {
  const answer = credential.response;
  const response = { clientDataJSON: encode(answer.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[part]) response[part] = encode(answer[part]);
  }
  if (answer.getTransports) response.transports = answer.getTransports();
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
};

const post = async (url, body) => {
  const headers = { "content-type": "application/json", accept: "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail), { answer });
  return answer;
};

class Asked {
  constructor(element) {
    this.element = element;
    this.texts = element.dataset;
    this.button = element.querySelector("button");
    this.status = element.querySelector(".status");
    this.alert = element.querySelector(".alert");
    this.creates = this.texts.passkey === "create";
  }

  show() {
    this.element.hidden = false;
    this.button.addEventListener("click", () => this.run());
  }

  // Offers passkeys among the addresses that the browser fills in, until the person chooses another way.
  async offer() {
    if (!("conditional" in this.texts)) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    try {
      await this.ask({ mediation: "conditional" });
    } catch (error) {
      if (error.answer) this.explain(error);
    }
  }

  async run() {
    this.button.disabled = true;
    this.say(this.texts.waiting);
    try {
      await this.ask({});
    } catch (error) {
      if (error.name !== "AbortError") this.explain(error);
    } finally {
      this.button.disabled = false;
    }
  }

  async ask(how) {
    Asked.current?.abort();
    const current = (Asked.current = new AbortController());
    const { data } = await post(this.texts.begin, {});
    const options = { ...readOptions(data.options), ...how, signal: current.signal };
    const asked = this.creates ? navigator.credentials.create(options) : navigator.credentials.get(options);
    const body = { ceremony: data.ceremony, credential: writeCredential(await asked) };
    const name = this.element.querySelector("input[name=name]")?.value.trim();
    if (this.creates) body.name = name || this.texts.name || "";
    if (this.texts.next) body.next = this.texts.next;
    const { next } = await post(this.texts.finish, body);
    location.assign(next);
  }

  say(text) {
    this.status.textContent = text;
    this.alert.hidden = true;
  }

  explain(error) {
    if (error.answer?.next) return location.assign(error.answer.next);
    this.say("");
    const words = { NotAllowedError: this.texts.cancelled, InvalidStateError: this.texts.known };
    this.alert.textContent = error.answer?.detail ?? words[error.name] ?? this.texts.failed;
    this.alert.hidden = false;
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const note of document.querySelectorAll("[data-without-passkeys]")) note.hidden = true;
  for (const element of document.querySelectorAll("[data-passkey]")) {
    const asked = new Asked(element);
    asked.show();
    asked.offer();
  }
}
