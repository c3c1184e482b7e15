// Adds a button that shows or hides a password, and rates the strength of a new one while it is typed.

const TYPING_PAUSE_MS = 250;

for (const wrapper of document.querySelectorAll(".password")) {
  const input = wrapper.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-label", shown ? wrapper.dataset.hide : wrapper.dataset.show);
    button.title = button.getAttribute("aria-label");
    button.classList.toggle("shown", shown);
  };
  set(false);
  button.addEventListener("click", () => set(input.type === "password"));
  // Password managers only save values from fields of type "password".
  input.form.addEventListener("submit", () => set(false));
  wrapper.append(button);
}

// The assets and the API are below the same path.
const strengthEndpoint = new URL("../../api/password/strength", import.meta.url);

for (const meter of document.querySelectorAll(".strength")) {
  const input = document.getElementById(meter.dataset.for);
  const email = input.form.querySelector("input[type=email]");
  const words = meter.dataset.words.split("|");
  const word = meter.querySelector(".word");
  let timer;
  let pending;
  const rate = async () => {
    pending?.abort();
    pending = new AbortController();
    const body = JSON.stringify({ password: input.value, email: email?.value || undefined });
    const headers = { "content-type": "application/json", accept: "application/json" };
    try {
      const { signal } = pending;
      const response = await fetch(strengthEndpoint, { method: "POST", headers, body, signal });
      if (!response.ok) return;
      const { data } = await response.json();
      meter.dataset.score = data.score;
      word.textContent = `${meter.dataset.label} ${words[data.score]}`;
      meter.hidden = false;
    } catch {
      // The request was replaced by a newer one or failed. The form reports weak passwords when it is sent.
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    meter.hidden = meter.hidden || input.value === "";
    if (input.value !== "") timer = setTimeout(rate, TYPING_PAUSE_MS);
  });
}
