// The slider of months: says which month while it moves, opens the page once it rests.
(function () {
  "use strict";
  document.querySelectorAll("[data-months]").forEach(function (form) {
    var slider = form.querySelector("input[type=range]"), said = form.querySelector("output"), waiting;
    var now = form.dataset.months.split("-").map(Number);
    function words() {
      var back = Number(slider.max) - Number(slider.value);
      if (!back) { return "今天"; }
      var month = now[0] * 12 + now[1] - 1 - back;
      return Math.floor(month / 12) + "年" + (month % 12 + 1) + "月底";
    }
    function tell() { said.textContent = words(); slider.setAttribute("aria-valuetext", words()); }
    slider.addEventListener("input", function () {
      tell();
      clearTimeout(waiting);
      waiting = setTimeout(function () { form.submit(); }, 700);
    });
    slider.setAttribute("aria-valuetext", said.textContent);  // a day within a month is no month's end
  });
})();
