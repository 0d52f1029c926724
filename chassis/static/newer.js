/* Asks now and then whether a list has grown, and says so: no line moves under the reader's eyes. */
const EVERY = 20000;
const place = document.querySelector("[data-newer]");

function say(words, href) {
  const line = document.createElement("p");
  line.className = "govuk-body";
  if (href) {
    const link = document.createElement("a");
    link.className = "govuk-link";
    link.href = href;
    link.textContent = words + ": show";
    line.append(link);
  } else {
    line.textContent = words;
  }
  if (place.textContent !== line.textContent) {
    place.replaceChildren(line);
  }
}

async function look() {
  if (document.hidden) {
    return true;
  }
  const answer = await fetch(place.dataset.newer, { credentials: "same-origin", redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    say(place.dataset.signedOut, "");
    return false;
  }
  const found = answer.ok ? await answer.json() : { words: "" };
  if (found.words) {
    say(found.words, place.dataset.here);
  }
  return true;
}

function later() {
  window.setTimeout(() => look().catch(() => true).then((goOn) => goOn && later()), EVERY);
}

if (place) {
  later();
}
