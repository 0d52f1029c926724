/* Keeps what stands in a long form while it is being written, so that a lost line or a closed window loses nothing. */
const EVERY = 20000;
/* A page that is loaded again soon after a pause already offers what was written. */
const PAUSE = 2000;
const LONGEST = 5000;
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
    signal: AbortSignal.timeout(LONGEST),
  });
  if (!answer.ok) {
    throw new Error("not kept");
  }
  return answer.json();
}

if (form) {
  const told = form.querySelector("[data-kept-words]");
  let kept = written();
  let underWay = null;
  const look = () => {
    const now = written();
    if (now === kept || underWay) {
      return;
    }
    kept = now;
    underWay = keep(now)
      .then(
        ({ words, seen }) => {
          told.textContent = words + ".";
          if (seen) {
            /* The page was saved as it stood: what it sends next follows from that, and not from when it was opened. */
            const still = written() === now;
            form.elements.namedItem("seen").value = seen;
            kept = still ? written() : now;
          }
        },
        () => {
          kept = null;
          told.textContent = "What you write could not be kept just now. Copy it before you leave this page.";
        },
      )
      .finally(() => {
        underWay = null;
      });
  };
  window.setInterval(look, EVERY);
  let pause;
  form.addEventListener("input", () => {
    window.clearTimeout(pause);
    pause = window.setTimeout(look, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    window.clearTimeout(pause);
    if (underWay) {
      /* One after the other: what arrived late would stand beside what is recorded. */
      event.preventDefault();
      underWay.then(() => form.requestSubmit(event.submitter));
      return;
    }
    /* What is sent is kept or recorded by that; kept once more on the way out it would outlive the recording. */
    kept = written();
  });
  /* Whoever turns to another window, or closes this one, loses nothing of the last seconds either. */
  document.addEventListener("visibilitychange", () => document.hidden && look());
}
