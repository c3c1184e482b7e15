// Shows and hides what is typed into a password's field, and says how strong a new one is.

const PAUSE = 250;

for (const place of document.querySelectorAll(".password")) {
  const input = place.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-label", shown ? place.dataset.hide : place.dataset.show);
    button.title = button.getAttribute("aria-label");
    button.classList.toggle("shown", shown);
  };
  set(false);
  button.addEventListener("click", () => set(input.type === "password"));
  // Password managers take what stands in a field of type "password" alone.
  input.form.addEventListener("submit", () => set(false));
  place.append(button);
}

for (const meter of document.querySelectorAll(".strength")) {
  const input = document.getElementById(meter.dataset.for);
  const email = input.form.querySelector("input[type=email]");
  const words = meter.dataset.words.split("|");
  const word = meter.querySelector(".word");
  let timer;
  let asked;
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const body = JSON.stringify({ password: input.value, email: email?.value || undefined });
    const headers = { "content-type": "application/json", accept: "application/json" };
    try {
      const { signal } = asked;
      const response = await fetch("/api/password/strength", { method: "POST", headers, body, signal });
      if (!response.ok) return;
      const { data } = await response.json();
      meter.dataset.score = data.score;
      word.textContent = `${meter.dataset.label} ${words[data.score]}`;
      meter.hidden = false;
    } catch {
      // A newer question took its place, or nobody answers: the form says what is wrong.
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    meter.hidden = meter.hidden || input.value === "";
    if (input.value !== "") timer = setTimeout(ask, PAUSE);
  });
}
