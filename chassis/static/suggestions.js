/* Suggests names while somebody types. Without scripts the same place is a plain input or a list to choose from. */
(function () {
  "use strict";

  var words = document.querySelector("[data-suggestion-words]");
  if (!words || typeof accessibleAutocomplete === "undefined") {
    return;
  }

  function source(kind) {
    var latest = 0;
    return function (query, populate) {
      var asked = (latest += 1);
      fetch("/autocomplete/" + kind + ".json?q=" + encodeURIComponent(query), { credentials: "same-origin" })
        .then(function (answer) { return answer.ok ? answer.json() : { names: [] }; })
        .catch(function () { return { names: [] }; })
        .then(function (found) { if (asked === latest) { populate(found.names); } });
    };
  }

  document.querySelectorAll("[data-suggestions]").forEach(function (plain) {
    var place = document.createElement("div");
    var described = plain.getAttribute("aria-describedby");
    plain.parentNode.replaceChild(place, plain);
    accessibleAutocomplete({
      element: place,
      id: plain.id,
      name: plain.name,
      defaultValue: plain.value,
      source: source(plain.dataset.suggestions),
      minLength: 2,
      displayMenu: "overlay",
      confirmOnBlur: false,
      inputClasses: plain.classList.contains("govuk-input--error") ? "govuk-input--error" : null,
      tNoResults: function () { return words.dataset.none; },
      tStatusQueryTooShort: function () { return words.dataset.more; },
      tStatusNoResults: function () { return words.dataset.none; },
      tStatusSelectedOption: function (selected) { return selected; },
      tStatusResults: function (length) { return words.dataset.found.replace("%(number)s", length); },
      tAssistiveHint: function () { return words.dataset.hint; },
    });
    var input = document.getElementById(plain.id);
    if (input && described) {
      input.setAttribute("aria-describedby", described + " " + (input.getAttribute("aria-describedby") || ""));
    }
  });
})();
