// Puts a reference where the cursor stands in the text; without script it goes to the end.
(function () {
  "use strict";
  var text = document.getElementById("id_source");
  document.querySelectorAll("[data-insert]").forEach(function (button) {
    button.addEventListener("click", function (event) {
      event.preventDefault();
      text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
      text.focus();
    });
  });
})();
