// Boxes before rows: the head box takes this page, shift takes a stretch, the bar counts.
// Without this the boxes still work and the bar always stands at the foot of the list.
(function () {
  "use strict";
  document.querySelectorAll("[data-bulk]").forEach(function (bar) {
    var form = bar.closest("form");
    if (!form) return;
    var words = bar.querySelector("[data-bulk-words]");
    var none = bar.querySelector("[data-bulk-none]");
    var all = form.querySelector("[data-all]");
    var last = null;

    function boxes() { return Array.prototype.slice.call(form.querySelectorAll("[data-row]")); }
    function show() {
      var list = boxes();
      var count = list.filter(function (box) { return box.checked; }).length;
      bar.hidden = count === 0;
      if (none) none.hidden = false;
      words.textContent = "已选 " + count + " " + words.dataset.unit;
      if (all) {
        all.checked = count > 0 && count === list.length;
        all.indeterminate = count > 0 && count < list.length;
      }
    }

    form.addEventListener("click", function (event) {
      var box = event.target;
      if (!box.matches || !box.matches("[data-row]")) return;
      if (event.shiftKey && last && last !== box) {
        var list = boxes();
        var ends = [list.indexOf(last), list.indexOf(box)].sort(function (a, b) { return a - b; });
        list.slice(ends[0], ends[1] + 1).forEach(function (one) { one.checked = box.checked; });
      }
      last = box;
      show();
    });
    form.addEventListener("change", function (event) {
      if (event.target === all) {
        boxes().forEach(function (box) { box.checked = all.checked; });
      }
      show();
    });
    form.addEventListener("reset", function () { setTimeout(show, 0); });
    window.addEventListener("pageshow", show);
    show();
  });
})();
