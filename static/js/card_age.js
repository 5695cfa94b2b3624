// The code on the card ages: one of twelve bars goes every 10 s, at three it turns amber, at none
// it greys. The clock of the phone may be wrong, so only the time since the page came is counted.
(function () {
  "use strict";
  var STEP = 10;
  document.querySelectorAll("[data-card]").forEach(function (card) {
    var bars = Array.prototype.slice.call(card.querySelectorAll(".nx-age rect"));
    var seconds = Number(card.dataset.seconds) || 0;
    var began = Date.now();

    function draw() {
      var left = Math.max(0, seconds - (Date.now() - began) / 1000);
      var on = Math.ceil(left / STEP);
      bars.forEach(function (bar, i) { bar.classList.toggle("on", i < on); });
      card.classList.toggle("nx-card-late", on > 0 && on <= 3);
      card.classList.toggle("nx-card-stale", on === 0);
      if (on === 0) clearInterval(timer);
    }
    var timer = setInterval(draw, 1000);
    document.addEventListener("visibilitychange", draw);
    draw();
  });
})();
