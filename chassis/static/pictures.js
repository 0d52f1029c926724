/* Offers a picture that could not be fetched once more, beside what tells the same in words. */
for (const image of document.querySelectorAll("img[data-again]")) {
  const line = document.createElement("p");
  line.className = "govuk-body";
  line.setAttribute("role", "status");
  const link = document.createElement("a");
  link.className = "govuk-link";
  link.href = image.src;
  link.textContent = image.dataset.again;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    image.src = link.href;
  });
  const offer = () => {
    line.replaceChildren(image.dataset.failed + " ", link);
    (image.closest("picture") || image).after(line);
  };
  image.addEventListener("error", offer);
  image.addEventListener("load", () => line.remove());
  if (image.complete && !image.naturalWidth) {
    offer();
  }
}
