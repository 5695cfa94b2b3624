// Shows a field only while a choice is made that it goes with: what is hidden is not sent.
// Without a script all fields stay, and the server says which do not go with the choice.
(function () {
  "use strict";
  var parts = Array.prototype.slice.call(document.querySelectorAll("[data-goes-with]"));

  function settle() {
    parts.forEach(function (part) {
      var chosen = document.querySelector("[name='" + part.dataset.choice + "']:checked");
      part.hidden = !!chosen && part.dataset.goesWith.split(" ").indexOf(chosen.value) < 0;
      part.querySelectorAll("input, select, textarea").forEach(function (field) { field.disabled = part.hidden; });
    });
  }
  if (parts.length) document.addEventListener("change", settle);
  settle();
})();
