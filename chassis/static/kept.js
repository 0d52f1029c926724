/* Keeps what stands in a long form while it is being written, so that a lost line or a closed window loses nothing. */
const EVERY = 20000;
/* A page that is loaded again soon after a pause already offers what was written. */
const PAUSE = 2000;
const form = document.querySelector("form[data-kept]");

function written() {
  return new URLSearchParams(new FormData(form)).toString();
}

async function keep(words) {
  const answer = await fetch(form.dataset.kept, {
    method: "POST",
    body: new URLSearchParams(words),
    credentials: "same-origin",
    redirect: "manual",
    keepalive: document.hidden,
  });
  if (!answer.ok) {
    throw new Error("not kept");
  }
  return (await answer.json()).words;
}

if (form) {
  const told = form.querySelector("[data-kept-words]");
  let kept = written();
  const look = () => {
    const now = written();
    if (now === kept) {
      return;
    }
    kept = now;
    keep(now).then(
      (words) => {
        told.textContent = words + ".";
      },
      () => {
        kept = null;
        told.textContent = "What you write could not be kept just now. Copy it before you leave this page.";
      },
    );
  };
  window.setInterval(look, EVERY);
  let pause;
  form.addEventListener("input", () => {
    window.clearTimeout(pause);
    pause = window.setTimeout(look, PAUSE);
  });
  /* What is sent the page keeps or records by itself; kept once more on the way out it would stay after it is recorded. */
  form.addEventListener("submit", () => {
    window.clearTimeout(pause);
    kept = written();
  });
  /* Whoever turns to another window, or closes this one, loses nothing of the last seconds either. */
  document.addEventListener("visibilitychange", () => document.hidden && look());
}
