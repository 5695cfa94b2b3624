// While somebody types, the form is kept on the server and what can be said of the text is shown
// beside it. Without a script the buttons of the form do the same.
(function () {
  "use strict";
  var form = document.querySelector("form[data-live]"), WAIT = 900, waiting = null;

  function check() {
    fetch(form.dataset.live, { method: "POST", body: new FormData(form), credentials: "same-origin" })
      .then(function (answer) { if (!answer.ok) throw new Error(); return answer.text(); })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("rule-checked");
        if (!fresh) return;
        document.getElementById("rule-checked").replaceWith(fresh);
        form.elements.revision.value = fresh.dataset.revision;
      })
      .catch(function () { later(5 * WAIT); });
  }
  function later(wait) { clearTimeout(waiting); waiting = setTimeout(check, wait); }
  if (form) form.elements.text.addEventListener("input", function () { later(WAIT); });
  if (form) form.addEventListener("submit", function () { clearTimeout(waiting); });

  document.querySelectorAll("[data-filter]").forEach(function (field) {
    field.addEventListener("input", function () {
      var wanted = field.value.trim().toLowerCase();
      document.getElementById(field.dataset.filter).querySelectorAll("li").forEach(function (row) {
        row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
      });
    });
    field.addEventListener("keydown", function (event) { if (event.key === "Enter") event.preventDefault(); });
  });
})();
