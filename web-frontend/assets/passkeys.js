// Signs in with a passkey or creates one. Without this script, every page still works with a password and a code.
// All messages come from data attributes, in the language of the page.

const encode = (buffer) => {
  const bytes = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const decode = (text) => {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
};

const decodeIds = (list) => list?.map((entry) => ({ ...entry, id: decode(entry.id) }));

// Converts the server's options to the form that navigator.credentials expects (WebAuthn, 5.1.9 and 5.1.10).
const readOptions = (options) => {
  const publicKey = { ...options.publicKey, challenge: decode(options.publicKey.challenge) };
  if (publicKey.user) publicKey.user = { ...publicKey.user, id: decode(publicKey.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (publicKey[list]) publicKey[list] = decodeIds(publicKey[list]);
  }
  return { publicKey };
};

// Converts the browser's credential to the JSON that the server expects.
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

class PasskeyPrompt {
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

  // Lets the browser offer passkeys in the autofill list of the email field (conditional mediation).
  async offer() {
    if (!("conditional" in this.texts)) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    try {
      await this.request({ mediation: "conditional" });
    } catch (error) {
      if (error.answer) this.showError(error);
    }
  }

  async run() {
    this.button.disabled = true;
    this.showStatus(this.texts.waiting);
    try {
      await this.request({});
    } catch (error) {
      if (error.name !== "AbortError") this.showError(error);
    } finally {
      this.button.disabled = false;
    }
  }

  async request(mediation) {
    PasskeyPrompt.current?.abort();
    const current = (PasskeyPrompt.current = new AbortController());
    const { data } = await post(this.texts.begin, {});
    const options = { ...readOptions(data.options), ...mediation, signal: current.signal };
    const pending = this.creates ? navigator.credentials.create(options) : navigator.credentials.get(options);
    const body = { ceremony: data.ceremony, credential: writeCredential(await pending) };
    const name = this.element.querySelector("input[name=name]")?.value.trim();
    if (this.creates) body.name = name || this.texts.name || "";
    if (this.texts.next) body.next = this.texts.next;
    const { next } = await post(this.texts.finish, body);
    location.assign(next);
  }

  showStatus(text) {
    this.status.textContent = text;
    this.alert.hidden = true;
  }

  showError(error) {
    if (error.answer?.next) return location.assign(error.answer.next);
    this.showStatus("");
    const messages = { NotAllowedError: this.texts.cancelled, InvalidStateError: this.texts.known };
    this.alert.textContent = error.answer?.detail ?? messages[error.name] ?? this.texts.failed;
    this.alert.hidden = false;
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const note of document.querySelectorAll("[data-without-passkeys]")) note.hidden = true;
  for (const element of document.querySelectorAll("[data-passkey]")) {
    const passkeyPrompt = new PasskeyPrompt(element);
    passkeyPrompt.show();
    passkeyPrompt.offer();
  }
}
