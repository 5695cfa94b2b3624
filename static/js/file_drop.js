// A file may be dropped anywhere on its box; its name and size are said back.
(function () {
  "use strict";
  function size(bytes) {
    return bytes >= 1e6 ? (bytes / 1e6).toFixed(1) + " MB" : Math.max(1, Math.round(bytes / 1e3)) + " kB";
  }
  document.querySelectorAll("[data-drop]").forEach(function (box) {
    var input = box.querySelector("input[type=file]");
    var name = box.querySelector("[data-drop-name]");

    function say() {
      var file = input.files[0];
      name.textContent = file ? file.name + "，" + size(file.size) : "";
    }
    ["dragenter", "dragover"].forEach(function (kind) {
      box.addEventListener(kind, function (event) { event.preventDefault(); box.classList.add("over"); });
    });
    ["dragleave", "drop"].forEach(function (kind) {
      box.addEventListener(kind, function (event) { event.preventDefault(); box.classList.remove("over"); });
    });
    box.addEventListener("drop", function (event) {
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; say(); }
    });
    input.addEventListener("change", say);
    box.classList.add("live");
    say();
  });
})();
