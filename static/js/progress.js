// Work that runs renews its box from the page's own address, slower the longer it takes. When the
// box no longer says that it runs, the page is opened again to show what came out.
(function () {
  "use strict";
  var FIRST = 1000, SLOWEST = 5000;

  function watch(box, wait) {
    setTimeout(function () {
      fetch(location.href, { headers: { "X-Progress": box.id }, credentials: "same-origin" })
        .then(function (answer) { if (!answer.ok) throw new Error(); return answer.text(); })
        .then(function (text) {
          var fresh = new DOMParser().parseFromString(text, "text/html").getElementById(box.id);
          if (!fresh || !fresh.hasAttribute("data-progress")) { location.reload(); return; }
          box.replaceWith(fresh);
          watch(fresh, Math.min(SLOWEST, wait * 1.2));
        })
        .catch(function () { watch(box, SLOWEST); });
    }, wait);
  }
  document.querySelectorAll("[data-progress]").forEach(function (box) { watch(box, FIRST); });
})();
